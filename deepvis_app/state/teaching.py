"""What the user wants of a concept that is taught: its layer, its name, what a held key says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from psygnal import SignalGroupDescriptor

from deepvis_app.engine.readers import Hold

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class WantedPictures:
    """Pictures of the corpus that is looked at, by their ids, which are to teach a concept.

    Without any `outside` these are drawn from its others.
    """

    inside: tuple[int, ...]
    outside: tuple[int, ...]


LONGEST = 60  # letters of a name


@dataclass
class TeachOptions:
    """Evented, main thread only.

    `hold` is the key that is held, or the last of `count`, while frames of it are still wanted.
    `wanted` are pictures that somebody asked to be taught by; who takes them sets it to None.
    """

    events: ClassVar[SignalGroupDescriptor] = SignalGroupDescriptor()

    is_open: bool = False
    layer: str = ""
    name: str = ""
    hold: Hold | None = None
    wanted: WantedPictures | None = None
    count: int = 0

    def open(self, layer: str) -> None:
        """Teach a concept on a layer."""
        self.layer = layer
        self.is_open = True

    def close(self) -> None:
        self.hold = None
        self.is_open = False

    def number(self) -> int:
        """Return a number that no hold and no folder has had."""
        self.count += 1
        return self.count

    def press(self, *, is_inside: bool) -> None:
        """Let frames teach from now on: for the concept, or against it."""
        self.hold = Hold(self.number(), is_inside)

    def release(self) -> None:
        """Let no more frames teach."""
        self.hold = None

    def teach_from_ids(
        self, layer: str, inside: Iterable[int], outside: Iterable[int] = (), *, name: str = ""
    ) -> None:
        """Teach a concept by pictures of the corpus that is looked at, such as those of a lasso.

        Without any `outside`, it is told from others of the corpus, drawn by chance.
        """
        self.name = name[:LONGEST]
        self.open(layer)
        self.wanted = WantedPictures(tuple(inside), tuple(outside))
