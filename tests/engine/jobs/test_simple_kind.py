"""A kind of job that is one file and one line, from its request until it is found again."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from deepvis_app.engine import Engine, JobState
from deepvis_app.engine.jobs import kinds
from deepvis_app.engine.jobs.job import NO_NETWORK
from deepvis_app.engine.jobs.kind import JobKind
from deepvis_app.engine.jobs.memory import LIST
from deepvis_app.engine.jobs.progress import Progress
from deepvis_app.known.job_words import name_of, progress_text
from deepvis_app.store import Store
from tests.alone import run_alone
from tests.engine.awaited import status_of
from tests.engine.jobs.mean_activation import MeanActivation, MeanRequest

PICTURES = 200
LAYER = "third"


@pytest.fixture
def folder(tmp_path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(PICTURES):
        image = np.random.default_rng(number).integers(0, 256, (24, 32, 3), np.uint8)
        Image.fromarray(image).save(folder / f"{number:03}.png")
    return folder


@pytest.fixture
def registered(monkeypatch) -> list[int]:
    """Add the kind by its one line; return how many pictures were looked at, a job's run each."""
    seen: list[int] = []
    steps = MeanActivation.steps

    def counted(self, network, request, resume):
        seen.append(0)
        for step in steps(self, network, request, resume):
            seen[-1] += 1
            yield step
        return step.preview  # as what `steps` returns

    monkeypatch.setattr(MeanActivation, "steps", counted)
    monkeypatch.setattr(kinds, "KINDS", (*kinds.KINDS, MeanActivation))
    return seen


def truth(network, folder: Path) -> list[float]:
    images = [np.asarray(Image.open(file)) for file in sorted(folder.glob("*.png"))]
    means = [
        network.activations(network.prepare(image)[None], [LAYER])[LAYER][0].mean((1, 2)).numpy()
        for image in images
    ]
    return np.mean(means, axis=0).tolist()


def test_a_simple_kind_is_listed_held_killed_resumed_kept_and_found_again(
    tmp_path, folder, registered, news, make_network
) -> None:
    program = str(Path(__file__).with_name("mean_activation.py"))
    died = run_alone(program, str(folder), str(tmp_path / "store"))
    assert died.returncode == -signal.SIGKILL, died.stderr
    store = Store(tmp_path / "store")
    assert len(json.loads(store.kept(LIST))["jobs"]) == 1
    network, request = make_network(), MeanRequest(str(folder), LAYER)
    with Engine("cpu", threads=1, on_news=news, store=store) as engine:
        (offered,) = engine.jobs.take_back()
        assert name_of(offered) == "tiny · third over pictures"
        assert registered == []  # nothing is done that was not accepted
        engine.set_network(network)
        engine.jobs.resume(offered.id)
        news.until(lambda: status_of(engine, offered.id).step > 0, 60)
        engine.jobs.pause(offered.id)
        status = status_of(engine, offered.id)
        assert status.state is JobState.PAUSED
        assert progress_text(status) == f"step {status.step} of {PICTURES} · paused"
        engine.jobs.resume(offered.id)
        news.until(lambda: status_of(engine, offered.id).state is JobState.DONE, 60)
        status = status_of(engine, offered.id)
        assert 0 < sum(registered) < PICTURES  # not those before the checkpoint
        assert status.previews[request] == pytest.approx(truth(network, folder), rel=1e-4)
        assert store.get(status.results[request]).about["network"] == "tiny"
        before = sum(registered)
        again = engine.jobs.submit(request)
        news.until(lambda: status_of(engine, again).state is JobState.DONE, 60)
        assert status_of(engine, again).previews[request] == status.previews[request]
        assert sum(registered) == before
    assert json.loads(store.kept(LIST))["jobs"] == []
    assert store.find("checkpoint") == ()
    store.close()


class Counting(JobKind[int, int]):
    """Needs no network."""

    name, request, needs_network = "counting", int, False

    def title(self, request: int) -> str:
        return f"count to {request}"

    def steps(self, network, request: int, resume):
        begun = 0 if resume is None else int(resume["step"])
        for step in range(begun, request):
            yield Progress(step + 1, request)
        return request

    def to_data(self, request: int) -> dict[str, int]:
        return {"to": request}

    def from_data(self, data) -> int:
        return int(data["to"])


def test_a_kind_that_needs_no_network_goes_on_with_any(
    tmp_path, monkeypatch, news, make_network
) -> None:
    monkeypatch.setattr(kinds, "KINDS", (*kinds.KINDS, Counting))
    store = Store(tmp_path / "store")
    with Engine("cpu", threads=1, on_news=news, store=store) as engine:
        engine.set_network(make_network())
        job = engine.jobs.submit(10**7)
        news.until(lambda: status_of(engine, job).step > 2, 60)
        other = make_network(seed=3)
        engine.set_network(other)
        news.until(lambda: engine.status().network.network is other, 60)
        assert status_of(engine, job).state in (JobState.RUNNING, JobState.WAITING)
        news.until(lambda: status_of(engine, job).step > 2, 60)
        assert status_of(engine, job).network == NO_NETWORK.name
        engine.jobs.cancel(job)
        short = engine.jobs.submit(3)
        news.until(lambda: status_of(engine, short).state is JobState.DONE, 60)
        assert status_of(engine, short).previews[3] == 3
        first = status_of(engine, short).results[3]
        engine.set_network(make_network())
        again = engine.jobs.submit(3)
        news.until(lambda: status_of(engine, again).state is JobState.DONE, 60)
        assert status_of(engine, again).results[3] == first  # whatever the network
    store.close()
