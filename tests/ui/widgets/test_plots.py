from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PyQt6.QtCore import QPointF, QRectF

from deepvis_app.ui.kit.histogram_plot import BINS, HistogramPlot
from deepvis_app.ui.kit.trace_plot import TracePlot

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from tests.ui.widgets.conftest import Mouse


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
    trace.add(100.0, 0.0, 0.0)
    trace.add(105.0, 4.0, 1.0)
    (line,) = trace._lines(QRectF(0, 0, 100, 40), 1, (0.0, 4.0))
    assert [(p.x(), p.y()) for p in line] == [(50.0, 40.0), (100.0, 0.0)]
    (line,) = trace._lines(QRectF(0, 0, 100, 40), 2, (0.0, 4.0))
    assert [(p.x(), p.y()) for p in line] == [(50.0, 40.0), (100.0, 30.0)]


def test_what_is_no_number_is_a_gap_in_the_trace(trace: TracePlot) -> None:
    nan, inf = float("nan"), float("inf")
    for at_s, value in enumerate([1.0, 2.0, nan, nan, 3.0, inf, -inf, 4.0]):
        trace.add(float(at_s), value, min(value, 1.0))
    assert trace.span() == (0.0, 4.0)
    assert trace.gaps() == [(5.0, 3.0, "NaN"), (2.0, 1.0, "∞"), (1.0, 0.0, "−∞")]
    lines = trace._lines(QRectF(0, 0, 100, 40), 1, (0.0, 4.0))
    assert [len(line) for line in lines] == [2, 1, 1]
    trace.grab()


def test_a_trace_without_any_number_is_drawn(trace: TracePlot) -> None:
    trace.add(0.0, float("nan"), float("nan"))
    trace.add(5.0, float("nan"), float("nan"))
    assert trace.gaps() == [(5.0, 0.0, "NaN")]
    picture = trace.grab().toImage()
    shades = [picture.pixelColor(x, 20) for x in range(picture.width() // 2, picture.width())]
    assert any(shade.red() > shade.blue() + 30 for shade in shades)  # the ground is blueish


def test_what_is_added_is_painted_soon_and_together(trace: TracePlot, qtbot: QtBot) -> None:
    trace.show()
    qtbot.waitExposed(trace)
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
    with qtbot.waitSignal(histogram.log_toggled) as toggled:
        mouse.click(histogram, QPointF(100, 30))
    assert toggled.args == [False]
