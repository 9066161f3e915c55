"""A frame's passes through its network: forward once, and back for those that ask why."""

from __future__ import annotations

import logging
from contextlib import ExitStack, contextmanager, nullcontext
from functools import partial
from typing import TYPE_CHECKING

import torch

from deepvis_app.engine.backward import LiveExplainer
from deepvis_app.engine.device.replay import Replay
from deepvis_app.engine.failures import failure_in_words, is_out_of_memory
from deepvis_app.engine.nonfinite import first_not_finite
from deepvis_app.engine.readers.reader import Surrounding
from deepvis_app.engine.readers.seen import Outcome, Seen
from deepvis_app.engine.readers.why import Explained, ExplanationReading

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
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
        self._around: tuple[Surrounding[object], ...] = ()  # the passes under way

    def see(
        self,
        look: Look,
        x: Tensor,
        needs: Sequence[Needs],
        around: tuple[Surrounding[object], ...] = (),
    ) -> Seen:
        """Run the network on an input (1, C, H, W), and back once for each question why.

        The first question shares the forward pass with everything else. All passes are run within
        what is `around` them, but for one that is asked for bare. Raises whatever the network
        raises on the way forward.
        """
        bare = self._bare(x, needs)
        self._around = around
        try:
            outcome, explained = self._see(x, needs)
        finally:
            self._around = ()
        return Seen(look, x, outcome, explained, bare)

    def _bare(self, x: Tensor, needs: Sequence[Needs]) -> Outcome | None:
        asked = [need.bare for need in needs if need.bare is not None]
        if not asked:
            return None
        layers = frozenset(name for names in asked for name in names)
        found = self._forward(x, layers, (), frozenset())
        # What was recorded gives the same memory again with the next pass.
        return found.kept() if self._device.recorded else found

    def _see(self, x: Tensor, needs: Sequence[Needs]) -> tuple[Outcome, Mapping[Why, Explained]]:
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
        return outcome or self._forward(x, layers, parts, sites), explained

    def maps(self, x: Tensor, layers: Collection[str]) -> Mapping[str, Tensor]:
        """Return the maps (C, h, w) of some layers for an input (1, C, H, W)."""
        return self._run(x, layers).maps

    def first_not_finite(self, seen: Seen) -> NotFinite | None:
        """Look at all layers for the first that gives NaN or infinity: as dear as a frame."""
        around = tuple(one for one in seen.look.changes if isinstance(one, Surrounding))
        with self._mixed(), self._within(around):
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
            with self._mixed(), self._within(self._around):
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
        key = layers, parts, sites, x.shape, self._around
        return self._replay.run(key, lambda x: self._run(x, layers, parts, sites), x)

    def _run(
        self,
        x: Tensor,
        layers: Collection[str],
        parts: Collection[Part] = (),
        sites: Collection[Site] = (),
    ) -> Outcome:
        reduced: dict[Part, Reduced] = {}
        with self._mixed(), self._within(self._around):
            reduce = _keeping(reduced, parts)
            found = self._network.forward(x, layers, reduce=reduce, sites=sites)
        maps = {name: found.activations[name][0] for name in layers}
        return Outcome(self._network.scores(found), maps, reduced, found.at)

    @contextmanager
    def _within(self, around: Iterable[Surrounding[object]]) -> Iterator[None]:
        """Enter what the passes are run within."""
        with ExitStack() as stack:
            for reader in around:
                stack.enter_context(reader.around(self._network))
            yield

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
