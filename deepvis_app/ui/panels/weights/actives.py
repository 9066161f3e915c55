"""How active inputs are over the pictures that were scanned: what a long kernel can matter by."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from deepvis_app.corpus import Corpus
    from deepvis_app.corpus.weights import UnitWeights
    from deepvis_app.known.corpora import KnownCorpora
    from deepvis_app.known.kept_pictures import Answer

    Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Activity:
    """The root mean square of units' highest activations, (units,) by layer, over `pictures`."""

    rms: Mapping[str, Floats] = field(default_factory=lambda: MappingProxyType({}))
    pictures: int = 0


class Actives:
    """Asks for the layers that a unit reads; nothing waits."""

    def __init__(self, corpora: KnownCorpora) -> None:
        self._corpora = corpora
        self._of: object = None
        self._asked: Answer[Activity | None] | None = None
        self.known = Activity()

    def tick(self, weights: UnitWeights | None) -> bool:
        """Ask for what a unit reads and take the answer; tell whether it is another one."""
        layers = () if weights is None else tuple(_layers(weights))
        wanted = layers, self._corpora.version
        if self._asked is not None and self._asked.is_there:
            found, self._asked = self._asked.take(), None
            self.known = found or Activity()
            return True
        if wanted != self._of and self._asked is None:
            self._of = wanted
            self._asked = self._corpora.ask(partial(_activity, layers)) if layers else None
            if self._asked is None and self.known.pictures:
                self.known = Activity()
                return True
        return False


def _layers(weights: UnitWeights) -> dict[str, None]:
    return dict.fromkeys(layer for each in weights.incoming for layer in each.inputs.layers)


def _activity(layers: tuple[str, ...], corpus: Corpus) -> Activity:
    rms: dict[str, Floats] = {}
    for layer in layers:
        if layer in corpus.layers:
            state = corpus.stats(layer)
            mean_square = state.squares / np.maximum(state.count, 1)
            rms[layer] = np.sqrt(mean_square).astype(np.float32)
    return Activity(MappingProxyType(rms), corpus.scanned if rms else 0)
