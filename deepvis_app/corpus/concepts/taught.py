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
    `left_out` pictures had codes with NaN or infinity, `copies` were there already.
    """

    codes: NDArray[np.float32]
    is_inside: NDArray[np.bool_]
    moments: NDArray[np.int64]
    left_out: int = 0
    copies: int = 0

    def __len__(self) -> int:
        return len(self.codes)


def taught(
    codes: NDArray[np.floating],
    is_inside: NDArray[np.bool_] | Sequence[bool],
    moments: NDArray[np.integer] | None = None,
    ids: Sequence[int] | None = None,
) -> Taught:
    """Return what is taught by codes (N, C), as far as they are finite.

    `moments` None: each picture is one of its own. `ids` are the pictures' ids: of those with the
    same one the first counts. Raises `UserError` where one is on both sides, for fewer than `LEAST`
    of a side, and for codes that are all the same.
    """
    inside = np.asarray(is_inside, bool)
    own = np.arange(len(inside)) if moments is None else np.asarray(moments, np.int64)
    first = np.arange(len(inside)) if ids is None else _firsts(inside, ids)
    finite = first[np.isfinite(codes[first]).all(1)]
    lost = len(first) - len(finite)
    _refuse(inside[first], inside[finite])
    found = np.ascontiguousarray(codes[finite], np.float32)
    if (found == found[0]).all():
        raise UserError("The layer gives the same on all of these pictures", "Take another layer")
    return Taught(found, inside[finite], own[finite], lost, len(inside) - len(first))


def _firsts(inside: NDArray[np.bool_], ids: Sequence[int]) -> NDArray[np.intp]:
    """Return the places of the pictures that are no copies. Raises `UserError`."""
    numbers = np.asarray(ids, np.uint64)
    both = np.intersect1d(numbers[inside], numbers[~inside])
    if len(both):
        many = f"{len(both)} pictures are" if len(both) > 1 else "One picture is"
        raise UserError(f"{many} on both sides", "Show a picture as one or the other")
    return np.sort(np.unique(numbers, return_index=True)[1])


def _refuse(shown: NDArray[np.bool_], finite: NDArray[np.bool_]) -> None:
    """Raise `UserError` where too few pictures were shown, or too few of them have numbers."""
    refuse_few(int(shown.sum()), int((~shown).sum()))
    if min(int(finite.sum()), int((~finite).sum())) < LEAST:
        raise UserError(
            f"The layer gives NaN or infinity on {len(shown) - len(finite)} of {len(shown)} "
            "pictures",
            "Take another layer, or mend the network",
        )


def refuse_few(inside: int, outside: int) -> None:
    """Raise `UserError` unless so many pictures of either side are enough."""
    if min(inside, outside) < LEAST:
        raise UserError(few_words(inside, outside), missing_words(inside, outside))


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
