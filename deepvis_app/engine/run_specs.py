"""How the pictures of a training are named as a source: "run:FOLDER", or "run:FOLDER#train"."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app import paths

if TYPE_CHECKING:
    from pathlib import Path

PREFIX = "run:"
TRAIN = "#train"


def source_of(folder: str | Path, *, train: bool = False) -> str:
    """Return the spec of a run's pictures: those that it is judged by, or learns from."""
    return f"{PREFIX}{paths.expanded(folder).absolute()}{TRAIN if train else ''}"


def folder_in(spec: str) -> tuple[Path, bool]:
    """Return the run's folder, and whether the pictures that it learns from are meant."""
    named = spec.removeprefix(PREFIX)
    return paths.expanded(named.removesuffix(TRAIN)).absolute(), named.endswith(TRAIN)
