"""When each layer's thumbnail is drawn: a few each frame, in turn, the oldest first."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from deepvis_app.engine.snapshot import Thumb

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deepvis_app.engine.request import StripRequest
    from deepvis_app.frames.source import Frame
    from deepvis_app.tiles.thumbs import ThumbSheet
    from deepvis_app.tiles.tracker import ContrastTracker


SLICES = 3  # an interval's work is done in so many goes at most: each has a cost of its own


class Strip:
    """The thumbnails so far. No frame pays for all of them unless frames are rare."""

    def __init__(self, tracker: ContrastTracker) -> None:
        self._tracker = tracker
        self._thumbs: dict[str, Thumb] = {}
        self._resting: Frame | None = None  # the frame that is shown for longer
        self._settled: set[str] = set()  # layers whose thumbnails are final for it
        self._size_px = 0
        self._credit = 0.0
        self._last_s: float | None = None
        self._told: tuple[tuple[str, ...], Mapping[str, Thumb]] | None = None

    def due(self, strip: StripRequest, frame: Frame, now_s: float, still: bool) -> list[str]:
        """Return the layers to draw with this frame.

        Missing ones at once; the others so that each is renewed every `interval_s`. `still`: the
        frame has been seen before, so whatever is not final for it is drawn.
        """
        if strip.size_px != self._size_px:
            self._thumbs.clear()
            self._settled.clear()
            self._size_px = strip.size_px
        missing = [name for name in strip.layers if name not in self._thumbs]
        passed_s = strip.interval_s if self._last_s is None else now_s - self._last_s
        self._last_s = now_s
        if frame is not self._resting or not still:
            self._resting = frame if still else None
            self._settled.clear()
        if still:
            return [name for name in strip.layers if name not in self._settled]
        count = len(strip.layers) - len(missing)
        self._credit += count * passed_s / max(strip.interval_s, 1e-3)
        turns = min(int(self._credit), count)
        if turns < count // SLICES:
            return missing
        self._credit = min(self._credit - turns, 1.0)
        # Drawing re-inserts: the dictionary's order is that of age.
        wanted = set(strip.layers)
        return missing + [name for name in self._thumbs if name in wanted][:turns]

    def unsettle(self) -> None:
        """Take no thumbnail as final: the frame is seen in another way."""
        self._settled.clear()

    def draw(self, sheet: ThumbSheet, frame: Frame, now_s: float, still: bool) -> bool:
        """Draw the thumbnails of the layers that the sheet took in; tell whether all are finite."""
        drawn = sheet.draw(self._tracker, now_s, still=still)
        self._told = None if drawn else self._told
        for name, picture in drawn.items():
            self._thumbs.pop(name, None)
            self._thumbs[name] = Thumb(name, picture.mosaic, picture.signed, frame.number)
        if still:
            self._settled.update(drawn)
        return all(picture.mosaic.marks is None for picture in drawn.values())

    def thumbs(self, strip: StripRequest) -> Mapping[str, Thumb]:
        """Return the thumbnails of the wanted layers, some a little older than others."""
        if self._told is None or self._told[0] != strip.layers:
            present = {name: self._thumbs[name] for name in strip.layers if name in self._thumbs}
            self._told = strip.layers, MappingProxyType(present)
        return self._told[1]
