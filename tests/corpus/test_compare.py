"""Two corpora against each other: against scipy and counting."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.stats import spearmanr, wasserstein_distance
from torch import nn

from deepvis_app.corpus import scan
from deepvis_app.corpus.bins import BINS, bins_of
from deepvis_app.corpus.compare import compare, moved
from deepvis_app.errors import UserError
from deepvis_app.nets import Unit
from tests.corpus.tiny import Pictures, whole_network
from tests.kills.scans import uneven_network

if TYPE_CHECKING:
    from pathlib import Path


def counted(values: np.ndarray) -> np.ndarray:
    return np.bincount(bins_of(values.astype(np.float32)), minlength=BINS)[None]


def test_the_shift_is_in_octaves() -> None:
    values = np.array([0.3, 1.0, 1.7, 5.0, 900.0])
    assert moved(counted(values), counted(values * 2)) == pytest.approx(1)
    assert moved(counted(values), counted(values * 32)) == pytest.approx(5)
    assert moved(counted(-values), counted(-values / 4)) == pytest.approx(2)
    assert moved(counted(values), counted(values)) == 0
    assert np.isnan(moved(counted(values), counted(values[:0])))


def test_the_shift_is_the_earth_mover_s_distance() -> None:
    chance = np.random.default_rng(0)
    one, other = chance.lognormal(0, 1, 500), chance.lognormal(0.7, 1.5, 300)
    found = moved(counted(one), counted(other))
    # The scale is the logarithm: bins are at most .17 octaves wide.
    assert found == pytest.approx(wasserstein_distance(np.log2(one), np.log2(other)), abs=0.05)


def test_pictures_lost_new_and_kept(tmp_path: Path) -> None:
    every, network = Pictures(90), uneven_network()
    before = scan(network, every.taken(0, 60), out=tmp_path / "a")
    after = scan(network, every.taken(30, 90), out=tmp_path / "b")
    found = compare(before, after, "deep")
    tables = [each.scores("deep") for each in (before, after)]
    common = sorted({*map(int, before.plan.ids)} & {*map(int, after.plan.ids)})
    assert found.common == len(common)
    for unit in range(5):
        ids = [{p.picture for p in each.top(Unit("deep", unit))} for each in (before, after)]
        assert set(found.lost[unit]) == ids[0] - ids[1]
        assert set(found.new[unit]) == ids[1] - ids[0]
        assert found.kept[unit] == pytest.approx(len(ids[0] & ids[1]) / 9)
    # The same network gives the same numbers.
    np.testing.assert_allclose(found.rank, 1, atol=1e-3)
    for end, each, table in (("before", before, tables[0]), ("after", after, tables[1])):
        mean = getattr(found, f"mean_{end}")
        np.testing.assert_allclose(mean, table.values.astype(float).mean(0), rtol=2e-3)
        np.testing.assert_array_equal(getattr(found, f"silent_{end}"), each.stats("deep").silent)


def test_another_training(tmp_path: Path) -> None:
    pictures = Pictures(50)
    before = scan(whole_network(), pictures, out=tmp_path / "a")
    after = scan(uneven_network(), pictures, out=tmp_path / "b")
    found = compare(before, after, "two")
    one, other = (each.scores("two").values.astype(float) for each in (before, after))
    for unit in range(4):
        if one[:, unit].std() and other[:, unit].std():
            wanted = spearmanr(one[:, unit], other[:, unit]).statistic
            assert found.rank[unit] == pytest.approx(wanted)
        else:
            assert np.isnan(found.rank[unit])
    assert np.isnan(found.kept[2])  # a dead unit has no pictures


def test_what_cannot_be_compared(tmp_path: Path) -> None:
    pictures = Pictures(5)
    one = scan(whole_network(), pictures, out=tmp_path / "a")
    other = scan(whole_network(nn.Sequential(nn.Conv2d(3, 2, 3))), pictures, out=tmp_path / "b")
    with pytest.raises(UserError, match="was not scanned"):
        compare(one, other, "deep")
    third = scan(whole_network(), pictures, out=tmp_path / "c", score="mean")
    with pytest.raises(UserError, match="ranked by max, one by mean"):
        compare(one, third, "deep")
