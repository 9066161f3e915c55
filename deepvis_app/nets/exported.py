"""Programs saved with `torch.export.save`: modules with their own names, ready to be tapped."""

from __future__ import annotations

import logging
import tempfile
import warnings
import zipfile
import zlib
from contextlib import contextmanager
from functools import partial
from typing import IO, TYPE_CHECKING, Any

import torch
from torch.export.passes import move_to_device_pass

from deepvis_app.errors import UserError, first_line
from deepvis_app.nets.archive_check import NoProgramError, copy_plain
from deepvis_app.nets.not_plain import NotPlainError
from deepvis_app.nets.parts import Parts
from deepvis_app.nets.trust import ForeignCode, UntrustedCodeError, agreed_content
from deepvis_app.nets.weights import require_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from torch.export import ExportedProgram

    from deepvis_app.nets.trust import Trust

_USUAL_SIDE = 224  # px, where a program takes any size
_REMEDY = (
    'Export it again: torch.export.save(torch.export.export(model.eval(), (x,)), "model.pt2") '
    "with x of shape (1, C, H, W)"
)


def load_exported(path: Path, *, trust: Trust = False) -> Parts:
    """Return the modules of a saved program, with the input shape that it was exported for.

    Where the program was made for one picture at a time but works for several, it takes several.
    Where `trust` does not cover the file nothing in it can run code: only plain data are read, and
    `UntrustedCodeError` says what else is in it. Raises `UserError`.
    """
    program, module = _read(path, trust)
    batch, shape = _input_shape(program, path.name)
    module.eval()
    for part in module.modules():
        _settle(part)
    module.check_input_constraints = False  # compares with the example values, which are gone
    if isinstance(batch, int) and not _takes_batches(module, shape):
        if batch != 1:
            raise UserError(f"{path.name} takes exactly {batch} pictures at once", _REMEDY)
        module.register_forward_pre_hook(_require_one_picture)
    return Parts(module, path.stem, shape)


def _read(path: Path, trust: Trust) -> tuple[ExportedProgram, Any]:
    require_file(path)
    try:
        with _quiet(), _opened(path, trust) as file:
            program = move_to_device_pass(torch.export.load(file), "cpu")
            return program, torch.export.unflatten(program)
    except (zipfile.BadZipFile, UnicodeDecodeError, zlib.error) as error:
        raise UserError(f"{path.name} is damaged or no exported program", _REMEDY) from error
    except NoProgramError as error:
        raise UserError(
            f"{path.name} is an archive, but of no exported program", _REMEDY
        ) from error
    except UserError:
        raise
    except Exception as error:  # torch raises whatever is wrong in a program leads it to
        raise UserError(
            f"{path.name} cannot be read as an exported program: {first_line(error)[:160]}", _REMEDY
        ) from error


@contextmanager
def _opened(path: Path, trust: Trust) -> Iterator[IO[bytes] | Path]:
    """Give what torch may read: a copy of what is plain in the file, or with trust all of it."""
    if trust is True:
        yield path
        return
    with path.open("rb") as source, tempfile.TemporaryFile() as copy:
        content: IO[bytes] = copy
        try:
            copy_plain(source, copy)
        except NotPlainError as error:
            content = agreed_content(path, trust, partial(_not_plain, path, error))
        content.seek(0)
        yield content


def _not_plain(path: Path, error: NotPlainError, digest: str) -> UntrustedCodeError:
    return UntrustedCodeError(
        f"{path.name} holds {error.found}, which {error.why}",
        ForeignCode(path, error.found, digest, lies_in=str(path)),
        "Export it again without that; or load it with trust (--trust) if you know who made it",
        in_window="Export it again without that",
    )


def _input_shape(program: ExportedProgram, name: str) -> tuple[int | None, tuple[int, int, int]]:
    """Return the batch size (None: any) and (C, H, W) of a program's one input."""
    names = program.graph_signature.user_inputs
    inputs = [
        node.meta["val"]
        for node in program.graph.nodes
        if node.op == "placeholder" and node.name in names
    ]
    if len(inputs) != 1 or getattr(inputs[0], "ndim", 0) != 4 or not inputs[0].is_floating_point():
        raise UserError(
            f"{name} takes {len(names)} inputs; a network here takes one batch of pictures", _REMEDY
        )
    batch, channels, *sides = inputs[0].shape
    if not isinstance(channels, int):
        raise UserError(f"{name} leaves the number of channels open", _REMEDY)
    height, width = (side if isinstance(side, int) else _USUAL_SIDE for side in sides)
    return batch if isinstance(batch, int) else None, (channels, height, width)


def _takes_batches(module: Any, shape: tuple[int, int, int]) -> bool:
    """Try two pictures at once against one at a time.

    A program exported for one batch size mostly takes others too, unless it holds that number.
    """
    dtype = next((p.dtype for p in module.parameters()), torch.float32)
    x = torch.randn(2, *shape, generator=torch.Generator().manual_seed(0)).to(dtype)
    try:
        with torch.no_grad():
            together, apart = module(x), torch.cat([module(x[:1]), module(x[1:])])
    except Exception:  # noqa: BLE001 - a program that is wrong raises anything
        return False
    if together.shape != apart.shape:
        return False
    same: bool = torch.allclose(together, apart, rtol=1e-3, atol=1e-4, equal_nan=True)
    return same


def _require_one_picture(_module: object, inputs: tuple[Any, ...]) -> None:
    if len(inputs[0]) != 1:
        raise UserError(
            f"This exported program takes one picture at a time, not {len(inputs[0])}",
            'Export it with dynamic_shapes=({0: torch.export.Dim("batch")},)',
        )


def _settle(part: Any) -> None:
    """Give a part of a program the name of the module it comes from, and tell what it computes.

    Its text (`repr`) then lists its operations, so that two programs differ where these differ.
    The export's example values are dropped: they keep modules from being copied.
    """
    graph = getattr(part, "graph", None)
    if graph is None:
        return
    for node in graph.nodes:
        node.meta.clear()
    name = getattr(part, "type_name", str)()  # a branch that is chosen while running has none
    kind = (name or "Exported").rpartition(".")[2]
    part.__class__ = _class_named(kind, type(part))


def _class_named(kind: str, base: Any) -> type:
    return type(kind, (base,), {"extra_repr": _operations})


def _operations(part: Any) -> str:
    calls = (node for node in part.graph.nodes if node.op == "call_function")
    return "; ".join(f"{node.target}{node.args}{node.kwargs or ''}" for node in calls)


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence torch's warnings and tracebacks about its own workings; errors are raised anyway."""
    loggers = [logging.getLogger(name) for name in ("torch.export", "torch._export")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
