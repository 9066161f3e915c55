"""Directions as a job: what is kept, found again, and left when it is broken off."""

from __future__ import annotations

import json
import math
import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from PIL import Image

from deepvis_app.corpus import load_corpus, scan
from deepvis_app.corpus.dictionaries import DictionarySettings, make_directions
from deepvis_app.engine import Engine, JobState
from deepvis_app.engine.jobs.kinds.dictionary import (
    DictionaryRequest,
    DictionaryStatus,
    MakingDirections,
)
from deepvis_app.engine.jobs.memory import LIST
from deepvis_app.engine.kept.directions import DirectionsShelf
from deepvis_app.nets.directions_file import read_directions
from deepvis_app.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PICTURES = 20
LAYER = "second"
FEW = DictionarySettings(count=4, codes=400)
COMPONENTS = DictionarySettings(method="pca", count=3, codes=400)


@pytest.fixture
def corpus(tmp_path: Path, make_network) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(PICTURES):
        image = np.random.default_rng(number).integers(0, 256, (24, 32, 3), np.uint8)
        Image.fromarray(image).save(folder / f"{number:03}.png")
    scan(make_network(), folder, out=tmp_path / "corpus", layers=[LAYER])
    return tmp_path / "corpus"


@pytest.fixture
def shelf(tmp_path: Path) -> DirectionsShelf:
    return DirectionsShelf(tmp_path / "directions")


@pytest.fixture
def engine(make_network, news, tmp_path: Path, shelf: DirectionsShelf) -> Iterator[Engine]:
    store = Store(tmp_path / "store")
    with Engine("cpu", threads=1, on_news=news, store=store, directions=shelf) as engine:
        engine.set_network(make_network())
        yield engine
    store.close()


def status_of(engine: Engine, job: int) -> DictionaryStatus:
    return next(one for one in engine.jobs.statuses() if one.id == job)  # type: ignore[return-value]


def ended(engine: Engine, job: int) -> bool:
    return status_of(engine, job).state.is_final


def layers(engine: Engine) -> list[str]:
    network = engine.status().network.network
    return [] if network is None else [info.name for info in network.layers]


@pytest.mark.parametrize("settings", [FEW, COMPONENTS])
def test_what_is_kept_is_what_is_made_without_an_engine(
    engine, corpus, news, shelf, make_network, settings
) -> None:
    job = engine.jobs.submit(DictionaryRequest(str(corpus), LAYER, settings, "mine"))
    news.until(lambda: ended(engine, job), timeout_s=60)
    status = status_of(engine, job)
    assert (status.state, status.error) == (JobState.DONE, None)
    assert status.title == f"Directions of {LAYER}, mine"
    plain = make_directions(make_network(), load_corpus(corpus), LAYER, settings)
    (kept,) = shelf.all()
    directions, about = read_directions(kept.path)
    torch.testing.assert_close(directions.weight, plain.directions.weight, rtol=1e-3, atol=1e-4)
    assert about.figures["missed"] == pytest.approx(plain.figures.missed, rel=1e-3)
    assert len(directions.figures["explained"]) == directions.count
    assert about.made == f"{plain.sentence} of pictures"
    assert status.found is not None
    assert status.found.about.made == about.made
    engine.put_directions()
    news.until(lambda: status.found.layer in layers(engine))
    at = layers(engine)
    assert at[at.index(LAYER) + 1] == status.found.layer


def test_it_tells_what_is_missed_while_it_learns(engine, corpus, news) -> None:
    job = engine.jobs.submit(DictionaryRequest(str(corpus), LAYER, FEW))
    told: set[str] = set()
    curve: tuple[float, ...] = ()

    def is_over() -> bool:
        nonlocal curve
        status = status_of(engine, job)
        told.add(status.told.partition(",")[0])
        curve = max(curve, status.curve, key=len)
        return status.state.is_final

    news.until(is_over, timeout_s=60)
    assert {"learning", "fitting read-outs"} & told
    known = [value for value in curve if not math.isnan(value)]
    assert known[-1] < known[0]


def test_it_is_found_again_as_long_as_it_is_on_the_shelf(engine, corpus, news, shelf) -> None:
    request = DictionaryRequest(str(corpus), LAYER, COMPONENTS)
    first = engine.jobs.submit(request)
    news.until(lambda: ended(engine, first), timeout_s=60)
    (kept,) = shelf.all()
    written = kept.path.stat().st_mtime_ns
    second = engine.jobs.submit(request)
    news.until(lambda: ended(engine, second))
    found = status_of(engine, second)
    assert found.state is JobState.DONE
    assert (found.step, kept.path.stat().st_mtime_ns) == (0, written)
    assert found.found is not None
    assert found.found.layer == status_of(engine, first).found.layer
    shelf.remove(kept.path)
    third = engine.jobs.submit(request)
    news.until(lambda: ended(engine, third), timeout_s=60)
    assert [each.path for each in shelf.all()] == [kept.path]


def test_they_are_of_the_scan_as_it_was_even_if_that_goes_or_grows_meanwhile(
    engine, corpus, news, shelf, make_network, tmp_path
) -> None:
    def made() -> DictionaryStatus:
        job = engine.jobs.submit(DictionaryRequest(str(corpus), LAYER, FEW))
        news.until(lambda: ended(engine, job), timeout_s=60)
        return status_of(engine, job)

    def scan_again() -> None:
        scan(make_network(), tmp_path / "pictures", out=corpus, layers=[LAYER])

    first = engine.jobs.submit(DictionaryRequest(str(corpus), LAYER, FEW))
    news.until(lambda: status_of(engine, first).step > PICTURES, timeout_s=60)
    shutil.rmtree(corpus)
    news.until(lambda: ended(engine, first), timeout_s=60)
    assert status_of(engine, first).state is JobState.DONE
    (kept,) = shelf.all()
    more = tmp_path / "pictures" / "more.png"
    Image.fromarray(np.full((24, 32, 3), 99, np.uint8)).save(more)
    scan_again()
    assert made().step > 0  # of more pictures
    assert len(shelf.all()) == 2
    more.unlink()
    shutil.rmtree(corpus)
    scan_again()
    again = made()
    assert again.step == 0  # those that were made of these pictures
    assert again.found is not None
    assert again.found.about == read_directions(kept.path)[1]


def test_another_set_of_pictures_is_another_result(corpus, tmp_path, make_network, shelf) -> None:
    net, store = make_network(), Store(tmp_path / "store")
    kind = MakingDirections(store, shelf)
    one, other = DictionaryRequest(str(corpus), LAYER, FEW), tmp_path / "less"
    (tmp_path / "pictures" / "000.png").unlink()
    scan(net, tmp_path / "pictures", out=other, layers=[LAYER])
    keys = {
        kind.key(net_name(net), request)
        for request in (
            one,
            DictionaryRequest(str(corpus), LAYER, FEW, "another name"),
            DictionaryRequest(str(other), LAYER, FEW),
            DictionaryRequest(str(corpus), LAYER, COMPONENTS),
        )
    }
    assert len(keys) == 3
    store.close()


def net_name(network):
    from deepvis_app.engine.jobs.status import NetworkName

    return NetworkName(network.fingerprint, network.name)


def test_a_cancelled_job_leaves_nothing(engine, corpus, news, shelf) -> None:
    long = DictionarySettings(count=40, codes=2000)
    job = engine.jobs.submit(DictionaryRequest(str(corpus), LAYER, long))
    news.until(lambda: status_of(engine, job).step > PICTURES + 2, timeout_s=60)
    engine.jobs.cancel(job)
    news.until(lambda: ended(engine, job))
    assert status_of(engine, job).state is JobState.CANCELLED
    assert shelf.all() == []


def test_a_job_that_was_left_is_offered_again(engine, corpus, tmp_path) -> None:
    request = DictionaryRequest(str(corpus), LAYER, FEW, "mine")
    engine.freeze(True)
    job = engine.jobs.submit(request)
    engine.jobs.pause(job)
    engine.close()
    store = Store(tmp_path / "store")
    (listed,) = json.loads(store.kept(LIST) or "")["jobs"]
    again = MakingDirections(store).from_data(listed["request"])
    assert (again, again.name) == (request, "mine")
    store.close()


def test_what_is_wrong_ends_the_job_in_one_line(engine, corpus, news, tmp_path) -> None:
    many = DictionarySettings(method="pca", count=40)
    for request, words in (
        (DictionaryRequest(str(tmp_path / "nowhere"), LAYER, FEW), "nowhere"),
        (DictionaryRequest(str(corpus), "tenth", FEW), "tenth"),
        (DictionaryRequest(str(corpus), LAYER, many), "no 40 principal components"),
    ):
        job = engine.jobs.submit(request)
        news.until(lambda job=job: ended(engine, job))
        status = status_of(engine, job)
        assert status.state is JobState.FAILED
        assert words in str(status.error)
        assert "\n" not in str(status.error)


def test_an_engine_without_a_shelf_says_so(make_network, corpus, news, tmp_path) -> None:
    with Engine("cpu", threads=1, on_news=news) as engine:
        engine.set_network(make_network())
        job = engine.jobs.submit(DictionaryRequest(str(corpus), LAYER, FEW))
        news.until(lambda: ended(engine, job))
        assert "nowhere here" in str(status_of(engine, job).error)


def test_requests_that_cannot_be_meant_are_refused() -> None:
    kind = MakingDirections(None)
    good = kind.to_data(DictionaryRequest("a", "b", FEW))
    for name, value in (("corpus", 3), ("layer", None), ("settings", {"method": "ica"})):
        with pytest.raises(Exception, match=r"words|method"):
            kind.from_data({**good, name: value})
