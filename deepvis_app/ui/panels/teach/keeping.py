"""A taught concept onto the shelf, and onto the network as a layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.corpus.concepts.direction import directions_of, made_words
from deepvis_app.errors import UserError

if TYPE_CHECKING:
    from concurrent.futures import Future

    from deepvis_app.corpus.concepts.concept import Concept
    from deepvis_app.engine.kept.directions import DirectionsShelf, KeptDirections
    from deepvis_app.nets import Network
    from deepvis_app.ui.desk import Desk

FAULT = "teach-keep"


class Keeping:
    """Keeps what is asked, and picks the layer that it becomes. Knows no Qt."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._keeping: Future[tuple[KeptDirections, str]] | None = None
        self._awaited = ""  # the layer that a kept concept becomes

    @property
    def is_busy(self) -> bool:
        return self._keeping is not None

    def keep(self, network: Network, layer: str, concept: Concept, name: str) -> None:
        """Keep a concept as the direction of a layer, soon."""
        shelf = self._desk.engine.directions
        if shelf is not None and self._keeping is None:
            # It is made by torch, which must have no other living thread than the worker's.
            self._keeping = self._desk.engine.between_frames(
                lambda: _kept(shelf, network, layer, concept, name)
            )

    def tick(self) -> None:
        if self._keeping is None or not self._keeping.done():
            return
        done, self._keeping = self._keeping, None
        notices, error = self._desk.notices, done.exception()
        if error is None:
            notices.clear(FAULT)
            kept, self._awaited = done.result()
            notices.say(f"Kept as {kept.title}")
            self._desk.engine.put_directions()
        elif isinstance(error, UserError):
            notices.fail(FAULT, error.cause, error.remedy)
        else:
            notices.fail(FAULT, f"The concept cannot be kept: {error}")

    def set_network(self, network: Network | None) -> None:
        """Pick the layer that was kept, once the network has it."""
        names = () if network is None else tuple(info.name for info in network.layers)
        if self._awaited in names:
            self._desk.selection.pick_unit(0, self._awaited)
            self._desk.sight.reveal()
            self._awaited = ""


def _kept(
    shelf: DirectionsShelf, network: Network, layer: str, concept: Concept, name: str
) -> tuple[KeptDirections, str]:
    """Return what was kept, and the name of the layer that it is."""
    directions = directions_of(concept, name)
    kept = shelf.keep(network, layer, directions, name, made_words(concept))
    return kept, f"{kept.about.layer}~{directions.by_content(kept.about.name)}"
