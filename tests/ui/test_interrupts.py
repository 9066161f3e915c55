"""However the process is told to end: what was done is kept, and it ends."""

from __future__ import annotations

import faulthandler
import os
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from PyQt6.QtCore import qInstallMessageHandler, qWarning
from PyQt6.QtWidgets import QDialog, QWidget

from deepvis_app.session import load_session
from deepvis_app.ui.shell import interrupts
from deepvis_app.ui.shell.interrupts import (
    ENDING,
    close_on_interrupt,
    keep_when_the_display_is_lost,
    leave,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from PyQt6.QtGui import QCloseEvent
    from pytestqt.qtbot import QtBot

posix = pytest.mark.skipif(os.name != "posix", reason="sends signals")
START_S, END_S = 60.0, 20.0

# A window that says "ready" once a unit is picked and a network is at work, and hangs if told so.
PROGRAM = """
import sys, threading
from PyQt6.QtCore import QTimer
from deepvis_app.engine.live import LiveProcessor
from deepvis_app.options import RunOptions
from deepvis_app.ui import app, running

process, hangs = LiveProcessor.process, threading.Event()
def hang(*given):
    while hangs.is_set():
        threading.Event().wait(60)
    return process(*given)
LiveProcessor.process = hang

class App(app.App):
    def open(self):
        super().open()
        self.looks = QTimer(interval=50)
        self.looks.timeout.connect(self.look)
        self.looks.start()

    def look(self):
        if self.rounds.snapshot is None:
            return
        self.looks.stop()
        self.desk.selection.pick_layer(self.rounds.network.layers[4].name)
        self.desk.selection.pick_unit(5)
        self.shell.saving.toggle_recording("window")
        QTimer.singleShot(1500, self.tell)

    def tell(self):
        if "hang" in sys.argv:
            hangs.set()
        print("ready", flush=True)

running.App = App
sys.exit(running.run(RunOptions(net="pocket", source="demo", device="cpu")))
"""


class Window(QWidget):
    closed = 0

    def closeEvent(self, event: QCloseEvent | None) -> None:
        self.closed += 1
        super().closeEvent(event)


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    before = {one: signal.getsignal(one) for one in ENDING}
    yield
    faulthandler.cancel_dump_traceback_later()
    for one, handler in before.items():
        signal.signal(one, handler)


@posix
@pytest.mark.parametrize("asked", ENDING)
def test_windows_close_and_so_do_dialogs(asked: signal.Signals, qtbot: QtBot) -> None:
    window = Window()
    qtbot.addWidget(window)
    window.show()
    dialog = QDialog(window)
    dialog.setModal(True)
    dialog.show()
    close_on_interrupt()
    os.kill(os.getpid(), asked)
    qtbot.waitUntil(lambda: window.closed == 1)
    assert not dialog.isVisible()
    assert not window.isVisible()
    assert {signal.getsignal(one) for one in ENDING} == {signal.SIG_DFL}  # the next ends at once


@posix
def test_what_is_ignored_stays_so(qtbot: QtBot) -> None:
    window = Window()
    qtbot.addWidget(window)
    window.show()
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    close_on_interrupt()
    os.kill(os.getpid(), signal.SIGHUP)
    os.kill(os.getpid(), signal.SIGTERM)
    qtbot.waitUntil(lambda: window.closed == 1)
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


def run_to_the_end(program: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-c", program], timeout=START_S, capture_output=True, check=False
    )


def test_a_closing_that_hangs_is_ended() -> None:
    program = (
        "from deepvis_app.ui.shell import interrupts\n"
        "import threading\n"
        "interrupts._end_within(0.2)\n"
        "threading.Event().wait()"
    )
    ended = run_to_the_end(program)
    assert (ended.returncode, ended.stderr) == (1, b"")


def test_a_thread_that_never_ends_does_not_keep_the_process() -> None:
    program = (
        "import sys, threading\n"
        "from deepvis_app.ui.shell.interrupts import leave\n"
        "threading.Thread(target=threading.Event().wait).start()\n"
        "print('written')\n"
        "sys.exit(leave(3))"
    )
    ended = run_to_the_end(program)
    assert (ended.returncode, ended.stdout.split()) == (3, [b"written"])


def test_without_such_a_thread_python_ends_as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interrupts.threading, "active_count", lambda: 1)
    assert leave(4) == 4


def test_other_messages_of_qt_are_told_as_ever(
    qtbot: QtBot, capfd: pytest.CaptureFixture[str]
) -> None:
    before = qInstallMessageHandler(None)
    try:
        keep_when_the_display_is_lost(lambda: pytest.fail("the display is there"))
        qWarning("QPainter: a harmless word")
    finally:
        qInstallMessageHandler(before)
    assert capfd.readouterr().err == "QPainter: a harmless word\n"


@contextmanager
def running(*arguments: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """Start the window and wait until it is at work."""
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **environment},
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


def assert_all_is_kept(folder: Path) -> None:
    """Look into the session, and for a recording of more than a second."""
    import av

    session, problems = load_session()
    assert problems == ()
    assert (session.network, session.source, session.unit) == ("pocket", "demo", 5)
    assert session.window_geometry
    (path,) = (folder / "pictures").iterdir()  # nothing half-made beside it
    with av.open(str(path)) as film:
        assert [frame.time for frame in film.decode(video=0)][-1] > 1.0


@posix
@pytest.mark.slow(seconds=12)
def test_a_hanging_network_does_not_hold_up_a_terminal_that_closes(tmp_path: Path) -> None:
    with running("hang", QT_QPA_PLATFORM="offscreen") as process:
        process.send_signal(signal.SIGHUP)
        assert process.wait(END_S) == 0
    assert_all_is_kept(tmp_path)


@pytest.fixture
def server() -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Return a display server of the test's own and the display's name."""
    if shutil.which("Xvfb") is None:
        pytest.skip("there is no Xvfb")
    read, write = os.pipe()
    with os.fdopen(read) as answer:
        command = ["Xvfb", "-displayfd", str(write), "-screen", "0", "1600x1000x24"]
        with subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL) as process:
            os.close(write)
            yield process, f":{answer.readline().strip()}"
            process.kill()


@pytest.mark.slow(seconds=9)
def test_a_lost_display_keeps_the_session_and_the_recording(
    server: tuple[subprocess.Popen[bytes], str], tmp_path: Path
) -> None:
    screen, name = server
    with running(QT_QPA_PLATFORM="xcb", DISPLAY=name) as process:
        screen.kill()
        assert process.wait(END_S) == 1  # no abort
    assert_all_is_kept(tmp_path)
