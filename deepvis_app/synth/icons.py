"""Small preferred images, of which many are looked at together: the cells of an atlas."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from deepvis_app.synth.objectives import DirectionObjective
from deepvis_app.synth.presets import PRESETS
from deepvis_app.synth.recipe import Recipe
from deepvis_app.synth.size import fitting_size
from deepvis_app.synth.space import PictureSpace

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from deepvis_app.nets import Network

ICON_PX = 96  # of the shorter side
POWER = 4.0  # of the cosine, as Carter et al. (2019) take it for whitened directions
_LEAST = 0.25  # of the input: the smallest picture that a recipe makes
_GRID = 0.75  # of the side, that it is made at: strides leave no pattern of single pixels then
_DIGITS = 6  # of a vector, that are kept


def icon_recipe(input_size: tuple[int, int]) -> Recipe:
    """Return how icons are made for a network that takes pictures (H, W).

    The library lucid's Fourier coefficients under moved views, with fewer and larger steps, and of
    the whole map: all of so small a picture is to show something.
    """
    size = min(max(ICON_PX / min(input_size), _LEAST), 1.0)
    facts = PRESETS["fourier"].model_dump(mode="json")
    facts |= {"name": "icon", "description": "Small and quick: many are looked at together."}
    facts["image"] |= {"size": round(size, 3), "grid_px": round(_GRID * size * min(input_size))}
    facts["transforms"] |= {"jitter_px": 12, "scale": 0.12, "rotate_deg": 12}
    facts["objective"]["place"] = "channel"
    facts["step"]["rate"] = 0.1
    facts["regularise"]["decay"] = 0.002
    facts["stop"]["steps"] = 80
    return Recipe.model_validate(facts)


def icon_objective(layer: str, direction: Sequence[float]) -> DirectionObjective:
    """Return what an icon of a direction (C,) is driven by: dot · max(.1, cos)^4."""
    vector = tuple(round(value, _DIGITS) for value in direction)
    return DirectionObjective(layer, vector, POWER)


def icon_maps(network: Network, layer: str, x: NDArray[np.float32]) -> Tensor:
    """Return what a layer gives (1, C, h, w) on a picture x (C, H, W), shown as it was made."""
    space = PictureSpace(network)
    shown = torch.from_numpy(x.copy())[None].to(space.device, space.dtype)
    size = (x.shape[1], x.shape[2])
    _, fed = fitting_size(network, space, 1, size)
    if fed != size:
        shown = functional.interpolate(shown, fed, mode="bilinear", antialias=True)
    with torch.no_grad():
        passed = network.forward(space.to_input(shown), [layer], stop_early=True)
    return passed.activations[layer]
