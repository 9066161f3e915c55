"""What a concept is taught by: codes of pictures that show it, and of others that do not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

LEAST = 10  # pictures of either side


@dataclass(frozen=True, slots=True, eq=False)
class Taught:
    """N pictures in order of time, each by its code: a layer's maps, averaged over all places.

    `codes` (N, C) are finite, `is_inside` (N,) says which pictures show the concept. Pictures with
    the same number in `moments` (N,) are near copies of each other, such as frames of one second.
    `left_out` pictures had codes with NaN or infinity.
    """

    codes: NDArray[np.float32]
    is_inside: NDArray[np.bool_]
    moments: NDArray[np.int64]
    left_out: int = 0

    def __len__(self) -> int:
        return len(self.codes)


def taught(
    codes: NDArray[np.floating],
    is_inside: NDArray[np.bool_] | Sequence[bool],
    moments: NDArray[np.integer] | None = None,
    ids: Sequence[int] | None = None,
) -> Taught:
    """Return what is taught by codes (N, C), as far as they are finite.

    `moments` None: each picture is one of its own. `ids` are the pictures' ids, by which those on
    both sides are noticed. Raises `UserError` for these, for fewer than `LEAST` of a side, and for
    codes that are all the same.
    """
    inside = np.asarray(is_inside, bool)
    if ids is not None:
        _refuse_both(inside, ids)
    own = np.arange(len(inside)) if moments is None else np.asarray(moments, np.int64)
    is_finite = np.isfinite(codes).all(1)
    lost = int((~is_finite).sum())
    _refuse_few(inside, is_finite)
    found = np.ascontiguousarray(codes[is_finite], np.float32)
    if not np.ptp(found, 0).any():
        raise UserError("The layer gives the same on all of these pictures", "Take another layer")
    return Taught(found, inside[is_finite], own[is_finite], lost)


def _refuse_both(inside: NDArray[np.bool_], ids: Sequence[int]) -> None:
    numbers = np.asarray(ids, np.uint64)
    both = np.intersect1d(numbers[inside], numbers[~inside])
    if len(both):
        many = f"{len(both)} pictures are" if len(both) > 1 else "One picture is"
        raise UserError(f"{many} on both sides", "Show a picture as one or the other")


def _refuse_few(inside: NDArray[np.bool_], is_finite: NDArray[np.bool_]) -> None:
    counts = int((inside & is_finite).sum()), int((~inside & is_finite).sum())
    if min(counts) >= LEAST:
        return
    lost = int((~is_finite).sum())
    if lost and min(int(inside.sum()), int((~inside).sum())) >= LEAST:
        raise UserError(
            f"The layer gives NaN or infinity on {lost} of {len(inside)} pictures",
            "Take another layer, or mend the network",
        )
    raise UserError(few_words(*counts), missing_words(*counts))


def few_words(inside: int, outside: int) -> str:
    """Say how many pictures there are of either side."""
    shown = "No picture shows" if not inside else "1 picture shows" if inside == 1 else ""
    shown = shown or f"{inside} pictures show"
    others = "none does" if not outside else "1 does" if outside == 1 else f"{outside} do"
    return f"{shown} the concept and {others} not: it takes {LEAST} and {LEAST}"


def missing_words(inside: int, outside: int) -> str:
    """Say how many more are needed."""
    more = max(LEAST - inside, 0), max(LEAST - outside, 0)
    parts = [f"{more[0]} more of what it is"] if more[0] else []
    parts += [f"{more[1]} more of what it is not"] if more[1] else []
    return f"Show {' and '.join(parts)}"
