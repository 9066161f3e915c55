"""A concept as directions of its layer, with what is known of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.corpus.concepts.concept import LEAST_MOMENTS
from deepvis_app.errors import short_text
from deepvis_app.nets.directions import Directions

if TYPE_CHECKING:
    from deepvis_app.corpus.concepts.concept import Concept, Judged


def directions_of(concept: Concept, name: str) -> Directions:
    """Return the one direction that a concept is, called by the beginning of a name on one line."""
    figures = {
        "explained": concept.explained,
        "nearest": float(concept.nearest),
        "cosine": concept.cosine,
    }
    if (judged := concept.judged) is not None:
        figures |= {
            "accuracy": judged.accuracy,
            "accuracy_low": judged.low,
            "accuracy_high": judged.high,
            "shuffled": judged.usual,
            "shuffled_high": judged.limit,
            "chance": judged.chance,
        }
    return Directions(
        concept.weight[None],
        [concept.bias],
        names=[short_text(name)],
        figures={key: (value,) for key, value in figures.items()},
    )


def made_words(concept: Concept) -> str:
    """Say in a sentence what a concept was taught by and how it does."""
    inside, outside = concept.pictures
    said = f"Concept taught by {inside} pictures of it and {outside} of others"
    if concept.judged is None:
        return f"{said}; none could be held out"
    return f"{said}; {accuracy_words(concept.judged)}, {control_words(concept.judged)}"


def accuracy_words(judged: Judged) -> str:
    """Say how many are told right: "91% of held-out pictures right (80 to 97%)"."""
    return (
        f"{judged.accuracy:.0%} of held-out pictures right "
        f"({100 * judged.low:.0f} to {judged.high:.0%})"
    )


def control_words(judged: Judged) -> str:
    """Say what shuffled labels make of it: "with shuffled labels 50%, seldom over 66%"."""
    return f"with shuffled labels {judged.usual:.0%}, seldom over {judged.limit:.0%}"


def verdict(concept: Concept) -> str:
    """Say in a sentence whether a concept is better than chance, and what helps where it is not."""
    judged, fewest = concept.judged, min(concept.moments)
    if judged is None:
        return "Show both sides in another way, too: nothing can be held out yet"
    if judged.is_better:
        return "Better than chance"
    if fewest < LEAST_MOMENTS:
        return f"It takes {LEAST_MOMENTS} different moments of either side to rule out chance"
    return "Not better than chance: this layer does not tell these pictures apart"
