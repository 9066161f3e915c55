"""Small networks of several kinds, and pictures to play with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from deepvis_app.nets import Network, Preprocessing

if TYPE_CHECKING:
    from numpy.typing import NDArray


def chain(channels: int = 3, dtype: torch.dtype = torch.float64, seed: int = 0) -> Network:
    """Two convolutions with ReLUs and four classes; layers "0" to "6"."""
    torch.manual_seed(seed)
    module = nn.Sequential(
        nn.Conv2d(channels, 6, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 8, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten(),
        nn.Linear(32, 4),
    )  # fmt: skip
    how = Preprocessing(mean=(0.4, 0.5, 0.6)[:channels], std=(0.2, 0.3, 0.25)[:channels])
    labels = ["ant", "bee", "cat", "dog"]
    shape = (channels, 16, 20)
    return Network(module.to(dtype).eval(), shape, preprocessing=how, labels=labels, name="chain")


class Tokens(nn.Module):
    """Patches as tokens (N, 1 + T, C), the first a class token; one block is called twice."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.patch = nn.Conv2d(3, 8, 4, stride=4)
        self.start = nn.Parameter(torch.randn(1, 1, 8))
        self.block = nn.TransformerEncoderLayer(8, 2, 16, 0.0, "gelu", batch_first=True)
        self.head = nn.Linear(8, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        tokens = self.patch(x).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.start.expand(len(x), -1, -1), tokens], 1)
        return self.head(self.block(self.block(tokens))[:, 0])


def tokens() -> Network:
    return Network(Tokens().eval(), (3, 16, 16), name="tokens")


def picture(net: Network, seed: int = 0) -> NDArray[np.uint8]:
    """Return some soft shapes, uint8 (H, W, 3)."""
    height, width = net.input_shape[1:]
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[:height, :width]
    waves = [
        np.sin(random.uniform(0.1, 0.6) * rows + random.uniform(0.1, 0.6) * columns + k)
        for k in range(3)
    ]
    return np.rint(np.stack(waves, 2) * 90 + 128).astype(np.uint8)
