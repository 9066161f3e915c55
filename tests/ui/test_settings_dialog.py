"""The settings' dialog: lists where there is one, words where something is wrong."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from pydantic import Field
from PyQt6.QtCore import QEvent, Qt
from PyQt6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QCheckBox,
    QComboBox,
    QFileDialog,
    QLineEdit,
    QTabWidget,
    QWidget,
)

from deepvis_app.engine.scribe import Scribe
from deepvis_app.frames import CAMERA_SIZES
from deepvis_app.settings import (
    KeySet,
    Section,
    Settings,
    SettingsGroup,
    load_settings,
    settings_path,
    settings_with,
)
from deepvis_app.tiles import DIVERGING, SEQUENTIAL
from deepvis_app.ui.kit.editors import FolderEditor
from deepvis_app.ui.registry import PANELS
from deepvis_app.ui.shell.actions import all_actions
from deepvis_app.ui.shell.settings.dialog import GROUPS, SettingsDialog
from deepvis_app.ui.shell.settings.keeping import SettingsKeeping

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    Opened = Callable[..., SettingsDialog]

GROUP_NAMES = (*(name for name, _ in GROUPS), "keyboard")


@pytest.fixture
def opened(qapp: QApplication) -> Iterator[Opened]:
    parent = QWidget()  # kept alive by the function
    yield lambda settings=None: SettingsDialog(
        settings or Settings(), parent, all_actions(PANELS), ("cpu", "cuda:0")
    )
    # Thousands of widgets: while they are there, every change of theme is slow.
    parent.deleteLater()
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def test_every_setting_has_an_editor_with_a_tip_and_none_is_free_text(opened: Opened) -> None:
    dialog = opened()
    fields = {
        (group, name)
        for group in GROUP_NAMES
        for name in type(getattr(Settings(), group)).model_fields
    }
    assert set(dialog.editors) == fields
    for editor in dialog.editors.values():
        assert editor.toolTip()
        assert isinstance(editor, QComboBox | QAbstractSpinBox | QCheckBox | FolderEditor)
        assert not isinstance(editor, QLineEdit)


def texts(editor: QWidget) -> list[str]:
    assert isinstance(editor, QComboBox)
    return [editor.itemText(place) for place in range(editor.count())]


def test_lists_offer_what_there_is(opened: Opened) -> None:
    editors = opened().editors
    assert len(texts(editors["appearance", "sequential_palette"])) == len(SEQUENTIAL)
    assert len(texts(editors["appearance", "diverging_palette"])) == len(DIVERGING)
    assert texts(editors["live", "device"]) == ["Automatic", "CPU", "CUDA:0"]
    width, height = CAMERA_SIZES[0]
    sizes = texts(editors["capture", "camera_size"])
    assert sizes[:2] == ["Automatic", f"{width} × {height}"]
    threads = editors["live", "threads"]
    assert threads.maximum() == os.cpu_count()  # type: ignore[attr-defined]
    assert threads.text() == "Automatic"  # type: ignore[attr-defined]


def test_a_value_that_is_not_in_the_list_is_kept_and_shown(opened: Opened) -> None:
    settings = (
        Settings()
        .with_value("live", "device", "cuda:7")
        .with_value("capture", "camera_size", "99x77")
    )
    dialog = opened(settings)
    assert dialog.editors["live", "device"].currentText() == "CUDA:7"  # type: ignore[attr-defined]
    size = dialog.editors["capture", "camera_size"]
    assert size.currentText() == "99 × 77"  # type: ignore[attr-defined]
    assert dialog.settings == settings


@pytest.mark.parametrize(
    ("group", "name", "shown", "value"),
    [
        ("live", "job_share", 35, 0.35),
        ("live", "strip_interval_s", 50, 0.05),
        ("live", "percentile", 97.5, 97.5),
        ("live", "threads", 1, 1),
        ("appearance", "score_smoothing_s", 1.2, 1.2),
    ],
)
def test_numbers_are_taken_in_the_unit_they_are_shown_in(
    opened: Opened, group: str, name: str, shown: float, value: float
) -> None:
    dialog = opened()
    dialog.editors[group, name].setValue(shown)  # type: ignore[attr-defined]
    assert getattr(getattr(dialog.settings, group), name) == pytest.approx(value)
    others = dialog.settings.model_dump()
    others[group].pop(name)
    defaults = Settings().model_dump()
    defaults[group].pop(name)
    assert others == defaults


def test_a_folder_is_looked_for_or_typed_and_a_wrong_one_is_refused(
    opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialog = opened()
    editor = dialog.editors["folders", "pictures"]
    assert isinstance(editor, FolderEditor)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path / "chosen"))
    editor._browse.click()
    assert dialog.settings.folders.pictures == tmp_path / "chosen"
    (tmp_path / "file").touch()
    editor.set_folder(str(tmp_path / "file" / "below"))
    words = dialog._problem.text()
    assert "cannot be written" in words
    assert "Input" not in words
    assert dialog.settings.folders.pictures == tmp_path / "chosen"
    editor.set_folder("")
    assert dialog.settings.folders.pictures is None
    assert dialog._problem.text() == ""


def test_keys_that_do_not_fit_a_set_are_told(opened: Opened) -> None:
    dialog = opened(Settings(keys={"fit": ("D",)}))
    assert "“Hide dead units” does without" in dialog._problem.text()
    dialog.editors["keyboard", "key_set"].setCurrentIndex(1)  # type: ignore[attr-defined]
    assert dialog.settings.keyboard.key_set is KeySet.TOOLBOX
    assert "“Pin the unit” does without" in dialog._problem.text()
    dialog.keys.edit("fit").setKeySequence("0")
    assert dialog._problem.text() == ""


def test_everything_is_reset_at_once(opened: Opened) -> None:
    changed = Settings(keys={"freeze": ("G",)}).with_value("live", "percentile", 90)
    dialog = opened(changed)
    told: list[object] = []
    dialog.settings_changed.connect(told.append)
    dialog._reset()
    assert told == [Settings()]


class MadeUp(SettingsGroup):
    speed: float = Field(default=1.0, ge=0.1, le=4, title="Speed")
    """How fast it plays."""

    words: str = Field(default="", title="Words")
    """What is said."""


def test_a_section_that_is_brought_along_is_shown_changed_written_and_read(
    opened: Opened, qtbot: QtBot
) -> None:
    settings_path().write_text("[elsewhere]\nx = 1\n")
    kind = settings_with((Section("made_up", "Made up", MadeUp),))
    scribe = Scribe()
    keeping = SettingsKeeping(load_settings(kind)[0], scribe)
    speeds: list[float] = []
    keeping.follow(
        lambda s: s.section(MadeUp).speed, lambda s: speeds.append(s.section(MadeUp).speed)
    )
    dialog = opened(keeping.settings)
    dialog.settings_changed.connect(keeping.change)
    tabs = dialog.findChild(QTabWidget)
    titles = [tabs.tabText(place) for place in range(tabs.count())]
    assert titles[-2:] == ["Made up", "Keys"]
    speed, words = dialog.editors["made_up", "speed"], dialog.editors["made_up", "words"]
    assert speed.toolTip() == "How fast it plays."
    speed.setValue(2.5)  # type: ignore[attr-defined]
    qtbot.keyClicks(words, "hello")
    qtbot.keyClick(words, Qt.Key.Key_Return)
    assert keeping.settings.section(MadeUp) == MadeUp(speed=2.5, words="hello")
    assert speeds == [1.0, 2.5]  # not for the words
    qtbot.waitUntil(lambda: "hello" in settings_path().read_text(), timeout=9000)
    scribe.close()
    assert load_settings(kind) == (keeping.settings, ())
    assert load_settings() == (Settings(), ())
    assert "[elsewhere]" in settings_path().read_text()
