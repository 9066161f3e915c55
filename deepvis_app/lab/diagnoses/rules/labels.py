"""Labels that the network learned against."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.lab.diagnoses.finding import Action, Finding, Kind, Rule, Severity
from deepvis_app.lab.diagnoses.words import number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from deepvis_app.lab.diagnoses.history import History

AGAINST = -0.5  # times the middle margin
MANY, LEAST = 0.05, 50
EARLY = 5  # epochs, before which a lead tells little: what is merely learned late is behind, too
LEARNED = 0.9  # of the loss of chance
APART = 4.0  # times as many as lie between them and 0: hard examples thin out, wrong ones do not


def suspects(margins: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return the places of examples whose labels the network learned against, worst first.

    `margins` (N,) are mean leads of the own class. Suspected are those that are behind by more
    than half of what the middle example leads by: what is merely hard lies around 0.
    """
    known = margins[np.isfinite(margins)]
    middle = float(np.median(known)) if len(known) else 0.0
    if middle <= 0:
        return np.zeros(0, np.int64)
    order = np.argsort(margins, kind="stable")
    return order[np.nan_to_num(margins[order], nan=np.inf) < AGAINST * middle]


def stand_out(margins: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return the suspects, worst first; none where they are no group apart from hard examples."""
    found = suspects(margins)
    known = margins[np.isfinite(margins)]
    if not len(found):
        return found
    hard = np.count_nonzero((known >= AGAINST * np.median(known)) & (known < 0))
    return found if len(found) >= APART * hard else found[:0]


def _labels(history: History) -> Iterator[Finding]:
    margins = history.run.arrays.get("labels/margins")
    if margins is None or margins.ndim != 1:
        return
    fake = history.run.arrays.get("labels/fake")
    if fake is not None and fake.shape == margins.shape:
        margins = margins[fake == 0]  # of a class that does not exist: all of these are wrong
    if len(margins) < LEAST or history.steps < EARLY * history.epoch_steps:
        return
    found = stand_out(margins)
    share = len(found) / len(margins)
    if share < MANY:
        return
    middle = float(np.nanmedian(margins))
    if history.chance is None or not history.end < LEARNED * history.chance:
        return  # all of them are against a network that has learned nothing
    yield LABELS.finding(
        Severity.WARNING, 0,
        f"{len(found)} of {len(margins)} examples ({share:.1%}) were scored for another class by "
        f"more than half of the middle lead, {number(middle)}, on average over the run.",
        action=Action(Kind.SHOW_LABELS, {"count": len(found)}),
    )  # fmt: skip


LABELS = Rule(
    "labels",
    "Labels suspected wrong",
    _labels,
    lambda history: (
        "" if "labels/margins" in history.run.arrays else "margins of single examples were not kept"
    ),
    "mean over the run of each example's score less the best other class's (AUM)",
    f"≥ {MANY:.0%} of the examples below {AGAINST:g} times the middle margin, and {APART:g} times "
    "as many as between that and 0",
    f"fewer than {LEAST} examples, or than {EARLY} epochs; a middle margin below 0; a loss ≥ "
    f"{LEARNED:g} of chance",
    "Look at the suspects, worst first",
    "Pleiss et al. 2020, arXiv:2001.10528; the bound is relative here, without a false class",
    explains=("overfitting",),
)

LABEL = (LABELS,)
