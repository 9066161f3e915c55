"""Values that are no numbers any more: where and when the first of them came up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.lab.diagnoses.finding import Action, Finding, Kind, Rule, Severity
from deepvis_app.lab.diagnoses.history import needs_loss
from deepvis_app.lab.diagnoses.words import number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deepvis_app.lab.diagnoses.history import History

#: What was not finite, in the order in which one makes the other within a step.
ORDER = ("input", "activation", "loss", "gradient", "weight")


def _nonfinite(history: History) -> Iterator[Finding]:
    seen = [*_input(history), *_events(history), *_tables(history), *_losses(history)]
    if not seen:
        return
    step, kind, name = min(seen, key=lambda each: (each[0], ORDER.index(each[1])))
    if {each[1] for each in seen} == {"gradient"} and history.run.events_of("skipped"):
        return  # the loss scale is being found, and the step was not made
    where = f" of {name}" if name not in ("", kind) else ""
    kinds = {each[1] for each in seen} - {kind}
    also = f"; later {', '.join(each for each in ORDER if each in kinds)}, too" if kinds else ""
    yield NONFINITE.finding(
        Severity.ALARM, step,
        f"The first value that is no finite number is in the {kind}{where}, at step {step}{also}.",
        remedy=_remedy(history, kind, step), layer=name,
        action=Action(Kind.SHOW_STEPS, {"first": max(step - 20, 0), "last": step}),
    )  # fmt: skip


def _remedy(history: History, kind: str, step: int) -> str:
    if kind == "input":
        return "Look for missing values in the data, and fill or drop them"
    loss = history.loss
    before = loss.values[(loss.steps < step) & np.isfinite(loss.values)] if loss else np.zeros(0)
    if len(before) and before[-5:].max() > 3 * history.start:
        return f"The loss had grown to {number(before.max())}: lower the rate, or clip gradients"
    return "Look for log, division or root of 0; else lower the rate, or clip gradients"


def _input(history: History) -> Iterator[tuple[int, str, str]]:
    if history.structure.get("input", {}).get("bad"):
        yield 0, "input", ""
    for event in history.run.events_of("input"):
        if event.data.get("bad"):
            yield event.step, "input", ""


def _events(history: History) -> Iterator[tuple[int, str, str]]:
    for event in history.run.events_of("nonfinite"):
        kind = str(event.data.get("kind", "loss"))
        if kind in ORDER:
            yield event.step, kind, str(event.data.get("name", "") or "")


def _tables(history: History) -> Iterator[tuple[int, str, str]]:
    run = history.run
    for table, quantity, kind in (
        (run.activations, "bad", "activation"),
        (run.weights, "gradient_bad", "gradient"),
        (run.weights, "weight_bad", "weight"),
    ):
        bad = history.of(table, quantity) > 0
        if bad.any():
            row = int(np.argmax(bad.any(1)))
            yield int(table.steps[row]), kind, table.names[int(np.argmax(bad[row]))]


def _losses(history: History) -> Iterator[tuple[int, str, str]]:
    for name in ("loss", "train_loss", "val_loss"):
        series = history.run.scalar(name)
        if series is not None and not np.isfinite(series.values).all():
            yield int(series.steps[np.argmax(~np.isfinite(series.values))]), "loss", ""


NONFINITE = Rule(
    "nonfinite",
    "Not a number",
    _nonfinite,
    needs_loss,
    "NaN and infinities in input, activations of the probe, loss, gradients and weights; the first "
    "one, in forward order",
    "any",
    "gradients of a step that the gradient scaler skipped",
    "Look for log, division or root of 0; else lower the rate, or clip gradients",
    "wandb and Aim delete these values; here they are kept and located",
    explains=("not_learning", "dead_units", "saturated", "one_class", "vanishing", "exploding"),
)

NUMBERS = (NONFINITE,)
