"""Norms of units' weights, and whose weights are alike, asked of the network a layer at a time."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from deepvis_app.corpus.alike import weight_twins
from deepvis_app.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Future
    from typing import Protocol

    import numpy as np
    from numpy.typing import NDArray

    from deepvis_app.nets import Network

    Floats = NDArray[np.float64]
    Twins = tuple[Floats, NDArray[np.int64], Floats]  # norms, twin, cosine

    class Ask(Protocol):
        """Has a question answered on the thread that owns the network."""

        def __call__(self, question: Callable[[Network], Twins]) -> Future[Twins]: ...


class WeightTwins:
    """`version` grows with every answer. Layers without weights of their own have none."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._found: dict[str, Twins | None] = {}
        self._asked: tuple[str, Future[Twins]] | None = None
        self.version = 0

    def of(self, layer: str) -> Twins | None:
        return self._found.get(layer)

    def forget(self) -> None:
        """There is another network."""
        self._found.clear()
        self._asked = None
        self.version += 1

    def look_up(self, layers: Sequence[str]) -> None:
        """Take what was answered, and ask for the next layer."""
        if self._asked is not None:
            layer, future = self._asked
            if not future.done():
                return
            self._asked = None
            try:
                self._found[layer] = future.result()
            except UserError:  # it has none
                self._found[layer] = None
            self.version += 1
        missing = next((layer for layer in layers if layer not in self._found), None)
        if missing is not None:
            self._asked = missing, self._ask(partial(_twins, missing))


def _twins(layer: str, network: Network) -> Twins:
    return weight_twins(network, layer)
