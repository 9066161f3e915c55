"""Is the learning rate too high or too low? Asked of the whole run, not of its last steps."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.lab.diagnoses.finding import Action, Finding, Kind, Rule, Severity
from deepvis_app.lab.diagnoses.history import needs_loss
from deepvis_app.lab.diagnoses.words import number, rate_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from deepvis_app.lab.diagnoses.history import History

GROWN = 3.0  # times the loss at the start
LARGE, JITTERS = 10**-1.0, 10**-1.3  # update by weight: at some time, in the middle of a run
RISES = 0.5  # share of line probes in which the step raised the loss
COLLAPSED = 0.95  # of chance
SMALL = 1e-3
FAR, LINES = 0.8, 3  # share of line probes that must agree, and how many there must be
HALF, LITTLE = 0.5, 0.1  # of the loss at the start
ALPHAS, SHORT = 5, -0.3
LEAST_STEPS = 200
LOST = 5.0  # times the lowest loss


def _too_high(history: History) -> Iterator[Finding]:
    found = _grown(history) or _collapsed(history) or _leapt(history) or _jitters(history)
    if found is not None:
        step, evidence = found
        lower = history.rate / 10 if history.rate else None
        remedy = f"Try {rate_of(lower)}, or warm up" if lower else TOO_HIGH.remedy
        action = Action(Kind.RESTART, {"rate": lower}) if lower else Action()
        yield TOO_HIGH.finding(Severity.ALARM, step, evidence, remedy=remedy, action=action)


def _grown(history: History) -> tuple[int, str] | None:
    """The loss grew far beyond its start and did not come back."""
    steps, smooth = history.smooth
    if len(smooth) < 2 or not math.isfinite(history.start):
        return None
    base = max(history.start, history.chance or 0.0, 1e-12)
    over = smooth > GROWN * base
    if not over.any() or history.end < base:
        return None
    first = int(steps[np.argmax(over)])
    early = _largest_ratio(history, first)
    if early is not None and early < LARGE:
        return None
    finite = smooth[np.isfinite(smooth)]
    top = number(float(finite.max())) if np.isfinite(smooth).all() else "infinity"
    beside = f" Updates reached {number(early)} of the weights." if early is not None else ""
    return first, f"Loss rose from {number(history.start)} to {top} by step {first}.{beside}"


def _largest_ratio(history: History, until: int) -> float | None:
    """Return the largest update by weight of any layer so far; None: not measured."""
    rows = history.ratios[history.run.weights.steps <= until] if history.ratios.size else None
    if rows is None or not np.isfinite(rows).any():
        return None
    return float(np.nanmax(np.where(np.isfinite(rows), rows, np.nan)))


def _collapsed(history: History) -> tuple[int, str] | None:
    """Large updates at first, and a loss at chance ever since: the network was broken."""
    smooth, ratio = history.smooth[1], history.ratio
    if history.chance is None or len(smooth) < 4 or len(ratio) < 2:
        return None
    measured = history.run.weights.steps
    early = ratio[measured <= max(history.steps / 5, measured[0])]
    if not np.isfinite(early).any() or np.nanmax(early) < LARGE:
        return None
    if history.end < COLLAPSED * history.chance:
        return None
    at = int(measured[int(np.nanargmax(early))])
    return at, (
        f"Updates reached {number(float(np.nanmax(early)))} of the weights at step {at}; the loss, "
        f"{number(history.end)}, is that of chance, {number(history.chance)}, or above."
    )


def _leapt(history: History) -> tuple[int, str] | None:
    """A single step multiplied the loss, beyond chance, and the run never got over it."""
    if history.has_fallen:
        return None
    least = history.chance or history.start
    for line in history.run.lines:
        at = dict(zip(line.lengths, line.losses, strict=True))
        before, after = at.get(0.0, 0.0), at.get(1.0, 0.0)
        if before > HALF * history.start and not after <= max(GROWN * before, least):
            return line.step, (
                f"The step {line.step} alone took the loss from {number(before)} to "
                f"{number(after)}; it ended at {number(history.end)}."
            )
    return None


def _jitters(history: History) -> tuple[int, str] | None:
    """Most steps raise the loss, or half of them do and are large, and it does not get far."""
    lines = history.run.lines
    ratio = history.ratio[np.isfinite(history.ratio)]
    if not len(ratio) or len(lines) < LINES or history.is_full_batch or history.has_fallen:
        return None
    middle = float(np.median(ratio))
    risen = [line for line in lines if _raised(line.lengths, line.losses)]
    share = len(risen) / len(lines)
    stuck = history.end > HALF * history.start and middle > SMALL
    if (middle > JITTERS and share > RISES) or (stuck and len(lines) > LINES and share >= FAR):
        return risen[0].step, (
            f"{share:.0%} of {len(lines)} probed steps raised the loss; the middle update is "
            f"{number(middle)} of the weights, and the loss went from {number(history.start)} to "
            f"{number(history.end)}."
        )
    return None


def _raised(lengths: tuple[float, ...], losses: tuple[float, ...]) -> bool:
    at = dict(zip(lengths, losses, strict=True))
    return not at.get(1.0, 0.0) <= at.get(0.0, 0.0)


TOO_HIGH = Rule(
    "rate_too_high",
    "Learning rate too high",
    _too_high,
    needs_loss,
    "the loss's whole course; updates by weights, |Δw|/|w| a layer; the loss along single updates",
    f"loss > {GROWN:g} times its start, not come back, after updates > {LARGE:g} of the weights "
    f"(where they were measured); or such updates early and a loss ≥ {COLLAPSED:g} of chance at "
    f"the end; or a probed step to {GROWN:g} times the loss, beyond chance; or a middle update > "
    f"{JITTERS:.2g} and > {RISES:.0%} of line probes up; or one > {SMALL:g}, {FAR:.0%} of them up "
    "and half of the loss left",
    "full batches, whose loss rises at every other step at the edge of stability (Cohen 2021)",
    "Divide the rate by 3 to 10, or warm up",
    "Karpathy's cs231n; bounds of TheDeepChecker; line probe: own",
    explains=(
        "nonfinite", "dead_units", "saturated", "vanishing", "exploding", "not_learning",
        "one_class", "overfitting", "labels",
    ),
)  # fmt: skip


def _too_low(history: History) -> Iterator[Finding]:
    ratio = history.ratio[np.isfinite(history.ratio)]
    steps, smooth = history.smooth
    if len(smooth) < 8 or not len(ratio) or history.run.about.pretrained or _ended(history):
        return
    middle = float(np.median(ratio))
    if middle > SMALL or not math.isfinite(history.start):
        return
    fall = (history.start - history.end) / max(history.start, 1e-12)
    further = _could_go_further(history, fall)
    if fall > HALF or not further or not _falls(smooth):
        return
    higher = history.rate * 10 if history.rate else None
    yield TOO_LOW.finding(
        Severity.WARNING, int(steps[0]),
        f"The middle update is {number(middle)} of the weights; the loss fell by {fall:.1%} in "
        f"{history.steps} steps{further}.",
        remedy=f"Try {rate_of(higher)}" if higher else "",
        action=Action(Kind.RESTART, {"rate": higher}) if higher else None,
    )  # fmt: skip


def _could_go_further(history: History, fall: float) -> str:
    """Say that longer steps would have been better, by the best evidence there is; "": no."""
    lines = history.run.lines
    if len(lines) >= LINES:
        share = float(np.mean([np.argmin(line.losses) == len(line.losses) - 1 for line in lines]))
        words = f"; in {share:.0%} of {len(lines)} line probes a step 8 times as long was better"
        return words if share >= FAR else ""
    alphas = history.scalar("alpha")
    if len(alphas) >= ALPHAS:
        alpha = float(np.median(alphas))
        words = f"; at the next step the slope was still there (middle α {number(alpha)})"
        return words if alpha < SHORT else ""
    course = _course(history)
    halves = course[: len(course) // 2], course[len(course) // 2 :]
    is_steady = all(_slope(half)[0] < -2 * _slope(half)[1] for half in halves)
    early = history.steps < max(LEAST_STEPS, history.epoch_steps)
    return ", evenly" if 0 < fall < LITTLE and is_steady and not early else ""


def _course(history: History) -> NDArray[np.float64]:
    """Return a loss of the same examples at all times, where there is one: it has less noise."""
    for name in ("train_loss", "val_loss"):
        series = history.run.scalar(name)
        if series is not None and len(series) >= 2 * LINES and np.isfinite(series.values).all():
            return series.values
    return history.smooth[1]


def _ended(history: History) -> bool:
    """Tell whether a schedule or a person has brought the rate down."""
    rates = history.rates
    return rates is not None and float(np.median(rates.values)) < 0.3 * float(rates.values.max())


def _falls(smooth: NDArray[np.float64]) -> bool:
    """Tell whether a loss falls steadily, or hardly moves at all."""
    if not np.isfinite(smooth).all():
        return False
    slope, error = _slope(smooth)
    return slope < -2 * error or abs(slope) * len(smooth) < 0.05 * float(smooth.mean())


def _slope(values: NDArray[np.float64]) -> tuple[float, float]:
    """Return the slope of a straight line through values, and its standard error."""
    x = np.arange(len(values)) - (len(values) - 1) / 2
    slope = float(x @ values / (x @ x))
    rest = values - values.mean() - slope * x
    return slope, math.sqrt(float(rest @ rest) / max(len(x) - 2, 1) / float(x @ x))


TOO_LOW = Rule(
    "rate_too_low",
    "Learning rate too low",
    _too_low,
    lambda history: (
        needs_loss(history) or ("" if history.ratio.size else "no updates were measured")
    ),
    "middle |Δw|/|w|; fall of the loss; best of 0 … 8 times a real step on the same examples; else "
    "α, the slope along a step at the next one, -1 where it is the same",
    f"middle update < {SMALL:g}, less than half of the loss gone, and the longest step is best in "
    f"≥ {FAR:.0%} of the line probes; with fewer than {LINES} of them a middle α < {SHORT:g}; with "
    f"fewer than {ALPHAS} of these, less than {LITTLE:.0%} of the loss gone, evenly in both halves",
    "weights were loaded; a schedule has brought the rate down",
    "Multiply the rate by 3 to 10",
    "cs231n's 1e-3 alone alarms on Adam; the line probe settles it",
    explains=("not_learning",),
)

RATE = (TOO_HIGH, TOO_LOW)
