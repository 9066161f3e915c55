"""One layer of the strip: its thumbnail, what marks it, and what is written below."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from PyQt6.QtCore import QPoint, QRectF, Qt
from PyQt6.QtGui import QFont, QFontMetricsF

from deepvis_app.ui.kit.icons import paint_icon
from deepvis_app.ui.kit.pixels import use_device_pixels
from deepvis_app.ui.kit.theme import Size, active_theme, colour, font
from deepvis_app.ui.panels.layers.name import kind_tag, shape_text, two_lines
from deepvis_app.words.quantities import units_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from PyQt6.QtGui import QImage, QPainter

THUMB = 84  # logical pixels of the picture
FRAME = 2  # outline around it
CELL = THUMB + 2 * FRAME
NAME_TOP = CELL + 4
LINE = 15  # of text


@dataclass(frozen=True, slots=True)
class LayerItem:
    """What is written below a thumbnail; the shape is (units, height, width) of one picture."""

    name: str
    shape: tuple[int, int, int]
    kind: str = ""


@dataclass(frozen=True, slots=True)
class LayerNames:
    """What the names of all layers are shown as: on one line, or as path and last part on two."""

    lines: int = 1
    texts: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # path, last part

    @classmethod
    def of(cls, layers: Sequence[LayerItem]) -> LayerNames:
        """Give all names two lines where one of them is longer than a picture is wide."""
        names = [layer.name for layer in layers]
        width_of = _metrics(strong=True).horizontalAdvance
        if all(width_of(name) <= THUMB for name in names):
            return cls(1, {name: ("", name) for name in names})
        path_width = _metrics(strong=False).horizontalAdvance
        return cls(2, two_lines(names, path_width, width_of, THUMB))

    @property
    def bottom(self) -> int:
        """Return how high a cell is with its texts."""
        return NAME_TOP + (self.lines + 1) * LINE + 4


def paint_thumb(painter: QPainter, thumb: QImage | None, cell: QRectF) -> None:
    """Paint a thumbnail, or the place for one."""
    inner = cell.adjusted(FRAME, FRAME, -FRAME, -FRAME)
    if thumb is None:
        painter.fillRect(inner, colour("control"))
        return
    painter.save()
    painter.fillRect(inner, colour("background"))
    ratio = use_device_pixels(painter)
    side = THUMB * ratio
    width, height = float(thumb.width()), float(thumb.height())
    shrink = min(side / max(width, height), 1.0)  # made for another screen, until replaced
    x = round(inner.left() * ratio + (side - width * shrink) / 2)
    y = round(inner.top() * ratio + (side - height * shrink) / 2)
    if shrink < 1:
        painter.drawImage(QRectF(x, y, width * shrink, height * shrink), thumb)
    else:
        painter.drawImage(QPoint(x, y), thumb)
    painter.restore()


def paint_frame(painter: QPainter, cell: QRectF, shade: str) -> None:
    """Paint the outline around a thumbnail."""
    for rect in (
        QRectF(cell.left(), cell.top(), cell.width(), FRAME),
        QRectF(cell.left(), cell.bottom() - FRAME, cell.width(), FRAME),
        QRectF(cell.left(), cell.top(), FRAME, cell.height()),
        QRectF(cell.right() - FRAME, cell.top(), FRAME, cell.height()),
    ):
        painter.fillRect(rect, colour(shade))


def paint_badge(painter: QPainter, cell: QRectF) -> None:
    """Mark the layer that is open beside the selected one."""
    box = QRectF(cell.right() - 20, cell.top() + 2, 18, 18)
    painter.fillRect(box, colour("pane", 0.9))
    paint_icon(painter, box.adjusted(3, 3, -3, -3), "columns", active_theme().text)


def paint_texts(painter: QPainter, layer: LayerItem, names: LayerNames, cell: QRectF) -> None:
    """Write a layer's name, shape and kind below its thumbnail."""
    line = QRectF(cell.left() + FRAME, cell.top() + NAME_TOP, THUMB, LINE)
    middle, right = Qt.AlignmentFlag.AlignVCenter, Qt.AlignmentFlag.AlignRight
    path, last = names.texts[layer.name]
    painter.setFont(font(Size.CAPTION))
    painter.setPen(colour("muted"))
    if names.lines == 2:
        painter.drawText(line, int(middle), path)
        line.translate(0, LINE)
    below = line.translated(0, LINE)
    shape, tag = _shape_and_tag(layer)
    painter.drawText(below, int(middle), shape)
    painter.drawText(below, int(middle | right), tag)
    painter.setFont(font(Size.SMALL, QFont.Weight.DemiBold))
    painter.setPen(colour("text"))
    painter.drawText(line, int(middle), last)


def tip_of(layer: LayerItem) -> str:
    """Return all that is known of a layer."""
    units, height, width = layer.shape
    kind = f"{layer.kind} · " if layer.kind else ""
    size = f" · {height} × {width}" if height * width > 1 else ""
    facts = f"{kind}{units_text(units)}{size}"
    return f"{layer.name}\n{facts}\nCtrl + click opens it beside the present one"


def _metrics(*, strong: bool) -> QFontMetricsF:
    kind = font(Size.SMALL, QFont.Weight.DemiBold) if strong else font(Size.CAPTION)
    return QFontMetricsF(kind)


def _shape_and_tag(layer: LayerItem) -> tuple[str, str]:
    """Return a layer's shape and its kind as they fit side by side: the shape goes first."""
    width_of = _metrics(strong=False).horizontalAdvance
    tag = kind_tag(layer.kind)
    for times in (" × ", "×"):
        shape = shape_text(layer.shape, times)
        if tag and width_of(shape) + width_of(tag) + 4 <= THUMB:
            return shape, tag
    return shape_text(layer.shape), ""
