"""Four mosaics a layer, one row below the other."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

from PyQt6.QtCore import QRectF, QSize, Qt
from PyQt6.QtGui import QFont, QPainter
from PyQt6.QtWidgets import QSizePolicy, QWidget

from deepvis_app.ui.kit.elided import elided
from deepvis_app.ui.kit.pixels import indexed_image, use_device_pixels
from deepvis_app.ui.kit.theme import Size, colour, font

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray
    from PyQt6.QtGui import QImage, QPaintEvent

    from deepvis_app.engine.readers import Drawn, LayerDrawn

HEADS = ("Activations a", "∂L/∂a", "Weights w", "∂L/∂w")
GAP, HEAD, NAME, TALL, WORDS, AFTER = 12, 20, 20, 88, 16, 10
NONE = "The loss does not depend on it"


class LessonView(QWidget):
    """Rows come by `set_rows`: a layer's words, its four mosaics and the words below these."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("What the picture would teach, layer by layer")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._rows: tuple[tuple[str, tuple[tuple[QImage | None, str], ...]], ...] = ()

    def area_px(self) -> tuple[int, int]:
        """Return the room of one mosaic, (height, width) in pixels of the screen."""
        ratio = self.devicePixelRatioF()
        return int(TALL * ratio), max(int(self._wide() * ratio), 8)

    def set_rows(
        self,
        rows: Sequence[tuple[str, LayerDrawn]],
        words_of: Callable[[Drawn], str],
        colours: Callable[[bool], NDArray[np.uint8]],
    ) -> None:
        """Show layers; `words_of` says what stands below a mosaic, `colours` gives palettes."""
        tall = self._tall()
        self._rows = tuple(
            (name, tuple(self._cell(drawn, words_of, colours) for drawn in _four(layer)))
            for name, layer in rows
        )
        if self._tall() != tall:
            self.updateGeometry()
        self.update()

    @staticmethod
    def _cell(
        drawn: Drawn | None,
        words_of: Callable[[Drawn], str],
        colours: Callable[[bool], NDArray[np.uint8]],
    ) -> tuple[QImage | None, str]:
        if drawn is None:
            return None, NONE
        shades = colours(drawn.signed)
        return indexed_image(drawn.mosaic.pixels, shades, colour("background")), words_of(drawn)

    def words(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Return what is written: a row's, and below its pictures."""
        return tuple((name, tuple(words for _, words in cells)) for name, cells in self._rows)

    def sizeHint(self) -> QSize:
        return QSize(480, self._tall())

    def minimumSizeHint(self) -> QSize:
        return QSize(240, self.sizeHint().height())

    def _tall(self) -> int:
        rows = sum(NAME + self._height(cells) + WORDS + AFTER for _, cells in self._rows)
        return HEAD + rows if rows else 0

    def _height(self, cells: Sequence[tuple[QImage | None, str]]) -> int:
        """Return how high the pictures of a row are, in logical pixels."""
        ratio = self.devicePixelRatioF()
        return max((ceil(image.height() / ratio) for image, _ in cells if image), default=0)

    def _wide(self) -> float:
        return (self.width() - 3 * GAP) / 4

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        painter, wide = QPainter(self), self._wide()
        left, middle = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignVCenter
        painter.setFont(font(Size.CAPTION))
        painter.setPen(colour("muted"))
        if self._rows:
            for place, head in enumerate(HEADS):
                box = QRectF(place * (wide + GAP), 0, wide, HEAD)
                painter.drawText(box, int(left | middle), head)
        top = HEAD
        for name, cells in self._rows:
            below = top + NAME + self._height(cells)
            painter.setFont(font(Size.SMALL, QFont.Weight.DemiBold))
            painter.setPen(colour("text"))
            painter.drawText(QRectF(0, top, self.width(), NAME), int(left | middle), name)
            painter.setFont(font(Size.CAPTION))
            painter.setPen(colour("muted"))
            for place, (image, words) in enumerate(cells):
                x = place * (wide + GAP)
                if image is not None:
                    self._paint(painter, image, x, top + NAME)
                line = QRectF(x, below, wide, WORDS)
                mode = Qt.TextElideMode.ElideRight
                text = elided(painter.fontMetrics(), words, mode, int(wide))
                painter.drawText(line, int(left | middle), text)
            top = below + WORDS + AFTER

    @staticmethod
    def _paint(painter: QPainter, image: QImage, x: float, y: float) -> None:
        painter.save()
        ratio = use_device_pixels(painter)
        painter.drawImage(round(x * ratio), round(y * ratio), image)
        painter.restore()


def _four(layer: LayerDrawn) -> tuple[Drawn | None, ...]:
    return layer.activations, layer.gradients, layer.weights, layer.weight_gradients
