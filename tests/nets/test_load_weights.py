"""Weights files: what can be read, what is refused, and what the refusal says."""

from __future__ import annotations

import argparse
import datetime
import gzip
import os
import warnings
import zipfile
from collections import defaultdict
from pathlib import Path, PurePosixPath
from types import SimpleNamespace
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from deepvis_app.errors import UserError
from deepvis_app.nets.weights import ForeignObjectsError, read_module
from deepvis_app.nets.weights_file import read_weights

if TYPE_CHECKING:
    from collections.abc import Callable


class Small(nn.Module):
    """A module that can be pickled."""

    def __init__(self, classes: int = 5, width: int = 4) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, width, 3)
        self.norm = nn.BatchNorm2d(width)
        self.fc = nn.Linear(width, classes)


def same(left: dict[str, torch.Tensor], right: dict[str, torch.Tensor]) -> bool:
    return list(left) == list(right) and all(torch.equal(left[k], right[k]) for k in right)


@pytest.mark.parametrize("name", ["w.pth", "w.pt", "w.bin", "w.safetensors", "legacy.pth"])
def test_every_format_gives_the_saved_tensors(tmp_path: Path, name: str) -> None:
    state, path = Small().state_dict(), tmp_path / name
    if name.endswith(".safetensors"):
        save_file(state, path)
        assert read_weights(path).tensors.keys() == state.keys()
        return
    torch.save(state, path, _use_new_zipfile_serialization=name != "legacy.pth")
    assert same(read_weights(path).tensors, state)


def test_plain_values_of_numpy_are_no_objects(tmp_path: Path) -> None:
    state = Small().state_dict()
    beside = {
        "best": np.float64(0.9),
        "loss": np.float32(0.1),
        "random": np.random.default_rng(0).bit_generator.state,
        "legacy": np.random.RandomState(0).get_state(),
    }
    torch.save({"state_dict": state, **beside}, tmp_path / "w.pth")
    assert len(read_weights(tmp_path / "w.pth").tensors) == len(state)


def cut(path: Path, share: float = 0.5) -> Path:
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path


def saved(path: Path, content: object, **options: object) -> Path:
    torch.save(content, path, **options)
    return path


def safe(path: Path) -> Path:
    save_file(Small().state_dict(), path)
    return path


def text(path: Path, content: str) -> Path:
    path.write_text(content)
    return path


BAD_FILES: list[tuple[str, Callable[[Path], Path], str]] = [
    ("absent", lambda d: d / "none.pth", "There is no file"),
    ("folder", lambda d: d, "is a folder"),
    ("empty", lambda d: text(d / "w.pth", ""), "w.pth is empty"),
    ("cut", lambda d: cut(saved(d / "w.pth", Small().state_dict())), "damaged or cut short"),
    ("stub", lambda d: cut(saved(d / "w.pth", Small().state_dict()), 0.01), "damaged or cut short"),
    (
        "cut legacy",
        lambda d: cut(
            saved(d / "w.pth", Small().state_dict(), _use_new_zipfile_serialization=False), 0.95
        ),
        "damaged or cut short",
    ),
    ("cut safetensors", lambda d: cut(safe(d / "w.safetensors")), "w.safetensors is damaged"),
    ("web page", lambda d: text(d / "w.pth", "<!DOCTYPE html>"), "a web page"),
    ("lfs pointer", lambda d: text(d / "w.bin", "version https://git-lfs"), "Git LFS"),
    ("tensor", lambda d: saved(d / "w.pth", torch.ones(3)), "holds a Tensor, not a state dict"),
    ("no tensors", lambda d: saved(d / "w.pth", {"epoch": 3}), "no weights (found: epoch)"),
    ("no content", lambda d: saved(d / "w.pth", {}), "no weights (found: nothing)"),
    ("index", lambda d: text(d / "m.safetensors.index.json", "{}"), "lists the parts"),
    ("program", lambda d: text(d / "w.pt2", "x"), "whole exported network"),
]


@pytest.mark.parametrize(
    ("make", "message"), [b[1:] for b in BAD_FILES], ids=[b[0] for b in BAD_FILES]
)
def test_bad_files_get_one_line_with_a_remedy(
    tmp_path: Path, make: Callable[[Path], Path], message: str
) -> None:
    with pytest.raises(UserError) as error:
        read_weights(make(tmp_path))
    assert message in error.value.cause
    assert error.value.remedy
    assert "\n" not in str(error.value)


def test_torchscript_is_refused_with_the_export_line_even_with_trust(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # TorchScript is deprecated
        torch.jit.trace(nn.Linear(2, 2), torch.ones(1, 2)).save(tmp_path / "w.pt")
    for trust in (False, True):
        with pytest.raises(UserError, match="TorchScript") as error:
            read_weights(tmp_path / "w.pt", trust)
        assert "torch.export.save(torch.export.export(" in error.value.remedy


@pytest.mark.parametrize("wrap", [lambda m: m, lambda m: {"model": m, "epoch": 1}])
@pytest.mark.parametrize("zipped", [True, False])
def test_pickled_modules_need_trust(
    tmp_path: Path, wrap: Callable[[object], object], zipped: bool
) -> None:
    module = nn.Sequential(nn.Linear(2, 2))
    path = saved(tmp_path / "w.pt", wrap(module), _use_new_zipfile_serialization=zipped)
    with pytest.raises(ForeignObjectsError, match="Sequential") as error:
        read_weights(path)
    assert "trust" in error.value.remedy
    way = "model." if isinstance(wrap(module), dict) else ""
    expected = {way + key: value for key, value in module.state_dict().items()}
    assert same(read_weights(path, trust=True).tensors, expected)
    assert isinstance(read_module(path, trust=True), nn.Sequential)


class Settings(dict[str, object]):
    """A dictionary of a class of one's own, with attributes, as Lightning's AttributeDict."""


BESIDE = {
    "a script's arguments": argparse.Namespace(lr=1, device=torch.device("cpu")),
    "a folder and a time": {"out": PurePosixPath("runs/3"), "at": datetime.datetime(2020, 1, 2)},
    "a mapping of lists": defaultdict(list, {"loss": [0.5]}),
    "settings": Settings(lr=1, inner=[Settings(a=2)]),
    "an object": SimpleNamespace(a=1, b=[SimpleNamespace()]),
}


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("beside", BESIDE)
def test_objects_beside_the_weights_are_passed_over(
    tmp_path: Path, beside: str, zipped: bool
) -> None:
    state = Small().state_dict()
    content = {"args": BESIDE[beside], "state_dict": state, "last": BESIDE[beside]}
    path = saved(tmp_path / "w.pt", content, _use_new_zipfile_serialization=zipped)
    expected = {f"state_dict.{key}": value for key, value in state.items()}
    assert same(read_weights(path).tensors, expected)
    assert same(read_weights(path, trust=True).tensors, expected)


def test_weights_in_a_mapping_of_an_unknown_class_are_read(tmp_path: Path) -> None:
    state = Small().state_dict()
    assert same(read_weights(saved(tmp_path / "w.pt", Settings(state))).tensors, state)


class Initialised:
    """Leaves a trace where it is made, changed or made anew."""

    made: ClassVar[list[str]] = []

    def __init__(self) -> None:
        self.made.append("made")

    def __setstate__(self, state: object) -> None:
        self.made.append("changed")

    def __reduce__(self) -> tuple[object, ...]:
        return Initialised, (), {"a": 1}


def test_objects_beside_the_weights_are_not_made(tmp_path: Path) -> None:
    path = saved(tmp_path / "w.pt", {"state_dict": Small().state_dict(), "x": Initialised()})
    Initialised.made.clear()
    read_weights(path)
    assert not Initialised.made
    read_weights(path, trust=True)
    assert Initialised.made == ["made", "changed"]


def test_a_file_of_objects_alone_names_them(tmp_path: Path) -> None:
    path = saved(tmp_path / "w.pt", {"args": argparse.Namespace(lr=1)})
    with pytest.raises(ForeignObjectsError, match="Namespace"):
        read_weights(path)


class Trap:
    """Leaves a trace when a file with it is loaded by running its code."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return open, (str(self.mark), "w")


def test_code_in_a_file_does_not_run_without_trust(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    path = saved(tmp_path / "w.pt", {"state_dict": Small().state_dict(), "x": Trap(mark)})
    with pytest.raises(ForeignObjectsError):
        read_weights(path)
    assert not mark.exists()


def test_arrays_and_tensors_of_other_kinds_are_weights(tmp_path: Path) -> None:
    state = Small().state_dict()
    arrays = {key: value.numpy() for key, value in state.items()}
    assert same(read_weights(saved(tmp_path / "a.pth", arrays)).tensors, state)
    sparse = {**state, "fc.weight": state["fc.weight"].to_sparse()}
    assert same(read_weights(saved(tmp_path / "s.pth", sparse)).tensors, state)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch says that it will drop these one day
        quantised = torch.quantize_per_tensor(state["fc.weight"], 0.01, 0, torch.qint8)
    found = read_weights(saved(tmp_path / "q.pth", {"fc.weight": quantised})).tensors
    torch.testing.assert_close(found["fc.weight"], quantised.int_repr() * 0.01)


def test_the_format_is_told_by_the_content_not_by_the_name(tmp_path: Path) -> None:
    state = Small().state_dict()
    save_file(state, tmp_path / "w.pth")
    assert sorted(read_weights(tmp_path / "w.pth").tensors) == sorted(state)
    assert same(read_weights(saved(tmp_path / "w.safetensors", state)).tensors, state)


def zipped(path: Path, inner: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(inner, inner.name)


@pytest.mark.parametrize(
    ("name", "write", "said"),
    [
        ("w.pth", lambda p, _: p.write_text("version https://git-lfs.github.com/spec/v1\n"), "LFS"),
        ("w.safetensors", lambda p, _: p.write_text("version https://git-lfs.github.com"), "LFS"),
        ("w.pth", lambda p, _: p.write_text("\n<!DOCTYPE html><html>"), "a web page"),
        ("w.pth", lambda p, w: p.write_bytes(gzip.compress(w.read_bytes())), "packed .gzip."),
        ("w.pth", zipped, "packed .zip."),
        ("w.npz", lambda p, _: np.savez(p, a=np.zeros(3)), "NumPy arrays"),
        ("w.pth", lambda p, _: p.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(99)), "HDF5"),
    ],
)
def test_what_is_no_weights_file_is_called_what_it_is(
    tmp_path: Path, name: str, write: Callable[[Path, Path], object], said: str
) -> None:
    write(tmp_path / name, saved(tmp_path / "inner.pt", Small().state_dict()))
    with pytest.raises(UserError, match=said):
        read_weights(tmp_path / name)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_named_pipe_is_called_no_file_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "w.pth")
    with pytest.raises(UserError, match=r"w\.pth is not a plain file"):
        read_weights(tmp_path / "w.pth")
