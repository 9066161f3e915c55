"""From a picture to what the network wants: fit, resize, normalise."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import torch

from deepvis_app.errors import UserError, in_brief
from deepvis_app.nets.fitting import (
    Fit,
    Interpolation,
    Placement,
    crop,
    crop_placement,
    letterbox,
    letterbox_placement,
    stretch,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

__all__ = ["ChannelOrder", "Fit", "Interpolation", "Placement", "Preprocessing"]

Shape = tuple[int, int, int]  # (C, H, W)
MOST_SIDE = 4096  # px of what a network is fed


class ChannelOrder(Enum):
    """In which order the network wants colours."""

    RGB = "rgb"
    BGR = "bgr"  # networks that come from Caffe or OpenCV


@dataclass(frozen=True, slots=True, kw_only=True)
class Preprocessing:
    """What is done to a picture before the network sees it.

    A picture is uint8 RGB (H, W, 3). The network gets `(value * scale - mean) / std`; `mean` and
    `std` have one entry, or one a channel in the network's own order (`channels`). One-channel
    networks get the luma (ITU-R BT.601, as PIL's mode "L"), four-channel ones RGB and an opaque
    alpha. Networks with any other number of channels (and those that name what to `show`) get red,
    green and blue in the three channels that are shown, by default the first three; a picture says
    nothing of the others, which get their mean: zero for the network. Raises `UserError` for what
    cannot be meant.
    """

    mean: tuple[float, ...] = (0.485, 0.456, 0.406)
    std: tuple[float, ...] = (0.229, 0.224, 0.225)
    scale: float = 1 / 255
    channels: ChannelOrder = ChannelOrder.RGB
    resize: int | None = None  # short side in px before the centre crop; None: the input's own
    interpolation: Interpolation = Interpolation.BILINEAR
    fit: Fit = Fit.CROP
    show: tuple[int, int, int] | None = None  # the channels shown as red, green and blue

    def __post_init__(self) -> None:
        object.__setattr__(self, "mean", tuple(float(v) for v in self.mean))
        object.__setattr__(self, "std", tuple(float(v) for v in self.std))
        if not self.mean or not self.std or not all(self.std) or not self.scale:
            raise UserError("Preprocessing has a zero in std or scale", "Use values above zero")
        if not all(map(math.isfinite, (*self.mean, *self.std, self.scale))):
            raise UserError("Preprocessing has a number that is not finite", "Correct it")
        if self.resize is not None and not 1 <= self.resize <= MOST_SIDE:
            raise UserError(
                f"Preprocessing resizes to {in_brief(self.resize)} px", f"Use 1 to {MOST_SIDE} px"
            )

    def shown(self, count: int) -> tuple[int, int, int]:
        """Return which of `count` channels are a picture's red, green and blue.

        Raises `UserError` where the network has no such channel.
        """
        if self.show is not None:
            if not all(0 <= channel < count for channel in self.show):
                raise UserError(
                    f"The channels to show are {', '.join(map(str, self.show))}, "
                    f"but the network has {count}",
                    f"Channels go from 0 to {count - 1}",
                )
            return self.show
        first = 0, min(1, count - 1), min(2, count - 1)
        return first[::-1] if self.channels is ChannelOrder.BGR else first

    def ordered(self, count: int) -> tuple[int, ...]:
        """Return all channels, those that are shown first, each once."""
        return tuple(dict.fromkeys((*self.shown(count), *range(count))))

    def is_plain(self, count: int) -> bool:
        """Tell whether all channels come from a picture: grey, colours, or colours and alpha."""
        return self.show is None and count in (1, 3, 4)

    @classmethod
    def default(cls, channels: int) -> Preprocessing:
        """Return ImageNet's statistics for three channels, plain 0..1 values for others."""
        return cls() if channels == 3 else cls(mean=(0.0,), std=(1.0,))

    def view(
        self,
        image: NDArray[np.uint8],
        input_shape: Shape,
        fit: Fit | None = None,
        mirror: bool = False,
    ) -> tuple[NDArray[np.uint8], Placement]:
        """Return the picture (H, W, 3) that a network of `input_shape` sees, and where it lies.

        `fit` None means the one of this preprocessing; `mirror` swaps left and right.
        """
        _check_picture(image)
        count, *size = input_shape
        shown = self.shown(count)
        picture, placement = self._fitted(image, (size[0], size[1]), fit or self.fit, count)
        if mirror:
            picture, placement = picture[:, ::-1], replace(placement, mirrored=True)
        if count == 1:
            picture = _luma(picture)[..., None].repeat(3, 2)
        elif len(set(shown)) < 3:  # a channel that is shown twice holds the first of its colours
            picture = picture[..., [shown.index(channel) for channel in shown]]
        return np.array(picture, order="C"), placement

    def _fitted(
        self, image: NDArray[np.uint8], size: tuple[int, int], fit: Fit, channels: int
    ) -> tuple[NDArray[np.uint8], Placement]:
        if fit is Fit.STRETCH:
            return stretch(image, size, self.interpolation)
        if fit is Fit.LETTERBOX:
            return letterbox(image, size, self.interpolation, self.mean_colour(channels))
        return crop(image, size, self.interpolation, self.resize)

    def placement(self, shape: tuple[int, int], size: tuple[int, int]) -> Placement:
        """Return where an input of `size` lies in a picture of a shape, both (height, width).

        As `view` does, without a look at the picture and without torch.
        """
        if self.fit is Fit.STRETCH:
            return Placement(0, 0, *shape)
        if self.fit is Fit.LETTERBOX:
            return letterbox_placement(shape, size)
        return crop_placement(shape, size, self.resize)

    def mean_colour(self, channels: int = 3) -> tuple[int, int, int]:
        """Return the RGB colour that the network gets as zeros (as near as eight bits allow)."""
        mean = _per_channel(self.mean, channels, "mean")
        red, green, blue = (
            min(max(round(mean[c] / self.scale), 0), 255) for c in self.shown(channels)
        )
        return red, green, blue

    def normalise(
        self, picture: NDArray[np.uint8], input_shape: Shape, *, channels_last: bool = False
    ) -> torch.Tensor:
        """Turn a picture as `view` gives it into the network's input, float32 (C, H, W).

        `channels_last` leaves the channels innermost in memory, as they are in the picture.
        """
        _check_picture(picture)
        count = input_shape[0]
        if not self.is_plain(count):
            return self._spread(picture, count, channels_last)
        pixels = torch.from_numpy(self._planes(picture, count)).to(torch.float32)
        height, width, _ = pixels.shape
        factor, offset = _affine(self, count, width)
        rows = pixels.view(height, width * count)  # long rows: loops over three are slow
        rows.mul_(factor).sub_(offset)
        planes = pixels.permute(2, 0, 1)
        return planes if channels_last else planes.contiguous()

    def _spread(self, picture: NDArray[np.uint8], count: int, channels_last: bool) -> torch.Tensor:
        """Return the input of a network that has channels which no picture tells of."""
        std = _per_channel(self.std, count, "std")
        mean = _per_channel(self.mean, count, "mean")
        pixels = torch.zeros(*picture.shape[:2], count)
        colours = torch.from_numpy(np.ascontiguousarray(picture)).to(torch.float32)
        for colour, channel in reversed([*enumerate(self.shown(count))]):
            values = colours[..., colour] * self.scale
            pixels[..., channel] = (values - mean[channel]) / std[channel]
        planes = pixels.permute(2, 0, 1)
        return planes if channels_last else planes.contiguous()

    def _planes(self, picture: NDArray[np.uint8], count: int) -> NDArray[np.uint8]:
        """Return the network's own channels, still uint8: (H, W, count)."""
        if count == 1:
            return _luma(picture)[..., None]
        planes = picture[..., ::-1] if self.channels is ChannelOrder.BGR else picture
        if count == 3:
            return planes.copy()
        opaque = np.full_like(planes[..., :1], 255)
        return np.concatenate([planes, opaque], 2)


@lru_cache(maxsize=16)
def _affine(preprocessing: Preprocessing, count: int, width: int) -> tuple[Tensor, Tensor]:
    """Return what a row of `width` pixels of `count` channels is multiplied by, and what goes."""
    std = torch.tensor(_per_channel(preprocessing.std, count, "std"))
    mean = torch.tensor(_per_channel(preprocessing.mean, count, "mean"))
    return (preprocessing.scale / std).repeat(width), (mean / std).repeat(width)


def _luma(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return ITU-R BT.601 luma (H, W), rounded as PIL does it."""
    red, green, blue = (picture[..., k].astype(np.uint32) for k in range(3))
    grey: NDArray[np.uint8] = ((red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16).astype(
        np.uint8
    )
    return grey


def _per_channel(values: tuple[float, ...], count: int, what: str) -> tuple[float, ...]:
    if len(values) == 1:
        return values * count
    if len(values) != count:
        raise UserError(
            f"Preprocessing has {len(values)} values of {what}, the network {count} channels",
            f"Give one value of {what}, or {count}",
        )
    return values


def _check_picture(image: NDArray[np.uint8]) -> None:
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or not image.size:
        raise UserError(
            f"A picture of type {image.dtype} and shape {image.shape} cannot be used",
            "Pictures are uint8 RGB arrays of shape (height, width, 3)",
        )
