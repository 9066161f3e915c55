"""What a layer says of a whole picture, at any size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from deepvis_app.errors import UserError
from deepvis_app.synth.size import fitting_margin, fitting_size

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from deepvis_app.nets import Network
    from deepvis_app.synth.size import Size
    from deepvis_app.synth.space import PictureSpace


def maps_of(
    network: Network, space: PictureSpace, x: Tensor, layers: Sequence[str], margin_px: int = 0
) -> dict[str, Tensor]:
    """Return the maps (1, C, h, w) of a picture x (C, H, W), by layer.

    As in a run: a network that takes only its own size is shown the picture brought to that, others
    with so many mirrored pixels around.
    """
    size, fed = fitting_size(network, space, 1, (x.shape[1], x.shape[2]), layers)
    shown = enlarged(x, fed)[None]
    if margin_px and fed == size:
        margin = fitting_margin(network, space, size, margin_px, layers)
        shown = functional.pad(shown, (margin,) * 4, mode="reflect")
    with torch.no_grad():
        return network.forward(space.to_input(shown), layers, stop_early=True).activations


def enlarged(x: Tensor, size: Size) -> Tensor:
    """Return a picture, or what is to be added to one, (C, H, W) at another size."""
    if x.shape[1:] == size:
        return x
    brought = functional.interpolate(
        x[None], size, mode="bilinear", antialias=True, align_corners=False
    )
    return brought[0]


def taken_sizes(
    network: Network, space: PictureSpace, sizes: Sequence[Size], layers: Sequence[str]
) -> list[Size]:
    """Return those of rising sizes (H, W) that the network takes, or that it is brought to.

    Raises `UserError` where even the last is smaller than one of the layers can be given.
    """
    for number, size in enumerate(sizes):
        if fitting_size(network, space, 1, size, layers)[1] == size:
            return list(sizes[number:])  # what it takes of one size it takes of a larger one
    own = network.input_shape[1], network.input_shape[2]
    other = own[0] + 32, own[1] + 32
    if fitting_size(network, space, 1, other, layers)[1] != other:  # only its own: brought to it
        return list(sizes)
    height, width = sizes[-1]
    raise UserError(
        f"{network.name} cannot read a picture of {width} × {height} pixels up to {layers[-1]}",
        f"Set the longer side to {max(own)} pixels, or choose an earlier layer",
    )
