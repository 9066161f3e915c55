"""What is done to a picture's gradient before the step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from deepvis_app.synth.choices import Form, Normalise
from deepvis_app.synth.colours import colour_matrix, mixed
from deepvis_app.synth.regularisers import variation_gradient

if TYPE_CHECKING:
    from torch import Tensor

    from deepvis_app.synth.parameterisation import Parameterisation, Values
    from deepvis_app.synth.recipe import Recipe

_TINY = 1e-30


def conditioned(gradient: Tensor, x: Tensor, recipe: Recipe) -> Tensor:
    """Return the way to go at pictures x (B, C, H, W) from the objective's gradient there."""
    if recipe.image.parameterisation is Form.PIXEL and recipe.image.decorrelate:
        # Ascent in decorrelated colours t, x = M t, moves x along M M' gradient.
        matrix = colour_matrix(x.shape[1], True, x)
        gradient = mixed(gradient, matrix @ matrix.T)
    gradient = normalised(gradient, recipe.gradient.normalise)
    weight = recipe.regularise.total_variation
    if weight:
        size = gradient.square().mean((1, 2, 3), keepdim=True).sqrt()
        gradient = gradient - weight * size * variation_gradient(x)
    return gradient


def normalised(gradient: Tensor, how: Normalise) -> Tensor:
    """Divide each sample's gradient by a measure of its size, or keep its signs alone.

    Zero stays zero.
    """
    axes = (1, 2, 3)
    if how is Normalise.NONE:
        return gradient
    if how is Normalise.SIGN:
        return gradient.sign()
    if how is Normalise.MEAN_ABS:
        size = gradient.abs().mean(axes, True)
    else:
        squares = gradient.square()
        total = squares.mean(axes, True) if how is Normalise.RMS else squares.sum(axes, True)
        size = total.sqrt()
    return gradient / size.clamp(min=_TINY)


def rendered(form: Parameterisation, values: Values) -> tuple[Tensor, Values]:
    """Return pictures with the graph that made them, and the values at its start."""
    if form.direct:
        return form.render(values), values
    with torch.inference_mode(False), torch.enable_grad():
        leaves = {name: value.detach().requires_grad_() for name, value in values.items()}
        return form.render(leaves), leaves


def through(x: Tensor, leaves: Values, gradient: Tensor) -> Values:
    """Carry a gradient of pictures, as `rendered` gave them, on to the values that made them."""
    if x.grad_fn is None:
        return {"x": gradient}
    found = torch.autograd.grad(x, list(leaves.values()), gradient)
    return dict(zip(leaves, found, strict=True))
