"""The folder of a training by deepvis: what lies where, and how its networks are named."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deepvis_app import paths
from deepvis_app.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

PLAN = "plan.json"  # what a folder is known by
PROFILE = "network.toml"  # how its network is made, fed and labelled
NOW = "now.safetensors"  # the present weights, written while somebody watches
LAST = "last.safetensors"  # the state as it was saved last, its weights among others
WATCHED = "watched"  # touched every second by who watches
WATCHED_S = 3.0  # so old it may be
CHECKPOINTS = "checkpoints"
_SPEC = re.compile(r"(?P<folder>.+)@(?P<step>\d+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class RunNetwork:
    """One of a run's networks: that of a step, None: of the present."""

    folder: Path
    step: int | None = None

    @property
    def spec(self) -> str:
        """What `load_network` takes."""
        return str(self.folder) if self.step is None else f"{self.folder}@{self.step}"

    @property
    def name(self) -> str:
        """What a person calls it."""
        named = self.folder.name
        return named if self.step is None else f"{named}, {step_words(self.step)}"


def step_words(step: int) -> str:
    """Return "step 1 200"."""
    return f"step {step:,}".replace(",", "\u2009")


def run_network(spec: str) -> RunNetwork | None:
    """Return which network of which run "FOLDER" or "FOLDER@STEP" names; None: that is no run's."""
    if is_run(folder := paths.expanded(spec)):
        return RunNetwork(folder.absolute())
    found = _SPEC.fullmatch(spec)
    if found is None or not is_run(folder := paths.expanded(found["folder"])):
        return None
    return RunNetwork(folder.absolute(), int(found["step"]))


def is_run(folder: Path) -> bool:
    """Tell whether a folder is that of a training by deepvis."""
    try:
        return (folder / PLAN).is_file()
    except (OSError, ValueError):  # a name too long, a zero in it
        return False


def checkpoints(folder: Path) -> dict[int, Path]:
    """Return the files of a run's checkpoints by step, first to last."""
    files = (folder / CHECKPOINTS).glob("*.safetensors")
    return dict(sorted((int(file.stem), file) for file in files if file.stem.isdecimal()))


def weights_of(run: RunNetwork) -> Path:
    """Return the file with a network's weights. Raises `UserError` where there is none."""
    kept = checkpoints(run.folder)
    if run.step is not None:
        if run.step in kept:
            return kept[run.step]
        raise UserError(f"{run.folder.name} has no checkpoint of step {run.step:,}", _steps(kept))
    newest = next(reversed(kept.values()), None)
    files = [file for file in (newest, run.folder / LAST, run.folder / NOW) if file is not None]
    found = max(files, key=_written_at)
    if not run.folder.is_dir():
        raise UserError(
            f"The run {run.folder.name} is not there any more", "Choose another network"
        )
    if not _written_at(found):
        raise UserError(
            f"{run.folder.name} has no weights yet", "Wait until its first checkpoint is written"
        )
    return found


def _written_at(file: Path) -> int:
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return 0


def _steps(kept: dict[int, Path]) -> str:
    if not kept:
        return "Wait until its first checkpoint is written"
    steps = [f"{step:,}" for step in kept]
    shown = steps if len(steps) <= 6 else [*steps[:3], "…", *steps[-2:]]
    return f"Choose step {', '.join(shown)}"
