"""One pass: the activations of pictures, and the pictures' gradients."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from deepvis_app.errors import UserError
from deepvis_app.nets.relu_rules import relu_rule
from deepvis_app.nets.running import weights_at_rest
from deepvis_app.synth.reads import PICTURE
from deepvis_app.synth.rescue import redirected

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from torch import Tensor

    from deepvis_app.nets import Network
    from deepvis_app.synth.diversity import Likeness
    from deepvis_app.synth.evaluate import Plan
    from deepvis_app.synth.naturalness import Naturalness


@dataclass(frozen=True, slots=True, eq=False)
class Ascent:
    """`reached` (B,), `gradient` of the pictures (B, C, H, W) upwards, `tops` bool (B,)."""

    reached: Tensor
    gradient: Tensor
    tops: Tensor


def ascend(
    network: Network,
    plan: Plan,
    x: Tensor,
    shown: Callable[[Tensor], Tensor],
    *,
    sign: float,
    rescue: bool = False,
    likeness: Likeness | None = None,
    diversity: float = 0.0,
    naturalness: Naturalness | None = None,
    want_tops: bool = True,
) -> Generator[None, None, Ascent]:
    """Return what pictures x (B, C, H, W) reach, and their gradients; yield half-way, once.

    `shown` turns pictures into the network's inputs. `sign` is -1 to minimise. `diversity` is the
    share of its activation that a picture gives up where it is like all its siblings;
    `naturalness` says what it gives up for being unlike photographs. `tops` are all False unless
    `want_tops`.
    """
    terms = (plan, likeness, naturalness)
    layers = {layer for term in terms if term for layer in term.layers}
    with torch.inference_mode(False), torch.enable_grad(), weights_at_rest(network.module):
        x = x.detach().requires_grad_()
        seen = {PICTURE: x}
        if layers:
            with relu_rule(redirected) if rescue else nullcontext():
                passed = network.forward(shown(x), layers, stop_early=True)
            seen |= passed.activations
        reached = plan.read(seen)
        total = sign * reached.sum()
        if likeness:
            total = total - diversity * (reached.detach().abs() * likeness.read(seen)).sum()
        if naturalness:
            total = total - naturalness.read(seen).sum()
    yield  # with every tap off and no mode set: others may use the network here
    gradient = gradient_of(network, total, x)
    gradient = gradient.contiguous()  # not as a network of other layout has it
    with torch.no_grad():
        tops = plan.tops(seen, sign) if want_tops else torch.zeros_like(reached, dtype=torch.bool)
    return Ascent(reached.detach().to(x.dtype), gradient, tops)


def gradient_of(network: Network, total: Tensor, x: Tensor, *, keep: bool = False) -> Tensor:
    """Return the gradient of a number of a pass at x; `UserError` where none comes through.

    The pass can be followed back again if it is to `keep`.
    """
    gradient = None
    if total.requires_grad:
        try:
            (gradient,) = torch.autograd.grad(total, [x], retain_graph=keep, allow_unused=True)
        except RuntimeError as error:  # NotImplementedError is one
            if "derivative" not in str(error) and "not implemented" not in str(error):
                raise
            raise _no_gradient(network) from error
    if gradient is None:
        raise _no_gradient(network)
    return gradient


def _no_gradient(network: Network) -> UserError:
    return UserError(
        f"{network.name} passes no gradient from this layer back to the picture",
        "Preferred images need differentiable layers: choose another layer, or a network that is "
        "not quantised or frozen",
    )
