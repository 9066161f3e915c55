"""The popup in which units are found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from deepvis_app.state.unit_table import Scope
from deepvis_app.ui.kit.popup_frame import PopupFrame
from deepvis_app.ui.kit.row_list import ROW, Look, Row, RowList
from deepvis_app.ui.kit.section_header import SectionHeader
from deepvis_app.ui.kit.segmented import Segment, Segmented
from deepvis_app.ui.panels.grid.find.presenter import Likeness, Way

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtGui import QKeyEvent

    from deepvis_app.corpus.finding import Found

WIDTH_PX = 424
ROWS = 12
WAYS = (
    Segment(Way.CLASS.value, "Class", "Units that tell photographs of a class from all others"),
    Segment(
        Way.PICTURE.value,
        "This picture",
        "Units for which the shown picture is rare: few photographs score as high",
    ),
    Segment(Way.UNIT.value, "Picked unit", "Units that are like the picked one"),
)
LIKENESSES = (
    Segment(Likeness.RESPONSE.value, "Response", "Their scores go with its over all photographs"),
    Segment(Likeness.PICTURES.value, "Pictures", "They answer to its best photographs"),
    Segment(Likeness.WEIGHTS.value, "Weights", "Their weights point where its do"),
)
SCOPES = (
    Segment(Scope.SHOWN.value, "Layer", "Look in the layers that are shown"),
    Segment(Scope.ALL.value, "All layers", "Look in all layers that were scanned"),
)


class FoundList(RowList):
    """Units with their figure; a click and Enter pick one."""

    pressed_row = pyqtSignal(int)

    def __init__(self) -> None:
        super().__init__("Units found", Look(label_share=0.52, value_px=96.0))
        self._found: tuple[Found, ...] = ()
        self._labels: tuple[str, ...] = ()
        self.clicked.connect(lambda index: self.pressed_row.emit(index.row()))

    def set_found(self, found: Sequence[Found], labels: Sequence[str]) -> None:
        self._found, self._labels = tuple(found), tuple(labels)
        self.show_rows(len(found), 0 if found else None)

    def row(self, place: int) -> Row:
        one = self._found[place]
        label = f"{one.unit.index} · {self._labels[place] or one.unit.layer}"
        return Row(label, one.text, end=one.share, shade="muted")

    def press_row(self, place: int) -> None:
        self.pressed_row.emit(place)

    def tip(self, place: int) -> str:
        one = self._found[place]
        return f"Unit {one.unit.index} of {one.unit.layer}: {one.text}. Enter picks it."


class FindView(QWidget):
    """Everything shown comes in by setters."""

    opened = pyqtSignal()
    closed = pyqtSignal()
    way_picked = pyqtSignal(object)  # Way
    likeness_picked = pyqtSignal(object)  # Likeness
    scope_picked = pyqtSignal(object)  # Scope
    text_changed = pyqtSignal(str)
    unit_picked = pyqtSignal(int)  # place in the list
    explanation_requested = pyqtSignal(str)

    def __init__(self, anchor: QWidget) -> None:
        super().__init__()
        self.setFixedWidth(WIDTH_PX)
        self._anchor = anchor
        self._make_controls()
        self.list = FoundList()
        self.list.pressed_row.connect(self.unit_picked)
        self._note = QLabel()
        self._note.setProperty("role", "detail")
        self._note.setWordWrap(True)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setWidget(self.list)
        scroll.setFixedHeight(round(ROWS * ROW))
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        header = SectionHeader("Find a unit", explains=True)
        header.explanation_requested.connect(lambda: self.explanation_requested.emit("find"))
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        column.addWidget(header)
        column.addLayout(_line(self._ways, self._scopes))
        column.addWidget(self.field)
        column.addWidget(self._likenesses)
        column.addWidget(scroll)
        column.addWidget(self._note)
        self._frame = PopupFrame(self, anchor)
        self._frame.closed.connect(self.closed)

    def open(self) -> None:
        self.opened.emit()
        self._frame.open_below(self._anchor)
        self._focus()

    def is_open(self) -> bool:
        return self._frame.isVisible()

    def close_popup(self) -> None:
        self._frame.close()

    def set_wishes(self, way: Way, likeness: Likeness, scope: Scope, text: str) -> None:
        self._ways.set_current(way.value)
        self._likenesses.set_current(likeness.value)
        self._scopes.set_current(scope.value)
        is_of_layer = way is Way.UNIT and likeness is not Likeness.RESPONSE
        self._scopes.setEnabled(not is_of_layer)
        self.field.setVisible(way is Way.CLASS)
        self._likenesses.setVisible(way is Way.UNIT)
        if self.field.text() != text:
            self.field.setText(text)

    def set_found(self, found: Sequence[Found], labels: Sequence[str], note: str) -> None:
        """Show units, each with the class that it stands for, "" for none."""
        self.list.set_found(found, labels)
        self._note.setText(note)

    def _make_controls(self) -> None:
        self._ways = Segmented(WAYS, Way.CLASS.value)
        self._ways.picked.connect(lambda key: self.way_picked.emit(Way(key)))
        self._likenesses = Segmented(LIKENESSES, Likeness.RESPONSE.value)
        self._likenesses.picked.connect(lambda key: self.likeness_picked.emit(Likeness(key)))
        self._scopes = Segmented(SCOPES, Scope.ALL.value)
        self._scopes.picked.connect(lambda key: self.scope_picked.emit(Scope(key)))
        self.field = QLineEdit()
        self.field.setPlaceholderText("A class, or part of photographs’ names: dog")
        self.field.setClearButtonEnabled(True)
        self.field.textChanged.connect(self.text_changed)
        self.field.returnPressed.connect(lambda: self.unit_picked.emit(0))

    def _focus(self) -> None:
        widget = self.field if self.field.isVisibleTo(self) else self.list
        widget.setFocus(Qt.FocusReason.PopupFocusReason)

    # Qt's own methods

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is not None and event.key() == Qt.Key.Key_Down:
            self.list.setFocus(Qt.FocusReason.TabFocusReason)  # from the field into the list
            return
        super().keyPressEvent(event)


def _line(*widgets: QWidget) -> QHBoxLayout:
    line = QHBoxLayout()
    line.setSpacing(8)
    for widget in widgets:
        line.addWidget(widget)
    return line
