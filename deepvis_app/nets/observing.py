"""Find out by a few passes how a network behaves that is no plain chain of layers."""

from __future__ import annotations

import logging
import math
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from torch.autograd.graph import saved_tensors_hooks

from deepvis_app.errors import first_line
from deepvis_app.nets.chance import Chance
from deepvis_app.nets.checkpoints import plain_checkpoints
from deepvis_app.nets.gradient_ways import WaysBack
from deepvis_app.nets.running import attributes_kept, called, weights_at_rest
from deepvis_app.nets.taps import evaluating, listening

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor, nn

    from deepvis_app.nets.behaviour import Behaviour
    from deepvis_app.nets.taps import Site

logger = logging.getLogger(__name__)

ROUNDING = 1e-3  # how far a picture's values may differ in a batch, of the largest
SAME = 1e-6  # how far sums may differ that should be equal
LARGE = 10.0  # values beyond those of the first pass's noise


@dataclass(frozen=True, slots=True, eq=False)
class First:
    """What the first pass, of one picture, has shown.

    `shapes` are those of all values by site, `values` those that were not overwritten since;
    `traced` are the sites known to depend on the picture.
    """

    x: Tensor  # (1, C, H, W), as it was given
    shapes: Mapping[Site, torch.Size]
    values: Mapping[Site, Tensor]
    traced: frozenset[Site]


@dataclass(slots=True)
class _Trail:
    """What one pass came by: two sums a picture by site, and sites without a way back."""

    sums: dict[Site, list[tuple[float, float]]] = field(default_factory=dict)
    severed: set[Site] = field(default_factory=set)
    merged: bool = False  # what comes out does not tell pictures apart
    strays: bool = False  # the first picture's values are not those that it has alone
    drew: bool = False


def observe(
    module: nn.Module,
    modules: Mapping[str, nn.Module],
    first: First,
    found: Behaviour,
    sites: Mapping[str, Site],
) -> Behaviour:
    """Add to what was `found`; `sites` are those of the layers, in order of execution.

    One pass of two pictures for a network without peculiarities, a few more for others.
    """
    observer = _Observer(module, modules, first, found)
    seen = observer.look()
    if seen is None:
        return found
    lost = seen.severed.intersection(sites.values())
    if observer.found.keeps_attributes:
        observer.remember()
    dependent = set(first.traced)
    if seen.strays or seen.drew or not lost <= dependent:
        dependent |= observer.compare()
    severed = tuple(name for name, site in sites.items() if site in lost & dependent)
    return replace(observer.found, severed=severed)


class _Graph(Enum):
    """What a pass builds for the way back."""

    NONE = "none"
    WAYS = "ways"  # the graph without the values that a backward pass would need: far less memory
    WHOLE = "whole"  # for networks that allow no such economy


def _nothing(_value: object) -> Any:
    """Keep nothing: no pass here is gone back."""


class _Observer:
    """Runs passes that leave the network as it was; `found` grows with them."""

    def __init__(
        self,
        module: nn.Module,
        modules: Mapping[str, nn.Module],
        first: First,
        found: Behaviour,
    ) -> None:
        self._module, self._modules, self._first = module, modules, first
        self._chance = Chance(modules.values(), first.x.device)
        self.found = found

    def look(self) -> _Trail | None:
        """Pass two pictures with gradients; else one, or without. None: nothing can be told."""
        refusals: dict[int, str] = {}
        for graph in (_Graph.WAYS, _Graph.WHOLE, _Graph.NONE):
            for rows in (2, 1):
                try:
                    seen = self._pass(self._pair(LARGE)[:rows], 1, graph)
                except (torch.OutOfMemoryError, MemoryError):
                    return None
                except (Exception, SystemExit) as error:
                    logger.info("the network refused a pass", exc_info=True)
                    refusals[rows] = first_line(error)
                    continue
                alone = rows == 1 or seen.merged
                refused = refusals.get(rows, "") if graph is _Graph.NONE else ""
                self.found = replace(self.found, takes_one=alone, gradient_error=refused)
                return seen
        return None

    def remember(self) -> None:
        """Find out whether a pass changes the next by what it leaves in attributes."""
        with attributes_kept(self._modules.values()):
            one, next_one = (self._pass(self._first.x, 1, keep=False) for _ in range(2))
        self.found = replace(self.found, has_memory=bool(_differing(one, next_one, 0)))

    def compare(self) -> set[Site]:
        """Tell chance, a state and the other picture apart; return what depends on the picture.

        Passes that differ in one of these alone.
        """
        rows = 1 if self.found.takes_one else 2
        usual, other = (self._pair(scale)[-rows:] for scale in (1.0, LARGE))
        one, again, drawn, beside = (
            self._pass(x, seed) for x, seed in ((usual, 1), (usual, 1), (usual, 2), (other, 1))
        )
        changing = _differing(one, again, 0)
        by_chance = _differing(one, drawn, 0) - changing
        by_others = _differing(one, beside, 0) - changing if rows == 2 else set()
        self.found = replace(
            self.found,
            is_unsteady=bool(changing),
            is_random=bool(by_chance),
            mixes_batch=bool(by_others),
        )
        return _differing(one, beside, rows - 1)

    def _pair(self, scale: float) -> Tensor:
        """Return the first pass's picture, and another whose values are of size `scale`."""
        x = self._first.x
        generator = torch.Generator().manual_seed(1)
        other = scale * (2 * torch.rand(x.shape, generator=generator) - 1)
        return torch.cat([x, other.to(x)])

    def _pass(
        self, x: Tensor, seed: int, graph: _Graph = _Graph.NONE, *, keep: bool = True
    ) -> _Trail:
        trail, with_gradients = _Trail(), graph is not _Graph.NONE
        with ExitStack() as stack:
            stack.enter_context(torch.inference_mode(False))
            stack.enter_context(torch.set_grad_enabled(with_gradients))
            stack.enter_context(weights_at_rest(self._module))
            stack.enter_context(evaluating(self._modules.values()))
            met = stack.enter_context(plain_checkpoints())
            stack.enter_context(self._chance.fixed(seed))
            attributes = stack.enter_context(
                attributes_kept(self._modules.values() if keep else ())
            )
            if graph is _Graph.WAYS:
                stack.enter_context(saved_tensors_hooks(_nothing, _nothing))
            leaf = x.clone().requires_grad_(with_gradients)
            ways = WaysBack(leaf) if with_gradients else None
            hear = partial(self._note, trail, len(x), ways)
            stack.enter_context(listening(self._modules, hear))
            before = self._chance.state()
            called(self._module, leaf.clone(), self.found.written_buffers)
            trail.drew = self._chance.state() != before
        if met.count:
            self.found = replace(self.found, has_checkpoints=True)
        if attributes.found:
            self.found = replace(self.found, keeps_attributes=True)
        return trail

    def _note(
        self, trail: _Trail, rows: int, ways: WaysBack | None, site: Site, tensor: Tensor
    ) -> None:
        if site not in self._first.shapes or not tensor.is_floating_point():
            return
        if ways is None or not ways.lead_from(tensor):
            trail.severed.add(site)
        shape = self._first.shapes[site]
        with torch.no_grad():
            if not site.path and rows > 1 and tensor.shape == shape:
                trail.merged = True
            if shape[:1] != (1,) or tensor.shape != (rows, *shape[1:]):
                return
            trail.sums[site] = [_sums(row) for row in tensor.detach()]
            alone = self._first.values.get(site)
            if alone is not None and not trail.strays:
                trail.strays = _strays(tensor.detach()[:1], alone)


def _sums(values: Tensor) -> tuple[float, float]:
    values = values.double() if values.device.type == "cpu" else values.float()
    return float(values.sum()), float(torch.linalg.vector_norm(values))


def _strays(values: Tensor, alone: Tensor) -> bool:
    distance, largest = (
        v.float().abs().amax() if v.numel() else v.new_zeros(()) for v in (values - alone, alone)
    )
    return not float(distance) <= ROUNDING * float(largest)


def _differing(one: _Trail, other: _Trail, row: int) -> set[Site]:
    """Return the sites where a picture's sums differ between passes."""
    shared = one.sums.keys() & other.sums.keys()
    return {site for site in shared if not _alike(one.sums[site][row], other.sums[site][row])}


def _alike(one: tuple[float, float], other: tuple[float, float]) -> bool:
    norm = max(abs(one[1]), abs(other[1]))
    return all(
        (math.isnan(a) and math.isnan(b)) or a == b or abs(a - b) <= SAME * norm
        for a, b in zip(one, other, strict=True)
    )
