"""Weights of a run at a step, as numbers: any layer of any checkpoint, without a network."""

from __future__ import annotations

import math
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors import SafetensorError, safe_open

from deepvis_app.errors import UserError, in_short
from deepvis_app.nets.run_weights import NO_WEIGHT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from deepvis_app.lab.log.run import Run

    Floats = NDArray[np.float32]

MOST_BYTES = 256_000_000  # of one layer that is shown


def weight_files(run: Run) -> dict[int, Path]:
    """Return the files of a run's weights by step, rising; `now` is not among them."""
    return dict(sorted((one.step, one.path) for one in run.checkpoints))


def names_in(path: Path) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the weights in a file by name. Raises `UserError`."""
    with _opened(path) as file:
        return {
            name: tuple(file.get_slice(name).get_shape())
            for name in file.keys()  # noqa: SIM118 - it is no mapping
            if not name.startswith(NO_WEIGHT)
        }


def weights_at(path: Path, name: str) -> Floats:
    """Return one tensor of a file as float32, read-only. Raises `UserError`."""
    with _opened(path) as file:
        if name not in file.keys():  # noqa: SIM118
            raise UserError(f"{path.name} has no weights called {name}", "Pick another layer")
        count = math.prod(file.get_slice(name).get_shape())
        if 4 * count > MOST_BYTES:
            raise UserError(
                f"{name} has {count:,} weights, too many to be shown".replace(",", "\u2009"),
                "Pick a smaller layer",
            )
        found = np.asarray(file.get_tensor(name), np.float32)
    found.flags.writeable = False
    return found


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """Open a file of weights; what is wrong with it, then or meanwhile, is said."""
    try:
        with safe_open(path, framework="numpy") as file:
            yield file
    except FileNotFoundError as error:
        raise UserError(
            f"The checkpoint {path.name} is not there any more", "Choose another step"
        ) from error
    except (OSError, SafetensorError) as error:
        raise UserError(
            f"{path.name} is damaged: {in_short(error)}", "Choose another step"
        ) from error
    except (TypeError, AttributeError, ValueError) as error:  # as numpy has no such numbers
        raise UserError(
            f"{path.name} has weights of a kind that is not shown: {in_short(error)}",
            "Keep weights as float32",
        ) from error
