"""What one picture would teach: activations, weights, and the loss's gradients of both, by layer.

As the demo of ConvNetJS shows them (Karpathy 2014, `demo/js/images-demo.js`), of any network.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from deepvis_app.errors import UserError
from deepvis_app.nets.outputs import Scale

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from torch import Tensor

    from deepvis_app.nets.network import Forward, Network

CROSS_ENTROPY = "−ln of the true class’s probability"
QUADRATIC = "half the squared distance to the true class"


@dataclass(frozen=True, slots=True, eq=False)
class LayerLesson:
    """What a layer gives, and what the loss would change. Tensors without a graph.

    `weight` is the layer's own (O, I, …), None where it has none; a gradient is None where the loss
    does not depend on it.
    """

    activations: Tensor  # (C, h, w)
    gradients: Tensor | None  # ∂loss/∂activations, (C, h, w)
    weight: Tensor | None = None
    weight_gradients: Tensor | None = None  # ∂loss/∂weight, in its shape


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """One picture's loss and what it says of each layer. `cost` names the loss."""

    target: int
    loss: float
    probability: float  # of the true class, as the network's scores are read
    cost: str
    layers: Mapping[str, LayerLesson] = field(default_factory=dict)


def lesson(network: Network, x: Tensor, target: int, layers: Sequence[str]) -> Lesson:
    """Pass an input (1, C, H, W) forward and the loss of its true class back.

    The loss is what our trainings make small, without L2: −ln softmax of the scores, or half the
    squared distance of their sigmoids where these are what the network is read by. The network runs
    in evaluation mode; its weights' own settings are left as they were. Raises `UserError` for a
    network without class scores, or a class that it has not.
    """
    weights = {name: own for name in layers if (own := weight_of(network, name)) is not None}
    with torch.inference_mode(False), torch.enable_grad(), _with_gradients(weights.values()):
        forward = network.forward(x.detach().clone(), layers)
        loss, scores, cost = _loss(network, forward, target)
        ways = {name: value for name, value in forward.raw.items() if value.requires_grad}
        asked = [*ways.values(), *weights.values()]
        found = torch.autograd.grad(loss, asked, allow_unused=True) if asked else ()
    maps = dict(zip(ways, found, strict=False))
    of_weights = dict(zip(weights, found[len(ways) :], strict=True))
    lessons = {
        name: LayerLesson(
            forward.activations[name][0].detach(),
            None if (grad := maps.get(name)) is None else network.gradients(name, grad)[0],
            None if name not in weights else weights[name].detach(),
            of_weights.get(name),
        )
        for name in layers
    }
    return Lesson(target, float(loss.detach()), float(scores[0, target].detach()), cost, lessons)


def weight_of(network: Network, layer: str) -> Tensor | None:
    """Return the weight matrix or kernels of the module that gives a layer; None: it has none."""
    module = network.module.get_submodule(network.site(layer).path)
    weight = module._parameters.get("weight")  # noqa: SLF001 - not what a parametrisation makes
    return weight if weight is not None and weight.ndim >= 2 else None


def learning_layers(network: Network) -> tuple[str, ...]:
    """Return the layers that have weights, in forward order."""
    return tuple(
        info.name for info in network.own_layers if weight_of(network, info.name) is not None
    )


def _loss(network: Network, forward: Forward, target: int) -> tuple[Tensor, Tensor, str]:
    logits = forward.logits if forward.unsquashed is None else forward.unsquashed
    scores = network.scores(forward)
    if logits is None or scores is None or network.scale in (None, Scale.SHARE, Scale.NUMBER):
        raise UserError(
            f"{network.name} gives no class probabilities, so no class can be its true one",
            "Load a network that names classes",
        )
    if not 0 <= target < logits.shape[1]:
        raise UserError(
            f"{network.name} has no class {target}", f"It has classes 0 to {logits.shape[1] - 1}"
        )
    wanted = torch.tensor([target], device=logits.device)
    logits = logits.float()
    if network.scale is Scale.SIGMOID:
        truth = functional.one_hot(wanted, logits.shape[1])
        return (torch.sigmoid(logits) - truth).square().sum() / 2, scores, QUADRATIC
    return functional.cross_entropy(logits, wanted), scores, CROSS_ENTROPY


@contextmanager
def _with_gradients(weights: Iterable[Tensor]) -> Iterator[None]:
    """Let weights ask for gradients meanwhile."""
    asked = [one for one in weights if not one.requires_grad]
    for one in asked:
        one.requires_grad_(True)
    try:
        yield
    finally:
        for one in asked:
            one.requires_grad_(False)


def unit_pictures(weight: Tensor, input_shape: tuple[int, int, int] = (0, 0, 0)) -> Tensor:
    """Return each unit's weights (O, I, …) as one picture, (O, h, w).

    A unit's kernels, one an input, lie side by side in rows that make the picture about square. A
    linear layer that sees the whole input, `input_shape` (C, H, W), has its weights in that shape.
    """
    count = len(weight)
    channels, height, width = input_shape
    if weight.ndim == 2 and weight.shape[1] == channels * height * width:
        kernels = weight.reshape(count, channels, height, width)
    elif weight.ndim == 4:
        kernels = weight
    else:
        kernels = weight.reshape(count, -1, 1, 1)
    inputs, tall, wide = kernels.shape[1:]
    columns = max(min(round((inputs * tall / wide) ** 0.5), inputs), 1)
    rows = -(-inputs // columns)
    kernels = functional.pad(kernels, (0, 0, 0, 0, 0, rows * columns - inputs))
    laid = kernels.reshape(count, rows, columns, tall, wide).permute(0, 1, 3, 2, 4)
    return laid.reshape(count, rows * tall, columns * wide)
