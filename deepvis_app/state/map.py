"""What the user wants of the map: whose codes, in which colours, which pictures."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, ClassVar

from psygnal import SignalGroupDescriptor

from deepvis_app.corpus.map.settings import MapSettings

if TYPE_CHECKING:
    from collections.abc import Iterable

MAP = "map"  # the workspace's key
MOST_SAVED = 12  # selections that are kept by name


class MapMethod(Enum):
    """How codes are laid out."""

    TSNE = "tsne"
    PCA = "pca"


class MapColour(Enum):
    """What points are coloured by."""

    CLASS = "class"  # the pictures' own
    PREDICTION = "prediction"  # the class that the network says
    UNIT = "unit"  # what the picked unit gives on each


class MapView(Enum):
    """Where points stand."""

    MAP = "map"
    GRID = "grid"  # each in a cell of its own, near where it was
    ATLAS = "atlas"  # under the pictures of the cells that the map is cut into


class MapTool(Enum):
    """What a drag does."""

    PAN = "pan"
    LASSO = "lasso"


@dataclass(frozen=True, slots=True)
class SavedSelection:
    """Pictures by their ids, under a name."""

    name: str
    ids: frozenset[int]


@dataclass
class MapOptions:
    """Evented, main thread only.

    `layer`: whose codes are laid out, "": the picked unit's. `selection` are the ids of pictures,
    which are their contents: they stay chosen on any layer's map, and of another corpus those that
    it has. `saved` are the kept ones, the newest first. `find`: words that a picture's name or
    class is to have. `looked`: the map's point in the middle, and how much larger than whole it is
    shown; None: all of it. An atlas has so many `cells` along its longer side, 0: as many as suit
    it; `first` and `second` are the classes that it compares, -1 for none.
    """

    events: ClassVar[SignalGroupDescriptor] = SignalGroupDescriptor()

    layer: str = ""
    method: MapMethod = MapMethod.TSNE
    colour: MapColour = MapColour.CLASS
    view: MapView = MapView.MAP
    tool: MapTool = MapTool.PAN
    selection: frozenset[int] = frozenset()
    saved: tuple[SavedSelection, ...] = ()
    find: str = ""
    looked: tuple[float, float, float] | None = None
    cells: int = 0
    first: int = -1
    second: int = -1

    @property
    def compared(self) -> tuple[int, int] | None:
        """The two classes that the atlas compares, None: it is the whole map's."""
        both = self.first, self.second
        return both if min(both) >= 0 and self.first != self.second else None

    @property
    def settings(self) -> MapSettings:
        """How codes are laid out, in full."""
        return MapSettings(self.method.value)

    def shown_layer(self, picked: str) -> str:
        """Return the layer whose map is shown while a unit of `picked` is picked."""
        return self.layer or picked

    def select(self, ids: Iterable[int], *, adds: bool = False) -> None:
        """Choose pictures, in place of those before or beside them."""
        chosen = frozenset(ids)
        self.selection = self.selection | chosen if adds else chosen

    def toggle(self, picture: int) -> None:
        """Choose one more picture, or one less."""
        self.selection = self.selection ^ {picture}

    def save(self, name: str) -> None:
        """Keep the selection under a name; one of that name gives way, and the oldest of many."""
        kept = (one for one in self.saved if one.name != name)
        self.saved = (SavedSelection(name, self.selection), *kept)[:MOST_SAVED]

    def forget(self, name: str) -> None:
        """Keep a selection no more."""
        self.saved = tuple(one for one in self.saved if one.name != name)

    def recall(self, name: str) -> None:
        """Choose the pictures that are kept under a name."""
        found = next((one for one in self.saved if one.name == name), None)
        if found is not None:
            self.selection = found.ids
