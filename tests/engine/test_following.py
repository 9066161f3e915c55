"""The network of a run that is being trained: new weights between two frames, without a load."""

from __future__ import annotations

import os
import time
from threading import Event
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from deepvis_app.engine import Engine, JobState, LiveRequest, SynthesisRequest, following
from deepvis_app.engine.device.device import choose_device
from deepvis_app.engine.device.replica import renew, replica_on
from deepvis_app.engine.readers import GridReader, StripReader, UnitReader
from deepvis_app.engine.weights import Weights
from deepvis_app.nets import Unit, load_network
from deepvis_app.nets.profile import InputSection, Profile
from deepvis_app.nets.profile_text import profile_text
from deepvis_app.synth import PRESETS, Sample, synthesize

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RECIPE = PRESETS["fast-preview"].with_value("stop.steps", 4)
FACTORY = {"in_channels": 3, "out_channels": 6, "kernel_size": 16}
SIDE = 16


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = tmp_path / "runs" / "steady"
    (folder / "checkpoints").mkdir(parents=True)
    profile = Profile(factory="torch.nn:Conv2d", arguments=FACTORY, input=InputSection(size=SIDE))
    (folder / "plan.json").write_text("{}")
    (folder / "network.toml").write_text(profile_text(profile))
    write(folder / "checkpoints" / "00000000.safetensors", 0)
    return folder


def weights(seed: int) -> dict[str, torch.Tensor]:
    torch.manual_seed(seed)
    return dict(nn.Conv2d(**FACTORY).state_dict())


def write(path: Path, step: int, tensors: dict[str, torch.Tensor] | None = None) -> None:
    """Write as the training does: whole, and with what only it needs."""
    draft = path.with_suffix(".draft")
    own = weights(step) if tensors is None else tensors
    save_file({**own, "optim.state": torch.zeros(3)}, draft, {"facts": f'{{"step": {step}}}'})
    stamp = 1_700_000_000_000_000_000 + step
    os.utime(draft, ns=(stamp, stamp))
    draft.replace(path)


def at_step(run: Path, step: int, tmp_path: Path):
    """Return the network as it is loaded of a checkpoint."""
    file = run / "checkpoints" / f"{step:08d}.safetensors"
    write(file, step)
    network = load_network(f"{run}@{step}")
    file.unlink()
    return network


@pytest.fixture
def engine(store, news) -> Iterator[Engine]:
    with Engine("cpu", threads=1, on_news=news, store=store) as engine:
        yield engine


def shown(engine: Engine, note: str):
    """Return the first snapshot with the weights of a note."""
    while (snapshot := engine.next_snapshot(20)) is not None:
        if snapshot.weights_note == note:
            return snapshot
    raise AssertionError(f"no snapshot of {note}")


UNIT = Unit("Conv2d", 2)


def test_new_weights_come_between_two_frames_of_a_picture_at_rest(
    run, engine, scripted, make_frame, news, tmp_path
) -> None:
    source = scripted()
    frame = make_frame(1, size=(SIDE, SIDE))
    source.feed(frame)
    engine.load(str(run))
    news.until(lambda: engine.status().network.network is not None)
    network = engine.status().network.network
    layer = network.layers[0].name
    unit, strip = UnitReader(Unit(layer, 2)), StripReader((layer,))
    grid = GridReader(layer, (8, 8), 3)
    engine.request(LiveRequest(7, (unit, strip, grid)))
    engine.open_source(source)
    first = shown(engine, "step 0")
    for step in (1, 2):
        write(run / "now.safetensors", step)
        there = at_step(run, step, tmp_path)
        snapshot = shown(engine, f"step {step}")
        bare = nn.Conv2d(**FACTORY)
        bare.load_state_dict(weights(step))
        truth = bare(there.prepare(frame.image)[None])[0, :, 0, 0].detach().numpy()
        assert snapshot.of(unit).maximum == pytest.approx(truth[2], rel=1e-4, abs=1e-5)
        np.testing.assert_allclose(snapshot.of(grid).maxima, truth, rtol=1e-4, atol=1e-5)
        assert snapshot.weights == there.fingerprint  # what is made is kept where it belongs
        assert snapshot.network == first.network  # it is the same network still
        assert snapshot.generation == 7
        assert network.last_fingerprint == there.fingerprint
        assert network.identity == first.network
    assert engine.status().network.network is network
    assert engine.status().followed.step == 2


def test_a_torn_or_foreign_file_is_passed_over_and_said(
    run, engine, scripted, make_frame, news
) -> None:
    source = scripted()
    source.feed(make_frame(1, size=(SIDE, SIDE)))
    engine.load(str(run))
    engine.open_source(source)
    engine.request(LiveRequest(1))
    shown(engine, "step 0")
    now = run / "now.safetensors"

    def problem() -> str:
        followed = engine.status().followed
        return str(followed.problem or "") if followed else ""

    write(now, 1)
    whole = now.read_bytes()
    now.write_bytes(whole[: len(whole) // 2])
    news.until(lambda: "torn" in problem())
    write(now, 2, {"weight": torch.zeros(6, 3, 2, 2), "bias": torch.zeros(6)})
    news.until(lambda: "'weight' is 6 x 3 x 2 x 2, not 6 x 3 x 16 x 16" in problem())
    write(now, 3, {"weight": weights(0)["weight"]})
    news.until(lambda: "lack 'bias'" in problem())
    write(now, 4, {key: value.double() for key, value in weights(0).items()})
    news.until(lambda: "holds float64, not float32" in problem())
    assert engine.status().fault is None
    write(now, 5)
    shown(engine, "step 5")
    assert problem() == ""


def test_another_network_ends_the_following(run, engine, news, tiny) -> None:
    engine.load(str(run))
    news.until(lambda: engine.status().followed is not None)
    thread = engine._following._thread
    engine.set_network(tiny)
    news.until(lambda: engine.status().network.network is tiny)
    assert engine.status().followed is None
    thread.join(10)
    assert not thread.is_alive()
    engine.load(f"{run}@0")  # a checkpoint does not move
    news.until(lambda: engine.status().network.spec == f"{run}@0")
    assert engine.status().followed is None


def test_a_job_keeps_the_weights_that_it_was_asked_for(
    run, engine, scripted, make_frame, news, tmp_path
) -> None:
    source = scripted()
    source.feed(make_frame(1, size=(SIDE, SIDE)))
    engine.load(str(run))
    engine.open_source(source)
    engine.request(LiveRequest(1))
    shown(engine, "step 0")
    network = engine.status().network.network
    entered, leave = Event(), Event()

    def block(*_: object) -> None:
        entered.set()
        leave.wait(20)

    engine._worker.put_task(block)
    assert entered.wait(20)
    sample = Sample(Unit(network.layers[0].name, 2))
    job = engine.jobs.submit(SynthesisRequest((sample,), RECIPE))
    write(run / "now.safetensors", 1)
    first = at_step(run, 0, tmp_path)
    news.until(lambda: engine.status().followed.step == 1)
    leave.set()
    shown(engine, "step 1")

    def status():
        return next(one for one in engine.jobs.statuses() if one.id == job)

    news.until(lambda: status().state.is_final, 60)
    assert status().state is JobState.DONE, status().error
    second = load_network(str(run))
    assert engine.gallery.find(second.fingerprint, sample, RECIPE) is None
    kept = engine.gallery.find(first.fingerprint, sample, RECIPE)
    alone = synthesize(first, sample.objective, RECIPE)
    assert kept.activation == pytest.approx(alone.activation, rel=1e-3)
    assert abs(kept.image.astype(int) - alone.image).max() <= 1
    later = engine.jobs.submit(SynthesisRequest((sample,), RECIPE))
    assert later != job
    news.until(lambda: engine.gallery.find(second.fingerprint, sample, RECIPE) is not None, 60)


def test_a_packed_replica_gives_what_the_new_weights_give() -> None:
    torch.manual_seed(0)
    network = load_network("pocket")
    replica = replica_on(network, choose_device("cpu"))
    copy = replica.replica("cpu")
    x = torch.rand(1, *network.input_shape)
    before = network.forward(x).logits
    values = {key: (value * 1.1).numpy() for key, value in network.module.state_dict().items()}
    renew(replica, values)
    network.module.load_state_dict({k: torch.from_numpy(v) for k, v in values.items()})
    truth = network.forward(x).logits
    with torch.no_grad():
        torch.testing.assert_close(replica.forward(x).logits, truth, rtol=1e-3, atol=1e-3)
        torch.testing.assert_close(copy.forward(x).logits, before, rtol=1e-3, atol=1e-3)
    leaves = [x.clone().requires_grad_() for _ in range(2)]
    for leaf, one in zip(leaves, (network, replica), strict=True):
        one.forward(leaf).logits[0, 3].backward()
    largest = leaves[0].grad.abs().max()
    assert (leaves[0].grad - leaves[1].grad).abs().mean() < 1e-3 * largest


def test_weights_that_take_long_come_less_often(run, monkeypatch) -> None:
    """Whatever a network's size, they take a twentieth of the time."""
    taken_s: list[float] = []
    enough, cost_s = Event(), 0.03

    def take(network, _values, note):
        write(run / "now.safetensors", len(taken_s) + 1)  # the next ones are there at once
        taken_s.append(time.monotonic())
        while time.monotonic() - taken_s[-1] < cost_s:
            pass
        return Weights(network, {}, note, note)

    def deliver(_weights) -> None:
        if len(taken_s) == 3:
            enough.set()

    monkeypatch.setattr(following, "LOOK_S", 0.001)
    watch = following.Following(take, deliver, lambda: None)
    watch.follow(load_network(str(run)))
    assert enough.wait(20)
    watch.close()
    watch.join(5)
    assert min(np.diff(taken_s[:3])) >= cost_s / following.SHARE
