"""Read a weights file safely, and say in one line what is wrong where that fails."""

from __future__ import annotations

import os
import pickle
import struct
import warnings
from collections import OrderedDict
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from deepvis_app.errors import UserError, first_line, short_text
from deepvis_app.nets.pickle_names import MAKES_ROOM, foreign_names, makes_room, names_in_words
from deepvis_app.nets.plain_arrays import plain_values
from deepvis_app.nets.stand_ins import read_beside
from deepvis_app.nets.strange_files import inside, is_safetensors, is_torchs, strange_file
from deepvis_app.nets.trust import ForeignCode, Trust, UntrustedCodeError, agreed_content

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from typing import BinaryIO

SUFFIXES = (".pth", ".pt", ".bin", ".ckpt", ".safetensors")
EXPORT_HINT = (
    "Export it where it was made: "
    'torch.export.save(torch.export.export(model.eval(), (x,)), "model.pt2")'
)
JOIN_HINT = 'Save them in one: model.save_pretrained(FOLDER, max_shard_size="100GB")'
SAVE_HINT = "Save it again with torch.save(model.state_dict(), FILE)"
_BROKEN = (
    RuntimeError, EOFError, ValueError, LookupError, TypeError, AttributeError, OverflowError,
    OSError, struct.error, pickle.UnpicklingError,
)  # fmt: skip


class StateDict(OrderedDict[str, Tensor]):
    """Tensors by name, with the versions of the modules that wrote them where the file has them."""

    def __init__(
        self,
        tensors: Mapping[str, Tensor] | Iterable[tuple[str, Tensor]] = (),
        versions: Mapping[str, dict[str, Any]] | None = None,
    ) -> None:
        super().__init__(tensors)
        self._metadata = dict(versions or {})  # the name under which torch looks for it

    @property
    def versions(self) -> dict[str, dict[str, Any]]:
        return self._metadata

    def inside(self, prefix: str) -> StateDict:
        """Return the entries under `prefix` ("module."), which is taken off their names."""
        cut, path = len(prefix), prefix.removesuffix(".")
        return StateDict(
            ((key[cut:], value) for key, value in self.items() if key.startswith(prefix)),
            {k[cut:]: v for k, v in self.versions.items() if k == path or k.startswith(prefix)},
        )


class ForeignObjectsError(UntrustedCodeError):
    """The file holds Python objects, which loading would have to execute."""


def read_module(path: Path, trust: Trust) -> nn.Module | None:
    """Return the module pickled in a file, None where it holds none; runs the code it names.

    Raises `ForeignObjectsError` where `trust` does not cover that.
    """
    content = read(path, trust)
    if isinstance(content, nn.Module):
        return content
    inner = content.values() if isinstance(content, Mapping) else ()
    return next((value for value in inner if isinstance(value, nn.Module)), None)


def read(path: Path, trust: Trust = False) -> object:
    """Return whatever a `.pth`, `.pt`, `.bin` or `.safetensors` file holds."""
    require_file(path)
    if path.name.endswith(".index.json"):
        raise UserError(f"{path.name} lists the parts of weights saved in parts", JOIN_HINT)
    if path.suffix == ".pt2":
        raise UserError(
            f"{path.name} is a whole exported network, not weights", "Load it as the network"
        )
    if is_torchscript(path):
        raise UserError(
            f"{path.name} is a TorchScript archive, whose layers cannot be watched", EXPORT_HINT
        )
    if strange := strange_file(path):
        raise strange
    return _read_safetensors(path) if is_safetensors(path) else _read_pickled(path, trust)


def _read_pickled(path: Path, trust: Trust) -> object:
    if trust is not True and makes_room(path):
        return _read_agreed(path, trust, [MAKES_ROOM])
    try:
        return _safely(path)
    except pickle.UnpicklingError as error:
        names = foreign_names(path)
        if not names:
            raise _not_weights(path, error) from error
        if not is_torchs(path):
            raise _plain_pickle(path, names) from error
        if trust is not True:
            beside = read_beside(lambda: _safely(path))
            return _read_agreed(path, trust, names) if beside is None else beside
    except Exception as error:  # torch's readers raise whatever the damage leads them to
        raise _not_weights(path, error) from error
    with path.open("rb") as file:
        return _read_trusted(path, file)


def _read_agreed(path: Path, trust: Trust, names: list[str]) -> object:
    """Read a file that names foreign classes, where the user has agreed to just that."""
    refusal = partial(_foreign, path, names_in_words(names))
    return _read_trusted(path, agreed_content(path, trust, refusal))


def require_file(path: Path) -> None:
    """Raise `UserError` unless `path` is a file with something in it."""
    if path.is_dir():
        raise UserError(f"{path} is a folder", "Give the file itself")
    if not path.is_file():
        if path.exists():
            raise UserError(f"{path} is not a plain file", "Give the file itself")
        raise UserError(f"There is no file {path}", "Check the path")
    if not os.access(path, os.R_OK):
        raise UserError(f"{path.name} may not be read", "Change its permissions")
    if path.stat().st_size == 0:
        raise UserError(f"{path.name} is empty", "Fetch or save it again")


def is_torchscript(path: Path) -> bool:
    """Tell a TorchScript archive by its code and constants (torch.jit serialization.md)."""
    parts = [name.split("/") for name in inside(path)]
    return any(part[1:2] in (["constants.pkl"], ["code"]) for part in parts)


def _safely(path: Path) -> Any:
    with path.open("rb") as file:  # by its name, torch might take it for another format
        return _torch_load(file, weights_only=True)


def _torch_load(file: BinaryIO, *, weights_only: bool) -> Any:
    with (
        warnings.catch_warnings(),
        torch.serialization.safe_globals(plain_values()),
    ):  # torch warns of old pickles; what counts here is whether it loads
        warnings.simplefilter("ignore")
        return torch.load(file, map_location="cpu", weights_only=weights_only)


def _read_trusted(path: Path, file: BinaryIO) -> object:
    try:
        return _torch_load(file, weights_only=False)
    except (ImportError, *_BROKEN) as error:
        raise UserError(
            f"{path.name} cannot be rebuilt: {first_line(error)[:160]}",
            "Its Python classes must be importable here; or "
            + EXPORT_HINT[0].lower()
            + EXPORT_HINT[1:],
        ) from error


def _read_safetensors(path: Path) -> dict[str, Tensor]:
    import safetensors
    import safetensors.torch

    try:
        tensors: dict[str, Tensor] = safetensors.torch.load_file(path)
    except Exception as error:  # as SafetensorError, and what kinds of numbers torch lacks raise
        raise UserError(
            f"{path.name} is damaged or no safetensors file ({first_line(error)[:160]})",
            "Fetch or save it again",
        ) from error
    return tensors


def _foreign(path: Path, what: str, digest: str) -> ForeignObjectsError:
    what = short_text(what)
    return ForeignObjectsError(
        f"{path.name} holds Python objects ({what}), and loading it would run code from the file",
        ForeignCode(path, f"Python objects ({what})", digest, lies_in=str(path)),
        f"{EXPORT_HINT}; or load it with trust (--trust) if you know where it comes from",
        in_window=EXPORT_HINT,
    )


def _plain_pickle(path: Path, names: list[str]) -> UserError:
    return UserError(
        f"{path.name} is a plain pickle of Python objects ({names_in_words(names)}), not a file "
        "that torch.save writes",
        SAVE_HINT,
    )


def _not_weights(path: Path, error: BaseException) -> UserError:
    if not is_torchs(path) and not isinstance(error, EOFError):
        return UserError(f"{path.name} is not a weights file that torch can read safely", SAVE_HINT)
    if isinstance(error, MemoryError):
        return UserError(f"{path.name} needs more memory than there is", "Fetch or save it again")
    return damaged(path)


def damaged(path: Path) -> UserError:
    """Return what to say of a weights file that is not whole."""
    return UserError(f"{path.name} is damaged or cut short", "Fetch or save it again")
