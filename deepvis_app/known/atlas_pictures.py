"""Pictures of an atlas' cells: looked up little by little, and taken as a job makes them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from deepvis_app.engine.jobs import JobState
from deepvis_app.engine.jobs.kinds.atlas import AtlasStatus
from deepvis_app.synth import legible

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import NDArray

    from deepvis_app.engine.jobs import JobStatus
    from deepvis_app.engine.jobs.kinds.atlas import AtlasRequest
    from deepvis_app.engine.kept.gallery import StoredPicture
    from deepvis_app.known.kept_pictures import Answer, KeptPictures

    Picture = NDArray[np.uint8]
    Colour = tuple[int, int, int]

MOST_ASKED = 4  # at a time: a question takes a moment to be put


class AtlasPictures:
    """Of one request. `version` grows with every new picture; for the main thread."""

    def __init__(
        self, kept: KeptPictures, fingerprint: str, request: AtlasRequest, mean: Colour
    ) -> None:
        self.request = request
        self.version = 0
        self._kept, self._fingerprint, self._mean = kept, fingerprint, mean
        self._made: dict[int, Picture] = {}
        self._growing: dict[int, Picture] = {}
        self._unseen: dict[int, None] = dict.fromkeys(request.cells)  # an ordered set
        self._asked: dict[int, Answer[Picture | None]] = {}
        self._outdated: set[int] = set()  # asked for before they were made

    @property
    def is_looked_up(self) -> bool:
        """Whether it is known which are there."""
        return not self._unseen

    @property
    def made(self) -> int:
        """How many are finished, as far as it was looked."""
        return len(self._made)

    def picture(self, cell: int) -> Picture | None:
        """Return a cell's picture (H, W, 3), the same object as long as it is the same."""
        return self._made.get(cell, self._growing.get(cell))

    def missing(self) -> tuple[int, ...]:
        """Return the cells without a finished picture; complete once all is looked up."""
        return tuple(
            cell
            for cell in self.request.cells
            if cell not in self._made and cell not in self._unseen
        )

    def tick(self) -> None:
        """Take what the store has answered, and ask for more."""
        for cell in tuple(self._asked):
            self._take(cell)
        for cell in tuple(self._unseen):
            if len(self._asked) >= MOST_ASKED:
                break
            if cell not in self._asked:
                self._asked[cell] = self._find(cell)
                self._take(cell)

    def take(self, statuses: Iterable[JobStatus]) -> None:
        """Take what jobs make of these cells: growing ones, and what is finished."""
        growing: dict[int, Picture] = {}
        for status in statuses:
            if not isinstance(status, AtlasStatus) or not is_of(status, self.request):
                continue
            growing |= {k: v for k, v in status.previews.items() if k not in self._made}
            self._keep_ended(status, growing)
            for cell in status.results:
                if cell not in self._made:
                    self._unseen[cell] = None
                    if cell in self._asked:
                        self._outdated.add(cell)
        if growing.keys() != self._growing.keys() or any(
            growing[cell] is not self._growing[cell] for cell in growing
        ):
            self.version += 1
        self._growing = growing

    def _keep_ended(self, status: AtlasStatus, growing: dict[int, Picture]) -> None:
        """Without a store what is finished is nowhere else: it stays as it was seen last."""
        if self._kept.has_store or status.state is JobState.CANCELLED:
            return
        gone = {cell: self._growing[cell] for cell in self._growing.keys() - growing.keys()}
        ended = growing if status.state is JobState.DONE else gone
        for cell in status.request.cells:
            if cell in ended:
                self._made[cell] = ended[cell]
                self.version += 1

    def _find(self, cell: int) -> Answer[Picture | None]:
        sample, recipe = self.request.sample(cell), self.request.recipe
        shown = partial(_legible, self._mean)
        return self._kept.find_shown(self._fingerprint, sample, recipe, shown)

    def _take(self, cell: int) -> None:
        if not self._asked[cell].is_there:
            return
        self._unseen.pop(cell, None)
        picture = self._asked.pop(cell).take()
        is_outdated = cell in self._outdated
        self._outdated.discard(cell)
        if picture is not None:
            self._made[cell] = picture
            self.version += 1
        elif is_outdated:
            self._unseen[cell] = None


def is_of(status: AtlasStatus, request: AtlasRequest) -> bool:
    """Tell whether a job makes pictures of a request's cells."""
    one = status.request
    theirs = one.layer, one.directions, one.recipe, one.seed
    return theirs == (request.layer, request.directions, request.recipe, request.seed)


def _legible(mean: Colour, stored: StoredPicture) -> Picture:
    return legible(stored.image, mean)
