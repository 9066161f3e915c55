"""One picture closer: what the card says of the tile that is pointed at, and what it does."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from deepvis_app.explain import Method
from deepvis_app.known.looks import Backward, Forward
from deepvis_app.known.patches import differs, key_of, name_of, nth
from deepvis_app.ui.panels.pictures.card import Closer
from deepvis_app.words.classes import class_name
from deepvis_app.words.figures import figure
from deepvis_app.words.quantities import field_text

if TYPE_CHECKING:
    from deepvis_app.corpus.corpus import Patch
    from deepvis_app.known.looks import Looks, Passed
    from deepvis_app.known.unit_pictures import UnitPictures
    from deepvis_app.nets import Network
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panels.pictures.view import PicturesView


class CloserPresenter:
    """Follows the tile that is pointed at."""

    def __init__(self, view: PicturesView, desk: Desk, looks: Looks) -> None:
        self._view, self._files, self._looks = view, desk.files, looks
        self._options = desk.options.view
        self._network: Network | None = None
        self._labels: frozenset[str] = frozenset()  # of the network's classes, as compared
        self._place: int | None = None  # of the tile
        self._found: UnitPictures | None = None
        view.pointed.connect(self._point)
        view.use_requested.connect(self.use)
        view.open_requested.connect(self.open)

    def set_network(self, network: Network | None) -> None:
        self._network = network
        self._labels = frozenset(map(key_of, network.labels)) if network else frozenset()

    def _point(self, place: int) -> None:
        self._place = None if place < 0 else place

    # What the card needs

    def backward(self, found: UnitPictures) -> tuple[Backward, ...]:
        """Return what of the picture is asked back, guided."""
        patch = self._patch(found)
        if patch is None:
            return ()
        return (Backward(patch.path, found.wish.unit, patch.position, Method.GUIDED),)

    def forward(self, found: UnitPictures) -> tuple[Forward, ...]:
        patch = self._patch(found)
        return () if patch is None else (Forward(patch.path, found.wish.unit),)

    def _patch(self, found: UnitPictures) -> Patch | None:
        place = self._place
        if place is None or place >= len(found.patches):
            return None
        is_lost = found.is_gone[place] or found.has_changed[place]
        return None if is_lost else found.patches[place]

    # Showing

    def show(self, found: UnitPictures) -> None:
        self._found = found
        if self._place is not None and self._place < len(found.patches):
            self._view.set_card(self._closer(found, self._place))

    def _closer(self, found: UnitPictures, place: int) -> Closer:
        patch, unit = found.patches[place], found.wish.unit
        why_not = ""
        if found.is_gone[place]:
            why_not = "The file is gone"
        elif found.has_changed[place]:
            why_not = "The file has changed since the scan"
        question = Backward(patch.path, unit, patch.position, Method.GUIDED)
        fault, map_fault = self._looks.fault(patch.path), self._looks.map_fault(question)
        box = patch.box
        words = why_not or (fault.cause if fault is not None else "")
        passed = self._looks.passed(Forward(patch.path, unit)) if not why_not else None
        return Closer(
            escape(name_of(patch)),
            self._detail(found, place),
            None if why_not else self._looks.picture(patch.path),
            (box.top, box.left, box.bottom, box.right),
            self._field_words(found),
            None if why_not else self._looks.map(question),
            "guided, this place" if patch.position is not None else "guided",
            words,
            "" if map_fault is None else map_fault.cause,
            "" if passed is None else self._verdict(patch, passed),
            why_not or words,
        )

    def _detail(self, found: UnitPictures, place: int) -> str:
        patch, rank = found.patches[place], found.ranks[place]
        at = "" if patch.position is None else f" at {patch.position}"
        parts = [figure(patch.value) + at]
        if rank is not None:
            parts.append(f"{nth(rank)} of {found.spread.pictures}")
        return " · ".join(parts)

    def _field_words(self, found: UnitPictures) -> str:
        field = ""
        if self._network is not None:
            field = field_text(self._network.layer(found.wish.unit.layer))
        return f"whole, {field}" if field else "whole"

    def _verdict(self, patch: Patch, passed: Passed) -> str:
        """Return what the network itself says, and that the label is not why where that is so."""
        if passed.best is None or self._network is None:
            return ""
        is_named = passed.best < len(self._network.labels)
        says = class_name(self._network, passed.best)
        strong = f"<b>{escape(says)} {figure(passed.score)}</b>"
        if is_named and differs(name_of(patch), says, self._labels):
            return f"The label is not the cause: the network itself says {strong}."
        return f"The network itself says {strong}."

    # Doing

    def use(self, place: int) -> None:
        """Show a picture to the network framed as it was scanned: the same value comes again."""
        if self._opened(place):
            self._options.fit, self._options.mirror = None, False

    def open(self, place: int) -> None:
        """Show a file in the stream, framed as the user wants the input."""
        self._opened(place)

    def _opened(self, place: int) -> bool:
        found = self._found
        if found is None or place >= len(found.patches) or found.is_gone[place]:
            return False
        self._files.show(found.patches[place].path)
        return True
