from __future__ import annotations

import csv
import io
import subprocess
import sys
from statistics import mean
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, QPointF, Qt
from PyQt6.QtWidgets import QApplication

from deepvis_app.tiles.thinned import thinned
from deepvis_app.ui.kit.images import image_to_rgb
from deepvis_app.ui.kit.plots.curve_plot import CurvePlot
from deepvis_app.ui.kit.plots.drawing import floats
from deepvis_app.ui.kit.plots.histogram_plot import BINS, HistogramPlot
from deepvis_app.ui.kit.plots.trace_plot import TracePlot
from deepvis_app.ui.kit.plots.truth_plot import TruthPlot
from deepvis_app.ui.kit.theme import DARK, LIGHT, apply_theme

if TYPE_CHECKING:
    from collections.abc import Callable

    from PyQt6.QtGui import QColor
    from pytestqt.qtbot import QtBot

    from tests.ui.widgets.conftest import Mouse


def is_accent(shade: QColor) -> bool:
    """Tell the line's blue from the ground, and from the mean's grey."""
    return shade.blue() - shade.red() > 60


@pytest.fixture
def trace(qtbot: QtBot) -> TracePlot:
    widget = TracePlot(seconds=10)
    qtbot.addWidget(widget)
    widget.resize(240, 84)
    widget.show()
    return widget


def test_trace_keeps_its_seconds_only(trace: TracePlot) -> None:
    for k in range(1000):
        trace.add(k * 0.1, 5.0 if k < 850 else 2.0, 1.0)
    assert trace.span() == (0.0, 2.0)  # the fives ended 15 s ago
    for k in range(1000, 1100):
        trace.add(k * 0.1, 2.0, -1.0)
    assert trace.span() == (-1.0, 2.0)
    trace.grab()


def test_trace_line_ends_at_now_and_is_to_scale(trace: TracePlot) -> None:
    """Ten seconds fill the area across, and here 0 to 4 from its bottom to its top."""
    trace.add(100.0, 0.0, 0.0)
    trace.add(105.0, 4.0, 1.0)
    area, picture = trace.data_rect(), trace.grab().toImage()
    for share in (0.1, 0.3, 0.7, 0.9):  # of the second half, which the line rises over
        x = round(area.left() + area.width() * (0.5 + share / 2))
        height = 4 * (x + 0.5 - area.center().x()) / (area.width() / 2)
        line = [y for y in range(picture.height()) if is_accent(picture.pixelColor(x, y))]
        assert mean(line) + 0.5 == pytest.approx(area.bottom() - area.height() * height / 4, abs=1)
    before = range(round(area.left()), round(area.center().x()) - 3)
    assert not any(is_accent(picture.pixelColor(x, y)) for x in before for y in range(60))


def test_what_is_no_number_is_a_gap_in_the_trace(trace: TracePlot) -> None:
    nan, inf = float("nan"), float("inf")
    for at_s, value in enumerate([1.0, 2.0, nan, nan, 3.0, inf, -inf, 4.0]):
        trace.add(float(at_s), value, min(value, 1.0))
    assert trace.span() == (0.0, 4.0)
    assert trace.gaps() == [(5.0, 3.0, "NaN"), (2.0, 1.0, "∞"), (1.0, 0.0, "−∞")]
    drawing = trace.drawing()
    assert drawing is not None
    curve = drawing.curves[0]
    assert np.isfinite(curve.y).tolist() == [True, True, False, False, True, False, False, True]
    trace.grab()


def test_a_trace_without_any_number_is_drawn(trace: TracePlot) -> None:
    trace.add(0.0, float("nan"), float("nan"))
    trace.add(5.0, float("nan"), float("nan"))
    assert trace.gaps() == [(5.0, 0.0, "NaN")]
    picture = trace.grab().toImage()
    shades = [picture.pixelColor(x, 20) for x in range(picture.width() // 2, picture.width())]
    assert any(shade.red() > shade.blue() + 30 for shade in shades)  # the ground is blueish


def test_what_is_added_is_painted_soon_and_together(trace: TracePlot, qtbot: QtBot) -> None:
    with qtbot.waitExposed(trace):
        trace.show()
    painted: list[None] = []
    paint = trace.paintEvent
    trace.paintEvent = lambda event: (painted.append(None), paint(event))[1]  # type: ignore[method-assign]
    for k in range(20):
        trace.add(float(k), 1.0, 0.0)
    qtbot.waitUntil(lambda: bool(painted))
    assert len(painted) < 5


def test_trace_starts_anew_when_time_goes_back(trace: TracePlot) -> None:
    trace.add(100.0, 9.0, 0.0)
    trace.add(3.0, 1.0, 0.5)
    assert trace.span() == (0.0, 1.0)
    trace.clear()
    assert trace.span() == (0.0, 1.0)
    trace.grab()


@pytest.fixture
def histogram(qtbot: QtBot) -> HistogramPlot:
    widget = HistogramPlot()
    qtbot.addWidget(widget)
    widget.resize(240, 84)
    widget.show()
    return widget


def test_histogram_counts(histogram: HistogramPlot) -> None:
    values = np.concatenate([np.zeros(90), np.full(10, 1.0)]).reshape(10, 10)
    histogram.set_values(values)
    histogram.set_log(False)
    bars = histogram.bars()
    assert len(bars) == BINS
    assert bars[0] == 1.0
    assert bars[-1] == pytest.approx(10 / 90)
    assert bars[1:-1].sum() == 0
    histogram.set_log(True)
    assert histogram.bars()[-1] == pytest.approx(np.log(11) / np.log(91))
    histogram.grab()


def test_a_histogram_of_counts_alone_is_grey_and_its_picked_value_in_the_accent(
    qtbot: QtBot,
) -> None:
    plot = HistogramPlot("Lengths", shade="muted")
    qtbot.addWidget(plot)
    plot.resize(240, 84)
    plot.show()
    plot.set_values(np.linspace(1.0, 3.0, 300), mark=2.5)
    image = plot.grab().toImage()
    area = plot.data_rect()
    at = round(area.left() + 0.75 * area.width())
    row = [is_accent(image.pixelColor(x, round(area.center().y()))) for x in range(240)]
    assert any(row[at - 2 : at + 3])
    assert not any(row[: at - 2] + row[at + 3 :])


@pytest.mark.parametrize(
    "values", [None, [], [np.nan, np.inf], [3.0], np.zeros((5, 5)), [-1.0, np.nan, 2.0]]
)
def test_histogram_takes_anything(histogram: HistogramPlot, values: object) -> None:
    histogram.set_values(values)  # type: ignore[arg-type]
    histogram.grab()


def test_the_histogram_says_what_is_not_among_its_bars(histogram: HistogramPlot) -> None:
    nan, inf = np.nan, np.inf
    histogram.set_values([nan, nan, inf, -inf, -inf, -inf, 0.0, 1.0])
    assert histogram.others() == "2 NaN, 1 ∞, 3 −∞ of 8"
    assert histogram._range == (0.0, 1.0)
    assert histogram._counts is not None
    assert histogram._counts.sum() == 2
    histogram.set_values([nan, nan])
    assert histogram.others() == "2 NaN of 2"
    histogram.grab()
    histogram.set_values([1.0])
    assert histogram.others() == ""


def test_histogram_click_switches(histogram: HistogramPlot, qtbot: QtBot, mouse: Mouse) -> None:
    histogram.set_values([0.0, 1.0, 1.0])
    assert histogram.bars()[0] == pytest.approx(np.log(2) / np.log(3))
    mouse.click(histogram, QPointF(100, 30))
    qtbot.waitUntil(lambda: histogram.bars()[0] == pytest.approx(0.5))


# What all plots have in common


def filled_trace() -> TracePlot:
    plot = TracePlot()
    for k in range(50):
        plot.add(k / 7, k * 0.1, -0.1 * k if k != 20 else float("nan"))
    return plot


def filled_histogram() -> HistogramPlot:
    plot = HistogramPlot()
    plot.set_values(np.random.default_rng(0).normal(size=400))
    return plot


def filled_curves() -> CurvePlot:
    plot = CurvePlot("Nothing yet", "Activation by step")
    plot.set_curves([[0.1, 1 / 3, 2.0, 5.0], [3.0, 1e-7]], 8, 0)
    return plot


def filled_truth() -> TruthPlot:
    plot = TruthPlot("Nothing yet")
    shares = np.linspace(0, 1, 21, dtype=np.float32)
    plot.set_curves(1 - shares, shares**2)
    return plot


PLOTS = (filled_trace, filled_histogram, filled_curves, filled_truth)
Made = TracePlot | HistogramPlot | CurvePlot | TruthPlot


@pytest.fixture(params=PLOTS, ids=lambda make: make.__name__)
def plot(request: pytest.FixtureRequest, qtbot: QtBot) -> Made:
    made: Made = request.param()
    qtbot.addWidget(made)
    made.resize(344, 100)
    made.show()
    made.grab()
    return made


def read(text: str) -> tuple[list[str], list[list[str]]]:
    names, *rows = list(csv.reader(io.StringIO(text)))
    return names, rows


def test_data_is_read_back_as_it_was_given(qtbot: QtBot) -> None:
    shown = [filled_trace(), filled_histogram(), filled_curves(), filled_truth()]
    for each in shown:
        qtbot.addWidget(each)
    trace, histogram, curves, truth = (read(each.data()) for each in shown)
    assert trace[0] == ["time_s", "maximum", "mean"]
    assert [float(row[1]) for row in trace[1]] == [k * 0.1 for k in range(50)]
    assert [float(row[0]) for row in trace[1]] == [k / 7 - 7.0 for k in range(50)]
    assert np.isnan(float(trace[1][20][2]))
    values = np.random.default_rng(0).normal(size=400).astype(np.float32)
    expected, edges = np.histogram(values, BINS)
    assert histogram[0] == ["from", "to", "count"]
    assert [int(row[2]) for row in histogram[1]] == expected.tolist()
    assert [float(row[0]) for row in histogram[1]] == pytest.approx(edges[:-1].tolist())
    assert curves[0] == ["step", "run 1", "run 2"]
    assert [[value and float(value) for value in row] for row in curves[1]] == [
        [1, 0.1, 3.0], [2, 1 / 3, 1e-7], [3, 2.0, ""], [4, 5.0, ""],
    ]  # fmt: skip
    assert truth[0] == ["share", "taken away", "put back"]
    shares = np.linspace(0, 1, 21, dtype=np.float32)
    assert [float(row[2]) for row in truth[1]] == (shares**2).astype(float).tolist()


def test_a_plot_is_copied_as_it_looks(plot: Made) -> None:
    expected = image_to_rgb(plot.grab().toImage())
    plot.copy()
    clipboard = QApplication.clipboard()
    assert clipboard is not None
    assert (image_to_rgb(clipboard.image()) == expected).all()


def test_the_menu_asks_for_the_data_and_the_figure(plot: Made, qtbot: QtBot) -> None:
    actions = {action.text(): action for action in plot.menu().actions()}
    with qtbot.waitSignal(plot.data_requested) as told:
        actions["Save data (CSV)"].trigger()
    assert told.args == [plot.data()]
    with qtbot.waitSignal(plot.figure_requested):
        actions["Save figure (SVG, PDF, PNG)…"].trigger()


def test_an_empty_plot_has_nothing_to_save(qtbot: QtBot) -> None:
    plot = TracePlot()
    qtbot.addWidget(plot)
    actions = {action.text(): action.isEnabled() for action in plot.menu().actions()}
    assert actions.pop("")  # the line between them
    assert not any(actions.values())
    assert plot.data() == ""


def test_the_theme_changes_a_plot_that_is_shown(plot: Made, qapp: QApplication) -> None:
    ground = QPoint(plot.width() - 8, plot.ground_rect().bottom() // 2)
    for theme in (LIGHT, DARK):
        apply_theme(qapp, theme)
        shades = {plot.grab().toImage().pixelColor(x, ground.y()).name() for x in range(3, 340)}
        assert theme.control in shades
        assert (LIGHT if theme is DARK else DARK).control not in shades


def test_the_wheel_zooms_with_control_about_the_pointer(plot: Made, mouse: Mouse) -> None:
    area = plot.data_rect()
    at = QPointF(area.left() + area.width() * 0.3, area.top() + area.height() * 0.6)

    def under() -> tuple[float, float]:
        (left, right), (bottom, top) = plot.shown_spans()
        return left + 0.3 * (right - left), top - 0.6 * (top - bottom)

    whole, place = plot.shown_spans(), under()
    for notches in (1, 3, 1, -2):
        mouse.wheel(plot, at, notches, Qt.KeyboardModifier.ControlModifier)
        assert under() == pytest.approx(place)
    assert plot.shown_spans()[0][1] - plot.shown_spans()[0][0] == pytest.approx(
        (whole[0][1] - whole[0][0]) / 1.25**3
    )
    mouse.double_click(plot, at)
    assert plot.shown_spans() == whole


def test_a_drag_moves_what_is_enlarged_with_the_pointer(plot: Made, mouse: Mouse) -> None:
    area = plot.data_rect()
    mouse.wheel(plot, area.center(), 4, Qt.KeyboardModifier.ControlModifier)
    (left, right), _ = plot.shown_spans()
    mouse.press(plot, area.center())
    mouse.drag(plot, area.center() - QPointF(50, 0))
    mouse.release(plot, area.center() - QPointF(50, 0))
    moved = plot.shown_spans()[0][0] - left
    assert moved == pytest.approx(50 / area.width() * (right - left))
    mouse.press(plot, area.center())
    mouse.drag(plot, area.center() + QPointF(5000, 0))  # no further than the edge
    mouse.release(plot, area.center())
    plot_drawing = plot.drawing()
    assert plot_drawing is not None
    assert plot.shown_spans()[0][0] == pytest.approx(plot_drawing.x[0])


def test_keys_zoom_a_plot_that_has_the_focus(plot: Made, qtbot: QtBot) -> None:
    whole = plot.shown_spans()
    qtbot.keyClick(plot, Qt.Key.Key_Plus)
    (left, right), _ = plot.shown_spans()
    assert right - left == pytest.approx((whole[0][1] - whole[0][0]) / 1.25)
    qtbot.keyClick(plot, Qt.Key.Key_0)
    assert plot.shown_spans() == whole


@pytest.mark.parametrize(
    ("make", "share", "title", "told"),
    [
        (filled_curves, 0.29, "step 3", (("run 1", "2.00"), ("run 2", "0.333"))),
        (filled_truth, 0.5, "50 %", (("taken away", "0.500"), ("put back", "0.250"))),
        (filled_trace, 1.0, "now", (("maximum", "4.90"), ("mean", "−4.90"))),
    ],
)
def test_the_read_out_tells_what_is_under_the_pointer(
    qtbot: QtBot, make: Callable[[], Made], share: float, title: str, told: tuple[object, ...]
) -> None:
    plot = make()
    qtbot.addWidget(plot)
    drawing = plot.drawing()
    assert drawing is not None
    found = drawing.told_at(drawing.x[0] + share * (drawing.x[1] - drawing.x[0]))
    assert found is not None
    assert found[0] == title
    values = {pair for (pair,) in found[1]}
    assert told[0] in values


def test_the_read_out_of_a_histogram_counts(qtbot: QtBot) -> None:
    plot = HistogramPlot()
    qtbot.addWidget(plot)
    plot.set_values([0.0] * 7 + [48.0])
    drawing = plot.drawing()
    assert drawing is not None
    assert drawing.told_at(0.5) == ("0 to 1.00", ((("", "7 values"),),))
    assert drawing.told_at(48.0) == ("47.0 to 48.0", ((("", "1 value"),),))


def test_the_read_out_is_painted_while_the_pointer_is_there(plot: Made, mouse: Mouse) -> None:
    before = image_to_rgb(plot.grab().toImage())
    mouse.hover(plot, plot.data_rect().center())
    assert (image_to_rgb(plot.grab().toImage()) != before).any()
    mouse.leave(plot)
    assert (image_to_rgb(plot.grab().toImage()) == before).all()


def test_a_long_curve_keeps_its_peaks_and_its_gaps() -> None:
    y = np.sin(np.arange(10_000.0))
    y[1234], y[7777], y[5000] = 9.0, -9.0, np.nan
    x, kept = thinned(floats(np.arange(10_000)), y, 400)
    assert len(kept) < 450
    assert (np.nanmin(kept), np.nanmax(kept)) == (-9.0, 9.0)
    assert np.isnan(kept).sum() == 1
    assert (y[x.astype(int)][~np.isnan(kept)] == kept[~np.isnan(kept)]).all()
    assert (np.diff(x) > 0).all()


def test_pyqtgraph_waits_for_the_first_thing_to_draw() -> None:
    """It takes longer to import than a frame is shown."""
    code = """
import sys
from PyQt6.QtWidgets import QApplication
app = QApplication(["", "-platform", "offscreen"])
import deepvis_app.ui.main_window
from deepvis_app.ui.kit.plots.trace_plot import TracePlot
plot = TracePlot()
plot.show()
plot.grab()
assert "pyqtgraph" not in sys.modules
plot.add(0.0, 1.0, 0.5)
plot.grab()
assert "pyqtgraph" in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
