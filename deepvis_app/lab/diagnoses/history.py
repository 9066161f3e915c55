"""A run as the rules look at it: the whole of it, in the quantities they speak of."""

from __future__ import annotations

import math
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from deepvis_app.lab.log.run import Run, Series, Table

    Floats = NDArray[np.float64]

CROSS_ENTROPIES = frozenset({
    "CrossEntropyLoss", "NLLLoss", "cross_entropy", "nll_loss", "cross-entropy",
})  # fmt: skip
QUADRATIC = "quadratic"  # ½ |output - one-hot class|², a mean over examples
SMOOTHED = 40  # values that a loss is averaged to, at most
NOTHING = np.zeros(0)


class History:
    """Derived quantities of a `Run`, each computed once. Nothing here decides anything."""

    def __init__(self, run: Run) -> None:
        self.run = run

    # Losses

    @cached_property
    def loss(self) -> Series | None:
        """The loss of the batches trained on, or of a part of the training set."""
        return self._scalar("loss") or self._scalar("train_loss")

    @cached_property
    def val_loss(self) -> Series | None:
        return self._scalar("val_loss")

    @cached_property
    def accuracy(self) -> Series | None:
        return self._scalar("train_accuracy") or self._scalar("accuracy")

    @cached_property
    def val_accuracy(self) -> Series | None:
        return self._scalar("val_accuracy")

    def _scalar(self, name: str) -> Series | None:
        found = self.run.scalar(name)
        return found if found is not None and len(found) else None

    @cached_property
    def smooth(self) -> tuple[NDArray[np.int64], Floats]:
        """The loss as means over stretches of equal length: their last steps, their means.

        A stretch with a value that is not finite has the mean +inf.
        """
        if self.loss is None:
            return NOTHING.astype(np.int64), NOTHING
        steps, values = self.loss.steps, self.loss.values
        width = max(1, len(steps) // SMOOTHED)
        count = len(steps) // width
        kept = np.where(np.isfinite(values), values, np.inf)[-count * width :]
        return steps[-count * width :][width - 1 :: width], kept.reshape(count, width).mean(1)

    @cached_property
    def chance(self) -> float | None:
        """The loss of who knows the classes' shares only; None where it is not known.

        Of cross-entropies their entropy, nats; of half the squared distance ½ (1 - Σ share²).
        """
        shares = np.array(self.run.about.class_shares)
        count = len(self.run.about.classes)
        if len(shares) < 2 and count > 1:
            shares = np.full(count, 1 / count)
        if self.loss_name == QUADRATIC:
            return float(1 - (shares**2).sum()) / 2 if len(shares) > 1 else None
        if self.is_other_loss:
            return None
        if len(shares) > 1:
            kept = shares[shares > 0]
            return float(-(kept * np.log(kept)).sum())
        probe = self.structure.get("chance_loss")
        return float(probe) if probe else None

    @cached_property
    def majority(self) -> float | None:
        """The accuracy of who always says the largest class."""
        shares = self.run.about.class_shares
        if len(shares) > 1:
            return max(shares)
        count = self.classes
        return 1 / count if count > 1 else None

    @cached_property
    def classes(self) -> int:
        """Number of classes; 0: not known."""
        return len(self.run.about.classes) or int(self.structure.get("classes", 0) or 0)

    @cached_property
    def is_other_loss(self) -> bool:
        """Whether the loss is known to be no cross-entropy."""
        name = self.loss_name
        return bool(name) and name not in CROSS_ENTROPIES

    @cached_property
    def loss_name(self) -> str:
        """Class of the loss function or the plan's cost; "": nobody said."""
        plan = self.run.about.facts.get("plan")
        cost = plan.get("cost") if isinstance(plan, dict) else None
        return str(self.structure.get("loss") or self.run.about.facts.get("cost") or cost or "")

    @cached_property
    def start(self) -> float:
        """The loss before the first step, or the first there is; NaN: none."""
        told = self.structure.get("start_loss")
        if told is not None and math.isfinite(told):
            return float(told)
        if self.loss is None:
            return math.nan
        finite = self.loss.values[np.isfinite(self.loss.values)]
        return (
            float(finite[: max(1, min(3, len(finite) // 10))].mean()) if len(finite) else math.nan
        )

    @cached_property
    def end(self) -> float:
        """The mean loss of the last tenth; +inf where it is not finite."""
        values = self.smooth[1]
        return float(last_of(values, 10).mean()) if len(values) else math.nan

    @cached_property
    def has_fallen(self) -> bool:
        """Whether the loss ended well below its start: what is then odd did little harm."""
        return self.end < 0.2 * self.start

    # Steps

    @cached_property
    def steps(self) -> int:
        return self.run.step

    @cached_property
    def epoch_steps(self) -> int:
        """Steps of an epoch; 0: not known."""
        about = self.run.about
        if about.steps_per_epoch:
            return about.steps_per_epoch
        return math.ceil(about.train_size / about.batch) if about.batch and about.train_size else 0

    @cached_property
    def rates(self) -> Series | None:
        return self._scalar("rate")

    @cached_property
    def rate(self) -> float | None:
        """The largest learning rate so far."""
        if self.rates is not None:
            return float(np.nanmax(self.rates.values))
        for each in self.run.about.optimizers:
            if isinstance(each.settings.get("lr"), int | float):
                return float(each.settings["lr"])
        return None

    @cached_property
    def is_adaptive(self) -> bool:
        """Whether the optimiser divides by the gradients' sizes."""
        kinds = [each.kind.lower() for each in self.run.about.optimizers]
        return any(not kind.startswith(("sgd", "asgd")) for kind in kinds)

    @cached_property
    def is_full_batch(self) -> bool:
        about = self.run.about
        return self.epoch_steps == 1 or bool(about.batch and about.batch >= about.train_size > 0)

    # Layers

    @cached_property
    def ratios(self) -> Floats:
        """|Δw| / |w| of each layer's updates, (S, L) as `run.weights`; NaN where there is none."""
        return self.share_of_weight("update")

    def share_of_weight(self, quantity: str) -> Floats:
        """Return a quantity of the weights' table by |w|, (S, L)."""
        table = self.run.weights
        if quantity not in table or "weight" not in table:
            return np.full((0, 0), np.nan)
        weights = table.values["weight"].astype(float)
        count = np.nan_to_num(table.values.get("count", np.ones_like(weights)), nan=1.0)
        tiny = weights < 1e-6 * np.sqrt(np.maximum(count, 1))
        with np.errstate(all="ignore"):
            return np.where(tiny, np.nan, table.values[quantity] / np.where(tiny, 1, weights))

    @cached_property
    def ratio(self) -> Floats:
        """The middle layer's |Δw| / |w| at each measured step, (S,)."""
        return middle(self.ratios)

    def of(self, table: Table, quantity: str) -> Floats:
        """Return a quantity (S, L), or (0, 0) where the table does not have it."""
        return table.values[quantity].astype(float) if quantity in table else np.zeros((0, 0))

    # Events

    @cached_property
    def structure(self) -> dict[str, Any]:
        """What was found before the first step; {}: nobody looked."""
        found = self.run.events_of("structure")
        return dict(found[0].data) if found else {}

    def scalar(self, name: str) -> Floats:
        """Return a scalar's values, (0,) where there is none."""
        series = self._scalar(name)
        return NOTHING if series is None else series.values


def middle(values: Floats, axis: int = 1) -> Floats:
    """Return medians that leave NaN out, without a warning where there is nothing else."""
    if not values.size:
        return np.full(values.shape[0] if axis else 0, np.nan)
    blank = np.isnan(values).all(axis)
    filled = np.where(np.expand_dims(blank, axis), 0.0, values)
    return np.where(blank, np.nan, np.nanmedian(filled, axis))


def last_of(values: Floats, parts: int) -> Floats:
    """Return the last of so many equal parts of a history (S, …), one step at least."""
    return values[-max(1, len(values) // parts) :]


def needs_loss(history: History) -> str:
    """Say that there is no loss, or "" where there is."""
    return "" if history.loss is not None else "no loss was logged"


def needs_structure(history: History) -> str:
    """Say that nobody looked at the network before its first step."""
    return "" if history.structure else "the network was not looked at before the first step"


def needs_table(name: str, quantity: str) -> Callable[[History], str]:
    """Return a check for a quantity of the weights or activations."""

    def lacks(history: History) -> str:
        table: Table = getattr(history.run, name)
        return "" if quantity in table else f"no {quantity} of the {name} was measured"

    return lacks
