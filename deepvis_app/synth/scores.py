"""How good a preferred image is: measures that each catch another failure.

Activation alone says little: adversarial noise wins it. A good image excites the unit more than
photographs do, keeps doing so when it is changed in ways it was not optimised for, excites this
unit rather than its neighbours, and has the spectrum of a photograph.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from PIL import Image, ImageFilter

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray
    from torch import Tensor

    from deepvis_app.nets.layers import Unit
    from deepvis_app.nets.network import Network

    Picture = NDArray[np.uint8]

NATURAL_SLOPE = -2.7  # of photographs; measured over 500 of them: -2.72, deviation .5
NOISE = 0.06  # of the range of values
ZOOM = 1.07


@dataclass(frozen=True, slots=True, eq=False)
class NaturalStatistics:
    """What a layer's units give on photographs: of each unit's maxima over its map, one a picture.

    All arrays are float32 (C,).
    """

    mean: NDArray[np.float32]
    deviation: NDArray[np.float32]
    best: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Scores:
    """The measures of one picture for one unit.

    `activation` is the maximum of the unit's map. `excess` is its height above the mean of
    photographs in multiples of the best photograph's, None where no photographs were looked at.
    `kept` is the share of that height (of the activation itself without photographs) left under
    five changes: JPEG of quality 60, noise, mirroring, a zoom, a blur of one pixel. `rank` is the
    unit's place in its layer, 1 is first: by standard deviations above the mean of photographs,
    or by the activations themselves. `slope` is the exponent of the power spectrum, about -2.7 in
    photographs.
    """

    activation: float
    excess: float | None
    kept: float
    rank: int
    slope: float

    @property
    def is_dead(self) -> bool:
        """Whether the picture excites the unit no more than an average photograph does."""
        return self.activation <= 0 if self.excess is None else self.excess <= 0.05


def score(
    network: Network, picture: Picture, unit: Unit, natural: NaturalStatistics | None = None
) -> Scores:
    """Return the measures of a picture, uint8 (H, W, 3), that was made for a unit.

    One of another size than the network's input is brought to that.
    """
    height, width = network.input_shape[1:]
    if picture.shape[:2] != (height, width):
        whole = Image.fromarray(picture).resize((width, height), Image.Resampling.BICUBIC)
        picture = np.asarray(whole)
    pictures = [picture, *changed(picture).values()]
    inputs = torch.stack([network.normalise(each) for each in pictures])
    maxima = _maxima(network.activations(inputs, [unit.layer])[unit.layer])
    own = maxima[:, unit.index]
    floor = 0.0 if natural is None else float(natural.mean[unit.index])
    rise = float(own[0]) - floor
    kept = float(np.mean(own[1:]) - floor) / rise if rise > 0 else 0.0
    excess, standing = None, maxima[0]
    if natural is not None:
        reach = float(natural.best[unit.index]) - floor
        excess = rise / reach if reach > 0 else 0.0
        standing = (maxima[0] - natural.mean) / np.maximum(natural.deviation, 1e-6)
    rank = 1 + int((standing > standing[unit.index]).sum())
    return Scores(float(own[0]), excess, kept, rank, spectral_slope(picture))


def changed(picture: Picture) -> Mapping[str, Picture]:
    """Return a picture changed in five ways that a good one stands; always the same noise."""
    whole = Image.fromarray(picture)
    width, height = whole.size
    inner = (width * (1 - 1 / ZOOM) / 2, height * (1 - 1 / ZOOM) / 2)
    box = (*inner, width - inner[0], height - inner[1])
    noise = np.random.default_rng(0).normal(0, 255 * NOISE, picture.shape)
    changes: dict[str, Callable[[], Picture]] = {
        "jpeg": lambda: _as_jpeg(whole, 60),
        "noise": lambda: np.clip(np.rint(picture + noise), 0, 255).astype(np.uint8),
        "mirror": lambda: np.ascontiguousarray(picture[:, ::-1]),
        "zoom": lambda: np.asarray(whole.resize(whole.size, Image.Resampling.BILINEAR, box=box)),
        "blur": lambda: np.asarray(whole.filter(ImageFilter.GaussianBlur(1))),
    }
    return {name: change() for name, change in changes.items()}


def spectral_slope(picture: Picture) -> float:
    """Return the slope of log power over log frequency, averaged over directions.

    Fitted from four cycles a picture to half of the highest frequency, on the mean of the colours.
    """
    grey = picture.astype(np.float64).mean(2)
    side = min(grey.shape)
    grey = grey[:side, :side] - grey.mean()
    window = np.hanning(side)
    power = np.abs(np.fft.fft2(grey * window[:, None] * window)) ** 2
    cycles = np.fft.fftfreq(side) * side
    radius = np.rint(np.hypot(cycles[:, None], cycles)).astype(int)
    means = np.bincount(radius.ravel(), power.ravel()) / np.bincount(radius.ravel())
    ring = np.arange(4, max(side // 4, 6))
    return float(np.polyfit(np.log(ring), np.log(means[ring] + 1e-12), 1)[0])


def _as_jpeg(picture: Image.Image, quality: int) -> Picture:
    data = io.BytesIO()
    picture.save(data, "JPEG", quality=quality)
    return np.asarray(Image.open(data, formats=["JPEG"]))


def _maxima(maps: Tensor) -> NDArray[np.float32]:
    return maps.flatten(2).amax(2).float().cpu().numpy()
