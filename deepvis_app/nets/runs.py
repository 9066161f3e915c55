"""A training's folder as networks: its present weights, and those of each checkpoint."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from safetensors.torch import save_file

from deepvis_app.errors import UserError, in_short
from deepvis_app.files import plain_name, whole, write_whole
from deepvis_app.nets.load import load_network
from deepvis_app.nets.profile import labels_of, load_profile, read_profile
from deepvis_app.nets.profile_text import profile_text
from deepvis_app.nets.run_folders import PROFILE, RunNetwork, run_network, weights_of

AGAIN = 3  # times to read weights that a training writes meanwhile

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from deepvis_app.nets.parts import Parts
    from deepvis_app.nets.trust import Trust


def load_run(
    run: RunNetwork,
    weights: Path | None = None,
    *,
    trust: Trust = False,
    progress: Callable[[str, int, int], None] | None = None,
    again: int = AGAIN,
) -> Parts:
    """Return one of a run's networks; other `weights` take the place of its own.

    A file that is replaced while it is read is read `again`, so many times. Raises `UserError`.
    """
    profile = run.folder / PROFILE
    if not profile.is_file():
        raise UserError(
            f"{run.folder.name} does not say how its network is made: it has no {PROFILE}",
            "Train again",
        )
    file = weights or weights_of(run)
    mark = _mark(file)
    try:
        parts = load_profile(profile, file, trust=trust, progress=progress)
    except UserError:  # a training may have put another file there while this one was read
        if again <= 0 or _mark(file) == mark:
            raise
        return load_run(run, weights, trust=trust, progress=progress, again=again - 1)
    return replace(parts, name=run.name)


def _mark(file: Path) -> tuple[int, int]:
    try:
        stat = file.stat()
    except OSError:
        return 0, 0
    return stat.st_ino, stat.st_mtime_ns


def keep_checkpoint(spec: str, name: str, folder: Path, *, trust: Trust = False) -> Path:
    """Make a run's network one of the user's own: a profile and its weights in `folder`.

    `name` is its title, and as a file can have it the file's. Returns the profile, which
    `load_network` opens. Raises `UserError` where the name is taken, or it cannot be written.
    """
    run = run_network(spec)
    if run is None:
        raise UserError(
            f"{spec} is no network of a run", "Give the folder of a run, or FOLDER@STEP"
        )
    target = folder / f"{plain_name(name)}.toml"
    kept = target.with_suffix(".safetensors")
    if target.exists() or kept.exists():
        raise UserError(f"There is a network called {target.stem} already", "Give another name")
    profile = read_profile(run.folder / PROFILE)
    own: dict[str, Any] = {"weights": kept.name, "title": name.strip() or target.stem}
    if isinstance(profile.labels, str):
        own["labels"] = labels_of(profile, run.folder / PROFILE)
    text = profile_text(profile.model_copy(update=own))
    state = load_network(spec, trust=trust).module.state_dict()  # without what only training needs
    try:
        with whole(kept) as draft:
            save_file({key: value.contiguous() for key, value in state.items()}, draft)
        write_whole(target, text)
    except OSError as error:
        kept.unlink(missing_ok=True)
        raise UserError(
            f"{name} cannot be kept in {folder}: {in_short(error)}",
            "Make room, or check the folder",
        ) from error
    return target
