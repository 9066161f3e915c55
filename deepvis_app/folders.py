"""Whether what deepvis keeps has a place, and what to do where it has none."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deepvis_app import paths
from deepvis_app.errors import UserError, in_short

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Place:
    """A folder of the user's: what goes there, and the variable that names another."""

    kept: str
    folder: Callable[[], Path]
    variable: str


PLACES = (
    Place("settings and session", paths.config_dir, "DEEPVIS_CONFIG_DIR"),
    Place("preferred images and other results", paths.cache_dir, "DEEPVIS_CACHE_DIR"),
)


def folder_problem(folder: Path) -> str | None:
    """Return why nothing can be written to `folder`, which is made if need be; None: it can."""
    if folder.is_relative_to(paths.NOWHERE):
        return "there is no home folder"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder) as file:
            file.write(b"deepvis")
            file.flush()
    except OSError as error:
        return in_short(error)
    return None


def keeping_problem() -> UserError | None:
    """Return what cannot be kept, as one error for all places; None where all can be written."""
    wrong = [(place, reason) for place in PLACES if (reason := folder_problem(place.folder()))]
    if not wrong:
        return None
    reasons = {reason for _, reason in wrong}
    if len(reasons) == 1:
        folders = " and ".join(_name(place) for place, _ in wrong)
        why = f"{folders} cannot be written ({reasons.pop()})"
    else:
        why = " and ".join(f"{_name(place)} cannot be written ({why})" for place, why in wrong)
    kept = wrong[0][0].kept
    what = "Nothing can be kept" if len(wrong) > 1 else f"{kept.capitalize()} cannot be kept"
    variables = " and ".join(place.variable for place, _ in wrong)
    return UserError(
        f"{what}: {why}",
        f"Make room or make it writable, or name another folder in {variables}; "
        "all else works as it is",
    )


def _name(place: Place) -> str:
    folder = place.folder()
    return f"the folder of {place.kept}" if folder.is_relative_to(paths.NOWHERE) else str(folder)
