"""Parts of scanned pictures as they are shown: what a place sees, what they are called."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deepvis_app.nets.layers import Box
from deepvis_app.words.foreign import in_plain

if TYPE_CHECKING:
    from collections.abc import Collection

    import numpy as np
    from numpy.typing import NDArray

    from deepvis_app.corpus.corpus import Patch
    from deepvis_app.nets import ReceptiveField

LONGEST = 200  # letters of a name
_NO_LETTER = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True, eq=False)
class Crop:
    """What a place sees of a picture, and where that lies in the whole of its field.

    `picture` (h, w, 3) is what there is of it; `inside` (top, left, bottom, right) are shares of
    the field's sides: beside it the field goes beyond the picture.
    """

    picture: NDArray[np.uint8]
    inside: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)
    shape: float = 1.0  # the field's height by its width


def window(
    patch: Patch, field: ReceptiveField | None, input_size: tuple[int, int]
) -> tuple[int, int, int, int]:
    """Return what of the input a patch' place sees, see `field_window`."""
    return field_window(patch.box, patch.position, field, input_size)


def field_window(
    box: Box,
    position: tuple[int, int] | None,
    field: ReceptiveField | None,
    input_size: tuple[int, int],
) -> tuple[int, int, int, int]:
    """Return what of the input (top, left, bottom, right) a place sees, beyond it too.

    Along a side that the field is at least as long as, it is the clipped `box`: of a field much
    larger than the picture hardly anything but its outside would be seen.
    """
    ends = [(box.top, box.bottom), (box.left, box.right)]
    if field is not None and not field.whole and position is not None:
        for axis, place in enumerate(position):
            length = round(field.size[axis])
            if length < input_size[axis]:
                start = round(field.start[axis] + place * field.stride[axis])
                low, high = ends[axis]
                ends[axis] = min(start, low), max(start + length, high)
    return ends[0][0], ends[1][0], ends[0][1], ends[1][1]


def crop(view: NDArray[np.uint8], where: tuple[int, int, int, int]) -> Crop:
    """Cut a part out of a picture (H, W, 3) that may go beyond it."""
    top, left, bottom, right = where
    height, width = view.shape[:2]
    box = Box(max(top, 0), max(left, 0), min(bottom, height), min(right, width))
    tall, wide = max(bottom - top, 1), max(right - left, 1)
    inside = (
        (box.top - top) / tall, (box.left - left) / wide,
        (box.bottom - top) / tall, (box.right - left) / wide,
    )  # fmt: skip
    return Crop(view[box.top : box.bottom, box.left : box.right], inside, tall / wide)


def name_of(patch: Patch) -> str:
    """Return what a picture is called, on a line: its class, else its file's name."""
    return in_plain(patch.label or patch.path.stem, LONGEST)


def key_of(label: str) -> str:
    """Return a label as it is compared: of ImageNet's several words the first, letters alone."""
    return _NO_LETTER.sub(" ", label.split(",")[0]).strip().casefold()


def differs(name: str, says: str, labels: Collection[str]) -> bool:
    """Tell whether a picture's label is known to be another class than a network's answer.

    `labels` are the network's classes by `key_of`: what is none of them cannot be compared.
    """
    return key_of(name) in labels and key_of(name) != key_of(says)


def nth(rank: int) -> str:
    """Return "1st", "2nd", "3rd", "4th" and so on."""
    last = "th" if rank % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(rank % 10, "th")
    return f"{rank}{last}"
