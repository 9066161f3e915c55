"""One picture, layer by layer: what the network that is watched would learn from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout

from deepvis_app.engine.readers import LearningReader
from deepvis_app.lab.one_picture import learning_layers
from deepvis_app.ui.kit.choice_popup import ChoicePopup
from deepvis_app.ui.kit.choices import Choice, ChoiceGroup
from deepvis_app.ui.kit.notice_line import NoticeLine
from deepvis_app.ui.kit.popup_button import PopupButton
from deepvis_app.ui.kit.section_header import SectionHeader
from deepvis_app.ui.panel import Savable
from deepvis_app.ui.panels.learn.lazy_section import LazySection
from deepvis_app.ui.panels.learn.lesson_view import LessonView
from deepvis_app.ui.panels.learn.watching import Watching, is_of_run
from deepvis_app.words.figures import figure
from deepvis_app.words.quantities import units_text

if TYPE_CHECKING:
    from deepvis_app.engine.readers import Drawn, LearningReading
    from deepvis_app.engine.snapshot import Snapshot
    from deepvis_app.lab.log.run import Run
    from deepvis_app.nets import Network
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panel import Asked, Tick

TRUE = "true"  # the key of the picture's own class
NOT_WATCHED = "Another network is watched: these pictures are of the one that learns here"


class LessonSection(LazySection):
    """Asks frames only while it is seen and the run's network is the one that is watched."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk, self._watching = desk, Watching(desk)
        self._network: Network | None = None
        self._asked: LearningReader | None = None
        self._target: int | None = None
        self._area = (0, 0)
        self.header = SectionHeader("One picture, layer by layer", explains=True)
        self.header.explanation_requested.connect(
            lambda: self.explanation_requested.emit("learn-lesson")
        )
        self._classes = ChoicePopup(searchable=True)
        self._classes.chosen.connect(self._choose)
        self.target = PopupButton(self._classes, "The class whose loss is taken back")
        self.watch = QPushButton("Watch this run")
        self.watch.setToolTip(
            "Make its network the one that is watched, and its validation pictures the input"
        )
        self.watch.clicked.connect(self._watch)
        self.notice = NoticeLine()
        self.lesson = LessonView()
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.header, 1)
        row.addWidget(self.target)
        row.addWidget(self.watch)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(row)
        column.addWidget(self.notice)
        column.addWidget(self.lesson)
        self._show_state()

    def applies(self, run: Run | None) -> bool:
        return run is not None and run.kind == "deepvis" and bool(run.checkpoints)

    def refresh(self) -> None:
        self._show_state()

    @property
    def is_watched(self) -> bool:
        """Whether the network that is watched is one of this run's."""
        return self.run is not None and is_of_run(self._network, str(self.run.path))

    def ask(self) -> tuple[Asked, ...]:
        self._asked = None
        if self._network is not None and self.is_watched and self._is_seen():
            names, self._area = learning_layers(self._network), self.lesson.area_px()
            self._asked = LearningReader(names, self._area, self._target)
        return () if self._asked is None else (self._asked,)

    def tick(self, tick: Tick) -> None:
        network = tick.status.network.network
        if network is not self._network:
            self._network, self._target = network, None
            self._offer()
            self._show_state()
        is_due = self.is_watched and self._is_seen()
        if is_due != (self._asked is not None) or (is_due and self._area != self.lesson.area_px()):
            self._desk.sight.move()
        if tick.snapshot is not None and self._asked is not None:
            self._show(tick.snapshot, self._asked)

    def _is_seen(self) -> bool:
        return self.isVisible() and not self.visibleRegion().isEmpty()

    def _show(self, snapshot: Snapshot, asked: LearningReader) -> None:
        problem = snapshot.left_out.get(asked) or snapshot.failed.get(asked)
        self.notice.set_notice("" if problem is None else str(problem), is_bad=False)
        reading = snapshot.of(asked)
        if reading is None or self._network is None:
            return
        network, view = self._network, self._desk.options.view
        rows = [(_layer_words(network, name), one) for name, one in reading.layers.items()]
        self.lesson.set_rows(rows, _words_of, lambda signed: view.colours(signed=signed))
        self.header.set_detail(_detail(reading, network, snapshot))

    def _show_state(self) -> None:
        is_watched = self.is_watched
        self.watch.setVisible(not is_watched)
        self.target.setVisible(is_watched)
        self.lesson.setVisible(is_watched)
        if not is_watched:
            self.header.set_detail("")
        self.notice.set_notice("" if is_watched else NOT_WATCHED, is_bad=False)

    def _watch(self) -> None:
        if self.run is not None:
            self._watching.watch(str(self.run.path))

    def _choose(self, key: str) -> None:
        self._target = None if key == TRUE else int(key)
        self._offer()
        self._desk.sight.move()

    def _offer(self) -> None:
        labels = () if self._network is None else self._network.labels
        own = Choice(TRUE, "Its true class", tip="What the pictures of a run say of themselves")
        classes = tuple(Choice(str(k), label) for k, label in enumerate(labels))
        self._classes.set_groups((ChoiceGroup("", (own,)), ChoiceGroup("Classes", classes)))
        self._classes.set_current(TRUE if self._target is None else str(self._target))
        chosen = "true class" if self._target is None else labels[self._target]
        self.target.set_text(f"Loss of: {chosen}")

    def savables(self) -> tuple[Savable, ...]:
        def shown() -> LessonView | None:
            return self.lesson if self.lesson.isVisibleTo(self) and self.lesson.words() else None

        what = "what a picture would teach, layer by layer"
        return (Savable("learn-lesson", f"Picture: {what}", what, shown),)


def _layer_words(network: Network, name: str) -> str:
    return f"{name} · {units_text(network.layer(name).unit_count)}"


def _words_of(drawn: Drawn) -> str:
    span = f"± {figure(drawn.high)}" if drawn.signed else f"0 … {figure(drawn.high)}"
    if not drawn.signed and drawn.low:
        span = f"{figure(drawn.low)} … {figure(drawn.high)}"
    return f"{span} · ‖·‖ {figure(drawn.length)}"


def _detail(reading: LearningReading, network: Network, snapshot: Snapshot) -> str:
    known = reading.target < len(network.labels)
    label = network.labels[reading.target] if known else f"class {reading.target}"
    loss = f"L {figure(reading.loss)}"
    named = f"{'true: ' if reading.is_true else ''}{label}, p {reading.probability:.2f}"
    return " · ".join(filter(None, (snapshot.frame.title, named, loss, snapshot.weights_note)))
