"""A state comes back from a file as it went in."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from deepvis_app.corpus.compact import compacted, whole
from deepvis_app.corpus.fold import Rows, fold
from deepvis_app.corpus.state import packed

UNITS, LONE, OTHERS = 5, 40, 3  # classes of one picture, and of four


def rows(labels: np.ndarray) -> Rows:
    chance = np.random.default_rng(0)
    shape = (len(labels), UNITS)
    scores = chance.normal(size=shape).astype(np.float32)
    places = chance.integers(0, 9, shape)
    return Rows((3, 3), scores, places, scores - 1, scores * 4, np.full(UNITS, 7.0), len(labels))


@pytest.mark.parametrize("is_finite", [True, False])
@pytest.mark.parametrize("others", [0, OTHERS])
def test_a_state_comes_back(others: int, is_finite: bool) -> None:
    labels = np.array([*range(LONE), *np.repeat(range(LONE, LONE + others), 4), -1])
    np.random.default_rng(1).shuffle(labels)
    given = rows(labels)
    if not is_finite:
        scores = given.scores.copy()
        scores[::7, 2] = np.nan
        given = replace(given, scores=scores)
    state = packed(fold(given, np.arange(len(labels), dtype=np.uint64), labels, 3))
    kept = compacted(state)
    assert kept["lone_in_class"].shape == (LONE, UNITS)
    assert kept["classes.total"].shape == (others, UNITS)
    found = whole(kept)
    assert found.keys() == state.keys()
    for name, array in state.items():
        assert found[name].dtype == array.dtype, name
        np.testing.assert_array_equal(found[name], array, err_msg=name)
    wide = np.where(np.isfinite(given.scores), given.scores, 0).astype(np.float64)
    for place, label in enumerate(found["classes.number"]):  # by the scores alone
        own = wide[labels == label]
        np.testing.assert_allclose(found["classes.total"][place], own.sum(0), atol=1e-12)
        np.testing.assert_allclose(found["classes.squares"][place], (own**2).sum(0), atol=1e-12)


@pytest.mark.parametrize("name", ["lone_in_class", "classes.total", "classes.squares"])
def test_sums_of_other_classes_are_refused(name: str) -> None:
    labels = np.array([0, 1, 2, 2])
    kept = compacted(packed(fold(rows(labels), np.arange(4, dtype=np.uint64), labels, 2)))
    with pytest.raises(ValueError, match="classes"):
        whole(kept | {name: kept[name][:, 1:]})
    with pytest.raises(ValueError, match="classes"):
        whole(kept | {name: np.concatenate([kept[name], kept[name]])})
