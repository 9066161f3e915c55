"""Pictures that teach: each run through the network, and what of it is needed kept."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import torch

from deepvis_app.corpus.measure import Score
from deepvis_app.corpus.pictures import Fault, source_of
from deepvis_app.corpus.pooled import pooled
from deepvis_app.frames.cv import cv2

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from deepvis_app.corpus.shard import Reader
    from deepvis_app.nets.network import Network

    Code = NDArray[np.float32]

THUMB_PX = 96
MOST_UNITS = 1 << 16  # of all layers together, whose codes are kept beside the one that is asked


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """One picture that teaches. All arrays are read-only.

    `id` is of its content as the network sees it, `codes` are by layer, (C,). Those of equal
    `moment` are near copies. `thumb` is uint8 (h, w, 3), `THUMB_PX` along its longer side.
    """

    id: int
    name: str
    is_inside: bool
    moment: int
    codes: Mapping[str, Code]
    thumb: NDArray[np.uint8]

    @property
    def is_finite(self) -> bool:
        """Whether the codes are numbers throughout."""
        return all(bool(np.isfinite(code).all()) for code in self.codes.values())


@dataclass(frozen=True, slots=True, eq=False)
class Gathered:
    """What came of `step` of `total` pictures by now."""

    step: int
    total: int
    examples: tuple[Example, ...]
    faults: tuple[Fault, ...]


def code_of(maps: Tensor) -> Tensor:
    """Return the code (C,), float32, of maps (1, C, h, w): their means over all places.

    A direction's own map has the mean that its sum gives of this code.
    """
    return pooled(maps, Score.MEAN).clone()


def layers_beside(network: Network, layer: str) -> tuple[str, ...]:
    """Return the layers whose codes are kept where one is asked for: all, unless they are large.

    So another layer can be turned to without the pictures, and all can be compared.
    """
    layers = tuple(info.name for info in network.own_layers)
    units = sum(info.unit_count for info in network.own_layers)
    own = network.base_layer(layer)
    return layers if units <= MOST_UNITS else (own,)


def example(
    picture: NDArray[np.uint8],
    codes: Mapping[str, Tensor],
    name: str,
    moment: int,
    *,
    is_inside: bool,
) -> Example:
    """Return what is kept of a picture (H, W, 3) as the network sees it, and of its codes (C,)."""
    found: dict[str, Code] = {}
    for layer, code in codes.items():
        found[layer] = code.float().cpu().numpy()
        found[layer].setflags(write=False)
    digest = hashlib.blake2b(np.ascontiguousarray(picture).data, digest_size=8)
    return Example(
        int.from_bytes(digest.digest(), "big"), name, is_inside, moment, MappingProxyType(found),
        _thumb(picture),
    )  # fmt: skip


def _thumb(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = picture.shape[:2]
    scale = THUMB_PX / max(height, width)
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small: NDArray[np.uint8] = cv2.resize(picture, size, interpolation=way)  # type: ignore[assignment]
    small.setflags(write=False)
    return small


def pictures_in(folder: Path | str, most: int) -> tuple[tuple[Path, ...], int]:
    """Return the pictures of a folder, or as many of them in even steps, and how many there are.

    Raises `UserError` where there are none.
    """
    source = source_of(folder)
    paths = [Path(source.spec) / entry.name for entry in source.entries()]
    if len(paths) <= most:
        return tuple(paths), len(paths)
    places = np.linspace(0, len(paths) - 1, most).round().astype(int)
    return tuple(paths[place] for place in places), len(paths)


def example_steps(
    network: Network,
    pictures: Sequence[tuple[str, bool]],
    layers: Sequence[str],
    reader: Reader,
    *,
    first_moment: int = 0,
) -> Generator[Gathered, None, Gathered]:
    """Run pictures, by their names and whether they show the concept, through a network.

    Each is a moment of its own. What cannot be read is among the faults.
    """
    examples: list[Example] = []
    faults: list[Fault] = []
    wanted = dict.fromkeys(layers, code_of)
    read = reader([name for name, _ in pictures])
    for step, ((name, is_inside), picture) in enumerate(zip(pictures, read, strict=True), 1):
        if isinstance(picture, Fault):
            faults.append(picture)
        else:
            codes = _codes(network, picture, wanted)
            moment = first_moment + step - 1
            examples.append(example(picture, codes, Path(name).name, moment, is_inside=is_inside))
        yield Gathered(step, len(pictures), tuple(examples), tuple(faults))
    return Gathered(len(pictures), len(pictures), tuple(examples), tuple(faults))


def _codes(
    network: Network, picture: NDArray[np.uint8], wanted: Mapping[str, Callable[[Tensor], Tensor]]
) -> Mapping[str, Tensor]:
    with torch.no_grad():
        x = network.normalise(picture)[None]
        return network.forward(x, reduce=wanted, stop_early=True).activations
