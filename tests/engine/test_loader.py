from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING

import pytest

from deepvis_app.engine import loader as loader_module
from deepvis_app.engine.device import choose_device
from deepvis_app.engine.loader import Loader
from deepvis_app.engine.status import Phase
from deepvis_app.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deepvis_app.engine.worker import Model


class Zoo:
    """A stand-in for `load_network`: names are networks; it reports progress and may block."""

    def __init__(self, make_network) -> None:
        self.networks = {name: make_network(seed, name) for seed, name in enumerate("abc")}
        self.gate = Event()
        self.gate.set()
        self.started = Event()
        self.calls: list[str] = []

    def __call__(self, spec, weights=None, *, trust=False, progress=None, device="cpu"):
        self.calls.append(spec)
        for step in range(3):
            progress("Downloading", step, 3)
            self.started.set()
            self.gate.wait(20)
        if spec == "broken":
            raise UserError("The weights do not fit", "Choose others")
        if spec == "odd":
            raise ZeroDivisionError("never thought of")
        return self.networks[spec]


@pytest.fixture
def zoo(make_network, monkeypatch) -> Zoo:
    zoo = Zoo(make_network)
    monkeypatch.setattr(loader_module, "load_network", zoo)
    return zoo


@pytest.fixture
def delivered() -> list[Model]:
    return []


@pytest.fixture
def loader(delivered, news) -> Iterator[Loader]:
    loader = Loader(choose_device("cpu"), delivered.append, news)
    loader.start()
    yield loader
    loader.close()
    loader.join(10)


def test_a_loaded_network_is_delivered_as_a_copy(loader, zoo, delivered, news) -> None:
    loader.load("a")
    assert loader.status.phase is Phase.OPENING
    news.until(lambda: loader.status.phase is Phase.READY)
    network = loader.status.network
    assert network is zoo.networks["a"]
    (model,) = delivered
    assert model.fingerprint == network.fingerprint
    assert model.replica.module is not network.module


def test_progress_is_told(loader, zoo, news) -> None:
    zoo.gate.clear()
    loader.load("a")
    assert zoo.started.wait(10)
    progress = loader.status.progress
    assert (progress.what, progress.done, progress.total) == ("Downloading", 0, 3)
    zoo.gate.set()
    news.until(lambda: loader.status.phase is Phase.READY)
    assert loader.status.progress is None


@pytest.mark.parametrize("spec", ["broken", "odd"])
def test_a_failure_keeps_the_old_network_and_says_why(loader, zoo, delivered, news, spec) -> None:
    loader.load("a")
    news.until(lambda: loader.status.phase is Phase.READY)
    loader.load(spec)
    news.until(lambda: loader.status.phase is Phase.FAILED)
    assert loader.status.network is zoo.networks["a"]
    assert loader.status.spec == spec
    assert "\n" not in str(loader.status.error)
    assert len(delivered) == 1
    loader.load("b")
    news.until(lambda: loader.status.phase is Phase.READY)
    assert loader.status.error is None


def test_the_last_wish_wins_even_in_the_middle_of_a_load(loader, zoo, delivered, news) -> None:
    zoo.gate.clear()
    loader.load("a")
    assert zoo.started.wait(10)
    for spec in ("b", "c", "b", "c"):
        loader.load(spec)
    zoo.gate.set()
    news.until(lambda: loader.status.phase is Phase.READY)
    assert loader.status.network is zoo.networks["c"]
    assert zoo.calls == ["a", "c"]
    assert [model.fingerprint for model in delivered] == [zoo.networks["c"].fingerprint]


def test_closing_in_the_middle_of_a_load_ends_it(loader, zoo, delivered) -> None:
    zoo.gate.clear()
    loader.load("a")
    assert zoo.started.wait(10)
    loader.close()
    zoo.gate.set()
    loader.join(5)
    assert not loader._thread.is_alive()
    assert delivered == []


def test_a_network_of_ones_own_is_used_as_it_is(loader, make_network, delivered, news) -> None:
    network = make_network(seed=5)
    loader.use(network)
    news.until(lambda: loader.status.phase is Phase.READY)
    assert loader.status.network is network
    assert delivered[0].fingerprint == network.fingerprint


def test_moving_brings_the_present_network_along(loader, zoo, delivered, news) -> None:
    loader.load("a")
    news.until(lambda: loader.status.phase is Phase.READY)
    loader.move("cpu")
    news.until(lambda: len(delivered) == 2)
    assert delivered[1].fingerprint == delivered[0].fingerprint
    assert delivered[1].replica is not delivered[0].replica


def test_a_missing_device_is_told_and_the_old_one_kept(loader, zoo, delivered, news) -> None:
    loader.load("a")
    news.until(lambda: loader.status.phase is Phase.READY)
    loader.move("cuda:99")
    news.until(lambda: loader.status.error is not None)
    assert "cuda:99" in loader.status.error.cause
    assert loader.device.name == "cpu"
    assert loader.status.network is zoo.networks["a"]
    assert len(delivered) == 1


def test_a_move_during_a_load_loses_neither(loader, zoo, delivered, news) -> None:
    zoo.gate.clear()
    loader.load("a")
    assert zoo.started.wait(10)
    loader.move("cpu")
    zoo.gate.set()
    news.until(lambda: len(delivered) == 2)
    news.until(lambda: loader.status.phase is Phase.READY)
    assert loader.status.network is zoo.networks["a"]
