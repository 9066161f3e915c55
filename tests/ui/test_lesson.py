"""What is known of a concept while it is taught: examples, the newest concept, other layers."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
import pytest

from deepvis_app.corpus.concepts.concept import learn
from deepvis_app.corpus.concepts.examples import Example
from deepvis_app.corpus.concepts.taught import LEAST, taught
from deepvis_app.known.lesson import MOST, Lesson
from deepvis_app.state.teaching import TeachOptions, WantedPictures
from deepvis_app.ui.panels.teach.telling import count_words

if TYPE_CHECKING:
    from collections.abc import Callable

UNITS = {"early": 6, "late": 9}
NO_THUMB = np.zeros((2, 2, 3), np.uint8)


def example(number: int, is_inside: bool, *, moment: int | None = None, **layers: int) -> Example:
    chance = np.random.default_rng(number)
    codes = {}
    for name, width in (layers or UNITS).items():
        codes[name] = chance.normal(size=width).astype(np.float32)
        codes[name][0] += 6 * is_inside * (name == "late")
    return Example(number, f"{number}.png", is_inside, moment or number, codes, NO_THUMB)


def both(count: int, **layers: int) -> list[Example]:
    return [example(k, k % 2 == 0, **layers) for k in range(1, 2 * count + 1)]


@pytest.fixture
def lesson() -> Lesson:
    now = [0.0]

    def clock() -> float:
        now[0] += 1  # every look is late enough
        return now[0]

    made = Lesson(clock)
    made.turn_to("late")
    return made


def until(lesson: Lesson, holds: Callable[[], object], *, is_quiet: bool = False) -> None:
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end
        lesson.tick(is_quiet=is_quiet)


def test_a_concept_is_learnt_once_there_are_enough_of_either_side(lesson: Lesson) -> None:
    examples = both(LEAST)
    lesson.add(examples[:-1])
    assert not lesson.is_enough
    for _ in range(5):
        assert not lesson.tick()
    assert lesson.concept is None
    assert lesson.add(examples[-1:])
    assert lesson.is_learning
    until(lesson, lambda: lesson.concept is not None)
    assert not lesson.is_learning
    by_hand = learn(
        taught(
            np.stack([one.codes["late"] for one in examples]), [one.is_inside for one in examples]
        )
    )
    np.testing.assert_array_equal(lesson.concept.weight, by_hand.weight)
    scores = lesson.scores()
    assert by_hand.judged is not None
    assert [scores[one.id] for one in examples] == pytest.approx(by_hand.judged.scores.tolist())


def test_what_comes_again_is_no_news_and_a_picture_changes_sides(lesson: Lesson) -> None:
    examples = both(3)
    assert lesson.add(examples)
    version = lesson.version
    assert not lesson.add(examples)
    assert lesson.version == version
    assert [one.id for one in lesson.side(is_inside=True)] == [6, 4, 2]
    assert not lesson.add([example(4, True, moment=99)])  # the same picture, held once more
    assert lesson.add([example(4, False, moment=100)])
    assert [one.id for one in lesson.side(is_inside=False)] == [4, 5, 3, 1]
    assert lesson.counts() == (2, 4)


def test_what_was_removed_stays_away_until_it_is_put_back(lesson: Lesson) -> None:
    examples = both(LEAST)
    lesson.add(examples)
    until(lesson, lambda: lesson.concept is not None)
    lesson.remove(examples[3])
    assert lesson.concept is None  # too few
    assert not lesson.add(examples)
    assert lesson.counts() == (LEAST - 1, LEAST)
    lesson.put_back([examples[3]])
    until(lesson, lambda: lesson.concept is not None and not lesson.is_learning)
    gone = lesson.clear()
    assert len(gone) == 2 * LEAST
    assert lesson.counts() == (0, 0)
    lesson.put_back(gone)
    assert lesson.counts() == (LEAST, LEAST)


def test_other_layers_are_looked_at_while_all_is_quiet(lesson: Lesson) -> None:
    lesson.add(both(20))
    until(lesson, lambda: lesson.concept is not None)
    assert set(lesson.accuracies) == {"late"}
    until(lesson, lambda: len(lesson.accuracies) == 2, is_quiet=True)
    assert lesson.accuracies["late"] > 0.9
    assert lesson.accuracies["early"] < 0.8
    assert lesson.layers() == ("early", "late")
    lesson.turn_to("early")
    assert lesson.concept is None
    assert len(lesson.accuracies) == 2  # they are of the same pictures
    until(lesson, lambda: lesson.concept is not None)
    assert lesson.concept.weight.shape == (6,)
    lesson.add([example(500, True)])
    assert lesson.accuracies == {}


def test_examples_without_a_code_of_the_layer_go(lesson: Lesson) -> None:
    lesson.add(both(LEAST, late=9))
    lesson.add([example(900, True)])
    assert lesson.layers() == ("late",)
    assert lesson.turn_to("early") == 2 * LEAST
    assert lesson.counts() == (1, 0)


def test_codes_that_are_no_numbers_are_said(lesson: Lesson) -> None:
    examples = both(LEAST)
    examples[0].codes["late"][0] = np.nan
    lesson.add(examples)
    until(lesson, lambda: lesson.fault is not None)
    assert "NaN or infinity on 1 of 20" in str(lesson.fault)
    assert not lesson.is_learning
    lesson.add([example(301, False)])
    until(lesson, lambda: lesson.concept is not None)
    assert lesson.fault is None
    assert len(lesson.scores()) == 20


def test_a_side_takes_so_many_and_no_more(lesson: Lesson) -> None:
    lesson.add(example(k, True) for k in range(1, MOST + 20))
    assert lesson.counts() == (MOST, 0)
    assert lesson.is_full(is_inside=True)
    assert not lesson.is_full(is_inside=False)
    assert lesson.add([example(1, False, moment=5000)])


def test_wishes() -> None:
    wishes, heard = TeachOptions(), []
    wishes.events.connect(lambda change: heard.append(change.signal.name))
    wishes.open("late")
    assert (wishes.is_open, wishes.layer) == (True, "late")
    wishes.press(is_inside=True)
    first = wishes.hold
    wishes.release()
    wishes.press(is_inside=False)
    assert first is not None
    assert wishes.hold is not None
    assert wishes.hold.number > first.number
    assert (first.is_inside, wishes.hold.is_inside) == (True, False)
    assert wishes.number() > wishes.hold.number
    wishes.close()
    assert (wishes.is_open, wishes.hold) == (False, None)
    wishes.teach_from_ids("early", iter([3, 4]))
    assert wishes.wanted == WantedPictures((3, 4), ())
    assert (wishes.is_open, wishes.layer) == (True, "early")
    assert {"is_open", "hold", "wanted", "layer"} <= set(heard)


def test_while_pictures_are_on_their_way_their_number_takes_little_room() -> None:
    assert count_words(35, "35 of 50") == ("35 …", "Pictures are being looked at: 35 of 50")
    assert count_words(0, "…") == ("0 …", "Pictures are being looked at")
    assert count_words(3, "")[0] == f"3 of {LEAST}"
