"""The best picture of every unit of a layer, cut to what its place sees, as small as a tile.

Each picture is decoded once for all units that it is the best of: where files are read; what needs
torch is asked of the network between two frames.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.corpus.pictures import FileSource
from deepvis_app.corpus.shard import shortest_px
from deepvis_app.corpus.state import NO_PLACE
from deepvis_app.errors import UserError
from deepvis_app.frames.cv import cv2
from deepvis_app.known.one_by_one import OneByOne
from deepvis_app.known.patches import crop, field_window
from deepvis_app.nets.layers import Box
from deepvis_app.tiles.geometry import Tiling
from deepvis_app.tiles.pictures import PictureMosaic

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Future

    from numpy.typing import NDArray

    from deepvis_app.corpus.corpus import Corpus
    from deepvis_app.known.looks import Asking
    from deepvis_app.nets import Network

    Window = tuple[int, int, int, int]
    Tile = NDArray[np.uint8]  # (height, width, 4), alpha 0 beyond the picture

AT_ONCE = 4  # pictures that are cut between two frames
AHEAD = 12  # that are decoded before


@dataclass(frozen=True, slots=True)
class Source:
    """A picture's file as it was scanned."""

    path: Path
    size: int
    changed_ns: int


@dataclass(frozen=True, slots=True, eq=False)
class Best:
    """The best picture of each of C units, None where none excites it.

    `windows` say which part of the input it is, `record` (C,) what the unit gave at most.
    """

    sources: tuple[Source | None, ...]
    windows: tuple[Window, ...]
    record: NDArray[np.float32]
    scanned: int
    total: int


def best_of(corpus: Corpus, layer: str) -> Best:
    """Ask for the best pictures of a layer's units. Raises `UserError` where it was not scanned."""
    state, plan, part = corpus.stats(layer), corpus.plan, corpus.manner.part(layer)
    folder, input_size = Path(corpus.about.folder), corpus.manner.input_size
    sources: dict[int, Source] = {}
    windows: dict[int, Window] = {NO_PLACE: (0, 0, *input_size)}
    found: list[Source | None] = []
    cuts: list[Window] = []
    for value, picture, place in zip(
        state.top.value[:, 0], state.top.picture[:, 0], state.top.place[:, 0], strict=True
    ):
        row = plan.row(int(picture)) if value == value else None
        if row is not None and row not in sources:
            sources[row] = Source(
                folder / plan.names[row], int(plan.sizes[row]), int(plan.changed_ns[row])
            )
        at = int(place)
        if at not in windows:
            position = divmod(at, part.shape[2])
            box = Box(0, 0, *input_size)
            if part.field is not None:
                box = part.field.box(position, input_size)
            windows[at] = field_window(box, position, part.field, input_size)
        found.append(None if row is None else sources[row])
        cuts.append(windows[at])
    return Best(
        tuple(found), tuple(cuts), state.highest.astype(np.float32), corpus.scanned, corpus.total
    )


class LayerCrops:
    """Tiles of one layer's units, made little by little; `version` grows with every new one."""

    def __init__(self, engine: Asking, network: Network, best: Best) -> None:
        self.best = best
        self.version = 0
        self._engine, self._shortest = engine, shortest_px(network)
        self._tile_px = (0, 0)
        self._decoded: OneByOne[Source, NDArray[np.uint8]] = OneByOne(self._read, AHEAD, AT_ONCE)
        self._cutting: dict[Source, Future[dict[Window, Tile]]] = {}
        self._tiles: dict[tuple[Source, Window], Tile] = {}
        self._larger: dict[tuple[Source, Window], Tile] = {}  # of other tiles' size, meanwhile
        self._is_whole = False

    def turn_to(self, best: Best) -> None:
        """Take what is known now: more was scanned. Tiles that are the same stay."""
        self.best, self._is_whole = best, False
        self.version += 1

    def tick(self, first: Sequence[int], tile_px: tuple[int, int]) -> None:
        """Take what was cut and ask for more, what the units `first` in view need before others."""
        if tile_px != self._tile_px:
            self._tile_px, self._is_whole = tile_px, False
            self._larger, self._tiles = {**self._larger, **self._tiles}, {}
            self._cutting.clear()
        if self._is_whole:
            return
        for source in [s for s, future in self._cutting.items() if future.done()]:
            self._take(source, self._cutting.pop(source))
        missing = self._missing(first)
        self._is_whole = not missing
        if self._is_whole:
            self._larger.clear()
        self._decoded.want(list(missing)[:AHEAD])
        self._decoded.tick()
        for source, windows in missing.items():
            if len(self._cutting) >= AT_ONCE:
                break
            image = self._decoded.get(source)
            if image is not None and source not in self._cutting:
                self._cutting[source] = self._cut(image, tuple(windows))

    def mosaic(self, units: Sequence[int], tile_px: tuple[int, int], columns: int) -> PictureMosaic:
        """Return the tiles of `units`; what is not there yet is left free."""
        tiling = Tiling(columns, len(units), tile_px, 1)
        pixels = np.zeros((*tiling.size, 4), np.uint8)
        for place, unit in enumerate(units):
            tile = self._tile(unit, tile_px)
            if tile is not None:
                box = tiling.rect(place)
                pixels[box.top : box.bottom, box.left : box.right] = tile
        pixels.setflags(write=False)
        every = tuple(range(len(units)))  # has a quiet ground, which is seen beyond the pictures
        return PictureMosaic(pixels, tile_px, 1, columns, len(units), every)

    def _tile(self, unit: int, tile_px: tuple[int, int]) -> Tile | None:
        source = self.best.sources[unit]
        if source is None:
            return None
        key = source, self.best.windows[unit]
        tile = self._tiles.get(key)
        if tile is None and (other := self._larger.get(key)) is not None:
            tile = np.asarray(cv2.resize(other, tile_px[::-1], interpolation=cv2.INTER_NEAREST))
        return None if tile is None or tile.shape[:2] != tile_px else tile

    def _missing(self, first: Sequence[int]) -> dict[Source, dict[Window, None]]:
        found: dict[Source, dict[Window, None]] = {}
        for unit in (*first, *range(len(self.best.sources))):
            source = self.best.sources[unit]
            if source is None or self._decoded.fault(source) is not None:
                continue
            window = self.best.windows[unit]
            if (source, window) not in self._tiles:
                found.setdefault(source, {})[window] = None
        return found

    def _take(self, source: Source, future: Future[dict[Window, Tile]]) -> None:
        try:
            tiles = future.result()
        except UserError:
            return  # the network went, and with it all of this
        self._tiles.update({(source, window): tile for window, tile in tiles.items()})
        self.version += 1

    def _read(self, source: Source) -> Future[NDArray[np.uint8]]:
        shortest = self._shortest
        return self._engine.read(lambda: _read(source, shortest))

    def _cut(
        self, image: NDArray[np.uint8], windows: tuple[Window, ...]
    ) -> Future[dict[Window, Tile]]:
        tile_px = self._tile_px
        return self._engine.ask_network(
            lambda network: _cut(network.view(image)[0], windows, tile_px)
        )


def _read(source: Source, shortest: int) -> NDArray[np.uint8]:
    """Read a picture. Raises `UserError` where it is not the one that was scanned."""
    path = source.path
    try:
        found = path.stat()
    except OSError as error:
        raise UserError(f"{path.name} is gone", "Scan its folder again") from error
    if (found.st_size, found.st_mtime_ns) != (source.size, source.changed_ns):
        raise UserError(f"{path.name} has changed since the scan", "Scan its folder again")
    return FileSource(path.parent).read(path.name, shortest)


def _cut(
    view: NDArray[np.uint8], windows: Sequence[Window], tile_px: tuple[int, int]
) -> dict[Window, Tile]:
    return {window: small(view, window, tile_px) for window in windows}


def small(view: NDArray[np.uint8], where: Window, tile_px: tuple[int, int]) -> Tile:
    """Return a part of a picture as a tile: averaged by area, its shape kept, amid the tile."""
    part = crop(view, where)
    height = min(tile_px[0], tile_px[1] * part.shape)
    width = height / part.shape
    top, left = (tile_px[0] - height) / 2, (tile_px[1] - width) / 2
    box = [
        round(start + share * length)
        for share, start, length in zip(
            part.inside, (top, left, top, left), (height, width, height, width), strict=True
        )
    ]
    tile = np.zeros((*tile_px, 4), np.uint8)
    tall, wide = box[2] - box[0], box[3] - box[1]
    if tall > 0 and wide > 0 and part.picture.size:
        shrinks = tall <= part.picture.shape[0] and wide <= part.picture.shape[1]
        way = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        seen = np.ascontiguousarray(part.picture)
        tile[box[0] : box[2], box[1] : box[3], :3] = cv2.resize(
            seen, (wide, tall), interpolation=way
        ).reshape(tall, wide, 3)
        tile[box[0] : box[2], box[1] : box[3], 3] = 255
    return tile
