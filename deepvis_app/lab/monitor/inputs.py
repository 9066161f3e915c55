"""What kind of numbers a network is given, and of what size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from deepvis_app.nets.taps import tensors

if TYPE_CHECKING:
    from torch import Tensor


def first_tensor(inputs: Any) -> Tensor | None:
    """Return the first tensor of what a network takes, floats before others."""
    every = [each for _, each in tensors(inputs)]
    return next((each for each in every if each.is_floating_point()), next(iter(every), None))


def described(inputs: Any) -> dict[str, Any]:
    """Return size and kind of the first tensor, {} where there is none.

    `mean`, `std`, `smallest`, `largest` over all finite values; `bad` how many others there are;
    `kind` "integers", "one-hot" (0 and 1 only, one 1 along some axis) or "values"; `spread` the
    largest by the smallest standard deviation of features (along the second axis; those that do not
    vary are left out), None for one feature.
    """
    values = first_tensor(inputs)
    if values is None or not values.numel():
        return {}
    if not values.is_floating_point():
        whole = values.double()
        return {"kind": "integers", "bad": 0, **_moments(whole)}
    values = values.detach().double().cpu()
    known = values[values.isfinite()]
    found: dict[str, Any] = {
        "kind": "one-hot" if _is_one_hot(values) else "values",
        "bad": values.numel() - known.numel(),
        "spread": _spread(values),
    }
    return found | (_moments(known) if known.numel() else {})


def _moments(values: Tensor) -> dict[str, float]:
    std, mean = torch.std_mean(values, correction=0)
    low, high = values.aminmax()
    named = {"mean": mean, "std": std, "smallest": low, "largest": high}
    return {name: float(each) for name, each in named.items()}


def _is_one_hot(values: Tensor) -> bool:
    if values.dim() < 2 or not ((values == 0) | (values == 1)).all():
        return False
    axes = range(1, values.dim())
    return any(values.shape[a] > 1 and bool((values.sum(a) == 1).all()) for a in axes)


def _spread(values: Tensor) -> float | None:
    if values.dim() < 2 or values.shape[1] < 2 or len(values) < 2:
        return None
    others = [axis for axis in range(values.dim()) if axis != 1]
    spreads = values.std(others, correction=0)
    spreads = spreads[spreads.isfinite() & (spreads > 0)]
    return float(spreads.max() / spreads.min()) if len(spreads) else None
