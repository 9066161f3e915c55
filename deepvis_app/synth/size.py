"""How large a picture is, and how large the network is shown it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from deepvis_app.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Collection

    from deepvis_app.nets import Network
    from deepvis_app.synth.space import PictureSpace

_LEAST = 16  # pixels

Size = tuple[int, int]


def fitting_size(
    network: Network,
    space: PictureSpace,
    factor: float,
    wanted: Size | None = None,
    layers: Collection[str] = (),
) -> tuple[Size, Size]:
    """Return the size (H, W) of pictures, and of what the network is shown of them.

    They are of the size `wanted`, or of `factor` times the input. A network that takes only its
    own size is shown pictures brought to that size. Where `layers` are given, it need not take a
    size further than to the deepest of these.
    """
    own = network.input_shape[1], network.input_shape[2]
    if wanted == own or (wanted is None and factor == 1):
        return own, own
    size = wanted or (max(round(own[0] * factor), _LEAST), max(round(own[1] * factor), _LEAST))
    blank = torch.zeros(1, space.channels, *size, dtype=space.dtype, device=space.device)
    try:
        with torch.no_grad():
            network.forward(space.to_input(blank), layers, stop_early=bool(layers))
    except (RuntimeError, ValueError, TypeError, AssertionError, IndexError, UserError):
        return size, own  # a network may refuse another size in any way
    return size, size


def fitting_margin(
    network: Network, space: PictureSpace, size: Size, wanted_px: int, layers: Collection[str]
) -> int:
    """Return how many mirrored pixels the network can be shown around pictures (H, W) it takes.

    0 where it takes them no larger.
    """
    margin = min(wanted_px, min(size) - 1)
    framed = size[0] + 2 * margin, size[1] + 2 * margin
    takes = fitting_size(network, space, 1, framed, layers)[1] == framed
    return margin if takes else 0


def made_size(size: Size, grid_px: int) -> Size:
    """Return the size (H, W) at which pictures are optimised: the longer side is `grid_px`.

    Never larger than their own; 0 is their own.
    """
    longest = max(size)
    if not 0 < grid_px < longest:
        return size
    height, width = (max(round(side * grid_px / longest), _LEAST) for side in size)
    return min(height, size[0]), min(width, size[1])
