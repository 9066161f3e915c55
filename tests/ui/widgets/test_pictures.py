"""What preferred images are shown and steered with."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PyQt6.QtCore import QPointF, Qt
from PyQt6.QtGui import QColor, QShortcut
from PyQt6.QtWidgets import QApplication, QLabel, QToolButton, QWidget

from deepvis_app.synth import PRESETS, parameters
from deepvis_app.tiles import picture_mosaic
from deepvis_app.ui.kit.collapsible import Collapsible
from deepvis_app.ui.kit.form import FormRow
from deepvis_app.ui.kit.pictures.picture_grid import BELOW, Cell, PictureGrid
from deepvis_app.ui.kit.pixels import picture_image
from deepvis_app.ui.kit.plots.curve_plot import CurvePlot
from deepvis_app.ui.kit.run_bar import RunBar, RunState
from deepvis_app.ui.kit.tab_strip import TabStrip
from deepvis_app.ui.kit.theme import DARK
from deepvis_app.ui.panels.grid.mosaic_canvas import MosaicCanvas
from deepvis_app.ui.panels.jobs.row import JobLine, JobRow
from deepvis_app.ui.panels.preferred.parameter_panel import LOOK, ParameterPanel
from deepvis_app.ui.panels.preferred.recipe_chooser import RecipeChooser
from deepvis_app.ui.panels.preferred.result_pane import Result, ResultPane
from deepvis_app.words.scores import Fact

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pytestqt.qtbot import QtBot

    from tests.ui.widgets.conftest import Mouse


def plain(red: int, size: tuple[int, int] = (8, 8)) -> NDArray[np.uint8]:
    picture = np.zeros((*size, 3), np.uint8)
    picture[..., 0] = red
    return picture


def row_of(path: str) -> FormRow:
    return FormRow(next(p for p in parameters() if p.path == path), LOOK)


# Tabs


def tabs(qtbot: QtBot) -> TabStrip:
    strip = TabStrip()
    qtbot.addWidget(strip)
    strip.add("now", "Now")
    strip.add("preferred", "Preferred")
    strip.show()
    return strip


def test_the_first_tab_is_open_and_setting_one_does_not_tell(qtbot: QtBot) -> None:
    strip = tabs(qtbot)
    told: list[str] = []
    strip.picked.connect(told.append)
    assert strip.current() == "now"
    strip.set_current("preferred")
    assert strip.current() == "preferred"
    strip.set_current("unknown")
    assert strip.current() == "preferred"
    assert told == []


def test_arrows_change_the_tab_before_the_window_moves(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    strip = tabs(qtbot)
    strip.setParent(window)
    moved: list[bool] = []
    QShortcut(Qt.Key.Key_Right, window).activated.connect(lambda: moved.append(True))
    window.show()
    strip.setFocus(Qt.FocusReason.TabFocusReason)
    with qtbot.waitSignal(strip.picked) as told:
        qtbot.keyClick(strip, Qt.Key.Key_Right)
    assert told.args == ["preferred"]
    assert not moved


# Pictures side by side


def test_pictures_stand_in_rows_as_wide_as_there_is_room(qtbot: QtBot, mouse: Mouse) -> None:
    grid = PictureGrid(3, "Pictures")
    qtbot.addWidget(grid)
    grid.set_cells([Cell(plain(10 * i + 50)) for i in range(9)])
    grid.resize(308, grid.heightForWidth(308))
    assert grid.height() == 308  # three of 100 and two gaps of 4
    grid.show()
    assert grid.cell_rect(4).center() == QPointF(154, 154)
    image = grid.grab().toImage()
    for index in range(9):
        at = grid.cell_rect(index).center().toPoint()
        assert image.pixelColor(at).red() == 10 * index + 50
    with qtbot.waitSignal(grid.picked) as told:
        mouse.press(grid, QPointF(154, 260))
    assert told.args == [7]


def test_captions_below_have_a_line_of_their_own(qtbot: QtBot) -> None:
    grid = PictureGrid(2, "Pictures", has_captions_below=True)
    qtbot.addWidget(grid)
    grid.set_cells([Cell(plain(120), "0.58")] + [Cell(plain(120))] * 3)
    grid.resize(204, grid.heightForWidth(204))
    assert grid.height() == 2 * (100 + BELOW) + 4
    assert grid.cell_rect(2).top() == 100 + BELOW + 4
    image = grid.grab().toImage()
    picture = {image.pixelColor(x, y).name() for x in range(10, 90) for y in range(60, 95)}
    assert picture == {"#780000"}  # nothing is written over it
    lines = [
        {image.pixelColor(x, y).name() for x in range(left, left + 80) for y in range(103, 117)}
        for left in (10, 114)
    ]
    assert len(lines[0]) > 1
    assert len(lines[1]) == 1  # no caption, nothing painted


def test_a_missing_picture_says_so_and_cannot_be_picked(qtbot: QtBot, mouse: Mouse) -> None:
    grid = PictureGrid(2, "Pictures")
    qtbot.addWidget(grid)
    grid.set_cells([Cell(words="waiting"), Cell(plain(99))])
    grid.resize(204, 100)
    picked: list[int] = []
    grid.picked.connect(picked.append)
    mouse.press(grid, QPointF(50, 50))
    mouse.press(grid, QPointF(150, 50))
    assert picked == [1]


def test_arrows_and_enter_pick_a_picture(qtbot: QtBot) -> None:
    grid = PictureGrid(2, "Pictures")
    qtbot.addWidget(grid)
    grid.set_cells([Cell(plain(i)) for i in range(4)])
    picked: list[int] = []
    grid.picked.connect(picked.append)
    for key in ("Key_Right", "Key_Down", "Key_Down", "Key_Return"):  # the third leads nowhere
        qtbot.keyClick(grid, Qt.Key[key])
    assert picked == [3]


def test_fewer_pictures_than_before_leave_no_trace(qtbot: QtBot) -> None:
    grid = PictureGrid(2, "Pictures")
    qtbot.addWidget(grid)
    grid.set_cells([Cell(plain(i)) for i in range(4)])
    grid.resize(204, 204)
    grid.grab()
    grid.set_cells([])
    assert grid.heightForWidth(204) == 0
    assert grid.index_at(QPointF(50, 50)) is None


# Curves


def test_a_curve_s_span_leaves_out_what_is_not_finite(qtbot: QtBot) -> None:
    plot = CurvePlot("Nothing yet", "Activation")
    qtbot.addWidget(plot)
    plot.set_curves([(1.0, float("nan"), 5.0), (-2.0,)], steps=10, marked=0)
    assert plot.span() == (-2.0, 5.0)
    plot.grab()
    plot.set_curves([])
    plot.grab()


# Parameters


@pytest.mark.parametrize("path", [p.path for p in parameters() if p.kind in ("int", "float")])
def test_a_slider_at_rest_shows_the_recipe_s_value(qtbot: QtBot, path: str) -> None:
    row = row_of(path)
    qtbot.addWidget(row)
    told: list[object] = []
    row.changed.connect(lambda _, value: told.append(value))
    for recipe in PRESETS.values():
        value = row.field.value(recipe)
        row.set_value(value, value)
        assert row.value() == value
        assert float(row.editor._field.text()) == pytest.approx(float(value), rel=1e-3)
        place = row.editor._slider.value() / row.editor._slider.maximum()
        assert row.editor._share(float(row.editor._at(place))) == pytest.approx(place, abs=0.02)
    assert told == []


def test_a_moved_slider_tells_a_valid_value(qtbot: QtBot) -> None:
    row = row_of("regularise.blur_every")
    qtbot.addWidget(row)
    row.set_value(4, 4)
    with qtbot.waitSignal(row.changed) as told:
        row.editor._slider.setValue(row.editor._slider.maximum())
    assert told.args == ["regularise.blur_every", 100]
    assert row._reset.isEnabled()
    with qtbot.waitSignal(row.changed) as told:
        row._reset.click()
    assert told.args == ["regularise.blur_every", 4]
    assert not row._reset.isEnabled()


def test_small_values_have_room_on_a_logarithmic_slider(qtbot: QtBot) -> None:
    row = row_of("regularise.decay")
    qtbot.addWidget(row)
    shares = [row.editor._share(v) for v in (0.0, 0.001, 0.01, 0.1, 1.0)]
    assert shares[0] == 0
    assert shares[-1] == 1
    assert all(b - a > 0.1 for a, b in pairwise(shares))


def test_typed_values_are_taken_and_nonsense_is_not(qtbot: QtBot) -> None:
    row = row_of("regularise.decay")
    qtbot.addWidget(row)
    row.set_value(0.1, 0.1)
    told: list[object] = []
    row.changed.connect(lambda _, value: told.append(value))
    for text in ("0,25", "much"):
        row.editor._field.setText(text)
        row.editor._field.editingFinished.emit()
    assert told == [0.25]
    assert row.editor._field.text() == "0.25"


def test_choices_and_switches_tell_what_was_chosen(qtbot: QtBot) -> None:
    panel = ParameterPanel(parameters())
    qtbot.addWidget(panel)
    values = {p.path: p.value(PRESETS["clear"]) for p in parameters()}
    panel.set_values(values, values)
    panel.fill()
    told: list[tuple[str, object]] = []
    panel.changed.connect(lambda path, value: told.append((path, value)))
    policy = panel.row("step.policy")
    wanted = next(c for c in policy.field.choices if c != values["step.policy"])
    policy.editor.setCurrentIndex(policy.editor.findData(wanted))
    box = panel.row("image.decorrelate")
    box.editor.click()
    assert told == [
        ("step.policy", wanted),
        ("image.decorrelate", not values["image.decorrelate"]),
    ]


def test_every_parameter_has_a_row_with_a_tooltip(qtbot: QtBot) -> None:
    panel = ParameterPanel(parameters())
    qtbot.addWidget(panel)
    values = {p.path: p.value(PRESETS["clear"]) for p in parameters()}
    panel.set_values(values, values)
    panel.fill()
    assert all(panel.row(p.path).toolTip() for p in parameters())


# The rest of the page


def test_the_bar_s_button_does_what_the_state_allows(qtbot: QtBot) -> None:
    bar = RunBar("Make", "Make it")
    qtbot.addWidget(bar)
    told: list[str] = []
    for name in ("start", "pause", "resume", "stop"):
        getattr(bar, f"{name}_requested").connect(lambda name=name: told.append(name))
    for state in (RunState.OFF, RunState.IDLE, RunState.RUNNING, RunState.PAUSED):
        bar.set_state(state, "")
        bar._main.click()
    bar._stop.click()
    assert told == ["start", "pause", "resume", "stop"]
    bar.set_state(RunState.IDLE, "")
    assert bar._stop.isHidden()


def test_only_a_changed_recipe_can_be_kept(qtbot: QtBot) -> None:
    chooser = RecipeChooser()
    qtbot.addWidget(chooser)
    kept: list[str] = []
    chooser.save_requested.connect(kept.append)
    chooser.set_recipe("clear", "Clean shapes", is_changed=False)
    assert chooser._keeping.isHidden()
    chooser.set_recipe("clear, changed", "Clean shapes", is_changed=True)
    assert not chooser._keeping.isHidden()
    qtbot.keyClick(chooser._name, Qt.Key.Key_Return)  # no name yet
    qtbot.keyClicks(chooser._name, "  mine ")
    qtbot.keyClick(chooser._name, Qt.Key.Key_Return)
    assert kept == ["mine"]


def test_two_results_stand_side_by_side(qtbot: QtBot) -> None:
    pane = ResultPane()
    qtbot.addWidget(pane)
    first, second = Result(plain(1), "clear · seed 0"), Result(plain(2), "fourier · seed 0")
    pane.set_results(first, None, comparing=True)
    assert pane._second.isHidden()
    assert not pane._hint.isHidden()
    pane.set_results(first, second, comparing=True)
    assert not pane._second.isHidden()
    assert pane._hint.isHidden()


def test_every_measure_of_a_result_has_its_question_mark(qtbot: QtBot) -> None:
    pane = ResultPane()
    qtbot.addWidget(pane)
    facts = (Fact("Kept", "74%", "score-kept"), Fact("Best at step", "3"), Fact("Rank", "<1", "r"))
    pane.set_results(Result(plain(1), "clear · seed 0", facts), None, comparing=False)
    buttons = {b.accessibleName(): b for b in pane._first.findChildren(QToolButton)}
    assert set(buttons) == {"Explain Kept", "Explain Rank"}
    with qtbot.waitSignal(pane.explanation_requested) as asked:
        buttons["Explain Kept"].click()
    assert asked.args == ["score-kept"]
    texts = [label.text() for label in pane._first.findChildren(QLabel)]
    assert any("Rank" in text and "&lt;1" in text for text in texts)


def test_a_folded_section_opens_and_closes(qtbot: QtBot) -> None:
    content = QLabel("inside")
    section = Collapsible("Parameters", content)
    qtbot.addWidget(section)
    assert content.isHidden()
    section._button.click()
    assert not content.isHidden()
    section.set_open(False)
    assert content.isHidden()


def test_a_folded_section_can_be_explained_while_it_is_closed(qtbot: QtBot) -> None:
    section = Collapsible("Search", QLabel("inside"), explains=True)
    qtbot.addWidget(section)
    (explain,) = [b for b in section.findChildren(QToolButton) if b is not section._button]
    with qtbot.waitSignal(section.explanation_requested):
        explain.click()
    assert not section.is_open()


def test_a_job_s_row_offers_what_can_be_done(qtbot: QtBot) -> None:
    row = JobRow(7)
    qtbot.addWidget(row)
    told: list[tuple[str, int]] = []
    for name in ("pause", "resume", "cancel", "front"):
        signal = getattr(row, f"{name}_requested")
        signal.connect(lambda job, name=name: told.append((name, job)))
    row.set_line(JobLine(7, "fire5 122", "step 3 of 9", 0.3), is_first=False)
    row._hold.click()
    row.set_line(JobLine(7, "fire5 122", "paused", 0.3, is_paused=True), is_first=True)
    row._hold.click()
    row._cancel.click()
    assert told == [("pause", 7), ("resume", 7), ("cancel", 7)]
    assert row._front.isHidden()
    row.set_line(JobLine(7, "fire5 122", "done", 1.0, is_over=True), is_first=False)
    assert row._cancel.isHidden()
    assert row._hold.isHidden()


# A canvas of pictures


def test_a_canvas_shows_pictures_and_quiet_tiles_for_missing_ones(
    qtbot: QtBot, mouse: Mouse
) -> None:
    canvas = MosaicCanvas()
    qtbot.addWidget(canvas)
    canvas.resize(400, 300)
    canvas.show()
    mosaic = picture_mosaic([plain(200), None, plain(90)], tile_px=(32, 32), columns=3)
    order = np.array([5, 2, 9])
    canvas.set_layout((32, 32), 3, 3)
    canvas.set_mosaic(mosaic, order, 0, None)
    image = canvas.mosaic_image()
    assert image is not None
    assert image.pixelColor(4, 4).red() == 200
    assert image.pixelColor(33 + 4, 4).name() == DARK.pane
    assert image.pixelColor(32, 4).name() == DARK.background
    assert image.pixelColor(66 + 4, 4).red() == 90
    rect = canvas.tile_rect(2)
    assert rect is not None
    with qtbot.waitSignal(canvas.tile_picked) as told:
        mouse.press(canvas, QPointF(rect.center()))
    assert told.args == [2]


def test_no_tile_is_painted_where_there_is_none(qapp: QApplication) -> None:
    """Qt would complain of painting on an image without a pixel, which fails a test."""
    empty = picture_mosaic([], tile_px=(4, 4), columns=3)
    assert picture_image(empty, QColor("black"), QColor("grey")).isNull()
    one = picture_mosaic([None], tile_px=(4, 4), columns=3)
    assert picture_image(one, QColor("black"), QColor("#808080")).pixelColor(1, 1).red() == 128
