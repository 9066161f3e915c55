"""What was left comes back, after a crash too; without a place to keep it, all else works."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from PyQt6.QtWidgets import QWidget

from deepvis_app import paths
from deepvis_app.frames import address
from deepvis_app.frames.address import Address
from deepvis_app.session import Session, load_session, save_session, session_path
from deepvis_app.settings import Settings, load_settings, save_settings, settings_path
from deepvis_app.ui.shell.choosers import source_groups
from tests.ui.looking import WAIT_MS, banner, live

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from deepvis_app.ui.app import App

    Start = Callable[..., App]

TINY = {"net": "torchvision:mobilenet_v3_small@none", "device": "cpu"}
LOST_S = 2.0  # what a crash may cost

PROGRAM = """
import sys
from PyQt6.QtCore import QTimer
from PyQt6.QtWidgets import QApplication
from deepvis_app.options import RunOptions
from deepvis_app.ui.app import App

application = QApplication(sys.argv[:1])
deepvis = App(application, RunOptions(net="pocket", source="demo", device="cpu"))
deepvis.open()

def change():
    if deepvis.rounds.snapshot is None:
        return
    looks.stop()
    deepvis.desk.selection.pick_layer(deepvis.rounds.network.layers[4].name)
    deepvis.desk.selection.pick_unit(5)
    deepvis.setting.set("live", "percentile", 97.0)
    print(deepvis.desk.selection.layer, flush=True)

looks = QTimer(interval=50)
looks.timeout.connect(change)
looks.start()
application.exec()
"""


def test_a_kill_loses_two_seconds_at_most() -> None:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, env=environment, text=True
    ) as process:
        assert process.stdout is not None
        layer = process.stdout.readline().strip()
        late = time.monotonic() + LOST_S
        try:
            while load_session()[0].layer != layer or load_settings()[0].live.percentile != 97:
                assert time.monotonic() < late
                with suppress(subprocess.TimeoutExpired):
                    process.wait(0.05)
        finally:
            process.kill()
    assert layer
    session, problems = load_session()
    assert problems == ()
    assert (session.layer, session.unit, session.network) == (layer, 5, "pocket")
    assert not session.hint_seen  # its card was not put away
    assert load_settings()[0].live.percentile == 97


def test_what_belongs_to_a_network_waits_for_it(qtbot: QtBot, start: Start) -> None:
    deepvis = start(**TINY, source="demo")
    live(qtbot, deepvis)
    layer = deepvis.rounds.network.layers[5].name  # type: ignore[union-attr]
    deepvis.desk.selection.pick_layer(layer)
    deepvis.window.close()
    before = load_session()[0]

    again = start(keep_session=True)
    assert again.rounds.network is None
    again.window.close()  # before the network is there
    after = load_session()[0]
    assert (after.network, after.layer, after.units) == (before.network, layer, before.units)


def test_the_session_is_not_written_on_the_gui_s_thread(
    qtbot: QtBot, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    import threading

    writers: list[str] = []

    def save(_: object) -> None:
        writers.append(threading.current_thread().name)

    monkeypatch.setattr("deepvis_app.ui.shell.session_keeping.save_session", save)
    deepvis = start(**TINY, source="demo")
    live(qtbot, deepvis)
    deepvis.shell.keeping.write()
    qtbot.waitUntil(lambda: bool(writers), timeout=9000)
    assert set(writers) == {"deepvis-scribe"}


def test_an_idle_window_leaves_another_s_session(qtbot: QtBot, start: Start) -> None:
    deepvis = start(**TINY, source="demo")
    live(qtbot, deepvis)
    deepvis.shell.keeping.write()
    qtbot.waitUntil(lambda: load_session()[0].network == TINY["net"], timeout=9000)
    other = load_session()[0].model_copy(update={"layer": "of another window"})
    save_session(other)
    deepvis.shell.keeping.write()
    deepvis._scribe.close()
    assert load_session()[0] == other


def test_two_windows_do_not_undo_each_other_s_settings(qtbot: QtBot, start: Start) -> None:
    first, second = (start(**TINY, source="demo") for _ in range(2))
    first.setting.set("live", "percentile", 97.0)
    first.setting.write()
    qtbot.waitUntil(lambda: load_settings()[0].live.percentile == 97, timeout=9000)
    second.setting.set("appearance", "wheel", "scroll")
    second.setting.write()
    qtbot.waitUntil(lambda: load_settings()[0].appearance.wheel.value == "scroll", timeout=9000)
    assert load_settings()[0].live.percentile == 97
    first.setting.set("live", "percentile", 99.5)  # back to the default
    first.setting.write()
    qtbot.waitUntil(lambda: load_settings()[0].live.percentile == 99.5, timeout=9000)
    assert load_settings()[0].appearance.wheel.value == "scroll"


def test_many_writers_at_once_leave_a_whole_file() -> None:
    program = (
        "import sys\n"
        "from deepvis_app.session import Session, save_session\n"
        "for k in range(60):\n"
        "    save_session(Session(layer=sys.argv[1] * 2000, unit=k))\n"
    )
    writers = [subprocess.Popen([sys.executable, "-c", program, name]) for name in "ab"]
    seen = 0
    while any(writer.poll() is None for writer in writers):
        if session_path().exists():
            data = json.loads(session_path().read_text())
            assert len(set(data["layer"])) == 1
            seen += 1
    assert [writer.wait() for writer in writers] == [0, 0]
    assert seen
    assert list(session_path().parent.glob(".session*")) == []


# No place to keep anything


def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put both folders below a file: nobody, not even root, can make them."""
    file = tmp_path / "a-file"
    file.touch()
    for kind in ("CONFIG", "CACHE"):
        monkeypatch.setenv(f"DEEPVIS_{kind}_DIR", str(file / kind.lower()))
    return file


def test_without_a_place_everything_runs_with_one_banner(
    qtbot: QtBot, start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = nowhere(tmp_path, monkeypatch)
    deepvis = start(keep_session=True, **TINY, source="demo")
    live(qtbot, deepvis)
    assert deepvis.window.banners.keys() == ("keeping",)
    words = banner(deepvis, "keeping")
    for part in ("Nothing can be kept", str(file / "config"), str(file / "cache")):
        assert part in words
    assert "DEEPVIS_CONFIG_DIR and DEEPVIS_CACHE_DIR" in words
    deepvis.window.top.network.open_popup()
    assert deepvis.window.top._networks.shown_keys()
    deepvis.window.top.network.close_popup()
    deepvis.panels["preferred"].presenter.begin()
    qtbot.waitUntil(
        lambda: any(status.step > 0 for status in deepvis.desk.engine.jobs.statuses()),
        timeout=WAIT_MS,
    )
    deepvis.setting.set("live", "percentile", 90.0)
    deepvis.setting.write()
    qtbot.waitUntil(lambda: bool(deepvis._scribe.faults()), timeout=9000)
    deepvis.shell.keeping.write()
    looks = deepvis.rounds._jobs_at_s
    for _ in range(2):  # looks at what could not be written: no second banner comes
        qtbot.waitUntil(lambda last=looks: deepvis.rounds._jobs_at_s > last, timeout=WAIT_MS)
        looks = deepvis.rounds._jobs_at_s
    assert deepvis.window.banners.keys() == ("keeping",)
    assert file.read_bytes() == b""


def test_without_a_store_the_session_is_still_kept(
    qtbot: QtBot, start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("DEEPVIS_CACHE_DIR", str(tmp_path / "file" / "cache"))
    deepvis = start(**TINY, source="demo")
    live(qtbot, deepvis)
    assert deepvis.window.banners.keys() == ("keeping",)
    assert "Preferred images and other results cannot be kept" in banner(deepvis, "keeping")
    deepvis.desk.selection.pick_unit(6)
    qtbot.waitUntil(lambda: load_session()[0].unit == 6, timeout=9000)


def test_a_disk_that_is_full_later_is_said_once_and_taken_back(
    qtbot: QtBot, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    deepvis = start(**TINY, source="demo")
    live(qtbot, deepvis)
    real = os.fsync

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    deepvis.desk.selection.pick_unit(3)
    deepvis.setting.set("live", "percentile", 90.0)
    qtbot.waitUntil(lambda: len(deepvis._scribe.faults()) == 2, timeout=9000)
    qtbot.waitUntil(lambda: "No space left" in banner(deepvis, "keeping"), timeout=9000)
    assert deepvis.window.banners.keys().count("keeping") == 1
    monkeypatch.setattr(os, "fsync", real)
    deepvis.desk.selection.pick_unit(4)
    deepvis.setting.set("live", "percentile", 91.0)
    qtbot.waitUntil(lambda: not banner(deepvis, "keeping"), timeout=9000)
    assert load_session()[0].unit == 4
    assert load_settings()[0].live.percentile == 91


@pytest.mark.skipif(sys.platform == "win32", reason="Windows asks no variable for the home")
@pytest.mark.parametrize("home", [None, "/nonexistent-home", ""])
def test_a_home_that_is_missing_is_no_fault_of_reading(home: str | None, tmp_path: Path) -> None:
    names = ("DEEPVIS_CONFIG_DIR", "DEEPVIS_CACHE_DIR", "HOME", "XDG_CONFIG_HOME")
    environment = {name: text for name, text in os.environ.items() if name not in names}
    if home is not None:
        environment["HOME"] = home
    program = (
        "import os, pwd\n"
        "def nobody(_): raise KeyError('no such user')\n"
        "pwd.getpwuid = nobody\n"
        "real = os.mkdir\n"
        "def forbidden(path, *rest, **more): raise PermissionError(13, 'Permission denied', path)\n"
        "os.mkdir = forbidden\n"
        "from deepvis_app.settings import load_settings\n"
        "from deepvis_app.session import load_session\n"
        "from deepvis_app.folders import keeping_problem\n"
        "print(len(load_settings()[1]) + len(load_session()[1]))\n"
        "print(keeping_problem())\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    count, problem = ran.stdout.strip().split("\n")
    assert int(count) <= 2
    assert "Nothing can be kept" in problem
    assert ("there is no home folder" in problem) == (home != "/nonexistent-home")
    assert list(tmp_path.iterdir()) == []  # no folder named "~"


# A change reaches only what it concerns


def test_a_step_of_the_jobs_share_leaves_everything_else(qtbot: QtBot, start: Start) -> None:
    from deepvis_app.nets import Fit

    deepvis = start(**TINY, source="demo")
    live(qtbot, deepvis)
    view = deepvis.desk.options.view
    view.palette, view.diverging_palette, view.fit = "viridis", "coolwarm", Fit.STRETCH
    view.change_contrast(percentile=77.0, gamma=0.5)
    deepvis.panels["jobs"].popup._share._slider.setValue(10)
    assert deepvis.setting.settings.live.job_share == pytest.approx(0.55)
    assert (view.palette, view.diverging_palette, view.fit) == (
        "viridis",
        "coolwarm",
        Fit.STRETCH,
    )
    assert (view.contrast.percentile, view.contrast.gamma) == (77.0, 0.5)
    deepvis.setting.set("appearance", "theme", "dark")
    assert view.palette == "viridis"
    deepvis.setting.set("appearance", "sequential_palette", "cividis")
    assert view.palette == "cividis"
    assert view.fit is Fit.STRETCH


def test_nothing_set_writes_nothing(qtbot: QtBot, start: Start) -> None:
    deepvis = start(**TINY, source="demo")
    live(qtbot, deepvis)
    deepvis.window.close()
    assert not settings_path().exists()
    assert session_path().exists()


def test_a_slider_that_is_drawn_writes_once(
    qtbot: QtBot, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[Settings] = []
    monkeypatch.setattr(
        "deepvis_app.ui.shell.settings.keeping.save_changes", lambda _, new: written.append(new)
    )
    deepvis = start(**TINY, source="demo")
    live(qtbot, deepvis)
    for place in range(3, 15):
        deepvis.panels["jobs"].popup._share._slider.setValue(place)
    assert written == []
    qtbot.waitUntil(lambda: bool(written), timeout=9000)
    assert len(written) == 1
    assert written[0].live.job_share == pytest.approx(0.75)


def test_every_fault_of_the_settings_is_on_the_banner(qtbot: QtBot, start: Start) -> None:
    settings_path().write_text(
        "[live]\nthreads = 'many'\npercentile = 97\njob_share = 7\n"
        "[appearance]\nsequential_palette = 'pink'\ntheme = dark\n[capture]\nfit = 'squash'\n"
        "camera_size = 'big'\n"
    )
    deepvis = start(**TINY, source="demo")
    live(qtbot, deepvis)
    words = banner(deepvis, "settings")
    for part in (
        "live.threads must be a whole number",
        "live.job_share must be at most 0.9, not 7",
        "appearance.sequential_palette must be 'magma', 'inferno'",
        "line 7 cannot be read: theme = dark",
        "capture.fit must be 'network'",
        "capture.camera_size must be auto or a size such as 1280x720",
    ):
        assert part in words
    assert "Input" not in words
    assert deepvis.setting.settings.live.percentile == 97
    save_settings(deepvis.setting.settings)
    assert load_settings() == (deepvis.setting.settings, ())
    assert paths.config_dir().joinpath("settings.toml.broken").exists()


def test_a_password_is_in_no_session_and_on_no_screen(
    qtbot: QtBot, start: Start, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(address, "_passwords", {})
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with socket.create_server(("127.0.0.1", 0)) as free:
        host = f"127.0.0.1:{free.getsockname()[1]}"
    spec = f"http://me:geheim@{host}/x"
    save_session(Session(source=spec, recent_sources=(spec, "demo"), hint_seen=True))
    assert "geheim" in session_path().read_text()  # as it was written before

    deepvis = start(keep_session=True, net=TINY["net"], device="cpu")
    live(qtbot, deepvis)  # the demo instead
    told = banner(deepvis, "last-source")
    assert f"http://me:••••@{host}/x" in told
    deepvis.shell.keeping.write()
    qtbot.waitUntil(lambda: "geheim" not in session_path().read_text(), timeout=9000)
    kept = f"http://me@{host}/x"
    qtbot.waitUntil(lambda: kept in load_session()[0].recent_sources, timeout=9000)

    deepvis.shell.choosers._fill_sources()
    deepvis.shell.sources.choose("look://me:geheim@host")
    screen = [told, banner(deepvis, "paste"), deepvis.window.windowTitle()]
    for widget in deepvis.window.findChildren(QWidget):
        screen += [widget.toolTip(), widget.accessibleName()]
        screen.append(widget.text() if hasattr(widget, "text") else "")
    screen += [f"{choice}" for group in source_groups(load_session()[0].recent_sources, (), ())
               for choice in group.choices]  # fmt: skip
    assert not [text for text in screen if "geheim" in str(text)]
    assert "me:••••@host" in banner(deepvis, "paste")
    assert "geheim" not in caplog.text
    assert Address.of(kept).login == ("me", "geheim")  # for as long as the program runs


def test_for_how_long_a_source_is_opened_is_said(
    qtbot: QtBot, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr("deepvis_app.ui.shell.choosers.OPENING_S", 0.0)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        deepvis = start(**TINY, source=f"http://127.0.0.1:{silent.getsockname()[1]}/x")
        chip = deepvis.window.top.source
        qtbot.waitUntil(lambda: "opening for 1 s" in chip.accessibleName(), timeout=WAIT_MS)
        deepvis.shell.sources.open("demo")
        live(qtbot, deepvis)
        assert "opening" not in chip.accessibleName()
