"""Correlations of a layer's units, or of two layers': as numpy has them, kin beside each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from deepvis_app.corpus import scan
from deepvis_app.corpus.kinship import kin_order, kinship
from deepvis_app.nets import Network, Unit
from tests.drawn import draw

if TYPE_CHECKING:
    from deepvis_app.corpus import Corpus

LAYERS = ("relu2a", "relu4")


@pytest.fixture(scope="module")
def corpus(network: Network, tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    folder = draw(tmp_path_factory.mktemp("drawn"))
    return scan(network, folder, out=tmp_path_factory.mktemp("corpus"), layers=list(LAYERS))


def scores(corpus: Corpus, layer: str) -> np.ndarray:
    found = corpus.scores(layer)
    assert found is not None
    return found.values.astype(np.float64)


def test_one_layer_against_itself(corpus: Corpus) -> None:
    found, values = kinship(corpus, "relu4", "relu4"), scores(corpus, "relu4")
    assert sorted(found.rows.tolist()) == list(range(256))
    assert found.rows.tolist() == found.columns.tolist()
    for row, column in ((0, 0), (3, 90), (200, 17)):
        pair = found.at(row, column)
        one, other = values[:, pair.one.index], values[:, pair.other.index]
        if one.std() > 1e-3 and other.std() > 1e-3:
            assert pair.r == pytest.approx(np.corrcoef(one, other)[0, 1], abs=2e-3)
    moving = np.isfinite(np.diag(found.r))
    assert (np.diff(moving.astype(int)) <= 0).all()  # those that never change stand last
    assert np.isnan(found.r[~moving]).all()
    best = found.pairs[0]
    with np.errstate(invalid="ignore"):
        r = np.corrcoef(values.T)
    r[values.std(0) < 1e-3] = r[:, values.std(0) < 1e-3] = -2
    np.fill_diagonal(r, -2)
    assert best.r == pytest.approx(r.max(), abs=2e-3)
    assert len({frozenset((p.one, p.other)) for p in found.pairs}) == len(found.pairs)


def test_two_layers_against_each_other(corpus: Corpus) -> None:
    found = kinship(corpus, "relu2a", "relu4")
    assert found.r.shape == (128, 256)
    left, right = scores(corpus, "relu2a"), scores(corpus, "relu4")
    checked = 0
    for row in range(0, 128, 9):
        pair = found.at(row, 2 * row)
        assert (pair.one.layer, pair.other.layer) == ("relu2a", "relu4")
        one, other = left[:, pair.one.index], right[:, pair.other.index]
        if one.std() > 1e-3 and other.std() > 1e-3:
            assert pair.r == pytest.approx(np.corrcoef(one, other)[0, 1], abs=2e-3)
            checked += 1
    assert checked > 5


def test_kin_stand_together() -> None:
    chance = np.random.default_rng(0)
    sources = chance.normal(size=(3, 200))
    group = chance.permutation(np.repeat(np.arange(3), 8))
    values = sources[group] * chance.choice([-1, 1], 24)[:, None]
    values += 0.3 * chance.normal(size=values.shape)
    related = np.corrcoef(values)
    related = np.pad(related, ((0, 1), (0, 1)), constant_values=np.nan)  # one never changes
    order = kin_order(related)
    assert order[-1] == 24
    placed = group[order[:-1]]
    assert (np.diff(placed) != 0).sum() == 2  # each group in one piece


def test_copies_are_duplicates(network: Network, tmp_path: object, corpus: Corpus) -> None:
    from copy import deepcopy
    from pathlib import Path

    module = deepcopy(network.module)
    parts = dict(module.named_modules())
    parts["conv2a"].weight.data[7] = parts["conv2a"].weight.data[3]
    parts["conv2a"].bias.data[7] = parts["conv2a"].bias.data[3]
    twin = Network(module, network.input_shape, network.preprocessing)
    folder = draw(Path(str(tmp_path)) / "drawn")
    again = scan(twin, folder, out=Path(str(tmp_path)) / "out", layers=["relu2a"])
    pair = next(p for p in kinship(again, "relu2a", "relu2a").pairs if p.is_duplicate)
    assert {pair.one, pair.other} == {Unit("relu2a", 3), Unit("relu2a", 7)}
    assert pair.r == pytest.approx(1)
    assert pair.shared == pytest.approx(1)
