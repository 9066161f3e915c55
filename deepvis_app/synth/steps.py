"""How far each step goes: the ancestor's three policies, and optimisers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import torch

from deepvis_app.synth.choices import Policy
from deepvis_app.synth.lbfgs import lbfgs

if TYPE_CHECKING:
    from torch import Tensor

    from deepvis_app.synth.parameterisation import Values
    from deepvis_app.synth.recipe import StepSpec

_BETA1, _BETA2 = 0.9, 0.999
_EPSILON = 0.05  # of the gradient's root mean square
_TINY = 1e-30
_MOMENTUM_DECAY = 4e-3  # NAdam's (Dozat 2016)


def stepped(
    values: Values,
    gradient: Values,
    memory: Values,
    spec: StepSpec,
    reached: Tensor,
    done: float,
) -> tuple[Values, Values]:
    """Go one step up the gradient; return the values and what the optimiser remembers.

    `reached` (B,) is what is being raised: the activation or, for progress01, the probability of
    what is wanted. `done` is the share of the run that is over, 0..1.
    """
    settle = spec.settle + (1 - spec.settle) * 0.5 * (1 + math.cos(math.pi * done))
    optimiser = OPTIMISERS.get(spec.policy)
    if optimiser is not None:
        return optimiser(values, gradient, memory, spec.rate * settle)
    rate = _rate(gradient, spec, reached) * settle
    moved = {k: v + _column(rate, v) * gradient[k] for k, v in values.items()}
    return moved, memory


def _rate(gradient: Values, spec: StepSpec, reached: Tensor) -> Tensor:
    """Return each sample's rate, (B,)."""
    if spec.policy is Policy.CONSTANT:
        return torch.full_like(reached, spec.rate)
    wanted = torch.full_like(reached, spec.desired_progress)
    if spec.policy is Policy.PROGRESS01:
        wanted = (spec.late_multiplier * (1 - reached)).clamp(max=spec.early_progress)
    return (wanted / squared_length(gradient)).clamp(max=spec.max_rate)


def squared_length(gradient: Values) -> Tensor:
    """Return each sample's squared length over all values, (B,)."""
    parts = [g.flatten(1).square().sum(1) for g in gradient.values()]
    return torch.stack(parts).sum(0)


def adam(values: Values, gradient: Values, memory: Values, rate: float) -> tuple[Values, Values]:
    """Go a step of Adam (Kingma and Ba 2015), as PyTorch has it.

    But for the epsilon, which is relative to each sample's gradient: values that matter little
    move little. With a fixed, tiny one rounding noise moves a picture as far as what it shows.
    """
    new, moved = _moments(values, gradient, memory), {}
    count = int(new["count"])
    for name, value in values.items():
        length = _lengths(new[f"power.{name}"], count)
        moved[name] = value.addcdiv(new[f"mean.{name}"], length, value=rate / (1 - _BETA1**count))
    return moved, new


def nadam(values: Values, gradient: Values, memory: Values, rate: float) -> tuple[Values, Values]:
    """Go a step of NAdam (Dozat 2016), as PyTorch has it, with the epsilon of `adam`."""
    new, moved = _moments(values, gradient, memory), {}
    count = int(new["count"])
    now, ahead, product = _momenta(count)
    for name, value in values.items():
        push = gradient[name] * ((1 - now) / (1 - product))
        push = push + new[f"mean.{name}"] * (ahead / (1 - product * ahead))
        moved[name] = value.addcdiv(push, _lengths(new[f"power.{name}"], count), value=rate)
    return moved, new


def _moments(values: Values, gradient: Values, memory: Values) -> Values:
    """Return the running means of the gradient and of its square, and how many steps they saw."""
    count = int(memory["count"]) + 1 if "count" in memory else 1
    new: Values = {"count": torch.tensor(count)}
    for name, value in values.items():
        g = gradient[name]
        mean = memory.get(f"mean.{name}", torch.zeros_like(value)).lerp(g, 1 - _BETA1)
        power = memory.get(f"power.{name}", torch.zeros_like(value)).mul(_BETA2)
        power.addcmul_(g, g, value=1 - _BETA2)
        new |= {f"mean.{name}": mean, f"power.{name}": power}
    return new


def _lengths(power: Tensor, count: int) -> Tensor:
    power_now = power.div(1 - _BETA2**count)
    floor = power_now.flatten(1).mean(1).sqrt_().mul_(_EPSILON).add_(_TINY)
    return power_now.sqrt_().add_(_column(floor, power))


def _momenta(count: int) -> tuple[float, float, float]:
    """Return NAdam's momentum of this step, of the next, and the product of all up to this."""
    product = 1.0
    for step in range(1, count + 1):
        product *= _momentum(step)
    return _momentum(count), _momentum(count + 1), product


def _momentum(step: int) -> float:
    return float(_BETA1 * (1 - 0.5 * 0.96 ** (step * _MOMENTUM_DECAY)))


def _column(per_sample: Tensor, like: Tensor) -> Tensor:
    return per_sample.to(like.dtype).view(-1, *[1] * (like.ndim - 1))


Optimiser = Callable[["Values", "Values", "Values", float], "tuple[Values, Values]"]

#: By the policies that have one: (values, gradient, memory, rate) -> (values, memory).
OPTIMISERS: Mapping[Policy, Optimiser] = {
    Policy.ADAM: adam,
    Policy.NADAM: nadam,
    Policy.LBFGS: lbfgs,
}
