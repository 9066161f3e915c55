"""Other weights in the place of a module's own, as they come while it is trained."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from deepvis_app.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from torch import Tensor, nn

_REMEDY = "Load the network anew"


def write_weights(
    module: nn.Module, values: Mapping[str, NDArray[np.generic]], name: str = "The network"
) -> None:
    """Write values over the weights and buffers of a module, in place, by their names.

    They are to be all that its state dict has, in the same shapes and kinds of numbers. Raises
    `UserError`, and writes nothing, where they are not. On a CPU no operator of torch runs.
    """
    state = module.state_dict()
    check_weights(state, values, name)
    for key, tensor in state.items():
        if tensor.device.type == "cpu":
            np.copyto(tensor.numpy(), values[key])
        else:
            tensor.copy_(torch.from_numpy(np.asarray(values[key])))


def check_weights(
    state: Mapping[str, Tensor], values: Mapping[str, NDArray[np.generic]], name: str
) -> None:
    """Raise `UserError` unless `values` can be put in the place of `state`."""
    missing, strange = state.keys() - values.keys(), values.keys() - state.keys()
    if missing or strange:
        key = min(missing or strange)
        what = "lack" if missing else "have, beside its own,"
        raise UserError(f"These are not weights of {name}: they {what} {key!r}", _REMEDY)
    for key, tensor in state.items():
        found = values[key]
        if tuple(found.shape) != tuple(tensor.shape):
            raise UserError(
                f"These are not weights of {name}: {key!r} is {_shape(found.shape)}, "
                f"not {_shape(tensor.shape)}",
                _REMEDY,
            )
        if str(found.dtype) != str(tensor.dtype).removeprefix("torch."):
            raise UserError(
                f"These are not weights of {name}: {key!r} holds {found.dtype}, not "
                f"{str(tensor.dtype).removeprefix('torch.')}",
                _REMEDY,
            )


def _shape(shape: tuple[int, ...] | torch.Size) -> str:
    return " x ".join(map(str, shape)) or "one number"
