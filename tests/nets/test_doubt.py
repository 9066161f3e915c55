"""Flat distributions, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from deepvis_app.nets.doubt import flat_below, nothing_fits


def split(best: float, classes: int) -> np.ndarray:
    """Return a distribution whose best class has `best`, the others the same share each."""
    shares = np.full(classes, (1 - best) / (classes - 1), np.float32)
    shares[classes // 2] = best
    return shares


@pytest.mark.parametrize(
    ("classes", "level"), [(2, 0.62), (3, 0.5), (10, 0.33), (200, 0.25), (1000, 0.25)]
)
def test_nothing_fits_below_a_quarter_of_the_way_to_certainty(classes: int, level: float) -> None:
    assert flat_below(classes) == level
    assert nothing_fits(split(level - 0.01, classes))
    assert not nothing_fits(split(level + 0.01, classes))


@pytest.mark.parametrize(
    "scores", [[1.0], [0.1], [0.2, 0.1, 0.05], [0.2, 0.2, 0.9], [-1.0, 2.0], []]
)
def test_what_is_no_distribution_is_never_flat(scores: list[float]) -> None:
    assert not nothing_fits(np.array(scores, np.float32))
