"""By how much each training example's own class led, over a whole training.

Pleiss et al. 2020 (arXiv:2001.10528), "Identifying mislabeled data using the area under the margin
ranking": an example whose label is wrong is pulled by its label and pushed by all that resembles
it, so its margin stays below 0 for long, whatever the network says in the end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor


class Margins:
    """The mean over epochs of z_y - max over the other classes of z, an example; z are scores."""

    def __init__(self, count: int) -> None:
        self._sums = np.zeros(count)
        self._times = np.zeros(count, np.int64)

    def add(self, ids: Tensor, scores: Tensor, labels: Tensor) -> None:
        """Note a batch: places of the examples (n,), scores (n, C) before softmax, labels (n,)."""
        scores = scores.detach().float()
        own = scores.gather(1, labels[:, None])[:, 0]
        others = scores.scatter(1, labels[:, None], -torch.inf).amax(1)
        places = ids.cpu().numpy()
        np.add.at(self._sums, places, (own - others).cpu().numpy())
        np.add.at(self._times, places, 1)

    @property
    def epochs(self) -> int:
        """How often the example that was seen least was seen."""
        return int(self._times.min()) if len(self._times) else 0

    def mean(self) -> NDArray[np.float32]:
        """Return the mean margin of each example, (N,) float32; NaN where none was seen yet."""
        with np.errstate(invalid="ignore"):
            return (self._sums / np.where(self._times, self._times, np.nan)).astype(np.float32)

    def state(self) -> tuple[Tensor, Tensor]:
        """Return sums (N,) float64 and counts (N,) int64, for `restore`."""
        return torch.from_numpy(self._sums.copy()), torch.from_numpy(self._times.copy())

    def restore(self, sums: Tensor, times: Tensor) -> None:
        """Go on from what `state` gave. Raises `ValueError` where it is of other examples."""
        if sums.shape != self._sums.shape or times.shape != self._times.shape:
            raise ValueError(f"it is of {len(sums)} examples, not of {len(self._sums)}")
        self._sums = sums.numpy().astype(np.float64)
        self._times = times.numpy().astype(np.int64)
