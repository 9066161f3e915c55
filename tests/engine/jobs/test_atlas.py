"""The cells of an atlas as a job: each made, kept and found by itself, and offered again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from deepvis_app.engine import Engine, JobState
from deepvis_app.engine.jobs.kinds.atlas import GONE, AtlasRequest, AtlasStatus, FillingAtlas
from deepvis_app.engine.jobs.memory import checkpoint_key
from deepvis_app.engine.kept.gallery import Gallery
from deepvis_app.errors import UserError
from deepvis_app.store import Store
from deepvis_app.synth import DirectionObjective, synthesize
from deepvis_app.synth.icons import POWER, icon_recipe

if TYPE_CHECKING:
    from pathlib import Path

    from deepvis_app.nets import Network

RECIPE = icon_recipe((24, 32)).with_value("stop.steps", 4)
DIRECTIONS = np.round(np.random.default_rng(0).normal(size=(20, 12)), 3)


def request(directions: np.ndarray = DIRECTIONS, steps: int = 4) -> AtlasRequest:
    recipe = RECIPE.with_value("stop.steps", steps)
    return AtlasRequest.of("second", directions, recipe, seed=2, name="noise")


def ended(engine: Engine, job: int) -> AtlasStatus:
    while not (status := status_of(engine, job)).state.is_final:
        engine.next_snapshot(timeout_s=0.05)
    return status


def status_of(engine: Engine, job: int) -> AtlasStatus:
    status = next(s for s in engine.jobs.statuses() if s.id == job)
    assert isinstance(status, AtlasStatus)
    return status


def test_each_cell_is_what_its_direction_prefers(tiny: Network, store: Store) -> None:
    with Engine("cpu", threads=1, store=store) as engine:
        engine.set_network(tiny)
        status = ended(engine, engine.jobs.submit(request(DIRECTIONS[:3])))
    assert (status.state, status.made, status.title) == (JobState.DONE, 3, "Atlas of second, noise")
    for cell, key in status.results.items():
        picture = Gallery(store).get(key)
        assert picture is not None
        objective = DirectionObjective("second", tuple(DIRECTIONS[cell].tolist()), POWER)
        own = synthesize(tiny, objective, RECIPE, seed=2)
        assert picture.objective == objective
        assert picture.activation == pytest.approx(own.activation, rel=1e-3)
        np.testing.assert_allclose(picture.x, own.x, atol=0.1)  # packed convolutions round else
        np.testing.assert_array_equal(picture.image, status.previews[cell])
    assert len({picture.tobytes() for picture in status.previews.values()}) == 3


def test_cells_that_were_made_for_another_atlas_are_found(tiny: Network, store: Store) -> None:
    with Engine("cpu", threads=1, store=store) as engine:
        engine.set_network(tiny)
        first = ended(engine, engine.jobs.submit(request(DIRECTIONS[:2])))
        others = np.concatenate([DIRECTIONS[4:5], DIRECTIONS[1:2]])
        second = ended(engine, engine.jobs.submit(request(others)))
        assert second.results[1] == first.results[1]
        assert second.results[0] not in first.results.values()
        again = ended(engine, engine.jobs.submit(request(DIRECTIONS[:2])))
        assert again.results == first.results
        assert len(store.find("picture")) == 3


def test_what_was_left_is_offered_again_and_finds_its_cells(tiny: Network, tmp_path: Path) -> None:
    with Engine("cpu", threads=1, store=Store(tmp_path)) as engine:
        engine.set_network(tiny)
        job = engine.jobs.submit(request(steps=40))
        while len(status_of(engine, job).results) < 3:
            engine.next_snapshot(timeout_s=0.02)
        engine.jobs.pause(job)
        while status_of(engine, job).state is not JobState.PAUSED:
            engine.next_snapshot(timeout_s=0.02)
    with Engine("cpu", threads=1, store=Store(tmp_path)) as engine:
        engine.set_network(tiny)
        (offered,) = engine.jobs.take_back()
        kept = len(Store(tmp_path).find("picture"))
        assert (offered.state, offered.wanted) == (JobState.OFFERED, 20)
        assert 3 <= kept < 20
        engine.jobs.resume(offered.id)
        status = ended(engine, offered.id)
        assert (status.state, status.made) == (JobState.DONE, 20)
        assert len(Store(tmp_path).find("picture")) == 20  # none was made twice
        assert engine.jobs.take_back() == ()


def test_without_its_directions_an_atlas_says_so(tiny: Network, tmp_path: Path) -> None:
    store = Store(tmp_path)
    with Engine("cpu", threads=1, store=store) as engine:
        engine.set_network(tiny)
        job = engine.jobs.submit(request(steps=5000))
        while status_of(engine, job).step < 1:
            engine.next_snapshot(timeout_s=0.02)
        (written,) = json.loads(store.kept("jobs"))["jobs"]
    store.remove(checkpoint_key(written["uid"]))
    with Engine("cpu", threads=1, store=Store(tmp_path)) as engine:
        engine.set_network(tiny)
        (offered,) = engine.jobs.take_back()
        engine.jobs.resume(offered.id)
        status = ended(engine, offered.id)
    assert status.state is JobState.FAILED
    assert str(status.error) == str(GONE)


def test_requests_are_written_and_read() -> None:
    kind, asked = FillingAtlas(None), request()
    data = json.loads(json.dumps(kind.to_data(asked)))
    again = kind.unpacked(kind.from_data(data), kind.luggage(asked))
    assert again == asked
    assert again.sample(7) == asked.sample(7)
    part = kind.only(asked, (5, 3))
    assert kind.parts(part) == (5, 3)
    assert kind.from_data(kind.to_data(part)) == part
    for wrong in ({"cells": [1, 1]}, {"cells": [-1]}, {"layer": 3}, {"directions": "x"}):
        with pytest.raises(ValueError, match=r"number|digest"):
            kind.from_data({**data, **wrong})
    with pytest.raises(UserError, match="An atlas of 0 cells"):
        request(DIRECTIONS[:0])
