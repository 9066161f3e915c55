"""The activation atlas of a map: its cells, and what each stands for (Carter et al., Distill 2019).

A cell's code is the mean of its pictures' codes; its direction is that code whitened. A picture
that is driven along it shows what these pictures have that most others have not.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.corpus.map.cells import grid_over
from deepvis_app.corpus.map.whitening import Whitening
from deepvis_app.corpus.measure import Score
from deepvis_app.errors import UserError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis_app.corpus.codes import Codes
    from deepvis_app.corpus.corpus import Corpus
    from deepvis_app.corpus.map.cells import Grid, Square
    from deepvis_app.corpus.map.embedding import Embedding

    Floats = NDArray[np.float32]

MOST_CELLS, MOST_LEAST = 100, 1000
LEAST = 3  # pictures of a cell, where nobody says how many
FILLED = 5  # pictures that a cell would have if they lay evenly in a square
FEWEST, USUAL_MOST = 4, 20  # cells a side, where nobody says how many


@dataclass(frozen=True, slots=True)
class AtlasSettings:
    """`cells` along the longer side of the map, and the `least` pictures that a cell has.

    `cells` 0: as many as suit the number of pictures, and fewer where no cell had enough of them.
    Raises `UserError` for what cannot be.
    """

    cells: int = 0
    least: int = LEAST

    def __post_init__(self) -> None:
        if not 0 <= self.cells <= MOST_CELLS:
            raise UserError(f"An atlas has 1 to {MOST_CELLS} cells a side", "Choose another number")
        if not 1 <= self.least <= MOST_LEAST:
            raise UserError(f"A cell needs 1 to {MOST_LEAST} pictures", "Choose another number")


@dataclass(frozen=True, eq=False)
class Atlas:
    """Cells of a map, the fullest first; `codes` (K, C) are the means of their pictures'."""

    of: Codes
    grid: Grid
    cells: tuple[Square, ...]
    codes: Floats
    whitening: Whitening

    def __len__(self) -> int:
        return len(self.cells)

    @cached_property
    def directions(self) -> NDArray[np.float64]:
        """What each cell's picture is driven along, (K, C), of length 1."""
        return self.whitening.directions(self.codes)

    @property
    def pictures(self) -> int:
        """How many pictures the cells have, all together."""
        return sum(len(cell.places) for cell in self.cells)


def require_activations(corpus: Corpus) -> None:
    """Raise `UserError` where the codes of a scan are no activations, which could be driven up."""
    if corpus.manner.score is Score.RELEVANCE:
        raise UserError(
            f"{corpus.name} was scored by relevance, and an atlas needs what the units gave",
            "Scan again by max or mean",
        )


def atlas_of(embedding: Embedding, settings: AtlasSettings = AtlasSettings()) -> Atlas:
    """Return the atlas of a map. Raises `UserError` where no cell has pictures enough."""
    points, least = embedding.points, settings.least
    usual = min(max(round((len(points) / FILLED) ** 0.5), FEWEST), USUAL_MOST)
    for count in (settings.cells,) if settings.cells else range(usual, 0, -1):
        grid = grid_over(points, count)
        if cells := grid.squares(points, least):
            return atlas_with(embedding.codes, grid, cells)
    if len(points) < least:
        raise UserError(
            f"No cell has {least} pictures: the map has {len(points)}",
            "Let a cell have fewer pictures",
        )
    raise UserError(f"No cell has {least} pictures", "Use fewer cells")


def atlas_with(codes: Codes, grid: Grid, cells: tuple[Square, ...]) -> Atlas:
    """Return an atlas of given cells, at least one, whitened over all codes."""
    values = codes.values
    means = [values[cell.places].mean(0, dtype=np.float64) for cell in cells]
    return Atlas(codes, grid, cells, np.array(means, np.float32), Whitening(values))
