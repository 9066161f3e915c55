"""A part of the shown picture is covered, and everything answers to what is left."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import torch

from deepvis_app.explain import filling

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from deepvis_app.engine.request import Brush
    from deepvis_app.explain import Fill
    from deepvis_app.nets import Box
    from deepvis_app.nets.network import Network


class Covering:
    """Covers parts of one picture; what they are filled with is made once a fill."""

    def __init__(self, network: Network, x: Tensor, picture: NDArray[np.uint8]) -> None:
        self._network, self._x, self._picture = network, x, picture
        self._fillings: dict[Fill, Tensor] = {}

    def cover(self, brush: Brush) -> tuple[Tensor, NDArray[np.uint8]]:
        """Return the input (1, C, H, W) and the picture (H, W, 3) with the boxes covered."""
        if brush.fill not in self._fillings:
            self._fillings[brush.fill] = filling(self._network, self._x, brush.fill)
        covering = self._fillings[brush.fill]
        mask = _mask(brush.boxes, self._picture.shape[:2])
        picture = self._picture.copy()
        if mask.any():
            rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
            area = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
            part = _picture_of(self._network, covering[0, :, area[0], area[1]])
            picture[area][mask[area]] = part[mask[area]]
        picture.setflags(write=False)
        covered = torch.from_numpy(mask).to(self._x.device)
        return torch.where(covered, covering, self._x), picture


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
