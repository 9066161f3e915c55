"""The widgets for pictures of runs alone: their pixels, what they tell and what they take."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PyQt6.QtCore import QPointF, Qt
from PyQt6.QtGui import QColor
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QScrollArea

from deepvis_app.tiles.over_steps import kinds_of
from deepvis_app.tiles.palette import palette
from deepvis_app.tiles.signed import signed_picture
from deepvis_app.ui.kit.images import image_to_rgb
from deepvis_app.ui.kit.pictures.confusion_grid import ConfusionGrid, row_shares
from deepvis_app.ui.kit.pictures.matrix_views import MatrixLook, MatrixViews
from deepvis_app.ui.kit.pictures.picture_grid import Cell
from deepvis_app.ui.kit.pictures.region_view import Points, RegionLook, RegionView
from deepvis_app.ui.kit.pictures.sharp_grid import SharpGrid
from deepvis_app.ui.kit.pictures.step_heat import BAD_COLOUR, HeatLook, StepHeat, Tick
from deepvis_app.ui.kit.plots.bar_row import BarRow
from deepvis_app.ui.kit.plots.line_plot import LinePlot
from deepvis_app.ui.kit.plots.ridge_sheet import RidgePlate, RidgeSheet, Spread
from deepvis_app.ui.kit.theme import colour

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PyQt6.QtWidgets import QWidget
    from pytestqt.qtbot import QtBot

    from tests.ui.widgets.conftest import Mouse

TEAL = (0x2E, 0xE6, 0xA8)


def painted(widget: QWidget) -> NDArray[np.uint8]:
    return image_to_rgb(widget.grab().toImage())


def look(steps: int = 40, layers: int = 4) -> HeatLook:
    chance = np.random.default_rng(0)
    values = chance.lognormal(size=(steps, layers)).astype(np.float32)
    values[7, 2] = np.inf
    names = tuple(f"conv{k}" for k in range(layers))
    return HeatLook(names, np.arange(steps) * 10, values, kinds_of(values), 0.1, 10.0)


@pytest.fixture
def heat(qtbot: QtBot) -> StepHeat:
    widget = StepHeat("heat")
    qtbot.addWidget(widget)
    widget.resize(500, 100)
    widget.set_look(look())
    return widget


class TestHeat:
    def test_a_cell_has_the_colour_of_its_value_to_the_pixel(self, heat: StepHeat) -> None:
        pixels, columns = painted(heat), heat.columns()
        shown = heat.look()
        assert columns is not None
        assert shown is not None
        area = heat.picture_rect()
        wide = columns.values.shape[1]
        assert area.width() == 5 * wide  # whole pixels
        assert area.height() == 4 * 14
        for row in range(4):
            for column in range(wide):
                step = int(columns.rows[column, 0])
                value = float(shown.values[step, row])
                at = area.left() + (column + 0.5) * area.width() / wide
                pixel = pixels[int(area.top() + row * 14 + 3), int(at)]
                if not np.isfinite(value):
                    assert tuple(pixel) == TEAL
                    continue
                share = np.clip(np.log(value / 0.1) / np.log(100), 0, 1)
                true = palette("magma")[round(254 * share)]
                assert np.abs(pixel.astype(int) - true).max() <= 2

    def test_what_is_not_finite_is_in_none_of_the_colours(self) -> None:
        assert QColor(BAD_COLOUR).getRgb()[:3] == TEAL
        far = np.abs(palette("magma")[:255].astype(int) - TEAL).sum(1)
        assert far.min() > 150

    def test_pointing_tells_layer_step_and_value(self, heat: StepHeat, mouse: Mouse) -> None:
        heard: list[object] = []
        heat.pointed.connect(heard.append)
        area = heat.picture_rect() if heat.columns() is not None else None
        assert area is not None
        cell = heat.cell_at(QPointF(area.left() + 1, area.top() + 14 * 2 + 5))
        assert cell == (2, 0)
        mouse.hover(heat, QPointF(area.left() + 1, area.top() + 14 * 2 + 5))
        assert heard == [0]
        tip = heat.tip(*cell)
        assert tip.title == "conv2"
        assert "step 0" in str(tip.lines)
        mouse.leave(heat)
        assert heard[-1] is None

    def test_a_click_takes_the_step_whose_value_is_shown(
        self, heat: StepHeat, mouse: Mouse, qtbot: QtBot
    ) -> None:
        many = look(5000, 3)
        heat.set_look(many)
        columns = heat.columns()
        assert columns is not None
        area = heat.picture_rect()
        at = area.left() + area.width() / columns.values.shape[1] * 3.5
        with qtbot.waitSignal(heat.picked) as heard:
            mouse.press(heat, QPointF(at, area.top() + 20))
        row, step = heard.args
        first, end = columns.rows[3]
        assert row == 1
        place = many.steps.tolist().index(step)
        assert first <= place < end
        assert many.values[place, 1] == many.values[first:end, 1].max() == columns.values[1, 3]

    def test_the_keyboard_walks_and_picks(self, heat: StepHeat, qtbot: QtBot) -> None:
        heat.columns()
        heard: list[tuple[int, int]] = []
        heat.picked.connect(lambda row, step: heard.append((row, step)))
        QTest.keyClick(heat, Qt.Key.Key_Right)
        QTest.keyClick(heat, Qt.Key.Key_Down)
        QTest.keyClick(heat, Qt.Key.Key_Up)
        QTest.keyClick(heat, Qt.Key.Key_Up)
        QTest.keyClick(heat, Qt.Key.Key_Return)
        columns = heat.columns()
        assert columns is not None
        assert heard == [(0, heat.step_of(0, 1))]
        assert "conv3" in heat.accessibleDescription()

    def test_marks_on_top_say_what_they_are(self, heat: StepHeat, mouse: Mouse) -> None:
        heat.set_ticks([Tick(200, "Overfitting began", "warning")])
        heat.columns()
        area = heat.picture_rect()
        at = area.left() + 200 / 391 * area.width()
        mouse.hover(heat, QPointF(at, 3))
        assert heat.toolTip() == "Step 200: Overfitting began"
        before = painted(heat)
        heat.set_ticks([])
        assert (painted(heat) != before).any()

    def test_with_nothing_it_says_why(self, heat: StepHeat) -> None:
        heat.set_look(None)
        heat.set_notice("This log has no gradients", "Use Monitor")
        plain = painted(heat)
        heat.set_notice("", "")
        assert (painted(heat) != plain).any()
        assert heat.cell_at(QPointF(100, 30)) is None
        assert heat.accessibleDescription() == ""

    def test_many_layers_share_the_height(self, heat: StepHeat) -> None:
        heat.set_look(look(20, 60))
        assert heat.sizeHint().height() <= 60 * 3 + 8
        heat.resize(500, heat.sizeHint().height())
        assert heat.columns() is not None
        assert heat.picture_rect().bottom() <= heat.height()


def spread(shade: str = "accent", steps: int = 5, zero: float = 0.0, bad: float = 0.0) -> Spread:
    heights = np.tile(np.array([0.0, 0.1, 0.8, 0.1, 0.0, 0.0]), (steps, 1))
    flat = np.full(steps, 1.0)
    bands = np.tile(np.array([1.0, 1.5, 2.5, 3.0, 4.0]), (steps, 1))
    at = np.arange(steps)
    return Spread("a", shade, at, heights, flat * zero, flat * 0, flat * bad, at, bands)


@pytest.fixture
def sheet(qtbot: QtBot) -> RidgeSheet:
    widget = RidgeSheet("ridges")
    qtbot.addWidget(widget)
    widget.resize(400, 120)
    return widget


def shades_in(pixels: NDArray[np.uint8], name: str) -> int:
    """Return how many pixels have exactly a colour of the theme."""
    return int((pixels == colour(name).getRgb()[:3]).all(-1).sum())


class TestRidges:
    def test_the_newest_outline_stands_in_front(self, sheet: RidgeSheet) -> None:
        sheet.set_plates([RidgePlate("conv1", (spread(),))], ("2⁻⁸", "2²"))
        area = sheet.whole().plot_rect(0)
        pixels = painted(sheet)
        accent = np.array(colour("accent").getRgb()[:3], int)
        front = np.abs(pixels[int(area.bottom()) - 2 : int(area.bottom()) + 1].astype(int) - accent)
        assert front.sum(-1).min() < 30  # its ground line
        peak_x = area.left() + 2.5 / 6 * area.width()
        peak_y = area.bottom() - 0.42 * 84
        near = pixels[int(peak_y) - 2 : int(peak_y) + 3, int(peak_x) - 2 : int(peak_x) + 3]
        assert np.abs(near.astype(int) - accent).sum(-1).min() < 120

    def test_what_has_no_place_on_the_axis_is_a_bar_however_small(self, sheet: RidgeSheet) -> None:
        sheet.set_plates([RidgePlate("conv1", (spread(),))])
        assert shades_in(painted(sheet.whole()), "bad") == 0
        sheet.set_plates([RidgePlate("conv1", (spread(bad=1e-9, zero=1e-9),))])
        pixels = painted(sheet.whole())
        assert shades_in(pixels, "bad") >= 6
        area = sheet.plot_rect(0)
        left = pixels[:, : int(area.left()) - 1]
        assert shades_in(left, "accent") >= 6

    def test_two_lie_over_one_another_in_two_colours(self, sheet: RidgeSheet) -> None:
        sheet.set_plates([RidgePlate("conv1", (spread(), spread("pinned")))])
        for as_bands in (False, True):
            sheet.set_bands(as_bands)
            pixels = painted(sheet.whole()).astype(int)
            red, blue = pixels[..., 0], pixels[..., 2]
            assert (red - blue > 60).sum() > 50  # the second colour
            assert (blue - red > 30).sum() > 50  # the accent

    def test_a_click_and_the_keyboard_pick(self, sheet: RidgeSheet, mouse: Mouse) -> None:
        sheet.set_plates([RidgePlate(f"conv{k}", (spread(),)) for k in range(3)])
        heard: list[int] = []
        sheet.picked.connect(heard.append)
        mouse.press(sheet, sheet.cell_rect(2).center())
        QTest.keyClick(sheet, Qt.Key.Key_Left)
        QTest.keyClick(sheet, Qt.Key.Key_Space)
        assert heard == [2, 1]

    def test_what_is_scrolled_out_of_sight_is_drawn_once_it_is_seen(self, qtbot: QtBot) -> None:
        sheet = RidgeSheet("ridges")
        sheet.set_plates([RidgePlate(f"conv{k}", (spread(),)) for k in range(40)])
        area = QScrollArea()
        qtbot.addWidget(area)
        sheet.setMinimumHeight(sheet.heightForWidth(300))
        area.setWidget(sheet)
        area.setWidgetResizable(True)
        area.resize(320, 200)
        area.show()

        def drawn() -> set[int]:
            return {k for k, (plate, _) in sheet._pictures.items() if plate is not None}

        def seen() -> set[int]:
            region = sheet.visibleRegion()
            return {k for k in range(40) if region.intersects(sheet.cell_rect(k).toAlignedRect())}

        qtbot.waitUntil(lambda: bool(seen()) and seen() <= drawn())
        assert max(drawn()) < 20
        bar = area.verticalScrollBar()
        bar.setValue(bar.maximum())
        qtbot.waitUntil(lambda: 39 in drawn() and seen() <= drawn())

    def test_it_takes_another_line_where_there_is_no_room(self, sheet: RidgeSheet) -> None:
        sheet.set_plates([RidgePlate(f"conv{k}", (spread(),)) for k in range(9)])
        assert sheet.heightForWidth(1000) < sheet.heightForWidth(400) < sheet.heightForWidth(200)
        sheet.resize(200, sheet.heightForWidth(200))
        assert all(sheet.rect().contains(sheet.cell_rect(k).toRect()) for k in range(9))


def test_matrices_are_whole_pixels_of_the_colour_map(qtbot: QtBot, mouse: Mouse) -> None:
    chance = np.random.default_rng(0)
    then = chance.normal(size=(10, 16)).astype(np.float32)
    now = then + 0.5
    views = MatrixViews("weights")
    qtbot.addWidget(views)
    views.set_look(MatrixLook(("then", "now", "difference"), (then, now, now - then), 2.0))
    views.resize(640, views.heightForWidth(640))
    pixels = painted(views)
    across, down = views.scale(640)
    assert min(across, down) >= 4
    for number, matrix in enumerate((then, now, now - then)):
        area = views.matrix_rect(number)
        assert (area.width(), area.height()) == (16 * across, 10 * down)
        top, left = round(area.top()), round(area.left())
        shown = pixels[top : top + 10 * down, left : left + 16 * across]
        large = signed_picture(matrix, 2.0).repeat(down, 0).repeat(across, 1)
        assert (shown == large).all()
        assert views.place_at(area.topLeft() + QPointF(1, 1)) == (number, 0, 0)
        assert views.place_at(area.bottomRight() - QPointF(1, 1)) == (number, 9, 15)
    mouse.hover(views, views.matrix_rect(1).center())
    assert (painted(views) != pixels).any()


def test_a_large_matrix_fits_and_a_row_can_be_seen(qtbot: QtBot) -> None:
    views = MatrixViews("weights")
    qtbot.addWidget(views)
    for shape in ((1000, 3000), (1, 8), (2000, 2), (3, 1)):
        matrix = np.ones(shape, np.float32)
        views.set_look(MatrixLook(("a", "b", "c"), (matrix,) * 3, 1.0))
        views.resize(600, views.heightForWidth(600))
        area = views.matrix_rect(2)
        assert area.right() <= 600
        assert 20 <= area.height() <= 168
        painted(views)


@pytest.mark.parametrize("room", [300, 411, 777])
def test_small_pictures_stay_sharp(qtbot: QtBot, room: int) -> None:
    chance = np.random.default_rng(0)
    pictures = chance.integers(0, 255, (10, 8, 8, 3), np.uint8)
    grid = SharpGrid(5, "units")
    qtbot.addWidget(grid)
    grid.set_cells([Cell(picture) for picture in pictures])
    grid.resize(room, grid.heightForWidth(room))
    rect = grid.cell_rect(6)
    assert rect.width() % 8 == 0
    assert rect.width() <= room / 5
    pixels = painted(grid)
    times = int(rect.width()) // 8
    for row, column in ((3, 3), (2, 5), (4, 2)):
        x, y = rect.left() + (column + 0.5) * times, rect.top() + (row + 0.5) * times
        assert (pixels[int(y), int(x)] == pictures[6, row, column]).all()


def test_bars_stand_from_the_largest_on_and_one_is_picked(qtbot: QtBot, mouse: Mouse) -> None:
    bars = BarRow("moved")
    qtbot.addWidget(bars)
    bars.resize(200, 90)
    bars.set_bars(["a", "b", "c", "d"], [0.5, float("nan"), 2.0, 1.0])
    assert bars.order() == (2, 3, 0, 1)
    bars.set_marked(3)
    pixels = painted(bars)
    middle = [bars.cell_rect(k).center() for k in range(4)]
    tops = []
    for point in middle[:3]:
        column = pixels[:64, int(point.x())].astype(int)
        tops.append(int(np.flatnonzero(np.abs(column - column[0]).sum(-1) > 20)[0]))
    assert tops[0] < tops[1] < tops[2]
    assert 64 - tops[1] == pytest.approx((64 - tops[0]) / 2, abs=2)
    accent = colour("accent").getRgb()[:3]
    assert tuple(pixels[62, int(middle[1].x())]) == accent
    assert tuple(pixels[62, int(middle[0].x())]) != accent
    heard: list[int] = []
    bars.picked.connect(heard.append)
    mouse.press(bars, middle[0])
    QTest.keyClick(bars, Qt.Key.Key_Right)
    QTest.keyClick(bars, Qt.Key.Key_Return)
    assert heard == [2, 3]


def test_confusion_tells_counts_and_shares_of_rows(qtbot: QtBot, mouse: Mouse) -> None:
    counts = np.array([[8, 2, 0], [0, 0, 0], [1, 1, 2]])
    assert row_shares(counts).tolist() == [[0.8, 0.2, 0], [0, 0, 0], [0.25, 0.25, 0.5]]
    grid = ConfusionGrid("confusion")
    qtbot.addWidget(grid)
    grid.resize(300, grid.heightForWidth(300))
    grid.set_counts(counts, ("dogs", "birds", "food"))
    assert grid.accessibleDescription() == "10 of 14 right"
    tip = grid.tip(1)
    assert tip.title == "Is dogs"
    assert "said birds" in str(tip.lines)
    assert "2 of 10" in str(tip.lines)
    heard: list[tuple[int, int]] = []
    grid.picked.connect(lambda true, said: heard.append((true, said)))
    mouse.press(grid, grid.cell_rect(7).center())
    QTest.keyClick(grid, Qt.Key.Key_Up)
    QTest.keyClick(grid, Qt.Key.Key_Return)
    assert heard == [(2, 1), (1, 1)]
    pixels = painted(grid)
    corners = (grid.cell_rect(k).topLeft() for k in (0, 1, 2))
    right, wrong, none = (pixels[int(at.y()) + 1, int(at.x()) + 1] for at in corners)
    assert right[2] > right[0]  # blue
    assert wrong[0] > wrong[2]  # orange
    assert tuple(none) == colour("control").getRgb()[:3]


def test_points_lie_where_they_are_on_the_map(qtbot: QtBot, mouse: Mouse) -> None:
    view = RegionView("regions")
    qtbot.addWidget(view)
    view.resize(200, 218)
    picture = np.zeros((10, 10, 3), np.uint8)
    picture[:5] = 90
    places = np.array([[-3.0, 3.0], [3.0, -3.0]], np.float32)
    points = Points(places, np.array([0, 1]), np.array([True, False]))
    view.set_look(
        RegionLook(picture, (-6, -6), (6, 6), (points,), ("#ff0000", "#0000ff"), ("a", "b"))
    )
    assert view.place_of(places).tolist() == [[50, 50], [150, 150]]
    pixels = painted(view)
    assert tuple(pixels[50, 50]) == (255, 0, 0)
    assert tuple(pixels[150, 150]) == (0, 0, 255)
    assert tuple(pixels[10, 10]) == (90, 90, 90)
    ring = pixels[50, 55:58].astype(int)
    assert ring.max() > 150  # around the wrong one
    assert view.accessibleDescription() == "1 of 2 points right"
    tip = view.tip(QPointF(52, 51))
    assert tip is not None
    assert tip.title == "a"
    assert "another" in str(tip.lines)
    assert view.tip(QPointF(100, 20)) is None


def test_a_line_that_runs_off_is_named_not_hidden(qtbot: QtBot) -> None:
    plot = LinePlot()
    qtbot.addWidget(plot)
    plot.set_line((0, 0.5, 1, 2, 4, 8), (1.0, 0.9, 0.8, 0.7, 2.0, float("inf")))
    drawing = plot.drawing()
    assert drawing is not None
    assert drawing.y == (pytest.approx(0.7), 2.0)
    assert [note.text for note in drawing.notes] == ["not finite further on"]
    plot.set_line((0, 1, 2), (1.0, 0.9, 1e6))
    drawing = plot.drawing()
    assert drawing is not None
    assert drawing.y[1] < 3
    assert drawing.notes[0].text == "↑ 1.0e6"
    assert drawing.told_at(drawing.curves[0].x[1]) == ("the update", ((("loss", "0.900"),),))
    plot.set_line((), ())
    assert plot.drawing() is None
