"""Keys do what the help says, wherever the focus is; no key is given twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QAction, QKeySequence
from PyQt6.QtWidgets import QApplication, QLineEdit, QMenu, QWidget

from deepvis_app.engine import GridReader, UnitOrder
from deepvis_app.explain import Method, Rendering
from deepvis_app.nets import Fit
from deepvis_app.settings import KeySet, Settings, load_settings
from deepvis_app.state.appearance import GridShows, Overlay
from deepvis_app.tiles import Scaling
from deepvis_app.ui.kit.segmented import Segmented
from deepvis_app.ui.registry import PANELS
from deepvis_app.ui.shell.actions import all_actions
from deepvis_app.ui.shell.help_rows import help_groups
from deepvis_app.ui.shell.keys import assign_keys, default_keys
from deepvis_app.ui.shell.settings.dialog import SettingsDialog

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from deepvis_app.ui.app import App

    Start = Callable[..., App]

TINY = {"net": "torchvision:mobilenet_v3_small@none", "device": "cpu"}
WAIT_MS = 60_000
ACTIONS = all_actions(PANELS)
TOOLBOX = Settings().with_value("keyboard", "key_set", "toolbox")


def live(qtbot: QtBot, start: Start, **options: object) -> App:
    deepvis = start(**TINY, source="demo", **options)
    qtbot.waitUntil(
        lambda: (
            deepvis.rounds.snapshot is not None and bool(deepvis.rounds.snapshot.every(GridReader))
        ),
        timeout=WAIT_MS,
    )
    deepvis.window.activateWindow()
    qtbot.waitUntil(deepvis.window.isActiveWindow, timeout=9000)
    return deepvis


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the actions that were triggered, in place of what they do."""
    done: list[str] = []
    monkeypatch.setattr(
        "deepvis_app.ui.panels.input.commands.InputCommands.toggle_frozen",
        lambda _: done.append("freeze"),
    )
    for name, method in (("synthesize", "begin"), ("hold-jobs", "toggle_held")):
        monkeypatch.setattr(
            f"deepvis_app.ui.panels.preferred.presenter.PreferredPresenter.{method}",
            lambda _, name=name: done.append(name),
        )
    return done


NONE, SHIFT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier
PRESSED = (
    (Qt.Key.Key_Space, NONE, "freeze"),
    (Qt.Key.Key_Return, NONE, "synthesize"),
    (Qt.Key.Key_Return, SHIFT, "hold-jobs"),
)


def press_all(qtbot: QtBot, widget: QWidget, done: list[str]) -> None:
    for key, modifier, name in PRESSED:
        done.clear()
        qtbot.keyClick(widget, key, modifier)
        assert done == [name], (type(widget).__name__, widget.accessibleName(), key)


def test_the_grid_has_the_keyboard_at_the_start(qtbot: QtBot, start: Start) -> None:
    deepvis = live(qtbot, start)
    assert QApplication.focusWidget() is deepvis.panels["grid"].view.panes[0].canvas


def test_the_great_keys_work_wherever_the_focus_is(
    qtbot: QtBot, start: Start, counted: list[str]
) -> None:
    deepvis = live(qtbot, start)
    window = deepvis.window
    deepvis.panels["preferred"].view.parameters.fill()
    kinds = set()
    for page in ("now", "preferred", "why"):
        window.inspector.set_tab(page)
        for widget in window.findChildren(QWidget):
            may = widget.isVisible() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
            if widget.window() is not window or not may or not widget.isEnabled():
                continue
            widget.setFocus(Qt.FocusReason.TabFocusReason)
            if QApplication.focusWidget() is not widget or isinstance(widget, QLineEdit):
                continue
            press_all(qtbot, widget, counted)
            kinds.add(type(widget).__name__)
    assert {"ChipButton", "IconButton", "JumpSlider", "MosaicCanvas", "LayerStrip"} <= kinds
    assert {"Segmented", "TabStrip", "ScoreBars", "QPushButton", "QCheckBox"} <= kinds


def test_they_work_in_what_drops_down_but_in_its_lists_and_fields(
    qtbot: QtBot, start: Start, counted: list[str]
) -> None:
    deepvis = live(qtbot, start)
    deepvis.panels["jobs"].view.open_popup()
    slider = deepvis.panels["jobs"].popup._share._slider
    slider.setFocus()
    press_all(qtbot, slider, counted)
    deepvis.panels["jobs"].view._popup.close()

    deepvis.panels["grid"].view._order.open_popup()
    orders = deepvis.panels["grid"].view._orders._list
    counted.clear()
    qtbot.keyClick(orders, Qt.Key.Key_Down)
    qtbot.keyClick(orders, Qt.Key.Key_Return)
    assert counted == []
    assert deepvis.desk.options.view.order is UnitOrder.MAXIMUM
    assert not deepvis.panels["grid"].view._order._popup.isVisible()  # type: ignore[union-attr]


def test_what_has_the_focus_is_pressed_by_a_key_of_its_own(qtbot: QtBot, start: Start) -> None:
    deepvis = live(qtbot, start)
    button = deepvis.panels["grid"].view._hide_dead
    button.setFocus()
    qtbot.keyClick(button, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert deepvis.desk.options.view.hide_dead
    bars = deepvis.panels["input"].view.scores
    bars.setFocus()
    qtbot.keyClick(bars, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)  # what can be asked about the class
    menu.close()


def test_a_field_takes_what_is_typed(qtbot: QtBot, start: Start, counted: list[str]) -> None:
    deepvis = live(qtbot, start)
    search = deepvis.panels["grid"].view.search
    search.setFocus()
    qtbot.keyClicks(search, "1 f")
    qtbot.keyClick(search, Qt.Key.Key_Return, SHIFT)
    assert search.text() == "1 f"
    assert counted == []


# What the help says of order and of results


@pytest.mark.parametrize(
    ("key", "row", "now"),
    [
        ("scaling", "_scaling", lambda d: d.desk.options.view.contrast.scaling),
        ("fit", "_fit", lambda d: d.desk.options.view.fit),
        ("overlay", "_overlay_choice", lambda d: d.desk.options.view.overlay),
        ("why-method", "_methods", lambda d: d.desk.options.why.method),
        ("why-view", "_choice", lambda d: d.desk.options.why.shown_view),
    ],
)
def test_a_key_goes_through_its_buttons_as_they_stand(
    qtbot: QtBot, start: Start, key: str, row: str, now: Callable[[App], object]
) -> None:
    kinds = {"scaling": Scaling, "fit": Fit, "overlay": Overlay, "why-method": Method}
    deepvis = live(qtbot, start)
    homes = [
        deepvis.panels["grid"].view,
        deepvis.panels["input"].view,
        deepvis.panels["now"].view,
        deepvis.panels["why"].view,
        *deepvis.panels["why"].view.findChildren(QWidget),
    ]
    buttons = next(getattr(home, row) for home in homes if hasattr(home, row))
    assert isinstance(buttons, Segmented)
    order = [kinds.get(key, Rendering)(option.key) for option in buttons._options]
    deepvis.shell.actions[key].trigger()
    seen = [now(deepvis)]
    for _ in order[1:]:
        deepvis.shell.actions[key].trigger()
        seen.append(now(deepvis))
    first = order.index(seen[0])
    assert seen == order[first:] + order[:first]


def test_enter_takes_the_first_unit_found(qtbot: QtBot, start: Start) -> None:
    deepvis = live(qtbot, start)
    search = deepvis.panels["grid"].view.search
    search.setFocus()
    qtbot.keyClicks(search, "7-9")
    qtbot.keyClick(search, Qt.Key.Key_Return)
    assert deepvis.desk.selection.unit == 7
    assert QApplication.focusWidget() is deepvis.panels["grid"].view.panes[0].canvas


def test_enter_takes_the_first_layer_found(qtbot: QtBot, start: Start) -> None:
    deepvis = live(qtbot, start)
    search = deepvis.panels["layers"].view.search
    search.setFocus()
    qtbot.keyClicks(search, "features.12")
    first = deepvis.panels["layers"].view.strip.shown_layers()[0]
    qtbot.keyClick(search, Qt.Key.Key_Return)
    assert deepvis.desk.selection.layer == first
    assert first.startswith("features.12")
    assert QApplication.focusWidget() is deepvis.panels["grid"].view.panes[0].canvas


def test_enter_takes_the_first_network_and_recipe_found(qtbot: QtBot, start: Start) -> None:
    deepvis = live(qtbot, start)
    window = deepvis.window
    chosen: list[str] = []
    window.top.network_chosen.disconnect()
    window.top.network_chosen.connect(chosen.append)
    window.top.network.open_popup()
    field = window.top._networks._field
    qtbot.keyClicks(field, "torchvision:resnet18")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert chosen == ["torchvision:resnet18"]

    chooser = deepvis.panels["preferred"].view.recipe
    chooser._chip.open_popup()
    qtbot.keyClicks(chooser._popup._field, "yosinski-4")
    qtbot.keyClick(chooser._popup._field, Qt.Key.Key_Return)
    assert deepvis.desk.options.preferred.base.name == "yosinski-4"


def test_what_the_hints_suggest_can_be_done_while_they_are_shown(
    qtbot: QtBot, start: Start
) -> None:
    deepvis = live(qtbot, start, hint=True)
    window, canvas = deepvis.window, deepvis.panels["grid"].view.panes[0].canvas
    hint = deepvis.welcome
    assert hint is not None
    deepvis.desk.selection.pick_unit(0)  # in place of the liveliest, as the first picture says
    qtbot.keyClick(window, Qt.Key.Key_Right)
    assert deepvis.desk.selection.unit == 1
    qtbot.keyClick(window, Qt.Key.Key_F)
    assert deepvis.desk.engine.status().frozen
    tile = canvas.tile_rect(0)
    assert tile is not None
    over = window.childAt(canvas.mapTo(window, tile.center()))
    assert over is canvas
    qtbot.mouseClick(over, Qt.MouseButton.LeftButton, pos=tile.center())
    assert deepvis.desk.selection.unit == 0
    assert hint.isVisible()
    qtbot.keyClick(window, Qt.Key.Key_H)
    assert window.help.is_open()
    window.help.close_sheet()
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert not hint.isVisible()
    assert deepvis.desk.selection.unit == 0


# Sets of keys, and keys that two actions want


@pytest.mark.parametrize("key_set", list(KeySet))
def test_no_two_actions_share_a_key(key_set: KeySet) -> None:
    places = {info.name: info.workspace for info in ACTIONS}
    owned = [
        (key, places[name]) for name, own in default_keys(key_set, ACTIONS).items() for key in own
    ]
    assert len(owned) == len(set(owned))
    assert all(QKeySequence(key).toString() == key for key, _ in owned)
    assert (
        assign_keys(Settings().with_value("keyboard", "key_set", key_set), ACTIONS).problems == ()
    )


ANCESTOR = {  # of the toolbox of 2015, as its help has them
    "H": "help", "Q": "quit", "Esc": "reset", "F": "freeze", "C": "camera",
    "E": "next-picture", "PgDown": "next-picture", "W": "previous-picture",
    "PgUp": "previous-picture", "0": "fit", "5": "times", "J": "left", "L": "right",
    "K": "down", "I": "up", "Left": "left", "Right": "right", "Down": "down", "Up": "up",
    "Shift+J": "fast-left", "Shift+L": "fast-right", "Shift+K": "fast-down",
    "Shift+I": "fast-up", "U": "previous-layer", "O": "next-layer", "Z": "zoom",
    "A": "show-backward", "T": "gamma", "Shift+T": "boost", "8": "predictions",
    "9": "inspector",
}  # fmt: skip
ITS_OWN = {"S": "show-preferred", "D": "pin", "B": "why-method", "N": "why-method", "M": "why-view"}


def test_the_ancestors_keys_are_a_set_of_their_own() -> None:
    ours, its = assign_keys(Settings(), ACTIONS), assign_keys(TOOLBOX, ACTIONS)
    for key, action in ANCESTOR.items():
        assert ours.owner(key) == its.owner(key) == action
    for key, action in ITS_OWN.items():
        assert its.owner(key) == action
    assert its.owner("R") is None
    assert its.owner("V") is None
    assert all(its.keys[info.name] for info in ACTIONS if info.keys)  # none is lost


def test_the_set_is_in_force_at_once_and_the_help_lists_it(qtbot: QtBot, start: Start) -> None:
    deepvis = live(qtbot, start)
    qtbot.keyClick(deepvis.window, Qt.Key.Key_S)
    assert deepvis.desk.options.view.grid_shows is GridShows.ACTIVITY
    deepvis.setting.change(TOOLBOX)
    qtbot.keyClick(deepvis.window, Qt.Key.Key_S)
    assert deepvis.desk.options.view.grid_shows is GridShows.PREFERRED
    rows = {text: keys for keys, text in deepvis.window.help.shown_rows()}
    for info in ACTIONS:
        action: QAction = deepvis.shell.actions[info.name]
        if info.workspace:  # another one is open
            assert action.shortcuts() == []
            assert rows[info.tip] == " or ".join(info.keys)
            continue
        keys = [sequence.toString() for sequence in action.shortcuts()]
        assert rows.get(info.tip) == (" or ".join(keys) or None)
        assert action.toolTip().endswith(f"({keys[0]})" if keys else info.tip)


def test_the_help_says_what_the_wheel_does() -> None:
    for wheel, words in (
        ("zoom", "Larger or smaller tiles or input; with"),
        ("scroll", "Scroll the grid;"),
    ):
        groups = help_groups(Settings().with_value("appearance", "wheel", wheel), ACTIONS)
        (mouse,) = [group for group in groups if group.title == "Mouse"]
        assert dict(mouse.rows)["Wheel"].startswith(words)


def test_a_key_of_the_user_s_goes_before_a_default_and_that_is_said() -> None:
    assigned = assign_keys(Settings(keys={"step": ("f",)}), ACTIONS)
    assert assigned.keys["step"] == ("F",)
    assert assigned.keys["freeze"] == ("Space",)
    (problem,) = assigned.problems
    assert "“Single step”" in problem
    assert "“Freeze”" in problem


def test_every_fault_of_the_keys_in_a_file_is_said() -> None:
    wrong = {"frezze": ("6",), "step": ("Foo+Bar", "6"), "mirror": ("6",), "help": ()}
    assigned = assign_keys(Settings(keys=wrong), ACTIONS)
    assert len(assigned.problems) == 3
    for words in ("keys.frezze", "“Foo+Bar”", "6 is wanted by two actions"):
        assert any(words in problem for problem in assigned.problems)
    assert {assigned.keys["step"], assigned.keys["mirror"]} == {("6",), ()}
    assert assigned.keys["help"] == ()


def test_a_conflict_in_the_file_is_told_at_the_start(qtbot: QtBot, start: Start) -> None:
    from deepvis_app.settings import settings_path

    settings_path().write_text('[keys]\nstep = "F"\nmirror = "F"\n')
    deepvis = live(qtbot, start)
    (message,) = [m for m in deepvis.window.banners.shown() if m.key == "settings"]
    assert "“Mirror” does without" in message.cause
    assert "“Freeze” does without" in message.cause
    generation = deepvis.desk.engine.status().frozen
    qtbot.keyClick(deepvis.window, Qt.Key.Key_F)
    assert not generation
    assert deepvis.desk.engine.status().frozen  # a single step holds the picture, too


def test_a_key_that_another_action_has_is_asked_about(qtbot: QtBot, start: Start) -> None:
    deepvis = live(qtbot, start)
    dialog = SettingsDialog(deepvis.setting.settings, deepvis.window, ACTIONS)
    qtbot.addWidget(dialog)
    dialog.settings_changed.connect(deepvis.setting.change)
    dialog.show()
    page = dialog.keys
    page.edit("step").setKeySequence("F")
    assert "F belongs to “Freeze”" in page.problem()
    assert deepvis.setting.settings == Settings()
    assert page.edit("step").keySequence().toString() == "."
    page._take.click()
    assert page.problem() == ""
    assigned = assign_keys(deepvis.setting.settings, ACTIONS)
    assert (assigned.keys["step"], assigned.keys["freeze"]) == (("F",), ("Space",))
    assert assigned.problems == ()
    assert page.edit("freeze").keySequence().toString() == "Space"
    deepvis.setting.write()
    qtbot.waitUntil(lambda: load_settings()[0].keys == deepvis.setting.settings.keys, timeout=9000)

    page.edit("step").setKeySequence(".")
    page.edit("freeze").setKeySequence("F")
    page.edit("freeze", 1).setKeySequence("Space")
    assert deepvis.setting.settings.keys == {}  # the defaults again


def test_a_third_key_stays_when_the_first_is_changed(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    dialog = SettingsDialog(Settings(), parent, ACTIONS)
    dialog.keys.edit("help").setKeySequence("F2")
    assert dialog.settings.keys == {"help": ("F2", "?", "F1")}
