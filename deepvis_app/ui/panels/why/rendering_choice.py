"""In which way a map becomes a picture, as a row of choices."""

from __future__ import annotations

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QVBoxLayout, QWidget

from deepvis_app.explain import Rendering
from deepvis_app.ui.kit.segmented import Segment, Segmented

OPTIONS = (
    Segment(Rendering.RAW.value, "Raw", "The map in its own colours; grey is zero"),
    Segment(Rendering.GRAY.value, "Gray", "The mean of the colours; middle grey is zero"),
    Segment(Rendering.NORM.value, "Norm", "How strong each pixel is, whatever its colour or sign"),
    Segment(Rendering.NORM_BLURRED.value, "Blur", "The same out of focus: which region is strong"),
    Segment(Rendering.POSITIVE.value, "Sum", "The sum of the colours where it is above zero"),
    Segment(
        Rendering.SIGNED.value, "±", "The sum of the colours: orange for, blue against, black zero"
    ),
    Segment(Rendering.OVERLAY.value, "Over", "Where the map is strong, laid over the picture"),
)


class RenderingChoice(QWidget):
    """Speaks of `Rendering`."""

    picked = pyqtSignal(object)  # Rendering

    def __init__(self, name: str) -> None:
        super().__init__()
        self._choice = Segmented(OPTIONS, Rendering.RAW.value)
        self._choice.setAccessibleName(name)
        self._choice.picked.connect(lambda key: self.picked.emit(Rendering(key)))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._choice)

    def set_view(self, view: Rendering) -> None:
        self._choice.set_current(view.value)

    def view(self) -> Rendering:
        return Rendering(self._choice.current())
