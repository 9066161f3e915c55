"""What a corpus says of layers, one layer at a time, as far as it is known."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from deepvis_app.corpus import Corpus
    from deepvis_app.known.corpora import KnownCorpora
    from deepvis_app.known.kept_pictures import Answer

T = TypeVar("T")

AGAIN_S = 1.0  # between two questions for the same layer while a scan goes on


class LayerAnswers(Generic[T]):
    """Asks `question` of the corpus that is looked at. `version` grows with every answer.

    For the main thread; nothing waits. `question` runs on a thread that reads files: it must not
    use torch.
    """

    def __init__(self, corpora: KnownCorpora, question: Callable[[Corpus, str], T]) -> None:
        self._corpora, self.question = corpora, question
        self._found: dict[str, T] = {}
        self._of: dict[str, tuple[object, object, int]] = {}  # corpus, about, version when asked
        self._asked: tuple[str, Answer[T | None]] | None = None
        self._asked_s = 0.0
        self.version = 0

    def of(self, layer: str) -> T | None:
        """Return the answer for a layer; None: there is none yet, or it was not scanned."""
        return self._found.get(layer)

    def forget(self) -> None:
        """What was asked is asked no more."""
        self._found.clear()
        self._of.clear()
        self._asked = None
        self.version += 1

    def look_up(self, layers: Sequence[str], now_s: float, about: Hashable = None) -> None:
        """Take what was answered, and ask for the next layer that is not known as of now.

        `about` is what else the answer depends on.
        """
        present = self._corpora.present
        if present is None:
            if self._found:
                self.forget()
            return
        state = present.path, about, self._corpora.version
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
            is_same = before is not None and before[:2] == state[:2]
            if is_same and now_s - self._asked_s < AGAIN_S:
                continue
            if (asked := self._corpora.ask(partial(self._answered, layer))) is not None:
                self._of[layer], self._asked_s = state, now_s
                self._asked = layer, asked
            return

    def _answered(self, layer: str, corpus: Corpus) -> T:
        return self.question(corpus, layer)

    def _take(self, layer: str, found: T | None) -> None:
        if found is not None:
            self._found[layer] = found
        elif layer in self._found:
            del self._found[layer]
        else:
            return
        self.version += 1
