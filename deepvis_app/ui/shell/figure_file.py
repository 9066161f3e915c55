"""A figure for a file: a picture or a plot, with a colour bar and a caption; vectors stay so."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from PyQt6.QtCore import (
    QBuffer,
    QByteArray,
    QIODevice,
    QMarginsF,
    QPoint,
    QRect,
    QRectF,
    QSizeF,
    Qt,
)
from PyQt6.QtGui import QColor, QImage, QPageLayout, QPageSize, QPainter, QPdfWriter
from PyQt6.QtSvg import QSvgGenerator

from deepvis_app.engine.provenance import png_with
from deepvis_app.tiles import TOP
from deepvis_app.ui.kit.elided import elided
from deepvis_app.ui.kit.images import image_to_rgb
from deepvis_app.ui.kit.theme import Size, font
from deepvis_app.words.figures import figure

if TYPE_CHECKING:
    from PyQt6.QtWidgets import QWidget

    from deepvis_app.engine.provenance import Provenance
    from deepvis_app.ui.kit.pictures.colour_bar import Bar

LINE = 18.0  # height of a line of words, in pixels at scale 1
BAR = 8.0
PADDING = 8.0
INK, PAPER = "#1b1d20", "#ffffff"
DPI = 96  # of an SVG's and a PDF's pixels


class Format(Enum):
    """The kinds of file that a figure can be."""

    PNG = "png"
    SVG = "svg"
    PDF = "pdf"


@dataclass(frozen=True, slots=True)
class FigureStyle:
    """How a figure is saved: pixels of the file a pixel of the picture, and what goes with it."""

    format: Format = Format.PNG
    scale: float = 1.0
    with_bar: bool = False
    with_caption: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Figure:
    """A picture, or a widget that paints a plot. `smooth`: it is enlarged as a photograph is."""

    content: QImage | QWidget
    provenance: Provenance
    bar: Bar | None = None
    smooth: bool = False

    def size(self, style: FigureStyle) -> tuple[int, int]:
        """Return the width and the height of its file in pixels."""
        width, height = (round(side * style.scale) for side in _size_of(self.content))
        return max(width, 1), max(height + round(self._below(style)), 1)

    def _below(self, style: FigureStyle) -> float:
        """Return how much room is taken below the picture."""
        unit = self._unit(style)
        rows = (1 if self.bar is not None and style.with_bar else 0) + 2 * style.with_caption
        return (rows * LINE + PADDING) * unit if rows else 0.0

    def _unit(self, style: FigureStyle) -> float:
        """Return how large words are: more in a larger figure."""
        return max(_size_of(self.content)[0] * style.scale / 640, 1.0)

    def paint(self, painter: QPainter, style: FigureStyle) -> None:
        """Paint it from (0, 0) on, one unit a pixel of its file."""
        width, height = self.size(style)
        painter.fillRect(QRectF(0, 0, width, height), QColor(PAPER))
        picture = QRect(0, 0, width, height - round(self._below(style)))
        if isinstance(self.content, QImage):
            painter.drawImage(picture, self._scaled(picture))
        else:
            painter.save()
            painter.scale(style.scale, style.scale)
            self.content.render(painter, QPoint(0, 0))
            painter.restore()
        unit, top = self._unit(style), picture.bottom() + 1 + PADDING * self._unit(style) / 2
        if self.bar is not None and style.with_bar:
            self._paint_bar(painter, self.bar, QRectF(0, top, width, LINE * unit), unit)
            top += LINE * unit
        if style.with_caption:
            for text in (self.provenance.title, self.provenance.caption):
                row = QRectF(PADDING * unit, top, width - 2 * PADDING * unit, LINE * unit)
                _write(painter, row, text, unit, Qt.AlignmentFlag.AlignLeft)
                top += LINE * unit

    def _scaled(self, place: QRect) -> QImage:
        """Return the picture in the file's pixels: viewers must not blur what has sharp tiles."""
        assert isinstance(self.content, QImage)
        modes = Qt.TransformationMode
        mode = modes.SmoothTransformation if self.smooth else modes.FastTransformation
        return self.content.scaled(place.size(), Qt.AspectRatioMode.IgnoreAspectRatio, mode)

    @staticmethod
    def _paint_bar(painter: QPainter, bar: Bar, row: QRectF, unit: float) -> None:
        ends = (figure(bar.low), figure(bar.high)) if bar.low == bar.low else ("low", "high")
        margin, room = PADDING * unit, 56 * unit
        left = QRectF(margin, row.top(), room, row.height())
        right = QRectF(row.right() - margin - room, row.top(), room, row.height())
        _write(painter, left, ends[0], unit, Qt.AlignmentFlag.AlignRight)
        _write(painter, right, ends[1], unit, Qt.AlignmentFlag.AlignLeft)
        strip = QRectF(left.right() + margin, row.center().y() - BAR * unit / 2, 0, BAR * unit)
        strip.setRight(right.left() - margin)
        shades = bar.palette[: TOP + 1]
        step = strip.width() / len(shades)
        for place, shade in enumerate(shades):  # as vectors, each a little over the next
            box = QRectF(strip.left() + place * step, strip.top(), step + 0.6, strip.height())
            painter.fillRect(box.intersected(strip), QColor(*map(int, shade)))


def figure_file(figure_: Figure, style: FigureStyle) -> bytes:
    """Return a figure as the bytes of its file."""
    if style.format is Format.PNG:
        return _png(figure_, style)
    buffer = QBuffer(data := QByteArray())
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    (_write_svg if style.format is Format.SVG else _write_pdf)(figure_, style, buffer)
    buffer.close()
    return data.data()


def _png(figure_: Figure, style: FigureStyle) -> bytes:
    image = QImage(*figure_.size(style), QImage.Format.Format_RGB32)
    painter = QPainter(image)
    figure_.paint(painter, style)
    painter.end()
    return png_with(image_to_rgb(image), figure_.provenance)


def _write_svg(figure_: Figure, style: FigureStyle, buffer: QBuffer) -> None:
    width, height = figure_.size(style)
    svg = QSvgGenerator()
    svg.setOutputDevice(buffer)
    svg.setResolution(DPI)
    svg.setSize(QRect(0, 0, width, height).size())
    svg.setViewBox(QRect(0, 0, width, height))
    svg.setTitle(figure_.provenance.title)
    svg.setDescription(figure_.provenance.to_json())
    painter = QPainter(svg)
    figure_.paint(painter, style)
    painter.end()


def _write_pdf(figure_: Figure, style: FigureStyle, buffer: QBuffer) -> None:
    width, height = figure_.size(style)
    pdf = QPdfWriter(buffer)
    pdf.setResolution(DPI)
    points = QSizeF(width * 72 / DPI, height * 72 / DPI)
    exact = QPageSize.SizeMatchPolicy.ExactMatch
    pdf.setPageSize(QPageSize(points, QPageSize.Unit.Point, "", exact))
    pdf.setPageMargins(QMarginsF(), QPageLayout.Unit.Point)
    pdf.setTitle(figure_.provenance.title)
    pdf.setCreator(f"deepvis {figure_.provenance.deepvis}")
    facts = figure_.provenance.to_json().encode()
    pdf.addFileAttachment("provenance.json", QByteArray(facts), "application/json")
    painter = QPainter(pdf)
    figure_.paint(painter, style)
    painter.end()


def _size_of(content: QImage | QWidget) -> tuple[int, int]:
    return content.width(), content.height()


def _write(painter: QPainter, row: QRectF, text: str, unit: float, side: Qt.AlignmentFlag) -> None:
    kind = font(Size.SMALL)
    kind.setPixelSize(max(round(int(Size.SMALL) * unit), 1))
    painter.setFont(kind)
    painter.setPen(QColor(INK))
    shown = elided(painter.fontMetrics(), text, Qt.TextElideMode.ElideMiddle, int(row.width()))
    painter.drawText(row, int(side | Qt.AlignmentFlag.AlignVCenter), shown)
