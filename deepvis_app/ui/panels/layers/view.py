"""The strip of all layers with its search."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from deepvis_app.ui.kit.icons import icon
from deepvis_app.ui.kit.section_header import SectionHeader
from deepvis_app.ui.panels.layers.cell import LayerItem
from deepvis_app.ui.panels.layers.strip import LayerStrip

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deepvis_app.nets import LayerInfo
    from deepvis_app.ui.panels.layers.making.sheet import MakingSheet


class LayersView(QWidget):
    """A live thumbnail of every layer."""

    explanation_requested = pyqtSignal(str)
    filtered = pyqtSignal(str)
    search_taken = pyqtSignal()  # Enter in the search
    directions_chosen = pyqtSignal(str, Path)  # a file for a layer
    export_chosen = pyqtSignal(str, Path)  # where directions go

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("surface", "pane")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.strip = LayerStrip()
        self.search = QLineEdit()
        self.search.setPlaceholderText("Find layer")
        self.search.setToolTip(
            "Show only layers whose name or kind has this text; Enter opens the first"
        )
        self.search.setClearButtonEnabled(True)
        self.search.addAction(icon("search"), QLineEdit.ActionPosition.LeadingPosition)
        self.search.setFixedWidth(176)
        self.search.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.search.textChanged.connect(self.filtered)
        self.search.returnPressed.connect(self.search_taken)
        self._header = SectionHeader("Layers", explains=True)
        self._header.explanation_requested.connect(
            lambda: self.explanation_requested.emit("layers")
        )
        self.strip.directions_wanted.connect(self._choose_directions)
        self.strip.export_wanted.connect(self._choose_export)
        top = QHBoxLayout()
        top.setContentsMargins(16, 0, 16, 0)
        top.addWidget(self._header, 1)
        top.addWidget(self.search)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 4)
        column.setSpacing(4)
        column.addLayout(top)
        column.addWidget(self.strip)

    def _choose_directions(self, layer: str) -> None:
        name, _ = QFileDialog.getOpenFileName(
            self,
            f"Directions of {layer}, or a sparse autoencoder",
            "",
            "Directions, autoencoders (*.safetensors *.pt *.pth *.bin);;All files (*)",
        )
        if name:
            self.directions_chosen.emit(layer, Path(name))

    def _choose_export(self, layer: str) -> None:
        start = f"{layer.replace('~', '-')}.safetensors"
        name, _ = QFileDialog.getSaveFileName(
            self, "Export the directions", start, "Directions (*.safetensors)"
        )
        if name:
            self.export_chosen.emit(layer, Path(name))

    def making_sheet(self) -> MakingSheet:
        """Return a new card on which directions are asked for."""
        from deepvis_app.ui.panels.layers.making.sheet import MakingSheet  # rarely wanted

        return MakingSheet(self)

    def set_filter(self, text: str) -> None:
        """Show only layers with all the words in name or kind."""
        if self.search.text() != text:
            self.search.setText(text)
        self.strip.set_filter(text)

    def set_layers(self, layers: Sequence[LayerInfo]) -> None:
        self.strip.set_layers([LayerItem(info.name, info.shape, info.kind) for info in layers])
        self._header.set_detail(f"{len(layers)}" if layers else "")
