"""Where NaN and infinity come from: the first layer that gives them."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import torch

from deepvis_app.tiles.marks import NAN, marks_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from deepvis_app.nets.network import Network

logger = logging.getLogger(__name__)

AGAIN_S = 1.0  # between two looks at all layers, each as dear as a frame
HOLD_S = 2.0  # for so long all is finite before it is said to be
LOOKS = 2  # at once: a network may give NaN every other time


@dataclass(frozen=True, slots=True)
class NotFinite:
    """The first layer, in order of execution, with what is no number; "" is the input itself."""

    layer: str
    unit: int  # the first of the layer's that has any
    nan: int  # values of the layer that are NaN
    infinite: int
    total: int  # values of the layer
    frame_number: int  # of the first frame where this was seen


def first_not_finite(network: Network, x: Tensor, frame_number: int = 0) -> NotFinite | None:
    """Look at all layers of a pass on x (1, C, H, W); None where all is finite."""
    if (found := _described("", _counts(x), x[0, 0].numel(), frame_number)) is not None:
        return found
    counts: dict[str, Tensor] = {}

    def count(name: str, maps: Tensor) -> Tensor:
        counts[name] = _counts(maps)
        return counts[name]

    names = [info.name for info in network.layers]
    with torch.no_grad():
        network.forward(x, reduce={name: partial(count, name) for name in names})
        totals = torch.stack([counts[name].sum() for name in names]).tolist()
    first = next((name for name, total in zip(names, totals, strict=True) if total), None)
    if first is None:
        return None
    height, width = network.layer(first).map_size
    return _described(first, counts[first], height * width, frame_number)


def _counts(maps: Tensor) -> Tensor:
    """Return how many NaN and how many infinities each unit of maps (1, C, h, w) has, (2, C)."""
    marks = marks_of(maps).flatten(2)[0]
    return torch.stack([(marks == NAN).sum(1), (marks > NAN).sum(1)])


def _described(layer: str, counts: Tensor, area: int, frame_number: int) -> NotFinite | None:
    nan, infinite = counts.sum(1).tolist()
    if not nan + infinite:
        return None
    unit = int(counts.sum(0).nonzero()[0])
    return NotFinite(layer, unit, nan, infinite, counts.shape[1] * area, frame_number)


class Watch:
    """Looks for the first layer when what is shown is not finite, not at every frame.

    The answer stays while it names the same layer, and for a while after all is finite again: a
    network that flickers is not told to be well thirty times a second.
    """

    def __init__(self) -> None:
        self._answer: NotFinite | None = None
        self._looked: object = None  # what was looked at last
        self._looked_s = self._seen_s = float("-inf")

    def see(
        self,
        is_finite: bool,
        what: object,
        now_s: float,
        look: Callable[[], NotFinite | None],
        *,
        still: bool = False,
    ) -> NotFinite | None:
        """Return where what is shown ceases to be finite; None: all is, or it is not known.

        `what` is the picture and what is done to it. One that is `still` is looked at always.
        """
        is_new = what != self._looked
        if is_finite:
            if is_new and now_s - self._seen_s >= HOLD_S:
                self._answer = None
            return self._answer
        self._seen_s = now_s
        if is_new and (still or now_s - self._looked_s >= AGAIN_S):
            self._looked, self._looked_s = what, now_s
            self._take(look)
        return self._answer

    def _take(self, look: Callable[[], NotFinite | None]) -> None:
        for _ in range(LOOKS):
            try:
                found = look()
            except Exception:  # a network may fail on any pass; the next frame will tell
                logger.info("the layers could not be looked at", exc_info=True)
                return
            if found is not None:
                break
        else:
            return
        before = self._answer
        if before is None or before.layer != found.layer or bool(before.nan) != bool(found.nan):
            self._answer = found
