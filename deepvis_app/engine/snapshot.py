"""One immutable answer of the device worker."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from deepvis_app.engine.nonfinite import NotFinite
    from deepvis_app.engine.readers.reader import Reader
    from deepvis_app.errors import UserError
    from deepvis_app.frames.source import Frame
    from deepvis_app.nets.preprocessing import Placement

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """The answer to one frame under one request; nothing in it is ever written again.

    `readings` are in the order of the request's readers. A reader without one had nothing to tell,
    or is in `left_out` (this network cannot be asked that) or in `failed`, with the reason.
    """

    generation: int
    network: str  # `Network.identity`: an answer of an exchanged network is recognised
    frame: Frame
    picture: NDArray[np.uint8]  # (H, W, 3) the input as the network sees it, brush and all
    placement: Placement
    readings: Mapping[Reader[object], object]
    left_out: Mapping[Reader[object], UserError]
    failed: Mapping[Reader[object], UserError]
    finished_at: float  # time.monotonic() seconds
    stages_ms: Mapping[str, float] = field(default_factory=dict)  # prepare, forward, tiles
    scores: NDArray[np.float32] | None = None  # (classes,), see `Network.scores`; None: no classes
    is_finite: bool = True  # False: the network gave NaN or infinity somewhere shown
    not_finite: NotFinite | None = None  # where it began; stays a while, see `nonfinite.py`
    weights: str = ""  # fingerprint of the weights of this frame: others while it learns
    weights_note: str = ""  # "step 812" of a network that learns
    likeness: float | None = None  # to photographs (see `likeness.py`); None: not known
    goes_on: bool = False  # the same frame again would be another picture

    def of(self, reader: Reader[T]) -> T | None:
        """Return a reader's reading; None where it was not asked or has none."""
        return cast("T | None", self.readings.get(reader))

    def every(self, kind: type[Reader[T]]) -> tuple[T, ...]:
        """Return the readings of all readers of a kind, in the order of the request."""
        found = (reading for reader, reading in self.readings.items() if isinstance(reader, kind))
        return cast("tuple[T, ...]", tuple(found))

    def first(self, kind: type[Reader[T]]) -> T | None:
        """Return the reading of the first reader of a kind that has one."""
        return next(iter(self.every(kind)), None)

    @property
    def frame_box(self) -> tuple[float, float, float, float]:
        """Top, left, bottom and right of the whole frame in pixels of `picture`."""
        place = self.placement
        frame_height, frame_width = self.frame.image.shape[:2]
        height, width = self.picture.shape[:2]
        down, across = height / place.height, width / place.width
        left = place.left
        if place.mirrored:
            left = frame_width - place.left - place.width
        return (
            -place.top * down, -left * across,
            (frame_height - place.top) * down, (frame_width - left) * across,
        )  # fmt: skip
