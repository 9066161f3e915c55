"""Opens the window, and whatever was left, and keeps the user's work at the end."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication

from deepvis_app import paths
from deepvis_app.engine.memory import share_heaps
from deepvis_app.errors import UserError
from deepvis_app.settings import settings_with
from deepvis_app.ui.app import App
from deepvis_app.ui.registry import PANELS, sections_of
from deepvis_app.ui.shell.collecting import Collecting
from deepvis_app.ui.shell.interrupts import (
    close_on_interrupt,
    keep_when_the_display_is_lost,
    leave,
)
from deepvis_app.ui.shell.kept_files import left_behind
from deepvis_app.ui.shell.notices import Unexpected
from deepvis_app.vitals import Vitals, deaths

if TYPE_CHECKING:
    from deepvis_app.options import RunOptions
    from deepvis_app.vitals import Death


def run(options: RunOptions) -> int:
    """Open the window and return the exit code once it is closed."""
    share_heaps()
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        QApplication.setHighDpiScaleFactorRoundingPolicy(
            Qt.HighDpiScaleFactorRoundingPolicy.PassThrough
        )
        app = QApplication(sys.argv[:1])
    app.setApplicationName("deepvis")
    app.setDesktopFileName("deepvis")
    collecting = Collecting(app)
    unexpected = Unexpected()
    unexpected.install()
    folder = paths.cache_dir() / "running"
    died = [death for death in deaths(folder) if death.spec]  # of others nothing is said
    vitals = Vitals(folder)
    vitals.watch()
    try:
        deepvis = make_app(app, options, unexpected, vitals, died[-1] if died else None)
        close_on_interrupt()
        keep_when_the_display_is_lost(deepvis.put_away)
        app.commitDataRequest.connect(deepvis.keep)  # the user logs out
        deepvis.open()
        return leave(app.exec())
    finally:
        vitals.end()  # also where an option that was given cannot be had
        collecting.end()


def make_app(
    app: QApplication,
    options: RunOptions,
    unexpected: Unexpected,
    vitals: Vitals | None = None,
    death: Death | None = None,
) -> App:
    """Make deepvis as the user left it; where that fails, as it is at the first start."""
    there = set(app.topLevelWidgets())
    try:
        deepvis = App(app, options, vitals, death)
    except UserError:
        raise  # of an option that was given
    except Exception as error:  # noqa: BLE001 - whatever was kept, the window opens
        unexpected.tell(type(error), error, error.__traceback__)
        for half_made in set(app.topLevelWidgets()) - there:
            half_made.deleteLater()
        kept = left_behind(settings_with(sections_of(PANELS)))
        deepvis = App(app, options, vitals, death, kept)
    unexpected.show_on(deepvis.window.banners)
    return deepvis
