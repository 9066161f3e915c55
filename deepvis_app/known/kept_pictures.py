"""Stored pictures as the window asks for them: a store that fails is a banner, not an error."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from deepvis_app.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable

    from deepvis_app.engine.kept.gallery import Gallery, StoredPicture
    from deepvis_app.nets import Unit
    from deepvis_app.store import StoreInfo
    from deepvis_app.synth import Recipe, Sample

T = TypeVar("T")
V = TypeVar("V")


class LookUp(Protocol):
    """Has a question answered, now or on another thread."""

    def __call__(self, question: Callable[[], T], *, is_order: bool = False) -> Future[T]:
        """Return what has the answer or will; an order is done also where nobody waits for it."""


def at_once(question: Callable[[], T], *, is_order: bool = False) -> Future[T]:  # noqa: ARG001
    """Answer before it returns."""
    answer: Future[T] = Future()
    try:
        answer.set_result(question())
    except UserError as error:
        answer.set_exception(error)
    return answer


class Answer(Generic[T]):
    """What the store says, once it does. What nobody holds any more is not looked for."""

    def __init__(self, future: Future[V], read: Callable[[Future[V]], T]) -> None:
        self._future = future
        self._read = read

    @property
    def is_there(self) -> bool:
        return self._future.done()

    def take(self) -> T:
        """Return the answer, which must be there."""
        return self._read(self._future)


class KeptPictures:
    """A gallery that finds nothing where there is no store, or where it fails.

    No method waits: answers come by and by, where there is no store at once. `on_fault` gets what
    is wrong, or None when the store answers again, while answers are taken; `fault` is told
    already. `look_up` says where the store is asked.
    """

    def __init__(
        self,
        gallery: Gallery | None,
        on_fault: Callable[[UserError | None], None],
        fault: UserError | None = None,
        look_up: LookUp = at_once,
    ) -> None:
        self._gallery = gallery
        self._on_fault = on_fault
        self._fault = fault
        self._look_up = look_up
        self._hidden: set[str] = set()  # keys of pictures that are about to be removed
        self._removals: list[Answer[None]] = []  # whose outcome is not told yet

    @property
    def has_store(self) -> bool:
        return self._gallery is not None

    def info(self) -> Answer[StoreInfo | None]:
        """Ask how full the store is; None where that is not known."""
        return self._ask(lambda gallery: gallery.info(), lambda info: info, None)

    def find(
        self, fingerprint: str, sample: Sample, recipe: Recipe, key: str = ""
    ) -> Answer[StoredPicture | None]:
        """Ask for a sample's picture: the one under `key`, else as the recipe makes it."""

        def question(gallery: Gallery) -> StoredPicture | None:
            is_known = bool(key) and key not in self._hidden
            stored = gallery.get(key, whole=True) if is_known else None
            return stored or gallery.find(fingerprint, sample, recipe, whole=True)

        return self._ask(question, self._seen, None)

    def find_shown(
        self,
        fingerprint: str,
        sample: Sample,
        recipe: Recipe,
        show: Callable[[StoredPicture], V],
    ) -> Answer[V | None]:
        """Ask for what `show` makes of a sample's picture, where the store is asked."""

        def question(gallery: Gallery) -> tuple[StoredPicture, V] | None:
            stored = gallery.find(fingerprint, sample, recipe)
            return None if stored is None else (stored, show(stored))

        def seen(found: tuple[StoredPicture, V] | None) -> V | None:
            return found[1] if found is not None and self._seen(found[0]) else None

        return self._ask(question, seen, None)

    def get(self, key: str) -> Answer[StoredPicture | None]:
        return self._ask(lambda gallery: gallery.get(key), self._seen, None)

    def history(
        self, fingerprint: str, unit: Unit, limit: int
    ) -> Answer[tuple[StoredPicture, ...]]:
        """Ask for the pictures of a unit, newest first."""

        def question(gallery: Gallery) -> tuple[StoredPicture, ...]:
            found = gallery.history(fingerprint, unit, limit)
            for stored in found:
                stored.read_whole()
            return found

        def seen(found: tuple[StoredPicture, ...]) -> tuple[StoredPicture, ...]:
            return tuple(stored for stored in found if self._seen(stored))

        nothing: tuple[StoredPicture, ...] = ()
        return self._ask(question, seen, nothing)

    def hide(self, key: str) -> None:
        """Do not find a picture until it is shown again, or removed."""
        self._hidden.add(key)

    def show(self, key: str) -> None:
        self._hidden.discard(key)

    def remove(self, key: str) -> None:
        """Remove a picture from the store; until it is gone it stays hidden."""

        def removed(_: None) -> None:
            self._hidden.discard(key)

        self._removals.append(
            self._ask(lambda gallery: gallery.remove(key), removed, None, is_order=True)
        )
        self._tell_of_removals()

    def _seen(self, stored: StoredPicture | None) -> StoredPicture | None:
        return None if stored is None or stored.key in self._hidden else stored

    def _ask(
        self,
        question: Callable[[Gallery], V],
        read: Callable[[V], T],
        nothing: V,
        *,
        is_order: bool = False,
    ) -> Answer[T]:
        gallery = self._gallery
        if gallery is None:
            return Answer(at_once(lambda: nothing), lambda future: read(future.result()))
        self._tell_of_removals()
        future = self._look_up(lambda: question(gallery), is_order=is_order)
        return Answer(future, lambda future: read(self._heard(future, nothing)))

    def _heard(self, future: Future[V], nothing: V) -> V:
        try:
            answer = future.result()
        except UserError as error:
            self._tell(error)
            return nothing
        self._tell(None)
        return answer

    def _tell_of_removals(self) -> None:
        waiting = [answer for answer in self._removals if not answer.is_there]
        done, self._removals = [a for a in self._removals if a.is_there], waiting
        for answer in done:
            answer.take()

    def _tell(self, fault: UserError | None) -> None:
        if str(fault) != str(self._fault):
            self._fault = fault
            self._on_fault(fault)
