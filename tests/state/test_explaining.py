"""What is explained of whom, and when it is asked for at all."""

from __future__ import annotations

import pytest
from torch import nn

from deepvis_app.engine.readers import Brush, ExplanationReader, GridReader, Why
from deepvis_app.explain import Fill, Method, Rendering, Seed, SeedKind
from deepvis_app.nets import Box, Network, Unit
from deepvis_app.state.appearance import Appearance, GridShows
from deepvis_app.state.explaining import ExplainOptions, exists, explain_request
from deepvis_app.state.resolve import Pane, grids_asked, plan_grid
from deepvis_app.state.selection import Selection


def make_network(units: int = 8) -> Network:
    module = nn.Sequential()
    module.add_module("conv", nn.Conv2d(3, units, 3, padding=1))
    module.add_module("relu", nn.ReLU())
    module.add_module("pool", nn.AdaptiveAvgPool2d(1))
    module.add_module("flat", nn.Flatten())
    module.add_module("logits", nn.Linear(units, 4))
    return Network(module.eval(), (3, 20, 30), labels=[f"class {i}" for i in range(4)])


NETWORK = make_network()


@pytest.fixture
def selection() -> Selection:
    selection = Selection()
    selection.adopt([(info.name, info.unit_count) for info in NETWORK.layers])
    selection.pick_unit(5, "relu")
    return selection


def test_the_picked_unit_is_explained_until_one_is_pinned(selection: Selection) -> None:
    options = ExplainOptions(method=Method.DECONV)
    assert explain_request(options, selection, NETWORK) == Why(
        Unit("relu", 5), Method.DECONV, Seed(SeedKind.MAP)
    )
    options.origin = Unit("conv", 2)
    selection.pick_unit(3, "logits")
    request = explain_request(options, selection, NETWORK)
    assert request is not None
    assert request.unit == Unit("conv", 2)


def test_a_class_starts_from_its_logit_and_other_units_never_do(selection: Selection) -> None:
    options = ExplainOptions()
    options.origin = Unit("logits", 3)
    assert explain_request(options, selection, NETWORK).seed == Seed(SeedKind.LOGIT)  # type: ignore[union-attr]
    options.seed, options.origin = SeedKind.LOGIT, None
    assert explain_request(options, selection, NETWORK).seed == Seed(SeedKind.MAP)  # type: ignore[union-attr]
    options.seed = SeedKind.SUM
    assert explain_request(options, selection, NETWORK).seed == Seed(SeedKind.SUM)  # type: ignore[union-attr]


def test_a_clicked_place_belongs_to_its_layer(selection: Selection) -> None:
    options = ExplainOptions(seed=SeedKind.PLACE)
    assert explain_request(options, selection, NETWORK).seed.kind is SeedKind.MAXIMUM  # type: ignore[union-attr]
    options.place = ("relu", 4, 7)
    assert explain_request(options, selection, NETWORK).seed.place == (4, 7)  # type: ignore[union-attr]
    selection.pick_layer("conv")
    assert explain_request(options, selection, NETWORK).seed.kind is SeedKind.MAXIMUM  # type: ignore[union-attr]


def test_a_unit_that_is_gone_is_not_asked_for(selection: Selection) -> None:
    options = ExplainOptions(origin=Unit("conv", 7))
    smaller = make_network(4)
    assert explain_request(options, selection, smaller) is None
    backward = Appearance(grid_shows=GridShows.BACKWARD)
    plan = plan_grid(smaller, "conv", selection, backward, Pane(300, 300))
    (grid,) = grids_asked([(plan, (0, 4))], selection, backward, options, smaller)
    assert isinstance(grid, GridReader)
    assert grid.backward is None
    assert options.adopt(smaller)  # the pinned unit had to go
    assert options.origin is None
    options.origin = Unit("conv", 3)
    assert not options.adopt(smaller)
    assert options.origin == Unit("conv", 3)
    assert not exists(smaller, Unit("nowhere", 0))


def test_a_new_network_brings_its_patch_and_takes_the_brush_away() -> None:
    options = ExplainOptions(strokes=((Box(0, 0, 5, 5),),), place=("conv", 1, 1))
    options.adopt(NETWORK)
    assert (options.patch_px, options.stride_px) == (4, 1)  # a fifth of 20 px, a quarter of it
    assert options.strokes == ()
    assert options.place is None
    assert options.brush is None


@pytest.mark.parametrize("shows", GridShows)
def test_grids_ask_for_an_explanation_only_where_they_show_it(
    selection: Selection, shows: GridShows
) -> None:
    options, view = ExplainOptions(), Appearance(grid_shows=shows)
    plan = plan_grid(NETWORK, "conv", selection, view, Pane(300, 300))
    grid, *more = grids_asked([(plan, (0, 8))], selection, view, options, NETWORK)
    assert isinstance(grid, GridReader)
    wanted = explain_request(options, selection, NETWORK)
    assert wanted is not None
    is_backward = shows is GridShows.BACKWARD
    assert grid.backward == (wanted if is_backward else None)
    assert more == ([ExplanationReader(wanted)] if is_backward else [])
    assert options.brush is None


def test_the_brush_is_asked_for_with_its_fill() -> None:
    options = ExplainOptions(strokes=((Box(1, 2, 5, 6),), (Box(7, 7, 9, 9),)), fill=Fill.BLUR)
    assert options.brush == Brush((Box(1, 2, 5, 6), Box(7, 7, 9, 9)), Fill.BLUR)


def test_maps_with_and_without_colours_have_a_view_each() -> None:
    options = ExplainOptions(method=Method.GUIDED)
    options.show_as(Rendering.NORM)
    options.method = Method.GRADCAM
    assert options.shown_view is Rendering.OVERLAY
    options.show_as(Rendering.SIGNED)
    options.method = Method.GRADIENT
    assert options.shown_view is Rendering.NORM
    assert options.flat_view is Rendering.SIGNED
