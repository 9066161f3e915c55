"""The page “Weights”: in the real window with a small network, and its parts alone."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtGui import QGuiApplication

from deepvis_app.corpus.weights import Outgoing, WeightBook
from deepvis_app.engine import GridReader
from deepvis_app.engine.readers import ReachReader, WeightReader
from deepvis_app.engine.readers.weighing import Sum
from deepvis_app.known.kept_pictures import Answer, KeptPictures, at_once
from deepvis_app.nets import Network, Unit
from deepvis_app.state.selection import Selection
from deepvis_app.state.weights import FilterOrder
from deepvis_app.synth import PRESETS
from deepvis_app.ui.panels.weights import lines
from deepvis_app.ui.panels.weights.likes import Likes
from deepvis_app.ui.panels.weights.session import WeightsSession, left_off, restore
from deepvis_app.ui.panels.weights.shown import SumLines, UnitRow
from deepvis_app.ui.panels.weights.sum_bars import SumBars
from deepvis_app.ui.panels.weights.trail import MOST, Trail
from deepvis_app.ui.panels.weights.unit_rows import UnitRows, weight_colours
from deepvis_app.words.figures import figure
from tests.asked import asked
from tests.ui.small import WAIT_MS, Small, at_rest, picture, small_network

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import torch
    from pytestqt.qtbot import QtBot

    from deepvis_app.ui.app import App
    from deepvis_app.ui.panels.weights.presenter import WeightsPresenter
    from deepvis_app.ui.panels.weights.view import WeightsView

    Start = Callable[..., App]

SMALL = small_network()
UNIT = Unit("conv2", 3)


@pytest.fixture
def opened(qtbot: QtBot, start: Start, tmp_path: Path) -> App:
    """The page is open on a picture at rest, for a unit of the second convolution."""
    deepvis = at_rest(qtbot, start, tmp_path, SMALL)
    deepvis.desk.selection.pick_unit(UNIT.index, UNIT.layer)
    deepvis.shell.actions["page-weights"].trigger()
    shown(qtbot, deepvis, UNIT)
    return deepvis


def page(deepvis: App) -> tuple[WeightsPresenter, WeightsView]:
    panel = deepvis.panels["weights"]
    return panel.presenter, panel.view


def shown(qtbot: QtBot, deepvis: App, unit: Unit) -> None:
    """Wait until the page shows a unit."""
    presenter, _ = page(deepvis)
    qtbot.waitUntil(
        lambda: presenter._facts is not None and presenter._facts.unit == unit, timeout=WAIT_MS
    )
    assert deepvis.desk.selection.as_unit() == unit


def values(layer: str) -> torch.Tensor:
    return SMALL.activations(SMALL.prepare(picture())[None], [layer])[layer][0]


def test_what_adds_up_is_the_units_value(opened: App) -> None:
    _, view = page(opened)
    truth = float(values("conv2")[3].max())
    assert view._sum_header._title._whole == f"What adds up to {figure(truth)}"
    told = view.bars.lines()
    assert told is not None
    assert told.plus + told.minus + told.bias == pytest.approx(truth, rel=1e-4)
    assert view.message() == ""
    assert not view._sum_note.isVisible()  # exact: nothing to say
    assert view._in_header._title._whole == "Incoming · relu1"


def test_rows_are_the_strongest_inputs_and_step_into_them(qtbot: QtBot, opened: App) -> None:
    presenter, view = page(opened)
    opened.window.activateWindow()
    qtbot.waitUntil(opened.window.isActiveWindow, timeout=9000)
    rows = view.incoming.rows()
    assert len(rows) == 7
    amounts = [abs(row.value) for row in rows]
    assert amounts == sorted(amounts, reverse=True)
    weight = SMALL.module.conv2.weight.detach().numpy()[3]
    for row in rows:
        assert np.array_equal(row.kernel, weight[row.unit])
        assert row.seen is not None
        assert float((row.kernel * row.seen).sum()) == pytest.approx(row.value, rel=1e-4, abs=1e-5)
    view.incoming.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(view.incoming, Qt.Key.Key_Down)
    qtbot.keyClick(view.incoming, Qt.Key.Key_Return)
    inner = Unit("relu1", rows[1].unit)
    shown(qtbot, opened, inner)
    assert presenter.trail.last == UNIT
    assert view._back.isEnabled()
    assert view._back.hasFocus()  # there are no rows here that could have it
    qtbot.keyClick(view._back, Qt.Key.Key_Backspace)
    shown(qtbot, opened, UNIT)
    assert view.incoming.hasFocus()
    assert presenter.trail.last is None


def test_a_click_steps_in_and_the_button_back_out(qtbot: QtBot, opened: App) -> None:
    _, view = page(opened)
    row = view.incoming.rows()[2]
    middle = view.incoming.row_rect(2).center().toPoint()
    qtbot.mouseClick(view.incoming, Qt.MouseButton.LeftButton, pos=middle)
    shown(qtbot, opened, Unit("relu1", row.unit))
    qtbot.waitUntil(view._back.isEnabled, timeout=WAIT_MS)
    qtbot.mouseClick(view._back, Qt.MouseButton.LeftButton)
    shown(qtbot, opened, UNIT)
    qtbot.waitUntil(lambda: not view._back.isEnabled(), timeout=WAIT_MS)


def test_weights_alone_order_by_length(qtbot: QtBot, opened: App) -> None:
    _, view = page(opened)
    opened.shell.actions["weights-order"].trigger()
    weight = SMALL.module.conv2.weight.detach()[3]
    wanted = weight.flatten(1).norm(dim=1).argsort(descending=True)[:7].tolist()
    qtbot.waitUntil(lambda: [row.unit for row in view.incoming.rows()] == wanted, timeout=WAIT_MS)
    sums = weight.sum((1, 2))[wanted].tolist()
    assert [row.value for row in view.incoming.rows()] == pytest.approx(sums, rel=1e-4, abs=1e-6)
    assert view._order.current() == "weight"


def test_the_first_layer_has_its_filter_and_all_of_them(qtbot: QtBot, opened: App) -> None:
    _, view = page(opened)
    opened.desk.selection.pick_unit(5, "relu1")
    shown(qtbot, opened, Unit("relu1", 5))
    assert view.filters.isVisible()
    assert not view.incoming.isVisible()
    cells = view.filters.sheet.cells()
    assert len(cells) == 8
    kernel = SMALL.module.conv1.weight.detach().numpy()[5]
    wanted = np.round(127.5 + 127.5 * kernel / np.abs(kernel).max()).transpose(1, 2, 0)
    own = cells[5].picture
    assert own is not None
    assert np.array_equal(own[:: own.shape[0] // 3, :: own.shape[1] // 3][:3, :3], wanted)
    view.filters.unit_picked.emit(2)
    shown(qtbot, opened, Unit("relu1", 2))
    view.filters.order_picked.emit(FilterOrder.NORM)
    norms = SMALL.module.conv1.weight.detach().flatten(1).norm(dim=1)
    longest = norms.argsort(descending=True).tolist()
    qtbot.waitUntil(lambda: view.filters._units == tuple(longest), timeout=WAIT_MS)
    qtbot.waitUntil(lambda: not view.reach.isVisible(), timeout=WAIT_MS)


def test_classes_stand_by_their_weight(qtbot: QtBot, opened: App) -> None:
    _, view = page(opened)
    opened.desk.selection.pick_unit(4, "relu2")
    shown(qtbot, opened, Unit("relu2", 4))
    assert view._out_header._title._whole == "Outgoing · 12 classes"
    best, worst = view.classes.columns()
    weights = SMALL.module.logits.weight.detach()[:, 4]
    order = weights.argsort(descending=True).tolist()
    assert [row.name for row in best] == [f"class {k}" for k in order[:4]]
    assert [row.name for row in worst] == [f"class {k}" for k in order[:-5:-1]]
    assert view.sorted.isVisible()
    assert not view.outgoing.isVisible()


def test_a_pooling_layer_says_so_and_leads_to_the_one_before(qtbot: QtBot, opened: App) -> None:
    _, view = page(opened)
    opened.desk.selection.pick_unit(9, "pool")
    shown(qtbot, opened, Unit("pool", 9))
    assert view.message() == "A pooling layer has no weights. relu2 before it has."
    assert not view.incoming.isVisible()
    assert not view.bars.isVisible()
    qtbot.mouseClick(view._instead, Qt.MouseButton.LeftButton)
    shown(qtbot, opened, Unit("relu2", 9))
    assert view.message() == ""


def test_the_way_to_the_picture_is_shown_once_it_is_found(qtbot: QtBot, opened: App) -> None:
    _, view = page(opened)
    qtbot.waitUntil(view.reach.isVisible, timeout=WAIT_MS)
    cells = view.reach.tiles.cells()
    assert cells[0].caption == "input"
    assert len(cells) == 1 + 8  # all filters of the first layer
    assert view.reach._note.text().startswith("An approximation: ReLU")
    best = int(SMALL.module.conv2.weight.detach()[3].flatten(1).norm(dim=1).argmax())
    assert cells[1].caption.startswith(f"{best} ")


def test_copy_and_file_have_every_weight(qtbot: QtBot, opened: App, tmp_path: Path) -> None:
    opened.shell.actions["copy-weights"].trigger()
    clipboard = QGuiApplication.clipboard()
    assert clipboard is not None
    table = list(csv.DictReader(io.StringIO(clipboard.text()), delimiter="\t"))
    weight = SMALL.module.conv2.weight.detach().numpy()[3]
    ins = [row for row in table if row["direction"] == "in"]
    assert [row["unit"] for row in ins] == [str(k) for k in range(8)]
    for k, row in enumerate(ins):
        kernel = [float(v) for v in row["kernel"].split()]
        assert kernel == pytest.approx(weight[k].ravel().tolist(), rel=1e-5)
        assert float(row["sum"]) == pytest.approx(float(weight[k].sum()), rel=1e-4, abs=1e-6)
    (bias,) = [row for row in table if row["direction"] == "bias"]
    assert float(bias["bias"]) == pytest.approx(float(SMALL.module.conv2.bias.detach()[3]))
    outs = [row for row in table if row["direction"] == "out"]
    assert [row["name"] for row in outs] == [f"class {k}" for k in range(12)]
    _, view = page(opened)
    view.save_requested.emit()
    (path,) = (tmp_path / "pictures").rglob("*.csv")
    assert path.read_text().splitlines()[0] == ",".join(table[0])


def test_nothing_is_asked_while_another_page_is_open(qtbot: QtBot, opened: App) -> None:
    kinds = WeightReader, ReachReader
    sent = opened.desk.engine._worker._request
    assert all(asked(sent, kind) for kind in kinds)
    opened.desk.sight.show_page("now")
    qtbot.waitUntil(
        lambda: not any(asked(opened.desk.engine._worker._request, kind) for kind in kinds),
        timeout=WAIT_MS,
    )
    assert asked(opened.desk.engine._worker._request, GridReader)


def test_the_wishes_come_back(opened: App) -> None:
    desk = opened.desk
    restore(
        desk,
        WeightsSession(by_weight=True, filter_order=FilterOrder.HUE, shared_scale=True),
    )
    assert desk.options.weights.by_weight
    found = left_off(desk)
    assert found.filter_order is FilterOrder.HUE
    assert found.shared_scale


# Parts alone


def test_the_trail_is_short_and_ends_where_one_picks_another_way() -> None:
    selection = Selection()
    selection.pick_unit(0, "a")
    trail = Trail(selection)
    trail.follow()
    for unit in range(1, MOST + 6):
        trail.step("b", unit)
        trail.follow()
    assert len(trail) == MOST
    assert trail.last == Unit("b", MOST + 4)
    assert trail.back()
    trail.follow()
    assert selection.as_unit() == Unit("b", MOST + 4)
    selection.pick_unit(1, "c")
    trail.follow()
    assert not trail.back()
    assert selection.as_unit() == Unit("c", 1)


class Crops:
    """The best place of a scanned picture, of one unit."""

    def __init__(self, unit: int = -1) -> None:
        self.version, self.unit, self.wanted = 0, unit, ()

    def set_network(self, _network: object) -> None: ...

    def look_up(self, units: tuple[Unit, ...], side: int) -> None:
        self.wanted = units

    def of(self, unit: Unit) -> np.ndarray | None:
        return np.full((72, 72, 3), 90, np.uint8) if unit.index == self.unit else None


class Shelf(KeptPictures):
    """Has the picture of one unit, and counts what it is asked for."""

    def __init__(self, unit: int) -> None:
        super().__init__(None, lambda _: None)
        self.unit, self.asked = unit, 0

    @property
    def has_store(self) -> bool:
        return True

    def find_shown(self, fingerprint, sample, recipe, show):  # type: ignore[no-untyped-def]
        self.asked += 1
        is_there = sample.objective.index == self.unit
        picture = np.full((64, 64, 3), 40, np.uint8) if is_there else None
        return Answer(at_once(lambda: picture), lambda future: future.result())


def test_what_outgoing_units_like_comes_though_the_picture_rests(
    qtbot: QtBot, opened: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Network(Small(9).eval(), (3, 48, 48), name="fewer classes than units")
    opened.desk.engine.set_network(other)
    qtbot.waitUntil(lambda: opened.rounds.network is other, timeout=WAIT_MS)
    opened.desk.selection.pick_unit(2, "conv1")
    shown(qtbot, opened, Unit("conv1", 2))
    _, view = page(opened)
    liked = np.full((4, 4, 3), 90, np.uint8)
    qtbot.waitUntil(lambda: len(view.outgoing.rows()) > 0, timeout=WAIT_MS)
    rows_at_first = view.outgoing.rows()
    assert all(row.picture is None for row in rows_at_first)
    monkeypatch.setattr(Likes, "picture", lambda *_: liked)
    monkeypatch.setattr(Likes, "take", lambda *_: True)
    qtbot.waitUntil(
        lambda: all(row.picture is liked for row in view.outgoing.rows()), timeout=WAIT_MS
    )
    assert [row.unit for row in view.outgoing.rows()] == [row.unit for row in rows_at_first]


def test_what_a_unit_likes_is_looked_up_once_and_again_after_a_while() -> None:
    shelf = Shelf(2)
    likes = Likes(shelf, Crops(), SMALL, next(iter(PRESETS.values())))
    assert likes.picture("conv2", 2, 0.0) is None
    assert likes.picture("conv2", 3, 0.0) is None
    assert likes.picture("conv2", 3, 0.1) is None  # it is being looked for
    assert shelf.asked == 2
    assert likes.take(0.2)
    assert likes.picture("conv2", 2, 0.3) is not None
    assert likes.picture("conv2", 3, 0.3) is None
    assert shelf.asked == 2
    likes.picture("conv2", 3, 6.0)  # it may have been made since
    likes.picture("conv2", 2, 6.0)
    assert shelf.asked == 3
    assert not likes.take(6.1)


def test_without_a_preferred_image_it_is_the_best_of_what_was_scanned() -> None:
    shelf, crops = Shelf(2), Crops(3)
    likes = Likes(shelf, crops, SMALL, next(iter(PRESETS.values())))
    likes.picture("conv2", 2, 0.0)
    likes.take(0.2)
    assert likes.picture("conv2", 2, 0.3).mean() == 40  # the preferred image goes first
    assert likes.picture("conv2", 3, 0.3).mean() == 90
    likes.take(0.4)
    assert crops.wanted == (Unit("conv2", 3),)  # what has a preferred image needs no crop
    crops.version += 1
    assert likes.take(0.5)


def test_inputs_stand_by_length_times_how_active_they_are() -> None:
    weights = WeightBook(SMALL).unit(Unit("conv2", 1))
    (incoming,) = weights.incoming
    layer, count = incoming.inputs.layers[0], len(incoming.norms)
    rms = np.linspace(0.0, 3.0, SMALL.layer(layer).unit_count).astype(np.float32)
    by_hand = incoming.norms * rms[incoming.inputs.units]
    order = [entry for _, entry in lines.strongest(weights, count, {layer: rms})]
    assert order == np.argsort(-by_hand, kind="stable").tolist()
    assert order != [entry for _, entry in lines.strongest(weights, count)]
    assert lines.strength_detail(500) == "length × RMS on 500 pictures"
    assert lines.strength_detail(0) == "length"


def _sum(**changes: object) -> Sum:
    known = {
        "place": (1, 2), "plus": 5.0, "minus": -7.0, "plus_count": 1, "minus_count": 3,
        "bias": 1.0, "total": -1.0, "value": 0.0, "error": 0.0, "parts": (),
    }  # fmt: skip
    return Sum(**{**known, **changes})  # type: ignore[arg-type]


def test_what_is_made_of_the_sum_is_said_where_it_is_another_number() -> None:
    assert lines.sum_note(_sum(), ("ReLU",)) == "ReLU makes 0 of it."
    assert lines.sum_note(_sum(total=3.0, value=3.0), ("ReLU",)) == ""
    differs = lines.sum_note(_sum(error=0.02), ())
    assert differs == "The network’s own value differs by 2 % of what is added up."
    told = lines.sum_lines(_sum())
    assert (told.plus_text, told.minus_text, told.total_text) == ("+5.00", "−7.00", "−1.00")
    assert (told.plus_note, told.minus_note) == ("1 unit", "3 units")
    assert told.total_note == "bias +1.00"
    assert lines.sum_lines(_sum(bias=1e-5)).total_note == "bias 0"


def test_names_leave_out_what_layers_share() -> None:
    assert lines.short("features.12.squeeze", "features.12") == "squeeze"
    assert lines.short("features.3.squeeze", "features.12") == "3.squeeze"
    assert lines.short("relu", "relu") == "relu"
    assert lines.short("", "relu") == ""


def test_a_few_classes_are_all_listed_with_their_bias() -> None:
    kernels = np.array([0.5, -2.0, 1.0], np.float32)[:, None, None]
    bias = np.array([0.1, 0.2, -0.3], np.float32)
    outgoing = Outgoing("head", np.arange(3), kernels, bias, gives_scores=True)
    (column,) = lines.class_rows(SMALL, outgoing)
    assert [(row.name, row.text, row.note) for row in column] == [
        ("class 2", "+1.00", "bias −0.300"),
        ("class 0", "+0.500", "bias +0.100"),
        ("class 1", "−2.00", "bias +0.200"),
    ]


def test_weights_are_blue_above_zero_and_orange_below() -> None:
    colours = weight_colours(np.array([[1.0, 0.0, -1.0]], np.float32), 1.0)[0].astype(int)
    plus, zero, minus = colours
    assert plus[2] > plus[0]
    assert minus[0] > minus[2]
    assert zero.sum() < min(plus.sum(), minus.sum())


def _row(unit: int, value: float, layer: str | None = "a") -> UnitRow:
    kernel = np.full((3, 3), value, np.float32)
    return UnitRow(str(unit), kernel, value, f"{value}", "tip", layer, unit, kernel)


def test_rows_are_walked_by_keys_and_what_leads_nowhere_is_not_stepped_into(qtbot: QtBot) -> None:
    rows = UnitRows("Units", "value", has_seen=True)
    qtbot.addWidget(rows)
    rows.resize(320, 200)
    rows.set_rows([_row(4, 2.0), _row(7, -1.0, None), _row(9, 0.5)])
    rows.show()
    picked: list[int] = []
    rows.picked.connect(picked.append)
    qtbot.keyClick(rows, Qt.Key.Key_Return)
    qtbot.keyClick(rows, Qt.Key.Key_Down)
    qtbot.keyClick(rows, Qt.Key.Key_Return)
    qtbot.keyClick(rows, Qt.Key.Key_End)
    qtbot.keyClick(rows, Qt.Key.Key_Enter)
    assert picked == [0, 2]
    qtbot.mouseClick(rows, Qt.MouseButton.LeftButton, pos=QPoint(10, 4))  # the head
    assert picked == [0, 2]
    assert rows.accessibleDescription().startswith("Unit 9, 0.5")
    image = rows.grab().toImage()
    y = round(rows.row_rect(0).center().y())
    left, _, bar, end = rows._lefts()
    assert image.pixelColor(round((bar + end) / 2) + 6, y).blue() > 150
    minus = image.pixelColor(round((bar + end) / 2) - 6, round(rows.row_rect(1).center().y()))
    assert minus.red() > minus.blue()
    assert image.pixelColor(round(left) + 4, y).blue() > image.pixelColor(round(left) + 4, y).red()


def test_a_row_that_is_no_number_is_painted_and_leaves_the_others(qtbot: QtBot) -> None:
    rows = UnitRows("Units", "value", has_seen=True)
    qtbot.addWidget(rows)
    rows.resize(320, 200)
    rows.set_rows([_row(4, float("nan")), _row(7, float("-inf")), _row(9, 0.5)])
    image = rows.grab().toImage()
    _, _, bar, end = rows._lefts()
    y = round(rows.row_rect(2).center().y())
    assert image.pixelColor(round(end) - 4, y).blue() > 150  # the largest number fills the half
    y = round(rows.row_rect(1).center().y())
    ground = image.pixelColor(round(bar) + 2, y - 12)
    assert image.pixelColor(round(bar) + 4, y) == ground


def test_bars_end_where_the_next_begins(qtbot: QtBot) -> None:
    bars = SumBars()
    qtbot.addWidget(bars)
    bars.resize(340, bars.sizeHint().height())
    bars.set_lines(SumLines(8.0, -2.0, 0.0, 6.0, "+8", "−2", "6"))
    image = bars.grab().toImage()
    room = 340 - 60 - 88

    def runs(row: int) -> tuple[int, int]:
        ground = image.pixelColor(room + 1, 2)
        here = [x for x in range(3, room) if image.pixelColor(x, 20 * row + 10) != ground]
        return min(here), max(here)

    assert runs(0)[1] == pytest.approx(room, abs=2)
    assert runs(1)[0] == pytest.approx(0.75 * room, abs=2)
    assert runs(1)[1] == pytest.approx(room, abs=2)
    assert runs(2)[1] == pytest.approx(0.75 * room, abs=2)
