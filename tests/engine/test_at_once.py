"""Things done at once are the same as one after the other."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
import torch

from deepvis_app.corpus.scan import Wish, scan_steps
from deepvis_app.engine.at_once import at_once
from tests.corpus.tiny import Pictures
from tests.kills.scans import differing, run, uneven_network

if TYPE_CHECKING:
    from pathlib import Path


def test_they_come_in_their_order() -> None:
    gate = threading.Event()

    def after_the_last(number: int) -> int:
        if number == 1:
            gate.set()
        assert gate.wait(10)
        return number * 2

    if torch.get_num_threads() > 1:
        assert list(at_once(after_the_last, [0, 1])) == [0, 2]
    gate.set()
    assert list(at_once(after_the_last, range(20))) == list(range(0, 40, 2))


def test_an_error_is_raised_and_no_thread_is_left() -> None:
    def fails(number: int) -> int:
        if number == 3:
            raise ValueError("three")
        return number

    with pytest.raises(ValueError, match="three"):
        list(at_once(fails, range(9)))
    assert not [one for one in threading.enumerate() if "at-once" in one.name]


def test_a_scan_writes_the_same(tmp_path: Path) -> None:
    network = uneven_network()
    run(network, tmp_path / "one")
    for _ in scan_steps(network, Wish(Pictures(64), tmp_path / "more", batch=2), each=at_once):
        pass
    assert differing(tmp_path / "one", tmp_path / "more") == []
