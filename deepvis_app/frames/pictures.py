"""Pictures one after the other: a folder, a list, several files, a single one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.frames.decode import read_picture
from deepvis_app.frames.listing import Entry
from deepvis_app.frames.plain import check_plain
from deepvis_app.frames.scale import Scales
from deepvis_app.frames.slideshow import Slideshow
from deepvis_app.frames.values import numbers_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deepvis_app.frames.source import Frame

_LOOKED_AT = 9  # pictures, evenly chosen, whose numbers set the scale of a folder or stack
_LARGE = 64 << 20  # bytes a file; larger ones are not looked at before their turn


class PictureSource(Slideshow[Entry]):
    """The pictures that `find_entries` names when the source is opened, read from files.

    Pictures whose pixels are no bytes share one scale, that of nine of them, so that the same
    number is the same grey in the whole folder or stack; each frame's note tells it.
    """

    _scales = Scales()

    def _noun(self, entries: Sequence[Entry]) -> str:
        self._scales = _agreed(entries)
        return "picture" if len(entries) == 1 or entries[0].page is None else "page"

    def _frame_of(self, entry: Entry, index: int) -> Frame:
        picture = read_picture(entry.path, page=entry.page, scales=self._scales)
        title = f"{entry.path.name} · {entry.label}" if entry.label else entry.path.name
        return self._frame(picture.image, title, index, picture.note)


def _agreed(entries: Sequence[Entry]) -> Scales:
    """Return the scales that hold some of the pictures, evenly chosen."""
    scales = Scales()
    last = len(entries) - 1
    places = {round(step * last / (_LOOKED_AT - 1)) for step in range(_LOOKED_AT)}
    for place in sorted(places):
        entry = entries[place]
        try:
            if entry.page is None and entry.path.stat().st_size > _LARGE:
                continue
            check_plain(entry.path)
            numbers = numbers_of(entry.path, entry.page or 0)
        except Exception:  # noqa: BLE001 - what is wrong with it is told when it is its turn
            continue
        if numbers is not None:
            numbers.learn(scales)
    return scales
