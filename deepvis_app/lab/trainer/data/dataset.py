"""Examples that are ready to be learned from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from deepvis_app.nets.preprocessing import Preprocessing


@dataclass(frozen=True, slots=True, eq=False)
class Raw:
    """A source's examples as they are: pictures, uint8 (N, H, W, 3), or points, float32 (N, 2).

    The last `test` of them are what the set itself keeps apart to judge by; `grey` pictures have
    three equal channels. `names` are those of files, below their folder.
    """

    examples: NDArray[np.uint8] | NDArray[np.float32]
    classes: NDArray[np.int64]
    labels: tuple[str, ...]
    val_size: int  # where the plan says nothing
    grey: bool = False
    test: int = 0
    names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def is_points(self) -> bool:
        return self.examples.ndim == 2


@dataclass(frozen=True, slots=True, eq=False)
class DataSet:
    """What a network is trained on and judged by.

    `train_x`, `val_x` are float32 (N, C, H, W) as the network takes them: pictures through
    `preprocessing`, points as (N, 2, 1, 1). `train_y`, `val_y` are int64 (N,); `true_y` is
    `train_y` before label noise. `ids` and `val_ids` are the examples' numbers in their source,
    the same whatever is chosen of it. `fake` marks those of the class that does not exist, the
    last of `labels`, where wrong labels are looked for.
    """

    name: str
    train_x: Tensor
    train_y: Tensor
    val_x: Tensor
    val_y: Tensor
    true_y: Tensor
    ids: Tensor
    val_ids: Tensor
    fake: Tensor
    labels: tuple[str, ...]
    preprocessing: Preprocessing
    is_points: bool = False
    names: tuple[str, ...] = ()  # of the source's files, by id; empty for sets
    notes: tuple[str, ...] = ()  # what a person should know, a sentence each

    @property
    def shape(self) -> tuple[int, int, int]:
        """(C, H, W) of one input."""
        count, height, width = self.train_x.shape[1:]
        return count, height, width

    @property
    def class_shares(self) -> tuple[float, ...]:
        """Share of each class among the training examples as they are labelled, 0..1."""
        counts = self.train_y.bincount(minlength=len(self.labels)).double()
        return tuple((counts / len(self.train_y)).tolist())

    def picture(self, index: int, *, val: bool = False) -> NDArray[np.uint8]:
        """Return an example as a picture, uint8 RGB (H, W, 3), as the network is shown it."""
        return as_picture((self.val_x if val else self.train_x)[index], self.preprocessing)


def as_picture(x: Tensor, preprocessing: Preprocessing) -> NDArray[np.uint8]:
    """Return the picture, uint8 RGB (H, W, 3), that an input (C, H, W) was made of."""
    count = len(x)
    std = np.resize(np.array(preprocessing.std, np.float64), count)[:, None, None]
    mean = np.resize(np.array(preprocessing.mean, np.float64), count)[:, None, None]
    levels = (x.detach().cpu().double().numpy() * std + mean) / preprocessing.scale
    whole = levels.round().clip(0, 255).astype(np.uint8)
    return np.ascontiguousarray(whole[list(preprocessing.shown(count))].transpose(1, 2, 0))
