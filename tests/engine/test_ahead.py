"""Pictures read ahead of a scan: the same ones, never many, on a thread that ends."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from PIL import Image

from deepvis_app.corpus.pictures import Fault, source_of
from deepvis_app.corpus.scan import Wish, scan_steps
from deepvis_app.corpus.shard import reader_of
from deepvis_app.engine.ahead import Ahead
from tests.corpus.tiny import Pictures, whole_network
from tests.kills.scans import differing

if TYPE_CHECKING:
    from pathlib import Path

NAME = "deepvis-ahead"


def threads() -> int:
    return sum(thread.name == NAME for thread in threading.enumerate())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number, image in enumerate(Pictures(30).images):
        path = tmp_path / "pictures" / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(image).save(path)
    (tmp_path / "pictures" / "9.png").write_bytes(b"nothing")
    return tmp_path / "pictures"


def test_the_same_pictures_in_the_same_order(folder: Path) -> None:
    network, source = whole_network(), source_of(folder)
    names = [entry.name for entry in source.entries()]
    plain = [reader_of(network, source, _Manner())([name]) for name in names]
    for seen, one in zip(Ahead(network, source, 0)(names), plain, strict=True):
        (wanted,) = one
        if isinstance(wanted, Fault):
            assert seen == wanted
        else:
            np.testing.assert_array_equal(seen, wanted)
    assert threads() == 0


class _Manner:
    reduced = False


def test_a_scan_finds_the_same(folder: Path, tmp_path: Path) -> None:
    network, source = whole_network(), source_of(folder)
    for _ in scan_steps(network, Wish(folder, tmp_path / "plain")):
        pass
    for _ in scan_steps(network, Wish(folder, tmp_path / "ahead"), Ahead(network, source, 0)):
        assert threads() <= 1
    assert threads() == 0
    assert differing(tmp_path / "plain", tmp_path / "ahead") == []


class Counted:
    """A source that counts what is asked of it."""

    def __init__(self) -> None:
        self.asked = 0
        self.grew = threading.Condition()

    def read(self, name: str, shortest_px: int) -> np.ndarray:
        with self.grew:
            self.asked += 1
            self.grew.notify_all()
        return np.zeros((9, 9, 3), np.uint8)


def test_only_so_many_wait() -> None:
    source = Counted()
    pictures = Ahead(whole_network(), source, 0, ahead=3)([str(n) for n in range(100)])
    next(pictures)
    with source.grew:
        assert source.grew.wait_for(lambda: source.asked >= 4, 20)
    for _ in range(5):
        next(pictures)
    assert source.asked <= 6 + 3 + 1
    pictures.close()
    assert threads() == 0
    assert source.asked < 100


def test_what_fails_is_raised_where_it_is_read() -> None:
    class Failing(Counted):
        def read(self, name: str, shortest_px: int) -> np.ndarray:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        next(Ahead(whole_network(), Failing(), 0)(["1"]))
    assert threads() == 0


def test_no_torch_on_its_thread(folder: Path) -> None:
    """Every call into PyTorch goes through Python here: a profile of the thread shows none."""
    network, source = whole_network(), source_of(folder)
    called: list[str] = []

    def watch(frame: object, event: str, argument: object) -> None:
        if event == "c_call" and "torch" in str(getattr(argument, "__module__", "")):
            called.append(str(argument))

    threading.setprofile(watch)
    try:
        list(Ahead(network, source, 0)([entry.name for entry in source.entries()]))
    finally:
        threading.setprofile(None)
    assert called == []
    assert sys.getprofile() is None
    assert torch.is_grad_enabled()
