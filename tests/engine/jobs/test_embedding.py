"""A map of codes as a job, and jobs that wait for what is done elsewhere."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import Future
from threading import Semaphore
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from deepvis_app.corpus import load_corpus, scan
from deepvis_app.corpus.codes import codes_of
from deepvis_app.corpus.map.embedding import embed_codes
from deepvis_app.corpus.map.kept import kept_maps, read_map, write_map
from deepvis_app.corpus.map.settings import MapSettings
from deepvis_app.engine import Engine, JobState
from deepvis_app.engine.jobs import kinds, runner
from deepvis_app.engine.jobs.kind import JobKind
from deepvis_app.engine.jobs.kinds import embedding
from deepvis_app.engine.jobs.kinds.embedding import EmbeddingRequest, LayingOut
from deepvis_app.engine.jobs.memory import LIST
from deepvis_app.engine.jobs.progress import Progress
from deepvis_app.errors import UserError
from deepvis_app.store import Store
from tests.engine.awaited import status_of, until_done

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from deepvis_app.corpus import Corpus

PICTURES = 30
LAYER = "third"
SETTINGS = MapSettings(perplexity=5)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(PICTURES):
        image = np.random.default_rng(number).integers(0, 256, (24, 32, 3), np.uint8)
        Image.fromarray(image).save(folder / f"{number:03}.png")
    return folder


@pytest.fixture
def corpus(folder: Path, tmp_path: Path, make_network) -> Corpus:
    return scan(make_network(), folder, out=tmp_path / "corpus", layers=[LAYER])


@pytest.fixture
def engine(make_network, news, tmp_path: Path) -> Iterator[Engine]:
    store = Store(tmp_path / "store")
    with Engine("cpu", threads=1, on_news=news, store=store) as engine:
        engine.set_network(make_network())
        yield engine
    store.close()


def request_of(corpus: Corpus, settings: MapSettings = SETTINGS) -> EmbeddingRequest:
    return EmbeddingRequest(str(corpus.path), LAYER, settings, "mine")


def test_a_map_is_the_one_of_the_plain_call_kept_with_its_corpus_and_found_again(
    engine, corpus, news
) -> None:
    request = request_of(corpus)
    status = until_done(engine, news, engine.jobs.submit(request))
    assert (status.title, status.way) == ("Map of third, mine", "t-SNE")
    codes = codes_of(corpus, LAYER)
    plain = embed_codes(codes, SETTINGS)
    np.testing.assert_array_equal(status.laid.points, plain.points)
    kept = read_map(load_corpus(corpus.path), codes, SETTINGS)
    np.testing.assert_array_equal(kept.points, plain.points)
    assert [one.layer for one in kept_maps(corpus)] == [LAYER]
    again = until_done(engine, news, engine.jobs.submit(request))
    assert again.step == 0  # it was found
    np.testing.assert_array_equal(again.laid.points, plain.points)
    assert again.results == status.results


def test_it_grows_on_screen_rests_and_goes_on_to_the_same_map(
    engine, corpus, news, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = Semaphore(0)  # a piece a look, or it might be whole before the second
    next_piece = embedding._next

    def one_a_look(steps: Any) -> Any:
        assert looks.acquire(timeout=60)
        return next_piece(steps)

    monkeypatch.setattr(embedding, "_next", one_a_look)
    monkeypatch.setattr(runner, "PREVIEW_S", 0.0)  # and a preview of each
    job = engine.jobs.submit(request_of(corpus))
    seen: list[bytes] = []

    def has_grown() -> bool:
        looks.release()
        laid = status_of(engine, job).laid
        if laid is not None and laid.step > 20:
            seen.append(laid.points.tobytes())
        return len(set(seen)) > 2

    news.until(has_grown, 60)
    engine.jobs.pause(job)
    assert status_of(engine, job).state is JobState.PAUSED
    engine.jobs.resume(job)
    looks.release(status_of(engine, job).total)
    status = until_done(engine, news, job)
    plain = embed_codes(codes_of(corpus, LAYER), SETTINGS)
    np.testing.assert_array_equal(status.laid.points, plain.points)


def test_pca_is_there_in_one_step(engine, corpus, news) -> None:
    settings = MapSettings("pca")
    status = until_done(engine, news, engine.jobs.submit(request_of(corpus, settings)))
    assert (status.step, status.total, status.way) == (1, 1, "PCA")
    plain = embed_codes(codes_of(corpus, LAYER), settings)
    np.testing.assert_array_equal(status.laid.points, plain.points)


def test_a_map_that_is_stopped_leaves_nothing(engine, corpus, news) -> None:
    job = engine.jobs.submit(request_of(corpus))
    news.until(lambda: status_of(engine, job).step > 0, 60)
    engine.jobs.cancel(job)
    news.until(lambda: status_of(engine, job).state is JobState.CANCELLED)
    assert kept_maps(corpus) == ()


def test_a_map_of_a_scan_that_is_removed_meanwhile_is_kept_nowhere(
    engine, corpus, news, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, laid = embedding.embed_steps, embed_codes(codes_of(corpus, LAYER), MapSettings("pca"))

    def removing(*words: Any) -> Any:
        found = yield from real(*words)
        shutil.rmtree(corpus.path)
        return found

    monkeypatch.setattr(embedding, "embed_steps", removing)
    until_done(engine, news, engine.jobs.submit(request_of(corpus)))
    assert engine.jobs.fault is None
    assert not corpus.path.exists()
    with pytest.raises(UserError, match="is gone"):
        write_map(corpus, laid)
    assert not corpus.path.exists()


@pytest.mark.parametrize(
    ("layer", "words"), [("nothing", "nothing was not scanned"), (LAYER, "There is no corpus")]
)
def test_what_cannot_be_laid_out_is_said_in_a_line(engine, corpus, news, layer, words) -> None:
    where = str(corpus.path) if layer != LAYER else "/nowhere"
    job = engine.jobs.submit(EmbeddingRequest(where, layer))
    news.until(lambda: status_of(engine, job).state is JobState.FAILED, 60)
    assert words in str(status_of(engine, job).error)
    assert engine.jobs.fault is None  # it is no fault of the store


def test_a_map_that_was_left_is_offered_again(engine, corpus, news, tmp_path) -> None:
    request = request_of(corpus)
    job = engine.jobs.submit(request)
    news.until(lambda: status_of(engine, job).step > 0, 60)
    engine.jobs.pause(job)
    engine.close()
    store = Store(tmp_path / "store")
    (listed,) = json.loads(store.kept(LIST) or "")["jobs"]
    assert LayingOut(store).from_data(listed["request"]) == request
    store.close()


@pytest.mark.parametrize(
    "wrong",
    [
        {"layer": 3}, {"settings": {"method": "guess"}}, {"settings": {"perplexity": "many"}},
        {"settings": {"seed": -1}}, {"settings": {"colour": 1}},
    ],
)  # fmt: skip
def test_requests_that_cannot_be_meant_are_refused(wrong) -> None:
    kind = LayingOut(None)
    good = kind.to_data(EmbeddingRequest("a", "b"))
    with pytest.raises((ValueError, TypeError, UserError)):
        kind.from_data({**good, **wrong})


def test_a_long_piece_keeps_nobody_waiting(engine, corpus, news, monkeypatch) -> None:
    """While a piece is at work elsewhere, the worker answers whatever it is asked."""
    begun: Future[None] = Future()
    may_end: Future[None] = Future()

    def slow(codes, settings):
        begun.set_result(None)
        may_end.result(60)
        return (yield from real(codes, settings))

    real = embedding.embed_steps
    monkeypatch.setattr(embedding, "embed_steps", slow)
    job = engine.jobs.submit(request_of(corpus, MapSettings("pca")))
    begun.result(60)
    assert engine.ask_network(lambda network: network.name).result(20) == "tiny"
    assert status_of(engine, job).state is JobState.RUNNING
    may_end.set_result(None)
    until_done(engine, news, job)


class Awaiting(JobKind[int, int]):
    """Waits for something that a test decides on; counts how often it is run."""

    name, request, needs_network = "awaiting", int, False
    awaited: Future[int]
    runs: int

    def title(self, request: int) -> str:
        return f"waits {request}"

    def steps(self, network, request, resume):
        Awaiting.runs += 1
        yield Progress(0, 2)
        yield Awaiting.awaited
        Awaiting.runs += 1
        yield Progress(1, 2)
        return Awaiting.awaited.result()

    def to_data(self, request: int) -> None:
        return None

    def from_data(self, data) -> int:
        raise ValueError(data)


def test_a_job_that_waits_is_not_run_until_it_need_not(monkeypatch, news, make_network) -> None:
    monkeypatch.setattr(kinds, "KINDS", (*kinds.KINDS, Awaiting))
    Awaiting.awaited, Awaiting.runs = Future(), 0
    with Engine("cpu", threads=1, on_news=news) as engine:
        engine.set_network(make_network())
        job = engine.jobs.submit(7)
        news.until(lambda: Awaiting.runs == 1, 60)
        pieces = engine.jobs._runner
        news.until(lambda: pieces.next_s() is None, 60)
        assert Awaiting.runs == 1
        Awaiting.awaited.set_result(3)
        status = until_done(engine, news, job)
        assert (status.previews[7], Awaiting.runs) == (3, 2)


def test_what_fails_elsewhere_ends_the_job(monkeypatch, news, make_network) -> None:
    monkeypatch.setattr(kinds, "KINDS", (*kinds.KINDS, Awaiting))
    Awaiting.awaited, Awaiting.runs = Future(), 0
    with Engine("cpu", threads=1, on_news=news) as engine:
        engine.set_network(make_network())
        job = engine.jobs.submit(7)
        news.until(lambda: Awaiting.runs == 1, 60)
        Awaiting.awaited.set_exception(UserError("It is too late", "Come earlier"))
        news.until(lambda: status_of(engine, job).state is JobState.FAILED, 60)
        assert str(status_of(engine, job).error) == "It is too late. Come earlier."
