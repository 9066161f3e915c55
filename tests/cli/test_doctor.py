"""The doctor names what is broken with the command that mends it, and never breaks itself."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from deepvis_app import frames, settings
from deepvis_app.cli import checks
from deepvis_app.cli.checks import CHECKS, Check, Health, run_checks
from deepvis_app.cli.main import run_command_line
from deepvis_app.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path


def only(monkeypatch: pytest.MonkeyPatch, *found: Check) -> None:
    monkeypatch.setattr(checks, "CHECKS", {c.what: lambda _, c=c: c for c in found})


def doctor(*arguments: str) -> int:
    return run_command_line(lambda _: 0, ["doctor", *arguments])


FINE = Check("One", Health.FINE, "is well")
NOTE = Check("Two", Health.NOTE, "could be better", "do this")
BROKEN = Check("Three", Health.BROKEN, "is gone", "sudo apt install three")


def test_all_well_is_code_0(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    only(monkeypatch, FINE, NOTE)
    assert doctor() == 0
    out = capsys.readouterr().out
    assert "is well" in out
    assert "do this" in out


def test_something_broken_is_code_1_with_its_remedy(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    only(monkeypatch, FINE, BROKEN)
    assert doctor() == 1
    assert "BROKEN  Three" in (out := capsys.readouterr().out)
    assert "-> sudo apt install three" in out


def test_json_has_every_check(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    only(monkeypatch, FINE, BROKEN)
    assert doctor("--json") == 1
    assert json.loads(capsys.readouterr().out) == [
        {"what": "One", "health": "fine", "detail": "is well", "remedy": ""},
        {
            "what": "Three",
            "health": "broken",
            "detail": "is gone",
            "remedy": "sudo apt install three",
        },
    ]


def test_a_check_that_fails_is_a_finding_and_the_next_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(_: str) -> Check:
        raise OSError("libtorch.so: cannot open\nshared object")

    def complain(_: str) -> Check:
        raise UserError("No weights", "Fetch them")

    monkeypatch.setattr(checks, "CHECKS", {"A": fail, "B": complain, "One": lambda what: FINE})
    first, second, third = run_checks()
    assert first.health is Health.BROKEN
    assert first.detail == "OSError: libtorch.so: cannot open shared object"
    assert first.remedy
    assert second == Check("B", Health.BROKEN, "No weights", "Fetch them")
    assert third is FINE


@pytest.mark.parametrize("what", ["Program", "PyTorch", "Device", "OpenCV", "Folders", "Settings"])
def test_this_computer_is_well(what: str) -> None:
    found = CHECKS[what](what)
    assert found.health is not Health.BROKEN, found


def test_no_screen_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "screen_problem", lambda _: UserError("No screen", "Get one"))
    assert checks.check_screen("Screen") == Check("Screen", Health.BROKEN, "No screen", "Get one")
    assert checks.check_qt("Qt").health is Health.NOTE


def test_qt_is_really_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "screen_problem", lambda _: None)
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    found = checks.check_qt("Qt")
    assert found.health is Health.FINE
    assert found.detail.endswith("offscreen")


@pytest.mark.parametrize(
    ("program", "told"),
    [
        ("import sys; sys.exit('qt.qpa.plugin: no plugin')", "qt.qpa.plugin: no plugin"),
        ("import os; os.abort()", "code"),
        ("raise ImportError('libEGL.so.1: cannot open')", "ImportError: libEGL.so.1: cannot open"),
    ],
)
def test_a_qt_that_dies_is_a_finding(
    program: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "screen_problem", lambda _: None)
    monkeypatch.setattr(checks, "QT_PROGRAM", program)
    found = checks.check_qt("Qt")
    assert found.health is Health.BROKEN
    assert told in found.detail


def test_a_qt_that_hangs_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "screen_problem", lambda _: None)
    monkeypatch.setattr(checks, "QT_PROGRAM", "input()")
    monkeypatch.setattr(checks, "QT_TIMEOUT_S", 0.01)
    assert checks.check_qt("Qt").health is Health.BROKEN


def test_without_pyqt6_the_command_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "_installed", lambda _: False)
    assert checks.check_qt("Qt").remedy == "pip install PyQt6"


def test_two_opencvs_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    both = ("opencv-python", "opencv-python-headless")
    monkeypatch.setattr(checks, "_installed", lambda name: name in both)
    found = checks.check_opencv("OpenCV")
    assert found.health is Health.BROKEN
    assert found.remedy == (
        "pip uninstall -y opencv-python opencv-python-headless && pip install opencv-python"
    )


def test_opencv_s_plugins_in_qt_s_path_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM_PLUGIN_PATH", "/usr/lib/python3/cv2/qt/plugins")
    found = checks.check_opencv("OpenCV")
    assert found.health is Health.BROKEN
    assert found.remedy == "unset QT_QPA_PLATFORM_PLUGIN_PATH"


def test_importing_our_opencv_leaves_qt_alone() -> None:
    program = (
        "import os; os.environ.pop('QT_QPA_PLATFORM_PLUGIN_PATH', None)\n"
        "from deepvis_app.cli.checks import check_opencv\n"
        "print(check_opencv('OpenCV').health.value)\n"
        "assert 'QT_QPA_PLATFORM_PLUGIN_PATH' not in os.environ"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "fine\n"


def test_cameras_are_named_as_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "_may_use", lambda _: True)
    monkeypatch.setattr(frames, "list_cameras", lambda: (frames.CameraInfo(0, "HD Webcam"),))
    assert checks.check_cameras("Cameras") == Check("Cameras", Health.FINE, "camera:HD Webcam")
    monkeypatch.setattr(frames, "list_cameras", tuple)
    assert checks.check_cameras("Cameras").health is Health.NOTE


@pytest.mark.parametrize("variable", ["DEEPVIS_CACHE_DIR", "DEEPVIS_CONFIG_DIR"])
def test_a_folder_that_cannot_be_written(
    variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv(variable, str(tmp_path / "file" / "below"))
    found = checks.check_folders("Folders")
    assert found.health is Health.BROKEN
    assert variable in found.remedy


def test_all_folders_that_cannot_be_written_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    for name in ("config", "cache"):
        monkeypatch.setenv(f"DEEPVIS_{name.upper()}_DIR", str(tmp_path / "file" / name))
    found = checks.check_folders("Folders")
    assert found.health is Health.BROKEN
    for words in (str(tmp_path / "file" / "config"), str(tmp_path / "file" / "cache")):
        assert words in found.detail
    assert "DEEPVIS_CONFIG_DIR and DEEPVIS_CACHE_DIR" in found.remedy
    assert checks.check_settings_file("Settings").health is Health.FINE  # there is none to mend


def test_broken_settings_are_told_and_left() -> None:
    path = settings.settings_path()
    path.write_text("live = [")
    found = checks.check_settings_file("Settings")
    assert found.health is Health.NOTE
    assert str(path) in found.remedy
    assert path.read_text() == "live = ["
