from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from deepvis_app.corpus import scan
from deepvis_app.corpus.moments import Moments
from deepvis_app.engine.kept import photographs
from deepvis_app.engine.kept.corpora import Corpora
from deepvis_app.engine.kept.photographs import (
    Photographs,
    bundled_moments,
    scores_of,
    unit_of_objective,
    write_bundled,
)
from deepvis_app.nets import Network, Unit, load_network
from deepvis_app.synth import (
    PRESETS,
    ChannelObjective,
    LayerObjective,
    LogitObjective,
    Sum,
    UnitObjective,
    synthesize,
)
from deepvis_app.synth.scores import NaturalStatistics, score

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    bundled_moments.cache_clear()
    yield
    bundled_moments.cache_clear()


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    chance = np.random.default_rng(0)
    for number in range(7):
        pixels = chance.integers(0, 256, (16, 16, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
    return folder


def network() -> Network:
    torch.manual_seed(0)
    return Network(nn.Sequential(nn.Conv2d(3, 5, 3), nn.ReLU()), (3, 16, 16))


def maxima(net: Network, folder: Path, layer: str) -> np.ndarray:
    """The largest activation of each unit on each picture, by torch alone."""
    inputs = [net.prepare(np.asarray(Image.open(path))) for path in sorted(folder.iterdir())]
    with torch.no_grad():
        maps = net.module[: int(layer) + 1](torch.stack(inputs))  # type: ignore[index]
    found: np.ndarray = maps.amax((2, 3)).numpy()
    return found


def test_what_was_scanned_is_found_by_network_and_layer(tmp_path: Path, pictures: Path) -> None:
    net, corpora = network(), Corpora(tmp_path / "corpora")
    known = Photographs(corpora)
    assert known.find(net.fingerprint, "1") is None
    scan(net, pictures, out=corpora.path_for(net.fingerprint, pictures), layers=["1"])
    found, expected = known.find(net.fingerprint, "1"), maxima(net, pictures, "1")
    assert found is not None
    assert found.mean == pytest.approx(expected.mean(0), rel=1e-5)
    assert found.deviation == pytest.approx(expected.std(0), rel=1e-3, abs=1e-5)
    assert found.best == pytest.approx(expected.max(0), rel=1e-6)
    assert known.find(net.fingerprint, "0") is None
    assert known.find("another", "1") is None


def test_a_damaged_corpus_and_another_score_are_passed_over(tmp_path: Path, pictures: Path) -> None:
    net, corpora = network(), Corpora(tmp_path / "corpora")
    scan(net, pictures, out=corpora.folder / "mean", score="mean")
    assert Photographs(corpora).find(net.fingerprint, "1") is None
    scan(net, pictures, out=corpora.folder / "max")
    (state,) = (corpora.folder / "max" / "states").iterdir()
    state.write_bytes(state.read_bytes()[:-3])
    assert Photographs(corpora).find(net.fingerprint, "1") is None


def test_those_that_ship_are_of_one_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, corpora = tmp_path / "bundled.safetensors", Corpora(tmp_path / "corpora")
    scores = np.array([[1.0, 4.0], [3.0, 0.0]])
    moments = Moments(
        np.array([2, 2]), scores.sum(0), (scores**2).sum(0), scores.max(0).astype(np.float32)
    )
    write_bundled(target, "f00", {"conv1": moments})
    monkeypatch.setattr(photographs, "BUNDLED", target)
    found = Photographs(corpora).find("f00", "conv1")
    assert found is not None
    assert (found.mean.tolist(), found.deviation.tolist()) == ([2.0, 2.0], [1.0, 2.0])
    assert found.best.tolist() == [3.0, 4.0]
    assert Photographs(corpora).find("f01", "conv1") is None
    target.write_bytes(b"no tensors")
    bundled_moments.cache_clear()
    assert Photographs(corpora).find("f00", "conv1") is None


def test_what_ships_is_what_the_bundled_network_gives() -> None:
    net = load_network("pocket")
    shipped = bundled_moments()[net.fingerprint]
    assert set(shipped) == {info.name for info in net.layers}
    assert {int(each.count[0]) for each in shipped.values()} == {10_000}


def test_scores_are_those_of_the_unit(tmp_path: Path, pictures: Path) -> None:
    net, corpora = network(), Corpora(tmp_path / "corpora")
    recipe = PRESETS["yosinski-3"].with_value("stop.steps", 3)
    result = synthesize(net, Unit("1", 2), recipe)
    scan(net, pictures, out=corpora.folder / "these")
    expected = maxima(net, pictures, "1")
    natural = NaturalStatistics(expected.mean(0), expected.std(0), expected.max(0))
    own = asdict(score(net, result.image, Unit("1", 2), natural))
    known = Photographs(corpora)
    assert scores_of(known, net, result, net.fingerprint) == pytest.approx(own, rel=1e-3)
    assert scores_of(known, net, result, "other")["excess"] is None  # type: ignore[index]


def test_which_objectives_are_of_one_unit() -> None:
    network = Network(nn.Sequential(nn.Conv2d(3, 5, 3), nn.Flatten(), nn.Linear(5, 2)), (3, 3, 3))
    unit = Unit("0", 1)
    assert unit_of_objective(network, unit) == unit
    assert unit_of_objective(network, UnitObjective(unit)) == unit
    assert unit_of_objective(network, ChannelObjective("0", 1)) == unit
    assert unit_of_objective(network, LogitObjective(1)) == Unit("2", 1)
    assert unit_of_objective(network, LayerObjective("0")) is None
    assert unit_of_objective(network, Sum(((1.0, UnitObjective(unit)),))) is None
