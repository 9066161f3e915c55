"""Maps of scanned pictures as the window asks for them: nothing here waits, nor computes.

Files are read on the engine's reading thread; what places frames, and grids, are made in threads of
their own.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from functools import partial
from math import log2
from typing import TYPE_CHECKING, TypeVar

from deepvis_app.engine.own_thread import apart
from deepvis_app.errors import UserError, in_words
from deepvis_app.known.map_facts import MapWish, grid_points, laid_out, read_codes

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future
    from typing import Protocol

    from deepvis_app.corpus import Corpus, Embedding
    from deepvis_app.corpus.map.settings import MapSettings
    from deepvis_app.engine.kept.corpora import CorpusInfo
    from deepvis_app.known.corpora import KnownCorpora
    from deepvis_app.known.kept_pictures import Answer
    from deepvis_app.known.map_facts import MapFacts, Points, ReadCodes

    T = TypeVar("T")

    class Apart(Protocol):
        """Has something done in a thread that ends with it."""

        def __call__(self, function: Callable[[], T]) -> Future[T]: ...


KEPT = 2  # maps: the codes of large ones fill memory
GRIDS = 4
SHAPES = 8  # that grids have between one ratio of the sides and its double


@dataclass(frozen=True, slots=True)
class _State:
    """What codes are of: they are others once more pictures were scanned."""

    wish: MapWish
    scanned: int
    made: float

    @property
    def of_codes(self) -> tuple[object, ...]:
        return self.wish.corpus, self.wish.layer, self.scanned, self.made


class KnownMaps:
    """The map that is wished for, and those before it. For the main thread.

    `found` is the newest one that is there: of another wish, until there is one of this. `fault`
    says why there is none. `version` grows whenever either is another one.
    """

    def __init__(self, corpora: KnownCorpora, do_apart: Apart = apart) -> None:
        self._corpora, self._apart = corpora, do_apart
        self._wanted: _State | None = None
        self._maps: OrderedDict[_State, MapFacts] = OrderedDict()
        self._faults: dict[_State, UserError] = {}
        self._reading: tuple[_State, Answer[_Read | None]] | None = None
        self._making: tuple[_State, Future[MapFacts]] | None = None
        self._outdated: set[_State] = set()  # of which there may be a better one now
        self._grids: OrderedDict[tuple[MapFacts, int], Future[Points]] = OrderedDict()
        self.found: MapFacts | None = None
        self.fault: UserError | None = None
        self.version = 0

    @property
    def wish(self) -> MapWish | None:
        """What is wished for; None: there is no such corpus or layer."""
        return None if self._wanted is None else self._wanted.wish

    @property
    def is_current(self) -> bool:
        """Whether what was found is what is wished for."""
        return self.found is not None and self.found is self._maps.get(self._wanted)  # type: ignore[arg-type]

    @property
    def is_busy(self) -> bool:
        return self._reading is not None or self._making is not None

    def tick(self, layer: str, settings: MapSettings) -> None:
        """Take what was answered, and ask for the map of a layer of the present corpus."""
        self._want(_wanted(self._corpora.present, layer, settings))
        self._take()
        wanted = self._wanted
        if wanted is None or self.is_busy or wanted in self._faults:
            return
        if wanted not in self._maps or wanted in self._outdated:
            self._outdated.discard(wanted)
            self._read(wanted)

    def look_again(self) -> None:
        """There may be a map now where there was none."""
        if self._wanted is not None:
            self._faults.pop(self._wanted, None)
            self._outdated.add(self._wanted)

    def grid(self, facts: MapFacts, aspect: float) -> Points | None:
        """Return a map's pictures in a grid of about that shape; None: it is being made."""
        shape = _shape(aspect)
        key = facts, shape
        if key not in self._grids:
            made = self._apart(partial(grid_points, facts.points, 2 ** (shape / SHAPES)))
            self._grids[key] = made
            while len(self._grids) > GRIDS:
                self._grids.popitem(last=False)
        self._grids.move_to_end(key)
        made = self._grids[key]
        return made.result() if made.done() else None

    # Asking

    def _want(self, wanted: _State | None) -> None:
        if wanted == self._wanted:
            return
        self._wanted = wanted
        if wanted is None:
            self._show(None, None)
        elif wanted in self._maps:
            self._maps.move_to_end(wanted)
            self._show(self._maps[wanted], None)
        else:
            is_near = self.found is not None and self.found.wish.corpus == wanted.wish.corpus
            self._show(self.found if is_near else None, self._faults.get(wanted))

    def _read(self, state: _State) -> None:
        known, wish = self._same_codes(state), state.wish
        of = None if known is None else known.of
        answer = self._corpora.ask_of(
            wish.corpus, lambda corpus: _Read.of(wish.layer, wish.settings, of, corpus)
        )
        self._reading = state, answer

    def _same_codes(self, state: _State) -> MapFacts | None:
        """Return another map of the same codes, or the same one as it was."""
        others = (one for at, one in self._maps.items() if at.of_codes == state.of_codes)
        return next(others, None)

    # Taking

    def _take(self) -> None:
        if self._reading is not None and self._reading[1].is_there:
            (state, answer), self._reading = self._reading, None
            read = answer.take()
            fault = self._corpora.fault if read is None else read.fault
            if read is None or read.codes is None:
                self._fail(state, fault or UserError("The codes cannot be read", "Scan again"))
            else:
                self._make(state, read.codes, read.kept)
        if self._making is not None and self._making[1].done():
            (state, made), self._making = self._making, None
            try:
                self._keep(state, made.result())
            except UserError as error:
                self._fail(state, error)
            except Exception as error:  # noqa: BLE001 - such as a lack of memory
                cause = f"The map cannot be prepared: {in_words(error)}"
                self._fail(state, UserError(cause, "Choose another layer"))

    def _make(self, state: _State, of: ReadCodes, kept: Embedding | None) -> None:
        known = self._same_codes(state)
        placer = known.placer if known is not None and known.of is of else None
        make = partial(laid_out, state.wish, of, kept, placer)
        self._making = state, self._apart(make)

    def _keep(self, state: _State, facts: MapFacts) -> None:
        self._maps[state] = facts
        self._maps.move_to_end(state)
        while len(self._maps) > KEPT:
            self._maps.popitem(last=False)
        if state == self._wanted:
            self._show(facts, None)

    def _fail(self, state: _State, fault: UserError) -> None:
        self._faults[state] = fault
        if state == self._wanted:
            self._show(None, fault)

    def _show(self, found: MapFacts | None, fault: UserError | None) -> None:
        if found is not self.found or fault is not self.fault:
            self.found, self.fault = found, fault
            self.version += 1


@dataclass(frozen=True, slots=True, eq=False)
class _Read:
    """Codes and the map that is kept of them, or why there are none."""

    codes: ReadCodes | None = None
    kept: Embedding | None = None
    fault: UserError | None = None

    @classmethod
    def of(
        cls, layer: str, settings: MapSettings, known: ReadCodes | None, corpus: Corpus
    ) -> _Read:
        try:
            return cls(*read_codes(layer, settings, known, corpus))
        except UserError as error:
            return cls(fault=error)


def _wanted(present: CorpusInfo | None, layer: str, settings: MapSettings) -> _State | None:
    if present is None or present.problem or layer not in present.layers:
        return None
    wish = MapWish(present.path, layer, settings)
    return _State(wish, present.scanned, present.made)


def _shape(aspect: float) -> int:
    """Return a ratio of sides as one of few."""
    return round(SHAPES * log2(min(max(aspect, 0.25), 4.0)))
