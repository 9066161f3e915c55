"""Explanations at live rate: the frame's own forward pass, and one backward pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from deepvis_app.engine.readers.why import Explained, ExplanationReading
from deepvis_app.errors import UserError
from deepvis_app.explain import (
    Method,
    check_unit,
    defined,
    explain_pass,
    gradcam_layer,
    needed_layers,
    require_way_back,
    rgb_map,
    rule,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from torch import Tensor

    from deepvis_app.engine.readers.why import Why
    from deepvis_app.nets.network import Forward, Network
    from deepvis_app.nets.taps import Site

    Reduce = Mapping[str, Callable[[Tensor], Tensor]]


class LiveExplainer:
    """Explains units of one network. For one thread at a time."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._undefined: dict[tuple[Method, str], str] = {}

    def problem(self, why: Why) -> str:
        """Return why this cannot be explained, "" where it can."""
        try:
            check_unit(self._network, why.unit, why.seed)
        except UserError as error:
            return str(error)
        key = why.method, why.unit.layer
        if key not in self._undefined:
            self._undefined[key] = self._reason(*key)
        return self._undefined[key]

    def _reason(self, method: Method, layer: str) -> str:
        """Return why a method has no explanation of a layer's units, "" where it has."""
        try:
            with torch.enable_grad():
                if reason := defined(self._network, method):
                    return reason
                if method is Method.GRADCAM:
                    gradcam_layer(self._network, layer)
                else:
                    require_way_back(self._network, layer)
        except UserError as error:
            return str(error)
        return ""

    def run(
        self,
        x: Tensor,
        why: Why,
        layers: Collection[str],
        backward: Collection[str],
        reduce: Reduce | None = None,
        sites: Collection[Site] = (),
    ) -> tuple[Forward, Explained]:
        """Pass an input (1, C, H, W) forward and back.

        Returns the forward pass with `layers`, and the explanation with gradients (C, h, w) of the
        layers in `backward`. `reduce` and `sites` are as in `Network.forward`.
        """
        network, unit, method = self._network, why.unit, why.method
        kept = {*layers, *backward, *needed_layers(network, unit, method)}
        quiet = {name: _without_gradients(function) for name, function in (reduce or {}).items()}
        with torch.inference_mode(False), torch.enable_grad():
            x = x.detach().requires_grad_()
            with rule(method):
                forward = network.forward(x, kept, reduce=quiet, sites=sites)
            for name in kept.intersection(quiet):  # what is kept is not reduced on the way
                quiet[name](forward.activations[name])
            found = explain_pass(network, x, forward, unit, method, why.seed, backward)
        colours = rgb_map(network, found.map)
        colours.setflags(write=False)
        own = forward.activations[unit.layer][0, unit.index].detach().float().cpu().numpy().copy()
        own.setflags(write=False)
        reading = ExplanationReading(why, colours, found.score, found.empty, unit_map=own)
        return forward, Explained(reading, found.layers)


def _without_gradients(function: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    def reduced(maps: Tensor) -> Tensor:
        with torch.no_grad():
            return function(maps)

    return reduced
