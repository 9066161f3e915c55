"""Pictures from files, read on the engine's thread for that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.engine.known_array import KnownArray
from deepvis_app.errors import UserError
from deepvis_app.frames import read_picture
from deepvis_app.ui.panels.play.given import Given

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future
    from pathlib import Path

    from deepvis_app.engine import Engine


class FilesRead:
    """One file a role at a time; the newest wins. `tell` gets why one could not be read."""

    def __init__(
        self, engine: Engine, give: Callable[[str, Given], None], tell: Callable[[str], None]
    ) -> None:
        self._engine, self._give, self._tell = engine, give, tell
        self._asked: dict[str, Future[Given]] = {}

    def ask(self, role: str, path: Path) -> None:
        self._asked[role] = self._engine.read(lambda: _given(path))

    def tick(self) -> None:
        """Take what was read since."""
        for role, future in list(self._asked.items()):
            if not future.done():
                continue
            del self._asked[role]
            try:
                given = future.result()
            except UserError as error:
                self._tell(str(error))
            else:
                self._give(role, given)


def _given(path: Path) -> Given:
    image = read_picture(path).image
    return Given(image, path.name, known=KnownArray.of(image))
