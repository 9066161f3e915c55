"""The atlas of a map as the window asks for it: nothing here waits, nor computes.

What the network said of the pictures is read where files are read; cells and directions are found
in a thread of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.corpus.map.atlas import atlas_of, require_activations
from deepvis_app.corpus.map.compared import compared
from deepvis_app.corpus.map.said import cell_facts, class_scores, said_of
from deepvis_app.engine.jobs.kinds.atlas import AtlasRequest
from deepvis_app.engine.own_thread import apart
from deepvis_app.errors import UserError, in_words
from deepvis_app.known.newest import Newest
from deepvis_app.synth.icons import icon_recipe

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from numpy.typing import NDArray

    from deepvis_app.corpus import Corpus
    from deepvis_app.corpus.map.atlas import Atlas, AtlasSettings
    from deepvis_app.corpus.map.compared import Comparison
    from deepvis_app.corpus.map.said import CellFacts, Said
    from deepvis_app.known.corpora import KnownCorpora
    from deepvis_app.known.kept_pictures import Answer
    from deepvis_app.known.map_facts import MapFacts, Points
    from deepvis_app.known.maps import Apart
    from deepvis_app.nets import Network
    from deepvis_app.nets.outputs import Scale

    Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Output:
    """A network's class scores: their layer (None: it has none), what they are, and the classes.

    `labels` may be missing; there are `count` classes all the same, 0 without such a layer.
    """

    layer: str | None
    scale: Scale | None
    labels: tuple[str, ...]
    input_size: tuple[int, int]
    count: int = 0

    @classmethod
    def of(cls, network: Network) -> Output:
        layer, labels = network.output_layer, tuple(network.labels)
        count = 0 if layer is None else network.layer(layer).unit_count
        return cls(layer, network.scale, labels, network.input_shape[1:], count)


@dataclass(frozen=True, slots=True)
class AtlasWish:
    """`classes`: two that are compared; None: the cells are the map's."""

    settings: AtlasSettings
    classes: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class AtlasFacts:
    """An atlas of a map, and all that is told of its cells.

    `typical` are each cell's pictures by their places in the map, those first whose codes point
    most along the cell's direction. `request` asks for the cells' pictures. Where two classes are
    compared, `points` (N, 2) say where pictures stand, NaN for those that are not looked at.
    """

    of: MapFacts
    wish: AtlasWish
    atlas: Atlas
    told: tuple[CellFacts, ...]
    typical: tuple[Places, ...]
    request: AtlasRequest
    comparison: Comparison | None = None
    points: Points | None = None

    def __len__(self) -> int:
        return len(self.atlas)

    def cell_of(self, places: Places) -> NDArray[np.bool_]:
        """Return which cells (K,) have one of some pictures."""
        chosen = np.zeros(len(self.of), bool)
        chosen[places] = True
        return np.array([chosen[own].any() for own in self.typical], bool)


class KnownAtlases:
    """The atlas that is wished for, once it is known. For the main thread."""

    def __init__(self, corpora: KnownCorpora, do_apart: Apart = apart) -> None:
        self._corpora, self._apart = corpora, do_apart
        self._newest: Newest[AtlasFacts | UserError] = Newest()

    @property
    def found(self) -> AtlasFacts | None:
        """What was found last; it may be of a wish before the present one."""
        value = self._newest.value
        return value if isinstance(value, AtlasFacts) else None

    @property
    def fault(self) -> UserError | None:
        """Why there is no atlas."""
        value = self._newest.value
        return value if isinstance(value, UserError) else None

    def tick(self, facts: MapFacts | None, wish: AtlasWish, output: Output | None) -> bool:
        """Take what was answered, ask for what is wished; tell whether there is something new."""
        key = None if facts is None or output is None else (facts, wish, output)

        def ask() -> _Chained:
            assert facts is not None
            assert output is not None
            read = self._corpora.ask_of(facts.wish.corpus, partial(_read, facts, wish, output))
            return _Chained(read, partial(self._make, facts, wish, output))

        return self._newest.tick(key, ask)

    def _make(
        self, facts: MapFacts, wish: AtlasWish, output: Output, read: _Read | None
    ) -> Future[AtlasFacts]:
        if read is None:
            read = _Read(fault=self._corpora.fault or UserError("The scan is gone", "Scan again"))
        return self._apart(partial(_made, facts, wish, output, read))


@dataclass(frozen=True, slots=True, eq=False)
class _Read:
    """What the disk gives: what was said, two classes' scores; or why there is nothing."""

    said: Said | None = None
    scores: tuple[NDArray[np.float32], NDArray[np.float32]] | None = None
    fault: UserError | None = None


class _Chained:
    """What is read first, then made of it."""

    def __init__(
        self, read: Answer[_Read | None], make: Callable[[_Read | None], Future[AtlasFacts]]
    ) -> None:
        self._read, self._make = read, make
        self._made: Future[AtlasFacts] | None = None

    @property
    def is_there(self) -> bool:
        if self._made is None and self._read.is_there:
            self._made = self._make(self._read.take())
        return self._made is not None and self._made.done()

    def take(self) -> AtlasFacts | UserError:
        assert self._made is not None
        try:
            return self._made.result()
        except UserError as error:
            return error
        except Exception as error:  # noqa: BLE001 - such as a lack of memory
            return UserError(f"There can be no atlas: {in_words(error)}", "Choose another layer")


def _read(facts: MapFacts, wish: AtlasWish, output: Output, corpus: Corpus) -> _Read:
    """Read what was scanned of the class scores; for a thread that may wait for a disk."""
    corpus, codes = corpus.along(None), facts.codes
    try:
        require_activations(corpus)
        said = said_of(corpus, codes, output.layer, output.scale, output.labels)
        if wish.classes is None:
            return _Read(said)
        first, second = (class_scores(corpus, codes, output.layer, n) for n in wish.classes)
    except UserError as error:
        return _Read(fault=error)
    return _Read(said, (first, second))


def _made(facts: MapFacts, wish: AtlasWish, output: Output, read: _Read) -> AtlasFacts:
    if read.fault is not None:
        raise read.fault
    assert read.said is not None
    codes, comparison, points = facts.codes, None, None
    if read.scores is None:
        atlas = atlas_of(facts.embedding, wish.settings)
    else:
        comparison = compared(codes, *read.scores, settings=facts.embedding.settings)
        atlas, points = comparison.atlas, _spread(comparison, len(facts))
    told = tuple(cell_facts(codes, read.said, cell.places) for cell in atlas.cells)
    typical = tuple(_typical(atlas, number) for number in range(len(atlas)))
    recipe = icon_recipe(output.input_size)
    request = AtlasRequest.of(codes.layer, atlas.directions, recipe, name=facts.of.name)
    return AtlasFacts(facts, wish, atlas, told, typical, request, comparison, points)


def _typical(atlas: Atlas, number: int) -> Places:
    """Return a cell's pictures, those first whose codes point most along its direction."""
    places = atlas.cells[number].places
    codes = atlas.of.values[places].astype(np.float64)
    lengths = np.maximum(np.linalg.norm(codes, axis=1), 1e-30)
    found: Places = places[np.argsort(-(codes @ atlas.directions[number]) / lengths, kind="stable")]
    return found


def _spread(comparison: Comparison, count: int) -> Points:
    """Return where the pictures that are compared stand, (N, 2); NaN for all others."""
    found = np.full((count, 2), np.nan, np.float32)
    found[comparison.places] = comparison.points
    found.setflags(write=False)
    return found
