"""What is said of a run: how far it is, what came of it, what would mend it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deepvis_app.engine.jobs import JobState
from deepvis_app.ui.panels.play.attack import outcome
from deepvis_app.ui.panels.play.run_state import Doing
from deepvis_app.words.classes import class_name
from deepvis_app.words.quantities import time_text

if TYPE_CHECKING:
    from deepvis_app.nets import Network
    from deepvis_app.synth.play import Played, Spec
    from deepvis_app.ui.panels.play.runs import Run

SMALLER = 3.0  # by what a step size that was too large is divided
MADE = {  # what a technique has done to the picture, as its caption says
    "invert": "seen by {layer}",
    "dream": "dreamed",
    "caricature": "exaggerated by {layer}",
    "style": "in the style",
    "adversary": "attacked",
    "class": "made for {target}",
    "accentuate": "unit {index} of {layer} brought out",
}


def doing_of(run: Run | None) -> Doing:
    """Return what the first button does."""
    if run is None:
        return Doing.READY
    if run.is_held:
        return Doing.HELD
    return Doing.DONE if run.is_over else Doing.RUNNING


def share_of(run: Run) -> float | None:
    """Return how much is done, 0..1; None: that is not known yet."""
    if run.state is JobState.DONE:
        return 1.0
    return run.step / run.total if run.total and run.step else 0.0 if run.is_over else None


def progress_words(run: Run) -> str:
    """Return "35 of 200 steps · 9 s left", or how it ended."""
    steps = f"{run.step} of {run.total} steps"
    if run.state is JobState.WAITING:
        return "waits for its turn" if not run.step else f"{steps} · waiting"
    if run.is_held:
        notes = run.status.notes if run.status is not None else ()
        return f"{steps} · {notes[-1] if notes else 'stopped'}"
    if run.state is JobState.CANCELLED:
        return f"{steps} · cancelled"
    if run.state is JobState.FAILED:
        return f"{steps} · failed" if run.step else "failed"
    if run.is_over and not run.went_wild:
        steps = f"{run.step} steps" if run.step != 1 else "1 step"
    if run.is_over:
        return f"{steps} · {time_text(run.took_s)}" if run.took_s >= 1 else steps
    left = run.status.seconds_left if run.status is not None else None
    return steps if left is None else f"{steps} · {time_text(left)} left"


def error_words(run: Run) -> str:
    """Return the error of a finished picture, or the probability of its class; "": neither is told.

    The error is that of the codes: squared distance over the code's squared length.
    """
    facts = run.played.facts if run.played is not None else {}
    error = facts.get("error")
    if isinstance(error, int | float):
        return f"error {percent(error)}"
    probability = facts.get("probability")
    return f"score {probability:.2f}" if isinstance(probability, int | float) else ""


def weight_words(run: Run) -> str:
    """Return what the error was weighed against: "λ 0.05"; "" where it was against nothing."""
    facts = run.played.facts if run.played is not None else {}
    weight = facts.get("smoothness")
    return f"λ {weight:.3g}" if isinstance(weight, int | float) else ""


def percent(share: float) -> str:
    """Return 14%, 9.0%, 0.21%."""
    value = 100 * share
    return f"{value:.0f}%" if value >= 10 else f"{value:.1f}%" if value >= 1 else f"{value:.2g}%"


def made_words(
    technique: str, title: str, spec: Spec, network: Network | None, played: Played | None = None
) -> str:
    """Return how a picture was made, as its caption says; `played`: what came of it, if known."""
    label = played.facts.get("label") if played is not None else None
    if technique == "class" and isinstance(label, str) and label:
        return f"made for {label}"
    return MADE.get(technique, title.lower()).format(**names_in(spec, network))


def names_in(spec: Spec, network: Network | None) -> dict[str, str]:
    """Return what the layer and the class of settings are called."""
    target = getattr(spec, "target", -1)
    name = "what it sees now"
    if isinstance(target, int) and target >= 0 and network is not None:
        name = class_name(network, target)
    layer, index = getattr(spec, "layer", ""), getattr(spec, "index", "")
    return {"layer": str(layer) or "the network", "target": name, "index": str(index)}


def size_words(shape: tuple[int, ...] | None, scale: float) -> str:
    """Return "227 × 227 · shown at 2.0×"."""
    if shape is None:
        return ""
    at = f" · shown at {scale:.1f}×" if scale >= 0.95 else f" · shown at {scale:.2f}×"
    return f"{shape[1]} × {shape[0]}{at if scale else ''}"


@dataclass(frozen=True, slots=True)
class Mend:
    """What would make a run better: a setting with another value, and what the button says."""

    path: str
    value: float
    words: str


def mend_of(run: Run, network: Network | None) -> Mend | None:
    """Return what would mend a run that went wrong; None where nothing is known to."""
    if run.went_wild:
        rate = remedy_rate(run.request.spec) if run.was_finite else None
        return None if rate is None else Mend("rate", rate, f"Try {rate:.3g}")
    if run.played is None or network is None or run.has_no_gradient:
        return None
    size = outcome(run.played, network)[1]
    return None if size is None else Mend("epsilon", size, f"Try ε = {255 * size:.3g}")


def notice_of(run: Run, network: Network | None) -> tuple[str, str]:
    """Return what went wrong, and what the button beside it does; "" where nothing did."""
    mend = mend_of(run, network)
    action = "" if mend is None else mend.words
    if run.went_wild and not run.was_finite:
        return "No finite number comes here: try an earlier layer, or check the weights", ""
    if run.has_no_gradient:
        return "No gradient reaches the picture: choose another layer, class or picture", ""
    if run.went_wild:
        cause = "The numbers stopped being finite" if mend is None else "Step size too large"
        return f"{cause}: the last good picture stays", action
    if run.error is not None and run.last is not None:
        return str(run.error), ""
    if run.played is not None and network is not None:
        return outcome(run.played, network)[0], action
    return "", ""


def remedy_rate(spec: Spec) -> float | None:
    """Return a smaller step size for one that was too large; None where there is no such thing."""
    rate = getattr(spec, "rate", None)
    return float(f"{rate / SMALLER:.2g}") if isinstance(rate, float) and rate > 0 else None


def way_words(spec: Spec) -> str:
    """Return how an attack is made: "PGD, 10 steps"; "" for other settings."""
    method, steps = getattr(spec, "method", None), getattr(spec, "steps", 0)
    if method is None:
        return ""
    names = {"fgsm": "FGSM", "pgd": f"PGD, {steps} steps", "least": "Least", "noise": "From noise"}
    return names.get(method.value, str(method.value))
