"""A table's figures are those that one gets by running every picture alone and counting."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from PIL import Image

from deepvis_app.corpus import scan
from deepvis_app.corpus.alike import nearest, weight_twins
from deepvis_app.corpus.figures import layer_figures
from deepvis_app.nets import Network
from tests.drawn import draw

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis_app.corpus import Corpus

LAYER = "relu3b"


@pytest.fixture(scope="module")
def corpus(network: Network, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return scan(network, folder, out=tmp_path_factory.mktemp("corpus"), layers=[LAYER])


@pytest.fixture(scope="module")
def maps(network: Network, corpus: Corpus, folder: Path) -> NDArray[np.float64]:
    """(n, C, places) of every picture, in the order of the plan."""
    found = []
    for name in corpus.plan.names:
        x = network.prepare(np.asarray(Image.open(folder / name)))[None]
        with torch.no_grad():
            found.append(network.activations(x, [LAYER])[LAYER][0].flatten(1).double().numpy())
    return np.stack(found)


def test_columns_are_what_every_picture_gives(
    corpus: Corpus, maps: NDArray[np.float64], network: Network
) -> None:
    found = layer_figures(corpus, LAYER)
    scores = maps.max(2)
    np.testing.assert_allclose(found.mean, maps.mean((0, 2)), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(found.silent, (scores <= 0).mean(0))
    np.testing.assert_allclose(found.score, scores.max(0), rtol=1e-4)
    assert found.dead.tolist() == (scores.max(0) <= 0).tolist()
    assert found.pictures == 36
    best = scores.argmax(0)
    for unit in range(0, len(best), 7):
        if scores[:, unit].max() > 0:
            name = Path(corpus.plan.names[best[unit]])
            assert found.picture[unit] == name.parent.name  # its class


def test_the_best_class_is_the_one_that_lies_furthest_from_all_others(
    corpus: Corpus, maps: NDArray[np.float64]
) -> None:
    found, scores, labels = layer_figures(corpus, LAYER), maps.max(2), corpus.plan.labels
    checked = 0
    for unit in range(scores.shape[1]):
        by_class = {}
        for kind, name in enumerate(corpus.plan.classes):
            own, rest = scores[labels == kind, unit], scores[labels != kind, unit]
            if (spread := np.sqrt((own.var() + rest.var()) / 2)) > 0:
                by_class[name] = (own.mean() - rest.mean()) / spread
        if not by_class:
            assert found.best_class[unit] == ""
            continue
        best = max(by_class, key=lambda name: by_class[name])
        assert found.best_class[unit] == best
        assert found.d_prime[unit] == pytest.approx(by_class[best], rel=1e-3)
        own = scores[labels == corpus.plan.classes.index(best), unit]
        rest = scores[labels != corpus.plan.classes.index(best), unit]
        # Kept scores are of half precision: what it makes equal counts as equal.
        own, rest = own.astype(np.float16), rest.astype(np.float16)
        above = (own[:, None] > rest).mean() + (own[:, None] == rest).mean() / 2
        assert found.auc[unit] == pytest.approx(above, abs=2e-3)
        checked += 1
    assert checked > 10
    assert found.is_counted


def test_the_twin_is_the_unit_of_highest_correlation(
    corpus: Corpus, maps: NDArray[np.float64]
) -> None:
    found, scores = layer_figures(corpus, LAYER), maps.max(2)
    moving = scores.std(0) > 1e-3
    with np.errstate(invalid="ignore"):
        r = np.corrcoef(scores.T)
    r[~moving] = r[:, ~moving] = -2
    np.fill_diagonal(r, -2)
    for unit in np.flatnonzero(moving):
        assert found.r[unit] == pytest.approx(r[unit].max(), abs=1e-3)
    assert (found.has_twin == (found.r > 0.95)).all()


def test_a_unit_that_never_changes_has_no_twin() -> None:
    related = np.array([[1.0, np.nan, 0.3], [np.nan] * 3, [0.3, np.nan, 1.0]])
    twin, r = nearest(related, 3)
    assert twin.tolist() == [2, -1, 0]
    assert r[0] == 0.3
    assert np.isnan(r[1])
    assert nearest(None, 2)[0].tolist() == [-1, -1]


def test_without_classes_none_is_told(network: Network, tmp_path: Path) -> None:
    flat = draw(tmp_path / "flat", classes=1)
    found = layer_figures(scan(network, flat, out=tmp_path / "out", layers=[LAYER]), LAYER)
    assert set(found.best_class) == {""}
    assert np.isnan(found.d_prime).all()
    assert np.isnan(found.selectivity).all()
    assert "no classes" in found.few


def test_a_picture_without_a_class_is_called_as_its_file(network: Network, tmp_path: Path) -> None:
    flat = draw(tmp_path / "flat", classes=1)
    found = layer_figures(scan(network, flat, out=tmp_path / "out", layers=[LAYER]), LAYER)
    stems = {path.stem for path in flat.iterdir()}
    assert set(found.picture) <= stems | {""}
    assert set(found.picture) & stems


def test_units_that_never_differ_on_each_others_best_are_twins(
    network: Network, folder: Path, tmp_path: Path
) -> None:
    from copy import deepcopy

    module = deepcopy(network.module)
    part = dict(module.named_modules())["conv2a"]
    part.weight.data[9], part.bias.data[9] = 2 * part.weight.data[4], 2 * part.bias.data[4]
    twin = Network(module, network.input_shape, network.preprocessing)
    found = layer_figures(scan(twin, folder, out=tmp_path / "out", layers=["relu2a"]), "relu2a")
    assert (found.twin[4], found.twin[9]) == (9, 4)
    assert found.has_twin[[4, 9]].all()  # twice as much is the same but for the scale
    part.weight.data[9], part.bias.data[9] = part.weight.data[4], part.bias.data[4]
    twin = Network(module, network.input_shape, network.preprocessing)
    found = layer_figures(scan(twin, folder, out=tmp_path / "same", layers=["relu2a"]), "relu2a")
    assert found.has_twin[[4, 9]].all()
    assert (found.picture_twin[4], found.picture_twin[9]) == (9, 4)
    assert found.picture_share[4] == pytest.approx(1)


def test_weights_tell_norms_and_twins(network: Network) -> None:
    weight = dict(network.module.named_modules())["conv2b"].weight.detach().flatten(1).numpy()
    norms, twin, cosine = weight_twins(network, "relu2b")
    np.testing.assert_allclose(norms, np.linalg.norm(weight, axis=1), rtol=1e-5)
    alike = weight @ weight.T / np.outer(norms, norms)
    np.fill_diagonal(alike, -2)
    assert twin.tolist() == alike.argmax(1).tolist()
    np.testing.assert_allclose(cosine, alike.max(1), rtol=1e-4)
