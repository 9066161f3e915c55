"""What the network gave for one frame, as readers see it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar, cast

from deepvis_app.tiles import unit_stats

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import Tensor

    from deepvis_app.engine.readers.reader import Look, Reduced, Reduction
    from deepvis_app.engine.readers.why import Explained, Why
    from deepvis_app.nets.taps import Site
    from deepvis_app.tiles.stats import UnitStats

T = TypeVar("T", bound="Reduced")


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What a forward pass gave: scores (1, K), maps (C, h, w), and what was reduced on the way.

    `at` are the network's own values (1, ...) at sites.
    """

    scores: Tensor | None
    maps: Mapping[str, Tensor]
    reduced: Mapping[tuple[str, Reduction], Reduced]
    at: Mapping[Site, Tensor] = field(default_factory=dict)

    def kept(self) -> Outcome:
        """Return scores and maps with memory of their own."""
        scores = None if self.scores is None else self.scores.clone()
        return Outcome(scores, {name: values.clone() for name, values in self.maps.items()}, {})

    def tensors(self) -> list[Tensor]:
        scores = [] if self.scores is None else [self.scores]
        reduced = (one.values for one in self.reduced.values())
        return [*scores, *self.maps.values(), *reduced, *self.at.values()]


class Seen:
    """A frame's look, its input and what the passes gave. Everything is ready but `stats`."""

    def __init__(
        self,
        look: Look,
        x: Tensor,
        outcome: Outcome,
        explained: Mapping[Why, Explained],
        bare: Outcome | None = None,
    ) -> None:
        self.look, self.x = look, x  # (1, C, H, W), as it was run
        self.scores = outcome.scores  # (1, K); None: the network has no class output
        self._outcome, self._explained, self._bare = outcome, explained, bare
        self._stats: dict[str, UnitStats] = {}
        self._is_doubted = False

    def maps(self, layer: str) -> Tensor:
        """Return a layer's maps (C, h, w)."""
        return self._outcome.maps[layer]

    def at(self, site: Site) -> Tensor:
        """Return the network's own value (1, ...) at a site."""
        return self._outcome.at[site]

    def stats(self, layer: str) -> UnitStats:
        """Return the numbers of a layer's units; downloaded once for all readers."""
        if layer not in self._stats:
            self._stats[layer] = unit_stats(self.maps(layer))
        return self._stats[layer]

    def reduced(self, layer: str, reduction: Callable[[Tensor], T]) -> T:
        """Return what a reduction gives of a layer, also where its whole maps are there."""
        found = self._outcome.reduced.get((layer, reduction))
        return reduction(self.maps(layer).unsqueeze(0)) if found is None else cast("T", found)

    def explained(self, why: Why) -> Explained:
        """Return what the backward pass of a question gave."""
        return self._explained[why]

    @property
    def bare(self) -> Outcome:
        """What a pass with nothing around it gave, for who asked for that."""
        assert self._bare is not None
        return self._bare

    def doubt(self) -> None:
        """Say that NaN or infinity was met somewhere else than in `stats`."""
        self._is_doubted = True

    @property
    def is_finite(self) -> bool:
        """Whether all that was looked at so far is finite."""
        return not self._is_doubted and all(one.is_finite for one in self._stats.values())
