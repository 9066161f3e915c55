"""What the user sets: in force by difference, written once it rests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, QTimer

from deepvis_app.settings import save_changes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from deepvis_app.engine.scribe import Scribe
    from deepvis_app.errors import UserError
    from deepvis_app.settings import Settings

REST_MS = 500  # a slider that is drawn writes once


class SettingsKeeping(QObject):
    """Holds the settings; a change reaches only what it concerns.

    What was chosen in the window, such as a palette, stays until its own setting changes.
    """

    def __init__(self, settings: Settings, scribe: Scribe) -> None:
        super().__init__()
        self.settings = settings
        self._written = settings  # touched by the scribe alone, once it has work
        self._scribe = scribe
        self._rules: list[tuple[Callable[[Settings], object], Callable[[Settings], None]]] = []
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self.write)

    def follow(self, part: Callable[[Settings], object], act: Callable[[Settings], None]) -> None:
        """Call `act` now, and whenever `part` of the settings is another."""
        self._rules.append((part, act))
        act(self.settings)

    def change(self, settings: Settings) -> None:
        """Put other settings in force; they are written when no more come for a moment."""
        old, self.settings = self.settings, settings
        for part, act in self._rules:
            if part(old) != part(settings):
                act(settings)
        self._rest.start()

    def set(self, group: str, name: str, value: object) -> None:
        """Change one value. Raises `UserError` when it is not valid."""
        self.change(self.settings.with_value(group, name, value))

    def faults(self) -> Mapping[str, UserError]:
        """Return why settings or session could not be written, by what it was."""
        return self._scribe.faults()

    def write(self) -> None:
        """Have what changed written, if anything did and is not yet."""
        if self._rest.isActive():
            self._rest.stop()
        new = self.settings

        def write() -> None:
            if new != self._written:
                save_changes(self._written, new)
                self._written = new

        self._scribe.write("settings", write)
