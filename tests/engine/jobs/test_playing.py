"""A picture that is played with, as a job: made, found again, offered, and told in its file."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from deepvis_app.engine import Engine, JobState
from deepvis_app.engine.jobs.kinds.playing import Playing, PlayRequest, PlayStatus
from deepvis_app.engine.known_array import KnownArray
from deepvis_app.synth.play import TECHNIQUES, InvertSpec, invert

if TYPE_CHECKING:
    from deepvis_app.nets import Network
    from deepvis_app.store import Store


@pytest.fixture
def picture(tiny: Network) -> KnownArray:
    height, width = tiny.input_shape[1:]
    return KnownArray.of(np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8))


def request(picture: KnownArray, steps: int = 5) -> PlayRequest:
    spec = InvertSpec(layer="second", steps=steps)
    return PlayRequest("invert", spec, (("input", picture),), 3, (("input", "noise"),))


def ended(engine: Engine, job: int) -> PlayStatus:
    while True:
        status = next(s for s in engine.jobs.statuses() if s.id == job)
        if status.state.is_final:
            assert isinstance(status, PlayStatus)
            return status
        engine.next_snapshot(timeout_s=0.05)


def test_it_is_made_found_again_and_tells_how(tiny: Network, store: Store, picture) -> None:
    with Engine("cpu", threads=1, store=store) as engine:
        engine.set_network(tiny)
        first = ended(engine, engine.jobs.submit(request(picture)))
        assert first.state is JobState.DONE
        played = first.played
        assert played is not None
        own = invert(tiny, picture.values, "second", steps=5, seed=3)
        np.testing.assert_allclose(played.x, own.x, atol=1e-3)  # packed convolutions round else
        assert first.curve == pytest.approx(tuple(own.curve), rel=1e-4)
        again = ended(engine, engine.jobs.submit(request(picture)))
        np.testing.assert_array_equal(again.played.x, played.x)
        assert again.results == first.results or [*again.results.values()] == [
            *first.results.values()
        ]
        (key,) = first.results.values()
        with Image.open(io.BytesIO(store.get(key).read("picture.png"))) as file:
            np.testing.assert_array_equal(np.asarray(file), played.image)
            assert json.loads(file.text["deepvis:settings"])["layer"] == "second"
            assert file.text["deepvis:technique"] == "invert"
            assert json.loads(file.text["deepvis:names"]) == {"input": "noise"}


def test_a_picture_that_is_missing_is_said(tiny: Network, store: Store) -> None:
    with Engine("cpu", threads=1, store=store) as engine:
        engine.set_network(tiny)
        status = ended(engine, engine.jobs.submit(PlayRequest("invert", InvertSpec(), ())))
        assert status.state is JobState.FAILED
        assert "lacks a picture: input" in str(status.error)


def test_requests_are_written_and_read(picture: KnownArray) -> None:
    kind = Playing(None)
    asked = request(picture)
    data = json.loads(json.dumps(kind.to_data(asked)))
    again = kind.unpacked(kind.from_data(data), kind.luggage(asked))
    assert again == asked
    np.testing.assert_array_equal(dict(again.pictures)["input"].values, picture.values)
    with pytest.raises(ValueError, match="no such picture"):
        kind.from_data({**data, "pictures": [["hat", picture.digest]]})


@pytest.mark.parametrize("key", list(TECHNIQUES))
def test_the_key_is_of_all_that_decides(key: str) -> None:
    how = TECHNIQUES[key]
    spec = how.spec()
    keys = {how.key_of(spec, {"input": "a"}, 0), how.key_of(spec, {"input": "b"}, 0)}
    keys |= {how.key_of(spec, {"input": "a"}, 1)}
    assert len(keys) == 3
