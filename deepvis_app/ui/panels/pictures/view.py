"""Which scanned pictures excite the unit, and how its scores are spread over all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QRect, Qt, QTimer, pyqtSignal
from PyQt6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QInputDialog,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from deepvis_app.state.pictures import PictureLook
from deepvis_app.ui.kit.chip_button import ChipButton
from deepvis_app.ui.kit.choice_popup import ChoicePopup
from deepvis_app.ui.kit.elided_label import ElidedLabel
from deepvis_app.ui.kit.section_header import SectionHeader
from deepvis_app.ui.kit.segmented import Segment, Segmented
from deepvis_app.ui.panels.pictures.band_slider import BandSlider
from deepvis_app.ui.panels.pictures.card import PatchCard
from deepvis_app.ui.panels.pictures.class_table import ClassTable
from deepvis_app.ui.panels.pictures.faults import FaultButton
from deepvis_app.ui.panels.pictures.scan_bar import ScanBar
from deepvis_app.ui.panels.pictures.score_plot import ScorePlot
from deepvis_app.ui.panels.pictures.session_frames import SessionFrames
from deepvis_app.ui.panels.pictures.tiles import TileGrid
from deepvis_app.ui.panels.pictures.toggles import Toggles

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PyQt6.QtGui import QDragEnterEvent, QDropEvent, QHideEvent

    from deepvis_app.ui.kit.choice_popup import ChoiceGroup
    from deepvis_app.ui.panels.pictures.card import Closer
    from deepvis_app.ui.panels.pictures.tiles import Tile

LOOKS = (
    Segment(PictureLook.CROP.value, "Crop", "Exactly what the best place sees of each picture"),
    Segment(
        PictureLook.GUIDED.value,
        "Guided",
        "What of each crop makes the place fire: guided backprop from there",
    ),
    Segment(
        PictureLook.DECONV.value,
        "Deconv",
        "What of each crop makes the place fire: deconvnet, as in the Deep Visualization Toolbox",
    ),
    Segment(PictureLook.WHOLE.value, "Whole", "Each picture as the network sees it, field framed"),
)
SCAN, RENAME, AGAIN, REMOVE = "scan", "rename", "again", "remove"
STAY_MS = 250  # how long the card stays for the pointer to come over


class PicturesView(QWidget):
    """The inspector's fourth page. Everything shown comes in by setters."""

    look_picked = pyqtSignal(object)  # PictureLook
    corpus_picked = pyqtSignal(str)
    folder_chosen = pyqtSignal(str)  # to be scanned
    renamed = pyqtSignal(str)
    again_requested = pyqtSignal()
    layers_requested = pyqtSignal()  # the same pictures are to be scanned by all layers
    remove_requested = pyqtSignal()
    pointed = pyqtSignal(int)  # a tile that more is to be shown of; -1: none
    use_requested = pyqtSignal(int)
    open_requested = pyqtSignal(int)
    preferred_requested = pyqtSignal()
    explanation_requested = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        self._name = ""
        self._folder = ""
        self._carded: int | None = None  # the tile that the card is of
        self.card = PatchCard()
        self.tiles = TileGrid(3, "Pictures that excite the unit")
        self.beside = TileGrid(3, "Preferred image, best picture and its deconvolution")
        self.band = BandSlider()
        self.toggles = Toggles()
        self.plot = ScorePlot()
        self.classes = ClassTable()
        self.scan = ScanBar()
        self.faults = FaultButton()
        self.frames = SessionFrames()
        self._stay = QTimer(self)
        self._stay.setSingleShot(True)
        self._stay.setInterval(STAY_MS)
        self._stay.timeout.connect(self.hide_card)
        self._make_head()
        self._make_labels()
        self._arrange()
        self._connect()
        self.setAcceptDrops(True)
        self.set_empty("", "")

    # What is shown

    def set_look(self, look: PictureLook) -> None:
        self._looks.set_current(look.value)

    def set_corpora(self, groups: Sequence[ChoiceGroup], current: str, name: str) -> None:
        """Offer corpora by their folders; `name` is that of the present one."""
        self._name = name
        self._popup.set_groups(groups)
        self._popup.set_current(current)
        self._chip.set_texts(name)
        self._chip.setVisible(bool(groups))

    def set_scanned(self, text: str, faults: Sequence[tuple[str, str]], more: int) -> None:
        """Say how much is scanned, and which pictures could not be read, and why."""
        self._scanned.set_text(text)
        self._scanned.setVisible(bool(text))
        self.faults.set_faults(faults, more)

    def set_empty(self, text: str, remedy: str, *, offers: bool = False) -> None:
        """Say in place of all why there is nothing, and offer to scan a folder; "": there is."""
        self._looks.setVisible(not text)
        self._empty_text.setText(text)
        self._empty_remedy.setText(remedy)
        self._choose.setVisible(offers)
        self._empty.setVisible(bool(text))
        self._full.setVisible(not text)
        if text:
            self.hide_card()

    def set_message(self, text: str, *, is_all: bool = False, offers_layers: bool = False) -> None:
        """Say of the unit what the tiles cannot; "": nothing. `is_all`: that is all there is.

        `offers_layers`: all layers can be scanned, where this one was not.
        """
        self._all_layers.setVisible(offers_layers)
        self._message.setText(text)
        self._message.setVisible(bool(text))
        for widget in (self.band, self.toggles, self._spread, self.plot):
            widget.setVisible(not is_all)

    def set_tiles(self, tiles: Sequence[Tile]) -> None:
        self.tiles.set_tiles(tiles)
        self.tiles.setVisible(bool(tiles))
        if self._carded is not None and self._carded >= len(tiles):
            self.hide_card()

    def set_spread_words(self, title: str, live: str) -> None:
        self._spread.set_title(title)
        self._spread.set_detail(live)

    def set_classes_words(self, detail: str, sentence: str) -> None:
        self._classes.set_detail(detail)
        self._why_not.setText(sentence)
        self._why_not.setVisible(bool(sentence))

    def set_beside(self, tiles: Sequence[Tile]) -> None:
        self.beside.set_tiles(tiles)
        for widget in (self.beside, self._side):
            widget.setVisible(bool(tiles))

    def set_card(self, shown: Closer) -> None:
        """Show a tile closer, beside it."""
        self.card.set_closer(shown)
        if self._carded is None or not self.isVisible():
            return
        self.tiles.set_marked(self._carded)
        tile = self.tiles.cell_rect(self._carded).toRect()
        row = QRect(0, tile.top(), self.tiles.width(), tile.height())
        window = self.window() or self
        at = QRect(self.tiles.mapTo(window, row.topLeft()), row.size())
        self.card.show_beside(at, window)

    def hide_card(self) -> bool:
        """Put the card away; return whether it was there."""
        self._stay.stop()
        was_there, self._carded = self._carded is not None, None
        self.card.hide()
        self.tiles.set_marked(None)
        if was_there:
            self.pointed.emit(-1)
        return was_there

    # Gestures

    def choose_folder(self) -> None:
        """Ask which folder is to be scanned."""
        name = QFileDialog.getExistingDirectory(self, "Scan the pictures of a folder", self._folder)
        if name:
            self._folder = str(Path(name).parent)
            self.folder_chosen.emit(name)

    def _act(self, key: str) -> None:
        self._chip.close_popup()
        if key == SCAN:
            self.choose_folder()
        elif key == AGAIN:
            self.again_requested.emit()
        elif key == REMOVE:
            self.remove_requested.emit()
        else:
            name, is_sure = QInputDialog.getText(
                self, "Rename", "What these pictures are called", text=self._name
            )
            if is_sure:
                self.renamed.emit(name)

    def _pick_corpus(self, key: str) -> None:
        self._chip.close_popup()
        self.corpus_picked.emit(key)

    def _point(self, index: int) -> None:
        self._stay.stop()
        self._carded = index
        self.pointed.emit(index)

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:
        if event is not None and _dragged_folder(event) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent | None) -> None:
        """Scan a folder that is dropped here; dropped elsewhere it is streamed."""
        folder = None if event is None else _dragged_folder(event)
        if event is not None and folder is not None:
            event.acceptProposedAction()
            self.folder_chosen.emit(str(folder))

    def hideEvent(self, event: QHideEvent | None) -> None:
        super().hideEvent(event)
        self.hide_card()

    # Making

    def _make_head(self) -> None:
        self._looks = Segmented(LOOKS, PictureLook.CROP.value)
        self._looks.setAccessibleName("What is shown of each picture")
        self._looks.keep_words(True)
        self._popup = ChoicePopup()
        self._popup.add_action(SCAN, "Scan a folder…", "folder", "Scan the pictures of a folder")
        self._popup.add_action(
            AGAIN, "Again", "refresh", "Scan what has come into the folder since"
        )
        self._popup.add_action(RENAME, "Rename…", "", "Call these pictures something else")
        self._popup.add_action(REMOVE, "", "trash", "Forget what was scanned; the pictures stay")
        self._chip = ChipButton("Which scanned pictures are looked at; scan others")
        self._chip.set_popup(self._popup)

    def _make_labels(self) -> None:
        self._scanned = ElidedLabel(Qt.TextElideMode.ElideMiddle)
        self._scanned.setProperty("role", "detail")
        self._message, self._why_not = QLabel(), QLabel()
        for label, role in ((self._message, "value"), (self._why_not, "muted")):
            label.setProperty("role", role)
            label.setWordWrap(True)
            label.hide()
        self._all_layers = QPushButton("Scan all layers")
        self._all_layers.setToolTip("Scan the same pictures by all layers, directions too")
        self._all_layers.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._all_layers.clicked.connect(self.layers_requested)
        self._all_layers.hide()
        self._spread = self._explained("Scores", "spread")
        self._classes = self._explained("Which classes", "classes")
        self._side = self._explained("Side by side", "side-by-side")
        self._empty_text, self._empty_remedy = QLabel(), QLabel()
        self._empty_text.setProperty("role", "heading")
        self._empty_remedy.setProperty("role", "muted")
        self._choose = QPushButton("Choose a folder…")
        self._choose.setProperty("kind", "primary")
        self._choose.setToolTip("Scan the pictures of a folder; one can be dropped here, too")

    def _explained(self, title: str, topic: str) -> SectionHeader:
        header = SectionHeader(title, explains=True)
        header.explanation_requested.connect(lambda: self.explanation_requested.emit(topic))
        return header

    def _arrange(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self._looks)
        head.addStretch(1)
        head.addWidget(self._chip)
        told = QHBoxLayout()
        told.setSpacing(8)
        told.addWidget(self._scanned, 1)
        told.addWidget(self.faults)
        self._empty = QWidget()
        empty = QVBoxLayout(self._empty)
        empty.setContentsMargins(0, 96, 0, 16)
        empty.setSpacing(8)
        for label in (self._empty_text, self._empty_remedy):
            label.setWordWrap(True)
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            empty.addWidget(label)
        empty.addSpacing(8)
        empty.addWidget(self._choose, 0, Qt.AlignmentFlag.AlignHCenter)
        self._full = QWidget()
        full = QVBoxLayout(self._full)
        full.setContentsMargins(0, 0, 0, 0)
        full.setSpacing(8)
        full.addLayout(told)
        for widget in (
            self._message, self._all_layers, self.tiles, self.band, self.toggles, self._spread,
            self.plot, self._side, self.beside, self._classes, self._why_not, self.classes,
        ):  # fmt: skip
            full.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 16)
        column.setSpacing(8)
        column.addLayout(head)
        column.addWidget(self.scan)
        column.addWidget(self._empty)
        column.addWidget(self._full)
        column.addWidget(self.frames)
        column.addStretch(1)

    def _connect(self) -> None:
        self._looks.picked.connect(lambda key: self.look_picked.emit(PictureLook(key)))
        self._popup.chosen.connect(self._pick_corpus)
        self._popup.action_chosen.connect(self._act)
        self._choose.clicked.connect(self.choose_folder)
        tiles, card = self.tiles, self.card
        tiles.pointed.connect(self._point)
        tiles.picked.connect(self._point)
        tiles.left.connect(self._stay.start)
        tiles.used.connect(self.use_requested)
        tiles.opened.connect(self.open_requested)
        self.frames.explanation_requested.connect(
            lambda: self.explanation_requested.emit("session")
        )
        card.entered.connect(self._stay.stop)
        card.exited.connect(self._stay.start)
        card.use_requested.connect(lambda: self._from_card(self.use_requested.emit))
        card.open_requested.connect(lambda: self._from_card(self.open_requested.emit))
        self.beside.picked.connect(
            lambda place: self.preferred_requested.emit() if place == 0 else None
        )

    def _from_card(self, tell: Callable[[int], None]) -> None:
        if self._carded is not None:
            tell(self._carded)


def _dragged_folder(event: QDropEvent) -> Path | None:
    mime = event.mimeData()
    urls = [] if mime is None else mime.urls()
    if len(urls) != 1 or not urls[0].isLocalFile():
        return None
    path = Path(urls[0].toLocalFile())
    return path if path.is_dir() else None
