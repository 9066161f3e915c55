"""The window opens, whatever lies in the user's folders and whatever fails on the way."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from deepvis_app import paths
from deepvis_app.engine.kept.gallery import Gallery
from deepvis_app.errors import UserError
from deepvis_app.known.kept_pictures import KeptPictures
from deepvis_app.options import RunOptions
from deepvis_app.session import Session, save_session, session_path
from deepvis_app.settings import Settings, settings_path
from deepvis_app.store import Store, default_folder
from deepvis_app.ui import running
from deepvis_app.ui.shell.engine_making import open_store
from deepvis_app.ui.shell.notices import Unexpected
from deepvis_app.vitals import Vitals
from tests.ui.looking import banner, live

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from deepvis_app.ui.app import App

    Start = Callable[..., App]

TINY = {"net": "torchvision:mobilenet_v3_small@none", "device": "cpu"}


@pytest.mark.skipif(sys.platform == "win32", reason="needs pipes and links")
def test_it_opens_on_folders_full_of_strange_things(qtbot: QtBot, start: Start) -> None:
    Store(default_folder()).close()
    (default_folder() / "index" / "index.sqlite").unlink()
    os.mkfifo(default_folder() / "index" / "index.sqlite")
    (default_folder() / "kept" / "jobs.txt").symlink_to("/dev/zero")
    (default_folder() / "files" / "loop").symlink_to(default_folder() / "files" / "loop")
    os.mkfifo(settings_path())
    session_path().write_text('{"layer": ' + "[" * 100_000)
    recipes = paths.config_dir() / "recipes"
    (recipes / "folder.toml").mkdir(parents=True)
    (recipes / "deep.toml").write_text(f"image = {'[' * 100_000}")
    os.mkfifo(recipes / "pipe.toml")
    deepvis = start(**TINY, source="demo", keep_session=True, hint=True)
    live(qtbot, deepvis)
    said = banner(deepvis, "settings")
    for name in ("settings.toml", "session.json", "folder.toml", "deep.toml", "pipe.toml"):
        assert said.count(name) >= 1, said
    qtbot.waitUntil(lambda: "jobs.txt cannot be read" in banner(deepvis, "jobs"), timeout=9000)
    assert deepvis._kept.store is not None
    assert deepvis._kept.store.info().entries == 0


def test_it_opens_as_at_the_first_start_where_nobody_foresaw_what_fails(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from PyQt6.QtWidgets import QApplication

    from deepvis_app.ui import running as module
    from deepvis_app.ui.shell import shell

    save_session(Session(layer="conv1", hint_seen=True))
    before = session_path().read_bytes()
    real = shell.SessionKeeping

    def keeping(session: Session, *parts: object) -> object:
        if session.layer:
            raise ZeroDivisionError("with this session")
        return real(session, *parts)  # type: ignore[arg-type]

    monkeypatch.setattr(shell, "SessionKeeping", keeping)
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    there = set(application.topLevelWidgets())
    deepvis = module.make_app(application, RunOptions(**TINY, source="demo"), Unexpected())  # type: ignore[arg-type]
    deepvis.open()
    assert deepvis.window.isVisible()
    assert "ZeroDivisionError: with this session" in banner(deepvis, "unexpected")
    assert "as at the first start" in banner(deepvis, "settings")
    assert session_path().with_name("session.json.broken").read_bytes() == before
    assert [record.getMessage() for record in caplog.records if record.levelno > 30]
    caplog.clear()
    deepvis.window.close()
    deepvis.window.deleteLater()
    deepvis.deleteLater()
    # Nor is there anything left of the one that was half made.
    qtbot.waitUntil(lambda: not set(application.topLevelWidgets()) - there)


def test_a_step_that_fails_keeps_no_other_from_being_taken(
    qtbot: QtBot, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(sys, "excepthook", lambda kind, error, trace: told.append(str(error)))

    def fail(*_: object) -> None:
        raise RuntimeError("not this time")

    monkeypatch.setattr("deepvis_app.ui.shell.session_keeping.SessionKeeping.restore", fail)
    deepvis = start(**TINY, source="demo")
    live(qtbot, deepvis)
    assert told == ["not this time"]


PROGRAM = """
import sys
from PyQt6.QtCore import QObject, pyqtSignal
from deepvis_app.options import RunOptions
from deepvis_app.ui import app, running

class Early(QObject):
    said = pyqtSignal()

real = app.MainWindow
def window(sight):
    early = Early()
    early.said.connect(lambda: 1 / 0)
    early.said.emit()
    return real(sight)
app.MainWindow = window
options = RunOptions(net="pocket", source="demo", device="cpu", exit_after_first_picture=True)
sys.exit(running.run(options))
"""


@pytest.mark.slow(seconds=12)
@pytest.mark.skipif(sys.platform == "win32", reason="needs pipes")
def test_an_error_in_a_slot_while_it_opens_does_not_abort() -> None:
    running = paths.cache_dir() / "running"
    running.mkdir()
    os.mkfifo(running / "1.mark")  # nor does a pipe in the place of a mark hold it up
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert "ZeroDivisionError" in done.stderr
    assert done.returncode == 0, done.stderr
    assert "first_picture_at" in done.stdout


def test_an_option_that_cannot_be_had_is_an_ordinary_end(
    qtbot: QtBot, private_folders: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No watcher says that deepvis was ended, and no mark is left."""
    folder = paths.cache_dir() / "running"
    marks: list[int] = []

    def fail(*_: object) -> App:
        marks.append(len(list(folder.iterdir())))
        raise UserError("There is no device 'cuda:99' here")

    monkeypatch.setattr(sys, "excepthook", sys.excepthook)  # is set back in the end
    monkeypatch.setattr(running, "make_app", fail)
    monkeypatch.setattr(Vitals, "watch", lambda _: None)
    with pytest.raises(UserError, match="cuda:99"):
        running.run(RunOptions(device="cuda:99"))
    assert marks == [1]
    assert list(folder.iterdir()) == []


def test_a_store_that_another_program_keeps_busy_is_told_and_used_later() -> None:
    Store(default_folder()).close()
    other = sqlite3.connect(default_folder() / "index" / "index.sqlite", isolation_level=None)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    before = time.monotonic()
    store, problem = open_store(Settings())
    assert time.monotonic() - before < 1
    assert store is not None
    assert "Another program keeps the store" in str(problem)
    told: list[object] = []
    kept = KeptPictures(Gallery(store), told.append, problem)
    assert kept.get("key").take() is None
    assert told == []  # it was told when it was opened
    other.close()
    assert kept.get("key").take() is None
    assert told == [None]
    store.close()
