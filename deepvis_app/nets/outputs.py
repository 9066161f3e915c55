"""Which part of what a network returns are its class scores, and what kind of numbers these are.

The part is chosen once, when the network is probed:

1. with labels, among the parts of their width: one value a label (N, K), or one map (N, K, H, W);
2. a part that is named so: `logits`, then `scores`, `probs`, `pred` …; one named `aux…`,
   `features` and the like only where nothing else has the labels' width, boxes never;
3. a part that a linear layer or a convolution gives (or a softmax or sigmoid of that) rather than
   pooled or normalised features;
4. of parts of one width the first (later ones are auxiliary heads), else the one computed last.

The numbers are told by how they were computed, see `Scale`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import torch

from deepvis_app.nets.taps import tensors

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor

    from deepvis_app.nets.origins import Origin
    from deepvis_app.nets.taps import Keys

_NAMES = ("logits", "scores", "probs", "probabilities", "preds", "predictions", "pred", "class")
_PLAIN_NAMES = ("out", "output", "cls", "y", "main")
_NO_SCORES = (
    *("aux", "feat", "embed", "hidden", "attention", "attn", "mask", "pool"),
    *("last_hidden_state", "cross_", "past_", "loss", "state"),
)
_PLACES = ("box", "bbox", "pred_box", "keypoint", "landmark")  # four numbers, but not of classes


class Scale(Enum):
    """What kind of numbers a network's scores are, and so what is shown of them."""

    SOFTMAX = "softmax"  # logits of classes of which one is right: their softmax is shown
    SIGMOID = "sigmoid"  # logits of classes that do not exclude one another: each one's sigmoid
    GIVEN = "given"  # in 0..1 as the network gives them (it ends in a softmax or a sigmoid)
    NUMBER = "number"  # no probability: the bare number
    SHARE = "share"  # of maps: the share of the places where the class scores highest

    @property
    def is_probability(self) -> bool:
        return self in (Scale.SOFTMAX, Scale.SIGMOID, Scale.GIVEN)


@dataclass(frozen=True, slots=True)
class Head:
    """The part of a network's output that are its class scores; `is_maps`: one map a class."""

    keys: Keys
    count: int
    scale: Scale
    is_maps: bool = False
    level: float = 0.0  # above which a mask counts, where there is one map alone

    def rows(self, output: object, pictures: int) -> Tensor | None:
        """Return the scores (N, K) in what the network returned for N pictures."""
        found = None if self.is_maps else _part(output, self.keys)
        return None if found is None else as_rows(found, pictures)

    def maps(self, output: object) -> Tensor | None:
        """Return the class maps (N, K, H, W)."""
        return _part(output, self.keys) if self.is_maps else None


def _part(output: object, keys: Keys) -> Tensor | None:
    return next((t for k, t in tensors(output) if k == keys), None)


def as_rows(tensor: Tensor, pictures: int) -> Tensor | None:
    """Return (N, K) of a tensor with one number a class; None for tensors of other shapes.

    A network that squeezes its output gives (N,) for one class, or (K,) for one picture.
    """
    if not tensor.is_floating_point() or not tensor.numel():
        return None
    if tensor.ndim < 2:
        fits = tensor.numel() == pictures or pictures == 1
        return tensor.reshape(pictures, -1) if fits else None
    is_vector = tensor.ndim == 2 or (tensor.ndim == 4 and tensor.shape[2:] == (1, 1))
    return tensor.flatten(1) if is_vector and len(tensor) == pictures else None


def find_head(
    output: object,
    labels: Sequence[str] = (),
    origin: Callable[[Tensor], Origin | None] = lambda _: None,
    scale: Scale | None = None,
) -> Head | None:
    """Choose the class scores in what a network returned for one picture; None: there are none.

    `scale` is what the user says of the numbers, None: as they were computed.
    """
    found = [
        _Candidate(keys, tensor, origin(tensor), order)
        for order, (keys, tensor) in enumerate(tensors(output))
        if _is_scores(keys, tensor)
    ]
    rows = [c for c in found if not c.is_maps]
    maps = [c for c in found if c.is_maps and (labels or c.rank == 0)]
    fitting = [c for c in (*rows, *maps) if c.fits(labels)]
    named_so = [c for c in rows if c.rank < 3]
    chosen = _best(fitting) or _best(named_so) or _best(maps)
    if chosen is None:
        return None
    shown = Scale.SHARE if chosen.is_maps else scale or chosen.scale(labels)
    level = 0.5 if chosen.is_bounded else 0.0
    return Head(chosen.keys, chosen.count, shown, chosen.is_maps, level)


def _is_scores(keys: Keys, tensor: Tensor) -> bool:
    if any(isinstance(key, str) and key.lower().startswith(_PLACES) for key in keys):
        return False
    if as_rows(tensor, 1) is not None:
        return tensor.ndim > 1 or len(keys) < 2  # deeper ones are a detector's: one an object
    return tensor.ndim == 4 and tensor.is_floating_point() and len(tensor) == 1


@dataclass(frozen=True, slots=True)
class _Candidate:
    keys: Keys
    tensor: Tensor
    origin: Origin | None
    order: int  # among the parts

    @property
    def is_maps(self) -> bool:
        return as_rows(self.tensor, 1) is None

    @property
    def count(self) -> int:
        rows = as_rows(self.tensor, 1)
        return self.tensor.shape[1] if rows is None else rows.shape[1]

    @property
    def rank(self) -> int:
        """Return how much a name speaks for scores: 0 much, 1 some, 2 says nothing, 3 against."""
        words = [key.lower() for key in self.keys if isinstance(key, str)]
        if any(word.startswith(_NO_SCORES) for word in words):
            return 3
        last = words[-1] if words else ""
        if last.endswith("logits") or last in ("out", "logits"):
            return 0
        return 1 if last.endswith(_NAMES) or last in _PLAIN_NAMES else 2

    @property
    def is_bounded(self) -> bool:
        return self.origin is not None and self.origin.is_bounded

    def fits(self, labels: Sequence[str]) -> bool:
        binary = self.count == 1 and len(labels) == 2 and not self.is_maps
        return bool(labels) and (self.count == len(labels) or binary)

    def scale(self, labels: Sequence[str]) -> Scale:
        rows = as_rows(self.tensor, 1)
        if self.is_bounded or (rows is not None and is_distribution(rows)):
            return Scale.GIVEN
        if self.count == 1:
            return Scale.SIGMOID if labels else Scale.NUMBER
        return Scale.SOFTMAX


def is_distribution(rows: Tensor) -> bool:
    """Tell whether all rows (N, K) of several values are probabilities that sum to one."""
    sums = rows.sum(1)
    near = torch.allclose(sums, torch.ones_like(sums), atol=1e-3)
    return rows.shape[1] > 1 and bool((rows >= 0).all()) and near


def _best(candidates: Sequence[_Candidate]) -> _Candidate | None:
    """Choose by name, then by a linear layer's work, then by order."""
    if not candidates:
        return None
    best = min((c.rank, not (c.origin and c.origin.is_scored)) for c in candidates)
    level = [c for c in candidates if (c.rank, not (c.origin and c.origin.is_scored)) == best]
    if len({(c.is_maps, c.count) for c in level}) == 1:
        return level[0]
    return max(level, key=lambda c: c.origin.number if c.origin else 0)


def probabilities(scores: Tensor, scale: Scale | None = None) -> Tensor:
    """Return what is shown of scores (N, K), float32: probabilities where they are such.

    Without `scale` the values decide, row by row: all in 0..1 are probabilities already (a softmax
    or a sigmoid gave them), one value alone is a bare number, others are logits of a softmax.
    """
    scores = scores.float()
    if scale is Scale.SOFTMAX:
        return scores.softmax(1)
    if scale is Scale.SIGMOID:
        return scores.sigmoid()
    if scale is not None or scores.shape[1] == 1:
        return scores
    given = ((scores >= 0) & (scores <= 1)).all(1, keepdim=True)
    return torch.where(given, scores, scores.softmax(1))


def shares(maps: Tensor, level: float = 0.0) -> Tensor:
    """Return the share of places (N, K) where each class of maps (N, K, H, W) scores highest.

    Of one map alone (N, 1, H, W): of the places above `level` (a logit's 0, a probability's 0.5).
    """
    if maps.shape[1] == 1:
        return (maps > level).float().mean((2, 3))
    best = maps.argmax(1).flatten(1)
    counts = torch.zeros(maps.shape[:2], device=maps.device)
    return counts.scatter_add_(1, best, torch.ones_like(best, dtype=counts.dtype)) / best.shape[1]
