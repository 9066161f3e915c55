"""The card on which every setting of a new run is chosen, and checked before it starts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PyQt6.QtCore import QSize, Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from deepvis_app.ui.kit.chip_button import ChipButton
from deepvis_app.ui.kit.choice_popup import ChoicePopup
from deepvis_app.ui.kit.form import FormRow, Look
from deepvis_app.ui.kit.icon_button import IconButton
from deepvis_app.ui.kit.icons import icon
from deepvis_app.ui.kit.notice_line import NoticeLine
from deepvis_app.ui.kit.section_header import SectionHeader
from deepvis_app.ui.kit.sheet import Sheet

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from PyQt6.QtGui import QResizeEvent

    from deepvis_app.fields import FormField
    from deepvis_app.ui.kit.choices import ChoiceGroup
    from deepvis_app.ui.panels.learn.form import CheckLine, Group

WIDEST_PX, COLUMN_PX = 1160, 330
AROUND_PX, LEAST_PX = 140, 120  # of the card and its margins; of the fields
SHADES = {True: ("check", "good"), False: ("close", "bad"), None: ("minus", "muted")}


class FormSheet:
    """A sheet, made when it is first opened. Everything shown comes in by setters."""

    def __init__(self, owner: QWidget) -> None:
        self._owner = owner
        self.content = FormContent(owner)
        self.content.hide()
        self._sheet: Sheet | None = None
        self.content.shut.clicked.connect(self.close)

    def open(self) -> None:
        if self._sheet is None:
            self._sheet = Sheet(self._owner.window() or self._owner, WIDEST_PX)
            self._sheet.content.addWidget(self.content)
            self._sheet.closed.connect(self.content.closed)
            self.content.show()
        self._sheet.open()
        self.content.fit()

    def is_open(self) -> bool:
        return self._sheet is not None and self._sheet.is_open()

    def close(self) -> None:
        if self._sheet is not None:
            self._sheet.close_sheet()


class FormContent(QWidget):
    """Presets above, fields in columns, the check and the start below."""

    changed = pyqtSignal(str, object)  # a field, its value
    preset_chosen = pyqtSignal(str)
    name_changed = pyqtSignal(str)
    check_requested = pyqtSignal()
    start_requested = pyqtSignal()
    closed = pyqtSignal()
    explanation_requested = pyqtSignal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.rows: dict[str, FormRow] = {}
        self.errors: dict[str, QLabel] = {}
        self._groups: list[QWidget] = []
        self._presets = ChoicePopup()
        self._presets.chosen.connect(self.preset_chosen)
        self._preset = ChipButton("Settings that go together, to begin with")
        self._preset.set_lead("Begin with")
        self._preset.set_popup(self._presets)
        self.name = QLineEdit()
        self.name.setAccessibleName("Name of the run")
        self.name.setToolTip("The name of the run’s folder")
        self.name.setMaximumWidth(220)
        self.name.textEdited.connect(self.name_changed)
        self.shut = IconButton("close", "Close; what was chosen stays")
        self.start = QPushButton("Start")
        self.start.setProperty("kind", "primary")
        self.start.setIcon(icon("play", "accent_text"))
        self.start.clicked.connect(self.start_requested)
        self.check = QPushButton("Check first")
        self.check.setToolTip(
            "A few seconds’ looks that find most mistakes before an hour is spent"
        )
        self.check.clicked.connect(self.check_requested)
        self.checks = CheckList()
        self.checks.changed.connect(self.fit)
        self.notice = NoticeLine()
        self._fields = QWidget()
        self._grid = QGridLayout(self._fields)
        self._grid.setContentsMargins(0, 0, 12, 0)
        self._grid.setHorizontalSpacing(32)
        self._grid.setVerticalSpacing(20)
        self._columns = 0
        self._arrange()

    def set_groups(self, groups: Sequence[Group], look: Look) -> None:
        """Make a control for each field."""
        for group in groups:
            box = QWidget()
            column = QVBoxLayout(box)
            column.setContentsMargins(0, 0, 0, 0)
            column.setSpacing(6)
            heading = QLabel(group.title)
            heading.setProperty("role", "heading")
            column.addWidget(heading)
            for field in group.fields:
                column.addWidget(self._row(field, look))
            column.addStretch(1)
            self._groups.append(box)
        self._place(force=True)

    def set_values(self, values: Mapping[str, Any], defaults: Mapping[str, Any]) -> None:
        for path, row in self.rows.items():
            row.set_value(values[path], defaults[path])

    def set_shown(self, paths: Sequence[str]) -> None:
        """Hide the fields that these settings do not ask for."""
        for path, row in self.rows.items():
            row.parentWidget().setVisible(path in paths)  # type: ignore[union-attr]  # its box
        self.fit()

    def set_error(self, path: str, text: str) -> None:
        """Say at a field what is wrong with it; "": nothing is."""
        label = self.errors[path]
        label.setText(text)
        label.setVisible(bool(text))
        self.fit()

    def set_presets(self, groups: Sequence[ChoiceGroup], current: str, title: str) -> None:
        self._presets.set_groups(groups)
        self._presets.set_current(current)
        self._preset.set_texts(title)

    def set_name(self, name: str) -> None:
        if name != self.name.text():
            self.name.setText(name)

    def set_checking(self, is_checking: bool) -> None:
        self.check.setText("Stop the check" if is_checking else "Check first")

    def _row(self, field: FormField, look: Look) -> QWidget:
        row = self.rows[field.path] = FormRow(field, look)
        row.changed.connect(self.changed)
        error = self.errors[field.path] = QLabel()
        error.setProperty("role", "bad")
        error.setWordWrap(True)
        error.hide()
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(row)
        column.addWidget(error)
        return box

    def _place(self, *, force: bool = False) -> None:
        columns = max(min(self.width() // COLUMN_PX, len(self._groups)), 1)
        if columns == self._columns and not force:
            return
        self._columns = columns
        for place, box in enumerate(self._groups):
            self._grid.addWidget(box, place // columns, place % columns)
        for column in range(self._grid.columnCount()):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)

    def _arrange(self) -> None:
        header = SectionHeader("", explains=True)
        header.explanation_requested.connect(lambda: self.explanation_requested.emit("learn-form"))
        header.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        title = QLabel("New run")
        title.setProperty("role", "title")
        named = QLabel("Name")
        named.setProperty("role", "muted")
        top = QHBoxLayout()
        top.setSpacing(12)
        for widget in (title, header, self._preset):
            top.addWidget(widget)
        top.addStretch(1)
        top.addWidget(named)
        top.addWidget(self.name, 1)
        top.addWidget(self.shut)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(self._fields)
        below = QHBoxLayout()
        below.setSpacing(8)
        below.addWidget(self.check)
        below.addStretch(1)
        below.addWidget(self.start)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(16)
        column.addLayout(top)
        column.addWidget(self._scroll, 1)
        column.addWidget(self.checks)
        column.addWidget(self.notice)
        column.addLayout(below)

    # Qt's own methods

    def sizeHint(self) -> QSize:
        return QSize(WIDEST_PX, super().sizeHint().height())

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self._place()
        self.fit()

    def fit(self) -> None:
        """Be as high as the fields, where the window has room for them."""
        window = self.window()
        if window is None or not self._groups:
            return
        around = sum(
            part.sizeHint().height() + 16
            for part in (self.name, self.checks, self.notice, self.start)
            if part.isVisibleTo(self)
        )
        room = window.height() - AROUND_PX - around
        needed = self._grid.sizeHint().height() + 4
        self._scroll.setFixedHeight(max(min(needed, room), LEAST_PX))


class CheckList(QWidget):
    """The lines of a check: green, red, or grey where it cannot be told."""

    changed = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self._lines: tuple[CheckLine, ...] = ()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(4)
        self.hide()

    def set_lines(self, lines: Sequence[CheckLine]) -> None:
        if tuple(lines) == self._lines:
            return
        self._lines = tuple(lines)
        while (item := self._column.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for line in self._lines:
            self._column.addWidget(_check_row(line))
        self.setVisible(bool(lines))
        self.changed.emit()

    def lines(self) -> tuple[CheckLine, ...]:
        return self._lines


def _check_row(line: CheckLine) -> QWidget:
    drawing, shade = SHADES[line.passed]
    sign = QLabel()
    sign.setPixmap(icon(drawing, shade).pixmap(QSize(14, 14)))
    title, words = QLabel(line.title), QLabel(line.words)
    title.setFixedWidth(190)
    words.setProperty("role", "detail")
    words.setWordWrap(True)
    row = QWidget()
    layout = QHBoxLayout(row)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(8)
    layout.addWidget(sign)
    layout.addWidget(title)
    layout.addWidget(words, 1)
    return row
