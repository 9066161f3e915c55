"""What goes wrong in single layers: gradients and weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.lab.diagnoses.finding import Action, Finding, Kind, Rule, Severity
from deepvis_app.lab.diagnoses.history import middle, needs_table
from deepvis_app.lab.diagnoses.rules.units import UNITS
from deepvis_app.lab.diagnoses.words import number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from deepvis_app.lab.diagnoses.history import History

    Floats = NDArray[np.float64]

APART = 3.0  # powers of ten between last and first layers
TINY, STILL = 1e-6, 1e-5  # update by weight
BURST, JUMP, BEFORE = 100.0, 1.2, 50  # times the usual of so many steps before
LARGE, HUGE = 10.0, 100.0  # first gradient by weight; sound trainings: at most 5
SHRUNK = 0.3


def _profile(history: History) -> Floats | None:
    """Return log10 of |gradient| / |weight| of each layer, its middle over the run; (L,)."""
    shares = history.share_of_weight("gradient")
    if not shares.size or shares.shape[1] < 4:
        return None
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log10(np.where(shares > 0, shares, 1e-38))
    logs = np.where(np.isfinite(shares), logs, np.nan)
    early = logs[: max(1, len(logs) // 2)]
    found = middle(early, 0)
    return found if np.isfinite(found).sum() >= 4 else None


def _ends(profile: Floats) -> tuple[float, float]:
    """Return the middle of the first and of the last quarter of the layers."""
    known = profile[np.isfinite(profile)]
    quarter = max(1, len(known) // 4)
    return float(np.median(known[:quarter])), float(np.median(known[-quarter:]))


def _vanishing(history: History) -> Iterator[Finding]:
    profile = _profile(history)
    if profile is None or history.has_fallen:
        return
    first, last = _ends(profile)
    quarter = max(1, len(profile) // 4)
    moves = history.ratios[: max(1, len(history.ratios) // 2), :quarter]
    known = moves[np.isfinite(moves)]
    if last - first >= APART and len(known) and float(np.median(known)) < STILL:
        layer = history.run.weights.names[0]
        yield VANISHING.finding(
            Severity.ALARM, int(history.run.weights.steps[0]),
            f"Gradients by weights are {number(10 ** (last - first))} times smaller in the first "
            f"layers than in the last; updates there are {number(float(np.median(known)))} of the "
            "weights.",
            layer=layer, action=Action(Kind.SHOW_LAYER, {"layer": layer}),
        )  # fmt: skip


VANISHING = Rule(
    "vanishing",
    "Gradients vanish",
    _vanishing,
    needs_table("weights", "gradient"),
    "middle |g|/|w| of the first and of the last quarter of the layers, in the first half of the "
    "run; updates there",
    f"{APART:g} powers of ten between them and updates < {STILL:g} of the weights",
    "optimisers of Adam's kind move such layers all the same; the loss has fallen to a fifth",
    "Use ReLU with He's first weights, normalise layers, or add skips",
    "Glorot and Bengio 2010; relative, as absolute norms depend on layer sizes",
    explains=("rate_too_low", "not_learning", "one_class"),
)


def _exploding(history: History) -> Iterator[Finding]:
    found = _burst(history) or _grows_backward(history)
    if found is not None:
        step, evidence = found
        yield EXPLODING.finding(
            Severity.ALARM, step, evidence,
            action=Action(Kind.SHOW_STEPS, {"first": max(0, step - 20), "last": step + 20}),
        )  # fmt: skip


def _norms(history: History) -> tuple[NDArray[np.int64], Floats]:
    series = history.run.scalar("gradient_norm")
    if series is not None and len(series) > 5:
        return series.steps, series.values
    gradients = history.of(history.run.weights, "gradient")
    if not gradients.size:
        return np.zeros(0, np.int64), np.zeros(0)
    return history.run.weights.steps, np.sqrt(np.nansum(gradients**2, 1))


def _burst(history: History) -> tuple[int, str] | None:
    steps, norms = _norms(history)
    loss = history.loss
    if loss is None or len(norms) < 10 or history.has_fallen:
        return None
    for place in _far_above(norms):
        before = norms[max(0, place - BEFORE) : place]
        bound = BURST if len(before) >= 5 else BURST**2
        if not len(before) or norms[place] < bound * max(float(np.median(before)), 1e-12):
            continue
        at = int(steps[place])
        earlier = loss.values[(loss.steps < at) & (loss.steps >= at - 50)]
        after = loss.values[(loss.steps >= at) & (loss.steps <= at + 10)]
        usual = float(np.median(earlier)) if len(earlier) else np.inf
        grown = len(after) and not np.nanmax(after) < JUMP * usual
        if grown and usual > 0.02 * history.start:
            return at, (
                f"Gradient norm {number(float(norms[place]))} at step {at}, "
                f"{number(float(norms[place] / np.median(before)))} times the usual; the loss rose "
                f"from {number(usual)} to {number(float(np.nanmax(after)))}."
            )
    return None


def _far_above(norms: Floats) -> NDArray[np.intp]:
    """Return the places that are `BURST` times the lowest of the steps before: few are."""
    padded = np.concatenate([np.full(BEFORE, np.inf), np.nan_to_num(norms, nan=np.inf)[:-1]])
    lowest = np.lib.stride_tricks.sliding_window_view(padded, BEFORE).min(1)
    return np.flatnonzero(np.isfinite(norms) & (norms > 0) & (norms >= BURST * lowest))


def _grows_backward(history: History) -> tuple[int, str] | None:
    shares = history.share_of_weight("gradient")
    if not len(shares) or shares.shape[1] < 4:
        return None
    measured = np.flatnonzero(np.isfinite(shares).sum(1) >= 4)
    if not len(measured):
        return None
    first = shares[measured[0]]
    top = float(np.nanmax(first))
    if top < LARGE or (top < HUGE and history.end < 0.5 * (history.chance or 0)):
        return None
    layer = history.run.weights.names[int(np.nanargmax(first))]
    return int(history.run.weights.steps[measured[0]]), (
        f"The first gradient of {layer} is {number(top)} times as large as its weights."
    )


EXPLODING = Rule(
    "exploding",
    "Gradients explode",
    _exploding,
    needs_table("weights", "gradient"),
    "gradient norm beside its middle over the 50 steps before, and the loss then; first |g|/|w|",
    f"{BURST:g} times that middle with a loss > {JUMP:g} times as high; or a first gradient > "
    f"{HUGE:g} times the weights of a layer, or > {LARGE:g} and a loss that stays high",
    "the gradient scaler's first steps; the loss has fallen to a fifth",
    "Clip gradients, lower the rate, start with smaller weights",
    "DeepDiagnosis and AutoTrainer alarm on absolute norms",
    explains=("rate_too_high", "nonfinite", "dead_units", "saturated", "not_learning"),
)


def _decay(history: History) -> Iterator[Finding]:
    table = history.run.weights
    weights = history.of(table, "weight")
    decays = [float(o.settings.get("weight_decay") or 0) for o in history.run.about.optimizers]
    if len(weights) < 4 or history.chance is None or history.end < 0.8 * history.chance:
        return
    first = weights[0]
    shares = weights / np.where(first > 0, first, np.nan)
    share = float(np.nanmedian(shares[-1])) if np.isfinite(shares[-1]).any() else 1.0
    if share < SHRUNK and max(decays, default=0.0) > 0:
        place = int(np.argmax(middle(shares) < SHRUNK))
        yield DECAY.finding(
            Severity.ALARM, int(table.steps[place]),
            f"The middle layer's weights shrank to {share:.1%} of their first size, and the loss, "
            f"{number(history.end)}, is near that of chance, {number(history.chance)}.",
            action=Action(Kind.RESTART, {"l2": max(decays) / 100}),
        )  # fmt: skip


DECAY = Rule(
    "decay",
    "Weight decay too strong",
    _decay,
    needs_table("weights", "weight"),
    "weights beside their first size, the loss beside chance, the optimiser's weight_decay",
    f"the middle layer at < {SHRUNK:.0%} of its first size, loss above 0.8 of chance, and a decay",
    "no decay",
    "Divide the decay by 10 to 100",
    "TheDeepChecker injects it",
    explains=("not_learning", "vanishing", "one_class", "rate_too_low", "dead_units"),
)

LAYERS = (EXPLODING, *UNITS, VANISHING, DECAY)
