"""What can be said of a network before its first step, from one probe batch and its modules.

All checks are of what a module is given and gives, so that none alarms because of a name.
"""

from __future__ import annotations

import math
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import torch

from deepvis_app.lab.evidence.chain import unactivated_pairs
from deepvis_app.lab.evidence.inputs import describe_input
from deepvis_app.lab.evidence.twins import twins
from deepvis_app.lab.untouched import untouched
from deepvis_app.nets.taps import evaluating

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from torch import Tensor
    from torch.nn import Module
    from torch.optim import Optimizer

MOST = 64  # examples of the probe that are used
SUM = 1e-4  # by which probabilities may miss 1


@dataclass(frozen=True, slots=True)
class Structure:
    """Facts of a network at its start; the data of the event `structure`."""

    loss: str = ""  # class of the loss function, "" where it was not given
    start_loss: float | None = None  # in evaluation mode, on the probe; None: it was not to be had
    chance_loss: float | None = None  # the entropy of the probe's own labels, nats
    largest_label: float | None = None  # share of the probe's labels that are of one class
    classes: int = 0  # scores an example
    probabilities: bool = False  # the outputs are, of each example, >= 0 and add up to 1
    within_one: bool = False  # all outputs lie within 0 … 1
    mixing: float | None = None  # how much an example's output changes with the others, relative
    unactivated: tuple[tuple[str, str], ...] = ()  # layers with nothing but linear between them
    twins: dict[str, float] = field(default_factory=dict)
    unoptimised: tuple[str, ...] = ()  # parameters that ask for gradients and no optimiser has
    unoptimised_share: float = 0.0  # of all elements that ask for gradients
    input: dict[str, Any] = field(default_factory=dict)

    def data(self) -> dict[str, Any]:
        """Return it as plain data."""
        return asdict(self)


def examine(
    model: Module,
    probe: Tensor | None,
    labels: Tensor | None = None,
    loss: Callable[[Tensor, Tensor], Tensor] | None = None,
    optimizers: Sequence[Optimizer] = (),
) -> Structure:
    """Look at a network that has not made a step; it is left as it was.

    `probe` is a batch as the network takes it, (N, …), `labels` its targets.
    """
    missing, share = _unoptimised(model, optimizers)
    always: dict[str, Any] = {
        "loss": "" if loss is None else type(loss).__name__ if _is_object(loss) else _name(loss),
        "twins": twins(model),
        "unoptimised": missing,
        "unoptimised_share": share,
    }
    if probe is None or not isinstance(probe, torch.Tensor) or not len(probe):
        return Structure(**always)
    x = probe[:MOST]
    with evaluated(model):
        pairs, output = unactivated_pairs(model, x)
        always |= {"unactivated": pairs, "input": describe_input(model, x)}
        if not isinstance(output, torch.Tensor):
            return Structure(**always)
        return Structure(
            **always,
            **_of_output(output),
            **_of_loss(output, None if labels is None else labels[:MOST], loss),
            mixing=_mixing(model, x, output),
        )


def _is_object(loss: object) -> bool:
    return isinstance(loss, torch.nn.Module)


def _name(loss: object) -> str:
    return getattr(loss, "__name__", type(loss).__name__)


@contextmanager
def evaluated(model: Module) -> Iterator[None]:
    """Ask a network in evaluation mode, without gradients; all that it is comes back."""
    with untouched([model]), evaluating(model.modules()), torch.no_grad():
        yield


def _of_output(output: Tensor) -> dict[str, Any]:
    if output.ndim < 2 or not output.is_floating_point():
        return {"classes": 0}
    within = bool(((output >= 0) & (output <= 1)).all())
    added = output.float().sum(1)
    adds_up = output.shape[1] > 1 and bool(((added - 1).abs() < SUM).all())
    return {
        "classes": int(output.shape[1]),
        "probabilities": within and adds_up,
        "within_one": within,
    }


def _of_loss(output: Tensor, labels: Tensor | None, loss: Any) -> dict[str, Any]:
    if labels is None or len(labels) != len(output):
        return {}
    found: dict[str, Any] = {"chance_loss": entropy(labels), "largest_label": _largest(labels)}
    if loss is not None:
        try:
            found["start_loss"] = float(loss(output, labels))
        except (RuntimeError, ValueError, TypeError, IndexError):
            return found  # it takes something else than outputs and labels
    return found


def _shares(labels: Tensor) -> Tensor | None:
    """Return the classes' shares of class numbers, float64, or None where they are no classes."""
    if labels.is_floating_point() or labels.ndim != 1:
        return None
    return torch.bincount(labels.clamp(min=0).cpu()).double() / len(labels)


def _largest(labels: Tensor) -> float | None:
    shares = _shares(labels)
    return None if shares is None else float(shares.max())


def entropy(labels: Tensor) -> float | None:
    """Return the entropy of class numbers in nats, or None where they are no classes."""
    shares = _shares(labels)
    if shares is None:
        return None
    return float(-(shares * shares.clamp(min=1e-300).log()).sum())


def _mixing(model: Module, x: Tensor, output: Tensor) -> float | None:
    """Return the largest relative change of half the outputs with another other half.

    Both halves are tried: what runs along the batch, as a recurrent layer that takes it for time
    does, changes only those that come later.
    """
    half = len(x) // 2
    if half < 2 or len(output) != len(x) or not bool(torch.isfinite(output).all()):
        return None
    first, second = slice(0, half), slice(half, 2 * half)
    changes = []
    for kept, other in ((first, second), (second, first)):
        batch = x[: 2 * half].clone()
        batch[other] = x[kept].flip(0)
        now = model(batch)
        if not isinstance(now, torch.Tensor) or len(now) != len(batch):
            return None
        changes.append(float((now[kept] - output[kept]).float().abs().amax()))
    size = float(output.float().abs().amax())
    ratio = max(changes) / size if size > 0 else 0.0
    return ratio if math.isfinite(ratio) else None


def _unoptimised(model: Module, optimizers: Sequence[Optimizer]) -> tuple[tuple[str, ...], float]:
    if not optimizers:
        return (), 0.0
    held = {id(p) for o in optimizers for group in o.param_groups for p in group["params"]}
    asking = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    missing = [(name, p) for name, p in asking if id(p) not in held]
    total = sum(p.numel() for _, p in asking)
    share = sum(p.numel() for _, p in missing) / total if total else 0.0
    return tuple(name for name, _ in missing), share
