"""Loss and accuracy of the runs side by side; one of them where there is little room."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtGui import QAction, QActionGroup
from PyQt6.QtWidgets import QHBoxLayout, QMenu, QVBoxLayout, QWidget

from deepvis_app.ui.kit.choice_popup import ChoicePopup
from deepvis_app.ui.kit.icon_button import IconButton
from deepvis_app.ui.kit.plots.step_plot import StepPlot
from deepvis_app.ui.kit.popup_button import PopupButton
from deepvis_app.ui.kit.section_header import SectionHeader
from deepvis_app.ui.kit.segmented import Segment, Segmented

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deepvis_app.ui.kit.choices import ChoiceGroup

LOSS, ACCURACY = "loss", "accuracy"
TITLES = {LOSS: "Loss", ACCURACY: "Accuracy"}
AXES = (("steps", "Steps"), ("epochs", "Epochs"), ("time", "Time"))
SMOOTH = (
    (0, "A fiftieth of the values"),
    (1, "One value: no mean"),
    *((count, f"{count} values") for count in (10, 50, 200, 1000)),
)
HEIGHT = 152


class CurvesView(QWidget):
    """Everything shown comes in by setters of its parts, and by `set_looks`."""

    curve_picked = pyqtSignal(str)
    axis_picked = pyqtSignal(str)
    smooth_picked = pyqtSignal(int)
    log_toggled = pyqtSignal(bool)
    tag_picked = pyqtSignal(str, str)  # the plot, a scalar of the log, "": the usual one
    explanation_requested = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        self.plots: dict[str, StepPlot] = {}
        self._headers: dict[str, SectionHeader] = {}
        self._tags: dict[str, ChoicePopup] = {}
        self._tag_buttons: dict[str, PopupButton] = {}
        self._cells: dict[str, QWidget] = {}
        self._is_narrow = False
        self._looks = ("steps", 0, False)
        self.switch = Segmented([Segment(key, TITLES[key]) for key in TITLES])
        self.switch.setAccessibleName("Which curves")
        self.switch.picked.connect(self.curve_picked)
        self.options = IconButton("settings", "Logarithmic axis, smoothing, steps, epochs or time")
        self.options.setProperty("kind", "")
        self.options.setFixedSize(22, 22)
        self.options.clicked.connect(self._open_menu)
        row = QHBoxLayout()
        row.setSpacing(24)
        for key in TITLES:
            row.addWidget(self._make(key), 1)
        self._top = QHBoxLayout()
        self._top.addWidget(self.switch)
        self._top.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 10, 16, 0)
        column.setSpacing(4)
        column.addLayout(self._top)
        column.addLayout(row)
        self.set_narrow(False, LOSS)

    def set_detail(self, key: str, detail: str) -> None:
        self._headers[key].set_detail(detail)

    def set_title(self, key: str, title: str) -> None:
        self._headers[key].set_title(title)

    def set_tags(self, key: str, groups: Sequence[ChoiceGroup], current: str) -> None:
        """Offer the scalars of the log; none: the usual ones are all there are."""
        self._tag_buttons[key].setVisible(bool(groups))
        self._tags[key].set_groups(groups)
        self._tags[key].set_current(current)

    def set_looks(self, axis: str, smooth: int, is_log: bool) -> None:
        self._looks = (axis, smooth, is_log)

    def set_narrow(self, is_narrow: bool, curve: str) -> None:
        """Show one plot with a switch, or both."""
        self._is_narrow = is_narrow
        self.switch.setVisible(is_narrow)
        self.switch.set_current(curve)
        for key, cell in self._cells.items():
            cell.setVisible(not is_narrow or key == curve)

    def menu(self) -> QMenu:
        """Return how curves may be drawn; it deletes itself when it closes."""
        menu = QMenu(self)
        menu.aboutToHide.connect(menu.deleteLater)
        self.extend(menu)
        return menu

    def extend(self, menu: QMenu) -> None:
        """Add how curves may be drawn to a menu."""
        axis, smooth, is_log = self._looks
        if menu.actions():
            menu.addSeparator()
        log = menu.addAction("Logarithmic loss")
        assert log is not None
        log.setCheckable(True)
        log.setChecked(is_log)
        log.toggled.connect(self.log_toggled)
        over = menu.addMenu("Over")
        mean = menu.addMenu("Mean over")
        assert over is not None
        assert mean is not None
        group = QActionGroup(menu)
        for key, text in AXES:
            self._add(over, group, text, key == axis, lambda key=key: self.axis_picked.emit(key))
        group = QActionGroup(menu)
        for count, text in SMOOTH:
            self._add(
                mean, group, text, count == smooth, lambda n=count: self.smooth_picked.emit(n)
            )

    def _add(self, menu: QMenu, group: QActionGroup, text: str, is_on: bool, do: object) -> None:
        action = QAction(text, menu)
        action.setCheckable(True)
        action.setChecked(is_on)
        action.triggered.connect(do)  # type: ignore[arg-type]  # a function
        group.addAction(action)
        menu.addAction(action)

    def _open_menu(self) -> None:
        self.menu().popup(self.options.mapToGlobal(self.options.rect().bottomLeft()))

    def _make(self, key: str) -> QWidget:
        header = self._headers[key] = SectionHeader(TITLES[key], explains=True)
        header.explanation_requested.connect(
            lambda: self.explanation_requested.emit("learn-curves")
        )
        popup = self._tags[key] = ChoicePopup(searchable=True)
        popup.chosen.connect(lambda tag: self.tag_picked.emit(key, tag))
        button = self._tag_buttons[key] = PopupButton(popup, "Which of the log’s scalars is drawn")
        button.set_text("Scalar…")
        plot = self.plots[key] = StepPlot(TITLES[key], ("", "Drawn as the steps go on"), HEIGHT)
        plot.extend_menu = self.extend
        head = QHBoxLayout()
        head.setSpacing(4)
        head.addWidget(header, 1)
        head.addWidget(button)
        if key == LOSS:
            head.addWidget(self.options)
        cell = self._cells[key] = QWidget()
        column = QVBoxLayout(cell)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(head)
        column.addWidget(plot)
        return cell
