"""Which figure is saved, as what kind of file and how large."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtGui import QIcon
from PyQt6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from deepvis_app.ui.kit.segmented import Segment, Segmented
from deepvis_app.ui.shell.figure_file import FigureStyle, Format

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from deepvis_app.ui.shell.figure_file import Figure

FORMATS = (
    Segment("png", "PNG", "Pixels, with network, weights, source and frame in the file"),
    Segment("svg", "SVG", "Words, plots and the colour bar as vectors, pictures embedded"),
    Segment("pdf", "PDF", "As SVG, on a page of the figure's size"),
)
SCALES = tuple(
    Segment(f"{scale}", f"{scale}×", f"{scale} pixels of the file a pixel of the picture")
    for scale in (1, 2, 4, 8)
)
WIDEST = 16_384  # px, of the longer side


class SaveDialog(QDialog):
    """`makers` are the figures by key: what each is called, and what makes it.

    `key` is the one that is chosen at first, "": the first that is there now.
    """

    save_requested = pyqtSignal(str, object)  # key and FigureStyle

    def __init__(
        self,
        makers: Mapping[str, tuple[str, Callable[[], Figure | None]]],
        style: FigureStyle,
        parent: QWidget | None = None,
        key: str = "",
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Save a figure")
        self._makers = makers
        self._figure: Figure | None = None
        self.what = QComboBox()
        self.what.setToolTip("What of the window is saved")
        for each, (title, _) in makers.items():
            self.what.addItem(title, each)
        there = (each for each, (_, make) in makers.items() if make() is not None)
        self.what.setCurrentIndex(max(self.what.findData(key or next(there, "")), 0))
        self.what.currentIndexChanged.connect(self._choose)
        self.format = Segmented(FORMATS, style.format.value)
        self.format.picked.connect(self._show)
        self.scale = Segmented(SCALES, f"{style.scale:g}")
        self.scale.picked.connect(self._take_scale)
        self.width_px = QSpinBox()
        self.width_px.setRange(16, WIDEST)
        self.width_px.setSuffix(" px")
        self.width_px.setToolTip("Width of the picture in the file; whole multiples stay sharpest")
        self.width_px.valueChanged.connect(self._take_width)
        self.bar = QCheckBox("Colour bar")
        self.bar.setToolTip("Draw below it what the colours mean in numbers")
        self.bar.setChecked(style.with_bar)
        self.caption = QCheckBox("Caption")
        self.caption.setToolTip("Write below it the network, layer, unit, frame and weights")
        self.caption.setChecked(style.with_caption)
        for box in (self.bar, self.caption):
            box.toggled.connect(self._show)
        self._size = QLabel()
        self._size.setProperty("role", "muted")
        self._scale = style.scale
        self._arrange()
        self._choose()

    def style_chosen(self) -> FigureStyle:
        return FigureStyle(
            Format(self.format.current()),
            self._scale,
            with_bar=self.bar.isChecked() and self.bar.isEnabled(),
            with_caption=self.caption.isChecked(),
        )

    def _arrange(self) -> None:
        form = QFormLayout()
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(12)
        for name, widget in (
            ("What", self.what),
            ("File", self.format),
            ("Scale", self.scale),
            ("Width", self.width_px),
            ("With", self.bar),
            ("", self.caption),
        ):
            form.addRow(name, widget)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel
        )
        for button in buttons.buttons():
            button.setIcon(QIcon())  # the style's own do not match ours
        self._save = buttons.button(QDialogButtonBox.StandardButton.Save)
        buttons.accepted.connect(self._on_save)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        column.addLayout(form)
        column.addWidget(self._size)
        column.addWidget(buttons)

    def _choose(self, *_: object) -> None:
        self._figure = self._makers[self.what.currentData()][1]()
        self._show()

    def _take_scale(self, key: str) -> None:
        self._scale = float(key)
        self._show()

    def _take_width(self, width: int) -> None:
        if self._figure is not None:
            self._scale = width / self._figure.content.width()
            self._show()

    def _show(self, *_: object) -> None:
        """Show how large the file would be, or that there is nothing to save."""
        found = self._figure
        if self._save is not None:
            self._save.setEnabled(found is not None)
        if found is None:
            self._size.setText("There is none to save now")
            return
        self.bar.setEnabled(found.bar is not None)
        longest = max(found.content.width(), found.content.height(), 1)
        self._scale = min(self._scale, WIDEST / longest)
        self.scale.set_current(f"{self._scale:g}")
        width, height = found.size(self.style_chosen())
        self.width_px.blockSignals(True)
        self.width_px.setValue(width)
        self.width_px.blockSignals(False)
        self._size.setText(f"{width} × {height} px")

    def _on_save(self) -> None:
        self.save_requested.emit(self.what.currentData(), self.style_chosen())
        self.accept()
