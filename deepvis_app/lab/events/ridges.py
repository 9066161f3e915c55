"""Histograms by tag put together by what they are of."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.lab.log.run import Counts, Ridge

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deepvis_app.lab.events.buckets import Filled

# What a histogram is of, by how a word of its tag begins; of parameters where none does.
_OF = {"gradients": ("grad",), "updates": ("update", "delta"), "activations": ("activation",)}
_PARAMETERS = {"weight", "bias", "kernel"}
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def kind_of_histogram(tag: str) -> str:
    """Return what a tag's histogram is of: "weights", "gradients", "updates" or "activations"."""
    words = [word.lower() for word in _WORD.findall(tag)]
    for kind, beginnings in _OF.items():
        if any(word.startswith(beginnings) for word in words):
            return kind
    return "activations" if "act" in words and not _PARAMETERS & {*words} else "weights"


def ridges(found: Mapping[str, Sequence[tuple[int, Filled]]]) -> dict[str, Ridge]:
    """Return the histograms (step, counts) of each tag as one ridge a kind; its names are the tags.

    A tag of which nothing is known at a step has no counts there.
    """
    kinds: dict[str, list[str]] = {}
    for tag in found:
        kinds.setdefault(kind_of_histogram(tag), []).append(tag)
    return {kind: _ridge(tags, found) for kind, tags in kinds.items()}


def _ridge(tags: list[str], found: Mapping[str, Sequence[tuple[int, Filled]]]) -> Ridge:
    steps: dict[int, dict[str, Filled]] = {}
    for tag in tags:
        for step, filled in found[tag]:
            steps.setdefault(step, {})[tag] = filled
    return Ridge(tuple(tags), tuple(_row(step, tags, steps[step]) for step in sorted(steps)))


def _row(step: int, tags: list[str], of: dict[str, Filled]) -> Counts:
    sizes = [len(of[tag].bins) if tag in of else 0 for tag in tags]
    present = [of[tag] for tag in tags if tag in of]
    return Counts(
        step,
        np.cumsum(sizes, dtype=np.int64),
        np.concatenate([filled.bins for filled in present]),
        np.concatenate([filled.counts for filled in present]),
    )
