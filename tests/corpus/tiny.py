"""A network of whole numbers, pictures for it, and what each unit gives by PyTorch alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from deepvis_app.nets import Network, Preprocessing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from torch import Tensor

SIZE = 9
PLAIN = Preprocessing(mean=(0.0,), std=(1.0,), scale=1.0)
LAYERS = ("one", "two", "side", "both", "deep", "pool", "last")


class Whole(nn.Module):
    """Small whole weights: ties everywhere, a dead unit (one 2), a constant one (one 3).

    "both" is a concatenation of "two", cut at zero, and "side"; "deep" goes below zero.
    """

    def __init__(self) -> None:
        super().__init__()
        self.one = nn.Conv2d(3, 4, 3)
        self.two = nn.ReLU()
        self.side = nn.Conv2d(3, 2, 3)
        self.both = nn.Identity()
        self.deep = nn.Conv2d(6, 5, 3, stride=2)
        self.pool = nn.MaxPool2d(2)
        self.last = nn.Linear(5, 3)
        generator = torch.Generator().manual_seed(1)
        for weight in self.parameters():
            numbers = torch.randint(-1, 2, weight.shape, generator=generator)
            weight.data = numbers.float()
        self.one.weight.data[2:4] = 0
        self.one.bias.data[2:4] = torch.tensor([-1.0, 3.0])

    def forward(self, x: Tensor) -> Tensor:
        wide = self.both(torch.cat([self.two(self.one(x)), functional.relu(self.side(x))], 1))
        return self.last(self.pool(self.deep(wide)).flatten(1))


def whole_network(module: nn.Module | None = None, **more: Any) -> Network:
    module = module or Whole()
    return Network(module.eval(), (3, SIZE, SIZE), PLAIN, **more)


class Pictures:
    """A data set: small pictures of small whole numbers, each of a class."""

    def __init__(self, count: int, seed: int = 0, classes: Sequence[str] = ("a", "b", "c")) -> None:
        chance = np.random.default_rng(seed)
        self.images = chance.integers(0, 4, (count, SIZE, SIZE, 3), np.uint8)
        self.images[1::7] = self.images[1::7, :1, :1]  # of one colour
        self.labels = chance.integers(0, len(classes), count)
        self.classes = classes

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, number: int) -> tuple[NDArray[np.uint8], int]:
        return self.images[number], int(self.labels[number])

    def taken(self, first: int, end: int) -> Pictures:
        part = Pictures(0, classes=self.classes)
        part.images, part.labels = self.images[first:end], self.labels[first:end]
        return part


def bare_maps(module: nn.Module, images: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
    """Return what every layer gives, picture by picture: PyTorch's own hooks."""
    found: dict[str, list[NDArray[np.float32]]] = {}
    handles = []
    for name, part in module.named_modules():

        def keep(_m: nn.Module, _x: object, out: Tensor, name: str = name) -> None:
            value = out.detach().numpy().copy()
            found.setdefault(name, []).append(
                value.reshape(*value.shape[:2], *value.shape[2:] or (1, 1))
            )

        handles.append(part.register_forward_hook(keep))
    with torch.no_grad():
        for image in images:
            module(torch.from_numpy(image).permute(2, 0, 1)[None].float())
    for handle in handles:
        handle.remove()
    return {name: np.concatenate(values) for name, values in found.items()}
