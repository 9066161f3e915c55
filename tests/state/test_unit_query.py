"""What a search in the table of units means."""

from __future__ import annotations

import numpy as np
import pytest

from deepvis_app.state.unit_query import Asked, parse

FIGURES = {
    "zero": np.array([99.0, 50.0, np.nan, 95.0, 97.0]),
    "mean": np.array([1.0, -2.0, 3.0, 0.0, 5.0]),
    "d'": np.array([0.5, 1.5, 2.5, np.nan, 0.0]),
    "silent": np.zeros(5),
    "selectivity": np.zeros(5),
}
NAMES = ("dogs border collie", "cats", "dogs kit fox", "", "hot dog")
ASKED = Asked(np.arange(5), FIGURES, NAMES)


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("3", [3]),
        ("0-2", [0, 1, 2]),
        ("1..2, 4", [1, 2, 4]),
        ("zero > 95", [0, 4]),
        ("zero>=95 %", [0, 3, 4]),
        ("1, or zero > 98", [0, 1]),
        ("zero > 95 and mean < 2", [0]),
        ("mean < −1", [1]),
        ("d′ > 1", [1, 2]),
        ("d' > 1", [1, 2]),
        ("zer > 98", [0]),
        ("dog", [0, 2, 4]),
        ("Dogs and mean > 2", [2]),
        ("nowhere", []),
        ("frobs > 3", []),
    ],
)
def test_parts_mean_units(text: str, units: list[int]) -> None:
    query = parse(text)
    assert query is not None
    assert np.flatnonzero(query.matches(ASKED)).tolist() == units


@pytest.mark.parametrize("text", ["", "  ", ", ,", "or"])
def test_nothing_asks_for_all(text: str) -> None:
    assert parse(text) is None


def test_a_figure_that_is_none_is_said() -> None:
    words = tuple(FIGURES)
    bad, unclear, good = parse("frobs > 3"), parse("s > 3"), parse("zero > 3")
    assert bad is not None and unclear is not None and good is not None  # noqa: PT018
    assert "“frobs”" in bad.problem(words)
    assert "“s”" in unclear.problem(words)  # silent or selectivity
    assert good.problem(words) == ""
    odd = parse("zero > banana")
    assert odd is not None
    assert "“banana” is no number" in odd.problem(words)
