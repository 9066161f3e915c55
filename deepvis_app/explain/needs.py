"""What methods of the catalogue need of a network's modules; captum itself may stay silent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn

from deepvis_app.explain.gradcam import map_layers
from deepvis_app.explain.structure import RELU, structure

if TYPE_CHECKING:
    from collections.abc import Collection

    from deepvis_app.nets import Network

    Kinds = Collection[type[nn.Module]]

# Functions that only move values; a gradient passes them as it should.
_MOVES = {
    "__get__", "__getitem__", "cat", "chunk", "concat", "contiguous", "dim", "dropout", "flatten",
    "permute", "reshape", "size", "split", "squeeze", "transpose", "unsqueeze", "view",
}  # fmt: skip
_LINEAR = {
    "__add__", "__iadd__", "__radd__", "__sub__", "adaptive_avg_pool2d", "add", "add_",
    "avg_pool2d", "mean", "pad", "sub", "sum",
}  # fmt: skip

_DEEPLIFT_ACTIVATIONS = {
    nn.ReLU, nn.ELU, nn.LeakyReLU, nn.Sigmoid, nn.Tanh, nn.Softplus, nn.Softmax, nn.MaxPool2d,
}  # fmt: skip
_DEEPLIFT_LINEAR = {
    nn.Conv2d, nn.ConvTranspose2d, nn.Linear, nn.BatchNorm1d, nn.BatchNorm2d, nn.AvgPool2d,
    nn.AdaptiveAvgPool2d, nn.Dropout, nn.Dropout2d, nn.Flatten, nn.Unflatten, nn.Identity,
    nn.ZeroPad2d, nn.Upsample,
}  # fmt: skip
_LRP = {
    nn.Conv2d, nn.Linear, nn.BatchNorm2d, nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d,
    nn.ReLU, nn.Dropout, nn.Tanh,
}  # fmt: skip


def always(_network: Network) -> str:
    """Return "": defined for any network."""
    return ""


def guided_needs(network: Network) -> str:
    """Say why guided Grad-CAM is not defined for a network, "" where it is."""
    if not structure(network).activations[RELU]:
        return f"Guided Grad-CAM is a rule for ReLUs, and {network.name} has none"
    if not map_layers(network):
        return f"{network.name} has no layer with maps for Grad-CAM to weigh"
    return ""


def deeplift_needs(network: Network) -> str:
    """Say why DeepLift is not defined for a network, "" where it is."""
    known = _DEEPLIFT_ACTIVATIONS | _DEEPLIFT_LINEAR
    return _unmet("DeepLift", network, known, _MOVES | _LINEAR)


def lrp_needs(network: Network) -> str:
    """Say why layer-wise relevance is not defined for a network, "" where it is."""
    return _unmet("Layer-wise relevance", network, _LRP, _MOVES)


def _unmet(title: str, network: Network, known: Kinds, functions: Collection[str]) -> str:
    made_of = structure(network)
    strange = sorted(kind.__name__ for kind in made_of.kinds - set(known))
    if strange:
        return f"{title} has no rule for {strange[0]}, which {network.name} has"
    loose = sorted(made_of.loose - set(functions))
    if loose:
        called = loose[0].strip("_")
        return f"{title} cannot see {called}, which {network.name} calls outside of a module"
    if made_of.repeated:
        return (
            f"{title} needs modules that are used once, and {network.name} uses "
            f"{made_of.repeated[0]} more than once"
        )
    return ""
