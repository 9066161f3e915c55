"""What is known of a layer's map: codes, whose they are, where they lie, and what places others."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.corpus.codes import codes_of
from deepvis_app.corpus.map.embedding import embed_codes
from deepvis_app.corpus.map.kept import read_map
from deepvis_app.corpus.map.snap import snapped
from deepvis_app.words.foreign import in_plain

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis_app.corpus import Corpus, Embedding, Score
    from deepvis_app.corpus.codes import Codes
    from deepvis_app.corpus.map.placement import Placer
    from deepvis_app.corpus.map.settings import MapSettings
    from deepvis_app.corpus.plan import Plan

    Points = NDArray[np.float32]

AT_ONCE = "pca"  # the method that stands in until there is a map


@dataclass(frozen=True, slots=True)
class MapWish:
    """A corpus' folder, whose codes of it are laid out, and how."""

    corpus: Path
    layer: str
    settings: MapSettings


@dataclass(frozen=True, slots=True, eq=False)
class ReadCodes:
    """A layer's codes as the disk has them, and what is known of the pictures they are of.

    `source` is as for `corpus.pictures.source_of`, "" where the pictures cannot be found again.
    """

    codes: Codes
    plan: Plan
    folder: Path
    source: str
    name: str
    score: Score


@dataclass(frozen=True, slots=True, eq=False)
class MapFacts:
    """A map. Until there is the one that is wished for, principal components stand in for it."""

    wish: MapWish
    of: ReadCodes
    embedding: Embedding
    placer: Placer

    @property
    def codes(self) -> Codes:
        return self.of.codes

    @property
    def points(self) -> Points:
        """Where the pictures are, (N, 2), in [-1, 1]."""
        return self.embedding.points

    @property
    def is_final(self) -> bool:
        """Whether it is the map that is wished for."""
        return self.embedding.settings == self.wish.settings

    def __len__(self) -> int:
        return len(self.codes)

    def row(self, place: int) -> int:
        """Return the row of the plan of the picture at a place."""
        return int(self.codes.rows[place])

    def path(self, place: int) -> Path:
        """Return where the picture at a place was scanned from."""
        return self.of.folder / self.of.plan.names[self.row(place)]

    def class_of(self, place: int) -> str:
        """Return a picture's own class, "" where it has none."""
        label = int(self.of.plan.labels[self.row(place)])
        return in_plain(self.of.plan.classes[label]) if label >= 0 else ""

    def name(self, place: int) -> str:
        """Return what a picture is called: its class, else its file's name."""
        return in_plain(self.of.plan.title(self.row(place)))

    def ids(self, places: NDArray[np.int64]) -> list[int]:
        """Return the ids of the pictures at places."""
        found: list[int] = self.codes.ids[places].tolist()
        return found


def read_codes(
    layer: str, settings: MapSettings, known: ReadCodes | None, corpus: Corpus
) -> tuple[ReadCodes, Embedding | None]:
    """Read codes and the map that is kept of them; `known` ones need not be read again.

    For a thread that may wait for a disk. Raises `UserError`.
    """
    corpus = corpus.along(None)  # a map is of what is written: the same for whoever makes it
    about = corpus.about
    if known is None:
        folder = Path(about.folder)
        codes = codes_of(corpus, corpus.manner.part(layer).name)
        score = corpus.manner.score
        known = ReadCodes(codes, corpus.plan, folder, about.source, about.name, score)
    return known, read_map(corpus, known.codes, settings)


def laid_out(
    wish: MapWish, of: ReadCodes, kept: Embedding | None, known: Placer | None
) -> MapFacts:
    """Return a map: the one that is kept, else principal components.

    `known` is what places these codes in another map of them. It takes up to a second of
    arithmetic. Raises `UserError` where nothing can be laid out.
    """
    embedding = kept or embed_codes(of.codes, replace(wish.settings, method=AT_ONCE))
    placer = embedding.placer if known is None else known.moved(embedding.points)
    return MapFacts(wish, of, embedding, placer)


def grid_points(points: Points, aspect: float) -> Points:
    """Return where points stand in a grid of square cells, (N, 2), each in a cell of its own.

    The grid is `aspect` times as wide as it is high, in [-1, 1] each way.
    """
    cells = snapped(points, aspect)
    rows, columns = (cells.max(0) + 1).tolist()
    side = 2 / max(rows, columns)
    x = (cells[:, 1] - (columns - 1) / 2) * side
    y = ((rows - 1) / 2 - cells[:, 0]) * side
    found = np.stack([x, y], 1).astype(np.float32)
    found.setflags(write=False)
    return found
