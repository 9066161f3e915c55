"""Scenes of the demo: a cut-out that moves over a soft ground, or a photograph looked over."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from deepvis_app.frames.cv import cv2

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIZE = (640, 480)  # width, height of a picture
SHARPENED = 0.35  # of what a blur takes away: enlarged cut-outs look soft
RISE, FALL = 56, 24  # px that hills reach over the horizon, and fade out below it
HILLS = 96  # px beyond the picture's width, so that hills can pass behind what stands in front

Colour = tuple[int, int, int]  # RGB


class Scene(Protocol):
    """One scene; `share` 0..1 of its time gives its picture, uint8 RGB (480, 640, 3)."""

    def picture(self, share: float) -> NDArray[np.uint8]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """A sky over hills over a plain, each a soft gradient from top to bottom."""

    sky: tuple[Colour, Colour]
    far: Colour  # hills
    near: Colour
    plain: tuple[Colour, Colour]
    horizon: float = 0.66  # share of the height
    swell: float = 1.0  # of the hills; 0: a flat line


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """How a cut-out moves: all slow, all smooth."""

    height: float  # px, at the middle of the scene
    foot: float = 440.0  # px from the top: where it stands
    start: tuple[float, float] = (0.0, 0.0)  # px from the middle, at the start: across, down
    end: tuple[float, float] = (0.0, 0.0)
    growth: float = 0.0  # share by which it is larger at the end than at the start
    steps: float = 0.0  # a scene
    bob: float = 0.0  # px up and down with the steps
    sway: float = 0.0  # degrees to and fro with the steps
    turn: float = 0.0  # degrees from the start to the end: it rolls
    pan: float = 0.0  # px that the hills pass to the left


class CutOut:
    """A cut-out walking over a ground."""

    def __init__(self, cut_out: NDArray[np.uint8], ground: Ground, walk: Walk) -> None:
        self._walk = walk
        self._far = _backdrop(ground)
        self._hills = _hills(ground)
        self._hills_top = round(ground.horizon * SIZE[1]) - RISE
        self._sprite = _sprite(cut_out, walk.height * (1 + abs(walk.growth) / 2))
        self._shadow = _shadow(self._sprite.shape[1])

    def picture(self, share: float) -> NDArray[np.uint8]:
        walk = self._walk
        canvas = self._far.copy()
        lay(canvas, self._hills, _moved(walk.pan * (0.5 - share) - HILLS / 2, self._hills_top))
        phase = 2 * math.pi * walk.steps * share
        across, down = (_between(a, b, share) for a, b in zip(walk.start, walk.end, strict=True))
        foot_x, foot_y = SIZE[0] / 2 + across, walk.foot + down
        tall = self._sprite.shape[0]
        scale = walk.height / tall * (1 + walk.growth * (share - 0.5))
        lift = walk.bob * (0.5 - 0.5 * math.cos(2 * phase))
        angle = walk.sway * math.sin(phase) + walk.turn * (share - 0.5)
        lay(canvas, self._shadow, _placed(self._shadow, (foot_x, foot_y - 2), scale, 0.0, 0.5))
        if walk.turn:  # about its middle
            at = foot_x, foot_y - tall * scale / 2
            lay(canvas, self._sprite, _placed(self._sprite, at, scale, angle, 0.5))
        else:  # about its feet
            at = foot_x, foot_y - lift
            lay(canvas, self._sprite, _placed(self._sprite, at, scale, angle, 1.0))
        return canvas


class Photograph:
    """A photograph, slowly approached. The scale never falls under that which fills the picture."""

    def __init__(
        self,
        photo: NDArray[np.uint8],
        start: tuple[float, float, float],
        end: tuple[float, float, float],
    ) -> None:
        """`start`, `end`: the middle of the view, in shares of width and height, and its zoom."""
        self._photo = photo
        self._start, self._end = start, end

    def picture(self, share: float) -> NDArray[np.uint8]:
        height, width = self._photo.shape[:2]
        x, y, zoom = (_between(a, b, share) for a, b in zip(self._start, self._end, strict=True))
        scale = zoom * max(SIZE[0] / width, SIZE[1] / height)
        reach_x, reach_y = SIZE[0] / 2 / scale, SIZE[1] / 2 / scale
        x = min(max(x * width, reach_x), width - reach_x)
        y = min(max(y * height, reach_y), height - reach_y)
        # Pixel centres lie at integers: the middle of SIZE is at (SIZE - 1) / 2.
        shift = [(SIZE[0] - 1) / 2 - scale * (x - 0.5), (SIZE[1] - 1) / 2 - scale * (y - 0.5)]
        matrix = np.array([[scale, 0.0, shift[0]], [0.0, scale, shift[1]]])
        return cv2.warpAffine(  # type: ignore[return-value] # the stub knows no dtype
            self._photo, matrix, SIZE, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )


def lay(canvas: NDArray[np.uint8], layer: NDArray[np.uint8], matrix: NDArray[np.float64]) -> None:
    """Lay a picture (h, w, 4), colours times alpha, over `canvas` (H, W, 3), moved by `matrix`.

    `matrix` (2, 3) takes the layer's pixels to the canvas's; only what it covers is worked on.
    """
    tall, wide = layer.shape[:2]
    corners = np.array([[0, 0, 1], [wide, 0, 1], [0, tall, 1], [wide, tall, 1]]) @ matrix.T
    low = np.maximum(np.floor(corners.min(0)).astype(int) - 1, 0)
    high = np.minimum(np.ceil(corners.max(0)).astype(int) + 1, canvas.shape[1::-1])
    if (high <= low).any():
        return
    local = matrix.copy()
    local[:, 2] -= low
    across, down = (int(n) for n in high - low)
    moved = cv2.warpAffine(layer, local, (across, down), flags=cv2.INTER_LINEAR)
    under = canvas[low[1] : high[1], low[0] : high[0]]
    clear = cv2.cvtColor(cv2.bitwise_not(cv2.extractChannel(moved, 3)), cv2.COLOR_GRAY2BGR)
    kept = cv2.multiply(under, clear, scale=1 / 255)
    under[:] = cv2.add(kept, cv2.cvtColor(moved, cv2.COLOR_BGRA2BGR))


def _between(start: float, end: float, share: float) -> float:
    return start + (end - start) * share


def _moved(across: float, down: float) -> NDArray[np.float64]:
    return np.array([[1.0, 0.0, across], [0.0, 1.0, down]])


def _placed(
    layer: NDArray[np.uint8], at: tuple[float, float], scale: float, angle: float, anchor: float
) -> NDArray[np.float64]:
    """Return what turns and scales a layer about a point of its middle line and brings it `at`.

    `anchor` 0..1: the height of that point in the layer, 1 for its lower edge; `angle` in degrees.
    """
    cos, sin = (scale * f(math.radians(angle)) for f in (math.cos, math.sin))
    x, y = (layer.shape[1] - 1) / 2, (layer.shape[0] - 1) * anchor
    return np.array([[cos, -sin, at[0] - cos * x + sin * y], [sin, cos, at[1] - sin * x - cos * y]])


def _sprite(cut_out: NDArray[np.uint8], height: float) -> NDArray[np.uint8]:
    """Sharpen a cut-out (h, w, 4) a little and enlarge it once; colours times alpha, clear edges.

    Colours never exceed alpha, else light edges would shine on a dark ground.
    """
    alpha = cut_out[..., 3:].astype(np.float32) / 255
    sharp = np.concatenate([cut_out[..., :3] * alpha, alpha * 255], 2)
    sharp[..., :3] += SHARPENED * (sharp - cv2.GaussianBlur(sharp, (0, 0), 1.0))[..., :3]
    sharp = np.clip(sharp, 0, 255).round().astype(np.uint8)
    size = round(cut_out.shape[1] * height / cut_out.shape[0]), round(height)
    large = cv2.resize(sharp, size, interpolation=cv2.INTER_CUBIC)
    large[..., :3] = np.minimum(large[..., :3], large[..., 3:])
    return np.pad(large, ((2, 0), (2, 2), (0, 0)))


def _shadow(width: int) -> NDArray[np.uint8]:
    """Return a soft dark oval (h, w, 4) for something of `width` px."""
    size = round(width * 1.1), round(width * 0.16)
    x, y = (np.linspace(-1, 1, n, dtype=np.float32) for n in size)
    near = np.clip(1 - np.hypot(x[None], y[:, None]), 0, 1)
    shade = np.zeros((size[1], size[0], 4), np.float32)
    shade[..., 3] = 110 * near**0.9 * (1.6 - 0.6 * near)
    return shade.round().astype(np.uint8)


def _gradient(top: Colour, bottom: Colour, height: int, width: int) -> NDArray[np.float32]:
    share = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    share = share * share * (3 - 2 * share)
    ends = np.array([top, bottom], np.float32)
    return np.broadcast_to(ends[0] + (ends[1] - ends[0]) * share, (height, width, 3)).copy()


def _backdrop(ground: Ground) -> NDArray[np.uint8]:
    """Return sky and plain, dithered so that no steps show: uint8 (480, 640, 3)."""
    width, height = SIZE
    level = round(ground.horizon * height)
    sky = _gradient(*ground.sky, level, width)
    plain = _gradient(*ground.plain, height - level, width)
    noise = np.random.default_rng(0).uniform(0, 1, (height, width, 1)).astype(np.float32)
    return np.clip(np.concatenate([sky, plain]) + noise, 0, 255).astype(np.uint8)


def _hills(ground: Ground) -> NDArray[np.uint8]:
    """Return two rows of hills, (RISE + FALL, 640 + HILLS, 4); the horizon is at row RISE."""
    x = np.arange(SIZE[0] + HILLS, dtype=np.float32)[None] / SIZE[0] * 2 * math.pi
    y = np.arange(-RISE, FALL, dtype=np.float32)[:, None]
    layer: NDArray[np.floating] = np.zeros((RISE + FALL, SIZE[0] + HILLS, 4), np.float32)
    for colour, tall, first, second in ((ground.far, 52, 1.3, 2.9), (ground.near, 26, 1.9, 4.1)):
        ridge = 0.6 + 0.28 * np.sin(first * x + second) + 0.12 * np.sin(second * x)
        cover = np.clip(y + ground.swell * tall * ridge + 0.5, 0, 1) * np.clip(1 - y / FALL, 0, 1)
        own = np.array([*colour, 255], np.float32) * cover[..., None]
        layer = own + layer * (1 - cover[..., None])
    return layer.round().astype(np.uint8)
