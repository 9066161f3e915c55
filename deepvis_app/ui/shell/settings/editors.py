"""One editor for each setting: a list where there is one to choose from, never free text for it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

import numpy as np
from PyQt6.QtCore import QSize, pyqtSignal
from PyQt6.QtGui import QIcon, QPixmap
from PyQt6.QtWidgets import QCheckBox, QFileDialog, QHBoxLayout, QLineEdit, QPushButton, QWidget

from deepvis_app import paths
from deepvis_app.folders import folder_problem
from deepvis_app.frames import CAMERA_SIZES
from deepvis_app.tiles import DIVERGING, SEQUENTIAL, TOP, palette
from deepvis_app.ui.kit.pixels import rgb_image
from deepvis_app.ui.kit.wheel import ComboBox, DoubleSpinBox, SpinBox

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from pydantic.fields import FieldInfo

    Take = Callable[[Any], None]

SWATCH = QSize(72, 10)
MOST_THREADS = max(os.cpu_count() or 1, 1)
WORDS = {
    "auto": "Automatic",
    "network": "As the network was trained",
    "zoom": "Zooms; with Ctrl it scrolls",
    "scroll": "Scrolls; with Ctrl it zooms",
    "deepvis": "deepvis",
    "toolbox": "the Deep Visualization Toolbox",
    "cpu": "CPU",
    "mps": "MPS (Apple)",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """How a number is shown: `factor` times itself with `suffix`; 0 may have a word of its own."""

    suffix: str = ""
    factor: float = 1.0
    step: float = 1.0
    decimals: int = 0
    zero: str = ""


NUMBERS = {
    "score_smoothing_s": Shown(" s", step=0.1, decimals=1, zero="Off"),
    "strip_interval_s": Shown(" ms", factor=1000, step=10),
    "percentile": Shown(" %", step=0.5, decimals=1),
    "threads": Shown(zero="Automatic"),
    "job_share": Shown(" %", factor=100, step=5),
    "store_limit_gb": Shown(" GB", step=0.5, decimals=1),
}


def make_editor(
    name: str, value: Any, field: FieldInfo, take: Take, devices: Sequence[str]
) -> QWidget:
    """Make the editor of a setting; `take` gets every value that the person sets."""
    choices = _choices(name, value, devices)
    if choices:
        return _list(choices, value, take)
    if isinstance(value, bool):
        box = QCheckBox()
        box.setChecked(value)
        box.toggled.connect(take)
        return box
    if isinstance(value, int | float):
        return _number(value, field, NUMBERS.get(name, Shown(decimals=2)), take)
    return FolderEditor(value, take)


def _choices(name: str, value: Any, devices: Sequence[str]) -> tuple[Any, ...]:
    """Return what can be chosen, the present value among it; () where that is no list."""
    if isinstance(value, Enum):
        return tuple(type(value))
    lists: dict[str, tuple[str, ...]] = {
        "sequential_palette": SEQUENTIAL,
        "diverging_palette": DIVERGING,
        "device": ("auto", *devices),
        "camera_size": ("auto", *(f"{width}x{height}" for width, height in CAMERA_SIZES)),
    }
    known = lists.get(name, ())
    return known if not known or value in known else (*known, value)


def _list(choices: tuple[Any, ...], value: Any, take: Take) -> ComboBox:
    combo = ComboBox()
    combo.setIconSize(SWATCH)
    for choice in choices:
        text = str(choice.value if isinstance(choice, Enum) else choice)
        combo.addItem(_swatch(text), _words(text))
    combo.setCurrentIndex(choices.index(value))
    combo.currentIndexChanged.connect(lambda index: take(choices[index]))
    return combo


def _words(text: str) -> str:
    if text in WORDS:
        return WORDS[text]
    width, by, height = text.partition("x")
    if by and width.isdigit():
        return f"{width} × {height}"
    return text.upper() if text.startswith("cuda") else text.capitalize()


def _swatch(name: str) -> QIcon:
    """Return a palette's colours from low to high; nothing for what is none."""
    if name not in (*SEQUENTIAL, *DIVERGING):
        return QIcon()
    row = np.ascontiguousarray(palette(name)[np.newaxis, : TOP + 1])
    return QIcon(QPixmap.fromImage(rgb_image(row).scaled(SWATCH)))


def _number(value: float, field: FieldInfo, shown: Shown, take: Take) -> SpinBox | DoubleSpinBox:
    low, high = _limits(field)
    spin: SpinBox | DoubleSpinBox
    if isinstance(value, int):
        spin = SpinBox()
        spin.setRange(int(low), min(int(high), max(MOST_THREADS, value)))
        spin.setValue(value)
        spin.valueChanged.connect(take)
    else:
        spin = DoubleSpinBox()
        spin.setDecimals(shown.decimals)
        spin.setRange(low * shown.factor, high * shown.factor)
        spin.setSingleStep(shown.step)
        spin.setValue(value * shown.factor)
        spin.valueChanged.connect(lambda new: take(round(new / shown.factor, 6)))
    spin.setSuffix(shown.suffix)
    if shown.zero:
        spin.setSpecialValueText(shown.zero)
    spin.setKeyboardTracking(False)  # a number is taken when it is typed, not digit by digit
    return spin


def _limits(field: FieldInfo) -> tuple[float, float]:
    found = {
        kind: float(limit)
        for constraint in field.metadata
        for kind in ("ge", "le")
        if (limit := getattr(constraint, kind, None)) is not None
    }
    return found.get("ge", 0.0), found.get("le", 9999.0)


class FolderEditor(QWidget):
    """A folder, typed or looked for; one that cannot be written is not taken."""

    refused = pyqtSignal(str)  # why; "" once it is right

    def __init__(self, value: Path | None, take: Take) -> None:
        super().__init__()
        self._take = take
        self._taken = value
        self._line = QLineEdit("" if value is None else str(value))
        self._line.setPlaceholderText(str(paths.pictures_dir()))
        self._line.setClearButtonEnabled(True)
        self._line.editingFinished.connect(self._on_typed)
        self._browse = QPushButton("Browse…")
        self._browse.setToolTip("Look for the folder")
        self._browse.setAutoDefault(False)
        self._browse.clicked.connect(self._on_browse)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self._line, 1)
        row.addWidget(self._browse)
        self.setFocusProxy(self._line)

    def set_folder(self, text: str) -> None:
        """Take a folder as if it had been typed; "" is the usual one."""
        self._line.setText(text)
        self._on_typed()

    def _on_typed(self) -> None:
        text = self._line.text().strip()
        folder = paths.expanded(text).absolute() if text else None
        if folder == self._taken:
            self.refused.emit("")
            return
        problem = None if folder is None else folder_problem(folder)
        if problem:
            self.refused.emit(f"{folder} cannot be written ({problem}): the old folder is kept")
            return
        self._taken = folder
        self.refused.emit("")
        self._take(folder)

    def _on_browse(self) -> None:
        start = str(self._taken or paths.pictures_dir())
        if name := QFileDialog.getExistingDirectory(self, "Folder of saved pictures", start):
            self.set_folder(name)
