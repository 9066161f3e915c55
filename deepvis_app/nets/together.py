"""Settle by a pass with two pictures how a layer keeps those of a batch apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from deepvis_app.nets.chance import Chance
from deepvis_app.nets.checkpoints import plain_checkpoints
from deepvis_app.nets.running import attributes_kept, buffers_kept
from deepvis_app.nets.taps import Taps, evaluating

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor, nn

    from deepvis_app.nets.pictures import Picture
    from deepvis_app.nets.taps import Site


def settled(
    module: nn.Module,
    modules: Mapping[str, nn.Module],
    x: Tensor,
    asked: Mapping[Site, Sequence[Picture]],
) -> dict[Site, Picture]:
    """Return for each site the picture that gives two pictures' maps where x's come out alone.

    Sites of which none does so are left out. A network that takes one picture (x) at a time tells
    nothing: the first picture is right then, since no batch comes by.
    """
    try:
        alone = _values(module, modules, x, asked)
        both = _values(module, modules, torch.cat([x, x.flip(2, 3)]), asked)
    except torch.OutOfMemoryError:
        raise
    except (Exception, SystemExit):  # noqa: BLE001 - the user's code, which may raise anything
        return {site: pictures[0] for site, pictures in asked.items()}
    found: dict[Site, Picture] = {}
    for site, pictures in asked.items():
        if site not in alone or site not in both:
            continue
        for picture in pictures:
            if _agree(picture, alone[site], both[site]):
                found[site] = picture
                break
    return found


def _values(
    module: nn.Module,
    modules: Mapping[str, nn.Module],
    x: Tensor,
    sites: Mapping[Site, object],
) -> dict[Site, Tensor]:
    taps = Taps(modules, list(sites), clone=list(sites))
    with (
        evaluating(modules.values()),
        torch.no_grad(),
        Chance(modules.values(), x.device).fixed(),
        plain_checkpoints(),
        attributes_kept(modules.values()),
        buffers_kept(module),
        taps,
    ):
        module(x.clone())
    return taps.values


def _agree(picture: Picture, alone: Tensor, both: Tensor) -> bool:
    try:
        one, two = picture.maps(alone), picture.maps(both)
    except (RuntimeError, IndexError):
        return False
    if len(one) != 1 or len(two) != 2:
        return False
    scale = float(one.abs().amax())
    return torch.allclose(one[0], two[0], rtol=1e-3, atol=1e-4 * scale, equal_nan=True)
