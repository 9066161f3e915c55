"""The best frames of a stream, against a list kept in plain words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from deepvis_app.corpus.session import ALIKE, APART_S, SAME, SessionTops

if TYPE_CHECKING:
    from numpy.typing import NDArray

UNITS, K = 5, 3


def no_places(units: NDArray[np.intp]) -> NDArray[np.int32]:
    return np.zeros(len(units), np.int32)


def cosine(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    one, other = one.astype(np.float64), other.astype(np.float64)
    norm = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float(one @ other) / norm if norm else 0.0


def apart(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    longer = max(float(np.linalg.norm(one)), float(np.linalg.norm(other)))
    return float(np.linalg.norm(one - other)) / longer


class PlainList:
    """The rule as it is said: for each unit, a list of (value, frame)."""

    def __init__(self) -> None:
        self.lists: list[list[tuple[float, int]]] = [[] for _ in range(UNITS)]
        self.frames: dict[int, tuple[float, NDArray[np.float32]]] = {}

    def add(self, frame: int, now_s: float, scores: NDArray[np.float32]) -> None:
        self.frames[frame] = now_s, scores
        listed = {number for each in self.lists for _, number in each}
        alike = {
            number
            for number in listed
            if apart(self.frames[number][1], scores) <= SAME
            or (
                abs(self.frames[number][0] - now_s) < APART_S
                and cosine(self.frames[number][1], scores) >= ALIKE
            )
        }
        for unit, own in enumerate(self.lists):
            value = float(scores[unit])
            last = own[-1][0] if len(own) == K else -np.inf
            of_moment = [entry for entry in own if entry[1] in alike]
            if value <= 0 or value <= last or any(value <= entry[0] for entry in of_moment):
                continue
            kept = [entry for entry in own if entry not in of_moment]
            kept.append((value, frame))
            self.lists[unit] = sorted(kept, key=lambda entry: -entry[0])[:K]


@pytest.mark.parametrize("seed", range(4))
def test_it_lists_what_the_rule_in_plain_words_lists(seed: int) -> None:
    chance = np.random.default_rng(seed)
    tops, plain = SessionTops(UNITS, K), PlainList()
    scene = chance.normal(size=UNITS)
    now_s = 0.0
    for frame in range(1, 200):
        if chance.random() < 0.1:
            scene = chance.normal(size=UNITS)
        scores = (scene * chance.uniform(0.5, 2) + 0.2 * chance.normal(size=UNITS)).astype("f4")
        now_s += float(chance.uniform(0.05, 0.8))
        tops.add(frame, now_s, scores, no_places)
        plain.add(frame, now_s, scores)
    found = tops.tops()
    for unit, own in enumerate(plain.lists):
        rows = zip(found.value[unit], found.picture[unit], strict=True)
        listed = [(float(value), int(number)) for value, number in rows if value == value]
        assert listed == [(pytest.approx(value), number) for value, number in own]
    assert tops.frames == {number for own in plain.lists for _, number in own}


def test_one_moment_and_one_picture_are_listed_once() -> None:
    tops = SessionTops(1, K)
    for frame, (now_s, score) in enumerate(
        [(0.0, 1.0), (0.03, 3.0), (0.06, 2.0), (60.0, 2.9), (90.0, 2.0)], 1
    ):
        tops.add(frame, now_s, np.array([score], np.float32), no_places)
    assert tops.tops().picture[0].tolist() == [2, 5, 0]
    assert np.isnan(tops.tops().value[0, 2])


def test_what_is_no_number_or_silent_enters_nowhere() -> None:
    tops = SessionTops(3, K)
    entered = tops.add(1, 0.0, np.array([np.nan, np.inf, 0.0], np.float32), no_places)
    assert not len(entered)
    assert not tops.frames
    below = SessionTops(2, K, above=-np.inf)
    assert list(below.add(1, 0.0, np.array([-2.0, np.nan], np.float32), no_places)) == [0]


def test_places_are_asked_for_units_that_enter_alone() -> None:
    asked: list[list[int]] = []

    def places(units: NDArray[np.intp]) -> NDArray[np.int32]:
        asked.append(units.tolist())
        return units.astype(np.int32) * 10

    tops = SessionTops(3, 1)
    tops.add(1, 0.0, np.array([1.0, 5.0, 0.0], np.float32), places)
    tops.add(2, 9.0, np.array([4.0, 1.0, 2.0], np.float32), places)
    assert asked == [[0, 1], [0, 2]]
    assert tops.tops().place[:, 0].tolist() == [0, 10, 20]
    assert tops.tops().picture[:, 0].tolist() == [2, 1, 2]
