"""In which way a map becomes a picture, as a row of choices."""

from __future__ import annotations

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QVBoxLayout, QWidget

from deepvis_app.explain import View
from deepvis_app.ui.kit.segmented import Option, Segmented

OPTIONS = (
    Option(View.RAW.value, "Raw", "The map in its own colours; grey is zero"),
    Option(View.GRAY.value, "Gray", "The mean of the colours; middle grey is zero"),
    Option(View.NORM.value, "Norm", "How strong each pixel is, whatever its colour or sign"),
    Option(View.NORM_BLURRED.value, "Blur", "The same out of focus: which region is strong"),
    Option(View.POSITIVE.value, "Sum", "The sum of the colours where it is above zero"),
    Option(View.SIGNED.value, "±", "The sum of the colours: orange for, blue against, black zero"),
    Option(View.OVERLAY.value, "Over", "Where the map is strong, laid over the picture"),
)


class ViewChoice(QWidget):
    """Speaks of `View`."""

    picked = pyqtSignal(object)  # View

    def __init__(self, name: str) -> None:
        super().__init__()
        self._choice = Segmented(OPTIONS, View.RAW.value)
        self._choice.setAccessibleName(name)
        self._choice.picked.connect(lambda key: self.picked.emit(View(key)))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._choice)

    def set_view(self, view: View) -> None:
        self._choice.set_current(view.value)

    def view(self) -> View:
        return View(self._choice.current())
