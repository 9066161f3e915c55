"""Two classes compared: what the pictures have that speak for one, for the other, and for both.

After the class comparison of Carter et al. (2019). Of the pictures that speak most for either class
x is the difference of the two class scores, cut where 99 in 100 are within, and y is the order in
which t-SNE lays their codes out on a line. A score is what all units of a layer contribute to the
class together (gradient times activation, where the network behind it is linear in pieces and has
no biases), so it is the attribution of a whole picture.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.corpus.codes import LEAST
from deepvis_app.corpus.map.atlas import atlas_with
from deepvis_app.corpus.map.cells import Grid
from deepvis_app.corpus.map.embedding import line_of
from deepvis_app.corpus.map.settings import MapSettings
from deepvis_app.errors import UserError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis_app.corpus.codes import Codes
    from deepvis_app.corpus.map.atlas import Atlas

    Floats = NDArray[np.float32]

COLUMNS, ROWS, LEAST_COMPARED = 9, 3, 2
SHARE, FEWEST, MOST = 0.1, 60, 3000  # of the pictures that are looked at, and how many
CUT = 99.0  # percent of the differences that are within


@dataclass(frozen=True, eq=False)
class Comparison:
    """An atlas whose columns go from what speaks for the first class to what does for the second.

    `places` (n,) are the pictures that were looked at, in the codes, `points` (n, 2) where they
    are; `differences` (n,) of their scores, the second class' less the first's; `reach` is the
    difference at either border.
    """

    atlas: Atlas
    places: NDArray[np.int64]
    points: Floats
    differences: Floats
    reach: float

    def mean(self, cell: int) -> float:
        """Return the mean difference of a cell's pictures."""
        own = np.isin(self.places, self.atlas.cells[cell].places)
        return float(self.differences[own].mean(dtype=np.float64))


def compared(
    codes: Codes,
    first: Floats,
    second: Floats,
    *,
    columns: int = COLUMNS,
    rows: int = ROWS,
    least: int = LEAST_COMPARED,
    settings: MapSettings = MapSettings(),  # noqa: B008 - frozen
) -> Comparison:
    """Compare two classes by their scores (N,) of all pictures, NaN where unknown.

    Raises `UserError` where too few scores are known, or all are alike.
    """
    places = _chosen(first, second)
    differences = (second - first)[places]
    reach = float(np.percentile(np.abs(differences), CUT))
    if not reach > 0:
        raise UserError("Both classes score alike on all pictures", "Compare two other classes")
    x = np.clip(differences / reach, -1, 1)
    own = replace(
        codes,
        ids=codes.ids[places],
        rows=codes.rows[places],
        values=codes.values[places],
        labels=codes.labels[places],
    )
    y = line_of(own, settings)
    grid = Grid((-1.0, -rows / columns), 2 / columns, rows, columns)
    points = np.stack([x, y * (rows / columns)], 1).astype(np.float32)
    cells = tuple(replace(cell, places=places[cell.places]) for cell in grid.squares(points, least))
    if not cells:
        raise UserError(
            f"No cell has {least} of the {len(places)} pictures that speak most for either class",
            "Scan more pictures",
        )
    atlas = atlas_with(codes, grid, cells)
    return Comparison(atlas, places, points, differences, reach)


def _chosen(first: Floats, second: Floats) -> NDArray[np.int64]:
    """Return the places of pictures that score highest for either of two classes, in order."""
    highest = np.maximum(first, second)
    known = np.flatnonzero(np.isfinite(highest))
    if len(known) < LEAST:
        raise UserError(
            f"The class scores of {len(known)} pictures are known, {LEAST} are needed",
            "Scan more pictures",
        )
    count = min(max(round(SHARE * len(known)), FEWEST), MOST, len(known))
    order = known[np.argsort(-highest[known], kind="stable")]
    return np.sort(order[:count])
