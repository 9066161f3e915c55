"""How well it fits: not at all, all too well, or one class only."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.lab.diagnoses.finding import Action, Finding, Kind, Rule, Severity
from deepvis_app.lab.diagnoses.history import History, last_of, needs_loss
from deepvis_app.lab.diagnoses.words import number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

STUCK, LEAST_STEPS, SIGMAS = 0.98, 100, 3.0
RISEN, IN_A_ROW, LOWER, APART, POINTS = 1.1, 3, 0.95, 4.0, 0.05
ENOUGH = 10  # validation examples a class
ONE, LEAST, DOMINANT = 0.98, 16, 0.8
RARE = 10.0


def _not_learning(history: History) -> Iterator[Finding]:
    chance, loss = history.chance, history.loss
    if loss is None or chance is None or history.steps < LEAST_STEPS:
        return
    if history.steps < history.epoch_steps or history.run.about.pretrained:
        return
    train, val = history.end, history.val_loss
    if train >= STUCK * chance:
        title, said = "", f"After {history.steps} steps the loss is {number(train)}"
    elif val is not None and len(val) >= IN_A_ROW and np.nanmin(val.values) >= STUCK * chance:
        title = "Nothing learned that holds"
        said = (
            f"Validation loss never fell below {number(float(np.nanmin(val.values)))}, while "
            f"training loss is {number(train)}"
        )
    else:
        return
    beside = _accuracy_at_chance(history)
    if beside is not None:
        yield NOT_LEARNING.finding(
            Severity.ALARM, int(loss.steps[0]),
            f"{said}; knowing nothing but the classes' shares gives {number(chance)}.{beside}",
            title=title,
        )  # fmt: skip


def _accuracy_at_chance(history: History) -> str | None:
    """Return what the accuracy says; None where it is better than the largest class's share."""
    accuracy = history.val_accuracy or history.accuracy
    if accuracy is None or history.majority is None:
        return ""
    last = float(np.mean(last_of(accuracy.values, 10)))
    size = history.run.about.val_size or 1000
    error = math.sqrt(history.majority * (1 - history.majority) / size)
    if last > history.majority + SIGMAS * error:
        return None
    return f" Accuracy {last:.1%}; the largest class has {history.majority:.1%}."


NOT_LEARNING = Rule(
    "not_learning",
    "Not learning",
    _not_learning,
    lambda history: needs_loss(history) or ("" if history.chance else "the classes are not known"),
    "the loss's last tenth, or the lowest validation loss, beside the entropy of the classes' "
    "shares; accuracy beside the largest share",
    f"either ≥ {STUCK:g} of it after an epoch and {LEAST_STEPS} steps, accuracy within "
    f"{SIGMAS:g} σ of it",
    "weights were loaded; other losses than cross-entropy",
    "See what else is found; run the pre-flight: can it learn 16 examples, do its inputs matter?",
    "Karpathy 2019: the blind baseline, in closed form",
    explains=("one_class",),
)


def _one_class(history: History) -> Iterator[Finding]:
    found = _from_confusion(history) or _from_scores(history)
    if found is None:
        return
    step, named, share, count = found
    labels = history.run.about.classes
    name = labels[named] if named < len(labels) else str(named)
    yield ONE_CLASS.finding(
        Severity.ALARM, step, f"{share:.0%} of {count} examples are taken for class {name}."
    )


def _from_confusion(history: History) -> tuple[int, int, float, int] | None:
    rows = history.run.matrices.get("confusion", ())
    if not rows or rows[-1][0] < LEAST_STEPS:
        return None
    step, matrix = rows[-1]
    true = matrix.sum(1)
    return _judged(step, matrix.sum(0), float(true.max() / max(true.sum(), 1)))


def _from_scores(history: History) -> tuple[int, int, float, int] | None:
    scores = history.run.arrays.get("probe/scores")
    largest = history.structure.get("largest_label")
    if scores is None or largest is None or scores.ndim != 2 or history.steps < LEAST_STEPS:
        return None
    if scores.shape[1] < 2 or not np.isfinite(scores).all():
        return None
    said = np.bincount(scores.argmax(1), minlength=scores.shape[1])
    return _judged(history.steps, said, float(largest))


def _judged(step: int, said: NDArray[np.int64], true: float) -> tuple[int, int, float, int] | None:
    total = int(said.sum())
    named, share = int(said.argmax()), float(said.max() / max(total, 1))
    if total >= LEAST and share >= ONE and true < DOMINANT:
        return step, named, share, total
    return None


ONE_CLASS = Rule(
    "one_class",
    "Only one class is predicted",
    _one_class,
    lambda history: (
        ""
        if "confusion" in history.run.matrices or "probe/scores" in history.run.arrays
        else "predictions were not logged"
    ),
    "predictions of the validation set, or of the probe",
    f"≥ {ONE:.0%} of ≥ {LEAST} examples one class, while no class has 80 % of them",
    f"before step {LEAST_STEPS}",
    "See what else is found; weigh or resample rare classes",
    "own",
)


def _overfitting(history: History) -> Iterator[Finding]:
    val, loss = history.val_loss, history.loss
    if val is None or loss is None or len(val) < IN_A_ROW + 1:
        return
    values = val.values
    lowest = int(np.nanargmin(values)) if np.isfinite(values).any() else 0
    last = values[-IN_A_ROW:]
    if lowest >= len(values) - IN_A_ROW or not (last >= RISEN * values[lowest]).all():
        return
    before, now = _train_at(history, int(val.steps[lowest])), history.end
    if not now <= LOWER * before:
        return
    said = _gap(history)
    if said is None:
        return
    severity, words = said
    step = int(val.steps[lowest])
    yield OVERFITTING.finding(
        severity, step,
        f"Validation loss was lowest at step {step} ({number(float(values[lowest]))}), now "
        f"{number(float(last[-1]))}; training loss {number(now)}.{words}",
        action=Action(Kind.GO_BACK, {"step": _checkpoint(history, step)}),
    )  # fmt: skip


def _train_at(history: History, step: int) -> float:
    steps, smooth = history.smooth
    place = min(int(np.searchsorted(steps, step)), len(steps) - 1)
    return float(smooth[place])


def _gap(history: History) -> tuple[Severity, str] | None:
    """Return how sure it is that accuracies are apart; None: it is sure that they are not."""
    train, val = history.accuracy, history.val_accuracy
    count = history.run.about.val_size
    if train is None or val is None or not count:
        return Severity.WARNING, ""
    share = float(np.mean(val.values[-IN_A_ROW:]))
    learned = float(np.mean(last_of(train.values, 10)))
    error = math.sqrt(max(share * (1 - share), 0.25 / count) / count)
    if history.classes and count < ENOUGH * history.classes:
        return Severity.HINT, (
            f" {count} validation examples are too few to tell whether accuracy suffers."
        )
    if learned - share <= max(APART * error, POINTS):
        return None
    return Severity.ALARM, (
        f" Accuracy {share:.1%} ± {error:.1%} against {learned:.1%} in training."
    )


def _checkpoint(history: History, step: int) -> int:
    """Return the step of the checkpoint nearest to a step, or the step."""
    kept = [each.step for each in history.run.checkpoints]
    return min(kept, key=lambda each: abs(each - step), default=step)


OVERFITTING = Rule(
    "overfitting",
    "Overfitting",
    _overfitting,
    lambda history: (
        needs_loss(history) or ("" if history.val_loss else "no validation loss was logged")
    ),
    "validation loss beside its lowest, training loss since then, accuracies with binomial errors",
    f"≥ {RISEN:g} times the lowest in {IN_A_ROW} evaluations running, training loss "
    f"{1 - LOWER:.0%} lower meanwhile, accuracies > {APART:g} σ and {100 * POINTS:g} points apart",
    f"fewer than {ENOUGH} validation examples a class: then it says that it cannot tell",
    "Stop there; or L2, dropout, augmentation, more examples",
    "UMLAUT judges one epoch, AutoTrainer a fixed gap: both alarm on noise",
)


def _unbalanced(history: History) -> Iterator[Finding]:
    shares = np.array(history.run.about.class_shares)
    kept = shares[shares > 0]
    if len(kept) < 2 or kept.max() / kept.min() < RARE:
        return
    severe = kept.max() >= 0.9 or kept.max() / kept.min() >= 2 * RARE
    yield UNBALANCED.finding(
        Severity.WARNING if severe else Severity.HINT, 0,
        f"The largest class has {shares.max():.1%} of the examples, the smallest "
        f"{kept.min():.2%}: accuracy says little.",
    )  # fmt: skip


UNBALANCED = Rule(
    "unbalanced",
    "Classes unbalanced",
    _unbalanced,
    lambda history: "" if history.run.about.class_shares else "the classes' shares were not logged",
    "shares of the classes in the training set",
    f"largest by smallest ≥ {RARE:g}: a hint; ≥ {2 * RARE:g}, or one class has 90 %: a warning",
    "",
    "Weigh the loss by class, or draw classes evenly; judge each class by itself",
    "TheDeepChecker injects it",
    explains=("one_class",),
)

FIT = (UNBALANCED, NOT_LEARNING, ONE_CLASS, OVERFITTING)
