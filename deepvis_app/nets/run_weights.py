"""Weights as a training writes them, read without torch."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from safetensors import SafetensorError, safe_open

from deepvis_app.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

# Before the names of what only the training needs: readers of weights know it for an optimiser's.
NO_WEIGHT = "optim."


def read_run_weights(file: Path) -> tuple[dict[str, NDArray[np.generic]], int | None]:
    """Return the weights in a file that a training writes, and the step they are of, if it says.

    Raises `OSError`, and `UserError` where the file is torn.
    """
    try:
        with safe_open(file, framework="numpy") as opened:
            names = [name for name in opened.keys() if not name.startswith(NO_WEIGHT)]  # noqa: SIM118
            values = {name: opened.get_tensor(name) for name in names}
            about = opened.metadata() or {}
    except SafetensorError as error:
        raise UserError(
            f"{file.name} of the run is torn or damaged, its weights are passed over",
            "Wait for the next ones",
        ) from error
    return values, _step(about, file)


def _step(about: Mapping[str, str], file: Path) -> int | None:
    try:
        return int(json.loads(about["facts"])["step"])
    except (KeyError, ValueError, TypeError):
        return int(file.stem) if file.stem.isdecimal() else None
