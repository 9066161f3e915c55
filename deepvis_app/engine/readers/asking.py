"""A request's readers at one frame: each is asked in turn, and what fails is told of it alone."""

from __future__ import annotations

import logging
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

from deepvis_app.engine.failures import is_out_of_memory, reading_failure
from deepvis_app.engine.readers.reader import Surrounding
from deepvis_app.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from deepvis_app.engine.readers.reader import Look, Needs, Reader
    from deepvis_app.engine.readers.seen import Seen

    AnyReader = Reader[object]

T = TypeVar("T")

logger = logging.getLogger(__name__)


class Asking:
    """Asks readers what they need, then what they read; equal ones are asked once.

    `left_out` are those that this network cannot be asked, `failed` those that raised.
    """

    def __init__(self, look: Look, readers: Iterable[AnyReader]) -> None:
        self._look = look
        self._asked = list(dict.fromkeys(readers))
        self.left_out: dict[AnyReader, UserError] = {}
        self.failed: dict[AnyReader, UserError] = {}

    def change(self, x: Tensor, picture: NDArray[np.uint8]) -> tuple[Tensor, NDArray[np.uint8]]:
        """Let the readers that change the input do so, each what the one before has left."""
        for reader in self._look.changes:
            found = self._only(reader, reader.change, self._look, x, picture)
            x, picture = found or (x, picture)
        picture.setflags(write=False)
        return x, picture

    def needs(self) -> list[Needs]:
        """Return what the readers need; who needs a layer that is not there is left out."""
        found = [(reader, self._only(reader, self._needs, reader)) for reader in self._asked]
        self._asked = [reader for reader, needs in found if needs is not None]
        return [needs for _, needs in found if needs is not None]

    def around(self) -> tuple[Surrounding[object], ...]:
        """Return the readers that change the network for this frame, after `needs`."""
        return tuple(one for one in self._asked if isinstance(one, Surrounding))

    def read(self, seen: Seen) -> Mapping[AnyReader, object]:
        """Return the readings in the order of their readers."""
        found = ((reader, self._only(reader, reader.read, seen)) for reader in self._asked)
        return MappingProxyType({reader: it for reader, it in found if it is not None})

    def goes_on(self) -> bool:
        """Tell whether a reader would make something else of the same frame, after `read`."""
        return any(self._only(one, one.goes_on, self._look) for one in self._look.changes)

    def _needs(self, reader: AnyReader) -> Needs:
        needs = reader.needs(self._look)
        for name in (*needs.layers, *needs.reduced, *needs.gradients, *(needs.bare or ())):
            if name not in self._look.names:
                self._look.network.layer(name)  # raises, in words
        return needs

    def _only(self, reader: AnyReader, ask: Callable[..., T], *what: object) -> T | None:
        """Ask a reader; None where it raises, which is kept beside the answers."""
        if (self.failed or self.left_out) and (reader in self.failed or reader in self.left_out):
            return None
        try:
            return ask(*what)
        except UserError as error:
            self.left_out[reader] = error
        except Exception as error:  # noqa: BLE001 - a reader's fault must not end the others
            self.failed[reader] = reading_failure(reader.title, error)
            if is_out_of_memory(error):
                self._look.device.release_memory()
            self._log(reader, error)
        return None

    def _log(self, reader: AnyReader, error: Exception) -> None:
        """Log each kind of failure once, not at every frame."""
        told, kind = self._look.memory.of(_Told), (type(reader), type(error))
        if kind not in told:
            told.add(kind)
            logger.info("%s failed", reader.title, exc_info=error)


class _Told(set[tuple[type, type]]):
    """The failures that were logged: kinds of readers, and of errors."""

    def weights_moved(self) -> None:
        """Say nothing twice."""
