"""The activations of one frame as a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.errors import UserError
from deepvis_app.files import whole

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray


def write_activations(path: Path, arrays: Mapping[str, NDArray[np.generic]]) -> None:
    """Write named arrays as NPZ without compression: whole or not at all.

    Raises `UserError` when the file cannot be written.
    """
    try:
        # The live view stands still meanwhile, so the disk is not waited for.
        with whole(path, durable=False) as draft, draft.open("wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]  # its stub takes no mapping
    except OSError as error:
        raise UserError(
            f"{path} cannot be written: {error.strerror or error}", "Choose another folder"
        ) from error
