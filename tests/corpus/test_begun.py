"""A scan that is stopped within a shard is gone on from there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from deepvis_app.corpus import begun, load_corpus, scan
from deepvis_app.corpus import manner as manners
from deepvis_app.corpus.folder import BEGUN, Folder
from deepvis_app.corpus.measure import Measuring
from deepvis_app.corpus.scan import Wish, scan_steps
from tests.corpus.tiny import Pictures
from tests.kills.scans import differing, uneven_network

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import torch

    from deepvis_app.corpus import Corpus

BATCH = 2


class Passes:
    """Counts the pictures that go through the network; interrupts after a number of them."""

    pictures, most = 0, -1

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        plain = Measuring._pass

        def passed(measuring: Measuring, x: torch.Tensor, is_sampled: bool) -> Any:
            found = plain(measuring, x, is_sampled)
            self.pictures += len(x)
            if 0 <= self.most < self.pictures:
                raise KeyboardInterrupt
            return found

        patch.setattr(Measuring, "_pass", passed)


@pytest.fixture(autouse=True)
def shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manners, "SHARD_BATCHES", 16)  # some batches are sampled, others are not


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> Passes:
    return Passes(monkeypatch)


def scanned(pictures: Any, out: Path) -> Corpus:
    return scan(uneven_network(), pictures, out=out, batch=BATCH)


def left(pictures: Any, out: Path, step: int) -> None:
    """Scan so many pictures, and close the scan."""
    steps = scan_steps(uneven_network(), Wish(pictures, out, batch=BATCH))
    next(p for p in steps if p and p.phase == "scanning" and p.step >= step)
    steps.close()


@pytest.mark.parametrize("step", [2, 14, 18, 31, 40])
def test_no_picture_is_run_again(step: int, passes: Passes, tmp_path: Path) -> None:
    """Nor is anything different, wherever a scan was closed or interrupted."""
    pictures = Pictures(40, seed=4)
    whole = scanned(pictures, tmp_path / "whole")
    done = -(-step // BATCH) * BATCH
    closed, interrupted = tmp_path / "closed", tmp_path / "interrupted"
    left(pictures, closed, step)
    if done < whole.total:
        passes.pictures, passes.most = 0, done
        with pytest.raises(KeyboardInterrupt):
            scanned(pictures, interrupted)
        passes.most = -1
    for out in filter(Folder.exists, map(Folder, (closed, interrupted))):
        assert load_corpus(out.path).scanned + begun.pictures(out, out.plan()) == done
        passes.pictures = 0
        scanned(pictures, out.path)
        assert passes.pictures == whole.total - done
        assert differing(whole.path, out.path) == []


def test_it_may_be_left_again_and_again(tmp_path: Path) -> None:
    pictures = Pictures(40, seed=5)
    whole = scanned(pictures, tmp_path / "whole")
    for step in (6, 12, 13, 30):
        left(pictures, tmp_path / "out", step)
    scanned(pictures, tmp_path / "out")
    assert differing(whole.path, tmp_path / "out") == []


def _cut(data: bytes) -> bytes:
    return data[:-9]


def _turned(data: bytes) -> bytes:
    return data[:-5] + bytes([data[-5] ^ 1]) + data[-4:]


@pytest.mark.parametrize("spoilt", [_cut, _turned])
def test_what_is_not_sound_is_begun_anew(
    spoilt: Callable[[bytes], bytes], passes: Passes, tmp_path: Path
) -> None:
    pictures = Pictures(20, seed=4)
    whole = scanned(pictures, tmp_path / "whole")
    left(pictures, tmp_path / "out", 8)
    (path,) = (tmp_path / "out" / BEGUN).iterdir()
    path.write_bytes(spoilt(path.read_bytes()))
    passes.pictures = 0
    scanned(pictures, tmp_path / "out")
    assert passes.pictures == whole.total
    assert differing(whole.path, tmp_path / "out") == []


def test_a_shard_of_other_pictures_is_begun_anew(passes: Passes, tmp_path: Path) -> None:
    pictures = Pictures(20, seed=4)
    left(pictures, tmp_path / "out", 8)
    pictures.images[0] = 1
    passes.pictures = 0
    found = scanned(pictures, tmp_path / "out")
    assert passes.pictures == found.total
    assert not (tmp_path / "out" / BEGUN).exists()
