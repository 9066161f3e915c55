"""Classes of one kind taken together: of ImageNet's thousand few have many pictures each."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from deepvis_app.corpus.selectivity import too_few
from deepvis_app.corpus.state import Classes
from deepvis_app.paths import RESOURCES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from deepvis_app.corpus.state import LayerState

FOLDER = RESOURCES / "groups"
ENOUGH = 0.5  # of the classes have to be known as ImageNet's


@dataclass(frozen=True, slots=True, eq=False)
class Division:
    """A layer's state by classes, or by kinds of these (`group` of each class; -1: none)."""

    state: LayerState
    names: tuple[str, ...]
    group: NDArray[np.int64] | None

    @property
    def is_by_kind(self) -> bool:
        return self.group is not None

    @property
    def why_not(self) -> str:
        """Why nothing can be told of its parts, one sentence; "" where it can."""
        return too_few(self.state.classes)

    def numbers(self, labels: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the part that each class is in, -1 for none."""
        return labels if self.group is None else np.where(labels >= 0, self.group[labels], -1)


def groups_of(classes: Sequence[str]) -> tuple[tuple[str, ...], NDArray[np.int64]] | None:
    """Return the names of the groups that some classes make, and each class' group; -1: none.

    None where these are not ImageNet's classes, by their names. Of those some are in no group.
    """
    known = _imagenet()
    words = [_plain(name) for name in classes]
    if not words or sum(word in known for word in words) < ENOUGH * len(words):
        return None
    names = tuple(dict.fromkeys(known[word] for word in words if known.get(word)))
    number = {name: place for place, name in enumerate(names)}
    return names, np.array([number.get(known.get(word, ""), -1) for word in words], np.int64)


def grouped(classes: Classes, group: NDArray[np.int64]) -> Classes:
    """Return the sums by group; `group` is that of each class by its number, -1: none."""
    own = group[classes.number]
    present = np.unique(own[own >= 0])
    rows = [own == number for number in present]

    def joined(values: NDArray[Any]) -> NDArray[Any]:
        found = [values[row].sum(0) for row in rows]
        return np.stack(found) if found else values[:0]

    sums = (joined(part) for part in (classes.count, classes.total, classes.squares))
    return Classes(present, *sums)


@lru_cache(1)
def _imagenet() -> Mapping[str, str]:
    """Return the group of each of ImageNet's classes, "" for those that are in none."""
    with (FOLDER / "imagenet.toml").open("rb") as file:
        groups = tomllib.load(file)
    found = {_plain(name): "" for name in groups.pop("others")}
    return found | {_plain(name): group for group, names in groups.items() for name in names}


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", " ", name).strip()  # "Cardigan" is a dog, "cardigan" is worn
