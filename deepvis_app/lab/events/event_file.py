"""All that one event file has said so far."""

from __future__ import annotations

import math
import struct
from collections import defaultdict

from deepvis_app.lab.events.buckets import Filled
from deepvis_app.lab.events.event import Event, Value, read_event
from deepvis_app.lab.events.points import Points
from deepvis_app.lab.events.wire import Malformed, signed, varint
from deepvis_app.lab.log.builder import Thinned
from deepvis_app.lab.log.run import Picture

MOST_PICTURES = 64  # of a tag
MOST_PICTURE_BYTES = 256_000_000  # of a file; what comes after is left out

_WALL_TIME, _STEP = 9, 16  # keys with which a record usually begins
_TIME = struct.Struct("<d")
_FLOAT = struct.Struct("<f")
_OTHERS = (0.0, 1.5)  # numbers to put in the place of another
_LARGE = 3e38  # no float32 is much beyond
_TRIES = 8  # of a tag, to find where its number stands

# Where a record's number stands, from its end, and what the rest of it is but time and step.
_Places = dict[tuple[int, int | None], dict[bytes, Points]]


class EventFile:
    """Takes a file's records in order; see `take`.

    Most records say one number, and differ from the one before of the same tag in time, step and
    that number alone: those are known by all their other bytes, and not taken apart again.
    """

    def __init__(self) -> None:
        self.points: defaultdict[str, Points] = defaultdict(Points)
        self.histograms: defaultdict[str, Thinned] = defaultdict(Thinned)
        self.pictures: defaultdict[str, Thinned] = defaultdict(lambda: Thinned(MOST_PICTURES))
        self.void_from: int | None = None  # of earlier files: a restart here makes them void
        self.started = self._time = 0.0
        self.left_out = 0  # pictures
        self._picture_bytes = 0
        self._plugins: dict[str, str] = {}
        self._known: _Places = {}
        self._tries: defaultdict[str, int] = defaultdict(int)

    def take(self, payload: bytes) -> None:
        """Take a record. Raises `Malformed` for one that cannot be read, and takes none of it."""
        if self._take_known(payload):
            return
        event = read_event(payload, self._plugins)
        time = self._when(event.wall_time)
        if event.is_restart:
            self._begin_again(event.step)
        for value in event.values:
            self._add(value, event.step, time)
        if len(event.values) == 1:
            self._learn(payload, event)

    def _when(self, wall_time: float) -> float:
        """Return the time of a record; one that says none has that of the record before."""
        if not math.isnan(wall_time):
            self._time = wall_time
            self.started = self.started or wall_time
        return self._time

    def _begin_again(self, step: int) -> None:
        self.void_from = step if self.void_from is None else min(step, self.void_from)
        for points in self.points.values():
            points.cut(step)
        for kept in (*self.histograms.values(), *self.pictures.values()):
            kept.cut(step - 1)

    def _add(self, value: Value, step: int, time: float) -> None:
        tag, content = value
        if isinstance(content, float):
            self.points[tag].add(step, content, time)
        elif isinstance(content, Filled):
            self.histograms[tag].add(step, content)
        elif content is not None:
            for number, data in enumerate(content):
                name = tag if len(content) == 1 else f"{tag}/image/{number}"
                self._add_picture(name, step, data)

    def _add_picture(self, name: str, step: int, data: bytes) -> None:
        self._picture_bytes += len(data)
        if self._picture_bytes > MOST_PICTURE_BYTES:
            self.left_out += 1
        else:
            self.pictures[name].add(step, Picture(step, data))

    # Records that are like an earlier one

    def _take_known(self, payload: bytes) -> bool:
        step, at = _begin(payload)
        if not at:
            return False
        for (start, end), known in self._known.items():
            rest = payload[at:start] if end is None else payload[at:start] + payload[end:]
            points = known.get(rest)
            if points is not None:
                time = self._when(_TIME.unpack_from(payload, 1)[0])
                number = _FLOAT.unpack_from(payload, len(payload) + start)[0]
                points.add(signed(step), number, time)
                return True
        return False

    def _learn(self, payload: bytes, event: Event) -> None:
        """Find where the number stands: the four bytes that, being others, say another one."""
        _, at = _begin(payload)
        tag, number = event.values[0]
        if not at or not isinstance(number, float) or not abs(number) < _LARGE:
            return
        start = payload.rfind(_FLOAT.pack(number), at)
        self._tries[tag] += 1
        if start < 0 or self._tries[tag] > _TRIES:
            return
        end = start + 4
        for other in _OTHERS:
            changed = payload[:start] + _FLOAT.pack(other) + payload[end:]
            try:
                said = read_event(changed, dict(self._plugins))
            except Malformed:
                return
            if said.values != (Value(tag, other),) or said[:2] != event[:2]:
                return
        place = (start - len(payload), None if end == len(payload) else end - len(payload))
        rest = payload[at:start] + payload[end:]
        if place in self._known or len(self._known) < 4:
            self._known.setdefault(place, {})[rest] = self.points[tag]


def _begin(payload: bytes) -> tuple[int, int]:
    """Return a record's step and where time and step end, 0 where they are not what it begins with.

    The step is as it is written, without its sign: 0 … 2⁶⁴ − 1.
    """
    if len(payload) < 16 or payload[0] != _WALL_TIME:
        return 0, 0
    return varint(payload, 10) if payload[9] == _STEP else (0, 9)
