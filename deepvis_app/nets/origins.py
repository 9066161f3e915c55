"""Which operation made the values of a tensor, and whether these lie in 0..1 by construction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from torch import Tensor

from deepvis_app.nets.memory import memory

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import torch

_BOUNDING = {"sigmoid", "hardsigmoid", "softmax", "_softmax", "_safe_softmax"}
_CLIPPING = {"clamp", "hardtanh", "clip"}
# What cannot leave 0..1 where all that goes in lies there.
_KEEPING = {
    *("mean", "amax", "amin", "max", "min", "maximum", "minimum", "median", "prod"),
    *("cat", "stack", "index", "index_select", "gather", "slice", "select", "sort", "topk"),
    *("clone", "copy", "contiguous", "_to_copy", "detach", "repeat", "flip", "roll", "where"),
    *("max_pool2d", "max_pool2d_with_indices", "avg_pool2d", "_adaptive_avg_pool2d"),
    *("adaptive_max_pool2d", "upsample_nearest2d", "upsample_bilinear2d", "relu"),
    *("native_dropout", "view_copy", "_unsafe_view", "permute_copy"),
}
_SCORING = {"mm", "addmm", "bmm", "baddbmm", "matmul", "linear", "convolution"}


@dataclass(frozen=True, slots=True)
class Origin:
    """How the values in a tensor's memory came about; `number` counts operations of the pass."""

    number: int
    is_bounded: bool  # in 0..1: a sigmoid, a softmax, or made of such values alone
    is_scored: bool  # a weighted sum, or such values squeezed into 0..1


class Origins:
    """Keeps account of the last operation that wrote to each memory."""

    def __init__(self) -> None:
        self._known: dict[int, Origin] = {}
        self._count = 0

    def note(
        self,
        operation: torch._ops.OpOverload,
        args: Sequence[Any],
        inputs: Iterable[Tensor],
        results: Iterable[Tensor],
    ) -> None:
        """Note an operation that wrote `results`, into fresh memory or in place."""
        self._count += 1
        name = operation.name().split(".")[0].split("::")[-1]
        name = name if name in _KEEPING else name.removesuffix("_")
        found = [self._known.get(memory(t)) for t in inputs if t.is_floating_point()]
        bounding = name in _BOUNDING or (name in _CLIPPING and [*args[1:3]] == [0, 1])
        keeps = (
            name in _KEEPING
            or (name == "mul" and isinstance(args[1], Tensor))
            or (name == "rsub" and args[1] == 1)
        )
        kept = keeps and bool(found) and all(f and f.is_bounded for f in found)
        scored = any(f and f.is_scored for f in found)
        origin = Origin(
            self._count,
            is_bounded=bounding or kept,
            is_scored=name in _SCORING or ((bounding or kept) and scored),
        )
        for tensor in results:
            self._known[memory(tensor)] = origin

    def of(self, tensor: Tensor) -> Origin | None:
        return self._known.get(memory(tensor))
