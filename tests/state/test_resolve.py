"""Wishes and room to requests; the network is a stand-in of three layers."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from deepvis_app.engine.readers import GridReader, UnitOrder
from deepvis_app.nets import LayerInfo, Layout, Unit
from deepvis_app.state.appearance import Appearance
from deepvis_app.state.explaining import ExplainOptions
from deepvis_app.state.resolve import Pane, grids_asked, plan_grid, strip_asked, unit_asked
from deepvis_app.state.selection import Selection, Zoom

if TYPE_CHECKING:
    from deepvis_app.nets import Network

LABELS = tuple(f"class {i}" for i in range(10))
INFOS = {
    "conv": LayerInfo("conv", "Conv2d", (64, 32, 32), Layout.MAPS, None),
    "wide": LayerInfo("wide", "Linear", (4096, 1, 1), Layout.VECTOR, None),
    "logits": LayerInfo("logits", "Linear", (10, 1, 1), Layout.VECTOR, None),
}


def unit_label(unit: Unit) -> str | None:
    return LABELS[unit.index] if unit.layer == "logits" else None


NETWORK = cast(
    "Network",
    SimpleNamespace(
        layers=tuple(INFOS.values()), layer=INFOS.__getitem__, unit_label=unit_label, labels=LABELS
    ),
)
ROOM = Pane(600, 700)


@pytest.fixture
def selection() -> Selection:
    made = Selection()
    made.adopt([(info.name, info.unit_count) for info in INFOS.values()])
    made.pick_layer("conv")
    return made


def test_all_units_fit_the_pane(selection: Selection) -> None:
    plan = plan_grid(NETWORK, "conv", selection, Appearance(), ROOM)
    rows = -(-64 // plan.columns)
    assert (plan.total, plan.units) == (64, None)
    assert rows * (plan.tile_px[0] + 1) - 1 <= 600
    assert plan.columns * (plan.tile_px[1] + 1) - 1 <= 700


def test_zoomed_tiles_fill_the_width_and_scroll(selection: Selection) -> None:
    usual = plan_grid(NETWORK, "conv", selection, Appearance(), ROOM)
    large = plan_grid(NETWORK, "conv", selection, Appearance(tile_scale=3.0), ROOM)
    assert large.tile_px[0] == round(usual.tile_px[0] * 3)
    assert large.columns * (large.tile_px[1] + 1) - 1 <= 700


def test_a_zoomed_unit_has_the_pane_for_itself(selection: Selection) -> None:
    selection.pick_unit(7)
    selection.zoom = Zoom.UNIT
    plan = plan_grid(NETWORK, "conv", selection, Appearance(hide_dead=True), Pane(600, 700, 5))
    assert (plan.units, plan.total, plan.columns) == ((7,), 1, 1)
    assert min(plan.tile_px) > 500
    options = Appearance(hide_dead=True)
    (grid,) = grids_asked([(plan, (0, 1))], selection, options, ExplainOptions(), NETWORK)
    assert isinstance(grid, GridReader)
    assert not grid.hide_dead  # a dead unit can be looked at


def test_search_limits_the_units(selection: Selection) -> None:
    def units(layer: str, text: str) -> tuple[int, ...] | None:
        return plan_grid(NETWORK, layer, selection, Appearance(search=text), ROOM).units

    assert units("conv", "3-5") == (3, 4, 5)
    assert units("conv", "class") == ()
    assert units("logits", "class 7") == (7,)
    assert units("wide", "4095, 4096") == (4095,)


def test_hidden_dead_units_leave_room(selection: Selection) -> None:
    options = Appearance(hide_dead=True)
    plan = plan_grid(NETWORK, "wide", selection, options, Pane(600, 700, total=100))
    assert plan.total == 100
    assert plan.tile_px[0] > plan_grid(NETWORK, "wide", selection, options, ROOM).tile_px[0]


def test_the_request_says_all_that_was_wished(selection: Selection) -> None:
    selection.pick_unit(9)
    options = Appearance()
    options.sort_by(UnitOrder.MEAN)
    plan = plan_grid(NETWORK, "conv", selection, options, ROOM)
    (grid,) = grids_asked([(plan, (16, 24))], selection, options, ExplainOptions(), NETWORK)
    assert isinstance(grid, GridReader)
    (unit,) = unit_asked(NETWORK, selection)
    (thumbs,) = strip_asked(NETWORK, ("conv", "gone", "wide"), 72, 0.05)
    assert unit.unit == Unit("conv", 9)
    assert thumbs.names == ("conv", "wide")
    assert (thumbs.size_px, thumbs.interval_s) == (72, 0.05)
    assert (grid.first, grid.count, grid.order, grid.order_serial) == (16, 24, UnitOrder.MEAN, 1)
    assert grid.contrast == options.contrast


def test_a_layer_of_another_network_is_not_asked_for(selection: Selection) -> None:
    selection.layer = "gone"
    assert unit_asked(NETWORK, selection) == ()
    assert strip_asked(NETWORK, ("gone",), 72, 0.05) == ()
