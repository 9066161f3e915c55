"""The head of the workspace: what is trained, and what starts, holds and steers it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from deepvis_app.fields import FormField
from deepvis_app.ui.kit.chip_button import ChipButton
from deepvis_app.ui.kit.choice_popup import ChoicePopup
from deepvis_app.ui.kit.elided_label import ElidedLabel
from deepvis_app.ui.kit.icon_button import IconButton
from deepvis_app.ui.kit.icons import icon
from deepvis_app.ui.kit.number_slider import NumberSlider
from deepvis_app.ui.kit.popup_frame import PopupFrame
from deepvis_app.ui.kit.progress_line import ThinLine
from deepvis_app.ui.panels.learn.doing import Doing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deepvis_app.ui.kit.choices import ChoiceGroup

WORDS_PX = 236  # that what is said of a run may take from the slider
FASTEST = 10.0  # the highest rate that the slider has; more can be typed
WATCH_TIP = (
    "Watch: while a network is trained here, make it the one that is watched, from its first "
    "checkpoint on, and its validation pictures the input"
)

RATE = FormField(
    "rate", "Learning rate",
    "How far a step goes along the gradient; a change acts at the next step and leaves a mark",
    "float", 0.0, FASTEST, logarithmic=True, above_low=True,
)  # fmt: skip
WHILE_IT_RUNS = (
    FormField(
        "l2", "L2", "λ of the additional cost λ/2 Σ w²; acts at the next step and leaves a mark",
        "float", 0.0, 1.0, logarithmic=True,
    ),
    FormField(
        "momentum", "Momentum", "Share of the last step that the next one keeps",
        "float", 0.0, 0.99, step=0.01,
    ),
    FormField(
        "batch", "Batch", "Examples a step; acts at the next one and leaves a mark",
        "int", 1, 1024, step=1, logarithmic=True,
    ),
)  # fmt: skip


class LearnHead(QWidget):
    """Everything shown comes in by setters."""

    chosen = pyqtSignal(str, str)  # a field of the plan, its value
    folder_requested = pyqtSignal()
    new_requested = pyqtSignal()
    open_requested = pyqtSignal()
    pressed = pyqtSignal()
    step_requested = pyqtSignal()
    again_requested = pyqtSignal()
    watch_toggled = pyqtSignal(bool)
    changed = pyqtSignal(str, object)  # rate, l2, momentum or batch; its value

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("surface", "pane")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._doing: Doing | None = None
        self._said = ""
        self._has_share = self._is_narrow = False
        self.data, self._data_list = self._chooser("data", "What is learned from")
        self._data_list.add_action(
            "folder", "Pictures…", "folder", "A folder of pictures with a subfolder for each class"
        )
        self._data_list.action_chosen.connect(lambda _: self.folder_requested.emit())
        self.network, self._network_list = self._chooser("network", "What is trained")
        self.open = IconButton("folder", "Open a log: a run’s folder, or one of TensorBoard’s")
        self.open.clicked.connect(self.open_requested)
        self.new = QPushButton("New run")
        self.new.setIcon(icon("plus"))
        self.new.setToolTip("Choose every setting of a training, and start it")
        self.new.clicked.connect(self.new_requested)
        self.main = QPushButton()
        self.main.setProperty("kind", "primary")
        self.main.clicked.connect(self.pressed)
        self.step = IconButton("step-forward", "One step, then rest")
        self.step.clicked.connect(self.step_requested)
        self.again = IconButton("refresh", "Start anew with this run’s settings, as another run")
        self.again.clicked.connect(self.again_requested)
        self.watch = IconButton("eye", WATCH_TIP, checkable=True)
        self.watch.toggled.connect(self.watch_toggled)
        self.rate = NumberSlider(RATE, is_flat=True)
        self._rate_name = QLabel("Rate")
        self._rate_name.setToolTip(RATE.tip)
        self._rate_name.setProperty("role", "muted")
        self.rate.setToolTip(RATE.tip)
        self.rate.setMinimumWidth(112)
        self.rate.setMaximumWidth(200)
        self.rate.edited.connect(lambda value: self.changed.emit("rate", value))
        self.more, self.editors = self._make_more()
        self._words = ElidedLabel()
        self._words.setProperty("role", "muted")
        self._words.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._line = ThinLine()
        self._line.setFixedWidth(48)
        self._for_training = (
            self.data, self.network, self.new, self.main, self.step, self.again, self.watch,
            self._rate_name, self.rate, self.more,
        )  # fmt: skip
        self._arrange()
        self.set_state(Doing.START, "", None)

    def set_trains(self, trains: bool) -> None:
        """Offer to train, or show only runs of others."""
        for widget in self._for_training:
            widget.setVisible(trains)

    def set_narrow(self, is_narrow: bool) -> None:
        """Let the words say how far it is, where there is little room."""
        self._is_narrow = is_narrow
        self._line.setVisible(self._has_share and not is_narrow)

    def set_data(self, title: str, groups: Sequence[ChoiceGroup], current: str) -> None:
        self.data.set_texts(title)
        self._data_list.set_groups(groups)
        self._data_list.set_current(current)

    def set_network(self, title: str, groups: Sequence[ChoiceGroup], current: str) -> None:
        self.network.set_texts(title)
        self._network_list.set_groups(groups)
        self._network_list.set_current(current)

    def set_state(
        self, doing: Doing, words: str, share: float | None, *, is_ours: bool = False,
        can_again: bool = False,
    ) -> None:  # fmt: skip
        """Show what can be done and how far it is; `share` None: there is nothing under way.

        `is_ours`: the run trains here and can be stepped.
        """
        if words != self._said:
            self._said = words
            self._words.set_text(words)
            self._words.setMinimumWidth(min(self._words.sizeHint().width(), WORDS_PX))
        self._has_share = share is not None
        self._line.setVisible(self._has_share and not self._is_narrow)
        self._line.set_share(share or 0.0)
        self.step.setEnabled(is_ours)
        self.again.setEnabled(can_again)
        if doing is self._doing:
            return
        self._doing = doing
        text, drawing, tip = doing.value
        self.main.setText(text)
        self.main.setIcon(icon(drawing, "accent_text"))
        self.main.setToolTip(f"{tip} (Space)")
        self.main.setEnabled(doing not in (Doing.STARTING, Doing.WATCHING))

    def set_watches(self, watches: bool) -> None:
        self.watch.setChecked(watches)

    def doing(self) -> Doing | None:
        return self._doing

    def words(self) -> str:
        return self._words.text()

    def set_values(self, values: dict[str, float]) -> None:
        """Show what is in force: rate, l2, momentum, batch."""
        for name, editor in (("rate", self.rate), *self.editors.items()):
            editor.set_value(values[name])

    def set_steerable(self, why_not: str) -> None:
        """Let what can be changed while it runs be changed, or say why it cannot."""
        for editor in (self.rate, *self.editors.values()):
            editor.setEnabled(not why_not)
        self.rate.setToolTip(why_not or RATE.tip)

    def _chooser(self, field: str, tip: str) -> tuple[ChipButton, ChoicePopup]:
        popup = ChoicePopup()
        popup.chosen.connect(lambda key: self.chosen.emit(field, key))
        chip = ChipButton(tip)
        chip.set_lead(field.capitalize())
        chip.set_popup(popup)
        return chip, popup

    def _make_more(self) -> tuple[IconButton, dict[str, NumberSlider]]:
        """Make the button that drops down what else can be changed while it runs."""
        content = QWidget()
        content.setFixedWidth(280)
        column = QVBoxLayout(content)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        editors = {}
        for each in WHILE_IT_RUNS:
            editor = editors[each.path] = NumberSlider(each, is_tall=True)
            editor.setToolTip(each.tip)
            editor.edited.connect(lambda value, path=each.path: self.changed.emit(path, value))
            column.addWidget(editor)
        button = IconButton("settings", "L2, momentum and batch, while it runs")
        popup = PopupFrame(content, button)
        button.clicked.connect(lambda: popup.open_below(button))
        return button, editors

    def _arrange(self) -> None:
        title = QLabel("Learn")
        title.setProperty("role", "title")
        top, below = QHBoxLayout(), QHBoxLayout()
        for row in (top, below):
            row.setSpacing(8)
        for left in (title, self.data, self.network):
            top.addWidget(left)
        top.insertSpacing(1, 4)
        top.addStretch(1)
        top.addWidget(self.open)
        top.addWidget(self.new)
        for button in (self.main, self.step, self.again, self.watch):
            below.addWidget(button)
        below.addSpacing(4)
        below.addWidget(self._rate_name)
        below.addWidget(self.rate, 3)
        below.addWidget(self.more)
        below.addStretch(1)
        below.addWidget(self._words)
        below.addWidget(self._line)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 9, 16, 9)
        column.setSpacing(6)
        column.addLayout(top)
        column.addLayout(below)
