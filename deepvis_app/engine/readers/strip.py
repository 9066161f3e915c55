"""Small mosaics of the layers in the strip: a few each frame, in turn, the oldest first."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

from deepvis_app.engine.readers.reader import Needs, Reader
from deepvis_app.tiles.thumbs import Shrunk, ThumbSheet, shrunk
from deepvis_app.tiles.tracker import ContrastTracker

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from torch import Tensor

    from deepvis_app.engine.readers.reader import Changing, Look
    from deepvis_app.engine.readers.seen import Seen
    from deepvis_app.frames.source import Frame
    from deepvis_app.tiles import Mosaic

STRIP_INTERVAL_S = 0.09  # a thumbnail is renewed ten times a second, less often than the grid
SLICES = 3  # an interval's work is done in so many goes at most: each has a cost of its own


@dataclass(frozen=True, slots=True, eq=False)
class Thumb:
    """A layer's small mosaic in the strip; may be some frames old."""

    layer: str
    mosaic: Mosaic
    signed: bool
    frame_number: int


@dataclass(frozen=True, slots=True, eq=False)
class StripReading:
    """The thumbnails there are of the layers asked for."""

    thumbs: Mapping[str, Thumb]


@dataclass(frozen=True, slots=True)
class StripReader(Reader[StripReading]):
    """Thumbnails of the layers that can be seen in the strip; one strip a request.

    Layers that the network has not are left out.
    """

    title: ClassVar[str] = "The strip of thumbnails"

    names: tuple[str, ...] = ()  # of the layers
    size_px: int = 80
    interval_s: float = STRIP_INTERVAL_S

    def needs(self, look: Look) -> Needs:
        """Have the layers reduced whose turn it is.

        A recorded pass is with all thumbnails or with none, whosever turn: so it comes again.
        """
        names = look.memory.of(Strip, partial(_strip, look)).take_turns(self, look)
        if look.device.recorded and names:
            names = [name for name in self.names if name in look.names]
        return Needs(reduced=dict.fromkeys(names, _shrinking(self.size_px)))

    def read(self, seen: Seen) -> StripReading:
        strip = seen.look.memory.of(Strip, partial(_strip, seen.look))
        return StripReading(strip.draw(self, seen))


def _strip(look: Look) -> Strip:
    return Strip(look.memory.of(ContrastTracker))


@lru_cache(maxsize=16)  # the same one for the same size: it says what a recorded pass is of
def _shrinking(size_px: int) -> Callable[[Tensor], Shrunk]:
    return partial(shrunk, size_px=size_px)


class Strip:
    """The thumbnails so far. No frame pays for all of them unless frames are rare."""

    def __init__(self, tracker: ContrastTracker) -> None:
        self._tracker = tracker
        self._thumbs: dict[str, Thumb] = {}
        self._turn: list[str] = []  # the layers that are drawn with this frame
        self._resting: Frame | None = None  # the frame that is shown for longer
        self._changes: Sequence[Changing[object]] = ()  # how it is seen
        self._settled: set[str] = set()  # layers whose thumbnails are final for it
        self._size_px = 0
        self._credit = 0.0
        self._last_s: float | None = None
        self._told: tuple[tuple[str, ...], Mapping[str, Thumb]] | None = None

    def weights_moved(self) -> None:
        """Draw a picture at rest anew."""
        self._settled.clear()

    def take_turns(self, strip: StripReader, look: Look) -> list[str]:
        """Return the layers to draw with this frame.

        Missing ones at once; the others so that each is renewed every `interval_s`. Of a frame that
        has been seen before whatever is not final for it is drawn.
        """
        if strip.size_px != self._size_px:
            self._thumbs.clear()
            self._settled.clear()
            self._size_px = strip.size_px
        if look.changes != self._changes:
            self._changes = look.changes
            self._settled.clear()
        self._turn = [name for name in self._due(strip, look) if name in look.names]
        return self._turn

    def _due(self, strip: StripReader, look: Look) -> list[str]:
        missing = [name for name in strip.names if name not in self._thumbs]
        passed_s = strip.interval_s if self._last_s is None else look.now_s - self._last_s
        self._last_s = look.now_s
        if look.frame is not self._resting or not look.still:
            self._resting = look.frame if look.still else None
            self._settled.clear()
        if look.still:
            return [name for name in strip.names if name not in self._settled]
        count = len(strip.names) - len(missing)
        self._credit += count * passed_s / max(strip.interval_s, 1e-3)
        turns = min(int(self._credit), count)
        if turns < count // SLICES:
            return missing
        self._credit = min(self._credit - turns, 1.0)
        # Drawing re-inserts: the dictionary's order is that of age.
        wanted = set(strip.names)
        return missing + [name for name in self._thumbs if name in wanted][:turns]

    def draw(self, strip: StripReader, seen: Seen) -> Mapping[str, Thumb]:
        """Draw the layers whose turn it is; return all thumbnails, some a little older."""
        sheet, look = ThumbSheet(), seen.look
        for name in self._turn:
            sheet.add(name, seen.reduced(name, _shrinking(strip.size_px)))
        drawn = sheet.draw(self._tracker, look.now_s, still=look.still)
        self._told = None if drawn else self._told
        for name, picture in drawn.items():
            self._thumbs.pop(name, None)
            self._thumbs[name] = Thumb(name, picture.mosaic, picture.signed, look.frame.number)
            if picture.mosaic.marks is not None:
                seen.doubt()
        if look.still:
            self._settled.update(drawn)
        return self._thumbs_of(strip.names)

    def _thumbs_of(self, names: tuple[str, ...]) -> Mapping[str, Thumb]:
        if self._told is None or self._told[0] != names:
            present = {name: self._thumbs[name] for name in names if name in self._thumbs}
            self._told = names, MappingProxyType(present)
        return self._told[1]
