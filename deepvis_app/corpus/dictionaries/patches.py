"""What a layer's units give at single places of a corpus' pictures: a code a place."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import torch

from deepvis_app.corpus.codes import LEAST, codes_of
from deepvis_app.corpus.measure import Score
from deepvis_app.corpus.pictures import Fault, source_of
from deepvis_app.corpus.shard import reader_of, still_planned
from deepvis_app.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Generator

    from numpy.typing import NDArray
    from torch import Tensor

    from deepvis_app.corpus.corpus import Corpus
    from deepvis_app.corpus.shard import Reader
    from deepvis_app.nets.layers import LayerInfo
    from deepvis_app.nets.network import Network

MOST_PICTURES = 5000  # that are passed through the network again
MOST_BYTES = 256 << 20  # of codes
HELD_OUT = 5  # every so manieth picture is kept apart


@dataclass(frozen=True, eq=False)
class LayerCodes:
    """n codes of C units, and the picture that each is from.

    `values` float32 (n, C), `pictures` (n,) uint64 the pictures' ids, `failed` how many pictures
    could not be read.
    """

    layer: str
    values: NDArray[np.float32]
    pictures: NDArray[np.uint64]
    failed: int = 0

    def __len__(self) -> int:
        return len(self.values)

    @cached_property
    def picture_count(self) -> int:
        return len(np.unique(self.pictures))

    @cached_property
    def is_held_out(self) -> NDArray[np.bool_]:
        """Which codes (n,) are of the pictures that nothing is learned from."""
        _, number = np.unique(self.pictures, return_inverse=True)
        found: NDArray[np.bool_] = number % HELD_OUT == HELD_OUT - 1
        return found

    @property
    def learned(self) -> NDArray[np.float32]:
        return self.values[~self.is_held_out]

    @property
    def held_out(self) -> NDArray[np.float32]:
        return self.values[self.is_held_out]


@dataclass(frozen=True, slots=True)
class Gathering:
    """Codes of `step` of `total` pictures are there."""

    step: int
    total: int


def checked_layer(network: Network, corpus: Corpus, layer: str, fingerprint: str = "") -> LayerInfo:
    """Return a layer that codes can be gathered of.

    `fingerprint` is that of the network that `network` is a replica of; "": it is none. Raises
    `UserError` for the corpus of another network, for directions, and for too few pictures.
    """
    is_known = any(info.name == layer for info in network.layers)
    if is_known and network.directions(layer) is not None:
        raise UserError(
            f"{layer} is itself directions, and these are made of a layer of the network",
            f"Choose {network.base_layer(layer)}",
        )
    if corpus.manner.fingerprint != (fingerprint or network.last_fingerprint):
        raise UserError(
            f"{corpus.name} was scanned with another network or other weights "
            f"({corpus.manner.network})",
            "Scan the pictures with this network, or choose another corpus",
        )
    info = network.layer(layer)
    if len(corpus.plan) < LEAST:
        raise UserError(
            f"{corpus.name} has {len(corpus.plan)} pictures, directions need {LEAST}",
            "Scan more pictures",
        )
    return info


def code_steps(
    network: Network,
    corpus: Corpus,
    layer: str,
    most: int = 20_000,
    seed: int = 0,
    *,
    fingerprint: str = "",
    source: object = None,
    reader: Reader | None = None,
) -> Generator[Gathering, None, LayerCodes]:
    """Gather codes of a layer in steps of one picture; `checked_layer` says of which there are any.

    The corpus' pictures go through the network again, at most `MOST_PICTURES` of them: those with
    the first ids, which are hashes of their content. Of each as many places are taken as make about
    `most` codes, at most `MOST_BYTES`: which ones depends on the picture's id, the map's size and
    `seed` alone (`inner_places` says among which). Of tokens those with a place count. Of a layer
    without places the scores are taken, where the scan kept them.

    `source` are the pictures where the scan's cannot be found again (a data set), `reader` reads
    them in place of this thread. Raises `UserError`, see `checked_layer`; also for codes that are
    NaN or infinite, and where fewer than 10 pictures can be read.
    """
    info = checked_layer(network, corpus, layer, fingerprint)
    inner = inner_places(info, network.input_shape[1:])
    plan, rows = corpus.plan, np.argsort(corpus.plan.ids, kind="stable")
    count, each = looked_at(info, len(inner), len(rows), most)
    rows = rows[:count]
    if info.map_size == (1, 1) and (known := _scores(corpus, info.name, count)) is not None:
        yield Gathering(known.picture_count, known.picture_count)
        return known
    found: list[NDArray[np.float32]] = []
    pictures: list[int] = []
    for step, (row, seen) in enumerate(_pictures(network, corpus, rows, source, reader)):
        if seen is not None:
            picture = int(plan.ids[row])
            places = inner[_chosen(picture, seed, len(inner), each)]
            found.append(_codes_at(network, network.normalise(seen), info.name, places))
            _check_finite(info.name, found[-1], plan.names[row])
            pictures.append(picture)
        yield Gathering(step + 1, len(rows))
    if len(pictures) < LEAST:
        raise UserError(
            f"{len(pictures)} of the {len(rows)} pictures of {corpus.name} can be read, "
            f"directions need {LEAST}",
            "Bring them back to where they were scanned, or scan others",
        )
    ids = np.repeat(np.array(pictures, np.uint64), each)
    return LayerCodes(info.name, np.concatenate(found), ids, len(rows) - len(pictures))


def looked_at(info: LayerInfo, places: int, pictures: int, most: int) -> tuple[int, int]:
    """Return of how many pictures codes are taken, and how many of each.

    `places` are those of a picture that can be taken, `most` is how many codes are wanted.
    """
    most = max(min(most, MOST_BYTES // (4 * info.unit_count)), 1)
    count = min(max(min(MOST_PICTURES, most), LEAST), pictures)
    return count, min(-(-most // max(count, 1)), places)


def learned_of(pictures: int, each: int) -> int:
    """Return how many codes are learned from, where there are `each` of so many pictures."""
    return (pictures - pictures // HELD_OUT) * each


def inner_places(info: LayerInfo, input_size: tuple[int, int]) -> NDArray[np.int64]:
    """Return the places of a layer's map, counted by rows, that see no padding.

    Where hardly any sees none, or each sees all of the input: those further from the border than a
    quarter of the map, or all.
    """
    height, width = info.map_size
    top, left = _margins(info, input_size)
    grid = np.arange(height * width, dtype=np.int64).reshape(height, width)
    return grid[top : height - top, left : width - left].ravel()


def _margins(info: LayerInfo, input_size: tuple[int, int]) -> tuple[int, int]:
    """Return how many rows and columns at a border are left out."""
    field, (height, width) = info.receptive_field, info.map_size
    if field is None or field.whole:
        return 0, 0
    rows = [field.box((place, width // 2), input_size) for place in range(height // 4)]
    columns = [field.box((height // 2, place), input_size) for place in range(width // 4)]
    return (
        sum(box.bottom - box.top < field.size[0] for box in rows),
        sum(box.right - box.left < field.size[1] for box in columns),
    )


def _chosen(picture: int, seed: int, count: int, each: int) -> NDArray[np.int64]:
    """Return which of `count` places of a picture are taken, in rising order."""
    chance = np.random.default_rng([picture, seed])
    return np.sort(chance.permutation(count)[:each])


def _codes_at(
    network: Network, x: Tensor, layer: str, places: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Return what an input (C, H, W) gives at places (P,) of a layer's map, (P, C)."""

    def pick(maps: Tensor) -> Tensor:
        at = torch.from_numpy(places).to(maps.device)
        return maps[0].flatten(1)[:, at].T.contiguous()[None]

    with torch.no_grad():
        run = network.forward(x[None], reduce={layer: pick}, stop_early=True)
    found: NDArray[np.float32] = run.activations[layer][0].float().cpu().numpy()
    return found


def _check_finite(layer: str, codes: NDArray[np.float32], name: str) -> None:
    if not np.isfinite(codes).all():
        raise UserError(
            f"{layer} gives NaN or infinity on {name}: no directions are made of that",
            "Choose an earlier layer, or mend the network's weights",
        )


def _pictures(
    network: Network,
    corpus: Corpus,
    rows: NDArray[np.int64],
    source: object,
    reader: Reader | None,
) -> Generator[tuple[int, NDArray[np.uint8] | None], None, None]:
    """Yield rows of the plan with their pictures as the network sees them; None: it is gone."""
    if source is None and not corpus.about.source:
        raise UserError(
            f"The pictures of {corpus.name} came from a program, and only that has them",
            "Scan a folder, or make the directions there",
        )
    pictures = source_of(corpus.about.source if source is None else source)
    read = reader or reader_of(network, pictures, corpus.manner)
    plan = corpus.plan
    for row, seen in zip(rows, read([plan.names[row] for row in rows]), strict=True):
        found = still_planned(pictures, plan, int(row), seen)
        yield int(row), None if isinstance(found, Fault) else found


def _scores(corpus: Corpus, layer: str, most: int) -> LayerCodes | None:
    """Return the scores of a layer without places as its codes; None where they are none."""
    manner = corpus.manner
    if layer not in manner.layers or not manner.has_table or manner.score is Score.RELEVANCE:
        return None
    codes = codes_of(corpus, layer)
    if codes.left_out:
        raise UserError(
            f"{layer} gave NaN or infinity on {codes.left_out} pictures: "
            "no directions are made of that",
            "Choose an earlier layer, or mend the network's weights",
        )
    return LayerCodes(layer, codes.values[:most].astype(np.float32), codes.ids[:most])
