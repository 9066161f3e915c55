"""Grad-CAM: a layer's maps weighted by the unit's mean gradient (Selvaraju et al. 2016)."""

from __future__ import annotations

import warnings
from itertools import takewhile
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own customary name

from deepvis_app.errors import UserError
from deepvis_app.explain.cuts import INSTEAD, cut_reason, require_way_back
from deepvis_app.nets import Layout

if TYPE_CHECKING:
    from torch import Tensor

    from deepvis_app.nets import Network

_LAYOUTS = (Layout.MAPS, Layout.MAPS_LAST, Layout.TOKENS)
_chosen: WeakKeyDictionary[Network, dict[str, str]] = WeakKeyDictionary()


def map_layers(network: Network) -> tuple[str, ...]:
    """Return the layers that Grad-CAM could weigh: those whose units have a map of places."""
    return tuple(
        info.name
        for info in network.own_layers
        if info.layout in _LAYOUTS and info.map_size != (1, 1)
    )


def gradcam_layer(network: Network, layer: str) -> str:
    """Return the layer that Grad-CAM weighs for the units of `layer`.

    The deepest one before it whose maps it depends on, for directions before the layer that they
    read; a layer with one unit a class is not taken,
    since it already holds the class's map. Raises `UserError` where there is none. The first
    question about a layer costs one pass.
    """
    known = _chosen.setdefault(network, {})
    if layer not in known:
        known[layer] = _deepest(network, network.base_layer(layer))
    return known[layer]


def _deepest(network: Network, layer: str) -> str:
    if network.behaviour.gradient_error:
        require_way_back(network, layer)
    before = takewhile(lambda info: info.name != layer, network.own_layers)
    maps, classes = map_layers(network), network.class_layers
    candidates = [i.name for i in before if i.name in maps and i.name not in classes]
    flow = _flow(network, layer, candidates)
    # Weights may all be zero (a head before its training): then the way itself must do.
    lively = [name for name, gradient in flow.items() if bool(gradient.any())]
    if flow:
        return (lively or list(flow))[-1]
    if candidates and (reason := cut_reason(network, layer)):
        raise UserError(f"Grad-CAM finds no layer to weigh: {reason}", INSTEAD)
    raise UserError(
        f"No layer with maps comes before {layer}, so Grad-CAM has nothing to weigh",
        "Choose a deeper unit or another method",
    )


def _flow(network: Network, layer: str, candidates: list[str]) -> dict[str, Tensor]:
    """Return a layer's gradient on the maps of those candidates that it depends on."""
    if not candidates:
        return {}
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(1, *network.input_shape, generator=generator).to(network.device)
    with torch.enable_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of operations without a derivative: none leads back
        forward = network.forward(x.requires_grad_(), [*candidates, layer], stop_early=True)
        out = forward.raw[layer]
        # Units weighted at random: a normalised layer's plain sum has no gradient.
        weights = torch.randn(out.shape, generator=generator).to(out)
        raws = [forward.raw[name] for name in candidates]
        found = torch.autograd.grad((out * weights).sum(), raws, allow_unused=True)
    return {
        name: network.gradients(name, gradient)
        for name, gradient in zip(candidates, found, strict=True)
        if gradient is not None
    }


def class_activation(maps: Tensor, gradient: Tensor, size: tuple[int, int]) -> Tensor:
    """Return Grad-CAM (N, 1, H, W) from a layer's maps and the score's gradient, (N, C, h, w).

    `relu(sum over k of mean(gradient_k) * maps_k)`, enlarged bilinearly to `size`.
    """
    weights = gradient.mean((2, 3), keepdim=True)
    found = (weights * maps).sum(1, keepdim=True).relu()
    return F.interpolate(found.float(), size, mode="bilinear", align_corners=False)
