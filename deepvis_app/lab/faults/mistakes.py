"""Modules with a mistake in them, as people make them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn import functional

if TYPE_CHECKING:
    from torch import Tensor


class Wrapped(nn.Module):
    """Another network, and something done to its scores."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net


class Softmaxed(Wrapped):
    """Probabilities, to a loss that makes them itself."""

    def forward(self, x: Tensor) -> Tensor:
        return functional.softmax(self.net(x), 1)


class SoftmaxedAcross(Wrapped):
    """A softmax along the batch: each example's scores are shared out with the others."""

    def forward(self, x: Tensor) -> Tensor:
        return 10 * functional.softmax(self.net(x), 0)


class Centred(Wrapped):
    """Scores less the batch's mean, in evaluation too."""

    def forward(self, x: Tensor) -> Tensor:
        scores: Tensor = self.net(x)
        return scores - scores.mean(0)


class Reshaped(Wrapped):
    """A view where a transpose was meant: examples fall apart."""

    def forward(self, x: Tensor) -> Tensor:
        scores: Tensor = self.net(x)
        return scores.t().reshape(scores.shape)


class AlongBatch(nn.Module):
    """A recurrent layer that takes examples for time: `batch_first` was forgotten."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(8, 8)
        self.recurrent = nn.LSTM(8, 24)
        self.head = nn.Linear(24, 4)

    def forward(self, x: Tensor) -> Tensor:
        scores: Tensor = self.head(self.recurrent(self.embed(x))[0][:, -1])
        return scores


class Detached(Wrapped):
    """A part whose result is cut from the graph, as `.data` or `.detach()` do."""

    def __init__(self, net: nn.Sequential, at: int) -> None:
        super().__init__(net[:at])
        self.rest = net[at:]

    def forward(self, x: Tensor) -> Tensor:
        scores: Tensor = self.rest(self.net(x).detach())
        return scores


class Spare(Wrapped):
    """A layer that was made and never called."""

    def __init__(self, net: nn.Module, units: int = 16) -> None:
        super().__init__(net)
        self.spare = nn.Linear(units, units)

    def forward(self, x: Tensor) -> Tensor:
        scores: Tensor = self.net(x)
        return scores


class LogOfProbability(nn.Module):
    """Cross-entropy by hand, without care for a probability of 0."""

    def forward(self, scores: Tensor, labels: Tensor) -> Tensor:
        chances = functional.softmax(scores, 1)
        truth = functional.one_hot(labels, scores.shape[1]).to(scores.dtype)
        return -(truth * chances.log()).sum(1).mean()


class Rooted(nn.Module):
    """The root of what is above 0, else 0: the branch that is not taken has a slope of NaN."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.where(x > 0, torch.sqrt(x), torch.zeros_like(x))


class SoftplusByHand(nn.Module):
    """A steep softplus as it stands in books: its exponential overflows."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.log(1 + torch.exp(40 * x)) / 40
