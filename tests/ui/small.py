"""A network that is quick and whose weights are known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from PIL import Image
from torch import nn

from deepvis_app.nets import Network

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray
    from pytestqt.qtbot import QtBot

    from deepvis_app.ui.app import App

WAIT_MS = 90_000


class Small(nn.Module):
    """Two convolutions and some classes, weights drawn once and for all."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.conv1, self.relu1 = nn.Conv2d(3, 8, 3, padding=1), nn.ReLU()
        self.conv2, self.relu2 = nn.Conv2d(8, 12, 3, stride=2, padding=1), nn.ReLU()
        self.pool, self.logits = nn.AdaptiveAvgPool2d(1), nn.Linear(12, classes)
        generator = torch.Generator().manual_seed(0)
        for parameter in self.parameters():
            nn.init.normal_(parameter, 0, 0.5, generator=generator)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.relu2(self.conv2(self.relu1(self.conv1(x))))
        logits: torch.Tensor = self.logits(self.pool(x).flatten(1))
        return logits


def small_network() -> Network:
    """Return the network with twelve classes that have names."""
    labels = [f"class {k}" for k in range(12)]
    return Network(Small(12).eval(), (3, 48, 48), labels=labels, name="small")


def picture() -> NDArray[np.uint8]:
    """Return a picture of the network's size whose every part is another one."""
    rows, columns = np.mgrid[:48, :48]
    image = np.stack([rows * 4, columns * 4, 40 * ((rows // 8 + columns // 8) % 2)], 2)
    return image.astype(np.uint8)


def at_rest(qtbot: QtBot, start: Callable[..., App], folder: Path, network: Network) -> App:
    """Start with the picture, as a file in a folder, before a network."""
    Image.fromarray(picture()).save(folder / "still.png")
    deepvis = start(net="pocket", device="cpu", source=str(folder / "still.png"))
    qtbot.waitUntil(lambda: deepvis.rounds.snapshot is not None, timeout=WAIT_MS)
    deepvis.desk.engine.set_network(network)
    qtbot.waitUntil(lambda: deepvis.rounds.network is network, timeout=WAIT_MS)
    return deepvis
