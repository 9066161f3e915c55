"""A part of the shown picture is covered, and everything answers to what is left."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import torch

from deepvis_app.engine.readers.reader import Changing
from deepvis_app.explain import Fill, filling

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from deepvis_app.engine.readers.reader import Look
    from deepvis_app.nets import Box
    from deepvis_app.nets.network import Network


@dataclass(frozen=True, slots=True)
class Brush(Changing[None]):
    """Parts of the input that are covered; boxes in pixels of the input, may reach over it."""

    title: ClassVar[str] = "The brush"

    boxes: tuple[Box, ...]
    fill: Fill = Fill.MEAN

    def change(
        self, look: Look, x: Tensor, picture: NDArray[np.uint8]
    ) -> tuple[Tensor, NDArray[np.uint8]]:
        """Return the input (1, C, H, W) and the picture (H, W, 3) with the boxes covered."""
        covering = look.here.of(_Filling).of(look.network, x, self.fill)
        mask = _mask(self.boxes, picture.shape[:2])
        picture = picture.copy()
        if mask.any():
            rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
            area = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
            part = _picture_of(look.network, covering[0, :, area[0], area[1]])
            picture[area][mask[area]] = part[mask[area]]
        covered = torch.from_numpy(mask).to(x.device)
        return torch.where(covered, covering, x), picture


class _Filling:
    """What parts of one input are filled with, made once a fill; strokes grow over many looks."""

    def __init__(self) -> None:
        self._x: Tensor | None = None
        self._fillings: dict[Fill, Tensor] = {}

    def of(self, network: Network, x: Tensor, fill: Fill) -> Tensor:
        if self._x is not x:
            self._x = x
            self._fillings.clear()
        if fill not in self._fillings:
            self._fillings[fill] = filling(network, x, fill)
        return self._fillings[fill]


@lru_cache(maxsize=4)  # strokes stay over many frames
def _mask(boxes: tuple[Box, ...], size: tuple[int, int]) -> NDArray[np.bool_]:
    """Return which pixels (H, W) are covered."""
    mask = np.zeros(size, np.bool_)
    for box in boxes:
        top, left, bottom, right = (max(edge, 0) for edge in box)
        mask[top:bottom, left:right] = True
    return mask


def _picture_of(network: Network, x: Tensor) -> NDArray[np.uint8]:
    """Return an input (C, h, w) as the picture it is of, uint8 RGB (h, w, 3)."""
    black, white = (
        network.normalise(np.full((1, 1, 3), level, np.uint8)).float() for level in (0, 255)
    )
    shown = list(network.preprocessing.shown(len(black)))
    black, white = black[shown], white[shown]
    values = (x[shown].float().cpu() - black) / (white - black) * 255
    return values.clamp(0, 255).round().permute(1, 2, 0).numpy().astype(np.uint8)
