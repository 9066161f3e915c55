"""Widgets that nobody knows any more go between two events, never under Qt's hands."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import faulthandler; faulthandler.enable()
from PyQt6.QtCore import QTimer
from PyQt6.QtWidgets import QApplication, QLabel, QWidget
from deepvis_app.ui.kit.theme import DARK, LIGHT, apply_theme
from deepvis_app.ui.shell.collecting import Collecting
app = QApplication([])
collecting = Collecting(app)
class Window(QWidget):
    def __init__(self):
        super().__init__()
        self.itself = self
        self.parts = [QLabel("part", self) for _ in range(3)]
    def changeEvent(self, event):
        self.work = [[None] for _ in range(20_000)]  # Python would collect by itself
        super().changeEvent(event)
apply_theme(app, DARK)
kept = [Window() for _ in range(40)][::2]
for window in app.topLevelWidgets():
    window.show()
del window
before = len(app.allWidgets())
apply_theme(app, LIGHT)
print(before, len(app.allWidgets()))
def look():
    if len(app.allWidgets()) == before // 2:
        app.quit()
QTimer(app, interval=10, timeout=look).start()
app.exec()
print(len(app.allWidgets()))
"""


def test_garbage_goes_between_two_events() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        text=True, capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.split() == ["160", "160", "80"]
