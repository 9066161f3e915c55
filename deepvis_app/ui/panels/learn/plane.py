"""The plane of a run that learns from points: what is said of every place, and the points."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.tiles.regions import CLASS_COLOURS, as_shares, region_picture, said_at
from deepvis_app.ui.kit.pictures.region_view import Points, RegionLook

if TYPE_CHECKING:
    from deepvis_app.lab.examples import Examples
    from deepvis_app.lab.log.run import Run

SCORES, FACT = "regions/scores", "regions"
COLOURS = np.array(
    [[int(shade[k : k + 2], 16) for k in (1, 3, 5)] for shade in CLASS_COLOURS], np.uint8
)


def extent_of(run: Run | None) -> float:
    """Return how far the plane goes from zero each way; 0 where a run learns from no points."""
    fact = {} if run is None else run.about.facts.get(FACT, {})
    extent = fact.get("extent", 0) if isinstance(fact, dict) else 0
    return float(extent) if isinstance(extent, int | float) and extent > 0 else 0.0


def plane_look(
    run: Run, examples: tuple[Examples, ...], ground: tuple[int, int, int]
) -> RegionLook | None:
    """Return the plane with those learned from, filled, and those judged by; None: not yet."""
    scores, extent = run.arrays.get(SCORES), extent_of(run)
    if scores is None or scores.ndim != 3 or not extent:
        return None
    shares = as_shares(scores)
    groups = []
    for k, some in enumerate(examples):
        if some.places is not None:
            wrong = said_at(shares, some.places, extent) != some.given
            groups.append(Points(some.places, some.given, wrong, is_hollow=k > 0))
    return RegionLook(
        region_picture(shares, COLOURS, ground),
        (-extent, -extent),
        (extent, extent),
        tuple(groups),
        CLASS_COLOURS,
        run.about.classes,
    )


def plane_words(look: RegionLook) -> str:
    """Say how many points lie on the right side."""
    kinds = ("learned from", "judged by")
    said = []
    for points, kind in zip(look.points, kinds, strict=False):
        right = len(points.places) - int(points.is_wrong.sum())
        said.append(f"{right} of {len(points.places)} {kind} right")
    return " · ".join(said)
