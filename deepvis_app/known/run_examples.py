"""Examples of runs as they were asked for: found beside the window, kept while they are of use."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from deepvis_app.engine.own_thread import on_own_thread
from deepvis_app.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future
    from pathlib import Path
    from typing import Protocol

    from deepvis_app.lab.examples import Examples, ExamplesOf

    T = TypeVar("T")
    Key = tuple[object, ...]
    Question = Callable[[ExamplesOf], tuple[Examples, ...]]

    class Read(Protocol):
        """Has a question answered on a thread that reads files."""

        def __call__(self, question: Callable[[], T], *, is_order: bool = False) -> Future[T]: ...


class RunExamples:
    """For the main thread. One answer a subject is known; the newest question of it wins.

    The network goes over the examples in a thread that ends with that: see `on_own_thread`.
    """

    def __init__(self, read: Read) -> None:
        self._read = read
        self._loaded: tuple[Path, ExamplesOf] | None = None  # for the reading thread alone
        self._known: dict[str, tuple[Key, tuple[Examples, ...] | None]] = {}
        self._asked: dict[str, tuple[Key, Future[tuple[Examples, ...]]]] = {}
        self.fault: UserError | None = None

    @property
    def is_reading(self) -> bool:
        return bool(self._asked)

    def get(
        self, subject: str, folder: Path, checkpoint: Path, key: Key, question: Question
    ) -> tuple[Examples, ...] | None:
        """Return the answer to a question, or the one before until it is there; None: of none.

        `key` says which question it is, with the checkpoint that the network is taken from.
        """
        whole = (folder, checkpoint, *key)
        known = self._known.get(subject)
        if known is not None and known[0] == whole:
            return known[1]
        if subject not in self._asked:
            future = self._read(
                lambda: on_own_thread(lambda: self._do(folder, checkpoint, question))
            )
            self._asked[subject] = whole, future
        return known[1] if known is not None and known[0][0] == folder else None

    def tick(self) -> bool:
        """Take what was found since; return whether there is anything."""
        done = [subject for subject, (_, future) in self._asked.items() if future.done()]
        for subject in done:
            key, future = self._asked.pop(subject)
            try:
                self._known[subject] = key, future.result()
            except UserError as error:
                self._known[subject] = key, None
                self.fault = error
        return bool(done)

    def _do(self, folder: Path, checkpoint: Path, question: Question) -> tuple[Examples, ...]:
        from deepvis_app.lab.examples import ExamplesOf

        if self._loaded is None or self._loaded[0] != folder:
            self._loaded = folder, ExamplesOf(folder)
        found = self._loaded[1]
        found.at(checkpoint)
        return question(found)
