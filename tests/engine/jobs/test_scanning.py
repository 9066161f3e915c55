"""A scan as a job: its progress, its end, and what is left of it when it is broken off."""

from __future__ import annotations

import json
import shutil
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from PIL import Image

from deepvis_app.corpus import load_corpus, scan
from deepvis_app.corpus.lock import alone
from deepvis_app.engine import Engine, JobState
from deepvis_app.engine.jobs.kinds.scanning import Scanning, ScanRequest, ScanStatus
from deepvis_app.engine.jobs.memory import LIST
from deepvis_app.nets import Unit
from deepvis_app.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PICTURES = 30
LAYERS = ("second", "third")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(PICTURES):
        image = np.random.default_rng(number).integers(0, 256, (24, 32, 3), np.uint8)
        Image.fromarray(image).save(folder / f"{number:03}.png")
    return folder


@pytest.fixture
def engine(make_network, news, tmp_path: Path) -> Iterator[Engine]:
    store = Store(tmp_path / "store")
    with Engine("cpu", threads=1, on_news=news, store=store) as engine:
        engine.set_network(make_network())
        yield engine
    store.close()


def status_of(engine: Engine, job: int) -> ScanStatus:
    return next(one for one in engine.jobs.statuses() if one.id == job)  # type: ignore[return-value]


def ended(engine: Engine, job: int) -> bool:
    return status_of(engine, job).state.is_final


def test_what_is_there_at_the_end_is_what_a_plain_scan_finds(
    engine, folder, tmp_path, news, make_network
) -> None:
    request = ScanRequest(str(folder), str(tmp_path / "job"), "mine", LAYERS)
    job = engine.jobs.submit(request)
    news.until(lambda: ended(engine, job))
    status = status_of(engine, job)
    assert (status.state, status.error) == (JobState.DONE, None)
    assert (status.step, status.total, status.title) == (PICTURES, PICTURES, "Scan of mine")
    plain = scan(make_network(), folder, out=tmp_path / "plain", layers=LAYERS)
    found = load_corpus(tmp_path / "job")
    assert found.name == "mine"
    assert found.manner.fingerprint == plain.manner.fingerprint
    for layer in LAYERS:
        ours, theirs = found.stats(layer), plain.stats(layer)
        assert ours.mean == pytest.approx(theirs.mean, rel=1e-4)
        assert (ours.top.picture == theirs.top.picture).all()


def test_it_tells_how_far_it_is_and_can_be_read_meanwhile(folder, tmp_path, make_network) -> None:
    net, out = make_network(), tmp_path / "job"
    model = SimpleNamespace(replica=net, fingerprint=net.fingerprint)
    kind, request = Scanning(None), ScanRequest(str(folder), str(out), "mine", LAYERS)
    steps = kind.pieces(model, request, None)  # type: ignore[arg-type]
    progress = next(
        step for step in steps if step is not None and step.so_far and len(step.so_far.rows) == 8
    )
    assert (progress.step, progress.total) == (8, PICTURES)
    assert kind.previews(progress) == (progress,)
    corpus = load_corpus(out).along(progress.so_far)
    assert (corpus.scanned, corpus.total, corpus.is_complete) == (8, PICTURES, False)
    inputs = [net.prepare(np.asarray(Image.open(folder / f"{n:03}.png"))) for n in range(8)]
    maps = net.activations(torch.stack(inputs), ["third"])["third"]
    highest = maps.amax((2, 3)).numpy()
    state = corpus.stats("third")
    assert state.mean == pytest.approx(highest.mean(0), rel=1e-4)
    for unit in range(maps.shape[1]):
        tops = corpus.top(Unit("third", unit))
        assert [patch.path.name for patch in tops] == [
            f"{n:03}.png" for n in np.argsort(-highest[:, unit])
        ]
    assert sum(1 for step in steps if step is not None) > 0
    assert load_corpus(out).along(progress.so_far).scanned == PICTURES  # it counts once


def test_pictures_that_are_new_are_scanned_when_it_is_asked_again(
    engine, folder, tmp_path, news
) -> None:
    request = ScanRequest(str(folder), str(tmp_path / "job"), "mine", LAYERS)
    first = engine.jobs.submit(request)
    news.until(lambda: ended(engine, first))
    Image.fromarray(np.zeros((24, 32, 3), np.uint8)).save(folder / "black.png")
    second = engine.jobs.submit(request)
    news.until(lambda: ended(engine, second))
    assert status_of(engine, second).state is JobState.DONE
    corpus = load_corpus(tmp_path / "job")
    assert corpus.total == corpus.scanned == PICTURES + 1
    assert len(corpus.top(Unit("third", 0))) > 0


@pytest.mark.parametrize("wrong", ["gone", "empty", "held"])
def test_what_is_wrong_ends_the_job_in_one_line(engine, folder, tmp_path, news, wrong) -> None:
    out = tmp_path / "job"
    if wrong == "gone":
        shutil.rmtree(folder)
    elif wrong == "empty":
        shutil.rmtree(folder)
        folder.mkdir()
    out.mkdir()
    with alone(out) if wrong == "held" else alone(tmp_path):
        job = engine.jobs.submit(ScanRequest(str(folder), str(out), "mine", LAYERS))
        news.until(lambda: ended(engine, job))
    status = status_of(engine, job)
    assert status.state is JobState.FAILED
    words = {"gone": "no folder", "empty": "no pictures", "held": "by another"}
    assert words[wrong] in str(status.error)
    assert "\n" not in str(status.error)


def test_a_scan_that_was_left_is_offered_again(engine, folder, tmp_path, news) -> None:
    request = ScanRequest(str(folder), str(tmp_path / "job"), "mine", LAYERS)
    engine.freeze(True)
    job = engine.jobs.submit(request)
    engine.jobs.pause(job)
    engine.close()
    store = Store(tmp_path / "store")
    (listed,) = json.loads(store.kept(LIST) or "")["jobs"]
    assert Scanning(store).from_data(listed["request"]) == request
    store.close()


def test_requests_that_cannot_be_meant_are_refused() -> None:
    kind = Scanning(None)
    good = kind.to_data(ScanRequest("a", "b", "c", ("d",)))
    assert good is not None
    for name, value in (
        ("source", 3), ("layers", [3]), ("score", "best"), ("top_k", "nine"),
    ):  # fmt: skip
        with pytest.raises((ValueError, TypeError)):
            kind.from_data({**good, name: value})
