"""Shifts, zooms, turns, crops and noise: one sampling of the picture a view."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn import functional

from deepvis_app.synth.parameterisation import chance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from deepvis_app.synth.recipe import TransformSpec

JITTER_SIDE = 224  # jitter is given in pixels of a picture that wide
_CENTRE_SPREAD = 0.15  # of crops' centres, as a share of the side (Fel et al. 2023)


def moves(spec: TransformSpec) -> bool:
    """Whether a recipe shows the network anything but the picture as it is."""
    return bool(spec.jitter_px or spec.scale or spec.rotate_deg or spec.crops or spec.noise)


def view_count(spec: TransformSpec) -> int:
    """Return how many views of a picture the network is shown a step."""
    return max(spec.crops, 1)


def views(
    x: Tensor,
    spec: TransformSpec,
    size: tuple[int, int],
    seeds: Sequence[int],
    step: int,
    done: float,
) -> Tensor:
    """Return what the network is shown of pictures (B, C, H, W): (B * views, C, *size).

    The views of one sample lie together. What is drawn depends on the sample's seed and the step
    alone; `done` is the share of the run that is over, 0..1.
    """
    count = view_count(spec)
    if spec.jitter_px or spec.scale or spec.rotate_deg or spec.crops:
        thetas = [_thetas(spec, x.shape[2:], seed, step, done) for seed in seeds]
        theta = torch.from_numpy(np.concatenate(thetas)).to(x.device, x.dtype)
        x = _sampled(x, _grid(theta, size), count)
    elif x.shape[2:] != size:
        x = functional.interpolate(x, size, mode="bilinear", antialias=True, align_corners=False)
    return _noisy(x, spec.noise, seeds, step) if spec.noise else x


def _grid(theta: Tensor, size: tuple[int, int]) -> Tensor:
    """Return where views of a size see the picture, (N, H, W, 2): affine_grid, only faster."""
    rows, columns = (
        (torch.arange(n, dtype=theta.dtype, device=theta.device) * 2 + 1) / n - 1 for n in size
    )
    along = theta[:, :, 0, None] * columns
    down = theta[:, :, 1, None] * rows + theta[:, :, 2, None]
    places = along[:, :, None, :] + down[:, :, :, None]
    return places.permute(0, 2, 3, 1).contiguous()


def _sampled(x: Tensor, grid: Tensor, count: int) -> Tensor:
    """Sample views from pictures; several of one picture lie below each other in one grid."""
    batch, channels = x.shape[:2]
    rows, columns = grid.shape[1:3]
    tall = grid.view(batch, count * rows, columns, 2)
    seen = functional.grid_sample(x, tall, padding_mode="reflection", align_corners=False)
    if count == 1:
        return seen
    parts = seen.view(batch, channels, count, rows, columns).transpose(1, 2)
    return parts.reshape(batch * count, channels, rows, columns)


def _thetas(
    spec: TransformSpec, side: Sequence[int], seed: int, step: int, done: float
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Return the maps (views, 2, 3) from a view's places to the picture's, both -1..1."""
    count = view_count(spec)
    rng = np.random.default_rng((seed, step))
    x, y, zoom, turn = rng.uniform(-1, 1, (4, count))
    share = np.ones(count) / (1 + spec.scale * zoom)
    shift = 2 * spec.jitter_px / JITTER_SIDE * np.stack([x, y], 1)
    if spec.crops:
        box = spec.crop_from + (spec.crop_to - spec.crop_from) * done
        share = share * box
        free = 1 - box
        shift = shift * box + np.clip(2 * rng.normal(0, _CENTRE_SPREAD, (count, 2)), -free, free)
    angle = math.radians(spec.rotate_deg) * turn
    height, width = side
    cos, sin = np.cos(angle) * share, np.sin(angle) * share
    theta = np.empty((count, 2, 3))
    theta[:, 0] = np.stack([cos, -sin * height / width, shift[:, 0]], 1)
    theta[:, 1] = np.stack([sin * width / height, cos, shift[:, 1]], 1)
    return theta


def _noisy(x: Tensor, spread: float, seeds: Sequence[int], step: int) -> Tensor:
    """Add normal and uniform noise of one standard deviation together (Fel et al. 2023)."""
    shape = (x.shape[0] // len(seeds), *x.shape[1:])
    parts = []
    for seed in seeds:
        generator = chance(x.device, seed, step, "noise")
        normal = torch.randn(shape, generator=generator, device=x.device, dtype=x.dtype)
        uniform = torch.rand(shape, generator=generator, device=x.device, dtype=x.dtype)
        parts.append(normal + (uniform - 0.5) * math.sqrt(12))
    return x + torch.cat(parts) * (spread / math.sqrt(2))
