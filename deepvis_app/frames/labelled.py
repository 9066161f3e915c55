"""Pictures in memory, each of a class that is known."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from deepvis_app.frames.slideshow import Slideshow

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from deepvis_app.frames.source import Frame


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """A picture, uint8 RGB (H, W, 3), which `image` gives, and the class that it is of."""

    image: Callable[[], NDArray[np.uint8]]
    title: str
    label: int
    label_name: str


class LabelledSource(Slideshow[Labelled]):
    """Shows labelled pictures; its frames carry the true class."""

    def _frame_of(self, entry: Labelled, index: int) -> Frame:
        frame = self._frame(entry.image(), entry.title, index)
        return replace(frame, label=entry.label, label_name=entry.label_name)
