"""A copy of a network that learns a few examples by heart."""

from __future__ import annotations

import copy
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch
from torch import nn

from deepvis_app.lab.evidence.structure import entropy
from deepvis_app.lab.light import light

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from torch import Tensor

STEPS = 300  # at most
RATES = (0.01, 0.001)  # of Adam: the second one where the first is too high for a network
LEARNED = 0.05  # of the first loss
DROPS = (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout)


class Learning:
    """Trains a copy with Adam, dropout off, until it knows the examples or the time `until`."""

    def __init__(
        self,
        model: nn.Module,
        loss: Callable[[Tensor, Tensor], Tensor],
        x: Tensor,
        y: Tensor,
        seed: int,
        until: float,
        *,
        most: int = STEPS,
    ) -> None:
        self._model, self._loss, self.x, self.y = model, loss, x, y
        self._seed, self._until, self._most = seed, until, most
        self.first = self.best = float("inf")
        self.made, self.count = 0, 0
        self.ran_out = False
        self.without: list[str] = []

    @property
    def base(self) -> float:
        """The first loss, or what who knows the labels' shares only has, if that is less."""
        chance = entropy(self.y)
        return min(self.first, chance) if chance else self.first

    def steps(self) -> Iterator[int]:
        """Learn; yields the steps that are made."""
        for rate, share in zip(RATES, (0.5, 1.0), strict=True):
            net = copy.deepcopy(self._model)
            net.train()
            for module in net.modules():
                if isinstance(module, DROPS):
                    module.eval()
            trained = [p for p in net.parameters() if p.requires_grad]
            if not trained:
                return
            optimizer = light(torch.optim.Adam)(trained, lr=rate)
            while self.made < share * self._most:
                if time.monotonic() > self._until:
                    self.ran_out = True
                    return
                with _seeded(self._seed + self.made, self.x):
                    value = self._step(net, optimizer)
                self.made += 1
                self._note(net, value)
                yield self.made
                if self.best < LEARNED * self.base:
                    return

    def _step(self, net: nn.Module, optimizer: torch.optim.Optimizer) -> float:
        optimizer.zero_grad()
        with torch.enable_grad():
            loss = self._loss(net(self.x), self.y)
            if loss.requires_grad:
                loss.backward()
                optimizer.step()
        return float(loss.detach())

    def _note(self, net: nn.Module, value: float) -> None:
        if self.made == 1:
            self.first = value
            asking = [(name, p) for name, p in net.named_parameters() if p.requires_grad]
            self.count = len(asking)
            self.without = [name for name, p in asking if p.grad is None]
        if value < self.best:
            self.best = value


@contextmanager
def _seeded(seed: int, x: Tensor) -> Iterator[None]:
    """Draw from a seed, and put the random state back."""
    devices = [x.device.index or 0] if x.device.type == "cuda" else []
    with torch.random.fork_rng(devices):
        torch.manual_seed(seed)
        yield
