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

import copy
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from deepvis_app.errors import UserError, one_line
from deepvis_app.lab.diagnoses.history import CROSS_ENTROPIES
from deepvis_app.lab.diagnoses.rules.facts import AT_LEAST, HIGH, LOW, MIXED, input_faults
from deepvis_app.lab.diagnoses.words import number
from deepvis_app.lab.evidence import Structure, examine
from deepvis_app.lab.evidence.structure import entropy

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from torch import Tensor

    Loss = Callable[[Tensor, Tensor], Tensor]

EXAMPLES, STEPS = 16, 300  # that are learned by heart, and in how many steps at most
RATES = (0.01, 0.001)  # of Adam: the second one where the first is too high for a network
LEARNED = 0.05  # of the first loss
USED = 0.8  # of the loss without inputs
SECONDS = 8.0
DROPS = (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout)


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
    steps = preflight_steps(model, loss, x, y, **options)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: Preflight = end.value
            return result


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


class Learning:
    """A copy of a network that learns a few examples by heart, dropout off."""

    def __init__(
        self, model: nn.Module, loss: Loss, x: Tensor, y: Tensor, seed: int, until: float,
        *, most: int = STEPS,
    ) -> None:  # fmt: skip
        self._model, self._loss, self.x, self.y = model, loss, x, y
        self._seed, self._until, self._most = seed, until, most
        self.first = self.best = float("inf")
        self.made, self.count = 0, 0
        self.ran_out = False
        self.without: list[str] = []

    @property
    def base(self) -> float:
        """The first loss, or what who knows the labels' shares only has, if that is less."""
        chance = entropy(self.y)
        return min(self.first, chance) if chance else self.first

    def steps(self) -> Iterator[int]:
        """Learn; yields the steps that are made."""
        for rate, share in zip(RATES, (0.5, 1.0), strict=True):
            net = copy.deepcopy(self._model)
            net.train()
            for module in net.modules():
                if isinstance(module, DROPS):
                    module.eval()
            trained = [p for p in net.parameters() if p.requires_grad]
            if not trained:
                return
            optimizer = torch.optim.Adam(trained, lr=rate)
            while self.made < share * self._most:
                if time.monotonic() > self._until:
                    self.ran_out = True
                    return
                with _seeded(self._seed + self.made, self.x):
                    value = self._step(net, optimizer)
                self.made += 1
                self._note(net, value)
                yield self.made
                if self.best < LEARNED * self.base:
                    return

    def _step(self, net: nn.Module, optimizer: torch.optim.Optimizer) -> float:
        optimizer.zero_grad()
        with torch.enable_grad():
            loss = self._loss(net(self.x), self.y)
            if loss.requires_grad:
                loss.backward()
                optimizer.step()
        return float(loss.detach())

    def _note(self, net: nn.Module, value: float) -> None:
        if self.made == 1:
            self.first = value
            asking = [(name, p) for name, p in net.named_parameters() if p.requires_grad]
            self.count = len(asking)
            self.without = [name for name, p in asking if p.grad is None]
        if value < self.best:
            self.best = value


@contextmanager
def _seeded(seed: int, x: Tensor) -> Iterator[None]:
    """Draw from a seed, and put the random state back."""
    devices = [x.device.index or 0] if x.device.type == "cuda" else []
    with torch.random.fork_rng(devices):
        torch.manual_seed(seed)
        yield
