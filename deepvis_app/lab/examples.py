"""Examples of a run as they are looked at: what they are, what they are called, what is said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from deepvis_app.lab.trainer.data import load_data
from deepvis_app.lab.trainer.data.clouds import EXTENT
from deepvis_app.lab.trainer.data.dataset import as_picture
from deepvis_app.lab.trainer.folder import RunFolder
from deepvis_app.lab.trainer.keeping import kept_at
from deepvis_app.lab.trainer.network import make_network
from deepvis_app.lab.trainer.plan import TrainPlan

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from torch import Tensor, nn

    from deepvis_app.lab.trainer.data import DataSet

    Ints = NDArray[np.int64]

BATCH = 500
MOST_JUDGED = 5000  # examples of the set to judge by that are gone through for a pair of classes


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Some examples: `given` labels (n,), what the network `said` (n,), and which are `true` (n,).

    `pictures`, uint8 (n, H, W, 3), or `places` of points (n, 2); the other is None. `numbers` are
    those in their source.
    """

    given: Ints
    said: Ints
    true: Ints
    numbers: Ints
    pictures: NDArray[np.uint8] | None = None
    places: NDArray[np.float32] | None = None


class ExamplesOf:
    """The data of a run's plan with its network at a checkpoint; runs torch. Raises `UserError`."""

    def __init__(self, folder: Path) -> None:
        run = RunFolder(folder)
        self._plan = TrainPlan.read(run.plan)
        self.data: DataSet = load_data(self._plan)
        self._module: nn.Module = make_network(
            self._plan, self.data.shape, len(self.data.labels)
        ).module.eval()
        self._weights: Path | None = None

    def at(self, checkpoint: Path) -> None:
        """Go on with the weights of a checkpoint."""
        if checkpoint != self._weights:
            self._module.load_state_dict(kept_at(checkpoint).weights)
            self._weights = checkpoint

    def learned(self, places: Ints) -> Examples:
        """Return training examples by their places in the training set."""
        chosen = torch.from_numpy(np.asarray(places, np.int64))
        data = self.data
        return self._some(
            data.train_x[chosen], data.train_y[chosen], data.true_y[chosen], data.ids[chosen]
        )

    def judged(self, places: Ints) -> Examples:
        """Return examples that it is judged by, likewise."""
        chosen = torch.from_numpy(np.asarray(places, np.int64))
        data = self.data
        classes = data.val_y[chosen]
        return self._some(data.val_x[chosen], classes, classes, data.val_ids[chosen])

    def taken_for(self, is_class: int, said: int, most: int) -> Examples:
        """Return at most so many of those it is judged by that are one class and called another."""
        known = self._said(self.data.val_x[:MOST_JUDGED])
        classes = self.data.val_y[:MOST_JUDGED].numpy()
        return self.judged(np.flatnonzero((classes == is_class) & (known == said))[:most])

    def _some(self, x: Tensor, given: Tensor, true: Tensor, numbers: Tensor) -> Examples:
        pictures = places = None
        if self.data.is_points:
            places = self._places(x)
        else:
            shown = [as_picture(one, self.data.preprocessing) for one in x]
            pictures = np.array(shown) if shown else np.zeros((0, 1, 1, 3), np.uint8)
        return Examples(
            given.numpy(), self._said(x), true.numpy(), numbers.numpy(), pictures, places
        )

    def _places(self, x: Tensor) -> NDArray[np.float32]:
        """Return inputs as places of the plane, whose −EXTENT to EXTENT are the data's 0..1."""
        used = self.data.preprocessing
        share = x[:, :, 0, 0] * torch.tensor(used.std) + torch.tensor(used.mean)
        found: NDArray[np.float32] = (share * (2 * EXTENT) - EXTENT).numpy()
        return found

    @torch.no_grad()
    def _said(self, x: Tensor) -> Ints:
        parts = [self._module(part).argmax(1) for part in x.split(BATCH)]
        return torch.cat(parts).numpy() if parts else np.zeros(0, np.int64)
