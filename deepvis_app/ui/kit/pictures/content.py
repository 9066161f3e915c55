"""What lies in a picture view, as one image of the screen's pixels.

OpenCV does most of it: it lets go of Python's lock, which the thread that runs the network needs,
and is done in one go where Qt would wake threads of its own for a few rows each.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PyQt6.QtCore import QPoint, QRect, QRectF, QSize
from PyQt6.QtGui import QImage, QPainter

from deepvis_app.tiles.marks import array_marks
from deepvis_app.ui.kit.outline import around
from deepvis_app.ui.kit.pictures.marks import enlarged, hatched
from deepvis_app.ui.kit.pixels import Halves, fitted_image, rgb_image, stretched
from deepvis_app.ui.kit.theme import colour

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from deepvis_app.ui.kit.pictures.aperture import Aperture, Place
    from deepvis_app.ui.kit.pictures.heat import EdgesF, Heat

HALVES = Halves()
DIMMED = 0.55  # of what the network does not see


@dataclass(frozen=True, slots=True, eq=False)
class Content:
    """A picture (h, w, 3), or a sharp frame and what the network sees of it through an aperture.

    `marks` (h, w) are hatched; `smooth`: what is enlarged shows no pixels.
    """

    picture: NDArray[np.uint8]
    place: Place
    aperture: Aperture | None = None
    marks: NDArray[np.uint8] | None = None
    smooth: bool = True

    @property
    def is_cut(self) -> bool:
        """Tell whether something is shown that the network does not see."""
        return self.aperture is not None and self.aperture.cuts()

    def image(
        self, size: QSize, whole: QRectF, heat: Heat | None, covers: Covers, ratio: float
    ) -> QImage:
        """Return as an RGB32 image of `size` what of it is seen when all of it lies in `whole`.

        `covers` lie over a frame, `heat` over both, shade over what the network does not see.
        `ratio`: pixels of the screen per logical one.
        """
        shown = QRect(QPoint(0, 0), size)
        image = self._under(shown, whole)
        if self.aperture is not None:
            covers.paint(image, self.place, whole)
        area = whole
        if heat is not None:
            area = self.place.on_screen(heat.box, whole) if heat.box else whole
            heat.lay_over(image, area)
        if self.marks is not None:
            _hatch(image, self.marks, whole, ratio)
        if heat is not None and (marks := array_marks(heat.values)) is not None:
            _hatch(image, marks, area, ratio, has_ground=False)
        if self.aperture is not None and self.is_cut:
            seen = self.place.on_screen((0, 0, *self.aperture.size), whole).toRect()
            painter = QPainter(image)
            for part in around(shown, seen):
                painter.fillRect(part, colour("halo", DIMMED))
            painter.end()
        return image

    def _under(self, shown: QRect, whole: QRectF) -> QImage:
        """Return the picture alone, with bars around it where it leaves room."""
        pixels, area, mirrored = self.picture, whole, False
        if not pixels.size:
            return _ground(shown.size())
        if self.aperture is not None:
            frame = self.place.on_screen(self.aperture.box, whole)
            pixels = HALVES.fitting(pixels, frame.width(), frame.height())
            part, box = self.aperture.part(pixels.shape)
            pixels, area = pixels[part], self.place.on_screen(box, whole)
            mirrored = self.aperture.mirrored
        elif whole.width() >= pixels.shape[1] and whole.height() >= pixels.shape[0]:
            return rgb_image(stretched(pixels, whole, shown, smooth=self.smooth))
        at = area.toRect()
        if QRectF(shown) != whole:
            pixels, at = _cut(pixels, at, shown, mirrored=mirrored)
        picture = fitted_image(pixels, at.size(), mirrored=mirrored)
        if at == shown:
            return picture
        image = _ground(shown.size())
        painter = QPainter(image)
        painter.drawImage(at.topLeft(), picture)
        painter.end()
        return image


@dataclass(frozen=True, slots=True, eq=False)
class Covers:
    """Parts of a frame that are shown as the network sees them: in its own picture (H, W, 3)."""

    parts: tuple[EdgesF, ...] = ()
    seen: NDArray[np.uint8] | None = None

    def paint(self, image: QImage, place: Place, whole: QRectF) -> None:
        """Paint them on the frame, all of which lies in `whole`."""
        if self.seen is None or not self.parts:
            return
        painter = QPainter(image)
        for box in self.parts:
            top, left, bottom, right = (max(round(edge), 0) for edge in box)
            covered = self.seen[top:bottom, left:right]
            if covered.size:
                area = place.on_screen((top, left, bottom, right), whole).toRect()
                painter.drawImage(area, rgb_image(covered))
        painter.end()


def _ground(size: QSize) -> QImage:
    """Return what lies beside a picture: the bars of a letterbox."""
    image = QImage(size, QImage.Format.Format_RGB32)
    image.fill(colour("control"))
    return image


def _hatch(
    image: QImage, marks: NDArray[np.uint8], area: QRectF, ratio: float, *, has_ground: bool = True
) -> None:
    """Hatch what marks (h, w) that fill `area` tell of an image."""
    part = area.toAlignedRect() & image.rect()
    painter = QPainter(image)
    spread = enlarged(marks, area, part)
    painter.drawImage(part.topLeft(), hatched(spread, ratio, has_ground=has_ground))
    painter.end()


def _cut(
    pixels: NDArray[np.uint8], area: QRect, shown: QRect, *, mirrored: bool
) -> tuple[NDArray[np.uint8], QRect]:
    """Return those of the pixels (h, w, 3) in `area` that reach into `shown`, and where these lie.

    Of a mirrored picture the pixels are as before it is turned.
    """
    height, width = pixels.shape[:2]
    seen = area & shown
    top, bottom = _reach(seen.top() - area.top(), seen.height(), height / area.height(), height)
    left, right = _reach(seen.left() - area.left(), seen.width(), width / area.width(), width)
    across, down = area.width() / width, area.height() / height
    x, y = area.left() + round(left * across), area.top() + round(top * down)
    place = QRect(
        x, y, area.left() + round(right * across) - x, area.top() + round(bottom * down) - y
    )
    columns = slice(width - right, width - left) if mirrored else slice(left, right)
    return pixels[top:bottom, columns], place


def _reach(start: int, length: int, step: float, most: int) -> tuple[int, int]:
    """Return the pixels of 0..most that hold a stretch of the screen, one more at both ends."""
    first = max(math.floor(start * step) - 1, 0)
    return first, max(min(math.ceil((start + length) * step) + 1, most), first + 1)
