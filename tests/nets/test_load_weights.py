"""Weights files: what can be read, what is refused, and what the refusal says."""

from __future__ import annotations

import argparse
import warnings
from typing import TYPE_CHECKING

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
    from pathlib import Path


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
    ("web page", lambda d: text(d / "w.pth", "<!DOCTYPE html>"), "not a weights file"),
    ("lfs pointer", lambda d: text(d / "w.bin", "version https://git-lfs"), "not a weights file"),
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
    assert isinstance(read_module(path), nn.Sequential)


def test_objects_beside_the_weights_are_named(tmp_path: Path) -> None:
    content = {"state_dict": Small().state_dict(), "args": argparse.Namespace(lr=1)}
    path = saved(tmp_path / "w.pt", content)
    with pytest.raises(ForeignObjectsError, match="Namespace"):
        read_weights(path)
    assert len(read_weights(path, trust=True).tensors) == len(Small().state_dict())


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
