"""Between pictures, the values that are optimised, and what a network wants."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from deepvis_app.errors import UserError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from deepvis_app.nets import Network


class PictureSpace:
    """Pictures of one network as x = value - mean (B, C, H, W), values 0..255, colours RGB.

    C is 3, or 1 for a network with one channel. A fourth channel of the network is an opaque
    alpha, which is not optimised. Of a network with any other number of channels, or one that names
    which to show, all are: those that are shown as red, green and blue come first.
    """

    def __init__(self, network: Network) -> None:
        wanted, preprocessing = network.input_shape[0], network.preprocessing
        has_alpha = wanted == 4 and preprocessing.is_plain(wanted)
        self.channels = 3 if has_alpha else wanted
        self.device = network.device
        self.dtype = torch.float64 if network.dtype == torch.float64 else torch.float32
        scale = preprocessing.scale
        mean = self._column(preprocessing.mean, wanted) / scale
        gain = scale / self._column(preprocessing.std, wanted)
        self._alpha = (255 - mean[:, 3:]) * gain[:, 3:] if has_alpha else None
        self._gain = gain[:, : self.channels]  # in the network's order
        order = preprocessing.ordered(wanted)[: self.channels]
        places = [order.index(channel) for channel in range(self.channels)]
        # Where each of the network's channels is found in x; None: in the same order.
        in_order = places == sorted(places)
        self._places = None if in_order else torch.tensor(places, device=self.device)
        self._shown = [order.index(channel) for channel in preprocessing.shown(wanted)]
        self.mean = mean[:, list(order)]  # (1, C, 1, 1), 0..255

    def _column(self, values: tuple[float, ...], count: int) -> Tensor:
        values = values * count if len(values) == 1 else values
        return torch.tensor(values, dtype=self.dtype, device=self.device).view(1, -1, 1, 1)

    def to_input(self, x: Tensor) -> Tensor:
        """Turn pictures into the network's inputs: (value * scale - mean) / std.

        On a CPU with the channels innermost in memory, whatever the weights' format: both formats
        then give the very same numbers.
        """
        x = (x if self._places is None else x.index_select(1, self._places)) * self._gain
        if self._alpha is not None:
            x = torch.cat([x, self._alpha.expand(x.shape[0], 1, *x.shape[2:])], 1)
        return x.contiguous(memory_format=torch.channels_last) if x.device.type == "cpu" else x

    def from_input(self, inputs: Tensor) -> Tensor:
        """Turn the network's inputs (B, C, H, W) into pictures: what `to_input` was given."""
        inputs = inputs.to(self.device, self.dtype)
        x: Tensor = inputs[:, : self.channels] / self._gain
        if self._places is None:
            return x
        return torch.empty_like(x).index_copy_(1, self._places, x)

    def clipped(self, x: Tensor) -> Tensor:
        """Return pictures with all values within 0..255."""
        return torch.clamp(x + self.mean, 0, 255) - self.mean

    def shown(self, x: Tensor) -> Tensor:
        """Return the channels that are shown as red, green and blue, (B, 3, H, W)."""
        found: Tensor = x[:, self._shown]
        return found

    def pictures(self, x: Tensor) -> NDArray[np.uint8]:
        """Return pictures (B, C, H, W) as uint8 RGB (B, H, W, 3); what is not finite is black."""
        shown = self.shown(x + self.mean)
        values = torch.nan_to_num(shown, 0, 255, 0).clamp(0, 255).round().to(torch.uint8)
        planes = values.permute(0, 2, 3, 1).cpu().numpy()
        return np.ascontiguousarray(planes)

    @property
    def has_colours(self) -> bool:
        """Whether pictures have red, green and blue of their own."""
        return len({*self._shown}) == 3

    def colours(self, x: Tensor) -> Tensor:
        """Return what is shown of pictures (B, C, H, W) as (B, 3, H, W), 0..255, RGB."""
        return self.shown(x + self.mean)

    def with_colours(self, x: Tensor, colours: Tensor) -> Tensor:
        """Return pictures with other `colours`; what is not shown stays."""
        result = x.clone()
        result[:, self._shown] = colours.to(result) - self.mean[:, self._shown].to(result)
        return result

    def start(self, picture: Tensor | NDArray[np.uint8], size: tuple[int, int]) -> Tensor:
        """Turn a given first picture into x (C, H, W) of a size.

        Takes a picture uint8 (h, w, 3), or x itself as results have it, (C, h, w).
        """
        if isinstance(picture, np.ndarray):
            x = self._of_picture(picture)
        else:
            x = picture.to(self.device, self.dtype)
        if x.ndim != 3 or x.shape[0] != self.channels:
            raise UserError(
                f"A start of shape {tuple(picture.shape)} cannot be used",
                f"Give a picture (H, W, 3) of type uint8, or x ({self.channels}, H, W)",
            )
        if x.shape[1:] != size:
            x = torch.nn.functional.interpolate(
                x[None], size, mode="bilinear", antialias=True, align_corners=False
            )[0]
        return x

    def _of_picture(self, picture: NDArray[np.uint8]) -> Tensor:
        if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3:
            raise UserError(
                f"A start of type {picture.dtype} and shape {picture.shape} cannot be used",
                "Pictures are uint8 RGB arrays of shape (height, width, 3)",
            )
        values = torch.from_numpy(picture.copy()).to(self.device, self.dtype).permute(2, 0, 1)
        if self.channels == 1:  # luma, ITU-R BT.601
            weights = values.new_tensor([0.299, 0.587, 0.114]).view(3, 1, 1)
            values = (values * weights).sum(0, keepdim=True)
        x = torch.zeros(self.channels, *values.shape[1:]).to(values)  # elsewhere the mean
        for colour, channel in reversed([*enumerate(self._shown[: len(values)])]):
            x[channel] = values[colour] - self.mean[0, channel]
        return x
