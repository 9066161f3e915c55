from __future__ import annotations

import time
from threading import Event, Thread
from typing import TYPE_CHECKING

import pytest
import torch

from deepvis_app.engine import loader as loader_module
from deepvis_app.engine.device.device import choose_device
from deepvis_app.engine.loader import Loader
from deepvis_app.engine.status import Phase
from deepvis_app.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deepvis_app.engine.device.device import Device
    from deepvis_app.engine.worker import Model


class Strange(BaseException):
    def __str__(self) -> str:
        raise ValueError("no words")


class Zoo:
    """A stand-in for `load_network`: names are networks; it reports progress and may block."""

    def __init__(self, make_network) -> None:
        self.networks = {name: make_network(seed, name) for seed, name in enumerate("abc")}
        self.gate = Event()
        self.gate.set()
        self.started = Event()
        self.calls: list[str] = []
        self.errors = {
            "odd": ZeroDivisionError("never thought of"),
            "exits": SystemExit(3),
            "interrupts": KeyboardInterrupt(),
            "leaves": GeneratorExit(),
            "strange": Strange(),
        }
        self.hangs, self.lets_go = Event(), Event()

    def __call__(self, spec, weights=None, *, trust=False, progress=None, device="cpu"):
        self.calls.append(spec)
        for step in range(3):
            progress("Downloading", step, 3)
            self.started.set()
            self.gate.wait(20)
        if spec == "broken":
            raise UserError("The weights do not fit", "Choose others")
        if spec in self.errors:
            raise self.errors[spec]
        if spec == "hangs":
            self.hangs.set()
            self.lets_go.wait(20)
            return self.networks["b"]
        return self.networks[spec]


@pytest.fixture
def zoo(make_network, monkeypatch) -> Iterator[Zoo]:
    zoo = Zoo(make_network)
    monkeypatch.setattr(loader_module, "load_network", zoo)
    monkeypatch.setattr(loader_module, "PATIENCE_S", 0.05)
    yield zoo
    zoo.lets_go.set()


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


@pytest.mark.parametrize("spec", ["broken", "odd", "exits", "interrupts", "leaves", "strange"])
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


def hanging(loader, zoo) -> Thread:
    """Begin a load that does not come back; return its thread."""
    loader.load("hangs")
    assert zoo.hangs.wait(10)
    return loader._at_work


def ended(thread: Thread) -> bool:
    thread.join(10)
    return not thread.is_alive()


def test_another_wish_leaves_a_load_that_hangs(loader, zoo, delivered, news) -> None:
    stuck = hanging(loader, zoo)
    loader.load("a")
    news.until(lambda: loader.status.phase is Phase.READY)
    assert loader.status.network is zoo.networks["a"]
    zoo.lets_go.set()
    assert ended(stuck)  # and what it found is heard by nobody
    assert loader.status.network is zoo.networks["a"]
    assert [model.fingerprint for model in delivered] == [zoo.networks["a"].fingerprint]


def test_a_load_that_hangs_is_given_up_and_the_old_network_stays(
    loader, zoo, delivered, news
) -> None:
    loader.load("a")
    news.until(lambda: loader.status.phase is Phase.READY)
    stuck = hanging(loader, zoo)
    assert loader.status.phase is Phase.OPENING
    assert loader.status.since_s <= loader.status.heard_s <= time.monotonic()
    loader.give_up()
    assert (loader.status.phase, loader.status.network) == (Phase.READY, zoo.networks["a"])
    zoo.lets_go.set()
    assert ended(stuck)
    assert loader.status.network is zoo.networks["a"]
    assert len(delivered) == 1
    loader.load("c")
    news.until(lambda: loader.status.network is zoo.networks["c"])


def test_nothing_is_given_up_where_nothing_is_loaded(loader, zoo, news) -> None:
    loader.load("a")
    news.until(lambda: loader.status.phase is Phase.READY)
    before = loader.status
    loader.give_up()
    assert loader.status is before


def test_what_a_load_leaves_switched_off_is_on_for_the_next(loader, zoo, news, monkeypatch) -> None:
    def load(spec, weights=None, *, trust=False, progress=None):
        seen.append(torch.is_grad_enabled())
        torch.set_grad_enabled(False)
        started.set()
        gate.wait(20)
        raise SystemExit(spec)

    seen: list[bool] = []
    started, gate = Event(), Event()
    monkeypatch.setattr(loader_module, "PATIENCE_S", 20)
    monkeypatch.setattr(loader_module, "load_network", load)
    loader.load("one")
    assert started.wait(10)
    loader.load("two")  # on the thread of the first, or on another
    gate.set()
    news.until(lambda: loader.status.phase is Phase.FAILED)
    assert seen == [True, True]


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


def test_a_long_load_after_one_that_was_broken_off_comes_to_its_end(
    loader, make_network, news, monkeypatch
) -> None:
    def load(spec, weights=None, *, trust=False, progress=None):
        if spec == "first":
            started.set()
            gate.wait(20)
        elif (waiting := loader._next) is not None:
            waiting.join(10)  # until it has taken over
        progress("Downloading", 0, 1)
        return network

    network = make_network()
    started, gate = Event(), Event()
    monkeypatch.setattr(loader_module, "PATIENCE_S", 1.0)
    monkeypatch.setattr(loader_module, "load_network", load)
    loader.load("first")
    assert started.wait(10)
    loader.load("long")
    gate.set()
    news.until(lambda: loader.status.phase is Phase.READY)
    assert loader.status.network is network


def test_closing_in_the_middle_of_a_load_ends_it(loader, zoo, delivered) -> None:
    zoo.gate.clear()
    loader.load("a")
    assert zoo.started.wait(10)
    loader.close()
    zoo.gate.set()
    loader.join(5)
    assert loader._at_work is None
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


def test_a_move_is_not_lost_with_a_load_that_is_broken_off(
    loader, zoo, delivered, news, monkeypatch
) -> None:
    def choose(name: str) -> Device:
        asked.append(name)
        return choose_device(name)

    asked: list[str] = []
    monkeypatch.setattr(loader_module, "choose_device", choose)
    zoo.gate.clear()
    with loader._lock:  # both are begun together
        loader.move("cpu")
        loader.load("a")
    assert zoo.started.wait(10)
    assert asked == ["cpu"]
    loader.load("b")
    zoo.gate.set()
    news.until(lambda: loader.status.phase is Phase.READY)
    loader.join(10)
    assert loader.status.network is zoo.networks["b"]
    assert asked == ["cpu", "cpu"]
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
