"""Folders that results go to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.errors import UserError, one_line

if TYPE_CHECKING:
    from pathlib import Path


def make_folder(out: Path) -> None:
    """Make a folder for results, unless it is there. Raises `UserError`."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"{out} cannot be used: {one_line(error)}", "Choose another --out"
        ) from error
