"""Jobs about a run's checkpoints: a layer's timeline, and preferred images of each network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from deepvis_app.engine import Engine
from deepvis_app.engine.jobs.kinds.checkpoints import At, Checkpoints, CheckpointsRequest
from deepvis_app.engine.jobs.kinds.timelines import TimelineRequest
from deepvis_app.engine.run_data import run_data
from deepvis_app.frames import Policy
from deepvis_app.lab.trainer import Training, TrainPlan
from deepvis_app.nets import Unit, load_network
from deepvis_app.nets.run_folders import checkpoints
from deepvis_app.synth import PRESETS, Sample, synthesize
from tests.engine.awaited import status_of, until_done

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RECIPE = PRESETS["fast-preview"].with_value("stop.steps", 4)


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "short"
    plan = TrainPlan(data="digits", hidden=(6,), epochs=1, batch=50, train_size=200, checkpoints=3)
    with Training(plan, folder) as training:
        for _ in training.steps():
            pass
    return folder


@pytest.fixture
def engine(store, news, tiny) -> Iterator[Engine]:
    with Engine("cpu", threads=1, on_news=news, store=store) as engine:
        engine.set_network(tiny)
        yield engine


def test_a_timeline_is_made_beside_another_network(run, engine, news) -> None:
    steps = list(checkpoints(run))
    job = engine.jobs.submit(TimelineRequest(str(run), "fc1", steps[-1]))
    timeline = until_done(engine, news, job).timeline
    assert timeline.steps.tolist() == steps
    data = run_data(run)
    assert timeline.labels == data.labels
    for moment in timeline.moments:
        network = load_network(f"{run}@{moment.step}")
        truth = network.activations(data.val_x, ["fc1"])["fc1"].flatten(2).amax(2).numpy()
        np.testing.assert_allclose(moment.scores, truth[:1000], rtol=1e-4, atol=1e-4)
        assert moment.fingerprint == network.fingerprint
        assert moment.weights.shape == (6, 8, 8)  # a linear layer that sees the picture


def test_preferred_images_are_kept_under_their_checkpoints(run, engine, news) -> None:
    steps = list(checkpoints(run))[::2]
    moments = tuple(At(step, load_network(f"{run}@{step}").fingerprint) for step in steps)
    sample = Sample(Unit("fc1", 2), seed=7)
    request = CheckpointsRequest(str(run), moments, sample, RECIPE)
    status = until_done(engine, news, engine.jobs.submit(request))
    for moment in moments:
        alone = synthesize(load_network(f"{run}@{moment.step}"), sample.objective, RECIPE, seed=7)
        kept = engine.gallery.find(moment.fingerprint, sample, RECIPE)
        assert kept.activation == pytest.approx(alone.activation, rel=1e-3)
        assert abs(kept.image.astype(int) - alone.image).max() <= 1
        assert (status.previews[moment] == kept.image).all()
        assert status.results[moment] == kept.key
    again = until_done(engine, news, engine.jobs.submit(request))
    assert again.results == status.results
    assert again.step == 0  # found, not made


def test_a_checkpoint_that_is_another_one_by_now_is_refused(run, engine, news) -> None:
    step = next(iter(checkpoints(run)))
    sample = Sample(Unit("fc1", 1))
    job = engine.jobs.submit(CheckpointsRequest(str(run), (At(step, "0" * 64),), sample, RECIPE))
    news.until(lambda: status_of(engine, job).state.is_final, 60)
    assert "another one by now" in str(status_of(engine, job).error)


def test_a_request_comes_back_after_a_restart() -> None:
    request = CheckpointsRequest(
        "/runs/a", (At(3, "ab"), At(5, "cd")), Sample(Unit("x", 1)), RECIPE
    )
    kind = Checkpoints(None)
    assert kind.from_data(kind.to_data(request)) == request


def test_a_runs_pictures_are_a_source_that_knows_their_classes(run, engine, news) -> None:
    engine.open_source(f"run:{run}")
    news.until(lambda: engine.status().source.info is not None, 60)
    data = run_data(run)
    info = engine.status().source.info
    assert info.title == "short, validation pictures"
    assert info.length == len(data.val_y)
    snapshot = engine.next_snapshot(20)
    assert snapshot.frame.label == int(data.val_y[0])
    assert snapshot.frame.label_name == data.labels[int(data.val_y[0])]
    # What the network is fed from the picture is what the training fed it.
    network = load_network(str(run))
    x = network.prepare(snapshot.frame.image)
    np.testing.assert_allclose(x, data.val_x[0], atol=0.02 * float(data.val_x.abs().max()))


def test_points_are_no_pictures(tmp_path) -> None:
    from deepvis_app.engine.run_pictures import open_run_pictures
    from deepvis_app.frames.source import SourceError

    folder = tmp_path / "points"
    with Training(TrainPlan(data="circle", epochs=1, train_size=20), folder):
        pass
    with pytest.raises(SourceError, match="no pictures"):
        open_run_pictures(f"run:{folder}", Policy.NEWEST).open()
