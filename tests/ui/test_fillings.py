"""What stays of a grid's filling, and what goes with its layer or its view."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from deepvis_app.ui.panels.grid.fillings import Fillings
from deepvis_app.ui.panels.grid.laid import Laid


def filled(*, lasts: bool) -> Fillings[str]:
    fillings: Fillings[str] = Fillings(lasts=lasts)
    for layer in ("a", "b"):
        laid = Laid(SimpleNamespace(name=layer), None, (0, 2), np.arange(3))  # type: ignore[arg-type]
        fillings.lay_out(layer, laid)
        fillings.known[layer] = f"of {layer}"
        fillings.shown[layer] = object()
    return fillings


@pytest.mark.parametrize("lasts", [True, False])
def test_a_layer_that_is_not_shown_any_more_is_forgotten(*, lasts: bool) -> None:
    fillings = filled(lasts=lasts)
    (gone,) = fillings.keep(("b",), is_on=True)
    assert gone.pane.name == "a"
    assert set(fillings.plans) == set(fillings.known) == set(fillings.shown) == {"b"}
    assert fillings.has("b")
    assert not fillings.has("a")
    assert fillings.keep(("b",), is_on=True) == []


@pytest.mark.parametrize("lasts", [True, False])
def test_while_something_else_is_shown_what_lasts_is_known_still(*, lasts: bool) -> None:
    fillings = filled(lasts=lasts)
    assert len(fillings.keep(("a", "b"), is_on=False)) == 2
    assert not fillings.plans
    assert not fillings.shown
    assert set(fillings.known) == ({"a", "b"} if lasts else set())
    fillings.keep(("a",), is_on=True)
    assert set(fillings.known) == ({"a"} if lasts else set())


def test_another_order_changes_which_units_are_in_view() -> None:
    fillings = filled(lasts=True)
    laid = fillings.reorder("a", np.array([2, 1, 0]))
    assert laid is not None
    assert laid.units == [2, 1]
    assert fillings.plans["a"] is laid
    assert fillings.reorder("c", np.arange(3)) is None
    fillings.clear()
    assert not fillings.plans | fillings.known | fillings.shown
