"""A panel is one folder and one line: what all is made of a trivial one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from pydantic import BaseModel, ConfigDict, Field
from PyQt6.QtWidgets import QApplication, QLabel

from deepvis_app.engine import Snapshot
from deepvis_app.engine.readers import UnitReader
from deepvis_app.nets import Unit
from deepvis_app.session import Session, save_session, session_path
from deepvis_app.settings import settings_path
from deepvis_app.ui.panel import (
    ActionInfo,
    Panel,
    PanelInfo,
    Place,
    SessionPart,
    Tick,
    Topic,
    Workspace,
)
from deepvis_app.ui.registry import PANELS
from deepvis_app.ui.shell.actions import all_actions
from deepvis_app.ui.shell.settings.dialog import SettingsDialog
from deepvis_app.ui.workspaces import WATCH
from tests.ui.looking import live

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from deepvis_app.ui.app import App
    from deepvis_app.ui.desk import Desk

    Begin = Callable[..., App]


class Wanted(BaseModel):
    """Settings of the panel."""

    model_config = ConfigDict(frozen=True)
    pace: int = Field(default=3, ge=1, le=9, title="Pace", description="How fast it counts")


class Left(BaseModel):
    count: int = 0


@dataclass
class Wishes:
    """What the user wants of the panel, between the session and the panel."""

    count: int = 0


WISHES = Wishes()


class CountPanel(Panel):
    """Counts the pictures it is told of, and the presses of its key."""

    view: QLabel
    made = 0

    def __init__(self, desk: Desk) -> None:
        CountPanel.made += 1
        self.view = QLabel("0")
        self.pictures = 0
        self.desk = desk

    def ask(self) -> tuple[object, ...]:
        return (UnitReader(Unit("features.0.0", 2)),)

    def tick(self, tick: Tick) -> None:
        self.pictures += isinstance(tick.snapshot, Snapshot)
        self.view.setText(str(self.pictures))

    def press(self) -> None:
        WISHES.count += 1


INFO = PanelInfo(
    "count",
    "Count",
    "How many pictures came",
    Place.PAGE,
    CountPanel,
    actions=(
        ActionInfo(
            "press-count", "Count", "Count", "Count by hand", ("Ctrl+Alt+9",), CountPanel.press
        ),
    ),
    topics={"count": Topic("Counting", "One, two, three, and so on")},
    session=SessionPart(
        Left,
        lambda _: Left(count=WISHES.count),
        lambda _, left: setattr(WISHES, "count", left.count),
    ),
    settings=Wanted,
)


@pytest.fixture
def begin(start: Begin) -> Begin:
    """Start deepvis with further panels; all are closed at the end."""
    WISHES.count, CountPanel.made = 0, 0

    def make(*infos: PanelInfo) -> App:
        options = {"net": "torchvision:mobilenet_v3_small@none", "source": "demo", "device": "cpu"}
        return start(keep_session=True, panels=(*PANELS, *infos), **options)

    return make


def test_a_page_is_in_the_window_once_it_is_opened(qtbot: QtBot, begin: Begin) -> None:
    save_session(Session(hint_seen=True))
    deepvis = begin(INFO)
    live(qtbot, deepvis)
    assert deepvis.window.inspector.tabs()[-1] == "count"
    assert CountPanel.made == 0  # nothing of it is made before it is seen
    deepvis.desk.sight.show_page("count")
    panel = deepvis.panels["count"]
    qtbot.waitUntil(lambda: panel.pictures > 2, timeout=60_000)
    assert panel.view.isVisible()
    assert int(panel.view.text()) == panel.pictures
    assert CountPanel.made == 1


def test_its_action_topic_and_keys_are_where_all_are(qtbot: QtBot, begin: Begin) -> None:
    save_session(Session(hint_seen=True))
    deepvis = begin(INFO)
    rows = deepvis.window.help.shown_rows()
    assert ("Ctrl+Alt+9", "Count by hand") in rows
    action = deepvis.shell.actions["press-count"]
    assert [key.toString() for key in action.shortcuts()] == ["Ctrl+Alt+9"]
    action.trigger()
    assert WISHES.count == 1
    deepvis.desk.notices.explain("count")
    shown = [w for w in QApplication.topLevelWidgets() if w.isVisible()]
    texts = [label.text() for w in shown for label in w.findChildren(QLabel)]
    assert "Counting" in texts
    dialog = SettingsDialog(deepvis.setting.settings, deepvis.window, all_actions((*PANELS, INFO)))
    assert dialog.keys.edit("press-count").keySequence().toString() == "Ctrl+Alt+9"
    dialog.deleteLater()


def test_its_settings_are_in_the_file_and_in_the_dialog(qtbot: QtBot, begin: Begin) -> None:
    save_session(Session(hint_seen=True))
    settings_path().write_text("[count]\npace = 5\n")
    deepvis = begin(INFO)
    paces: list[int] = []
    follow = deepvis.desk.options.setting.follow
    follow(lambda s: s.section(Wanted).pace, lambda s: paces.append(s.section(Wanted).pace))
    assert paces == [5]
    actions = all_actions((*PANELS, INFO))
    dialog = SettingsDialog(deepvis.setting.settings, deepvis.window, actions)
    dialog.settings_changed.connect(deepvis.setting.change)
    editor = dialog.editors["count", "pace"]
    assert editor.toolTip() == "How fast it counts"
    editor.setValue(7)  # type: ignore[attr-defined]
    assert paces == [5, 7]
    dialog.deleteLater()
    deepvis.setting.write()
    deepvis._scribe.settle()
    assert "pace = 7" in settings_path().read_text()


def test_what_it_leaves_comes_back_and_stays_where_it_is_not_known(
    qtbot: QtBot, begin: Begin
) -> None:
    save_session(Session(hint_seen=True))
    deepvis = begin(INFO)
    WISHES.count = 7
    deepvis.window.close()
    assert json.loads(session_path().read_text())["panels"]["count"] == {"count": 7}
    WISHES.count = 0
    begin().window.close()  # a deepvis without that panel
    begin(INFO)
    assert WISHES.count == 7


def test_a_session_of_it_that_cannot_be_used_is_told(qtbot: QtBot, begin: Begin) -> None:
    save_session(Session(hint_seen=True, panels={"count": {"count": "many"}}))
    deepvis = begin(INFO)
    found = [m for m in deepvis.window.banners.shown() if m.key == "settings"]
    assert "session, count: " in found[0].cause


def test_one_impossible_value_of_a_panel_s_session_costs_only_itself(
    qtbot: QtBot, begin: Begin
) -> None:
    wrong = {"recipe": 5, "makes_pictures": False, "later": 1}
    text = json.dumps({"hint_seen": True, "panels": {"preferred": wrong}})
    session_path().write_text(text)
    deepvis = begin()
    assert not deepvis.desk.options.preferred.by_itself
    (told,) = (m for m in deepvis.window.banners.shown() if m.key == "settings")
    assert "recipe must be text, not 5" in told.cause
    assert session_path().with_name("session.json.broken").read_text() == text


def test_a_workspace_comes_with_a_switch(qtbot: QtBot, begin: Begin, start: Begin) -> None:
    save_session(Session(hint_seen=True))
    alone = start(
        panels=[panel for panel in PANELS if panel.workspace in (None, WATCH)],
        net="torchvision:mobilenet_v3_small@none", source="demo", device="cpu",
    )  # fmt: skip
    assert alone.window.top.workspaces is None
    alone.window.close()
    table = PanelInfo(
        "table", "Table", "All units", Place.CENTRE, CountPanel, Workspace("table", "Table", "Rows")
    )
    deepvis = begin(table)
    live(qtbot, deepvis)
    switch = deepvis.window.top.workspaces
    assert switch is not None
    assert switch.current() == "watch"
    assert CountPanel.made == 0
    deepvis.shell.actions["workspace-table"].trigger()
    qtbot.waitUntil(lambda: deepvis.panels["table"].view.isVisible(), timeout=5000)
    assert switch.current() == "table"
    assert not deepvis.panels["grid"].view.isVisible()
    assert deepvis.panels["input"].view.isVisible()  # the centre alone changes
    switch.picked.emit("watch")
    assert deepvis.panels["grid"].view.isVisible()
    assert switch.row.isVisible()
    deepvis.window.resize(1000, 700)
    qtbot.waitUntil(switch.chip.isVisible, timeout=5000)  # one list where there is little room
    assert not switch.row.isVisible()
    switch._list.chosen.emit("table")
    assert deepvis.desk.sight.workspace == "table"
    keys = [key.toString() for key in deepvis.shell.actions["workspace-watch"].shortcuts()]
    assert keys == ["Ctrl+1"]


def test_the_inspector_is_a_drawer_where_there_is_no_room_beside_the_centre(
    qtbot: QtBot, begin: Begin
) -> None:
    save_session(Session(hint_seen=True))
    deepvis = begin()
    window, sight = deepvis.window, deepvis.desk.sight
    live(qtbot, deepvis)
    window.resize(1000, 700)
    qtbot.waitUntil(lambda: sight.is_narrow, timeout=5000)
    assert not window.inspector.isVisible()  # shut at first
    assert not sight.shows("now")
    width = deepvis.panels["grid"].view.width()
    deepvis.shell.actions["inspector"].trigger()
    assert window.inspector.isVisible()
    assert window.inspector.geometry().right() == window.centralWidget().rect().right()
    assert deepvis.panels["grid"].view.width() == width  # it lies over the centre
    deepvis.shell.actions["inspector"].trigger()
    assert not window.inspector.isVisible()
    window.resize(1440, 900)
    qtbot.waitUntil(lambda: not sight.is_narrow, timeout=5000)
    assert window.inspector.isVisible()
    assert window.inspector.x() > deepvis.panels["grid"].view.width()
