"""The pictures that teach a concept, and what was learnt from them: nothing here waits for it."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from threadpoolctl import threadpool_limits

from deepvis_app.corpus.concepts.concept import SHUFFLES, learn
from deepvis_app.corpus.concepts.taught import LEAST, taught
from deepvis_app.engine.own_thread import apart
from deepvis_app.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from concurrent.futures import Future

    from deepvis_app.corpus.concepts.concept import Concept
    from deepvis_app.corpus.concepts.examples import Example

AGAIN_S = 0.3  # between two looks at examples that go on coming
MOST = 250  # examples of either side


class Lesson:
    """Examples by what they show, and the concept of the newest ones. For the main thread.

    `version` grows with every change of the examples or the layer, `concept_version` is the one
    that `concept` or `fault` is of. A picture is on one side: that on which it was shown last;
    `turned` counts those that were on the other before.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._examples: dict[int, Example] = {}
        self._known: set[tuple[int, int]] = set()  # moments and ids of all that ever came
        self._learning: tuple[int, str, Future[Concept]] | None = None
        self._judging: tuple[str, Future[float]] | None = None
        self._begun_s = float("-inf")
        self._layers: tuple[int, tuple[str, ...]] = (-1, ())  # of a version
        self.layer = ""
        self.version = self.concept_version = self.turned = 0
        self.concept: Concept | None = None
        self.fault: UserError | None = None
        self.accuracies: dict[str, float] = {}  # by layer, of the newest examples; NaN: none

    # Examples

    def side(self, *, is_inside: bool) -> tuple[Example, ...]:
        """Return the examples of a side, the newest first."""
        found = [one for one in self._examples.values() if one.is_inside == is_inside]
        return tuple(found[::-1])

    def counts(self) -> tuple[int, int]:
        """Return how many show the concept, and how many do not."""
        inside = sum(one.is_inside for one in self._examples.values())
        return inside, len(self._examples) - inside

    def is_full(self, *, is_inside: bool) -> bool:
        return self.counts()[0 if is_inside else 1] >= MOST

    @property
    def is_enough(self) -> bool:
        """Whether there are enough of either side."""
        return min(self.counts()) >= LEAST

    def add(self, examples: Iterable[Example]) -> bool:
        """Take examples, those that came before left out; return whether there was a new one."""
        has_news = False
        for one in examples:
            if (one.moment, one.id) in self._known:
                continue
            self._known.add((one.moment, one.id))
            before = self._examples.get(one.id)
            is_there = before is not None and before.is_inside == one.is_inside
            if is_there or self.is_full(is_inside=one.is_inside):
                continue
            self.turned += before is not None
            self._examples.pop(one.id, None)  # it is the newest now
            self._examples[one.id] = one
            has_news = True
        if has_news:
            self._changed()
        return has_news

    def remove(self, example: Example) -> None:
        """Be taught by an example no more."""
        if self._examples.pop(example.id, None) is not None:
            self._changed()

    def put_back(self, examples: Sequence[Example]) -> None:
        """Take examples again that were removed, where their pictures are not there by now."""
        missing = [one for one in examples if one.id not in self._examples]
        self._examples = {one.id: one for one in (*missing, *self._examples.values())}
        self._changed()

    def clear(self) -> tuple[Example, ...]:
        """Forget all examples, and return them."""
        found = tuple(self._examples.values())
        self._examples.clear()
        self._changed()
        return found

    def turn_to(self, layer: str) -> int:
        """Learn from a layer from now on; return how many examples had no code of it and went."""
        if layer == self.layer:
            return 0
        self.layer = layer
        known = {key: one for key, one in self._examples.items() if layer in one.codes}
        lost, self._examples = len(self._examples) - len(known), known
        self.concept = None
        if lost:
            self._changed()
        else:
            self.version += 1
        return lost

    def layers(self) -> tuple[str, ...]:
        """Return the layers of which there are codes of all examples, in order."""
        if self._layers[0] != self.version:
            self._layers = self.version, self._shared_layers()
        return self._layers[1]

    def _shared_layers(self) -> tuple[str, ...]:
        every = [set(one.codes) for one in self._examples.values()]
        first = next(iter(self._examples.values()), None)
        shared = set.intersection(*every) if every else set()
        return () if first is None else tuple(name for name in first.codes if name in shared)

    def _changed(self) -> None:
        self.version += 1
        self.fault = None
        if not self.is_enough:
            self.concept = None
        self._judging = None
        self.accuracies.clear()

    # What is learnt

    @property
    def is_learning(self) -> bool:
        """Whether what is known of the concept is of older examples, or nothing yet."""
        return self.is_enough and self.concept_version != self.version

    def tick(self, *, is_quiet: bool = True) -> bool:
        """Take what was learnt, and begin to learn from what is new; tell whether there is news.

        While it is `is_quiet`, other layers are looked at as well.
        """
        has_news = self._take()
        now_s = self._clock()
        if self.is_learning and self._learning is None and now_s - self._begun_s >= AGAIN_S:
            self._begun_s = now_s
            question = partial(_learnt, tuple(self._examples.values()), self.layer, SHUFFLES)
            self._learning = self.version, self.layer, apart(question)
        elif is_quiet and self.is_enough and not self.is_learning and self._judging is None:
            self._judge_next()
        return has_news

    def _take(self) -> bool:
        has_news = False
        if self._learning is not None and self._learning[2].done():
            learning, self._learning = self._learning, None
            has_news = self._take_concept(*learning)
        if self._judging is not None and self._judging[1].done():
            (layer, judged), self._judging = self._judging, None
            self.accuracies[layer] = judged.result()
            has_news = True
        return has_news

    def _take_concept(self, version: int, layer: str, future: Future[Concept]) -> bool:
        if not self.is_enough or layer != self.layer:
            return False
        try:
            self.concept, self.fault = future.result(), None
        except UserError as error:
            self.concept, self.fault = None, error
        self.concept_version = version
        if self.concept is not None and version == self.version:
            judged = self.concept.judged
            self.accuracies[self.layer] = float("nan") if judged is None else judged.accuracy
        return True

    def _judge_next(self) -> None:
        layer = next((name for name in self.layers() if name not in self.accuracies), None)
        if layer is not None:
            question = partial(_accuracy, tuple(self._examples.values()), layer)
            self._judging = layer, apart(question)

    def scores(self) -> Mapping[int, float]:
        """Return the held-out score of each example by its id, of those that are known."""
        concept = self.concept
        if concept is None or concept.judged is None or self.is_learning:
            return {}
        order = [one.id for one in _in_time(tuple(self._examples.values()), self.layer)]
        return dict(zip(order, concept.judged.scores.tolist(), strict=True))


def _in_time(examples: Sequence[Example], layer: str) -> list[Example]:
    """Return the examples whose codes are numbers, by their moments."""
    finite = [one for one in examples if bool(np.isfinite(one.codes[layer]).all())]
    return sorted(finite, key=lambda one: one.moment)


def _learnt(examples: Sequence[Example], layer: str, shuffles: int) -> Concept:
    """Learn from examples, with one thread of NumPy's: more would wait for the network's."""
    ordered = sorted(examples, key=lambda one: one.moment)
    lesson = taught(
        np.stack([one.codes[layer] for one in ordered]),
        [one.is_inside for one in ordered],
        np.array([one.moment for one in ordered]),
    )
    with threadpool_limits(1, "blas"):
        return learn(lesson, shuffles=shuffles)


def _accuracy(examples: Sequence[Example], layer: str) -> float:
    """Return how many held-out examples a layer tells right; NaN where that is not known."""
    try:
        judged = _learnt(examples, layer, 0).judged
    except UserError:
        return float("nan")
    return float("nan") if judged is None else judged.accuracy
