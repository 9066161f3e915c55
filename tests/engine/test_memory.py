from __future__ import annotations

import weakref
from threading import Event

import pytest

from deepvis_app.engine import memory
from deepvis_app.engine.device.device import choose_device
from deepvis_app.engine.loader import Loader
from deepvis_app.engine.status import Phase


@pytest.fixture(autouse=True)
def memory_stays() -> None:
    """Here it is given back."""


@pytest.fixture
def trimmed(monkeypatch: pytest.MonkeyPatch) -> Event:
    event = Event()
    monkeypatch.setattr(memory, "trim", event.set)
    return event


def test_memory_is_given_back_once_the_network_is_gone(trimmed, make_network, monkeypatch) -> None:
    monkeypatch.setattr(memory, "LETTING_GO_S", 20)
    network = make_network()
    memory.give_back_after(network)
    assert not trimmed.wait(0.05)
    del network
    assert trimmed.wait(10)


def test_a_network_in_a_cycle_goes_too(trimmed, make_network, monkeypatch) -> None:
    monkeypatch.setattr(memory, "LETTING_GO_S", 0.01)
    network = make_network()
    network.module.itself = [network]
    gone = weakref.ref(network)
    memory.give_back_after(network)
    del network
    assert trimmed.wait(10)
    assert gone() is None


def test_an_exchanged_network_is_given_back(trimmed, make_network, news) -> None:
    loader = Loader(choose_device("cpu"), lambda model: None, news)
    loader.start()
    loader.use(make_network())
    news.until(lambda: loader.status.phase is Phase.READY)
    assert not trimmed.is_set()
    loader.use(make_network(seed=1))
    assert trimmed.wait(20)
    loader.join(10)


def test_trimming_is_possible_everywhere() -> None:
    memory.trim()


def test_where_garbage_waits_for_a_thread_of_its_own_it_is_asked_for(
    trimmed, make_network, monkeypatch
) -> None:
    """The window's thread collects: objects of Qt may be among the garbage."""
    monkeypatch.setattr(memory, "LETTING_GO_S", 0.01)
    asked = Event()
    monkeypatch.setattr(memory, "collect_soon", asked.set)
    network = make_network()
    network.module.itself = [network]
    gone = weakref.ref(network)
    memory.give_back_after(network)
    del network
    assert asked.wait(10)
    assert trimmed.wait(10)
    assert gone() is not None
