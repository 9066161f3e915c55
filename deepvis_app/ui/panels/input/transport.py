"""Playing a video or a folder of pictures: only what the source can do is shown."""

from __future__ import annotations

from PyQt6.QtCore import QSize, Qt, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QMenu, QToolButton, QVBoxLayout, QWidget

from deepvis_app.ui.kit.icons import icon
from deepvis_app.ui.kit.jump_slider import JumpSlider
from deepvis_app.words.figures import duration

VIDEO_SPEEDS = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0)  # of the video's own
PICTURE_SPEEDS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)  # a second


class Transport(QWidget):
    """Takes the source's controls, length and place; emits wishes only."""

    play_toggled = pyqtSignal(bool)
    step_requested = pyqtSignal(int)
    seek_requested = pyqtSignal(int)
    speed_picked = pyqtSignal(float)
    loop_toggled = pyqtSignal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._length: int | None = None
        self._has_time = False
        self._playing = False
        self._back = _button("step-back", "Go one picture back")
        self._play = _button("play", "Play or pause")
        self._forward = _button("step-forward", "Go one picture on")
        self._loop = _button("loop", "Begin again at the end", checkable=True)
        self._slider = JumpSlider()
        self._slider.setAccessibleName("Place in the source")
        self._slider.setToolTip("Drag to another place")
        self._place = QLabel()
        self._place.setProperty("role", "detail")
        self._speed = QToolButton()
        self._speed.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._speed.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._speeds = QMenu(self)
        self._speed.setMenu(self._speeds)
        self._speeds.aboutToShow.connect(self._fill_speeds)
        self._current_speed = 1.0
        self._arrange()
        self._connect()
        self.set_controls(frozenset())

    def set_controls(self, controls: frozenset[str]) -> None:
        """Show what the source can do, of "play", "step", "seek", "speed", "loop"."""
        for name, parts in {
            "play": (self._play,),
            "step": (self._back, self._forward),
            "seek": (self._slider,),
            "speed": (self._speed,),
            "loop": (self._loop,),
        }.items():
            for part in parts:
                part.setVisible(name in controls)
        self._place.setVisible(bool(controls & {"seek", "step"}))

    def set_length(self, frames: int | None) -> None:
        """Take the number of frames or pictures; None: not known or endless."""
        self._length = frames
        self._slider.setEnabled(bool(frames and frames > 1))
        self._slider.blockSignals(True)
        self._slider.setRange(0, max((frames or 1) - 1, 0))
        self._slider.blockSignals(False)

    def set_playback(
        self,
        index: int,
        playing: bool,
        speed: float,
        loop: bool,
        time_s: float | None = None,
        duration_s: float | None = None,
    ) -> None:
        """Show where the source is; while the slider is dragged it stays with the mouse."""
        self._has_time = duration_s is not None or self._length is None  # else pictures
        if not self._slider.isSliderDown():
            self._slider.blockSignals(True)
            self._slider.setValue(index)
            self._slider.blockSignals(False)
        if playing != self._playing:
            self._playing = playing
            self._play.setIcon(icon("pause" if playing else "play"))
        self._loop.setChecked(loop)
        self._current_speed = speed
        self._speed.setText(self._speed_text(speed))
        pictures = "How many pictures a second are shown"
        tip = "How fast the video plays" if self._has_time else pictures
        if tip != self._speed.toolTip():
            self._speed.setToolTip(tip)
        self._place.setText(self._place_text(index, time_s, duration_s))

    def place_text(self) -> str:
        return self._place.text()

    def _place_text(self, index: int, time_s: float | None, duration_s: float | None) -> str:
        if time_s is not None and duration_s is not None:
            return f"{duration(time_s)} / {duration(duration_s)}"
        return f"{index + 1} / {self._length}" if self._length else ""

    def _speed_text(self, speed: float) -> str:
        return f"{speed:g}×" if self._has_time else f"{speed:g}/s"

    def _arrange(self) -> None:
        above, below = QHBoxLayout(), QHBoxLayout()
        above.setSpacing(8)
        above.addWidget(self._slider, 1)
        below.setSpacing(4)
        for part in (self._back, self._play, self._forward):
            below.addWidget(part)
        below.addWidget(self._place)
        below.addStretch(1)
        for part in (self._speed, self._loop):
            below.addWidget(part)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(above)
        column.addLayout(below)

    def _connect(self) -> None:
        self._back.clicked.connect(lambda: self.step_requested.emit(-1))
        self._forward.clicked.connect(lambda: self.step_requested.emit(1))
        self._play.clicked.connect(lambda: self.play_toggled.emit(not self._playing))
        self._loop.clicked.connect(self.loop_toggled)  # clicked: not by set_playback
        self._slider.valueChanged.connect(self.seek_requested)

    def _fill_speeds(self) -> None:
        self._speeds.clear()
        for speed in VIDEO_SPEEDS if self._has_time else PICTURE_SPEEDS:
            action = self._speeds.addAction(self._speed_text(speed))
            if action is not None:
                action.setCheckable(True)
                action.setChecked(speed == self._current_speed)
                action.triggered.connect(lambda _=False, s=speed: self.speed_picked.emit(s))


def _button(name: str, tip: str, *, checkable: bool = False) -> QToolButton:
    button = QToolButton()
    button.setIcon(icon(name))
    button.setIconSize(QSize(16, 16))
    button.setFixedSize(28, 28)
    button.setCheckable(checkable)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    return button
