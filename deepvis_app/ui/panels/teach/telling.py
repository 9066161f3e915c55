"""What is said of a concept while it is taught, in words and cells."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from deepvis_app.corpus.concepts.direction import control_words, verdict
from deepvis_app.corpus.concepts.taught import LEAST
from deepvis_app.ui.kit.pictures.picture_grid import Cell
from deepvis_app.words.figures import figure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deepvis_app.corpus.concepts.concept import Concept
    from deepvis_app.corpus.concepts.examples import Example

ELLIPSIS = "…"
NEAR = 0.15  # of zero: a score that is not told from it


def cells_of(
    examples: Sequence[Example], scores: Mapping[int, float]
) -> tuple[tuple[Cell, ...], frozenset[int]]:
    """Return a cell for each example, and the places of those that were told wrong."""
    wrong = frozenset(
        place
        for place, one in enumerate(examples)
        if (score := scores.get(one.id)) is not None and (score > 0) != one.is_inside
    )
    cells = []
    for place, one in enumerate(examples):
        score = scores.get(one.id)
        told = "" if score is None else f" · held out {figure(score)}"
        told += ": taken for the other side" if place in wrong else ""
        cells.append(Cell(one.thumb, tip=f"{one.name}{told}. A click takes it away"))
    return tuple(cells), wrong


def score_words(score: float) -> tuple[str, str]:
    """Return what a frame's score says, and in which role of a label."""
    if math.isnan(score) or math.isinf(score):
        return f"{figure(score)} · the layer gives no number", "muted"
    if abs(score) < NEAR:
        return f"{figure(score)} · between both", "value"
    return (
        (f"{figure(score)} · this is it", "live")
        if score > 0
        else (f"{figure(score)} · this is not", "value")
    )


def count_words(count: int, on_the_way: str) -> tuple[str, str]:
    """Return how many pictures a side has, and what that means."""
    if on_the_way:
        told = "" if on_the_way == ELLIPSIS else f": {on_the_way}"
        return f"{count} {ELLIPSIS}", f"Pictures are being looked at{told}"
    if count < LEAST:
        return f"{count} of {LEAST}", f"A concept takes {LEAST} pictures of either side"
    return f"{count}", "Pictures that teach"


def share_words(concept: Concept) -> tuple[str, str, str]:
    """Return how many held-out pictures are told right, with shuffled labels, and all of it."""
    judged = concept.judged
    if judged is None:
        return "Nothing can be held out yet", "", ""
    inside, outside = concept.moments
    tip = (
        f"Of it {judged.inside:.0%}, of others {judged.outside:.0%} of held-out pictures are "
        f"right; {control_words(judged)}. The bounds count {inside} + {outside} moments. "
        "Pictures that were told wrong have a frame"
    )
    low, high = 100 * judged.low, 100 * judged.high
    accuracy = f"Held out {judged.accuracy:.0%} ({low:.0f} to {high:.0f})"
    return accuracy, f"shuffled {judged.usual:.0%}", tip


def verdict_words(concept: Concept) -> tuple[str, str, str]:
    """Return what a concept is worth, in which role of a label, and what it is."""
    is_better = concept.judged is not None and concept.judged.is_better
    facts = (
        f"{concept.explained:.1%} of variance · near unit {concept.nearest}: "
        f"cos {concept.cosine:.2f}"
    )
    return verdict(concept), "good" if is_better else "detail", facts
