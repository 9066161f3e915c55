"""Units are found by what one would count by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score

from deepvis_app.corpus import scan
from deepvis_app.corpus.alike import correlations, overlaps
from deepvis_app.corpus.finding import (
    areas,
    by_class,
    by_picture,
    by_pictures,
    by_response,
    by_weights,
    shares_above,
)
from deepvis_app.corpus.selectivity import layer_classes
from deepvis_app.errors import UserError
from deepvis_app.nets import Network, Unit, load_network
from tests.drawn import picture

if TYPE_CHECKING:
    from pathlib import Path

    from deepvis_app.corpus import Corpus

LAYERS = ("relu3b", "relu4")


@pytest.fixture(scope="module")
def corpus(network: Network, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return scan(network, folder, out=tmp_path_factory.mktemp("corpus"), layers=list(LAYERS))


def scores(corpus: Corpus, layer: str) -> np.ndarray:
    found = corpus.scores(layer)
    assert found is not None
    return found.values.astype(np.float64)


def test_by_class_ranks_by_distance_over_all_layers(corpus: Corpus) -> None:
    found = by_class(corpus, LAYERS, "Kind_2", most=10)
    number = corpus.plan.classes.index("kind_2")
    every = []
    for layer in LAYERS:
        distances = layer_classes(corpus.stats(layer)).d_prime[number]
        every += [(-d, Unit(layer, u)) for u, d in enumerate(distances) if np.isfinite(d)]
    expected = sorted(every, key=lambda pair: pair[0])[:10]
    assert [one.unit for one in found.units] == [unit for _, unit in expected]
    assert found.units[0].text == f"d′ {-expected[0][0]:.2f}"


def test_by_name_ranks_by_area_and_says_how_few_there_are(corpus: Corpus) -> None:
    found = by_class(corpus, LAYERS, "shape 3 1", most=10)
    is_own = np.array(["shape_3_1" in name for name in corpus.plan.names])
    layer, values = found.units[0].unit.layer, scores(corpus, found.units[0].unit.layer)
    best = roc_auc_score(is_own, values[:, found.units[0].unit.index])
    assert found.units[0].value == pytest.approx(best)
    assert layer in LAYERS
    every = [roc_auc_score(is_own, column) for name in LAYERS for column in scores(corpus, name).T]
    assert found.units[0].value == pytest.approx(max(every))
    assert "1 photographs" in found.note
    assert "by chance" in found.note
    with pytest.raises(UserError, match="No photograph is called"):
        by_class(corpus, LAYERS, "zebra")


def test_areas_are_those_of_scikit_learn() -> None:
    chance = np.random.default_rng(0)
    values = chance.integers(0, 6, (60, 20)).astype(np.float32)  # with ties
    own = chance.random(60) < 0.3
    expected = [roc_auc_score(own, column) for column in values.T]
    np.testing.assert_allclose(areas(values, own), expected)
    assert (areas(values, np.ones(60, bool)) == 0.5).all()


def test_by_picture_puts_the_rarest_first(corpus: Corpus, network: Network) -> None:
    x = network.prepare(picture(4, 77))[None]
    with torch.no_grad():
        maps = network.activations(x, LAYERS)
    live = {name: maps[name][0].flatten(1).amax(1).numpy() for name in LAYERS}
    found = by_picture(corpus, live, most=30)
    for one in found.units:
        kept = scores(corpus, one.unit.layer)[:, one.unit.index]
        own = live[one.unit.layer][one.unit.index]
        above = (kept >= own * 1.001).mean()
        bin_width = ((kept > own / 1.13) & (kept < own * 1.13)).mean()
        if one.value >= 0:
            assert one.text == "above all 36"
            assert own >= kept.max() * 0.999
        else:
            assert -one.value == pytest.approx(above, abs=bin_width + 0.02)
    values = [one.value for one in found.units]
    assert values == sorted(values, reverse=True)


def test_shares_are_within_a_bin_of_those_counted(corpus: Corpus) -> None:
    state, values = corpus.stats("relu4"), scores(corpus, "relu4")
    for row in (3, 20):
        own = values[row].astype(np.float32)
        counted = (values >= own).mean(0)
        near = (np.abs(values / np.maximum(own, 1e-9) - 1) < 0.13).mean(0)
        firing = own > 0.01
        found = shares_above(state, own)
        assert (np.abs(found - counted) <= near + 1e-9)[firing].all()


def test_by_response_is_the_correlation_with_every_other_unit(corpus: Corpus) -> None:
    unit = Unit("relu4", int(scores(corpus, "relu4").std(0).argmax()))
    found = by_response(corpus, LAYERS, unit, most=8)
    own, every = scores(corpus, "relu4")[:, unit.index], []
    for layer in LAYERS:
        for index, column in enumerate(scores(corpus, layer).T):
            if column.std() > 1e-6 and Unit(layer, index) != unit:
                every.append((np.corrcoef(own, column)[0, 1], Unit(layer, index)))
    every.sort(key=lambda pair: -pair[0])
    assert [one.unit for one in found.units] == [unit for _, unit in every[:8]]
    assert found.units[0].value == pytest.approx(every[0][0])


def test_a_still_unit_goes_with_none() -> None:
    chance = np.random.default_rng(0)
    moving, still = chance.random(20), np.full(20, 3.0)
    found = correlations(moving, np.stack([moving, still, -moving], 1))
    assert found[0] == pytest.approx(1)
    assert np.isnan(found[1])
    assert found[2] == pytest.approx(-1)
    assert np.isnan(correlations(still, moving[:, None])).all()


def test_overlaps_are_sums_over_the_best_pictures(corpus: Corpus) -> None:
    state, kept = corpus.stats("relu4"), corpus.scores("relu4")
    assert kept is not None
    values = np.maximum(kept.values.astype(np.float64), 0)
    rows = {int(i): n for n, i in enumerate(corpus.plan.ids[kept.rows])}
    found = overlaps(state, corpus.plan.ids[kept.rows], kept.values)

    def share(a: int, b: int) -> float:
        best = [
            [rows[int(p)] for p, v in zip(state.top.picture[u], state.top.value[u], strict=True)
             if v == v]
            for u in (a, b)
        ]  # fmt: skip
        own = values[best[0], a].sum()
        return float(min(values[best[1], a].sum() / own, 1)) if own else float("nan")

    active = np.flatnonzero(state.active > 9)[:6]
    for a in active:
        for b in active:
            assert found[a, b] == pytest.approx(min(share(a, b), share(b, a)), abs=1e-6)
    unit = Unit("relu4", int(active[0]))
    best = by_pictures(corpus, unit, most=3).units[0]
    others = np.delete(found[unit.index], unit.index)
    assert best.value == pytest.approx(np.nanmax(others))


def test_by_weights_is_the_cosine(network: Network) -> None:
    weight = dict(network.module.named_modules())["conv4"].weight.detach().flatten(1).numpy()
    cosine = weight @ weight[5] / np.linalg.norm(weight, axis=1) / np.linalg.norm(weight[5])
    cosine[5] = -2
    for layer in ("conv4", "relu4"):
        found = by_weights(network, Unit(layer, 5), most=4)
        assert [one.unit.index for one in found.units] == np.argsort(-cosine)[:4].tolist()
        assert found.units[0].value == pytest.approx(cosine.max(), rel=1e-5)
        assert found.units[0].unit.layer == layer
    assert "of conv4" in by_weights(network, Unit("relu4", 5)).note
    with pytest.raises(UserError, match="no weights of its own"):
        by_weights(load_network("torchvision:squeezenet1_0@none"), Unit("features.3", 0))
