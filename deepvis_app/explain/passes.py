"""One backward pass: from a unit to the picture, on the forward pass of the frame itself."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import torch

from deepvis_app.explain.cuts import INSTEAD, cut_reason
from deepvis_app.explain.gradcam import class_activation, gradcam_layer
from deepvis_app.explain.methods import Method, has_rule
from deepvis_app.explain.no_numbers import why_no_numbers
from deepvis_app.explain.seeds import Seed, check_unit, scores, unit_map

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from deepvis_app.explain.seeds import Place
    from deepvis_app.nets import Forward, Network, Unit


@dataclass(frozen=True, slots=True, eq=False)
class Explanation:
    """What makes a unit fire on one picture.

    `map` is float32 (C, H, W) at the input's size and in the network's own channels, (1, H, W) for
    Grad-CAM; read-only. `layers` holds the gradients of the score on the maps (C, h, w) of layers
    asked for: zero where the unit does not depend on them, so above it. `empty` says why an
    all-zero map is empty, or one without any number; "" for any other.
    """

    unit: Unit
    method: Method
    seed: Seed
    score: float
    map: NDArray[np.float32]
    layers: Mapping[str, Tensor]
    empty: str


@dataclass(frozen=True, slots=True, eq=False)
class Flow:
    """What came back of a batch: scores (N,), maps (N, C or 1, H, W), gradients by layer.

    `arrived` is the gradient on the input, for Grad-CAM on the weighed layer.
    """

    scores: Tensor
    maps: Tensor
    layers: dict[str, Tensor]  # (N, C, h, w)
    arrived: Tensor


def needed_layers(
    network: Network, unit: Unit, method: Method | str, layer: str | None = None
) -> tuple[str, ...]:
    """Return the layers whose values a pass must keep for `method`: the unit's, Grad-CAM's too.

    `layer` is the one that Grad-CAM weighs, None for the usual.
    """
    if Method.parse(method) is not Method.GRADCAM:
        return (unit.layer,)
    return unit.layer, layer or gradcam_layer(network, unit.layer)


def rgb_map(network: Network, map: NDArray[np.float32]) -> NDArray[np.float32]:  # noqa: A002
    """Return a map (C, H, W) in the network's own channels with those shown as RGB first."""
    if len(map) != network.input_shape[0]:
        return map  # of places only
    order = network.preprocessing.ordered(len(map))
    return map if order == tuple(range(len(map))) else map[list(order)]


def explain_pass(
    network: Network,
    x: Tensor,
    forward: Forward,
    unit: Unit,
    method: Method | str,
    seed: Seed | str | Place = "map",
    layers: Iterable[str] = (),
) -> Explanation:
    """Go back from a unit on the forward pass of one picture.

    Parameters
    ----------
    x
        The input (1, C, H, W) as it was given to the network, requiring gradients.
    forward
        What `Network.forward(x, …)` gave within `rule(method)`, with `needed_layers` and `layers`;
        for the seed "logit" it must have run to the end.
    layers
        Whose gradients to give as well.

    The weights get no gradients. The pass can be gone back once. Raises `UserError` for a unit,
    place or class that the network has not.
    """
    method, seed = Method.parse(method), Seed.parse(seed)
    check_unit(network, unit, seed)
    flow = go_back(network, x, forward, unit, method, seed, tuple(layers))
    found = flow.maps[0].cpu().numpy()
    found.setflags(write=False)
    score = float(flow.scores[0])
    empty = why_no_numbers(found, score)
    if not empty and not found.any():
        empty = why_empty(network, x, forward, flow, unit, method, seed)
    gradients = MappingProxyType({name: value[0] for name, value in flow.layers.items()})
    return Explanation(unit, method, seed, score, found, gradients, empty)


def go_back(
    network: Network,
    x: Tensor,
    forward: Forward,
    unit: Unit,
    method: Method,
    seed: Seed,
    layers: tuple[str, ...] = (),
    weighed: str | None = None,
) -> Flow:
    """Go back on a batch; `weighed` is the layer for Grad-CAM, None for the usual."""
    with torch.enable_grad():
        score = scores(forward, unit, seed)
    if method is not Method.GRADCAM:
        arrived, *found = _gradients(score, [x, *(forward.raw[name] for name in layers)])
        maps = arrived.float()
        maps = maps * x.detach().to(maps) if method is Method.GRADIENT_X_INPUT else maps
    else:
        weighed = weighed or gradcam_layer(network, unit.layer)
        names = (weighed, *layers)
        arrived, *found = _gradients(score, [forward.raw[name] for name in names])
        size = x.shape[2], x.shape[3]
        values = forward.activations[weighed].detach()
        maps = class_activation(values, network.gradients(weighed, arrived), size)
    pairs = zip(layers, found, strict=True)
    by_layer = {name: network.gradients(name, value) for name, value in pairs}
    return Flow(score.detach(), maps, by_layer, arrived)


def _gradients(score: Tensor, sources: list[Tensor]) -> list[Tensor]:
    """Return the score's gradients, zeros where it does not depend on a source."""
    wanted = [s for s in sources if s.requires_grad] if score.requires_grad else []
    found = iter(torch.autograd.grad(score.sum(), wanted, allow_unused=True) if wanted else ())
    gradients = []
    for source in sources:
        gradient = next(found) if wanted and source.requires_grad else None
        gradients.append(torch.zeros_like(source) if gradient is None else gradient.detach())
    return [gradient.detach() for gradient in gradients]


def why_empty(
    network: Network,
    x: Tensor,
    forward: Forward,
    flow: Flow,
    unit: Unit,
    method: Method,
    seed: Seed,
) -> str:
    """Say why nothing came back from a unit, in plain words, and nothing that was not looked at."""
    cut = cut_reason(network, unit.layer)
    if cut and not (method is Method.GRADCAM and bool(flow.arrived.any())):
        return f"{cut}. {INSTEAD}."
    if not bool(unit_map(forward, unit).detach().any()):
        return "The unit is silent on this picture: its map is zero everywhere."
    if seed.place is not None and not bool(flow.scores.any()):
        return "The unit is silent at this place."
    if method is Method.GRADCAM:
        if bool(flow.arrived.any()):
            return "Nothing in the weighed layer speaks for the unit: no weighted sum is positive."
        return "The weighed layer's gradient is zero everywhere: there is nothing to weigh by."
    if method is Method.GRADIENT_X_INPUT and not bool(x.detach().any()):
        return "The picture is the network's mean colour: every value of the input is zero."
    if has_rule(method) and bool(_plain_gradient(network, x, unit, seed).any()):
        return _BLOCKED[method]
    elsewhere = f", as far as it goes: {network.name} cuts others itself" * bool(
        network.behaviour.severed
    )
    return (
        "The gradient is zero everywhere on this picture, as it is behind ReLUs that are off, "
        f"where values are at their limit, or are rounded{elsewhere}. Occlusion needs none."
    )


_BLOCKED = {
    Method.GUIDED: "Guided backprop lets nothing through: on every way back a ReLU is met that is "
    "off or where only what speaks against the unit arrives.",
    Method.DECONV: "Deconvnet lets nothing through: only what speaks against the unit arrives at a "
    "ReLU on every way back.",
}


def _plain_gradient(network: Network, x: Tensor, unit: Unit, seed: Seed) -> Tensor:
    """Return the score's gradient on an input without any rule for ReLUs."""
    with torch.enable_grad():
        leaf = x.detach().clone().requires_grad_()
        forward = network.forward(leaf.clone(), [unit.layer])
        return go_back(network, leaf, forward, unit, Method.GRADIENT, seed).arrived
