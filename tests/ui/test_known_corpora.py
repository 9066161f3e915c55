"""Corpora as the window knows them: which one is meant, what is asked of it, and when to ask."""

from __future__ import annotations

import shutil
from concurrent.futures import Future
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from deepvis_app.corpus import scan
from deepvis_app.corpus.progress import ScanProgress
from deepvis_app.engine import JobState
from deepvis_app.engine.jobs.kinds.scanning import ScanRequest, ScanStatus
from deepvis_app.engine.kept.corpora import Corpora
from deepvis_app.known.corpora import LOOK_S, NEWS_S, KnownCorpora
from deepvis_app.known.kept_pictures import at_once
from deepvis_app.nets import Network, Unit
from deepvis_app.state.pictures import PictureOptions

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Clock:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


class Later:
    """A reading thread that answers when a test says so."""

    def __init__(self) -> None:
        self.asked: list[tuple[Future, Callable]] = []

    def __call__(self, question):
        future: Future = Future()
        self.asked.append((future, question))
        return future

    def answer(self) -> None:
        asked, self.asked = self.asked, []
        for future, question in asked:
            future.set_result(question())


@pytest.fixture(scope="module")
def network() -> Network:
    torch.manual_seed(0)
    return Network(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU()), (3, 16, 16))


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(5):
        pixels = np.random.default_rng(number).integers(0, 256, (16, 16, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
    return folder


@pytest.fixture
def home(tmp_path: Path) -> Corpora:
    return Corpora(tmp_path / "corpora")


def known_of(home: Corpora, network: Network | None = None) -> KnownCorpora:
    known = KnownCorpora(home, at_once, PictureOptions(), Clock())
    known.set_network(network.fingerprint if network else "")
    known.tick()
    return known


def test_the_newest_of_most_layers_is_meant_unless_one_is_chosen(
    home, network, pictures, tmp_path
) -> None:
    assert known_of(home, network).present is None
    scan(network, pictures, out=home.folder / "whole")
    scan(network, pictures, out=home.folder / "part", layers=["1"])
    options = PictureOptions()
    known = KnownCorpora(home, at_once, options, Clock())
    known.set_network(network.fingerprint)
    known.tick()
    assert known.present is not None
    assert known.present.path.name == "whole"
    version = known.version
    options.choose(network.fingerprint, str(home.folder / "part"))
    assert known.version > version
    assert known.present.path.name == "part"
    assert {one.path.name for one in known.of_network} == {"whole", "part"}
    known.set_network("another")
    assert known.present is None
    assert known.ask(lambda corpus: corpus.scanned) is None


def test_answers_are_the_corpus_own_and_a_fault_is_told(home, network, pictures) -> None:
    scan(network, pictures, out=home.folder / "whole")
    known = known_of(home, network)
    answer = known.ask(lambda corpus: [patch.value for patch in corpus.top(Unit("1", 2))])
    assert answer is not None
    inputs = [network.prepare(np.asarray(Image.open(p))) for p in sorted(pictures.iterdir())]
    maxima = network.activations(torch.stack(inputs), ["1"])["1"][:, 2].amax((1, 2)).numpy()
    expected = sorted((v for v in maxima.tolist() if v > 0), reverse=True)
    assert answer.take() == pytest.approx(expected, rel=1e-5)
    wrong = known.ask(lambda corpus: corpus.top(Unit("9", 2)))
    assert wrong is not None
    assert wrong.take() is None
    assert "9 was not scanned" in str(known.fault)
    again = known.ask(lambda corpus: corpus.scanned)
    assert again is not None
    assert again.take() == 5
    assert known.fault is None


def test_a_corpus_is_read_anew_once_more_is_scanned(home, network, pictures) -> None:
    scan(network, pictures, out=home.folder / "whole")
    known = known_of(home, network)
    first = known.ask(lambda corpus: corpus)
    same = known.ask(lambda corpus: corpus)
    assert first is not None
    assert same is not None
    assert first.take() is same.take()
    Image.fromarray(np.zeros((16, 16, 3), np.uint8)).save(pictures / "black.png")
    scan(network, pictures, out=home.folder / "whole")
    other = known.ask(lambda corpus: corpus.scanned)
    assert other is not None
    assert other.take() == 6


def status(out: Path, progress: ScanProgress | None, state=JobState.RUNNING) -> ScanStatus:
    request = ScanRequest("pictures", str(out), "mine")
    previews = {} if progress is None else {request: progress}
    return ScanStatus(1, "Scan", request, state, previews=MappingProxyType(previews))


def test_a_scan_that_goes_on_is_news_twice_a_second_at_most(home, network, pictures) -> None:
    scan(network, pictures, out=home.folder / "whole")
    clock = Clock()
    known = KnownCorpora(home, at_once, PictureOptions(), clock)
    known.set_network(network.fingerprint)
    known.tick()
    known.take([status(home.folder / "whole", None)])
    assert known.scan is not None
    version = known.version
    for step in range(10):  # within one beat of news
        clock.now_s += NEWS_S / 20
        known.take([status(home.folder / "whole", ScanProgress(step, 10))])
        known.tick()
    assert known.version == version
    clock.now_s += NEWS_S
    known.take([status(home.folder / "whole", ScanProgress(10, 10))])
    assert known.version == version + 1
    clock.now_s += NEWS_S
    known.take([])  # it has ended
    assert known.scan is None
    assert known.version > version + 1


def test_a_list_that_is_being_read_is_read_once_more_where_news_came(home, network) -> None:
    later = Later()
    known = KnownCorpora(home, later, PictureOptions(), Clock())
    known.refresh()
    known.refresh()
    known.refresh()
    assert len(later.asked) == 1
    assert not known.is_listed
    later.answer()
    known.tick()
    assert known.is_listed
    assert len(later.asked) == 1  # for what came meanwhile
    later.answer()
    known.tick()
    assert not later.asked


def looked(known: KnownCorpora, clock: Clock) -> None:
    """Let two looks at the folder pass: what still changes is not listed yet."""
    for _ in range(4):
        clock.now_s += LOOK_S
        known.look_round()
        known.tick()


def test_what_others_do_to_corpora_is_noticed_while_one_is_looked_at(
    home, network, pictures
) -> None:
    first, second = home.folder / "first", home.folder / "second"
    scan(network, pictures, out=first)
    clock = Clock()
    known = KnownCorpora(home, at_once, PictureOptions(), clock)
    known.set_network(network.fingerprint)
    known.tick()
    looked(known, clock)
    version = known.version
    looked(known, clock)
    assert known.version == version  # nothing came to pass
    scan(network, pictures, out=second)
    looked(known, clock)
    assert {one.path for one in known.of_network} == {first, second}
    assert not known.is_gone(first)
    shutil.rmtree(first)
    looked(known, clock)
    assert known.is_gone(first)
    known.hide(second)  # removed in this window: who did it knows
    home.remove(second)
    looked(known, clock)
    assert not known.is_gone(second)
    assert known.present is None
