"""Stored pictures as the window asks for them: a store that fails is a banner, not an error."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from deepvis_app.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable

    from deepvis_app.engine.kept.gallery import Gallery, StoredPicture
    from deepvis_app.nets import Unit
    from deepvis_app.store import StoreInfo
    from deepvis_app.synth import Recipe, Sample

    T = TypeVar("T")


class KeptPictures:
    """A gallery that finds nothing where there is no store, or where it fails.

    `on_fault` gets what is wrong, or None when the store answers again; `fault` is told already.
    """

    def __init__(
        self,
        gallery: Gallery | None,
        on_fault: Callable[[UserError | None], None],
        fault: UserError | None = None,
    ) -> None:
        self._gallery = gallery
        self._on_fault = on_fault
        self._fault = fault
        self._hidden: set[str] = set()  # keys of pictures that are about to be removed

    @property
    def has_store(self) -> bool:
        return self._gallery is not None

    def info(self) -> StoreInfo | None:
        """Return how full the store is; None where that is not known."""
        return self._ask(lambda gallery: gallery.info(), None)

    def find(self, fingerprint: str, sample: Sample, recipe: Recipe) -> StoredPicture | None:
        return self._seen(
            self._ask(lambda gallery: gallery.find(fingerprint, sample, recipe), None)
        )

    def get(self, key: str) -> StoredPicture | None:
        if key in self._hidden:
            return None
        return self._ask(lambda gallery: gallery.get(key), None)

    def history(self, fingerprint: str, unit: Unit, limit: int) -> tuple[StoredPicture, ...]:
        nothing: tuple[StoredPicture, ...] = ()
        found = self._ask(lambda gallery: gallery.history(fingerprint, unit, limit), nothing)
        return tuple(stored for stored in found if stored.key not in self._hidden)

    def hide(self, key: str) -> None:
        """Do not find a picture until it is shown again, or removed."""
        self._hidden.add(key)

    def show(self, key: str) -> None:
        self._hidden.discard(key)

    def remove(self, key: str) -> None:
        """Remove a picture from the store."""
        self._ask(lambda gallery: gallery.remove(key), None)
        self._hidden.discard(key)

    def _seen(self, stored: StoredPicture | None) -> StoredPicture | None:
        return None if stored is None or stored.key in self._hidden else stored

    def _ask(self, question: Callable[[Gallery], T], nothing: T) -> T:
        if self._gallery is None:
            return nothing
        try:
            answer = question(self._gallery)
        except UserError as error:
            self._tell(error)
            return nothing
        self._tell(None)
        return answer

    def _tell(self, fault: UserError | None) -> None:
        if str(fault) != str(self._fault):
            self._fault = fault
            self._on_fault(fault)
