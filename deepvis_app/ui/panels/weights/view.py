"""What a unit is made of. Everything shown comes in by setters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from deepvis_app.ui.kit.elided_label import ElidedLabel
from deepvis_app.ui.kit.plots.histogram_plot import HistogramPlot
from deepvis_app.ui.kit.section_header import SectionHeader
from deepvis_app.ui.kit.segmented import Segment, Segmented
from deepvis_app.ui.panels.weights.class_weights import ClassColumns, SortedWeights
from deepvis_app.ui.panels.weights.filters_view import FiltersView
from deepvis_app.ui.panels.weights.reach_view import ReachView
from deepvis_app.ui.panels.weights.sum_bars import SumBars
from deepvis_app.ui.panels.weights.unit_rows import UnitRows

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from deepvis_app.ui.panels.weights.shown import ClassRow, SumLines, UnitRow

    Floats = NDArray[np.float32]
    Colours = NDArray[np.uint8]

NOW, WEIGHT = "now", "weight"
ORDERS = (
    Segment(NOW, "Now", "Order inputs by what they give on this frame: weight times input"),
    Segment(WEIGHT, "Weight only", "Order inputs by the length of their kernels alone"),
)
VALUE_HEADS = {NOW: "weight × input", WEIGHT: "sum of weights"}
SPREAD_PX = 72


class WeightsView(QWidget):
    """A page of the inspector: the sum, what comes in, what goes out, the way to the picture."""

    by_weight_picked = pyqtSignal(bool)
    incoming_picked = pyqtSignal(int)
    outgoing_picked = pyqtSignal(int)
    back_requested = pyqtSignal()
    instead_requested = pyqtSignal()  # to go to the layer that has weights
    copy_requested = pyqtSignal()
    save_requested = pyqtSignal()
    explanation_requested = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        self.bars = SumBars()
        self.incoming = UnitRows("Incoming units", VALUE_HEADS[NOW], has_seen=True)
        self.outgoing = UnitRows("Outgoing units", "sum of weights", has_seen=False)
        self.sorted = SortedWeights()
        self.classes = ClassColumns()
        self.filters = FiltersView()
        self.reach = ReachView()
        self.weights = HistogramPlot("Histogram of the layer's weights", SPREAD_PX, "muted")
        self.norms = HistogramPlot("Histogram of the lengths of units", SPREAD_PX, "muted")
        self._sum_header = self._header("What adds up", "sum")
        self._in_header = self._header("Incoming", "incoming")
        self._out_header = self._header("Outgoing", "outgoing")
        self._spread_header = self._header("Weights of the layer", "spread")
        self.filters.explanation_requested.connect(
            lambda: self.explanation_requested.emit("filters")
        )
        self.reach.explanation_requested.connect(lambda: self.explanation_requested.emit("reach"))
        self.incoming.picked.connect(self.incoming_picked)
        self.outgoing.picked.connect(self.outgoing_picked)
        self._lends_focus = False  # the rows are away, and Back has the keyboard for them
        self._sum_note = _muted()
        self._out_note = _muted()
        self._arrange()

    # What is shown

    def set_message(self, cause: str, remedy: str = "", instead: str = "") -> None:
        """Say in the sum's and the inputs' place why there are none; "": there are.

        `instead` is a layer that the button goes to.
        """
        self._message.setText(f"{cause}. {remedy}." if remedy else cause)
        self._message.setVisible(bool(cause))
        self._instead.setText(f"Go to {instead}")
        self._instead.setVisible(bool(instead))
        self._made_of.setVisible(not cause)
        self._spread.setVisible(not cause)
        self._buttons.setVisible(not cause)

    def message(self) -> str:
        return "" if self._message.isHidden() else self._message.text()

    def set_sum(self, title: str, detail: str, lines: SumLines | None, note: str) -> None:
        self._sum_header.set_title(title)
        self._sum_header.set_detail(detail)
        self.bars.set_lines(lines)
        _say(self._sum_note, note)

    def set_incoming(
        self, title: str, detail: str, rows: Sequence[UnitRow], colours: Colours
    ) -> None:
        """Show what comes in; no rows: the section is not shown."""
        self._in_header.set_title(title)
        self._in_header.set_detail(detail)
        self.incoming.set_rows(rows, colours)
        self._hand_on_focus(has_rows=bool(rows))
        for widget in (self._in_header, self.incoming, self._order, self._hint):
            widget.setVisible(bool(rows))

    def _hand_on_focus(self, *, has_rows: bool) -> None:
        """Keep the keyboard near the rows where one steps to a unit without any, and back."""
        reason = Qt.FocusReason.TabFocusReason
        if not has_rows and self.incoming.hasFocus():
            self._back.setFocus(reason)
            self._lends_focus = True
        elif has_rows and self._lends_focus:
            self._lends_focus = False
            self.incoming.show()
            self.incoming.setFocus(reason)

    def set_by_weight(self, by_weight: bool) -> None:
        key = WEIGHT if by_weight else NOW
        self._order.set_current(key)
        self.incoming.set_value_head(VALUE_HEADS[key])

    def set_back(self, unit: str) -> None:
        """Say which unit Back leads to; "": nowhere."""
        self._lends_focus = self._lends_focus and self._back.hasFocus()
        self._back.setEnabled(bool(unit))
        tip = f"Go back to {unit}" if unit else "Step into a unit first: Enter, or a click on it"
        self._back.setToolTip(f"{tip} (Backspace)" if unit else tip)

    def set_outgoing(self, title: str, detail: str, rows: Sequence[UnitRow], note: str) -> None:
        """Show units that read this one; none: `note` says why."""
        self._set_out(title, detail, note)
        self.outgoing.set_rows(rows)
        self.outgoing.setVisible(bool(rows))
        self.sorted.hide()
        self.classes.hide()

    def set_classes(
        self, title: str, detail: str, values: Floats, columns: Sequence[Sequence[ClassRow]]
    ) -> None:
        """Show the weights of classes."""
        self._set_out(title, detail, "")
        self.sorted.set_values(values)
        self.classes.set_columns(columns)
        self.outgoing.hide()
        self.sorted.setVisible(len(columns) > 1)
        self.classes.show()

    def set_spread(
        self, detail: str, weights: Floats | None, norms: Floats | None, norm: float | None
    ) -> None:
        self._spread_header.set_detail(detail)
        self.weights.set_values(weights)
        self.norms.set_values(norms, norm)

    def _set_out(self, title: str, detail: str, note: str) -> None:
        self._out_header.set_title(title)
        self._out_header.set_detail(detail)
        _say(self._out_note, note)

    # Laying out

    def _header(self, title: str, topic: str) -> SectionHeader:
        header = SectionHeader(title, explains=True)
        header.explanation_requested.connect(lambda: self.explanation_requested.emit(topic))
        return header

    def _arrange(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 16)
        column.setSpacing(8)
        column.addWidget(self._empty())
        self._made_of = _stack(
            self._sum_header, self.bars, self._sum_note, self.filters, self._in_header,
            self.incoming, self._controls(),
        )  # fmt: skip
        column.addWidget(self._made_of)
        column.addWidget(
            _stack(self._out_header, self._out_note, self.sorted, self.classes, self.outgoing)
        )
        column.addWidget(self.reach)
        column.addWidget(self._make_spread())
        column.addWidget(self._make_buttons())
        column.addStretch(1)

    def _empty(self) -> QWidget:
        self._message = _muted()
        self._instead = QPushButton()
        self._instead.setToolTip("Pick the same unit of the layer before that has weights")
        self._instead.clicked.connect(self.instead_requested)
        row = QHBoxLayout()
        row.addWidget(self._instead)
        row.addStretch(1)
        holder = _stack(self._message)
        layout = holder.layout()
        assert isinstance(layout, QVBoxLayout)
        layout.addLayout(row)
        return holder

    def _controls(self) -> QWidget:
        self._order = Segmented(ORDERS, NOW)
        self._order.setAccessibleName("Order of the incoming units")
        self._order.picked.connect(lambda key: self.by_weight_picked.emit(key == WEIGHT))
        self._back = QPushButton("Back")
        self._back.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._back.clicked.connect(self.back_requested)
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        self._hint = hint = ElidedLabel()
        hint.set_text("↵ steps in")
        hint.setProperty("role", "detail")
        hint.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self._order)
        row.addWidget(hint, 1)
        row.addStretch()
        row.addWidget(self._back)
        self.set_back("")
        return holder

    def _make_spread(self) -> QWidget:
        pair = QHBoxLayout()
        pair.setSpacing(8)
        for plot, title in ((self.weights, "every weight"), (self.norms, "length of each unit")):
            plot.set_empty_text("Not read yet")
            name = QLabel(title)
            name.setProperty("role", "detail")
            part = QVBoxLayout()
            part.setSpacing(2)
            part.addWidget(plot)
            part.addWidget(name)
            pair.addLayout(part, 1)
        self._spread = _stack(self._spread_header)
        layout = self._spread.layout()
        assert isinstance(layout, QVBoxLayout)
        layout.addLayout(pair)
        return self._spread

    def _make_buttons(self) -> QWidget:
        copy = QPushButton("Copy")
        copy.setToolTip("Copy all weights of the unit as a table of text")
        copy.clicked.connect(self.copy_requested)
        save = QPushButton("Save as CSV")
        save.setToolTip("Write all weights of the unit into a file, a line an input or a reader")
        save.clicked.connect(self.save_requested)
        self._buttons = QWidget()
        row = QHBoxLayout(self._buttons)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        for button in (copy, save):
            button.setProperty("kind", "quiet")
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            row.addWidget(button)
        row.addStretch(1)
        return self._buttons


def _muted() -> QLabel:
    label = QLabel()
    label.setProperty("role", "muted")
    label.setWordWrap(True)
    label.hide()
    return label


def _say(label: QLabel, text: str) -> None:
    if label.text() != text:
        label.setText(text)
        label.setVisible(bool(text))


def _stack(*widgets: QWidget) -> QWidget:
    holder = QWidget()
    column = QVBoxLayout(holder)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(8)
    for widget in widgets:
        column.addWidget(widget)
    return holder
