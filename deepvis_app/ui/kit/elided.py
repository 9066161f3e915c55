"""Text cut to the room there is for it, on one line whatever it holds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deepvis_app.words.foreign import in_plain

if TYPE_CHECKING:
    from PyQt6.QtCore import Qt
    from PyQt6.QtGui import QFontMetrics, QFontMetricsF

LONGEST = 200  # letters of a name that is not plain: no line has room for more
# Line breaks, tabs, letters that turn the reading direction, halves of letters: file names may
# have them, and Qt would begin a new line or write what follows backwards.
_ODD = re.compile("[\0-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def elided(
    metrics: QFontMetrics | QFontMetricsF, text: str, mode: Qt.TextElideMode, room: float
) -> str:
    """Return a text as far as it has room (logical px), with … where something is left out."""
    shown = in_plain(text, LONGEST) if _ODD.search(text) else text
    return metrics.elidedText(shown, mode, room)  # type: ignore[arg-type]  # whole for QFontMetrics
