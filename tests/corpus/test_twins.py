"""Which units respond alike: against numpy, scipy and counting."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from scipy.cluster.hierarchy import linkage
from scipy.spatial.distance import squareform
from torch import nn

from deepvis_app.corpus import manner as manners
from deepvis_app.corpus import scan
from deepvis_app.corpus.twins import duplicates, nearest, order, similarity
from deepvis_app.corpus.varied import varied
from deepvis_app.errors import UserError
from deepvis_app.nets import Unit
from tests.corpus.tiny import SIZE, Pictures, whole_network

if TYPE_CHECKING:
    from pathlib import Path

    from deepvis_app.corpus import Corpus
    from deepvis_app.nets import Network

LAYER = "1"


def network() -> Network:
    """Units 3 and 5 are doubles of 0 and 1; unit 6 is dead, unit 7 constant."""
    torch.manual_seed(3)
    module = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU())
    weight, bias = module[0].weight.data, module[0].bias.data
    weight[3], bias[3] = 2 * weight[0], 2 * bias[0]
    weight[5], bias[5] = weight[1], bias[1]
    weight[6:] = 0
    bias[6:] = torch.tensor([-1.0, 1.0])
    return whole_network(module)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return scan(network(), Pictures(80), out=tmp_path_factory.mktemp("twins"))


def table(corpus: Corpus) -> np.ndarray:
    scores = corpus.scores(LAYER)
    assert scores is not None
    return scores.values.astype(np.float64)


def test_nearest(corpus: Corpus) -> None:
    related = np.corrcoef(table(corpus)[:, :6].T)
    for unit in range(6):
        found = nearest(corpus, Unit(LAYER, unit))
        others = [n for n in range(6) if n != unit]
        assert {twin.unit.index for twin in found} == set(others)
        assert [t.correlation for t in found] == sorted(related[unit, others])[::-1] or np.allclose(
            [t.correlation for t in found], sorted(related[unit, others])[::-1], atol=1e-3
        )
    assert nearest(corpus, Unit(LAYER, 0), 1)[0].unit == Unit(LAYER, 3)
    assert nearest(corpus, Unit(LAYER, 6)) == nearest(corpus, Unit(LAYER, 7)) == ()
    with pytest.raises(UserError, match="has no unit 8"):
        nearest(corpus, Unit(LAYER, 8))


def test_similarity_is_the_response_to_the_other_s_pictures(corpus: Corpus) -> None:
    values, rows = table(corpus), corpus.scores(LAYER).rows
    found = similarity(corpus, LAYER, range(8), range(8))
    for a in range(8):
        for b in range(8):
            own = [corpus.plan.row(p.picture) for p in corpus.top(Unit(LAYER, a))]
            other = [corpus.plan.row(p.picture) for p in corpus.top(Unit(LAYER, b))]
            if not own or not other:
                assert np.isnan(found[a, b])
                continue
            mean_own = np.mean([values[rows == row, a][0] for row in own])
            mean_other = np.mean([values[rows == row, a][0] for row in other])
            assert found[a, b] == pytest.approx(mean_other / mean_own)
    assert (found[np.isfinite(found)] <= 1 + 1e-9).all()


def test_duplicates(corpus: Corpus) -> None:
    found = duplicates(corpus, LAYER)
    assert {(pair.one.index, pair.other.index) for pair in found} == {(0, 3), (1, 5)}
    for pair in found:
        assert pair.correlation == pytest.approx(1, abs=1e-4)
        assert min(pair.index, pair.back) == pytest.approx(1, abs=1e-3)
    assert duplicates(corpus, LAYER, correlation=1.01) == ()


def test_order_is_a_tree_s(corpus: Corpus) -> None:
    found = order(corpus, LAYER)
    assert sorted(found) == list(range(8))
    assert found[6:].tolist() == [6, 7]
    place = {int(unit): n for n, unit in enumerate(found)}
    assert abs(place[0] - place[3]) == abs(place[1] - place[5]) == 1
    apart = 1 - np.abs(np.corrcoef(table(corpus)[:, :6].T))
    tree = linkage(squareform(np.round(apart, 6), checks=False), "average")
    for cluster in clusters(tree):  # each branch lies together
        at = sorted(place[unit] for unit in cluster)
        assert at == list(range(at[0], at[0] + len(at)))


def clusters(tree: np.ndarray) -> list[set[int]]:
    count = len(tree) + 1
    found: list[set[int]] = [{n} for n in range(count)]
    for one, other, *_ in tree:
        found.append(found[int(one)] | found[int(other)])
    return found


def test_without_a_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manners, "MOST_TABLE", 0)
    found = scan(network(), Pictures(80), out=tmp_path)
    assert found.scores(LAYER) is None
    assert {(p.one.index, p.other.index) for p in duplicates(found, LAYER)} >= {(0, 3), (1, 5)}
    twin = nearest(found, Unit(LAYER, 0), 1)[0]
    assert twin.unit == Unit(LAYER, 3)
    assert np.isnan([twin.index, twin.back]).all()
    top = found.top(Unit(LAYER, 0))
    assert varied(found, Unit(LAYER, 0), 5) == top[:5]
    assert len(found.band(Unit(LAYER, 0), 0.5, 3)) == 3


class NearlyTheSame(Pictures):
    """Bursts of four pictures that differ by one pixel."""

    def __init__(self, count: int) -> None:
        super().__init__(count, seed=4)
        self.images = self.images // 2 * 40
        for first in range(0, count, 4):
            for n in range(1, 4):
                self.images[first + n] = self.images[first]
                self.images[first + n, SIZE - 1, n] += 1


def test_varied_pictures_are_of_different_bursts(tmp_path: Path) -> None:
    found = scan(network(), NearlyTheSame(80), out=tmp_path)
    for unit in range(6):
        plain = [int(p.path.name) // 4 for p in found.top(Unit(LAYER, unit))]
        assert len(set(plain)) < len(plain)
        patches = varied(found, Unit(LAYER, unit), 5, near=0.98)
        bursts = [int(patch.path.name) // 4 for patch in patches]
        assert len(set(bursts)) == len(bursts) >= 3
        values = [patch.value for patch in patches]
        assert values == sorted(values, reverse=True)
        assert patches[0] == found.top(Unit(LAYER, unit))[0]
    assert varied(found, Unit(LAYER, 6)) == ()
