"""`pocket`, the bundled network: a plain stack that is good to look at and needs no download."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from typing import TYPE_CHECKING

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from deepvis_app.errors import UserError
from deepvis_app.nets.network import Network
from deepvis_app.nets.preprocessing import Preprocessing
from deepvis_app.paths import RESOURCES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from deepvis_app.nets.trust import Trust

WEIGHTS = RESOURCES / "pocket" / "pocket.safetensors"
LABELS = RESOURCES / "pocket" / "labels.txt"
CLASS_COUNT = 200
INPUT_SHAPE = (3, 88, 88)

# Of Tiny-ImageNet's training pictures, RGB in 0..1.
MEAN = (0.4802, 0.4481, 0.3975)
STD = (0.2770, 0.2691, 0.2821)

# (name, units, kernel, stride), in order; a pool has no units of its own.
_PLAN = (
    ("conv1", 64, 7, 2),
    ("pool1", 0, 2, 2),
    ("conv2a", 128, 3, 1),
    ("conv2b", 128, 3, 1),
    ("pool2", 0, 2, 2),
    ("conv3a", 256, 3, 1),
    ("conv3b", 256, 3, 1),
    ("conv4", 256, 3, 1),
    ("conv5", 384, 3, 1),
)


class Pocket(nn.Sequential):
    """Convolutions with ReLUs in five stages, max-pools, global average pooling, a linear layer.

    Fully convolutional: takes (N, 3, H, W) with H and W of 32 or more, gives logits (N, 200).
    With `batch_norm` it is the form that is trained: a batch norm (`norm1` …) behind each
    convolution, which what ships has folded into the convolution's weight and bias.
    """

    def __init__(self, *, batch_norm: bool = False, class_count: int = CLASS_COUNT) -> None:
        parts: OrderedDict[str, nn.Module] = OrderedDict()
        width = 3
        for name, units, kernel, stride in _PLAN:
            if not units:
                parts[name] = nn.MaxPool2d(kernel, stride)
                continue
            stage, padding = name.removeprefix("conv"), kernel // 2
            parts[name] = nn.Conv2d(width, units, kernel, stride, padding, bias=not batch_norm)
            if batch_norm:
                parts[f"norm{stage}"] = nn.BatchNorm2d(units)
            parts[f"relu{stage}"] = nn.ReLU()
            width = units
        parts["pool"] = nn.AdaptiveAvgPool2d(1)
        parts["flatten"] = nn.Flatten()
        parts["logits"] = nn.Linear(width, class_count)
        super().__init__(parts)

    def convolutions(self) -> list[tuple[str, nn.Conv2d]]:
        """Return the convolutions with their names, first to last."""
        return [(name, part) for name, part in self.named_children() if isinstance(part, nn.Conv2d)]


def load_pocket(weights: Path = WEIGHTS) -> Network:
    """Load the bundled network, or a file that `deepvis train export` wrote.

    Raises `UserError` when the file is missing, damaged or of another network.
    """
    return _network(pocket_module(weights))


def filled_pocket(weights: Path, trust: Trust = False) -> Network:
    """Load the bundled architecture with the weights of any file, one that was exported or not.

    Raises `UserError` when they are of another network.
    """
    from deepvis_app.nets.state_dicts import fit
    from deepvis_app.nets.weights_file import read_weights, split_name

    file, name = split_name(weights)
    if not name and _is_export(file):
        return load_pocket(file)
    module = Pocket().eval()
    taken = fit(module, read_weights(weights, trust), "Pocket")
    network = _network(module.requires_grad_(False))
    network.taken = taken
    return network


def _network(module: Pocket) -> Network:
    labels = LABELS.read_text(encoding="utf-8").splitlines()
    preprocessing = Preprocessing(mean=MEAN, std=STD)
    return Network(module, INPUT_SHAPE, preprocessing, labels, name="Pocket", spec="pocket")


def _is_export(file: Path) -> bool:
    """Whether `deepvis train export` wrote a file: it holds its own checksum."""
    try:
        with safe_open(file, framework="pt") as opened:
            return "sha256" in (opened.metadata() or {})
    except (OSError, SafetensorError):
        return False


def pocket_module(weights: Path = WEIGHTS) -> Pocket:
    """Return the shipped form with its weights, float32, in evaluation mode."""
    try:
        with safe_open(weights, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            expected = (file.metadata() or {}).get("sha256")
    except FileNotFoundError as error:
        raise UserError(f"There is no file {weights}", _remedy(weights)) from error
    except (OSError, SafetensorError) as error:
        raise _damaged(weights) from error
    if expected != digest(tensors):
        raise _damaged(weights)
    with torch.device("meta"):
        module = Pocket()
    try:
        module.load_state_dict({k: v.float() for k, v in tensors.items()}, assign=True)
    except RuntimeError as error:
        raise UserError(f"{weights.name} holds another network", _remedy(weights)) from error
    return module.eval().requires_grad_(False)


def digest(tensors: Mapping[str, Tensor]) -> str:
    """Return the SHA-256 (hex) of tensors' names and bytes: written at export, checked at load."""
    total = hashlib.sha256()
    for name in sorted(tensors):
        total.update(name.encode())
        total.update(tensors[name].contiguous().view(torch.uint8).numpy().tobytes())
    return total.hexdigest()


def _damaged(weights: Path) -> UserError:
    return UserError(f"The network's file {weights.name} is damaged", _remedy(weights))


def _remedy(weights: Path) -> str:
    return "Install deepvis again" if weights == WEIGHTS else "Export it again"
