"""What a unit gives on a picture that is not the frame's: one pass, not one a frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from deepvis_app.engine.readers.arrays import own_array, own_scores
from deepvis_app.engine.readers.reader import Reader
from deepvis_app.errors import UserError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from deepvis_app.engine.known_array import KnownArray
    from deepvis_app.engine.readers.seen import Seen
    from deepvis_app.nets.layers import Unit
    from deepvis_app.nets.network import Network

_MOST = 8  # pictures and layers whose pass is remembered


@dataclass(frozen=True, slots=True, eq=False)
class AsideReading:
    """What a unit gives on the picture. Arrays are read-only; `scores` None: no class scores."""

    unit: Unit
    map: NDArray[np.float32]  # (h, w)
    maximum: float
    argmax: tuple[int, int]
    rank: int  # 1: no unit of the layer has a higher maximum
    scores: NDArray[np.float32] | None


@dataclass(frozen=True, slots=True)
class AsideReader(Reader[AsideReading]):
    """One unit on a picture, uint8 (H, W, 3) as the network sees it, whatever the frame is."""

    title: ClassVar[str] = "The unit on another picture"

    picture: KnownArray
    unit: Unit

    def read(self, seen: Seen) -> AsideReading | None:
        """Read the unit. Raises `UserError` when the layer has no such unit."""
        if self.picture.values is None:
            return None
        passes = seen.look.memory.of(_Passes)
        maps, scores = passes.of(seen.look.network, self.picture, self.unit.layer)
        if not 0 <= self.unit.index < len(maps):
            raise UserError(
                f"{self.unit.layer} has no unit {self.unit.index}", f"It has {len(maps)} units"
            )
        found = own_array(maps[self.unit.index].float())
        i, j = np.unravel_index(int(found.argmax()), found.shape)
        peaks = maps.amax((1, 2))
        rank = 1 + int((peaks > peaks[self.unit.index]).sum())
        return AsideReading(self.unit, found, float(found.max()), (int(i), int(j)), rank, scores)


class _Passes:
    """Passes by picture and layer, the newest few."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], tuple[Tensor, NDArray[np.float32] | None]] = {}

    def of(
        self, network: Network, picture: KnownArray, layer: str
    ) -> tuple[Tensor, NDArray[np.float32] | None]:
        key = picture.digest, layer
        found = self._kept.pop(key, None)
        if found is None:
            assert picture.values is not None
            passed = network.forward(network.normalise(picture.values)[None], [layer])
            found = passed.activations[layer][0].clone(), own_scores(network.scores(passed))
        self._kept[key] = found
        while len(self._kept) > _MOST:
            self._kept.pop(next(iter(self._kept)))
        return found
