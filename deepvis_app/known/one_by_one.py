"""Answers that are fetched one after the other, the newest wishes first, and kept for a while."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Generic, TypeVar

from deepvis_app.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable
    from concurrent.futures import Future

K = TypeVar("K", bound="Hashable")
V = TypeVar("V")


class OneByOne(Generic[K, V]):
    """Asks for what is wanted, `at_once` at a time; `most` answers are kept.

    `ask` returns what will have the answer, None where it cannot be asked yet. For one thread.
    """

    def __init__(self, ask: Callable[[K], Future[V] | None], most: int, at_once: int = 1) -> None:
        self._ask, self._most, self._at_once = ask, most, at_once
        self._wanted: tuple[K, ...] = ()
        self._asked: dict[K, Future[V]] = {}
        self._known: OrderedDict[K, V | UserError] = OrderedDict()

    def want(self, keys: Iterable[K]) -> None:
        """Say what is wanted now, first what is wanted most."""
        self._wanted = tuple(dict.fromkeys(keys))
        for key in self._wanted:
            if key in self._known:
                self._known.move_to_end(key)

    def forget(self) -> None:
        """Know nothing any more."""
        self._asked.clear()
        self._known.clear()

    def tick(self) -> bool:
        """Take what was answered and ask for more; tell whether something new is known."""
        done = [key for key, future in self._asked.items() if future.done()]
        for key in done:
            self._take(key, self._asked.pop(key))
        for key in self._wanted:
            if len(self._asked) >= self._at_once:
                break
            if key not in self._known and key not in self._asked:
                future = self._ask(key)
                if future is not None:
                    self._asked[key] = future
        return bool(done)

    def get(self, key: K) -> V | None:
        """Return an answer; None: there is none, or not yet."""
        found = self._known.get(key)
        return None if isinstance(found, UserError) else found

    def fault(self, key: K) -> UserError | None:
        """Return why there is no answer, None where that is not known."""
        found = self._known.get(key)
        return found if isinstance(found, UserError) else None

    def _take(self, key: K, future: Future[V]) -> None:
        try:
            self._known[key] = future.result()
        except UserError as error:
            self._known[key] = error
        kept = max(self._most, len(self._wanted))
        while len(self._known) > kept:
            self._known.popitem(last=False)
