"""The activations of one frame as a file."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray


def write_activations(path: Path, arrays: Mapping[str, NDArray[np.generic]]) -> None:
    """Write named arrays as NPZ without compression: whole or not at all.

    Raises `UserError` when the file cannot be written.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]  # its stub takes no mapping
        part.replace(path)
    except OSError as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise UserError(
            f"{path} cannot be written: {error.strerror or error}", "Choose another folder"
        ) from error
