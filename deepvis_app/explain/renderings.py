"""From an explanation to a picture: the ancestor's views, and two more. Pure numpy.

The ancestor is the Deep Visualization Toolbox; `g` is the map (C, H, W), its channels RGB.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.errors import UserError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Bytes = NDArray[np.uint8]

BLUR_PX = 4.0  # standard deviation, input px
TOP, ZERO = 254, 127  # the last and the middle shade of a palette


class Rendering(Enum):
    """How a map is shown."""

    RAW = "raw"  # 0.5 + g / (2 max |g|), in colour
    GRAY = "gray"  # the same of the channels' mean
    NORM = "norm"  # the channels' L2 norm, from its minimum to its maximum
    NORM_BLURRED = "blurred norm"  # the same, blurred with a standard deviation of 4 px
    POSITIVE = "positive"  # the channels' sum where it is above zero, minimum to maximum
    SIGNED = "signed"  # the channels' sum, in two colours with zero between them
    OVERLAY = "overlay"  # strength laid over the picture

    @classmethod
    def parse(cls, value: Rendering | str) -> Rendering:
        """Read a view's name, with a blank or a hyphen; raises `UserError`."""
        try:
            return cls(value.replace("-", " ") if isinstance(value, str) else value)
        except ValueError:
            names = ", ".join(view.value.replace(" ", "-") for view in cls)
            raise UserError(f"There is no view {value!r}", f"Choose {names}") from None


def render_map(
    map: NDArray[np.floating],  # noqa: A002 - the word of this room
    view: Rendering | str,
    *,
    picture: Bytes | None = None,
    opacity: float = 0.7,
    palette: Bytes | None = None,
    peak: float | None = None,
) -> Bytes:
    """Return a map (C, H, W) as a picture, uint8 (H, W, 3).

    Parameters
    ----------
    picture
        For the overlay: what the map lies over, (H, W, 3).
    opacity
        For the overlay: how much the strongest place hides of the picture, 0..1.
    palette
        Colours (256, 3), shades 0..254, zero at 127 where they are signed. None: grey, for SIGNED
        blue to orange, for the overlay dark red to yellow. RAW and GRAY take none.
    peak
        The value at the end of the scale, to keep it steady over time: see `map_peak`. Scales
        then begin at zero. None: the map's own maximum, and where the ancestor did so its minimum.
    """
    view = Rendering.parse(view)
    g = np.nan_to_num(np.asarray(map, np.float32), posinf=0, neginf=0)
    if view is Rendering.RAW:
        colours = g[:3] if len(g) >= 3 else g[:1].repeat(3, 0)
        return _bytes(_centred(colours, peak)).transpose(1, 2, 0)
    if view is Rendering.GRAY:
        return _bytes(_centred(g.mean(0), peak))[..., None].repeat(3, -1)
    if view is Rendering.SIGNED:
        share = _centred(g.sum(0), peak)
        return _coloured(share, _DIVERGING if palette is None else palette)
    if view is Rendering.OVERLAY:
        return _overlay(g, picture, opacity, _HEAT if palette is None else palette, peak)
    return _coloured(_from_minimum(_strength(g, view), peak), _GREY if palette is None else palette)


def map_peak(map: NDArray[np.floating], view: Rendering | str) -> float:  # noqa: A002
    """Return the value that a view puts at the end of its scale."""
    view = Rendering.parse(view)
    g = np.nan_to_num(np.asarray(map, np.float32), posinf=0, neginf=0)
    values = {Rendering.RAW: g[:3], Rendering.GRAY: g.mean(0), Rendering.SIGNED: g.sum(0)}.get(view)
    return float(np.abs(values).max() if values is not None else _strength(g, view).max())


def smoothed(before: Floats | None, now: Floats, keep: float) -> Floats:
    """Return the running mean of maps over time: `keep` (0..1) of before, the rest of now."""
    if before is None or before.shape != now.shape:
        return now
    return np.asarray(keep * before + (1 - keep) * now, np.float32)


def _strength(g: Floats, view: Rendering) -> Floats:
    """Return one value a place, none below zero but for blurred rounding: (H, W)."""
    if view is Rendering.POSITIVE or (view is Rendering.OVERLAY and len(g) == 1):
        return np.asarray(np.maximum(g.sum(0), 0))
    norm = np.asarray(np.linalg.norm(g, axis=0))
    return norm if view is Rendering.NORM else blurred(norm, BLUR_PX)


def _centred(values: Floats, peak: float | None) -> Floats:
    """Return 0.5 + values / (2 max |values|), a half everywhere for an empty map."""
    end = float(np.abs(values).max()) if peak is None else peak
    return 0.5 + values / (2 * end) if end > 0 else np.full_like(values, 0.5)


def _from_minimum(values: Floats, peak: float | None) -> Floats:
    low, high = (float(values.min()), float(values.max())) if peak is None else (0.0, peak)
    return (values - low) / (high - low) if high > low else np.zeros_like(values)


def _overlay(
    g: Floats, picture: Bytes | None, opacity: float, palette: Bytes, peak: float | None
) -> Bytes:
    """Blend by m^0.8, as the ancestor's fork did; with opacity 1 its "over inactive"."""
    if picture is None or picture.shape != (*g.shape[1:], 3):
        raise UserError("The overlay needs the picture of the map's own size", "Give `picture`")
    m = np.clip(_from_minimum(_strength(g, Rendering.OVERLAY), peak), 0, 1)
    share = opacity * m[..., None] ** 0.8
    mixed = (1 - share) * picture + share * _coloured(m, palette)
    return np.rint(mixed).astype(np.uint8)


def _bytes(values: Floats) -> Bytes:
    return np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8)


def _coloured(share: Floats, palette: Bytes) -> Bytes:
    return np.asarray(palette[np.rint(np.clip(share, 0, 1) * TOP).astype(np.uint8)])


def blurred(values: Floats, sigma: float) -> Floats:
    """Return (H, W) blurred by a Gaussian cut off at four deviations, mirrored at the border.

    The border pixel itself is not repeated (OpenCV's default, scipy's "mirror").
    """
    radius = int(4 * sigma + 0.5)
    kernel = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    kernel = (kernel / kernel.sum()).astype(np.float32)
    for axis in (0, 1):
        size = values.shape[axis]
        wide = np.pad(values, [(radius * (a == axis),) * 2 for a in (0, 1)], "reflect")
        parts = (wide.take(range(k, k + size), axis) * w for k, w in enumerate(kernel))
        values = np.sum(list(parts), axis=0, dtype=np.float32)
    return values


def _between(*points: tuple[int, str]) -> Bytes:
    """Return a palette (256, 3) through colours at shades."""
    colours = np.array([list(bytes.fromhex(colour)) for _, colour in points])
    shades = np.minimum(np.arange(256), TOP)
    channels = [np.interp(shades, [s for s, _ in points], colours[:, k]) for k in range(3)]
    return np.asarray(np.rint(np.stack(channels, 1)), np.uint8)


_GREY = _between((0, "000000"), (TOP, "ffffff"))
_DIVERGING = _between(
    (0, "7cc4f5"), (64, "2b8fd6"), (ZERO, "07090c"), (190, "cf7a1c"), (TOP, "f5b45f")
)
_HEAT = _between((0, "2a0a4a"), (96, "b52f5b"), (180, "f98e09"), (TOP, "fcffa4"))
