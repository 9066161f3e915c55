"""One scan at a time in a corpus' folder, whichever process it runs in."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from deepvis_app.errors import UserError, in_short
from deepvis_app.files import held

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME = "scanning.lock"


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold a folder for oneself; the system lets go of it where the process is killed.

    Raises `UserError` where another scan holds it, or it cannot be written to.
    """
    path = folder / NAME
    try:
        handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o666)
    except OSError as error:
        raise UserError(
            f"{folder} cannot be written: {in_short(error)}", "Choose another folder for the corpus"
        ) from error
    try:
        if not held(handle):
            raise UserError(
                "These pictures are being scanned by another deepvis",
                "Wait until it is done: what it finds is here, too",
            )
        yield
    finally:
        os.close(handle)
