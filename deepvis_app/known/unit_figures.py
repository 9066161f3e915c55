"""Figures of layers' units over the corpus that is looked at, as far as they are known."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from deepvis_app.corpus.figures import layer_figures

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deepvis_app.corpus import Corpus
    from deepvis_app.corpus.figures import LayerFigures
    from deepvis_app.known.corpora import KnownCorpora
    from deepvis_app.known.kept_pictures import Answer

AGAIN_S = 1.0  # between two questions for the same layer while a scan goes on


class UnitFigures:
    """Asks for a layer at a time. `version` grows with every answer that tells something new.

    For the main thread; nothing waits.
    """

    def __init__(self, corpora: KnownCorpora) -> None:
        self._corpora = corpora
        self._found: dict[str, LayerFigures] = {}
        self._of: dict[str, tuple[object, int]] = {}  # corpus and version that were asked
        self._asked: tuple[str, Answer[LayerFigures | None]] | None = None
        self._asked_s = 0.0
        self.version = 0

    def of(self, layer: str) -> LayerFigures | None:
        """Return what is known of a layer's units; None: nothing yet, or it was not scanned."""
        return self._found.get(layer)

    @property
    def pictures(self) -> int:
        """How many pictures were scanned."""
        return max((one.pictures for one in self._found.values()), default=0)

    def forget(self) -> None:
        """There is another network."""
        self._found.clear()
        self._of.clear()
        self._asked = None
        self.version += 1

    def look_up(self, layers: Sequence[str], now_s: float) -> None:
        """Take what was answered, and ask for the next layer that is not known as of now."""
        present = self._corpora.present
        if present is None:
            if self._found:
                self.forget()
            return
        state = present.path, self._corpora.version
        if self._asked is not None:
            layer, answer = self._asked
            if not answer.is_there:
                return
            self._asked = None
            self._take(layer, answer.take())
        for layer in layers:
            before = self._of.get(layer)
            if before == state or layer not in present.layers:
                continue
            if before is not None and before[0] == state[0] and now_s - self._asked_s < AGAIN_S:
                continue
            if (asked := self._corpora.ask(partial(_figures, layer))) is not None:
                self._of[layer], self._asked_s = state, now_s
                self._asked = layer, asked
            return

    def _take(self, layer: str, found: LayerFigures | None) -> None:
        if found is not None:
            self._found[layer] = found
        elif layer in self._found:
            del self._found[layer]
        else:
            return
        self.version += 1


def _figures(layer: str, corpus: Corpus) -> LayerFigures:
    return layer_figures(corpus, layer)
