"""Pre-flight: a few seconds' checks that a network can learn at all, before it is trained.

After Karpathy's "A Recipe for Training Neural Networks" (2019). All is done on a copy: the network,
its optimiser and the random state are left as they are.

```python
checked = preflight(model, torch.nn.CrossEntropyLoss(), x, y)
for check in checked.checks:
    print(check.passed, check.title, check.evidence, check.remedy)
```
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import torch

from deepvis_app.errors import UserError, one_line
from deepvis_app.lab.by_heart import LEARNED, STEPS, Learning
from deepvis_app.lab.diagnoses.history import CROSS_ENTROPIES
from deepvis_app.lab.diagnoses.rules.facts import AT_LEAST, HIGH, LOW, MIXED, input_faults
from deepvis_app.lab.diagnoses.words import number
from deepvis_app.lab.evidence import Structure, examine
from deepvis_app.pieces import finished

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from torch import Tensor, nn

    Loss = Callable[[Tensor, Tensor], Tensor]

EXAMPLES = 16  # that are learned by heart
USED = 0.8  # of the loss without inputs
SECONDS = 8.0


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the pre-flight. `passed` is None where it cannot be told."""

    name: str
    title: str
    passed: bool | None
    evidence: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Preflight:
    """The answers of all checks, in the order in which they were made."""

    checks: tuple[Check, ...]
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether no check failed."""
        return all(check.passed is not False for check in self.checks)

    def data(self) -> dict[str, Any]:
        """Return it as plain data: that of the event `preflight`."""
        return {"checks": [asdict(check) for check in self.checks], "seconds": self.seconds}


@dataclass(frozen=True, slots=True)
class Checking:
    """How far it is."""

    step: int
    total: int
    checks: tuple[Check, ...]  # those that are made


def preflight(model: nn.Module, loss: Loss, x: Tensor, y: Tensor, **options: Any) -> Preflight:
    """Make all checks; see `preflight_steps`."""
    return finished(preflight_steps(model, loss, x, y, **options))


def preflight_steps(
    model: nn.Module,
    loss: Loss,
    x: Tensor,
    y: Tensor,
    *,
    chance: float | None = None,
    seconds: float = SECONDS,
    seed: int = 0,
) -> Generator[Checking, None, Preflight]:
    """Check a network in steps; closing the generator ends it at once.

    Parameters
    ----------
    model, loss
        Any module of one input, and what its output and `y` are given to.
    x, y
        A batch as it is trained on, (N, …) each; 64 examples are looked at, 16 learned by heart.
    chance
        The loss of who knows the classes' shares only, nats; unless told, that of `y`.
    seconds
        After which learning is given up: what it did not show until then is not known.

    Raises
    ------
    UserError
        Where the network, or the loss, does not take the batch.
    """
    started = time.monotonic()
    structure = _looked_at(model, loss, x, y)
    chance = structure.chance_loss if chance is None else chance
    done = [_start(structure, chance), _mixing(structure), _input(structure)]
    total = 2 * STEPS
    yield Checking(0, total, tuple(done))
    real = Learning(model, loss, x[:EXAMPLES], y[:EXAMPLES], seed, started + 0.7 * seconds)
    for step in real.steps():
        yield Checking(step, total, tuple(done))
    done.append(_overfit(real))
    blind = Learning(
        model, loss, torch.zeros_like(x[:EXAMPLES]), y[:EXAMPLES], seed, started + seconds,
        most=max(real.made, 50),
    )  # fmt: skip
    for step in blind.steps():
        yield Checking(STEPS + step, total, tuple(done))
    done += [_blind(real, blind), _reached(real)]
    yield Checking(total, total, tuple(done))
    return Preflight(tuple(done), time.monotonic() - started)


def _looked_at(model: nn.Module, loss: Loss, x: Tensor, y: Tensor) -> Structure:
    try:
        structure = examine(model, x, y, loss)
    except (RuntimeError, ValueError, TypeError, IndexError) as error:
        raise UserError(
            f"The network does not take the batch: {one_line(error)}",
            f"Give x as the network wants it; it is {tuple(x.shape)}",
        ) from error
    if structure.start_loss is None:
        raise UserError(
            f"The loss {structure.loss} does not take the network's output and y",
            f"Give y as the loss wants it; it is {tuple(y.shape)}, {y.dtype}",
        )
    return structure


def _start(structure: Structure, chance: float | None) -> Check:
    name, title = "start_loss", "Loss at the start"
    start = structure.start_loss
    assert start is not None
    if chance is None or structure.loss not in CROSS_ENTROPIES:
        return Check(name, title, None, f"{number(start)}; chance is known of classes only.")
    evidence = f"{number(start)}; chance is {number(chance)}."
    if start > HIGH * chance and start > chance + AT_LEAST:
        remedy = "Give the last layer smaller first weights, scale the input"
        return Check(name, title, False, evidence, remedy)
    if start < LOW * chance:
        remedy = "Fine where weights were loaded; else the input gives the labels away"
        return Check(name, title, None, evidence, remedy)
    return Check(name, title, True, evidence)


def _mixing(structure: Structure) -> Check:
    name, title = "mixing", "Examples by themselves"
    mixing = structure.mixing
    if mixing is None:
        return Check(name, title, None, "There are too few examples, or outputs of another kind.")
    evidence = (
        f"With other examples beside it an output changes by {number(mixing)} of the largest."
    )
    remedy = "Look for a view where a transpose was meant, batch_first, sums along axis 0"
    return Check(name, title, mixing <= MIXED, evidence, "" if mixing <= MIXED else remedy)


def _input(structure: Structure) -> Check:
    name, title = "input_scale", "Scale of the input"
    bad = structure.input.get("bad", 0)
    if bad:
        remedy = "Look for missing values, and fill or drop them"
        return Check(name, title, False, f"{bad} values are no finite numbers.", remedy)
    said = input_faults(structure.input)
    if said:
        remedy = "Bring every feature to mean 0 and deviation 1"
        return Check(name, title, False, f"It has {'; '.join(said)}.", remedy)
    if structure.input.get("kind") != "numbers":
        return Check(name, title, True, f"It is of {structure.input.get('kind')}.")
    return Check(name, title, True, f"Values up to {number(structure.input['largest'])}.")


def _overfit(real: Learning) -> Check:
    name, title = "overfit", f"Learns {len(real.x)} examples by heart"
    evidence = f"Loss {number(real.first)} to {number(real.best)} in {real.made} steps of Adam."
    if real.best < LEARNED * real.base:
        return Check(name, title, True, evidence)
    if real.ran_out:
        return Check(name, title, None, f"{evidence} There was no time for more.")
    remedy = "Look for a cut graph, wrong targets, a wrong loss, or units that are dead"
    return Check(name, title, False, evidence, remedy)


def _blind(real: Learning, blind: Learning) -> Check:
    name, title = "blind", "Its input matters"
    evidence = f"Loss {number(real.best)} with the input, {number(blind.best)} with zeros in it."
    passed = real.best < USED * blind.best
    if not passed and (real.ran_out or real.base <= 0):
        return Check(name, title, None, evidence)
    remedy = "Look for what keeps the input from the output: a cut, a wrong axis, dead units"
    return Check(name, title, passed, evidence, "" if passed else remedy)


def _reached(real: Learning) -> Check:
    name, title = "reached", "Gradients reach all weights"
    if real.without:
        first = ", ".join(real.without[:3])
        remedy = "Look for detach(), .data, no_grad() or a layer that forward never calls"
        count = len(real.without)
        return Check(name, title, False, f"None reach {count} parameters: {first}.", remedy)
    return Check(name, title, True, f"All {real.count} parameters that ask for one get one.")
