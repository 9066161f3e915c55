"""Where event files lie: which folders are runs, and which files belong to one."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from deepvis_app.lab.log.writer import SUFFIX

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "tfevents"  # in every event file's name, by TensorBoard's own rule
PARTS = ("eval", "evaluation", "test", "train", "val", "valid", "validation")
"""Folders in a run's folder that belong to it: Keras and Estimator write one for each data set."""
MOST_FOLDERS = 20_000  # that are looked through for runs
DEEPEST = 12


def event_files(folder: Path) -> list[Path]:
    """Return the event files of a run in the order they were begun; `folder` may be a file itself.

    Those of its folders for training and validation data belong to it. Raises `OSError`.
    """
    if not folder.is_dir():
        return [folder] if NAME in folder.name else []
    found = _in(folder)
    for part in PARTS:
        with suppress(FileNotFoundError, NotADirectoryError):
            found += _in(folder / part)
    return found


def _in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if NAME in path.name)


def find_runs(folder: str | Path) -> tuple[Path, ...]:
    """Return every folder at or below one that is a run: with a log of ours or with event files.

    A folder with training and validation data of one run is given, they are not. Links to folders
    are not followed, hidden folders are passed, and folders that cannot be read.
    """
    return tuple(_runs(Path(folder)))


def _runs(root: Path) -> Iterator[Path]:
    waiting, looked = [(root, 0)], 0
    while waiting and looked < MOST_FOLDERS:
        folder, depth = waiting.pop()
        looked += 1
        files, folders = _listed(folder)
        is_own = any(name.startswith("run-") and name.endswith(SUFFIX) for name in files)
        parts = {name for name in PARTS if name in folders and _has_events(folder / name)}
        if is_own or any(NAME in name for name in files) or _are_one(parts):
            yield folder
            folders = [name for name in folders if name not in parts]
        if depth < DEEPEST:
            waiting += [(folder / name, depth + 1) for name in reversed(folders)]


def _are_one(parts: set[str]) -> bool:
    """Whether folders of these names make their parent a run: training and something held out."""
    return "train" in parts and len(parts) > 1


def _has_events(folder: Path) -> bool:
    return any(NAME in name for name in _listed(folder)[0])


def _listed(folder: Path) -> tuple[list[str], list[str]]:
    """Return the names of the files and of the folders in a folder, none where it is shut."""
    files, folders = [], []
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            if entry.is_dir(follow_symlinks=False):
                if not entry.name.startswith("."):
                    folders.append(entry.name)
            else:
                files.append(entry.name)
    return files, folders
