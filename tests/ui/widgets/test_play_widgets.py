"""The widgets of Play alone: what they paint, tell and take."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from pydantic import Field
from PyQt6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PyQt6.QtGui import QDropEvent
from PyQt6.QtWidgets import QApplication

from deepvis_app.fields import FormField, form_fields, shown
from deepvis_app.synth.play import Spec
from deepvis_app.ui.kit.captions import Captions
from deepvis_app.ui.kit.choices import Choice, ChoiceGroup, Offer
from deepvis_app.ui.kit.editors import Maybe
from deepvis_app.ui.kit.images import image_to_rgb
from deepvis_app.ui.kit.notice_line import NoticeLine
from deepvis_app.ui.kit.number_slider import NumberSlider
from deepvis_app.ui.kit.pictures.pair_parts import Compare, fitting
from deepvis_app.ui.kit.pictures.pair_view import PairView
from deepvis_app.ui.panels.play.attack_bars import MovedBars, PairedBars
from deepvis_app.ui.panels.play.attack_look import Attempts, Moved, PairedScore
from deepvis_app.ui.panels.play.attack_plot import AttackPlot, level_of, place_of
from deepvis_app.ui.panels.play.parameters import Parameters
from deepvis_app.ui.panels.play.result_page import ResultPage
from deepvis_app.ui.panels.play.role_look import RoleLook
from deepvis_app.ui.panels.play.role_rows import RoleRows
from deepvis_app.ui.panels.play.run_controls import RunControls
from deepvis_app.ui.panels.play.run_state import Doing
from deepvis_app.ui.panels.play.stage_look import StageLook
from deepvis_app.ui.panels.play.stages_view import StageStrip

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from PyQt6.QtWidgets import QWidget
    from pytestqt.qtbot import QtBot

BLUE, RED, GREEN = (20, 40, 200), (200, 40, 20), (20, 200, 40)


def plain(shade: tuple[int, int, int], height: int = 20, width: int = 20) -> NDArray[np.uint8]:
    return np.full((height, width, 3), shade, np.uint8)


def painted(widget: QWidget) -> NDArray[np.uint8]:
    return image_to_rgb(widget.grab().toImage())


@pytest.fixture
def pair(qtbot: QtBot) -> PairView:
    view = PairView()
    qtbot.addWidget(view)
    view.resize(210, 210)
    view.set_pictures(plain(BLUE), plain(RED), plain(GREEN))
    view.set_split(0.5)
    view.show()
    return view


# Two pictures


@pytest.mark.parametrize(
    ("shape", "room", "size"),
    [
        ((227, 227), (454, 560), (454, 454)),
        ((227, 227), (453, 560), (227, 227)),
        ((100, 50), (500, 260), (100, 200)),
        ((400, 800), (400, 400), (400, 200)),
    ],
)
def test_pictures_have_whole_multiples_of_their_pixels(
    shape: tuple[int, int], room: tuple[int, int], size: tuple[int, int]
) -> None:
    found = fitting(shape, *room)
    assert (found.width(), found.height()) == size


def test_a_split_shows_the_first_at_the_left_of_its_line(pair: PairView) -> None:
    assert pair.scale() == 10.0
    pixels = painted(pair)
    assert tuple(pixels[30, 40]) == BLUE
    assert tuple(pixels[30, 160]) == RED
    pair.set_split(0.1)
    assert tuple(painted(pair)[30, 40]) == RED


def test_other_ways_to_compare(pair: PairView) -> None:
    pair.set_compare(Compare.BESIDE)
    left, right = pair.cells()
    pixels = painted(pair)
    assert tuple(pixels[50, left.center().x()]) == BLUE
    assert tuple(pixels[50, right.center().x()]) == RED
    assert left.right() < right.left()
    pair.set_compare(Compare.DIFFERENCE)
    assert tuple(painted(pair)[100, 100]) == GREEN
    pair.set_compare(Compare.BLINK)
    assert tuple(painted(pair)[100, 100]) == BLUE
    pair._blinks.timeout.emit()
    assert tuple(painted(pair)[100, 100]) == RED


def test_it_blinks_only_while_it_is_seen(pair: PairView) -> None:
    pair.set_compare(Compare.BLINK)
    assert pair._blinks.isActive()
    pair.hide()
    assert not pair._blinks.isActive()


def test_a_drag_moves_the_line(qtbot: QtBot, pair: PairView) -> None:
    told: list[float] = []
    pair.split_moved.connect(told.append)
    qtbot.mousePress(pair, Qt.MouseButton.LeftButton, pos=QPoint(100, 100))
    qtbot.mouseMove(pair, QPoint(50, 100))
    qtbot.mouseRelease(pair, Qt.MouseButton.LeftButton, pos=QPoint(50, 100))
    assert told[-1] == pytest.approx(0.25, abs=0.01)


def test_both_are_zoomed_alike(qtbot: QtBot, pair: PairView) -> None:
    half = plain(BLUE)
    half[:, 10:] = GREEN
    pair.set_pictures(half, half.copy())
    pair.set_compare(Compare.BESIDE)
    pair.setFocus()
    for _ in range(4):
        qtbot.keyClick(pair, Qt.Key.Key_Plus)
    for _ in range(30):
        qtbot.keyClick(pair, Qt.Key.Key_Right)
    left, right = pair.cells()
    pixels = painted(pair)
    assert tuple(pixels[50, left.left() + 10]) == GREEN  # its left half has gone out of sight
    assert tuple(pixels[50, right.left() + 10]) == GREEN
    qtbot.keyClick(pair, Qt.Key.Key_0)
    assert tuple(painted(pair)[50, left.left() + 10]) == BLUE


def test_without_a_result_the_first_is_veiled_and_words_say_why(pair: PairView) -> None:
    pair.set_pictures(plain(BLUE), None)
    pair.set_words("Nothing yet", "Press Run")
    shade = painted(pair)[10, 10].astype(int)
    assert shade.sum() < sum(BLUE) * 0.7
    assert pair.words() == ("Nothing yet", "Press Run")
    pair.set_pictures(None, plain(RED))  # a result that was made from nothing
    pair.set_words("")
    assert tuple(painted(pair)[10, 10]) == RED


def test_captions_are_on_the_pictures(pair: PairView) -> None:
    before = painted(pair)
    pair.set_captions(Captions("input", "seen by fire5"))
    after = painted(pair)
    low = slice(170, 200)
    assert (before[low, :60] != after[low, :60]).any()
    assert (before[low, 140:] != after[low, 140:]).any()


def test_long_captions_stay_on_their_picture_and_apart(pair: PairView) -> None:
    pair.set_captions(Captions("input", ""))
    alone = painted(pair)
    pair.set_captions(Captions("input", "unit 0 of features.5.expand3x3 brought out"))
    both = painted(pair)
    low = slice(170, 200)
    np.testing.assert_array_equal(both[low, :40], alone[low, :40])  # "input" is not painted over
    assert (both[low, 100:] != alone[low, 100:]).any()


def test_a_picture_of_another_shape_gets_all_the_room_there_is(qtbot: QtBot) -> None:
    """A tall one is shown 1:1 here; the square one after it has room to be twice as large."""
    page = ResultPage()
    qtbot.addWidget(page)
    page.resize(800, 640)
    page.show()
    tall, square = plain(BLUE, 384, 256), plain(BLUE, 224, 224)
    page.pair.set_pictures(tall, tall)
    qtbot.waitUntil(lambda: page.pair.scale() == 1.0)
    page.pair.set_pictures(square, square)
    qtbot.waitUntil(lambda: page.pair.scale() == 2.0)


# Settings


class Settings(Spec):
    layer: str = Field(default="", title="Layer")
    size: float = Field(
        default=2 / 255, ge=0, le=30, title="Size",
        json_schema_extra=shown("of 255", logarithmic=True, factor=255),
    )  # fmt: skip
    steps: int = Field(default=200, ge=1, le=20_000, title="Steps")
    rate: float = Field(
        default=1.0, gt=0, le=10, title="Rate", json_schema_extra=shown(logarithmic=True)
    )
    smooth: float | None = Field(default=None, ge=0, le=10, title="Smooth")
    target: int = Field(default=-1, ge=-1, title="Towards")


@pytest.fixture
def parameters(qtbot: QtBot) -> Parameters:
    view = Parameters()
    qtbot.addWidget(view)
    fields = form_fields(Settings)
    view.set_fields(fields, ("layer", "target"))
    view.set_values({each.path: each.value(Settings()) for each in fields}, 3)
    view.show()
    return view


def test_controls_come_from_the_settings(parameters: Parameters) -> None:
    assert set(parameters.editors) == {"size", "steps", "rate", "smooth"}
    size = parameters.editors["size"]
    assert isinstance(size, NumberSlider)
    assert size._field.text() == "2 of 255"
    assert isinstance(parameters.editors["smooth"], Maybe)
    assert parameters.editors["smooth"]._editor._field.text() == "usual"
    assert parameters.seed.value() == 3


def test_what_is_typed_is_told_in_the_settings_unit(qtbot: QtBot, parameters: Parameters) -> None:
    told: list[tuple[str, object]] = []
    parameters.changed.connect(lambda path, value: told.append((path, value)))
    field = parameters.editors["size"]._field
    field.selectAll()
    qtbot.keyClicks(field, "8")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert told == [("size", pytest.approx(8 / 255))]
    assert field.text() == "8 of 255"


def test_a_slider_of_many_steps_is_logarithmic(parameters: Parameters) -> None:
    slider = parameters.editors["steps"]._slider
    middle = (slider.minimum() + slider.maximum()) // 2
    told: list[object] = []
    parameters.changed.connect(lambda _path, value: told.append(value))
    slider.setValue(middle)
    assert told
    assert 20 < told[-1] < 1000  # type: ignore[operator]  # not ten thousand


def test_the_end_of_a_slider_is_a_value_that_is_valid(parameters: Parameters) -> None:
    slider = parameters.editors["rate"]._slider
    told: list[object] = []
    parameters.changed.connect(lambda _path, value: told.append(value))
    slider.setValue(-1)
    assert told
    assert 0 < told[-1] < 0.01  # type: ignore[operator]
    assert Settings.model_validate({"rate": told[-1]}).rate == told[-1]


def test_a_value_of_one_s_own_is_ticked(parameters: Parameters) -> None:
    told: list[tuple[str, object]] = []
    parameters.changed.connect(lambda path, value: told.append((path, value)))
    box = parameters.editors["smooth"]._box
    box.click()
    assert told[-1][0] == "smooth"
    assert isinstance(told[-1][1], float)
    box.click()
    assert told[-1] == ("smooth", None)


def test_a_chooser_tells_what_was_chosen_as_the_setting_has_it(parameters: Parameters) -> None:
    told: list[tuple[str, object]] = []
    parameters.changed.connect(lambda path, value: told.append((path, value)))
    choices = tuple(Choice(str(k), f"class {k}") for k in range(1000))
    parameters.set_offer("target", Offer((ChoiceGroup("", choices),), "7", "class 7", "towards"))
    chooser = parameters.chooser("target")
    assert chooser._title == "class 7"
    assert not chooser.popup.shown_keys()  # a thousand rows are made when they are looked at
    chooser.popup_opened.emit()
    assert len(chooser.popup.shown_keys()) == 1000
    chooser.popup.chosen.emit("281")
    assert told == [("target", 281)]


def test_a_whole_number_has_room_at_the_low_end(qtbot: QtBot) -> None:
    slider = NumberSlider(FormField("n", "N", "", "int", 1, 20_000, logarithmic=True), is_tall=True)
    qtbot.addWidget(slider)
    slider._slider.setValue(slider._slider.maximum() // 4)
    assert 5 < slider._value < 60


# A run


def test_the_button_says_what_it_does(qtbot: QtBot) -> None:
    controls = RunControls()
    qtbot.addWidget(controls)
    words = {
        Doing.READY: "Run", Doing.RUNNING: "Stop", Doing.HELD: "Go on", Doing.DONE: "Again",
        Doing.OFF: "Run",
    }  # fmt: skip
    for doing, text in words.items():
        controls.set_state(doing, "words", 0.5)
        assert controls.main.text() == text
        assert controls.main.isEnabled() is (doing is not Doing.OFF)
        assert controls.anew.isVisibleTo(controls) is (doing is Doing.HELD)


def test_a_notice_is_as_high_as_its_lines(qtbot: QtBot) -> None:
    line = NoticeLine()
    qtbot.addWidget(line)
    line.resize(200, 20)
    line.show()
    line.set_notice("short")
    low = line.sizeHint().height()
    line.set_notice("a sentence that is far longer than what has room beside the button", "Try 3")
    QApplication.processEvents()
    assert line.sizeHint().height() > low
    assert line.action() == "Try 3"
    line.set_notice("")
    assert not line.isVisible()


def test_a_file_can_be_dropped_on_a_role(qtbot: QtBot, tmp_path: Path) -> None:
    rows = RoleRows()
    qtbot.addWidget(rows)
    rows.set_roles([RoleLook("style", "Style", "tip", None, "none yet")])
    told: list[tuple[str, object]] = []
    rows.file_chosen.connect(lambda role, path: told.append((role, path)))
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(tmp_path / "x.png"))])
    event = QDropEvent(
        QPointF(5, 5), Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    rows.rows["style"].dropEvent(event)
    assert told == [("style", tmp_path / "x.png")]


# The strip


def test_the_strip_is_walked_through_by_keys_and_clicks(qtbot: QtBot) -> None:
    strip = StageStrip()
    qtbot.addWidget(strip)
    stages = [StageLook(f"layer{k}", plain(RED), f"error {k}%") for k in range(4)]
    strip.set_stages(stages, 1)
    strip.show()
    told: list[int] = []
    strip.picked.connect(told.append)
    strip.setFocus()
    qtbot.keyClick(strip, Qt.Key.Key_Right)
    qtbot.keyClick(strip, Qt.Key.Key_Left)
    qtbot.mouseClick(strip, Qt.MouseButton.LeftButton, pos=strip.cell(3).center())
    assert told == [2, 0, 3]
    assert tuple(painted(strip)[strip.cell(2).center().y(), strip.cell(2).center().x()]) == RED


# Attacks


def test_bars_have_the_lengths_that_they_tell(qtbot: QtBot) -> None:
    bars = PairedBars()
    qtbot.addWidget(bars)
    bars.resize(400, 140)
    bars.set_scores([PairedScore("tabby", 0.0, 1.0, "0.00", "1.00", True)])
    layers = MovedBars()
    qtbot.addWidget(layers)
    layers.resize(300, 132)
    layers.set_moved([Moved("conv1", 10.0, 5.0), Moved("fire9", 80.0, 20.0)])
    pixels = painted(layers).astype(int)
    accent = (pixels[..., 2] > 200) & (pixels[..., 0] < 110)  # of the dark theme
    heights = [accent[:, :150].any(1).sum(), accent[:, 150:].any(1).sum()]
    assert heights[1] / heights[0] == pytest.approx(8, rel=0.25)
    assert "fire9 80 percent" in layers.accessibleDescription()


def test_sizes_have_their_place_on_the_axis(qtbot: QtBot) -> None:
    for level in (0.0, 0.25, 1.0, 8.0):
        assert level_of(place_of(level)) == pytest.approx(level)
    plot = AttackPlot()
    qtbot.addWidget(plot)
    assert plot.drawing() is None
    plot.set_attempts(Attempts((0.0, 2.0), (0.9, 0.1), (0.0, 0.8), "dog", "cat", 2.0))
    drawing = plot.drawing()
    assert drawing is not None
    assert drawing.rule == pytest.approx(place_of(2.0))
    assert [curve.name for curve in drawing.curves] == ["dog", "cat"]
    assert drawing.table()[1][1][1:] == [0.1, 0.8]
