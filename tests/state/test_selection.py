from __future__ import annotations

from deepvis_app.state.selection import Selection

LAYERS = [("conv1", 8), ("conv2", 16), ("fc", 10)]


def at(layer: str, unit: int = 0) -> Selection:
    selection = Selection()
    selection.adopt(LAYERS)
    selection.pick_layer(layer)
    selection.pick_unit(unit)
    return selection


def test_every_layer_remembers_its_unit() -> None:
    selection = at("conv1", 7)
    selection.pick_layer("conv2")
    selection.pick_unit(12)
    selection.pick_layer("conv1")
    assert (selection.layer, selection.unit) == ("conv1", 7)
    selection.pick_layer("conv2")
    assert selection.unit == 12


def test_a_picked_layer_replaces_the_one_in_the_active_pane() -> None:
    selection = at("conv1")
    selection.open_beside("conv2")
    assert selection.panes == ("conv1", "conv2")
    assert selection.layer == "conv2"
    selection.pick_layer("fc")
    assert selection.panes == ("conv1", "fc")
    selection.pick_layer("conv1")  # shown already: only the active pane changes
    assert selection.panes == ("conv1", "fc")
    selection.close_beside()
    assert selection.panes == ("conv1",)


def test_a_unit_of_the_other_pane_picks_its_layer() -> None:
    selection = at("conv1", 3)
    selection.open_beside("conv2")
    selection.pick_unit(5, layer="conv1")
    assert (selection.layer, selection.unit) == ("conv1", 5)


def test_a_change_is_told_once_and_only_when_something_changed() -> None:
    selection, told = at("conv2", 15), []
    selection.events.layer.connect(told.append)
    selection.pick_layer("conv1")
    selection.pick_layer("conv1")
    assert told == ["conv1"]


def test_a_new_network_keeps_what_it_shares() -> None:
    selection = at("conv2", 12)
    selection.adopt([("conv1", 4), ("conv2", 32), ("head", 5)])
    assert (selection.layer, selection.unit) == ("conv2", 12)
    selection.adopt([("conv2", 10)])  # the layer has no unit 12 there
    assert (selection.layer, selection.unit) == ("conv2", 0)
    selection.adopt([("a", 1), ("b", 2), ("c", 3)])
    assert selection.panes == (selection.layer,)
    assert selection.layer in {"a", "b", "c"}


def test_a_network_without_layers_leaves_nothing_picked() -> None:
    selection = at("conv1", 2)
    selection.adopt([])
    assert selection.as_unit() is None
    assert selection.panes == ()


def test_where_directions_go_the_layer_that_they_were_on_is_picked() -> None:
    selection = Selection()
    own = [("a", 4), ("b", 4), ("c.d", 4), ("e", 4)]
    selection.adopt([*own[:3], ("c.d~dogs-1f3a9c1d", 1), own[3]])
    selection.pick_layer("c.d~dogs-1f3a9c1d")
    selection.adopt(own)
    assert selection.layer == "c.d"
    selection.adopt([("x", 4), ("y", 4)])
    assert selection.layer == "x"
