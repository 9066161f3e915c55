"""The photograph that excites a unit most, whole."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

from deepvis_app.corpus.pictures import source_of
from deepvis_app.errors import UserError
from deepvis_app.frames.source import PictureError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from deepvis_app.corpus import Corpus
    from deepvis_app.nets import Unit


@dataclass(frozen=True, slots=True, eq=False)
class Photograph:
    """A picture, uint8 (H, W, 3), and what its file is called; or why there is none."""

    picture: NDArray[np.uint8] | None
    name: str
    problem: str = ""


def best_photograph(unit: Unit, shortest_px: int, corpus: Corpus) -> Photograph:
    """Read a unit's best photograph; its shorter side may come as `shortest_px`, if it is larger.

    For a thread that may wait for a disk.
    """
    try:
        patches = corpus.top(unit)
        if not patches:
            return Photograph(None, "", "No photograph excites this unit")
        row = corpus.plan.row(patches[0].picture)
        if row is None or patches[0].has_changed or not corpus.about.source:
            return Photograph(None, "", "Its best photograph is gone, or another one now")
        name = corpus.plan.names[row]
        picture = source_of(corpus.about.source).read(name, shortest_px)
    except (PictureError, UserError) as error:
        return Photograph(None, "", f"Its best photograph cannot be read: {error}")
    return Photograph(picture, PurePath(name).name)
