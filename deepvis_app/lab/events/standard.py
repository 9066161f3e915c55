"""Which of a foreign log's tags is the loss, the accuracy and so on, by how they are usually named.

A tag is taken apart into words. Those that say of which data it is and how often it was measured
are set aside; what is left has to be exactly what such a quantity is called, so that "box_loss",
one of several, is not taken for the loss.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

_TRAINED = {"train", "training", "tr", "trn"}
# The names of data that is not trained on: the earlier one is taken where a log has several.
_HELD_OUT = (
    {"val", "valid", "validation", "validate", "dev"},
    {"eval", "evaluation", "evaluate", "heldout", "holdout"},
    {"test", "testing", "tst"},
)
_OFTEN = {"step", "steps", "batch", "iter", "iters", "iteration", "iterations", "minibatch"}
_SELDOM = {"epoch", "epochs"}
_FILLING = {
    "mean", "avg", "average", "running", "overall", "total", "metric", "metrics", "scalar",
    "scalars", "log", "logs", "stats", "summary", "per", "vs", "current", "global",
}  # fmt: skip
_OF_LOSS = {"cross", "entropy", "crossentropy", "ce", "nll", "mse", "bce", "xent", "objective"}
_OF_ACCURACY = {"top", "1", "categorical", "sparse", "binary", "score"}
_ACCURACY = {"acc", "accuracy", "acc1", "top1"}


def standard_names(tags: Iterable[str]) -> dict[str, str]:
    """Return which tag is each quantity that has a usual name here: {"val_loss": "Loss/val", …}.

    Of several tags for one quantity that of the batches trained on wins for `loss` and `accuracy`,
    that of whole epochs for `val_loss` and `val_accuracy`; then the shorter one.
    """
    best: dict[str, tuple[tuple[int, int, str], str]] = {}
    for tag in tags:
        found = _meaning(tag)
        if found is not None:
            name, rank = found
            place = (rank, len(tag), tag)
            if name not in best or place < best[name][0]:
                best[name] = place, tag
    return {name: tag for name, (_, tag) in best.items()}


def _meaning(tag: str) -> tuple[str, int] | None:
    """Return the usual name of what a tag is, and how well it fits: the less the better."""
    words = [word.lower() for word in _WORD.findall(tag)]
    kind = set(words)
    if other := _other(kind):
        return other, len(words)
    held_out = [place for place, names in enumerate(_HELD_OUT) if names & kind]
    trained = bool(_TRAINED & kind)
    if held_out and trained:
        return None
    quantity = _quantity(kind)
    if quantity is None:
        return None
    often, seldom = bool(_OFTEN & kind), bool(_SELDOM & kind)
    if held_out:
        return f"val_{quantity}", 10 * held_out[0] + (0 if seldom else 2 if often else 1)
    # What is said of epochs alone is measured on all of them, but there is no other.
    return quantity, (0 if often else 1) + (0 if trained else 3) + (5 if seldom else 0)


def _other(kind: set[str]) -> str | None:
    if kind & {"decay", "schedule", "loss"}:
        return None
    if "momentum" in kind:
        return "momentum"
    if "lr" in kind or {"learning", "rate"} <= kind or "learningrate" in kind:
        return "rate"
    left = kind - _TRAINED - _FILLING - _OFTEN
    if kind & {"grad", "gradient", "grads"} and "norm" in kind:
        named = {"grad", "gradient", "grads", "norm", "2", "0", "l2"}
        return "gradient_norm" if left <= named else None
    return "epoch" if left == {"epoch"} else None


def _quantity(kind: set[str]) -> str | None:
    left = kind - _TRAINED - set().union(*_HELD_OUT) - _OFTEN - _SELDOM - _FILLING
    if kind & {"loss", "cost"}:
        return "loss" if left <= {"loss", "cost"} | _OF_LOSS else None
    if kind & _ACCURACY or {"top", "1"} <= left:
        return "accuracy" if left <= _ACCURACY | _OF_ACCURACY else None
    return None
