"""Mistakes in the loop itself: each is told by what happens at a step, not by how well it goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.lab.diagnoses.finding import Action, Finding, Kind, Rule, Severity
from deepvis_app.lab.diagnoses.history import CROSS_ENTROPIES, needs_loss, needs_structure
from deepvis_app.lab.diagnoses.words import names_of, number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from numpy.typing import NDArray

    from deepvis_app.lab.diagnoses.history import History

KEPT, TOLD = 0.5, 3  # share of the steps, and how many there must be
UPHILL, AGAINST, BELOW = -0.3, -0.1, -1e-6
MOST_TWINS, GONE_ON = 0.9, 10
JUDGED = 3  # passes


def _needs_scalar(name: str, words: str) -> Callable[[History], str]:
    return lambda history: "" if len(history.scalar(name)) else words


def _zero_grad(history: History) -> Iterator[Finding]:
    kept = history.run.scalar("kept")
    if kept is None or len(kept) < TOLD or float(np.mean(kept.values > KEPT)) < KEPT:
        return
    first = int(kept.steps[np.argmax(kept.values > KEPT)])
    yield ZERO_GRAD.finding(
        Severity.ALARM, first,
        f"At {float(np.mean(kept.values > KEPT)):.0%} of {len(kept)} looks the gradient still held "
        "that of the step before.",
    )  # fmt: skip


ZERO_GRAD = Rule(
    "zero_grad",
    "Gradients not set to zero",
    _zero_grad,
    _needs_scalar("kept", "gradients were not followed from step to step"),
    "a step's gradient, less what its backward passes brought, is the gradient of the step before",
    f"at {KEPT:.0%} of at least {TOLD} looks",
    "gradients added up over several backward passes before a step",
    "Call optimizer.zero_grad() before each step's first backward()",
    "own: a parameter's hook sees each gradient before it is added",
    explains=(
        "rate_too_high", "nonfinite", "exploding", "dead_units", "saturated", "not_learning",
        "vanishing", "one_class", "overfitting", "climbing",
    ),
)  # fmt: skip


def _climbing(history: History) -> Iterator[Finding]:
    loss = history.loss
    if loss is None:
        return
    smooth = history.smooth[1]
    rises = len(smooth) > 1 and not history.end < max(history.start, smooth[0])
    descent, agreement = history.scalar("descent")[: 4 * TOLD], history.scalar("agreement")
    said = ""
    if history.loss_name in CROSS_ENTROPIES and bool((loss.values < BELOW).any()):
        said = f"Cross-entropy cannot be below 0; the loss is {number(float(loss.values[-1]))}."
    elif _is_against(agreement, rises=rises):
        said = (
            "The gradients that were descended first point against those of the loss on the probe "
            f"(cosine {number(float(agreement[0]))})."
        )
    elif len(descent) >= TOLD and float(np.median(descent)) < UPHILL and rises:
        said = (
            f"Steps go up the gradient (cosine {number(-float(np.median(descent)))}), and the loss "
            f"rose from {number(history.start)} to {number(history.end)}."
        )
    if said:
        yield CLIMBING.finding(Severity.ALARM, int(loss.steps[0]), said)


def _is_against(cosines: NDArray[np.float64], *, rises: bool) -> bool:
    """Tell whether what is descended is the opposite of the loss, from cosines in their order."""
    if not len(cosines) or cosines[0] >= AGAINST:
        return False
    if rises and float(np.mean(cosines[:2])) < 2 * AGAINST:
        return True
    return len(cosines) >= TOLD and float(np.median(cosines)) < UPHILL


CLIMBING = Rule(
    "climbing",
    "The loss is made large, not small",
    _climbing,
    needs_loss,
    "cosine of steps with the gradient, and of the gradient with that of the loss on the probe; "
    "the loss",
    f"the latter < {AGAINST:g} at the first step, and < {UPHILL:g} in the middle of the first 64 "
    f"or < {2 * AGAINST:g} at first with a loss that rises; or the former > {-UPHILL:g} and a loss "
    "that rises; or a cross-entropy below 0",
    "a loss that falls, but for the probe's; oscillating momentum alone",
    "Check the sign of the loss, and the optimiser's maximize",
    "TheDeepChecker injects it; the cosine is our own",
    explains=(
        "rate_too_high", "nonfinite", "exploding", "dead_units", "saturated", "not_learning",
        "vanishing", "one_class", "overfitting",
    ),
)  # fmt: skip


def _twins(history: History) -> Iterator[Finding]:
    start = history.structure.get("twins") or {}
    for event in history.run.events_of("twins"):
        layers = event.data.get("layers", {})
        stuck = [
            name
            for name, share in layers.items()
            if share >= MOST_TWINS and start.get(name, 0) >= MOST_TWINS
        ]
        if event.step >= GONE_ON and stuck:
            yield TWINS.finding(
                Severity.ALARM, 0,
                f"After {event.step} steps all units of {names_of(stuck)} still have the same "
                "weights: they are one unit.",
                layer=stuck[0],
                action=Action(Kind.SHOW_LAYER, {"layer": stuck[0]}),
            )  # fmt: skip
            return


TWINS = Rule(
    "twins",
    "All units of a layer are the same",
    _twins,
    needs_structure,
    "rows of a layer's weights that equal the one before, at the start and after steps",
    f"{MOST_TWINS:.0%} of the rows, still so after {GONE_ON} steps",
    "layers that start at 0 and part at the first step, as zero-initialised last ones do",
    "Draw the first weights at random: leave them as PyTorch makes them",
    "TheDeepChecker",
    explains=("not_learning", "dead_units", "vanishing", "one_class", "rate_too_low", "decay"),
)


def _modes(history: History) -> dict[str, Any]:
    events = history.run.events_of("modes")
    return dict(events[-1].data) if events else {}


def _evaluation(history: History) -> Iterator[Finding]:
    counts = _modes(history)
    wrong, right = counts.get("learning_in_evaluation", 0), counts.get("learning", 0)
    if wrong > JUDGED and wrong > right:
        yield EVALUATION.finding(
            Severity.ALARM, history.run.events_of("modes")[0].step,
            f"{wrong} of {wrong + right} passes that learn were in evaluation mode; "
            f"{names_of(counts.get('layers', []))} then do nothing, or use what they have never "
            "measured.",
        )  # fmt: skip


def _needs_modes(history: History) -> str:
    if history.run.events_of("modes"):
        return ""
    return "no layer is known to which training and evaluation mode make a difference"


EVALUATION = Rule(
    "evaluation_mode",
    "Learns in evaluation mode",
    _evaluation,
    _needs_modes,
    "passes with gradients in evaluation mode, of networks with dropout or batch norm",
    "more than half of them",
    "only some layers are in evaluation mode, as frozen batch norms are",
    "Call model.train() after each evaluation",
    "own: counted, not inferred",
    explains=("not_learning", "exploding", "overfitting"),
)


def _training(history: History) -> Iterator[Finding]:
    counts = _modes(history)
    wrong, right = counts.get("judging_in_training", 0), counts.get("judging", 0)
    judged = history.val_loss is not None or history.val_accuracy is not None
    if judged and wrong >= JUDGED and right == 0:
        yield TRAINING.finding(
            Severity.ALARM, history.run.events_of("modes")[0].step,
            f"All {wrong} passes without gradients were in training mode: "
            f"{names_of(counts.get('layers', []))} disturb what is judged.",
        )  # fmt: skip


TRAINING = Rule(
    "training_mode",
    "Judged in training mode",
    _training,
    _needs_modes,
    "passes without gradients in training mode, of networks with dropout or batch norm",
    f"all of at least {JUDGED}, and validation was logged",
    "some are in evaluation mode",
    "Call model.eval() before validation and model.train() after it",
    "own: counted, not inferred; TheDeepChecker infers it from the loss",
)


def _no_gradient(history: History) -> Iterator[Finding]:
    for event in history.run.events_of("unused"):
        names = event.data.get("parameters", [])
        if names:
            yield NO_GRADIENT.finding(
                Severity.WARNING, 0,
                f"In the first {event.data.get('steps', 0)} steps no loss reached "
                f"{names_of(names)}.",
                layer=names[0].rpartition(".")[0],
                action=Action(Kind.SHOW_LAYER, {"layer": names[0].rpartition(".")[0]}),
            )  # fmt: skip
            return


NO_GRADIENT = Rule(
    "no_gradient",
    "Layers that no loss reaches",
    _no_gradient,
    lambda history: "" if history.structure else "nobody looked at single gradients",
    "parameters of the optimiser whose gradient is None at every one of the first 20 steps",
    "any",
    "requires_grad is off",
    "Look for detach(), .data, no_grad() or a layer that forward never calls",
    "own",
    explains=("not_learning", "rate_too_low", "vanishing"),
)

STEPS = (ZERO_GRAD, CLIMBING, TWINS, EVALUATION, TRAINING, NO_GRADIENT)
