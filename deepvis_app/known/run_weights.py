"""Weights of runs as they were asked for: read beside the window, kept while they are of use."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, TypeVar

from deepvis_app.errors import UserError
from deepvis_app.lab.kept_weights import names_in, weights_at

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future
    from pathlib import Path
    from typing import Protocol

    import numpy as np
    from numpy.typing import NDArray

    T = TypeVar("T")
    Floats = NDArray[np.float32]
    Shapes = dict[str, tuple[int, ...]]

    class Read(Protocol):
        """Has a question answered on a thread that reads files."""

        def __call__(self, question: Callable[[], T], *, is_order: bool = False) -> Future[T]: ...


MOST = 24  # answers that are kept


class RunWeights:
    """For the main thread. What is not known yet is None, and asked for; `fault`: the last one."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._known: OrderedDict[tuple[object, ...], object] = OrderedDict()
        self._asked: dict[tuple[object, ...], Future[object]] = {}
        self.fault: UserError | None = None

    @property
    def is_reading(self) -> bool:
        return bool(self._asked)

    def shapes(self, path: Path) -> Shapes | None:
        """Return the shapes of a file's weights by name."""
        found: Shapes | None = self._get(("shapes", path), lambda: names_in(path))
        return found

    def weights(self, path: Path, name: str) -> Floats | None:
        """Return one tensor of a file."""
        found: Floats | None = self._get(("weights", path, name), lambda: weights_at(path, name))
        return found

    def tick(self) -> bool:
        """Take what was read since; return whether there is anything."""
        done = [key for key, future in self._asked.items() if future.done()]
        for key in done:
            future = self._asked.pop(key)
            try:
                self._known[key] = future.result()
            except UserError as error:
                self._known[key] = None
                self.fault = error
        while len(self._known) > MOST:
            self._known.popitem(last=False)
        return bool(done)

    def forget(self) -> None:
        """Another run is looked at."""
        self._known.clear()
        self._asked.clear()
        self.fault = None

    def _get(self, key: tuple[object, ...], question: Callable[[], T]) -> T | None:
        if key in self._known:
            self._known.move_to_end(key)
            return self._known[key]  # type: ignore[return-value] # as the question gave it
        if key not in self._asked:
            self._asked[key] = self._read(question)
        return None
