"""Where event files lie: which folders are runs, and which files belong to one."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from deepvis_app.files import kind_of
from deepvis_app.lab.events.event import read_event
from deepvis_app.lab.log.framing import Frames
from deepvis_app.lab.log.writer import SUFFIX

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "tfevents"  # in every event file's name, by TensorBoard's own rule
PARTS = ("eval", "evaluation", "test", "train", "val", "valid", "validation")
"""Folders in a run's folder that belong to it: Keras and Estimator write one for each data set."""
_HEAD, _FIRST = 1 << 16, 20  # bytes and records of a file in which its first tag is looked for
MOST_FOLDERS = 20_000  # that are looked through for runs
DEEPEST = 12
MOST_CURVES, DEEPEST_CURVE = 200, 3  # folders looked into for curves, slashes in their names


def event_files(folder: Path) -> list[Path]:
    """Return the event files of a run in the order they were begun; `folder` may be a file itself.

    Those of its folders for training and validation data belong to it, and so do those that
    `add_scalars` makes for each of its curves. Raises `OSError`.
    """
    if not folder.is_dir():
        return [folder] if NAME in folder.name else []
    files, folders = _names(folder)
    found = [folder / name for name in files if NAME in name]
    for part in _parts(folder, files, folders):
        with suppress(OSError):  # gone since
            found += [folder / part / name for name in _names(folder / part)[0] if NAME in name]
    return found


def curve_name(part: str, tag: str) -> str:
    """Return how a tag is called that is written in a folder of a run's folder, "" in itself.

    What `add_scalars("loss", {"val": …})` writes is "loss/val", in the folder "loss_val" by
    PyTorch, in "loss/val" by tensorboardX; other tags follow the folder's name.
    """
    flat = f"{tag.replace('/', '_')}_"
    if part.startswith(flat) and "/" not in part:
        return f"{tag}/{part.removeprefix(flat)}"
    if not part or part.rpartition("/")[0] == tag:
        return part or tag
    return f"{part}/{tag}"


def _parts(folder: Path, files: list[str], folders: list[str]) -> list[str]:
    """Return which folders in a run's folder belong to the run, the parts of the run."""
    found = [name for name in PARTS if name in folders and _has_events(folder / name)]
    if any(NAME in name for name in files):
        found += _of_curves(folder, [name for name in folders if name not in found])
    return found


def _of_curves(folder: Path, names: list[str]) -> list[str]:
    """Return those of some folders, and of those in them, that `add_scalars` made."""
    found, waiting, looked = [], names[::-1], 0
    while waiting and looked < MOST_CURVES:
        part = waiting.pop()
        looked += 1
        inside, below = _listed(folder / part)
        events = [name for name in inside if NAME in name]
        if events and _is_one_curve(part, [folder / part / name for name in events]):
            found.append(part)
        elif not events and part.count("/") < DEEPEST_CURVE:
            waiting += [f"{part}/{name}" for name in reversed(below)]
    return found


def _is_one_curve(part: str, files: list[Path]) -> bool:
    for path in files:
        with suppress(OSError, ValueError):
            tag = _first_tag(path)
            return curve_name(part, tag) != f"{part}/{tag}"
    return False


@lru_cache(maxsize=4096)
def _first_tag(path: Path) -> str:
    """Return the first tag of an event file. Raises `ValueError` where there is none yet."""
    if kind_of(path.stat()):
        raise ValueError("no file")
    with path.open("rb") as file:
        payloads = Frames().feed(file.read(_HEAD))
    for payload in payloads[:_FIRST]:
        for value in read_event(payload, {}).values:
            return value.tag
    raise ValueError("nothing yet")


def find_runs(folder: str | Path) -> tuple[Path, ...]:
    """Return every folder at or below one that is a run: with a log of ours or with event files.

    A folder with training and validation data of one run is given, they are not. Links to folders
    are not followed, hidden folders are passed, and folders that cannot be read.
    """
    return tuple(_runs(Path(folder)))


def _runs(root: Path) -> Iterator[Path]:
    waiting, looked = [(root, 0)], 0
    taken: set[Path] = set()  # by a run above
    while waiting and looked < MOST_FOLDERS:
        folder, depth = waiting.pop()
        if folder in taken:
            continue
        looked += 1
        files, folders = _listed(folder)
        is_own = any(name.startswith("run-") and name.endswith(SUFFIX) for name in files)
        parts = [part for part in _parts(folder, files, folders) if folder / part not in taken]
        if is_own or any(NAME in name for name in files) or _are_one({*parts}):
            yield folder
            taken |= {folder / part for part in parts}
        if depth < DEEPEST:
            below = (folder / name for name in reversed(folders))
            waiting += [(path, depth + 1) for path in below]


def _are_one(parts: set[str]) -> bool:
    """Whether folders of these names make their parent a run: training and something held out."""
    return "train" in parts and len(parts) > 1


def _has_events(folder: Path) -> bool:
    return any(NAME in name for name in _listed(folder)[0])


def _listed(folder: Path) -> tuple[list[str], list[str]]:
    """Return the names of the files and of the folders in a folder, none where it is shut."""
    try:
        return _names(folder)
    except OSError:
        return [], []


def _names(folder: Path) -> tuple[list[str], list[str]]:
    """Return the same; raises `OSError` where the folder is shut."""
    files, folders = [], []
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            if not entry.is_dir(follow_symlinks=False) or NAME in entry.name:
                files.append(entry.name)
            elif not entry.name.startswith("."):
                folders.append(entry.name)
    return files, folders
