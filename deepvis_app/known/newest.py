"""One answer to a wish that changes: asked one question at a time, the newest wish next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from typing import Protocol

    T_co = TypeVar("T_co", covariant=True)

    class Asked(Protocol[T_co]):
        """What will have an answer; `Answer` is one."""

        @property
        def is_there(self) -> bool: ...

        def take(self) -> T_co: ...


V = TypeVar("V")


class Newest(Generic[V]):
    """`value` is the newest answer, `of` the wish that it answers. For one thread."""

    def __init__(self) -> None:
        self.of: Hashable = None
        self.value: V | None = None
        self._asked: tuple[Hashable, Asked[V | None]] | None = None

    def forget(self) -> None:
        """Know nothing any more; what was asked is not heard."""
        self.of = self.value = self._asked = None

    def tick(self, wish: Hashable, ask: Callable[[], Asked[V | None] | None]) -> bool:
        """Take what was answered, and `ask` for what is wished; tell whether there is an answer.

        A wish of None wishes nothing, and what was known is forgotten.
        """
        has_news = False
        if self._asked is not None and self._asked[1].is_there:
            (self.of, answer), self._asked = self._asked, None
            self.value, has_news = answer.take(), True
        if wish is None:
            has_news = has_news or self.value is not None
            self.forget()
        elif wish != self.of and self._asked is None:
            asked = ask()
            self._asked = None if asked is None else (wish, asked)
        return has_news

    def get(self, wish: Hashable) -> V | None:
        """Return the answer to a wish; None: there is none yet."""
        return self.value if self.of == wish else None
