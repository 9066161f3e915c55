from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PyQt6.QtCore import QPointF, Qt
from PyQt6.QtGui import QShortcut
from PyQt6.QtWidgets import QLabel, QLineEdit, QPushButton, QToolButton, QWidget

from deepvis_app.engine.readers import StripReader
from deepvis_app.errors import UserError
from deepvis_app.ui.kit.banner import BannerStack, Severity
from deepvis_app.ui.kit.explanation_card import ExplanationCard
from deepvis_app.ui.kit.key_caps import KeyCaps
from deepvis_app.ui.kit.notices import Notices
from deepvis_app.ui.kit.progress_line import ProgressLine
from deepvis_app.ui.kit.theme import LIGHT, apply_theme
from deepvis_app.ui.kit.toast import Toast
from deepvis_app.ui.kit.undo import Undo
from deepvis_app.ui.shell.help_overlay import HelpGroup, HelpOverlay
from deepvis_app.ui.shell.notices import StandingNotices

if TYPE_CHECKING:
    from PyQt6.QtWidgets import QApplication
    from pytestqt.qtbot import QtBot

    from tests.ui.widgets.conftest import Mouse


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.resize(1000, 700)
    widget.show()
    return widget


@pytest.fixture
def banners(qtbot: QtBot) -> BannerStack:
    widget = BannerStack(limit=2)
    qtbot.addWidget(widget)
    return widget


def test_what_fails_of_a_frame_is_told_until_all_has_worked_for_a_while(
    qtbot: QtBot, banners: BannerStack
) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    toast = Toast(window)
    told = Notices(banners, toast, Undo(window, toast))
    notices, strip = StandingNotices(told, lambda unit, layer: None), StripReader(("a",))
    failed = {strip: UserError("The strip failed: KeyError", "Choose something else")}
    notices.show_failed({}, 0.0)
    assert banners.keys() == ()
    for frame in range(60):  # every other one
        notices.show_failed(failed if frame % 2 else {}, frame / 30)
        assert banners.keys() == (() if frame == 0 else ("failed",))
    (message,) = banners.shown()
    assert (message.cause, message.remedy) == (
        "The strip failed: KeyError",
        "Choose something else",
    )
    notices.show_failed({}, 2.5)
    assert banners.keys() == ("failed",)
    notices.show_failed({}, 3.1)
    assert banners.keys() == ()


def test_banners_stack_newest_first_up_to_the_limit(banners: BannerStack) -> None:
    assert banners.isHidden()
    banners.show_banner("camera", "The camera is gone", "Plug it in again")
    banners.show_banner("nan", "Values are not finite", severity=Severity.NOTICE)
    banners.show_banner("disk", "The disk is full")
    assert banners.keys() == ("disk", "nan", "camera")
    assert [m.key for m in banners.shown()] == ["disk", "nan"]
    banners.clear_banner("disk")
    assert [m.key for m in banners.shown()] == ["nan", "camera"]
    banners.clear_banner("nan")
    banners.clear_banner("camera")
    banners.clear_banner("camera")
    assert banners.isHidden()


def test_a_banner_breaks_words_that_no_line_holds(banners: BannerStack) -> None:
    banners.show_banner("word", f"The network failed: {'x' * 300}", f"Open /{'folder/' * 40}a.toml")
    banners.resize(700, 200)
    banners.show()
    assert banners.minimumSizeHint().width() <= 700


def test_a_banner_is_changed_where_it_stands(banners: BannerStack, qapp: QApplication) -> None:
    banners.show_banner("a", "First", "Do <this>")
    banners.show_banner("b", "Second")
    banners.show_banner("a", "First, changed")
    assert banners.keys() == ("b", "a")
    banners.grab()
    apply_theme(qapp, LIGHT)
    banners.grab()


def test_banner_signals(banners: BannerStack, qtbot: QtBot) -> None:
    banners.show_banner("camera", "The camera is gone", action="Choose source")
    with qtbot.waitSignal(banners.action_requested) as wanted:
        banners.findChild(QPushButton).click()
    assert wanted.args == ["camera"]
    with qtbot.waitSignal(banners.dismissed) as dismissed:
        banners.findChild(QToolButton).click()
    assert dismissed.args == ["camera"]
    assert banners.keys() == ()


def test_a_cause_is_text_not_markup(banners: BannerStack) -> None:
    banners.show_banner("x", "No layer <b>conv</b> & co")
    texts = [label.text() for label in banners.findChildren(QLabel)]
    assert texts == ["<b>No layer &lt;b&gt;conv&lt;/b&gt; &amp; co.</b>"]


def test_progress(qtbot: QtBot) -> None:
    line = ProgressLine(cancellable=True)
    qtbot.addWidget(line)
    assert line.isHidden()
    line.set_progress("resnet18 · 31 of 45 MB", 31, 45)
    assert not line.isHidden()
    assert line.share() == pytest.approx(31 / 45)
    line.set_progress("opening", 0, 0)
    assert line.share() is None
    line.grab()
    line.set_progress("more than all", 7, 5)
    assert line.share() == 1
    with qtbot.waitSignal(line.cancel_requested):
        line.findChild(QToolButton).click()
    line.clear()
    assert line.isHidden()


def test_toast_goes_away_by_itself(window: QWidget, qtbot: QtBot) -> None:
    toast = Toast(window)
    toast.show_message("Saved grid.png", "Show in folder", seconds=0.05)
    assert toast.isVisible()
    assert window.rect().contains(toast.geometry())
    window.resize(700, 500)
    assert window.rect().contains(toast.geometry())
    qtbot.waitUntil(lambda: not toast.isVisible())


def test_toast_action(window: QWidget) -> None:
    toast, done = Toast(window), []
    toast.show_message("Saved grid.png", "Show in folder", do=lambda: done.append("shown"))
    toast.findChild(QPushButton).click()
    assert done == ["shown"]
    assert not toast.isVisible()


GROUPS = (
    HelpGroup("Move", (("←, →", "Next unit"), ("U, O", "Previous and next layer"))),
    HelpGroup("Source", (("F", "Freeze"), ("E", "Next file"))),
)


def test_a_sheet_covers_its_window_and_is_closed_by_a_click_beside_its_card(
    window: QWidget, qtbot: QtBot, mouse: Mouse
) -> None:
    sheet = HelpOverlay(window)
    sheet.set_groups(GROUPS)
    sheet.open()
    window.resize(800, 600)
    assert sheet.geometry() == window.rect()
    with qtbot.waitSignal(sheet.closed):
        mouse.click(sheet, QPointF(3, 3))
    assert not sheet.is_open()


@pytest.mark.parametrize(
    ("keys", "caps"),
    [
        ("Ctrl+, or K", ("Ctrl+,", "K")),
        ("←, →", ("←", "→")),
        ("., ,", (".", ",")),
        ("[wheel]", ("[wheel]",)),
        ("H or ? or F1", ("H", "?", "F1")),
    ],
)
def test_keys_are_split_into_caps(qtbot: QtBot, keys: str, caps: tuple[str, ...]) -> None:
    widget = KeyCaps(keys)
    qtbot.addWidget(widget)
    assert widget._caps == caps
    assert widget.sizeHint().width() >= 20 * len(caps)


def test_help_is_searched(window: QWidget, qtbot: QtBot) -> None:
    sheet = HelpOverlay(window)
    sheet.set_groups(GROUPS)
    assert not sheet.is_open()
    sheet.open()
    assert sheet.is_open()
    field = sheet.findChild(QLineEdit)
    qtbot.keyClicks(field, "next")
    assert [text for _, text in sheet.shown_rows()] == [
        "Next unit",
        "Previous and next layer",
        "Next file",
    ]
    qtbot.keyClicks(field, " source")
    assert sheet.shown_rows() == (("E", "Next file"),)
    qtbot.keyClicks(field, "xyz")
    assert sheet.shown_rows() == ()
    window.grab()
    with qtbot.waitSignal(sheet.closed):
        qtbot.keyClick(sheet, Qt.Key.Key_Escape)
    sheet.open()
    assert len(sheet.shown_rows()) == 4


@pytest.mark.parametrize("size", [(1000, 700), (1600, 1000), (640, 480)])
def test_help_fits_its_window(qtbot: QtBot, size: tuple[int, int]) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(*size)
    window.show()
    sheet = HelpOverlay(window)
    many = tuple((f"Ctrl+{k}", f"Does the thing number {k}") for k in range(30))
    sheet.set_groups([HelpGroup(f"Group {k}", many) for k in range(4)])
    sheet.open()
    window.grab()
    assert window.rect().contains(sheet.card.geometry())
    window.resize(1200, 600)  # below the open sheet
    window.resize(600, 440)
    qtbot.waitUntil(lambda: window.rect().contains(sheet.card.geometry()))


def test_the_windows_single_keys_rest_below_a_sheet(window: QWidget, qtbot: QtBot) -> None:
    pressed: list[str] = []
    for keys in ("F", "Esc", "Ctrl+Q"):
        QShortcut(keys, window).activated.connect(lambda k=keys: pressed.append(k))
    sheet = HelpOverlay(window)
    sheet.open()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    qtbot.keyClick(sheet, Qt.Key.Key_F)
    qtbot.keyClick(sheet, Qt.Key.Key_Q, Qt.KeyboardModifier.ControlModifier)
    assert pressed == ["Ctrl+Q"]
    qtbot.keyClick(sheet, Qt.Key.Key_Escape)
    assert not sheet.isVisible()
    qtbot.keyClick(window, Qt.Key.Key_F)
    assert pressed == ["Ctrl+Q", "F"]


def test_an_explanation_of_any_length_is_shown_whole(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.setStyleSheet("QFrame { border: 3px solid red }")
    card = ExplanationCard(window)
    for words in (8, 60, 400):
        card.explain("A heading", "word " * words)
        assert card._text.height() >= card._text.heightForWidth(card._text.width())
        card.hide()
