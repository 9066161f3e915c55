"""Units that give nothing, or always the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.lab.diagnoses.finding import Action, Finding, Kind, Rule, Severity
from deepvis_app.lab.diagnoses.history import last_of, middle, needs_table
from deepvis_app.lab.diagnoses.words import names_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from deepvis_app.lab.diagnoses.history import History

    Floats = NDArray[np.float64]

SOME, MOST = 0.5, 0.9  # of a layer's units
HOLD = 0.8  # share of a stretch of the run
FULL = 0.5  # of a layer's values


def _held(values: Floats, bound: float) -> NDArray[np.bool_]:
    """Tell for which layers a quantity (S, L) is at or above a bound at the end, and stays."""
    last = last_of(values, 4)
    known = np.isfinite(last)
    with np.errstate(invalid="ignore"):
        over = (last >= bound) & known
    held: NDArray[np.bool_] = (over.sum(0) >= HOLD * np.maximum(known.sum(0), 1)) & known.any(0)
    return held


def _began(history: History, values: Floats, bound: float) -> int:
    """Return the step from which a layer's quantity (S,) stayed at or above a bound."""
    below = np.flatnonzero(~(values >= bound))
    place = int(below[-1]) + 1 if len(below) else 0
    return int(history.run.activations.steps[min(place, len(values) - 1)])


def _dead(history: History) -> Iterator[Finding]:
    table = history.run.activations
    dead = history.of(table, "dead")
    if len(dead) < 2:
        return
    held = np.flatnonzero(_held(dead, SOME))
    if not len(held):
        return
    ends = middle(last_of(dead, 4), 0)
    worst = int(held[np.argmax(ends[held])])
    share = float(ends[worst])
    if share < MOST and history.has_fallen:
        return
    others = [table.names[each] for each in held if each != worst]
    also = f"; {names_of(others)} as well" if others else ""
    yield DEAD.finding(
        Severity.ALARM if share >= MOST else Severity.WARNING,
        _began(history, dead[:, worst], SOME),
        f"{share:.0%} of the units of {table.names[worst]} are above 0 for none of the probe's "
        f"examples{also}.",
        layer=table.names[worst], action=Action(Kind.SHOW_LAYER, {"layer": table.names[worst]}),
    )  # fmt: skip


DEAD = Rule(
    "dead_units",
    "Dead units",
    _dead,
    needs_table("activations", "dead"),
    "share of a rectifier's units that are above 0 for no example of the probe, at no place",
    f"≥ {SOME:.0%} of a layer's units in the last quarter of the run warns unless the loss fell to "
    f"a fifth, ≥ {MOST:.0%} alarms",
    "layers that rectify nothing; a share of zeros: healthy ReLUs have 50 to 90 % of them",
    "Lower the rate; start with smaller biases; use a leaky ReLU",
    "TheDeepChecker; DeepDiagnosis counts zeros, which is not death",
    explains=("vanishing", "not_learning", "one_class", "no_gradient", "rate_too_low"),
)


def _saturated(history: History) -> Iterator[Finding]:
    table = history.run.activations
    values = history.of(table, "saturated")
    if len(values) < 2:
        return
    values = values.copy()
    if table.names:
        values[:, -1] = np.nan  # the output's own sigmoid is meant to be sure
    at_once = (values[0] >= FULL) & ~history.run.about.pretrained
    held = np.flatnonzero(_held(values, FULL) & (at_once | ~history.has_fallen))
    if not len(held):
        return
    ends = middle(last_of(values, 4), 0)
    worst = int(held[np.argmax(ends[held])])
    yield SATURATED.finding(
        Severity.WARNING if ends[worst] < MOST or history.has_fallen else Severity.ALARM,
        _began(history, values[:, worst], FULL),
        f"{float(ends[worst]):.0%} of the values of {table.names[worst]} are at the ends of its "
        "range, where its slope is next to 0.",
        layer=table.names[worst], action=Action(Kind.SHOW_LAYER, {"layer": table.names[worst]}),
    )  # fmt: skip


SATURATED = Rule(
    "saturated",
    "Units saturated",
    _saturated,
    needs_table("activations", "saturated"),
    "share of a layer's values with |tanh| > 0.97, or a sigmoid outside 0.03 … 0.97",
    f"> {FULL:.0%} through the last quarter of the run; ≥ {MOST:.0%} alarms",
    "gates of recurrent layers and the output; a loss that fell to a fifth, unless they were so "
    "from the start",
    "Start with smaller weights, lower the rate, normalise layers",
    "Karpathy, makemore 3; AutoTrainer",
    explains=("vanishing", "not_learning", "one_class", "rate_too_low"),
)

UNITS = (DEAD, SATURATED)
