from __future__ import annotations

import json
import random
import socket
import threading
import time
from datetime import datetime
from itertools import pairwise
from threading import Event
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from deepvis_app.engine import (
    Engine,
    GridReader,
    LiveRequest,
    Phase,
    StripReader,
    UnitOrder,
    UnitReader,
)
from deepvis_app.engine import loader as loader_module
from deepvis_app.engine.live import LiveProcessor
from deepvis_app.frames.source import Policy
from deepvis_app.nets.layers import Unit

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def engine(news) -> Iterator[Engine]:
    with Engine("cpu", on_news=news) as engine:
        yield engine


def own_threads() -> set[str]:
    return {one.name for one in threading.enumerate() if one.name.startswith("deepvis")}


def everything(network, generation: int = 1, layer: str = "second") -> LiveRequest:
    return LiveRequest(
        generation,
        (
            GridReader(layer, (24, 32), 4),
            StripReader(tuple(info.name for info in network.layers)),
            UnitReader(Unit(layer, 2)),
        ),
    )


def answer_to(engine: Engine, generation: int):
    for _ in range(1000):
        snapshot = engine.next_snapshot(20)
        assert snapshot is not None, engine.status()
        if snapshot.generation == generation:
            return snapshot
    raise AssertionError("never answered")


def test_a_source_streams_through_a_network(engine, tiny, endless) -> None:
    engine.set_network(tiny)
    engine.open_source(endless())
    engine.request(everything(tiny))
    first = answer_to(engine, 1)
    second = answer_to(engine, 1)
    assert second.frame.number > first.frame.number
    assert second.finished_at > first.finished_at
    assert set(second.first(StripReader).thumbs) == {info.name for info in tiny.layers}
    status = engine.status()
    assert status.source.phase is status.network.phase is Phase.READY
    assert (status.device, status.devices[-1]) == ("cpu", "cpu")
    assert status.fault is None
    assert engine.take() is None or engine.take() is None  # one slot


def test_it_works_headless_with_the_demo(engine, tiny) -> None:
    engine.set_network(tiny)
    engine.open_source("demo")
    engine.request(everything(tiny))
    snapshot = answer_to(engine, 1)
    assert snapshot.picture.shape == (24, 32, 3)
    assert engine.status().source.spec == "demo"


def test_rates_are_told(engine, tiny, endless) -> None:
    engine.set_network(tiny)
    engine.open_source(endless(rate_hz=50))
    for _ in range(60):
        assert engine.next_snapshot(20) is not None
    rates = engine.status().rates
    assert 5 < rates.captured <= 60
    assert 0 < rates.processed <= rates.captured * 1.5


def test_close_ends_every_thread_within_a_second(tiny, endless, news) -> None:
    engine = Engine("cpu")
    engine.start()
    engine.start()  # a second time does nothing
    engine.set_network(tiny)
    engine.open_source(endless())
    assert engine.next_snapshot(20) is not None
    news.until(lambda: "deepvis-loader" not in own_threads())  # it ends with its work
    assert own_threads() == {"deepvis-capture", "deepvis-clerk", "deepvis-worker"}
    started = time.monotonic()
    engine.close()
    assert time.monotonic() - started < 1
    assert own_threads() == set()
    engine.close()
    engine.start()
    assert own_threads() == set()


def test_an_engine_that_never_started_can_be_closed(tiny, endless) -> None:
    engine = Engine("cpu")
    engine.open_source(endless())
    engine.set_network(tiny)
    engine.close()
    assert own_threads() == set()


def test_what_is_wished_before_the_start_comes_after_it(tiny, endless) -> None:
    engine = Engine("cpu")
    engine.open_source(endless())
    engine.set_network(tiny)
    engine.request(everything(tiny, 3))
    engine.start()
    assert answer_to(engine, 3)
    engine.close()


def test_close_in_the_middle_of_a_load(monkeypatch) -> None:
    loading, go_on = Event(), Event()

    def slow(spec, weights=None, *, trust=False, progress=None):
        loading.set()
        go_on.wait(20)
        progress("Downloading", 1, 2)
        raise AssertionError("went on after the close")

    monkeypatch.setattr(loader_module, "load_network", slow)
    engine = Engine("cpu")
    engine.start()
    engine.load("a")
    assert loading.wait(10)
    started = time.monotonic()
    engine.close(timeout_s=0.3)
    assert time.monotonic() - started < 1
    go_on.set()


def test_close_does_not_wait_for_a_source_that_blocks(tiny, scripted, make_frame, news) -> None:
    engine = Engine("cpu", on_news=news)
    engine.start()
    source = scripted()
    source.gate = Event()
    source.feed(make_frame(0))
    engine.open_source(source)
    news.until(lambda: source.reads)
    started = time.monotonic()
    engine.close(timeout_s=0.5)
    assert time.monotonic() - started < 1
    source.gate.set()


def test_a_blocked_source_can_be_replaced(
    engine, tiny, scripted, endless, make_frame, news
) -> None:
    stuck = scripted()
    stuck.gate = Event()
    stuck.feed(make_frame(99))
    engine.set_network(tiny)
    engine.open_source(stuck)
    news.until(lambda: stuck.reads)
    engine.open_source(endless("fresh"))
    titles = {engine.next_snapshot(20).frame.title for _ in range(5)}
    assert titles == {"fresh"}  # while the other is still stuck
    stuck.gate.set()
    news.until(lambda: stuck.closed == 1)


def test_an_address_that_drips_holds_nobody_up(engine, tiny, endless, news, monkeypatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    over, reached = Event(), Event()

    def drip() -> None:
        client, _ = listening.accept()
        reached.set()
        with client:
            while not over.wait(0.02):
                try:
                    client.sendall(b"H")
                except OSError:
                    return

    engine.set_network(tiny)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = threading.Thread(target=drip)
        server.start()
        engine.open_source(f"http://me:geheim@127.0.0.1:{listening.getsockname()[1]}/x")
        assert "geheim" not in repr(engine.status())
        assert reached.wait(20)
        engine.open_source(endless("fresh"))
        assert engine.next_snapshot(20).frame.title == "fresh"
        server.join(10)  # the one before has let go of its socket
        assert not server.is_alive()
        over.set()
    news.until(lambda: sum(one.name == "deepvis-capture" for one in threading.enumerate()) == 1)


def test_fifty_exchanged_sources_leave_nothing_behind(engine, tiny, endless, news) -> None:
    engine.set_network(tiny)
    sources = [endless(f"source {number}") for number in range(50)]
    for number, source in enumerate(sources):
        engine.open_source(source)
        if number % 5 == 0:  # some live, some are replaced before they open
            while engine.next_snapshot(20).frame.title != source.spec:
                pass
    while engine.next_snapshot(20).frame.title != "source 49":
        pass
    news.until(lambda: sum(name == "deepvis-capture" for name in own_threads()) == 1)
    names = [one.name for one in threading.enumerate()]
    assert names.count("deepvis-capture") == 1
    assert all(source.closed == 1 for source in sources[:-1] if source.opened)


def test_frames_of_a_replaced_source_never_come_after_those_of_the_new_one(
    engine, tiny, endless
) -> None:
    engine.set_network(tiny)
    last = -1
    for number in range(20):
        engine.open_source(endless(str(number), rate_hz=1000))
        engine.request(LiveRequest(number))
        seen = int(engine.next_snapshot(20).frame.title)
        assert seen >= last
        last = seen


def test_an_unknown_source_is_a_status_with_a_remedy(engine, news) -> None:
    engine.open_source("no/such/thing.mp4")
    news.until(lambda: engine.status().source.phase is Phase.FAILED)
    error = engine.status().source.error
    assert error.cause
    assert error.remedy


def test_an_unknown_network_is_a_status_and_the_old_one_goes_on(
    engine, tiny, endless, news
) -> None:
    engine.set_network(tiny)
    engine.open_source(endless())
    assert engine.next_snapshot(20)
    engine.load("torchvision:no_such_network")
    news.until(lambda: engine.status().network.phase is Phase.FAILED)
    assert engine.status().network.error.remedy
    assert engine.status().network.network is tiny
    engine.request(LiveRequest(2))
    assert answer_to(engine, 2).network == tiny.fingerprint


def test_controls_reach_the_source(engine, scripted, news) -> None:
    source = scripted()
    engine.control(lambda one: one.step(1))  # there is none yet: nothing happens
    engine.open_source(source)
    news.until(lambda: engine.status().source.phase is Phase.READY)
    engine.control(lambda one: one.step(4))
    news.until(lambda: source.steps == 4)


def test_freeze_and_step(engine, tiny, endless) -> None:
    engine.set_network(tiny)
    engine.open_source(endless())
    engine.request(LiveRequest(1))
    answer_to(engine, 1)
    engine.freeze(True)
    assert engine.status().frozen
    engine.request(LiveRequest(2))
    held = answer_to(engine, 2).frame.number
    engine.step_frame()
    numbers = []
    for generation in range(3, 8):
        engine.request(LiveRequest(generation))
        numbers.append(answer_to(engine, generation).frame.number)
    assert set(numbers) - {held} <= {max(numbers)}
    engine.step_frame()
    while (snapshot := engine.next_snapshot(20)).frame.number <= max(numbers):
        pass
    engine.freeze(False)
    assert answer_to(engine, 7).frame.number >= snapshot.frame.number


def test_activations_are_saved(engine, tiny, endless, tmp_path) -> None:
    engine.set_network(tiny)
    engine.open_source(endless())
    engine.freeze(True)
    engine.request(LiveRequest(1))
    frame = answer_to(engine, 1).frame
    every = engine.save_activations(tmp_path / "new" / "all.npz")
    some = engine.save_activations(tmp_path / "some.npz", ["second"], half=True)
    assert every.wait(20)
    assert some.wait(20)
    assert every.error is some.error is None
    x = tiny.prepare(frame.image)
    truth = {name: maps[0].numpy() for name, maps in tiny.activations(x.unsqueeze(0)).items()}
    with np.load(tmp_path / "new" / "all.npz") as saved:
        assert set(saved) == {*truth, "input", "picture", "provenance"}
        facts = json.loads(str(saved["provenance"]))
        assert (facts["network"], facts["fingerprint"]) == (tiny.name, tiny.fingerprint)
        assert (facts["frame"], facts["frame_index"]) == (frame.title, frame.index)
        assert facts["torch"] == torch.__version__
        assert datetime.fromisoformat(facts["date"]).tzinfo is not None
        np.testing.assert_allclose(saved["input"], x.numpy(), atol=1e-6)
        assert (saved["picture"] == tiny.view(frame.image)[0]).all()
        for name, values in truth.items():
            assert saved[name].dtype == np.float32
            np.testing.assert_allclose(saved[name], values, rtol=1e-3, atol=1e-4)
    with np.load(tmp_path / "some.npz") as saved:
        assert set(saved) == {"second", "input", "picture", "provenance"}
        assert saved["second"].dtype == np.float16


def test_activations_that_come_too_late_are_not_saved(
    engine, tiny, endless, tmp_path, monkeypatch
) -> None:
    entered, gate = Event(), Event()
    activations = LiveProcessor.activations

    def late(self, *args):
        entered.set()
        gate.wait(20)
        return activations(self, *args)

    monkeypatch.setattr(LiveProcessor, "activations", late)
    engine.set_network(tiny)
    engine.open_source(endless())
    assert engine.next_snapshot(20)
    handle = engine.save_activations(tmp_path / "late.npz")
    assert entered.wait(20)
    left = engine._worker._shift.thread
    engine._worker.leave()
    assert handle.done
    assert "did not come back" in str(handle.error)
    gate.set()
    left.join(20)
    assert not left.is_alive()
    assert list(tmp_path.iterdir()) == []


def test_activations_that_cannot_be_saved_say_why(engine, tiny, endless, tmp_path) -> None:
    early = engine.save_activations(tmp_path / "early.npz")
    assert early.wait(20)
    assert "no activations yet" in str(early.error)
    engine.set_network(tiny)
    engine.open_source(endless())
    assert engine.next_snapshot(20)
    (tmp_path / "file").write_text("in the way")
    blocked = engine.save_activations(tmp_path / "file" / "a.npz")
    unknown = engine.save_activations(tmp_path / "a.npz", ["secnd"])
    assert blocked.wait(20)
    assert unknown.wait(20)
    assert "cannot be written" in str(blocked.error)
    assert "second" in str(unknown.error)
    assert [path.name for path in tmp_path.iterdir() if path.suffix != ""] == []


def test_a_promise_is_kept_when_the_engine_closes(tiny, tmp_path) -> None:
    engine = Engine("cpu")
    handle = engine.save_activations(tmp_path / "a.npz")
    engine.start()
    engine.close()
    assert handle.wait(10)


def test_switching_everything_while_it_runs_never_mixes_answers(
    engine, make_network, endless, news
) -> None:
    """Every snapshot's grids are those of its generation, under the network it names."""
    networks = [make_network(seed) for seed in range(3)]
    fingerprints = {network.fingerprint for network in networks}
    layers = [info.name for info in networks[0].layers if info.map_size != (1, 1)]
    choose = random.Random(0)
    asked: dict[int, LiveRequest] = {0: LiveRequest()}
    snapshots = []
    engine.set_network(networks[0])
    engine.open_source(endless(rate_hz=2000))
    for generation in range(1, 201):
        wanted = choose.sample(layers, choose.randint(0, 3))
        grids = tuple(
            GridReader(name, (12, 16), 3, order=choose.choice(list(UnitOrder))) for name in wanted
        )
        strip = StripReader(tuple(choose.sample(layers, choose.randint(0, 4))))
        readers = (*grids, strip)
        asked[generation] = LiveRequest(generation, readers, mirror=choose.random() < 0.5)
        engine.request(asked[generation])
        if generation % 7 == 0:
            engine.set_network(choose.choice(networks))
        if generation % 11 == 0:
            engine.open_source(endless(str(generation), rate_hz=2000))
        if generation % 13 == 0:
            engine.freeze(choose.random() < 0.5)
        if generation % 3 == 0:
            snapshots.append(engine.next_snapshot(20))
        elif (snapshot := engine.take()) is not None:
            snapshots.append(snapshot)
    snapshots.append(answer_to(engine, 200))
    assert engine.status().fault is None
    assert len(snapshots) > 60
    generations = [snapshot.generation for snapshot in snapshots]
    assert generations == sorted(generations)
    for snapshot in snapshots:
        request = asked[snapshot.generation]
        *grids, strip = request.readers or (StripReader(),)
        assert [grid.layer for grid in snapshot.every(GridReader)] == [grid.layer for grid in grids]
        thumbs = snapshot.first(StripReader)
        assert set(thumbs.thumbs if thumbs else ()) == set(strip.names)
        assert snapshot.placement.mirrored == request.mirror
        assert snapshot.network in fingerprints


def test_snapshots_name_the_network_that_made_them(engine, make_network, endless, news) -> None:
    first, second = make_network(0), make_network(1)
    engine.open_source(endless())
    for number in range(20):
        network = (first, second)[number % 2]
        engine.set_network(network)
        while (snapshot := engine.next_snapshot(20)).network != network.fingerprint:
            pass
        x = network.prepare(snapshot.frame.image).unsqueeze(0)
        with np.errstate(all="ignore"):
            logits = network.module(x)[0].detach()
        np.testing.assert_allclose(snapshot.scores, logits.softmax(0).numpy(), rtol=1e-3, atol=1e-6)


def test_a_network_that_fails_is_a_fault_and_the_stream_recovers(
    engine, make_network, tiny, endless, news
) -> None:
    broken = make_network(3)
    broken.module.error = RuntimeError("no such luck")
    engine.open_source(endless())
    engine.set_network(broken)
    news.until(lambda: engine.status().fault is not None)
    assert "no such luck" in engine.status().fault.cause
    engine.set_network(tiny)
    while engine.next_snapshot(20).network != tiny.fingerprint:
        pass
    news.until(lambda: engine.status().fault is None)


def test_a_batch_source_gets_every_frame_answered(engine, tiny, scripted, make_frame) -> None:
    source = scripted("batch", Policy.EVERY)
    source.feed(*(make_frame(number) for number in range(40)), None)
    engine.set_network(tiny)
    assert not engine.next_snapshot(0.01)
    engine.open_source(source)
    while engine.next_snapshot(20).frame.number != 39:
        pass
    assert engine.status().rates.dropped == 0


def test_another_number_of_threads(engine, tiny, endless, news) -> None:
    engine.set_threads(1)
    engine.set_network(tiny)
    engine.open_source(endless())
    assert engine.next_snapshot(20)
    engine.set_threads(None)
    engine.request(LiveRequest(4))
    assert answer_to(engine, 4)


@pytest.mark.slow
def test_memory_stays_flat(engine, tiny, endless) -> None:
    from deepvis_app.engine.measure import rss_mb

    engine.set_network(tiny)
    engine.open_source(endless(rate_hz=1000))
    engine.request(everything(tiny))
    levels = []
    for count in range(3000):
        assert engine.next_snapshot(20) is not None
        if count % 500 == 499:
            levels.append(rss_mb())
    growth = [b - a for a, b in pairwise(levels[1:])]
    assert sum(growth) < 8, levels


def test_an_engine_closes_in_time_though_its_network_hangs(make_network, endless, news) -> None:
    network, entered, gate = make_network(), Event(), Event()

    class Hangs:
        def __call__(self, *_: object) -> None:
            if threading.current_thread().name == "deepvis-worker":
                entered.set()
                gate.wait(20)

        def __deepcopy__(self, memo: object) -> Hangs:
            return self

    engine = Engine("cpu", on_news=news)
    engine.start()
    engine.open_source(endless())
    network.module.register_forward_pre_hook(Hangs())
    engine.set_network(network)
    assert entered.wait(20)
    news.until(lambda: engine.status().at_work_s > 0.1)
    began_s = time.monotonic()
    engine.close(0.5)
    assert time.monotonic() - began_s < 3
    gate.set()


def test_an_engine_alone_in_its_process_sets_back_what_a_network_changed(
    make_network, endless, news
) -> None:
    class Spoils:
        def __call__(self, *_: object) -> None:
            torch.set_default_dtype(torch.float64)

        def __deepcopy__(self, memo: object) -> Spoils:
            return self

    before = torch.get_default_dtype()
    network = make_network()
    with Engine("cpu", on_news=news, alone=True) as engine:
        engine.open_source(endless())
        network.module.register_forward_hook(Spoils())
        engine.set_network(network)
        news.until(lambda: engine.take() is not None)
        engine.set_network(make_network(seed=2))
        news.until(lambda: torch.get_default_dtype() is before)
    assert torch.get_default_dtype() is before
