"""A person who tries everything, for `deepvis bench soak`, which asks whether memory grows."""

from __future__ import annotations

import gc
import random
import time
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, Qt, QTimer, pyqtSignal
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QDialog

from deepvis_app import paths
from deepvis_app.engine.measure import own_mb, rss_mb
from deepvis_app.engine.memory import LETTING_GO_S, trim
from deepvis_app.engine.status import Phase

if TYPE_CHECKING:
    from PyQt6.QtGui import QAction

    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.main_window import MainWindow
    from deepvis_app.ui.shell.shell import Shell

HOME = "pocket", "demo"  # the network and the source that are shown whenever memory is read
NETWORKS = (
    "pocket", "torchvision:squeezenet1_1@none", "torchvision:mobilenet_v3_small@none",
    "torchvision:shufflenet_v2_x0_5@none", "torchvision:nowhere",
)  # fmt: skip
SOURCES = ("demo", str(paths.RESOURCES / "demo"), "screen", "list:nowhere.txt", "nowhere.png")
SIZES = ((1440, 900), (1100, 700), (1600, 1000), (900, 640))
ACT_MS = 60
SETTLING_S = LETTING_GO_S + 1.0  # at home before memory is read: the network before is gone, too
PATIENCE_S = 60.0  # until home must be there


class Soak(QObject):
    """Does `acts` random things a round, goes home and reads the memory, until the time is up.

    Of keys, networks, sources, layers, units, sizes and pages; the same for equal seeds, as far as
    the machine's pace allows. `sampled` gives seconds and memory in MB (given back to the system
    before as far as that goes), threads, open files, objects of Qt and of Python; `ended` comes
    last.
    """

    sampled = pyqtSignal(dict)
    ended = pyqtSignal()

    def __init__(
        self,
        window: MainWindow,
        desk: Desk,
        shell: Shell,
        *,
        seconds: float,
        seed: int = 0,
        acts: int = 50,
    ) -> None:
        super().__init__(window)
        self._window, self._engine, self._selection = window, desk.engine, desk.selection
        self._sources, self._saving = shell.sources, shell.saving
        self._actions = [action for name, action in shell.actions.items() if name != "quit"]
        self._seconds, self._acts = seconds, acts
        self._chance = random.Random(seed)
        self._left = acts
        self._since_s = 0.0  # at home, or on the way there

    def start(self) -> None:
        QApplication.setAttribute(Qt.ApplicationAttribute.AA_DontUseNativeDialogs)
        self._started_s = time.monotonic()
        self._next()

    def _next(self) -> None:
        # A timer each: one that repeats would stand still while a dialog is open.
        QTimer.singleShot(ACT_MS, self._tick)

    def _tick(self) -> None:
        if self._left > 0:
            self._left -= 1
            self._next()
            self._act()
            if self._left == 0:
                self._go_home()
        elif not self._is_home():
            self._next()
        else:
            self.sampled.emit(self._sample())
            self._left = self._acts
            if time.monotonic() - self._started_s < self._seconds:
                self._next()
            else:
                self.ended.emit()

    # Acts

    def _act(self) -> None:
        if self._close_what_is_open():
            return
        kind = self._chance.random()
        if kind < 0.5:
            self._press(self._chance.choice(self._actions))
        elif kind < 0.85:
            self._pick()
        elif kind < 0.90:
            self._window.resize(*self._chance.choice(SIZES))
        elif kind < 0.95:
            self._sources.open(self._chance.choice(SOURCES))
        else:
            self._sources.load(self._chance.choice(NETWORKS))

    def _close_what_is_open(self) -> bool:
        """Leave a dialog or a menu, which waits for an answer."""
        if (popup := QApplication.activePopupWidget()) is not None:
            popup.close()
            return True
        dialog = QApplication.activeModalWidget()
        if isinstance(dialog, QDialog):
            dialog.reject()
        elif dialog is not None:
            dialog.close()
        return dialog is not None

    def _press(self, action: QAction) -> None:
        keys = action.shortcut()
        widget = QApplication.focusWidget() or self._window
        if keys.isEmpty() or self._chance.random() < 0.3:
            action.trigger()
        else:
            key = keys[0]  # PyQt's stubs take this for a method
            QTest.keyClick(widget, key.key(), key.keyboardModifiers())  # type: ignore[call-overload]

    def _pick(self) -> None:
        network = self._engine.status().network.network
        if network is None:
            return
        layer = self._chance.choice(network.layers)
        unit = self._chance.randrange(layer.unit_count)
        if self._chance.random() < 0.2:
            self._selection.open_beside(layer.name)
        self._selection.pick_unit(unit, layer.name)

    # Home

    def _go_home(self) -> None:
        while self._close_what_is_open():
            continue
        self._saving.stop_recording()
        self._window.showNormal()
        self._window.resize(*SIZES[0])
        self._sources.load(HOME[0])
        self._sources.open(HOME[1])
        self._since_s = time.monotonic()
        self._settled_s: float | None = None

    def _is_home(self) -> bool:
        """Whether what is shown is as at every reading, for a while."""
        for job in self._engine.jobs.statuses():
            if not job.state.is_final:
                self._engine.jobs.cancel(job.id)
        now_s = time.monotonic()
        network = self._engine.status().network
        if network.phase is not Phase.READY or network.spec != HOME[0]:
            self._settled_s = None
            return now_s - self._since_s > PATIENCE_S
        self._settled_s = self._settled_s or now_s
        return now_s - self._settled_s > SETTLING_S

    def _sample(self) -> dict[str, float]:
        gc.collect()
        trim()
        objects = [top for top in QApplication.topLevelWidgets() if top.parent() is None]
        return {
            "at_s": round(time.monotonic() - self._started_s, 1),
            "own_mb": round(own_mb(), 1),
            "rss_mb": round(rss_mb(), 1),
            "threads": _count("task"),
            "files": _count("fd"),
            "qt": sum(1 + len(top.findChildren(QObject)) for top in objects),
            "python": len(gc.get_objects()),
        }


def _count(what: str) -> int:
    """Return how many threads ("task") or open files ("fd") this process has; 0 if not known."""
    try:
        return sum(1 for _ in Path("/proc/self", what).iterdir())
    except OSError:
        return 0
