"""Random views of pictures, a whole batch in one resampling."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from deepvis_app.nets.pocket import MEAN, STD


def normalise(pixels: Tensor) -> Tensor:
    """Turn uint8 (N, H, W, 3) into float32 (N, 3, H, W), zero mean and unit deviation."""
    mean = torch.tensor(MEAN, device=pixels.device) * 255
    scale = 1 / (torch.tensor(STD, device=pixels.device) * 255)
    return ((pixels.float() - mean) * scale).permute(0, 3, 1, 2)


def random_views(
    pictures: Tensor, side: int, least_area: float, generator: torch.Generator
) -> Tensor:
    """Crop, resize and mirror each picture at random.

    Parameters
    ----------
    pictures : float (N, 3, H, W)
    side : the side of the result in pixels
    least_area : a crop covers a share of the picture between this and 1, its sides' ratio lies
        between 4/5 and 5/4, its place is uniform within the picture
    generator : where the chances come from, on the CPU
    """
    count = len(pictures)
    area, ratio, across, down, mirror = torch.rand(5, count, generator=generator)
    extent = (least_area + (1 - least_area) * area).sqrt()
    stretch = (0.8 + 0.45 * ratio).sqrt()
    width, height = (extent * stretch).clamp(max=1), (extent / stretch).clamp(max=1)
    theta = torch.zeros(count, 2, 3)
    theta[:, 0, 0] = torch.where(mirror < 0.5, -width, width)
    theta[:, 1, 1] = height
    theta[:, 0, 2] = (2 * across - 1) * (1 - width)
    theta[:, 1, 2] = (2 * down - 1) * (1 - height)
    grid = functional.affine_grid(
        theta.to(pictures.device), [count, 3, side, side], align_corners=False
    )
    return functional.grid_sample(
        pictures, grid, mode="bilinear", padding_mode="border", align_corners=False
    )


@dataclass(frozen=True, slots=True)
class CutMix:
    """A rectangle to cut out of each view's partner (Yun et al., "CutMix", 2019)."""

    partner: Tensor  # int64 (N,): whose rectangle each view gets
    rows: tuple[int, int]
    columns: tuple[int, int]
    kept: float  # the share of each view that stays its own

    @classmethod
    def drawn(cls, count: int, side: int, generator: torch.Generator) -> CutMix:
        """Draw one for `count` square views: its area uniform, its centre anywhere."""
        area, down, across = torch.rand(3, generator=generator).tolist()
        half = side * math.sqrt(area) / 2
        rows, columns = (
            (round(max(0, c * side - half)), round(min(side, c * side + half)))
            for c in (down, across)
        )
        cut = (rows[1] - rows[0]) * (columns[1] - columns[0])
        return cls(torch.randperm(count, generator=generator), rows, columns, 1 - cut / side**2)

    def __call__(self, views: Tensor) -> Tensor:
        """Return views (N, C, H, W) with each rectangle taken from the partner."""
        here = (..., slice(*self.rows), slice(*self.columns))
        mixed = views.clone()
        mixed[here] = views[self.partner.to(views.device)][here]
        return mixed
