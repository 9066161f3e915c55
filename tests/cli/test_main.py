"""The command: which sub-command runs, exit codes, one line for every error."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from deepvis_app import __version__
from deepvis_app.cli import main, run
from deepvis_app.cli.main import run_command_line, with_default_command
from deepvis_app.errors import UserError
from deepvis_app.options import RunOptions


class Window:
    """Stands for the window: keeps what it was asked for."""

    def __init__(self, result: int | BaseException = 0) -> None:
        self.result = result
        self.options: RunOptions | None = None

    def __call__(self, options: RunOptions) -> int:
        self.options = options
        if isinstance(self.result, BaseException):
            raise self.result
        return self.result


@pytest.fixture(autouse=True)
def screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "screen_problem", lambda _: None)


def call(*arguments: str, window: Window | None = None) -> int:
    return run_command_line(window or Window(), list(arguments))


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ([], ["run"]),
        (["--net", "pocket"], ["run", "--net", "pocket"]),
        (["--trust"], ["run", "--trust"]),
        (["run"], ["run"]),
        (["--help"], ["--help"]),
        (["-h"], ["-h"]),
        (["--version"], ["--version"]),
        (["nets", "--all"], ["nets", "--all"]),
    ],
)
def test_without_a_command_it_runs(given: list[str], meant: list[str]) -> None:
    assert with_default_command(given) == meant


def test_options_reach_the_window() -> None:
    window = Window()
    given = [
        "--net",
        "n",
        "--weights",
        "w",
        "--source",
        "s",
        "--device",
        "cuda:1",
        "--trust",
        "--debug",
    ]
    assert call(*given, window=window) == 0
    assert window.options == RunOptions("n", "w", "s", "cuda:1", trust=True, debug=True)


def test_what_is_not_given_is_left_to_the_session() -> None:
    window = Window()
    assert call(window=window) == 0
    assert window.options == RunOptions()


def test_the_window_s_exit_code_is_the_command_s() -> None:
    assert call(window=Window(3)) == 3


def test_an_error_a_person_can_mend_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(window=Window(UserError("The camera is\n gone", "Plug it in"))) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "deepvis: The camera is gone. Plug it in.\n"


def test_an_unexpected_error_is_one_line_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(window=Window(ValueError("odd\nthing"))) == 2
    err = capsys.readouterr().err
    assert err == (
        "deepvis: unexpected: ValueError: odd thing. Run it again with --debug for the traceback.\n"
    )


def test_debug_shows_the_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("--debug", window=Window(ValueError("odd"))) == 2
    err = capsys.readouterr().err
    assert "Traceback" in err
    assert err.endswith("deepvis: unexpected: ValueError: odd.\n")


def test_interrupting_is_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(window=Window(KeyboardInterrupt())) == 130
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["ruin"], ["'ruin'", "deepvis --help"]),
        (["run", "--nett"], ["--nett", "deepvis run --help"]),
        (["--device", "gpu"], ["'gpu'", "auto, cpu, cuda"]),
        (["layers"], ["SPEC", "deepvis layers --help"]),
    ],
)
def test_a_wrong_command_line_is_one_line(
    arguments: list[str], words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(*arguments) == 2
    err = capsys.readouterr().err
    assert err.startswith("deepvis: ")
    assert err.count("\n") == 1
    assert all(word in err for word in words), err


def test_a_missing_pyqt6_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run.importlib.util, "find_spec", lambda _: None)
    assert call() == 2
    assert "pip install PyQt6" in capsys.readouterr().err


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("--version") == 0
    assert capsys.readouterr().out == f"deepvis {__version__}\n"


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("--help") == 0
    out = capsys.readouterr().out
    commands = "run nets layers synthesize doctor store bench train runs"
    assert all(command in out for command in commands.split())


@pytest.mark.parametrize("arguments", [["bench"], ["store"], ["train"]])
def test_a_group_without_a_command_shows_its_help(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(*arguments) == 2
    out, err = capsys.readouterr()
    assert f"deepvis {arguments[0]}" in out
    assert err == ""


def test_train_has_its_own_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("train", "--help") == 0
    assert "pocket" in capsys.readouterr().out
    assert call("train", "pocket", "--epochs", "many", "folder") == 2
    assert capsys.readouterr().err.endswith("Try 'deepvis train pocket --help'.\n")


def environment(**changes: str) -> dict[str, str]:
    screens = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    return {k: v for k, v in os.environ.items() if k not in screens} | changes


def command(*arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "deepvis_app", *arguments],
        env=environment(**changes),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux names its screens")
def test_without_a_screen_one_line_instead_of_an_abort() -> None:
    done = command("run")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("deepvis: There is no screen")
    assert done.stderr.count("\n") == 1


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux names its screens")
def test_a_dead_screen_is_one_line() -> None:
    done = command(DISPLAY=":63998")
    assert done.returncode == 2
    assert "':63998'" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_closed_pipe_is_quiet() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as pipe:
        done = subprocess.run(
            [sys.executable, "-m", "deepvis_app", "--version"],
            stdout=pipe,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )
    assert done.stderr == b""


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_ctrl_c_ends_quietly_with_130(tmp_path: Path) -> None:
    program = tmp_path / "waits.py"
    program.write_text(
        "import signal, sys\n"
        "from deepvis_app.cli import main, run\n"
        "run.screen_problem = lambda _: None\n"
        "def window(options):\n"
        "    print('open', flush=True)\n"
        "    signal.pause()\n"
        "sys.exit(main.run_command_line(window, []))\n"
    )
    with subprocess.Popen(
        [sys.executable, str(program)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(main.__file__).parents[2],
        env=os.environ | {"PYTHONPATH": str(Path(main.__file__).parents[2])},
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (130, "", "")


def test_help_is_quick_and_needs_no_torch() -> None:
    program = (
        "import sys, json\n"
        "from deepvis_app.__main__ import main\n"
        "sys.argv = ['deepvis', '--help']\n"
        "code = main()\n"
        "heavy = {'torch', 'torchvision', 'cv2', 'numpy', 'PyQt6', 'sklearn'} & set(sys.modules)\n"
        "print(json.dumps([code, sorted(heavy)]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert json.loads(done.stdout.splitlines()[-1]) == [0, []]
