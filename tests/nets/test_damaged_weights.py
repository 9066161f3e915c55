"""Weights files that are damaged, claim too much or name code: one line that says so, each time."""

from __future__ import annotations

import argparse
import collections
import contextlib
import io
import os
import pickle
import random
import struct
import sys
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from safetensors.torch import save
from torch import nn

from deepvis_app.errors import UserError
from deepvis_app.nets import load_network
from deepvis_app.nets.weights import ForeignObjectsError
from deepvis_app.nets.weights_file import read_weights

if TYPE_CHECKING:
    from collections.abc import Callable

FOUND = Path(__file__).parents[3] / "shared" / "cases" / "safe" / "found"


class Trap:
    """Runs a command when a pickle with it is loaded."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return os.system, (f"touch {self.mark}",)


def saved(content: object, *, zipped: bool = True) -> bytes:
    file = io.BytesIO()
    torch.save(content, file, _use_new_zipfile_serialization=zipped)
    return file.getvalue()


def state() -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    return dict(nn.Sequential(nn.Conv2d(3, 2, 3), nn.BatchNorm2d(2)).state_dict())


BESIDE = {
    "best": np.float64(0.9),
    "random": np.random.RandomState(0).get_state(),
    "few": torch.eye(3).to_sparse(),
    "raw": b"xyz",
    "count": collections.Counter("ab"),
}


def formats() -> dict[str, bytes]:
    return {
        "zip.pth": saved(state()),
        "old.pth": saved(state(), zipped=False),
        "zip with more.ckpt": saved({"state_dict": state(), **BESIDE}),
        "old with more.bin": saved({"state_dict": state(), **BESIDE}, zipped=False),
        "w.safetensors": save(state()),
    }


def read(path: Path, content: bytes, trust: bool = False) -> object:
    path.write_bytes(content)
    return read_weights(path, trust)


@pytest.mark.parametrize("name", formats())
def test_a_file_that_is_cut_anywhere_is_named_as_damaged(tmp_path: Path, name: str) -> None:
    whole = formats()[name]
    assert read(tmp_path / name, whole)
    places = {*range(1, 40), *range(40, len(whole), 97), *range(len(whole) - 60, len(whole))}
    for place in sorted(places):
        with pytest.raises(UserError) as error:
            read(tmp_path / name, whole[:place])
        assert "\n" not in str(error.value)
        if place > 60:
            assert "damaged" in error.value.cause, place


def mutated(content: bytes, chance: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(chance.choice([1, 1, 2, 8])):
        place = chance.choice([0, len(changed) // 2]) + chance.randrange(len(changed) // 2)
        match chance.randrange(5):
            case 0:
                changed[place] ^= 1 << chance.randrange(8)
            case 1:
                changed[place] = chance.choice([0, 1, 0x7F, 0x80, 0xFF])
            case 2:
                del changed[place : place + chance.randrange(1, 64)]
            case 3:
                changed[place : place + 8] = struct.pack("<Q", chance.choice([1 << 31, 1 << 62]))
            case _:
                changed[place:place] = changed[: chance.randrange(200)]
    return bytes(changed)


@pytest.mark.parametrize("name", formats())
def test_a_file_with_wrong_bytes_gives_weights_or_one_line(tmp_path: Path, name: str) -> None:
    whole, chance = formats()[name], random.Random(1)
    refused = 0
    for _ in range(100):
        with contextlib.suppress(UserError):
            refused += 1
            read(tmp_path / name, mutated(whole, chance))
            refused -= 1
    assert refused > 25


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_files_that_once_broke_out_are_refused_or_read(tmp_path: Path, suffix: str) -> None:
    if not FOUND.is_dir():
        pytest.skip("the files that a fuzzer found are not here")
    for file in sorted(FOUND.glob("weights-*")):
        path = tmp_path / f"w{suffix}"
        path.write_bytes(file.read_bytes())
        with contextlib.suppress(UserError):
            read_weights(path)
        with pytest.raises(UserError, match=r"damaged|another architecture's weights"):
            load_network("pocket", path)


def old_file(content: bytes, keys: list[str]) -> bytes:
    """Return a file as torch.save wrote it before it wrote archives, around a pickle."""
    parts = (torch.serialization.MAGIC_NUMBER, torch.serialization.PROTOCOL_VERSION, {})
    head = b"".join(pickle.dumps(part, 2) for part in parts)
    return head + content + pickle.dumps(keys, 2)


class _Claiming(pickle.Pickler):
    """Writes a tensor whose numbers are said to be many more than there are."""

    def persistent_id(self, thing: object) -> object:
        return ("storage", torch.FloatStorage, "0", "cpu", 1 << 38, None) if thing == "S" else None


class _Call:
    def __init__(self, function: object, *arguments: object) -> None:
        self.made = function, arguments

    def __reduce__(self) -> Any:
        return self.made


def _pickled(thing: object) -> bytes:
    file = io.BytesIO()
    _Claiming(file, 2).dump({"a": thing})
    return file.getvalue()


def _numpys(name: str) -> object:
    return getattr(np._core.multiarray, name)


def _swollen() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("w/data.pkl", _pickled(1))
        with archive.open("w/data/0", "w") as part:
            for _ in range(160):
                part.write(bytes(1 << 20))
    return file.getvalue()


def _shared() -> bytes:
    """A dictionary of two that are one, thirty times in one another."""
    inner: dict[str, object] = {"w": 1}
    for _ in range(30):
        inner = {"a": inner, "b": inner}
    return saved(inner)


CLAIMS: dict[str, Callable[[], bytes]] = {
    "storage": lambda: old_file(
        _pickled(_Call(torch._utils._rebuild_tensor_v2, "S", 0, (1 << 38,), (1,), False, {})), ["0"]
    ),
    "bytearray": lambda: old_file(_pickled(_Call(bytearray, 6 << 30)), []),
    "array": lambda: old_file(
        _pickled(_Call(_numpys("_reconstruct"), np.ndarray, (1 << 29,), b"O")), []
    ),
    "array made": lambda: old_file(_pickled(_Call(np.ndarray, (1 << 29,), np.dtype("O"))), []),
    "number": lambda: old_file(_pickled(_Call(_numpys("scalar"), np.dtype("V2000000000"))), []),
    "sparse": lambda: saved(
        {"a": torch.sparse_coo_tensor(size=(1 << 15, 1 << 15), check_invariants=True)}
    ),
    "text": lambda: old_file(b"\x80\x02X" + struct.pack("<I", (1 << 32) - 1) + b"abc", []),
    "header": lambda: struct.pack("<Q", 1 << 62) + b'{"a": 1}',
    "archive": _swollen,
    "shared": _shared,
}  # fmt: skip


def _peak() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM"))


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="Linux tells the peak")
@pytest.mark.parametrize("claim", CLAIMS)
def test_what_a_file_claims_takes_no_memory_and_no_time(tmp_path: Path, claim: str) -> None:
    content = CLAIMS[claim]()
    path = tmp_path / ("w.safetensors" if claim == "header" else "w.pth")
    Path("/proc/self/clear_refs").write_text("5")  # the peak is counted anew
    before, start = _peak(), time.perf_counter()
    with contextlib.suppress(UserError):
        read(path, content)
    assert _peak() - before < 400 << 20
    assert time.perf_counter() - start < 10


def test_a_number_that_is_repeated_without_end_makes_no_large_network(tmp_path: Path) -> None:
    few = torch.zeros(1).expand(5, 100)
    assert read(tmp_path / "w.pth", saved({"fc.weight": few}))
    many = torch.zeros(1).expand(1 << 20, 512)  # a million classes
    with pytest.raises(UserError, match=r"w\.pth is damaged"):
        read(tmp_path / "w.pth", saved({"fc.weight": many}))


def test_the_peak_is_seen() -> None:
    if not sys.platform.startswith("linux"):
        pytest.skip("Linux tells the peak")
    Path("/proc/self/clear_refs").write_text("5")
    before = _peak()
    assert len(b"x" * (500 << 20))
    assert _peak() - before > 400 << 20


class Net(nn.Module):
    """A module that only a pickle of this file names."""


@pytest.mark.parametrize("zipped", [True, False])
def test_a_refusal_names_the_class_and_how_many_others(tmp_path: Path, zipped: bool) -> None:
    mark, path = tmp_path / "mark", tmp_path / "w.pth"
    contents: list[tuple[object, str]] = [
        ({**state(), "x": Trap(mark)}, "(os.system)"),
        ({"model": Net()}, f"({__name__}.Net)"),
        ({"args": argparse.Namespace(), "x": Trap(mark)}, "(argparse.Namespace and 1 other)"),
    ]
    for content, words in contents:
        with pytest.raises(ForeignObjectsError) as error:
            read(path, saved(content, zipped=zipped))
        assert f"w.pth holds Python objects {words}, " in error.value.cause
    assert not mark.exists()
    read(path, saved(contents[0][0], zipped=zipped), trust=True)
    assert mark.exists(), "the payload is none"


@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
def test_a_plain_pickle_is_named_as_that(tmp_path: Path, protocol: int) -> None:
    mark, path = tmp_path / "mark", tmp_path / "w.pth"
    content = pickle.dumps({"a": Trap(mark)}, protocol)
    for trust in (False, True):
        with pytest.raises(UserError, match=r"plain pickle of Python objects \(os.system\)"):
            read(path, content, trust)
        assert not mark.exists()
    pickle.loads(content)
    assert mark.exists(), "the payload is none"
