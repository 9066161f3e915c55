"""How much each unit contributes to the class that the network predicts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from deepvis_app.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from deepvis_app.nets.network import Network


def relevance(
    network: Network, x: Tensor, layers: Sequence[str]
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Return maps (N, C, h, w) of some layers, and of what each place adds to the top class.

    That is activation times the gradient of the class' score (before the network's own last
    softmax): what layer-wise relevance propagation gives in networks that are linear in pieces
    (Ancona et al., ICLR 2018). One pass forward and one back for all layers.

    Raises `UserError` for a network without class scores, or one with no way back.
    """
    with torch.enable_grad():
        forward = network.forward(x.requires_grad_(), layers)
        scores = forward.logits if forward.unsquashed is None else forward.unsquashed
        if scores is None:
            raise UserError(
                f"{network.name} has no class scores, so nothing contributes to them",
                "Rank by max or by mean",
            )
        if not scores.requires_grad:
            raise UserError(
                f"{network.name} has no way back from its class scores", "Rank by max or by mean"
            )
        best = scores.amax(1).sum()
        raw = [forward.raw[name] for name in layers]
        used = [value for value in raw if value.requires_grad]
        gradients = iter(torch.autograd.grad(best, used, allow_unused=True))
    maps = {name: forward.activations[name].detach().float() for name in layers}
    found = {}
    for name, value in zip(layers, raw, strict=True):
        gradient = next(gradients) if value.requires_grad else None
        if gradient is None:
            found[name] = torch.zeros_like(maps[name])
        else:
            found[name] = network.gradients(name, gradient).float() * maps[name]
    return maps, found
