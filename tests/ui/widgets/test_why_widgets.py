from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PyQt6.QtCore import QPoint, QPointF, Qt

from deepvis_app.explain import Rendering
from deepvis_app.ui.kit.choice_rows import ChoiceRow, ChoiceRows
from deepvis_app.ui.kit.images import image_to_rgb
from deepvis_app.ui.kit.labelled_slider import LabelledSlider
from deepvis_app.ui.kit.pictures.picture_view import PictureView
from deepvis_app.ui.kit.plots.truth_plot import TruthPlot
from deepvis_app.ui.kit.row_list import ROW
from deepvis_app.ui.kit.theme import active_theme
from deepvis_app.ui.panels.why.origin_line import OriginLine
from deepvis_app.ui.panels.why.rendering_choice import RenderingChoice

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from tests.ui.widgets.conftest import Mouse

LEFT = Qt.MouseButton.LeftButton
ROWS = [ChoiceRow("dog falls", "−3.1", 0.5), ChoiceRow("man", "+0.2", 0.2)]


def colours_of(pixels: np.ndarray) -> set[str]:
    return {f"#{r:02x}{g:02x}{b:02x}" for r, g, b in np.unique(pixels.reshape(-1, 3), axis=0)}


def test_a_row_is_chosen_by_click_and_by_key_and_told_once(qtbot: QtBot) -> None:
    rows = ChoiceRows("rises")
    qtbot.addWidget(rows)
    rows.set_rows(ROWS)
    rows.resize(240, rows.sizeHint().height())
    rows.show()
    told: list[int] = []
    rows.picked.connect(told.append)
    qtbot.mouseClick(rows.viewport(), LEFT, pos=QPoint(50, int(ROW * 1.5)))
    qtbot.mouseClick(rows.viewport(), LEFT, pos=QPoint(50, int(ROW * 1.5)))
    qtbot.keyClick(rows, Qt.Key.Key_Down)  # already the last
    qtbot.keyClick(rows, Qt.Key.Key_Up)
    assert told == [1, 0]
    rows.set_rows(ROWS, 1)  # setters never tell
    assert told == [1, 0]
    assert rows.current() == 1


def test_bars_are_as_long_as_their_shares(qtbot: QtBot) -> None:
    rows = ChoiceRows("rises")
    qtbot.addWidget(rows)
    rows.set_rows(ROWS)
    rows.resize(400, rows.sizeHint().height())
    pixels = image_to_rgb(rows.grab().toImage())
    accent = np.array(list(bytes.fromhex(active_theme().accent[1:])))
    lengths = [int((pixels[int(ROW * (k + 0.5))] == accent).all(-1).sum()) for k in range(2)]
    assert 2.2 < lengths[0] / lengths[1] < 2.8


def test_curves_are_drawn_as_far_as_they_are_known(qtbot: QtBot) -> None:
    plot = TruthPlot("nothing yet")
    qtbot.addWidget(plot)
    plot.resize(300, 152)
    theme = active_theme()
    assert not colours_of(image_to_rgb(plot.grab().toImage())) & {theme.accent, theme.pinned}
    nan = float("nan")
    falling = np.array([1.0, 0.5, nan, nan], np.float32)
    plot.set_curves(falling, np.array([0, 2.0, nan, nan], np.float32))
    assert plot.span() == (0.0, 2.0)
    pixels = image_to_rgb(plot.grab().toImage())
    middle = pixels[8:120, 48:]
    assert {theme.accent, theme.pinned} <= colours_of(middle[:, :70])
    assert not {theme.accent, theme.pinned} & colours_of(middle[:, 130:])
    plot.set_curves(None, None)
    assert plot.curves() == ()


def test_a_curve_below_zero_is_within_its_span(qtbot: QtBot) -> None:
    plot = TruthPlot("")
    qtbot.addWidget(plot)
    plot.set_curves(np.array([1.0, -0.5], np.float32), np.array([0.0, 1.0], np.float32))
    assert plot.span() == (-0.5, 1.0)


def test_the_pinned_unit_is_named_and_can_be_jumped_to(qtbot: QtBot) -> None:
    line = OriginLine()
    qtbot.addWidget(line)
    line.resize(300, 40)
    line.show()
    told: list[str] = []
    line.jump_requested.connect(lambda: told.append("jump"))
    line.pin_toggled.connect(lambda: told.append("pin"))
    line.set_origin("fire9 · 37", pinned=False)
    qtbot.mouseClick(line._name, LEFT)  # nothing to jump to
    assert told == []
    assert not line._pin.isChecked()
    line.set_origin("fire9 · 37", pinned=True)
    assert line.text() == "pinned · fire9 · 37"
    qtbot.mouseClick(line._name, LEFT)
    qtbot.mouseClick(line._pin, LEFT)
    assert told == ["jump", "pin"]
    assert line._pin.isChecked()  # until the owner says that it is not
    line.set_origin("", pinned=False)
    assert not line._pin.isEnabled()


def test_every_view_can_be_chosen(qtbot: QtBot) -> None:
    choice = RenderingChoice("view")
    qtbot.addWidget(choice)
    for view in Rendering:
        choice.set_view(view)
        assert choice.view() is view


def test_a_slider_s_other_range_keeps_whole_steps(qtbot: QtBot) -> None:
    slider = LabelledSlider("Patch", 4, 100, 45, decimals=0, unit="px", step=1)
    qtbot.addWidget(slider)
    told: list[float] = []
    slider.value_changed.connect(told.append)
    slider.set_range(4, 40)
    assert slider.value() == 40
    assert told == []
    slider._slider.setValue(slider._slider.maximum() - 1)
    assert told == [39]


def test_a_drag_is_told_within_the_picture_until_it_ends(qtbot: QtBot, mouse: Mouse) -> None:
    view = PictureView()
    qtbot.addWidget(view)
    view.resize(100, 100)
    view.set_picture(np.zeros((50, 50, 3), np.uint8))
    places: list[tuple[int, int]] = []
    ended: list[bool] = []
    view.dragged.connect(lambda y, x: places.append((int(y), int(x))))
    view.released.connect(lambda: ended.append(True))
    mouse.press(view, QPointF(20, 40))
    mouse.drag(view, QPointF(60, 60))
    mouse.drag(view, QPointF(500, 60))  # beside it
    mouse.release(view, QPointF(500, 60))
    mouse.hover(view, QPointF(30, 30))
    assert places == [(20, 10), (30, 30), (30, 49)]
    assert ended == [True]


def test_the_covered_part_is_framed(qtbot: QtBot) -> None:
    view = PictureView()
    qtbot.addWidget(view)
    view.resize(100, 100)
    view.set_picture(np.zeros((50, 50, 3), np.uint8))
    view.set_patch((10.0, 10.0, 30.0, 30.0))
    assert active_theme().mark_pinned in colours_of(image_to_rgb(view.grab().toImage()))
    view.set_patch(None)
    assert active_theme().mark_pinned not in colours_of(image_to_rgb(view.grab().toImage()))
