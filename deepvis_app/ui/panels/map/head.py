"""The head of the workspace: what is laid out, how far that is, in which colours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, QTimer, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from deepvis_app.state.map import MapTool, MapView
from deepvis_app.ui.kit.chip_button import ChipButton
from deepvis_app.ui.kit.choice_popup import ChoicePopup
from deepvis_app.ui.kit.elided_label import ElidedLabel
from deepvis_app.ui.kit.icons import icon
from deepvis_app.ui.kit.progress_line import ThinLine
from deepvis_app.ui.kit.section_header import help_button
from deepvis_app.ui.kit.segmented import Segment, Segmented

if TYPE_CHECKING:
    from PyQt6.QtGui import QKeyEvent

    from deepvis_app.ui.kit.choices import Offer

VIEWS = (
    Segment(MapView.MAP.value, "Map", "Pictures that the layer finds alike lie near each other"),
    Segment(MapView.GRID.value, "Grid", "Each picture in a cell of its own, near where it was"),
    Segment(MapView.ATLAS.value, "Atlas", "What the layer would like to see in each part of it"),
)
TOOLS = (
    Segment(MapTool.PAN.value, "Pan", "A drag moves the map; a click chooses a picture"),
    Segment(MapTool.LASSO.value, "Lasso", "A drag encircles pictures; Shift adds, Esc drops"),
)
SCAN = "scan"
TOPICS = ("map-of-codes", "activation-atlas")
TIPS = "Stop laying the pictures out; what there was stays", "Lay these pictures out by t-SNE"
TYPED_MS = 250  # after a letter, before what is typed is looked for
LINE_PX = 48
FIND_PX, FIND_NARROW_PX = 176, 128


class MapHead(QWidget):
    """Everything shown comes in by setters."""

    layer_picked = pyqtSignal(str)
    corpus_picked = pyqtSignal(str)
    folder_requested = pyqtSignal()
    colour_picked = pyqtSignal(str)
    cells_picked = pyqtSignal(str)
    class_picked = pyqtSignal(int, str)  # the first or the second of two, and which
    view_picked = pyqtSignal(str)
    tool_picked = pyqtSignal(str)
    find_changed = pyqtSignal(str)
    stop_requested = pyqtSignal()
    again_requested = pyqtSignal()
    explanation_requested = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("surface", "pane")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._is_narrow = self._is_atlas = self._has_classes = self._is_comparing = False
        self._words = ElidedLabel()
        self._words.setProperty("role", "muted")
        self._doing = ElidedLabel()
        self._doing.setProperty("role", "detail")
        self._line = ThinLine()
        self._line.setFixedWidth(LINE_PX)
        self._left = QLabel()
        self._left.setProperty("role", "detail")
        self.stop = self._quiet("Stop")
        self.stop.clicked.connect(self.stop_requested)
        self.again = self._quiet("Lay out by t-SNE")
        self.again.clicked.connect(self.again_requested)
        self.finder = self._make_find()
        self.layer, self._layers = self._chooser("Layer", "Whose codes are laid out", searches=True)
        self._layers.chosen.connect(self.layer_picked)
        self.corpus, self._corpora = self._chooser("", "Which scanned pictures are laid out")
        self.corpus.set_icon("pictures")
        self._corpora.add_action(
            SCAN, "Scan a folder…", "folder", "Scan the pictures of a folder with this network"
        )
        self._corpora.chosen.connect(self.corpus_picked)
        self._corpora.action_chosen.connect(lambda _: self.folder_requested.emit())
        self.colour, self._colours = self._chooser("Colour", "What the colours of points mean")
        self._colours.chosen.connect(self.colour_picked)
        self.cells, self._cells = self._chooser("Cells", "Into how many cells the map is cut")
        self._cells.chosen.connect(self.cells_picked)
        self.classes = tuple(
            self._chooser(lead, tip, searches=True)
            for lead, tip in (
                ("Compare", "A class to compare with another: the cells go from one to the other"),
                ("with", "The class that it is compared with"),
            )
        )
        for number, (_, popup) in enumerate(self.classes):
            popup.chosen.connect(lambda key, n=number: self.class_picked.emit(n, key))
        self.view = Segmented(VIEWS)
        self.view.setAccessibleName("Where pictures stand")
        self.view.picked.connect(self.view_picked)
        self.tool = Segmented(TOOLS)
        self.tool.setAccessibleName("What a drag does")
        self.tool.picked.connect(self.tool_picked)
        for segmented in (self.view, self.tool):
            segmented.keep_words(True)
        self._arrange()
        self.set_doing("", None)

    def set_words(self, text: str) -> None:
        """Say how many pictures there are, and what each is described by."""
        self._words.set_text(text)

    def set_doing(
        self,
        text: str,
        share: float | None,
        left: str = "",
        again: str = "",
        tips: tuple[str, str] = TIPS,
    ) -> None:
        """Say what is under way and how far it is; `share` None: nothing is.

        `again`: what could be done again, in a button's words. `tips` say what it does to stop, and
        to do it again.
        """
        for button, tip in zip((self.stop, self.again), tips, strict=True):
            button.setToolTip(tip)
        is_doing = share is not None
        self._doing.set_text(text)
        self._doing.setVisible(bool(text))
        self._line.setVisible(is_doing and not self._is_narrow)
        self._line.set_share(share or 0.0)
        self._left.setText(left)
        self._left.setVisible(is_doing and bool(left))
        self.stop.setVisible(is_doing)
        self.again.setText(again)
        self.again.setVisible(bool(again))

    def doing(self) -> str:
        return self._doing.toolTip() or self._doing.text()

    def words(self) -> str:
        return self._words.toolTip() or self._words.text()

    def set_layers(self, offer: Offer) -> None:
        _offer(self.layer, self._layers, offer)

    def set_corpora(self, offer: Offer) -> None:
        _offer(self.corpus, self._corpora, offer)

    def set_colours(self, offer: Offer) -> None:
        _offer(self.colour, self._colours, offer)

    def set_cells(self, offer: Offer) -> None:
        _offer(self.cells, self._cells, offer)

    def set_classes(
        self, first: Offer, second: Offer, *, has_classes: bool, is_comparing: bool
    ) -> None:
        """Offer two classes where there are any; the second where there is a first one."""
        for (chip, popup), offer in zip(self.classes, (first, second), strict=True):
            _offer(chip, popup, offer)
        self._has_classes, self._is_comparing = has_classes, is_comparing
        self._show_chips()

    def set_view(self, view: MapView) -> None:
        self.view.set_current(view.value)
        self._is_atlas = view is MapView.ATLAS
        self._show_chips()

    def _show_chips(self) -> None:
        """Show what is asked of the atlas in place of the colours, while that is looked at."""
        (first, _), (second, _) = self.classes
        for chip in (self.corpus, self.colour):
            chip.setVisible(not self._is_atlas)
        self.cells.setVisible(self._is_atlas and not self._is_comparing)
        first.setVisible(self._is_atlas and self._has_classes)
        second.setVisible(self._is_atlas and self._is_comparing)

    def set_tool(self, tool: MapTool) -> None:
        self.tool.set_current(tool.value)

    def set_found(self, text: str) -> None:
        """Say how many pictures have what is typed, "": nothing is."""
        self._found.setText(text)
        self._found.setVisible(bool(text))

    def set_enabled(self, has_map: bool) -> None:
        """Let what is for a map alone be used, or not."""
        classes = [chip for chip, _ in self.classes]
        for widget in (self.finder, self.view, self.tool, self.colour, self.cells, *classes):
            widget.setEnabled(has_map)

    def set_narrow(self, is_narrow: bool) -> None:
        """Go without the line where there is little room."""
        self._is_narrow = is_narrow
        self.finder.setFixedWidth(FIND_NARROW_PX if is_narrow else FIND_PX)
        self._line.setVisible(self.stop.isVisibleTo(self) and not is_narrow)

    # Making

    def _quiet(self, text: str) -> QPushButton:
        button = QPushButton(text)
        button.setProperty("kind", "quiet")
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def _make_find(self) -> FindField:
        field = FindField()
        field.setPlaceholderText("Find pictures")
        field.setToolTip("Frame the pictures whose name or class has these words; Enter chooses")
        field.setAccessibleName("Find pictures")
        field.setClearButtonEnabled(True)
        field.addAction(icon("search", "muted"), QLineEdit.ActionPosition.LeadingPosition)
        self._typed = QTimer(self)
        self._typed.setSingleShot(True)
        self._typed.setInterval(TYPED_MS)
        self._typed.timeout.connect(lambda: self.find_changed.emit(field.text()))
        field.textChanged.connect(lambda _: self._typed.start())
        self._found = QLabel()
        self._found.setProperty("role", "detail")
        return field

    def _chooser(
        self, lead: str, tip: str, *, searches: bool = False
    ) -> tuple[ChipButton, ChoicePopup]:
        popup = ChoicePopup(searchable=searches)
        chip = ChipButton(tip)
        chip.set_lead(lead)
        chip.set_popup(popup)
        for signal in (popup.chosen, popup.action_chosen):
            signal.connect(lambda _: chip.close_popup())
        return chip, popup

    def _arrange(self) -> None:
        title = QLabel("Map")
        title.setProperty("role", "title")
        self._help = help_button("the map")
        self._help.clicked.connect(lambda: self.explanation_requested.emit(TOPICS[self._is_atlas]))
        top, below = QHBoxLayout(), QHBoxLayout()
        for row in (top, below):
            row.setSpacing(8)
        said: tuple[QWidget, ...] = (title, self._words, self._help)
        doing: tuple[QWidget, ...] = (self._doing, self._line, self._left, self.stop, self.again)
        classes = tuple(chip for chip, _ in self.classes)
        chips: tuple[QWidget, ...] = (self.layer, self.corpus, self.colour, self.cells, *classes)
        for row, left, right in (
            (top, said, (*doing, self._found, self.finder)),
            (below, chips, (self.view, self.tool)),
        ):
            for widget in left:
                row.addWidget(widget)
            row.addStretch(1)
            for widget in right:
                row.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 9, 16, 9)
        column.setSpacing(6)
        column.addLayout(top)
        column.addLayout(below)
        self.set_found("")
        self.set_narrow(False)
        self._show_chips()


class FindField(QLineEdit):
    """Esc clears it first; Enter is told of."""

    chosen = pyqtSignal()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.chosen.emit()
        elif event is not None and event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
        else:
            super().keyPressEvent(event)


def _offer(chip: ChipButton, popup: ChoicePopup, offer: Offer) -> None:
    popup.set_groups(offer.groups)
    popup.set_current(offer.current)
    chip.set_texts(offer.title, offer.detail)
