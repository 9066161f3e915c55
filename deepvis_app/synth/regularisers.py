"""What is done to a picture after a step, as in Yosinski et al. (2015), each sample by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from torch import Tensor

    from deepvis_app.synth.parameterisation import Parameterisation, Values
    from deepvis_app.synth.recipe import RegulariserSpec


def regularised(
    values: Values,
    form: Parameterisation,
    spec: RegulariserSpec,
    step: int,
    gradient: Tensor,
    scale: float = 1.0,
) -> Values:
    """Apply a recipe's regularisers in the ancestor's order.

    `gradient` (B, C, H, W) is the picture's, upwards, from before the step: the contributions of
    the new picture are taken with it. `scale` is the side of what is optimised over the picture's.
    """
    if spec.decay:
        values = form.faded(values, spec.decay)
    if spec.blur_radius and step % spec.blur_every == 0:
        values = form.blurred(values, spec.blur_radius * scale)
    return {"x": clipped(values["x"], spec, gradient)} if form.direct else values


def clipped(x: Tensor, spec: RegulariserSpec, gradient: Tensor) -> Tensor:
    """Set what matters little to the mean colour: small values, faint, harmful, idle pixels."""
    if spec.small_val_percentile:
        x = _without_lowest(x, x.abs(), spec.small_val_percentile)
    if spec.small_norm_percentile:
        norm = x.square().sum(1, keepdim=True).sqrt()  # Tensor.norm is 100 times slower here
        x = _without_lowest(x, norm, spec.small_norm_percentile)
    if spec.contribution_percentile:
        # To first order x * gradient is what the activation loses when a pixel is set to zero.
        contribution = (x * gradient).sum(1, keepdim=True)
        x = _without_lowest(x, contribution, spec.contribution_percentile)
    if spec.contribution_abs_percentile:
        contribution = (x * gradient).sum(1, keepdim=True)
        x = _without_lowest(x, contribution.abs(), spec.contribution_abs_percentile)
    return x


def _without_lowest(x: Tensor, measure: Tensor, percent: float) -> Tensor:
    bound = percentile(measure, percent)
    return torch.where(measure < bound, torch.zeros_like(x), x)


def percentile(values: Tensor, percent: float) -> Tensor:
    """Return each sample's percentile (B, 1, 1, 1), linearly interpolated as numpy's."""
    flat = values.flatten(1)
    place = percent / 100 * (flat.shape[1] - 1)
    below = int(place)
    above = min(below + 1, flat.shape[1] - 1)
    if flat.device.type == "cpu":  # NumPy selects ten times faster
        sorted_there = np.partition(flat.numpy(), (below, above), axis=1)
        low, high = (torch.from_numpy(sorted_there[:, k]) for k in (below, above))
    else:
        low, high = (flat.kthvalue(k + 1, 1).values for k in (below, above))
    return (low + (high - low) * (place - below)).view(-1, 1, 1, 1)


def variation_gradient(x: Tensor) -> Tensor:
    """Return the gradient of a picture's total variation, smoothed at one level of brightness."""
    result = torch.zeros_like(x)
    for axis in (2, 3):
        length = x.shape[axis]
        slope = x.narrow(axis, 1, length - 1) - x.narrow(axis, 0, length - 1)
        slope = slope / (slope**2 + 1).sqrt()
        result.narrow(axis, 1, length - 1).add_(slope)
        result.narrow(axis, 0, length - 1).sub_(slope)
    return result
