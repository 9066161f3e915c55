"""Below the map: the pictures nearest to the frame, and what the chosen ones share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PyQt6.QtCore import QSize, Qt, pyqtSignal
from PyQt6.QtGui import QAction, QIcon, QPixmap
from PyQt6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from deepvis_app.ui.kit.elided_label import ElidedLabel
from deepvis_app.ui.kit.pixels import rgb_image
from deepvis_app.ui.kit.section_header import SectionHeader
from deepvis_app.ui.kit.tab_strip import TabStrip
from deepvis_app.ui.panels.map.strip import Strip
from deepvis_app.words.foreign import in_plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray
    from PyQt6.QtGui import QResizeEvent

NEAREST_PX, MEMBER_PX, ICON_PX = 56, 28, 20
NEAREST_WIDE = 328
KEEP, TABLE, DROP, TEACH = "keep", "table", "drop", "teach"
NEAR, LASSO = "near", "lasso"
NEAREST, CHOSEN = "Nearest to this frame", "Chosen"


@dataclass(frozen=True, slots=True, eq=False)
class UnitChip:
    """A unit that pictures share: its words, what they mean, and its best picture."""

    text: str
    tip: str
    picture: NDArray[np.uint8] | None = None


class MapFoot(QWidget):
    """Two panes side by side, or behind two tabs. Everything shown comes in by setters."""

    unit_picked = pyqtSignal(int)  # by its place among those shown
    save_chosen = pyqtSignal(str)  # KEEP, TABLE, DROP, TEACH
    recalled = pyqtSignal(str)  # a kept selection
    explanation_requested = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("surface", "pane")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.near = Strip(NEAREST_PX, "Pictures nearest to this frame")
        self.members = Strip(MEMBER_PX, "Chosen pictures")
        self.units = _Units()
        self.units.picked.connect(self.unit_picked)
        self.save = self._make_save()
        self._saved: tuple[tuple[str, str], ...] = ()
        self._current, self._can_keep = "", False
        self._near_names, self._hint = ElidedLabel(), QLabel()
        self._near_names.setProperty("role", "caption")
        self._hint.setProperty("role", "muted")
        self._hint.setWordWrap(True)
        self._near_header = self._header(NEAREST, "nearest")
        self._lasso_header = self._header(CHOSEN, "shared-units")
        self._near, self._lasso = self._make_near(), self._make_lasso()
        self.tabs, self._tab_row = TabStrip(), QWidget()
        self.tabs.add(NEAR, NEAREST)
        self.tabs.add(LASSO, CHOSEN)
        self.tabs.picked.connect(self._turn)
        tabs = QHBoxLayout(self._tab_row)
        tabs.setContentsMargins(16, 0, 16, 0)
        tabs.addWidget(self.tabs)
        self._divider = QFrame()
        self._divider.setFrameShape(QFrame.Shape.VLine)
        self._stack = QStackedWidget()
        self._row = QHBoxLayout()
        self._row.setSpacing(0)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._tab_row)
        column.addLayout(self._row)
        self._is_narrow: bool | None = None
        self.set_narrow(False)
        self.set_nearest("", "")
        self.set_members("", "")

    def set_narrow(self, is_narrow: bool) -> None:
        """Stand behind two tabs where there is no room side by side."""
        if is_narrow == self._is_narrow:
            return
        self._is_narrow = is_narrow
        self._tab_row.setVisible(is_narrow)
        for header, title in ((self._near_header, NEAREST), (self._lasso_header, CHOSEN)):
            header.set_title("" if is_narrow else title)  # the tab says it
        while self._row.takeAt(0) is not None:
            pass
        if is_narrow:
            for part in (self._near, self._lasso):
                self._stack.addWidget(part)
            self._near.setMaximumWidth(16_777_215)
            self._row.addWidget(self._stack)
            self._stack.show()
            self._divider.hide()
            self._turn(self.tabs.current())
            return
        self._stack.hide()
        for part in (self._near, self._lasso):
            self._stack.removeWidget(part)
            part.setParent(self)
            part.show()
        self._near.setFixedWidth(NEAREST_WIDE)
        self._divider.show()
        self._row.addWidget(self._near)
        self._row.addWidget(self._divider)
        self._row.addWidget(self._lasso, 1)

    def show_tab(self, key: str) -> None:
        """Bring one of both to the front, where they stand behind tabs."""
        self.tabs.set_current(key)
        self._turn(key)

    def _turn(self, key: str) -> None:
        if self._is_narrow:
            self._stack.setCurrentWidget(self._near if key == NEAR else self._lasso)

    def set_nearest(self, detail: str, names: str, *, is_odd: bool = False) -> None:
        """Say how distances are taken, and what the nearest are called."""
        self._near_header.set_detail(detail, pinned=is_odd)
        self._near_names.set_text(names)

    def set_members(self, detail: str, hint: str) -> None:
        """Say of the chosen pictures how many they are and what most are; else what to do."""
        self._lasso_header.set_detail(detail)
        self._hint.setText(hint)
        self._hint.setVisible(bool(hint))
        for part in (self.members, self.units):
            part.setVisible(not hint)

    def hint(self) -> str:
        return self._hint.text()

    def set_units(self, words: str, chips: Sequence[UnitChip]) -> None:
        self.units.set_chips(words, chips)

    def set_saved(self, saved: Sequence[tuple[str, str]], current: str, *, can_keep: bool) -> None:
        """Offer the selections that are kept: a name and how many each; and to keep this one."""
        self._saved, self._current, self._can_keep = tuple(saved), current, can_keep

    def menu(self) -> QMenu:
        """Return what can be done with chosen pictures; it deletes itself when it closes."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._add(menu, "Keep these pictures…", KEEP).setEnabled(self._can_keep)
        self._add(menu, "Teach a concept by these…", TEACH).setEnabled(self._can_keep)
        self._add(menu, "Write these as CSV" if self._can_keep else "Write all as CSV", TABLE)
        if self._current:
            self._add(menu, f"Forget “{in_plain(self._current, 40)}”", DROP)
        if self._saved:
            menu.addSeparator()
        for name, count in self._saved:
            action = QAction(f"{in_plain(name, 40)}, {count}", menu)
            action.setCheckable(True)
            action.setChecked(name == self._current)
            action.triggered.connect(lambda _, name=name: self.recalled.emit(name))
            menu.addAction(action)
        return menu

    def _add(self, menu: QMenu, text: str, key: str) -> QAction:
        action = QAction(text, menu)
        action.triggered.connect(lambda: self.save_chosen.emit(key))
        menu.addAction(action)
        return action

    def _make_save(self) -> QPushButton:
        button = QPushButton("Save")
        button.setProperty("kind", "quiet")
        button.setToolTip("Keep the chosen pictures, write a table, or take kept ones again")
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(
            lambda: self.menu().popup(button.mapToGlobal(button.rect().bottomLeft()))
        )
        return button

    def _header(self, title: str, topic: str) -> SectionHeader:
        header = SectionHeader(title, explains=True)
        header.explanation_requested.connect(lambda: self.explanation_requested.emit(topic))
        return header

    def _make_near(self) -> QWidget:
        pane = QWidget()
        column = QVBoxLayout(pane)
        column.setContentsMargins(16, 10, 16, 8)
        column.setSpacing(6)
        for widget in (self._near_header, self.near, self._near_names):
            column.addWidget(widget)
        column.addStretch(1)
        return pane

    def _make_lasso(self) -> QWidget:
        pane = QWidget()
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self._lasso_header, 1)
        head.addWidget(self.save)
        column = QVBoxLayout(pane)
        column.setContentsMargins(16, 6, 16, 8)
        column.setSpacing(6)
        column.addLayout(head)
        for widget in (self.members, self.units, self._hint):
            column.addWidget(widget)
        column.addStretch(1)
        return pane


class _Units(QWidget):
    """Buttons in a row, as many as there is room for, behind what they are."""

    picked = pyqtSignal(int)

    def __init__(self) -> None:
        super().__init__()
        self._chips: tuple[UnitChip, ...] = ()
        self._words = QLabel()
        self._words.setProperty("role", "caption")
        self._buttons: list[QPushButton] = []
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(6)
        self._row.addWidget(self._words)
        self._row.addStretch(1)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Units that the chosen pictures share")

    def set_chips(self, words: str, chips: Sequence[UnitChip]) -> None:
        """Say what they are, and show them."""
        before, self._chips = self._chips, tuple(chips)
        self._words.setText(words)
        while len(self._buttons) < len(chips):
            self._add()
        for number, chip in enumerate(chips):
            old = before[number].picture if number < len(before) else None
            self._show(self._buttons[number], chip, has_picture=chip.picture is old)
        self._fit()

    def buttons(self) -> list[QPushButton]:
        """Return those that are shown."""
        return [button for button in self._buttons if not button.isHidden()]

    def words(self) -> str:
        return self._words.text()

    def _add(self) -> None:
        button, number = QPushButton(), len(self._buttons)
        button.setProperty("kind", "chip")
        button.setIconSize(QSize(ICON_PX, ICON_PX))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda: self.picked.emit(number))
        self._buttons.append(button)
        self._row.insertWidget(self._row.count() - 1, button)

    def _show(self, button: QPushButton, chip: UnitChip, *, has_picture: bool) -> None:
        button.setText(chip.text)
        button.setToolTip(chip.tip)
        button.setAccessibleName(chip.tip)
        if not has_picture:
            picture = chip.picture
            pixmap = QPixmap() if picture is None else QPixmap.fromImage(rgb_image(picture))
            button.setIcon(QIcon(pixmap))

    def _fit(self) -> None:
        left = self._words.sizeHint().width()
        for number, button in enumerate(self._buttons):
            left += button.sizeHint().width() + self._row.spacing()
            button.setVisible(number < len(self._chips) and left <= self.width())

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self._fit()
