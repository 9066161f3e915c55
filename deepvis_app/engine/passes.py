"""A frame's passes through its network: forward once, and back for those that ask why."""

from __future__ import annotations

import logging
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING

import torch

from deepvis_app.engine.backward import LiveExplainer
from deepvis_app.engine.device.replay import Replay
from deepvis_app.engine.failures import failure_in_words, is_out_of_memory
from deepvis_app.engine.nonfinite import first_not_finite
from deepvis_app.engine.readers.seen import Outcome, Seen
from deepvis_app.engine.readers.why import Explained, ExplanationReading

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from torch import Tensor

    from deepvis_app.engine.device.device import Device
    from deepvis_app.engine.nonfinite import NotFinite
    from deepvis_app.engine.readers.reader import Look, Needs, Reduced, Reduction
    from deepvis_app.engine.readers.why import Why
    from deepvis_app.nets.network import Network
    from deepvis_app.nets.taps import Site

    Part = tuple[str, Reduction]  # a layer, and what is kept of it

logger = logging.getLogger(__name__)


class Passes:
    """Runs one network for all readers of a frame at once. For one thread at a time.

    It taps only what is needed, and keeps no activation from one frame to the next.
    """

    def __init__(self, network: Network, device: Device) -> None:
        self._network, self._device = network, device
        self._explainer = LiveExplainer(network)
        self._replay: Replay[Outcome] = Replay()

    def see(self, look: Look, x: Tensor, needs: Sequence[Needs]) -> Seen:
        """Run the network on an input (1, C, H, W), and back once for each question why.

        The first question shares the forward pass with everything else. Raises whatever the network
        raises on the way forward.
        """
        layers = frozenset(name for need in needs for name in need.layers)
        sites = frozenset(site for need in needs for site in need.sites)
        parts = tuple(
            dict.fromkeys(
                part for need in needs for part in need.reduced.items() if part[0] not in layers
            )
        )
        outcome: Outcome | None = None
        explained: dict[Why, Explained] = {}
        for why, gradients in _questions(needs).items():
            if outcome is None:
                outcome, explained[why] = self._explain(x, why, gradients, layers, parts, sites)
            else:
                _, explained[why] = self._explain(x, why, gradients)
        return Seen(look, x, outcome or self._forward(x, layers, parts, sites), explained)

    def maps(self, x: Tensor, layers: Collection[str]) -> Mapping[str, Tensor]:
        """Return the maps (C, h, w) of some layers for an input (1, C, H, W)."""
        return self._run(x, layers).maps

    def first_not_finite(self, seen: Seen) -> NotFinite | None:
        """Look at all layers for the first that gives NaN or infinity: as dear as a frame."""
        with self._mixed():
            return first_not_finite(self._network, seen.x, seen.look.frame.number)

    def _explain(
        self,
        x: Tensor,
        why: Why,
        gradients: Collection[str],
        layers: Collection[str] = (),
        parts: Collection[Part] = (),
        sites: Collection[Site] = (),
    ) -> tuple[Outcome | None, Explained]:
        """Run forward and back; what cannot be explained says so and gives no outcome."""
        if problem := self._explainer.problem(why):
            return None, Explained(ExplanationReading(why, problem=problem))
        reduced: dict[Part, Reduced] = {}
        try:
            with self._mixed():
                forward, explained = self._explainer.run(
                    x, why, layers, gradients, _keeping(reduced, parts), sites
                )
        except Exception as error:  # the frame is seen all the same
            logger.info("no explanation", exc_info=True)
            if is_out_of_memory(error):
                self._device.release_memory()
            return None, Explained(ExplanationReading(why, problem=str(failure_in_words(error))))
        maps = {name: forward.activations[name][0].detach() for name in layers}
        with torch.no_grad():
            at = {site: value.detach() for site, value in forward.at.items()}
            return Outcome(self._network.scores(forward), maps, reduced, at), explained

    def _forward(
        self, x: Tensor, layers: frozenset[str], parts: tuple[Part, ...], sites: frozenset[Site]
    ) -> Outcome:
        if not self._device.recorded:
            return self._run(x, layers, parts, sites)
        key = layers, parts, sites, x.shape
        return self._replay.run(key, lambda x: self._run(x, layers, parts, sites), x)

    def _run(
        self,
        x: Tensor,
        layers: Collection[str],
        parts: Collection[Part] = (),
        sites: Collection[Site] = (),
    ) -> Outcome:
        reduced: dict[Part, Reduced] = {}
        with self._mixed():
            reduce = _keeping(reduced, parts)
            found = self._network.forward(x, layers, reduce=reduce, sites=sites)
        maps = {name: found.activations[name][0] for name in layers}
        return Outcome(self._network.scores(found), maps, reduced, found.at)

    def _mixed(self) -> AbstractContextManager[object]:
        """Return a context of the device's precision."""
        if self._device.autocast is None:
            return nullcontext()
        return torch.autocast(self._device.place.type, self._device.autocast)


def _questions(needs: Iterable[Needs]) -> dict[Why, set[str]]:
    """Return what is asked of backward passes, and the layers whose gradients each is to give."""
    asked: dict[Why, set[str]] = {}
    for need in needs:
        if need.why is not None:
            asked.setdefault(need.why, set()).update(need.gradients)
    return asked


def _keeping(
    into: dict[Part, Reduced], parts: Iterable[Part]
) -> dict[str, Callable[[Tensor], Tensor]]:
    """Return functions by layer that put what is to be kept of its maps into a dictionary."""

    def keep(name: str, reductions: Sequence[Reduction], maps: Tensor) -> Tensor:
        for reduction in reductions:
            into[name, reduction] = reduction(maps)
        return into[name, reductions[0]].values

    by_layer: dict[str, list[Reduction]] = {}
    for name, reduction in parts:
        by_layer.setdefault(name, []).append(reduction)
    return {name: partial(keep, name, reductions) for name, reductions in by_layer.items()}
