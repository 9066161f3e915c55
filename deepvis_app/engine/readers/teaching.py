"""Frames that teach a concept: gathered while a key is held, for it or against it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from deepvis_app.corpus.concepts.examples import code_of, example, layers_beside
from deepvis_app.engine.readers.arrays import own_array
from deepvis_app.engine.readers.reader import Needs, Reader

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from deepvis_app.corpus.concepts.examples import Example
    from deepvis_app.engine.readers.reader import Look
    from deepvis_app.engine.readers.seen import Seen

EVERY_S = 0.2  # between two frames that are gathered: those between are copies of them
MOMENT_S = 1.0  # frames of it are one moment
MOMENTS = 10_000  # more than a hold has; numbers of moments are by hold
HOLDS = 4  # whose frames are still told of: whoever looks seldom misses none
CHANGED = "The input is changed: a frame teaches only as it is"


@dataclass(frozen=True, slots=True)
class Hold:
    """A key, or a button, that is held down; `number` tells it from others, later ones are higher.

    What frames show meanwhile is the concept, or is not.
    """

    number: int
    is_inside: bool


@dataclass(frozen=True, slots=True, eq=False)
class TeachingReading:
    """What the frame gives, and what was gathered by the last holds, in order.

    `code` (C,) is the layer's, read-only. `why_not` says why nothing is gathered while it should.
    """

    layer: str
    code: NDArray[np.float32]
    examples: tuple[Example, ...]
    why_not: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Coded:
    """A layer's code (C,) of one picture."""

    values: Tensor


def coded(maps: Tensor) -> Coded:
    """Reduce maps (1, C, h, w)."""
    return Coded(code_of(maps))


@dataclass(frozen=True, slots=True)
class TeachingReader(Reader[TeachingReading]):
    """The code of a layer at every frame, those of all layers of the frames that are gathered.

    Without a `hold` nothing is gathered. A picture that rests is gathered once a hold.
    """

    title: ClassVar[str] = "Teaching a concept"

    layer: str
    hold: Hold | None = None

    def needs(self, look: Look) -> Needs:
        lesson = look.memory.of(_Lesson)
        lesson.is_due = self.hold is not None and not look.changes and lesson.wants(self.hold, look)
        layers = {self.layer}
        if lesson.is_due or (look.device.recorded and self.hold is not None):
            layers |= {*layers_beside(look.network, self.layer)}
        return Needs(reduced=dict.fromkeys(layers, coded))

    def read(self, seen: Seen) -> TeachingReading:
        lesson, look = seen.look.memory.of(_Lesson), seen.look
        code = own_array(seen.reduced(self.layer, coded).values)
        if lesson.is_due and self.hold is not None:
            names = layers_beside(look.network, self.layer)
            codes = {name: seen.reduced(name, coded).values for name in names}
            moment = lesson.moment(self.hold, look)
            is_inside = self.hold.is_inside
            found = example(look.picture, codes, look.frame.title, moment, is_inside=is_inside)
            lesson.add(self.hold, found, look.now_s)
        why_not = CHANGED if self.hold is not None and look.changes else ""
        return TeachingReading(self.layer, code, lesson.examples, why_not)


class _Lesson:
    """What the last holds have gathered. For the worker's thread alone."""

    def __init__(self) -> None:
        self.is_due = False  # the frame under way is to be gathered
        self.examples: tuple[Example, ...] = ()
        self._holds: dict[int, list[Example]] = {}
        self._since: dict[int, float] = {}  # when a hold gathered its first
        self._last_s = 0.0

    def wants(self, hold: Hold, look: Look) -> bool:
        """Tell whether a hold has waited for long enough since its last frame."""
        return hold.number not in self._holds or look.now_s - self._last_s >= EVERY_S

    def moment(self, hold: Hold, look: Look) -> int:
        """Return the number of the moment that a frame is of."""
        since = self._since.setdefault(hold.number, look.now_s)
        return hold.number * MOMENTS + min(int((look.now_s - since) / MOMENT_S), MOMENTS - 1)

    def add(self, hold: Hold, found: Example, now_s: float) -> None:
        """Keep an example, unless the hold has the same picture already."""
        self._last_s = now_s
        own = self._holds.setdefault(hold.number, [])
        if any(one.id == found.id for one in own):
            return
        own.append(found)
        for number in sorted(self._holds)[:-HOLDS]:
            del self._holds[number]
            self._since.pop(number, None)
        self.examples = tuple(one for each in self._holds.values() for one in each)
