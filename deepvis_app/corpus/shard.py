"""A shard of a scan while it is in work: what its first pictures gave."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.corpus.fold import fold
from deepvis_app.corpus.folder import Scores, halves

if TYPE_CHECKING:
    from deepvis_app.corpus.manner import Manner
    from deepvis_app.corpus.plan import Plan
    from deepvis_app.corpus.progress import SoFar
    from deepvis_app.corpus.state import LayerState


def layer_state(plan: Plan, manner: Manner, so_far: SoFar, layer: str) -> LayerState:
    """Return the state of a layer after the pictures of a shard so far."""
    part, rows = manner.part(layer), so_far.rows
    labels = plan.labels[rows] if part.has_classes else np.full(len(rows), -1)
    return fold(
        so_far.measured.rows(layer), plan.ids[rows], labels, manner.top_k,
        keep_products=part.has_products,
    )  # fmt: skip


def shard_scores(so_far: SoFar, layer: str, unit: int | None = None) -> Scores:
    """Return the scores (n, C) of a layer, or (n,) of a unit, rounded as they will be kept."""
    rows = so_far.measured.rows(layer)
    which: slice | int = slice(None) if unit is None else unit
    places = None if rows.places is None else rows.places[:, which].astype(np.int32)
    return Scores(so_far.rows, halves(rows.scores[:, which]), places)
