from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np
import pytest
from torch import nn

from deepvis_app.engine.kept import photographs
from deepvis_app.engine.kept.photographs import (
    Photographs,
    bundled_statistics,
    scores_of,
    unit_of_objective,
    write_bundled,
)
from deepvis_app.nets import Network, Unit
from deepvis_app.store import Store
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


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "store")
    yield store
    store.close()


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    bundled_statistics.cache_clear()
    yield
    bundled_statistics.cache_clear()


def numbers(seed: int) -> NaturalStatistics:
    chance = np.random.default_rng(seed)
    return NaturalStatistics(*(chance.random(5, np.float32) for _ in range(3)))


def same(one: NaturalStatistics | None, other: NaturalStatistics) -> bool:
    return one is not None and all(
        np.array_equal(value, asdict(other)[name]) for name, value in asdict(one).items()
    )


def test_what_is_kept_is_found_by_network_and_layer(store: Store) -> None:
    Photographs(store).keep("abc", "Tiny", {"conv": numbers(1), "head": numbers(2)})
    known = Photographs(store)
    assert same(known.find("abc", "conv"), numbers(1))
    assert same(known.find("abc", "head"), numbers(2))
    assert known.find("abc", "pool") is None
    assert known.find("abd", "conv") is None
    known.keep("abd", "Tiny", {"conv": numbers(3)})
    assert same(known.find("abd", "conv"), numbers(3))


def test_damaged_statistics_are_none(store: Store) -> None:
    Photographs(store).keep("abc", "Tiny", {"conv": numbers(1)})
    (file,) = store.folder.rglob("statistics.safetensors")
    file.write_bytes(file.read_bytes()[:-3])
    assert Photographs(store).find("abc", "conv") is None


def test_the_bundled_ones_are_of_one_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "bundled.safetensors"
    write_bundled(target, "f00", {"conv1": numbers(4)})
    monkeypatch.setattr(photographs, "BUNDLED", target)
    assert same(Photographs(None).find("f00", "conv1"), numbers(4))
    assert Photographs(None).find("f01", "conv1") is None
    target.write_bytes(b"no tensors")
    bundled_statistics.cache_clear()
    assert Photographs(None).find("f00", "conv1") is None


def test_scores_are_those_of_the_unit(store: Store) -> None:
    network = Network(nn.Sequential(nn.Conv2d(3, 5, 3), nn.ReLU()), (3, 16, 16))
    recipe = PRESETS["yosinski-3"].with_value("stop.steps", 3)
    result = synthesize(network, Unit("1", 2), recipe)
    known = Photographs(store)
    known.keep("abc", "Tiny", {"1": numbers(1)})
    expected = score(network, result.image, Unit("1", 2), numbers(1))
    assert scores_of(known, network, result, "abc") == asdict(expected)
    assert scores_of(known, network, result, "other")["excess"] is None  # type: ignore[index]


def test_which_objectives_are_of_one_unit() -> None:
    network = Network(nn.Sequential(nn.Conv2d(3, 5, 3), nn.Flatten(), nn.Linear(5, 2)), (3, 3, 3))
    unit = Unit("0", 1)
    assert unit_of_objective(network, unit) == unit
    assert unit_of_objective(network, UnitObjective(unit)) == unit
    assert unit_of_objective(network, ChannelObjective("0", 1)) == unit
    assert unit_of_objective(network, LogitObjective(1)) == Unit("2", 1)
    assert unit_of_objective(network, LayerObjective("0")) is None
    assert unit_of_objective(network, Sum(((1.0, UnitObjective(unit)),))) is None
