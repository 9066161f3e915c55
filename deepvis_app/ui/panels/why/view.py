"""Why the unit fires: what of the present picture makes it, at every frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from deepvis_app.explain import Method, Rendering, SeedKind
from deepvis_app.ui.kit.labelled_slider import LabelledSlider
from deepvis_app.ui.kit.pictures.picture_view import PictureView
from deepvis_app.ui.kit.section_header import SectionHeader
from deepvis_app.ui.kit.segmented import Segment, Segmented
from deepvis_app.ui.panels.why.origin_line import OriginLine
from deepvis_app.ui.panels.why.rendering_choice import RenderingChoice

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    Picture = NDArray[np.uint8]

MAP_PX = 96
SHORT = {
    Method.GRADIENT: "Gradient",
    Method.GRADIENT_X_INPUT: "× input",
    Method.DECONV: "Deconv",
    Method.GUIDED: "Guided",
    Method.GRADCAM: "CAM",
}
METHODS = tuple(Segment(m.value, SHORT[m], f"{m.title}. {m.sentence}") for m in Method)
SEED_NAMES = {
    SeedKind.MAP: "Map",
    SeedKind.MAXIMUM: "Max",
    SeedKind.PLACE: "Place",
    SeedKind.SUM: "Sum",
    SeedKind.LOGIT: "Logit",
}
SEEDS = tuple(Segment(kind.value, SEED_NAMES[kind], kind.sentence) for kind in SeedKind)


class WhyView(QWidget):
    """The inspector's third page, the closer look below. Everything shown comes in by setters."""

    method_picked = pyqtSignal(object)  # Method
    seed_picked = pyqtSignal(object)  # SeedKind
    place_picked = pyqtSignal(int, int)  # i, j of the unit's map
    view_picked = pyqtSignal(object)  # Rendering
    opacity_changed = pyqtSignal(float)
    smoothing_changed = pyqtSignal(float)
    explanation_requested = pyqtSignal(str)

    def __init__(self, closer: QWidget) -> None:
        super().__init__()
        self._closer = closer
        self.origin = OriginLine()
        self.picture = PictureView("", ground="pane")
        self.map = PictureView("", smooth=False, ground="pane")
        self._header = self._explained("What makes it fire", "why")
        self._seed_header = self._explained("Starts from", "seed")
        self._methods = Segmented(METHODS, Method.GUIDED.value)
        self._methods.setAccessibleName("Method of the explanation")
        self._methods.picked.connect(lambda key: self.method_picked.emit(Method(key)))
        self._views = RenderingChoice("How the explanation is shown")
        self._views.picked.connect(self.view_picked)
        self._seeds = Segmented(SEEDS, SeedKind.MAP.value)
        self._seeds.setAccessibleName("Which number of the unit is explained")
        self._seeds.picked.connect(lambda key: self.seed_picked.emit(SeedKind(key)))
        self.map.clicked.connect(lambda y, x: self.place_picked.emit(int(y), int(x)))
        self._opacity = LabelledSlider("Opacity", 0.0, 1.0, 0.7)
        self._opacity.setToolTip("How much the strongest places hide of the picture (view “Over”)")
        self._opacity.value_changed.connect(self.opacity_changed)
        self._smoothing = LabelledSlider("Smoothing", 0.0, 2.0, 0.2, decimals=1, unit="s")
        self._smoothing.setToolTip(
            "Time over which the explanation of a moving picture is averaged"
        )
        self._smoothing.value_changed.connect(self.smoothing_changed)
        self._arrange()

    def set_method(self, method: Method) -> None:
        self._methods.set_current(method.value)

    def set_seed(self, kind: SeedKind, sentence: str, *, barred: Mapping[SeedKind, str]) -> None:
        """Show which number is explained; `barred` says which cannot be, and why."""
        self._seeds.set_current(kind.value)
        for each in SeedKind:
            self._seeds.set_option_enabled(each.value, each not in barred, barred.get(each, ""))
        self._sentence.setText(sentence)

    def set_view(self, view: Rendering, opacity: float, smoothing_s: float) -> None:
        self._views.set_view(view)
        self._opacity.set_value(opacity)
        self._opacity.setEnabled(view is Rendering.OVERLAY)
        self._smoothing.set_value(smoothing_s)

    def set_picture(self, picture: Picture | None, detail: str = "") -> None:
        """Show an explanation; `detail` says of what it is."""
        self.picture.set_picture(picture)
        self._header.set_detail(detail)

    def set_words(self, text: str, remedy: str = "") -> None:
        """Say in the picture's place why there is none."""
        self.picture.set_empty_text(text, remedy)
        self.set_picture(None)

    def set_caveat(self, text: str) -> None:
        """Say below the picture what to keep in mind; "": nothing."""
        self._caveat.setText(text)
        self._caveat.setVisible(bool(text))

    def set_map(
        self,
        picture: Picture | None,
        place: tuple[int, int] | None,
        marks: Picture | None = None,
    ) -> None:
        """Show the unit's own map and where on it the way back begins; None: it has no map.

        `marks` are of what is no number in it.
        """
        self.map.set_picture(picture, marks)
        self.map.setVisible(picture is not None)
        middle = None if place is None else (place[0] + 0.5, place[1] + 0.5)
        self.map.set_crosshair(middle)

    def _explained(self, title: str, topic: str) -> SectionHeader:
        header = SectionHeader(title, explains=True)
        header.explanation_requested.connect(lambda: self.explanation_requested.emit(topic))
        return header

    def _arrange(self) -> None:
        self._caveat = QLabel()
        self._caveat.setProperty("role", "muted")
        self._caveat.setWordWrap(True)
        self._caveat.hide()
        self._sentence = QLabel()
        self._sentence.setProperty("role", "muted")
        self._sentence.setWordWrap(True)
        self._sentence.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.map.setFixedSize(MAP_PX, MAP_PX)
        self.map.setToolTip("The unit's map: click a place to start from it alone")
        start = QHBoxLayout()
        start.setSpacing(12)
        start.addWidget(self.map)
        start.addWidget(self._sentence, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 16)
        column.setSpacing(8)
        for widget in (
            self.origin,
            self._methods,
            self._header,
            self.picture,
            self._caveat,
            self._views,
            self._opacity,
            self._smoothing,
        ):
            column.addWidget(widget)
        column.addSpacing(8)
        column.addWidget(self._seed_header)
        column.addWidget(self._seeds)
        column.addLayout(start)
        column.addSpacing(8)
        column.addWidget(self._closer)
        column.addStretch(1)
