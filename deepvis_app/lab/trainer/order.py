"""In which order examples come: by chance anew every epoch, the same for the same seed."""

from __future__ import annotations

import torch

_PRIME = 1_000_003


class Order:
    """Where a training is among its examples; `epoch` and `place` are all that it remembers.

    A batch may be of another size each time. What is left at an epoch's end is a batch of its own;
    a single example is left out where batches are larger, as no batch norm could take it.
    """

    def __init__(self, count: int, seed: int) -> None:
        self._count, self._seed = count, seed
        self.epoch = 0  # epochs that are over
        self.place = 0  # examples of this one that were given
        self._drawn = -1
        self._order = torch.zeros(0, dtype=torch.int64)

    def at(self, epoch: int, place: int) -> None:
        self.epoch, self.place = epoch, place

    def peek(self, batch: int) -> torch.Tensor:
        """Return the numbers of the next batch's examples, int64 (n,), without going on."""
        if self._drawn != self.epoch:
            chance = torch.Generator().manual_seed((self._seed * _PRIME + self.epoch) % 2**63)
            self._order = torch.randperm(self._count, generator=chance)
            self._drawn = self.epoch
        return self._order[self.place : self.place + batch]

    def go_on(self, given: int, batch: int) -> None:
        """Count so many examples as given; begin another epoch where too few are left."""
        self.place += given
        left = self._count - self.place
        if left <= 0 or (left == 1 and batch > 1):
            self.epoch, self.place = self.epoch + 1, 0

    @property
    def epochs(self) -> float:
        """How many epochs are over, with the part of this one."""
        return self.epoch + self.place / self._count

    def steps_left(self, epochs: int, batch: int) -> int:
        """Return how many batches there are up to the end of so many epochs."""
        if self.epoch >= epochs:
            return 0
        whole = steps_in(self._count, batch)
        return steps_in(self._count - self.place, batch) + (epochs - self.epoch - 1) * whole


def steps_in(count: int, batch: int) -> int:
    """Return how many batches so many examples make."""
    full, left = divmod(count, batch)
    return full + (left > 1 or (left == 1 and (batch == 1 or full == 0)))


def chance_of(seed: int, step: int) -> int:
    """Return the seed of what a step draws: a step of its own, so that a run resumes exactly."""
    return ((seed + 1) * _PRIME * 7 + step) % 2**63
