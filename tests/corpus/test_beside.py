"""Two corpora compared: as one would count it from both tables of scores."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.stats import ks_2samp

from deepvis_app.corpus import scan
from deepvis_app.corpus.beside import layer_change, unit_change
from deepvis_app.errors import UserError
from deepvis_app.nets import Network, Unit
from tests.drawn import draw

if TYPE_CHECKING:
    from pathlib import Path

    from deepvis_app.corpus import Corpus

LAYER = "relu4"


@pytest.fixture(scope="module")
def first(network: Network, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return scan(network, folder, out=tmp_path_factory.mktemp("a"), layers=[LAYER, "relu2a"])


@pytest.fixture(scope="module")
def changed(network: Network, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """The same pictures under other weights."""
    module = deepcopy(network.module)
    part = dict(module.named_modules())["conv4"]
    part.weight.data[:50] *= 2
    part.weight.data[50] = 0
    part.bias.data[50] = -1
    other = Network(module, network.input_shape, network.preprocessing)
    return scan(other, folder, out=tmp_path_factory.mktemp("b"), layers=[LAYER])


@pytest.fixture(scope="module")
def elsewhere(network: Network, tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """Other pictures."""
    folder = draw(tmp_path_factory.mktemp("other"), classes=2, each=9)
    return scan(network, folder, out=tmp_path_factory.mktemp("c"), layers=[LAYER])


def scores(corpus: Corpus) -> np.ndarray:
    found = corpus.scores(LAYER)
    assert found is not None
    return found.values.astype(np.float64)


@pytest.mark.parametrize("name", ["changed", "elsewhere"])
def test_shift_and_changes(first: Corpus, name: str, request: pytest.FixtureRequest) -> None:
    other = request.getfixturevalue(name)
    found, one, two = layer_change(first, other, LAYER), scores(first), scores(other)
    for unit in range(0, 256, 11):
        exact = ks_2samp(one[:, unit], two[:, unit]).statistic
        # Scores within a bin count as equal, so that it may be less, hardly more.
        assert found.shift[unit] <= exact + 1e-9
        assert found.shift[unit] >= exact - 0.25
    np.testing.assert_allclose(found.silent, (two <= 0).mean(0) - (one <= 0).mean(0), atol=1e-9)
    np.testing.assert_allclose(
        found.mean, other.stats(LAYER).activation - first.stats(LAYER).activation
    )
    assert found.pictures == (36, 36 if name == "changed" else 18)


def test_units_whose_weights_are_the_same_do_not_shift(first: Corpus, changed: Corpus) -> None:
    found = layer_change(first, changed, LAYER)
    assert (found.shift[51:] == 0).all()
    assert found.shift[50] == pytest.approx((scores(first)[:, 50] > 0).mean(), abs=1e-9)
    firing = (scores(first)[:, :50] > 0.1).mean(0) > 0.5
    assert (found.shift[:50][firing] > 0.1).all()


def test_pictures_lost_and_new(first: Corpus, changed: Corpus, elsewhere: Corpus) -> None:
    unit = Unit(LAYER, 60)
    same = unit_change(first, changed, unit)
    assert (same.lost, same.new) == ((), ())
    assert same.kept == len(first.top(unit))
    np.testing.assert_allclose(same.first, same.second)
    assert same.first.sum() == pytest.approx(1)
    moved = unit_change(first, elsewhere, unit)
    ids = [{patch.picture for patch in corpus.top(unit)} for corpus in (first, elsewhere)]
    assert {patch.picture for patch in moved.lost} == ids[0] - ids[1]
    assert {patch.picture for patch in moved.new} == ids[1] - ids[0]
    assert moved.kept == len(ids[0] & ids[1])
    assert moved.high == pytest.approx(
        max(scores(first)[:, 60].max(), scores(elsewhere)[:, 60].max()), rel=1e-3
    )


def test_a_layer_that_is_not_there_is_said(first: Corpus, changed: Corpus) -> None:
    with pytest.raises(UserError, match="has no layer relu2a of 128 units"):
        layer_change(first, changed, "relu2a")
