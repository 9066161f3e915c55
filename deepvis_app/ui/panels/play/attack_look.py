"""What is shown of an attack, as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Picture = NDArray[np.uint8] | None


@dataclass(frozen=True, slots=True, eq=False)
class Tile:
    """A picture (H, W, 3), None while there is none, with its two lines."""

    picture: Picture
    title: str
    detail: str


@dataclass(frozen=True, slots=True)
class PairedScore:
    """A class before and after; `start` and `end` are lengths 0..1."""

    name: str
    start: float
    end: float
    before: str
    after: str
    is_strong: bool = False


@dataclass(frozen=True, slots=True)
class Moved:
    """How far a layer moves, in percent of its length, by the change and by noise."""

    name: str
    change: float
    noise: float


@dataclass(frozen=True, slots=True)
class Attempts:
    """Scores of two classes by the size of the change, in levels, rising."""

    levels: tuple[float, ...]
    was: tuple[float, ...]
    is_now: tuple[float, ...]
    was_name: str
    now_name: str
    at: float | None  # the size that is chosen
