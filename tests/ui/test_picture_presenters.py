"""What presenters conclude from stored pictures and from jobs, without a window."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from deepvis_app.engine.jobs import JobState, JobStatus
from deepvis_app.engine.jobs.kinds.synthesis import Purpose, SynthesisRequest, SynthesisStatus
from deepvis_app.errors import UserError
from deepvis_app.known.job_words import jobs_text, progress_text, share_of, step_text
from deepvis_app.known.kept_pictures import Answer, KeptPictures, at_once
from deepvis_app.known.layer_pictures import KEPT_PX, MOST_ASKED, LayerPictures
from deepvis_app.known.seed_pictures import SeedPictures, made_of
from deepvis_app.nets import Unit
from deepvis_app.synth import (
    PRESETS,
    ChannelObjective,
    LogitObjective,
    Recipe,
    Sample,
    StopReason,
)
from deepvis_app.ui.panels.jobs.presenter import line_of
from deepvis_app.ui.panels.preferred.results import caption_of, curve_text, facts_of, tip_of
from deepvis_app.ui.panels.preferred.topics import TOPICS
from deepvis_app.words.quantities import size_text, time_text
from deepvis_app.words.scores import Fact, quantity_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

RECIPE = PRESETS["clear"]
UNIT = Unit("conv", 3)
SAMPLES = tuple(Sample(UNIT, seed) for seed in range(3))


def plain(shade: int, side: int = 200) -> NDArray[np.uint8]:
    return np.full((side, side, 3), shade, np.uint8)


@dataclass(eq=False)
class Stored:
    """As a `StoredPicture`."""

    image: NDArray[np.uint8]
    seed: int = 0
    recipe: Recipe = RECIPE
    activation: float = 7.083
    best_step: int = 12
    stop: StopReason = StopReason.FINISHED
    computed: str = "CPU, 2 threads, torch 2.6"
    photographs: str = ""
    steered: bool = False
    key: str = "k"
    trace: NDArray[np.float32] = field(default_factory=lambda: np.zeros(3, np.float32))
    scores: dict[str, float | None] = field(default_factory=dict)


class Kept:
    """As `KeptPictures`, from a table and at once; counts how often it is asked."""

    def __init__(self, *stored: tuple[Sample, Any]) -> None:
        self.stored = dict(stored)
        self.by_key: dict[str, Any] = {}
        self.asked: list[Sample] = []

    def find(
        self, _fingerprint: str, sample: Sample, _recipe: Recipe, key: str = ""
    ) -> Answer[Any]:
        self.asked.append(sample)
        return self.answer(self.by_key.get(key) or self.stored.get(sample))

    def find_shown(
        self, _fingerprint: str, sample: Sample, _recipe: Recipe, show: Callable[[Any], Any]
    ) -> Answer[Any]:
        self.asked.append(sample)
        stored = self.stored.get(sample)
        return self.answer(None if stored is None else show(stored))

    def answer(self, found: object) -> Answer[Any]:
        return Answer(at_once(lambda: found), lambda future: future.result())


class SlowKept(Kept):
    """Answers when it is told to, and then as it was when it was asked."""

    def __init__(self, *stored: tuple[Sample, Any]) -> None:
        super().__init__(*stored)
        self.waiting: list[tuple[Future[Any], object]] = []

    def answer(self, found: object) -> Answer[Any]:
        future: Future[Any] = Future()
        self.waiting.append((future, found))
        return Answer(future, lambda future: future.result())

    def speak(self, count: int = 1000) -> None:
        told, self.waiting = self.waiting[:count], self.waiting[count:]
        for future, found in told:
            future.set_result(found)


def job(
    samples: tuple[Sample, ...] = SAMPLES,
    state: JobState = JobState.RUNNING,
    recipe: Recipe = RECIPE,
    **fields: Any,
) -> JobStatus:
    purpose = fields.pop("purpose", Purpose.LOOK)
    fields.setdefault("wanted", len(samples))
    request = SynthesisRequest(samples, recipe, purpose)
    return SynthesisStatus(1, "conv 3", request, state, recipe.name, **fields)


# One unit


def seeds(kept: Kept) -> SeedPictures:
    return SeedPictures(kept, "net", SAMPLES, RECIPE)  # type: ignore[arg-type]


def test_stored_pictures_are_there_and_the_rest_is_missing() -> None:
    pictures = seeds(Kept((SAMPLES[1], Stored(plain(9), 1))))
    pictures.look_up(10)
    assert pictures.is_looked_up
    assert [m.sample for m in pictures.all_made()] == [SAMPLES[1]]
    assert pictures.missing() == (SAMPLES[0], SAMPLES[2])


def test_without_time_one_is_looked_up_at_least() -> None:
    kept = Kept()
    pictures = seeds(kept)
    pictures.look_up(0)
    assert len(kept.asked) == 1
    assert not pictures.is_looked_up


def test_all_is_asked_at_once_and_taken_as_it_comes() -> None:
    kept = SlowKept((SAMPLES[1], Stored(plain(9), 1)))
    pictures = seeds(kept)
    assert not pictures.look_up(10)
    assert kept.asked == list(SAMPLES)
    kept.speak(1)
    assert not pictures.look_up(10)
    assert not pictures.is_looked_up
    kept.speak()
    assert pictures.look_up(10)
    assert pictures.is_looked_up
    assert kept.asked == list(SAMPLES)  # once each
    assert pictures.missing() == (SAMPLES[0], SAMPLES[2])


def test_an_answer_from_before_a_picture_was_made_does_not_count() -> None:
    kept = SlowKept()
    pictures = seeds(kept)
    pictures.look_up(10)
    kept.by_key["k"] = Stored(plain(77))
    pictures.take([job(state=JobState.DONE, results={SAMPLES[0]: "k"})])
    pictures.look_up(10)
    kept.speak()
    pictures.look_up(10)
    assert pictures.is_looked_up
    made = pictures.made(SAMPLES[0])
    assert made is not None
    assert made.stored is kept.by_key["k"]


def test_a_removed_picture_does_not_grow_again_from_the_job_that_made_it() -> None:
    kept = Kept((SAMPLES[0], Stored(plain(9))))
    pictures = seeds(kept)
    pictures.look_up(10)
    done = job(state=JobState.DONE, results={SAMPLES[0]: "k"}, previews={SAMPLES[0]: plain(9)})
    kept.stored.clear()
    pictures.forget("k")
    pictures.take([done])
    pictures.look_up(10)
    assert pictures.all_made() == ()
    kept.stored[SAMPLES[0]] = Stored(plain(9))
    pictures.look_again()
    pictures.take([done])
    assert pictures.all_made() == ()  # not before the store has answered
    pictures.look_up(10)
    assert [made.stored is not None for made in pictures.all_made()] == [True]


def test_what_grows_is_shown_and_is_not_asked_for_again() -> None:
    pictures = seeds(Kept())
    pictures.look_up(10)
    picture = plain(40)
    pictures.take([job(previews={SAMPLES[0]: picture}, traces={SAMPLES[0]: (1.0, 5.0, 3.0)})])
    made = pictures.made(SAMPLES[0])
    assert made is not None
    assert made.picture is picture
    assert made.activation == 5.0
    assert made.stored is None
    assert pictures.missing() == ()
    assert pictures.state_of(SAMPLES[2]) is JobState.RUNNING


def test_a_job_by_another_recipe_is_another_s() -> None:
    pictures = seeds(Kept())
    pictures.look_up(10)
    pictures.take([job(recipe=PRESETS["maco"], previews={SAMPLES[0]: plain(1)})])
    assert pictures.all_made() == ()
    pictures.steer(PRESETS["maco"])
    pictures.take([job(recipe=PRESETS["maco"], previews={SAMPLES[0]: plain(1)})])
    assert len(pictures.all_made()) == 1


def test_a_finished_picture_is_taken_from_the_store() -> None:
    kept = Kept()
    pictures = seeds(kept)
    pictures.look_up(10)
    kept.by_key["steered"] = Stored(plain(77))
    pictures.take([job(state=JobState.DONE, results={SAMPLES[0]: "steered"})])
    assert not pictures.is_looked_up
    pictures.look_up(10)
    made = pictures.made(SAMPLES[0])
    assert made is not None
    assert made.stored is kept.by_key["steered"]
    pictures.take([job(state=JobState.DONE, results={SAMPLES[0]: "steered"})])
    assert pictures.is_looked_up  # once is enough


def test_a_minimised_picture_s_best_is_the_lowest() -> None:
    recipe = RECIPE.with_value("objective.direction", "minimise")
    pictures = SeedPictures(Kept(), "net", SAMPLES, recipe)  # type: ignore[arg-type]
    pictures.take(
        [job(recipe=recipe, previews={SAMPLES[0]: plain(1)}, traces={SAMPLES[0]: (2.0, -4.0)})]
    )
    made = pictures.made(SAMPLES[0])
    assert made is not None
    assert made.activation == -4.0


def test_words_of_a_picture_say_why_it_is_empty() -> None:
    stored = Stored(plain(128), stop=StopReason.ZERO_GRADIENT, scores={"kept": 0.74, "rank": None})
    pictures = seeds(Kept((SAMPLES[0], stored)))
    pictures.look_up(10)
    made = pictures.made(SAMPLES[0])
    assert made is not None
    assert caption_of(made) == "no gradient"
    assert tip_of(made) == "seed 0 · activation 7.08 · best at step 13"  # as the axis counts
    facts = facts_of(made, None)
    assert Fact("", "Computed on CPU, 2 threads, torch 2.6.") in facts
    assert Fact("Kept when changed", "74%", "score-kept") in facts
    assert facts[-1].value.startswith("The gradient became zero")


def test_the_number_of_a_tile_and_the_maximum_of_the_map_are_named_apart() -> None:
    scores: dict[str, float | None] = {
        "activation": 12.3,
        "excess": 0.5,
        "kept": 0.8,
        "rank": 2.0,
        "slope": -2.5,
    }
    recipe = RECIPE.with_value("objective.place", "channel")
    stored = Stored(plain(128), recipe=recipe, scores=scores)
    made = made_of(stored, SAMPLES[0])  # type: ignore[arg-type]
    facts = {fact.name: fact for fact in facts_of(made, None)}
    assert facts["Reached, mean of the map"].value == caption_of(made) == "7.08"
    assert facts["Maximum of the map"].value == "12.3"
    assert curve_text(made, is_best=False) == "seed 0 · 7.08"
    shown = [fact for fact in facts.values() if fact.topic]
    assert len(shown) == 6
    for fact in shown:
        assert TOPICS[fact.topic].title
        assert len(TOPICS[fact.topic].text) > 100


@pytest.mark.parametrize(
    ("target", "place", "words"),
    [
        (Unit("conv", 1), "centre", "centre of the map"),
        (Unit("conv", 1), "channel", "mean of the map"),
        (Unit("conv", 1, (2, 3)), "channel", "map at (2, 3)"),
        (ChannelObjective("conv", 1), "centre", "mean of the map"),
        (LogitObjective(1), "centre", "what the recipe drives"),
    ],
)
def test_the_quantity_that_a_recipe_drives(target: object, place: str, words: str) -> None:
    recipe = RECIPE.with_value("objective.place", place)
    assert quantity_of(target, recipe, None) == words  # type: ignore[arg-type]


def test_pictures_of_other_weights_are_not_these_unless_they_were_asked_for() -> None:
    pictures = seeds(Kept())
    pictures.look_up(10)
    other = job(fingerprint="another", previews={SAMPLES[0]: plain(9)})
    pictures.take([other])
    assert pictures.all_made() == ()
    assert pictures.jobs == ()
    assert set(pictures.missing()) == set(SAMPLES)
    pictures.take([job(fingerprint="net", previews={SAMPLES[1]: plain(7)})])
    assert [made.is_of("net") for made in pictures.all_made()] == [True]
    pictures.await_job(other.id)  # the network learned on between the look and the question
    pictures.take([other])
    assert [made.is_of("net") for made in pictures.all_made()] == [False, True]
    assert pictures.made(SAMPLES[0]).is_of("another")  # type: ignore[union-attr]


# A whole layer


def layer(kept: Kept, units: int = 6) -> LayerPictures:
    return LayerPictures(kept, "net", "conv", units, RECIPE, (0, 0, 0))  # type: ignore[arg-type]


def of(unit: int) -> Sample:
    return Sample(Unit("conv", unit))


def test_units_in_view_are_looked_up_first() -> None:
    kept = Kept()
    pictures = layer(kept)
    pictures.look_up([4, 5], (20, 20), 10)
    assert kept.asked == [of(u) for u in (4, 5, 0, 1, 2, 3)]
    assert [s.objective.index for s in pictures.missing()] == list(range(6))  # type: ignore[union-attr]


def test_few_are_asked_at_a_time_and_what_comes_into_view_is_next() -> None:
    kept = SlowKept()
    pictures = layer(kept, 100)
    pictures.look_up([0, 1], (20, 20), 10)
    assert kept.asked == [of(u) for u in range(MOST_ASKED)]
    kept.speak(2)
    pictures.look_up([50, 51], (20, 20), 10)
    assert kept.asked[MOST_ASKED:] == [of(50), of(51)]


def test_a_unit_that_was_made_while_it_was_looked_up_is_looked_up_again() -> None:
    kept = SlowKept()
    pictures = layer(kept, 1)
    pictures.look_up([0], (20, 20), 10)
    kept.stored[of(0)] = Stored(plain(200))
    pictures.take([job((of(0),), results={of(0): "k"})])
    kept.speak()
    pictures.look_up([0], (20, 20), 10)
    assert not pictures.is_looked_up
    kept.speak()
    pictures.look_up([0], (20, 20), 10)
    assert pictures.is_looked_up
    assert pictures.made == 1


def test_the_mosaic_has_what_is_stored_and_what_grows() -> None:
    pictures = layer(Kept((of(1), Stored(plain(90)))))
    pictures.look_up(range(6), (20, 20), 10)
    version = pictures.version
    pictures.take([job((of(2),), purpose=Purpose.LAYER, previews={of(2): plain(70)})])
    assert pictures.version > version
    mosaic = pictures.mosaic([0, 1, 2], (20, 20), 3)
    assert mosaic.missing == (0,)
    assert mosaic.pixels[5, 21 + 5, :3].tolist() == [90] * 3
    assert mosaic.pixels[5, 42 + 5, :3].tolist() == [70] * 3
    assert pictures.made == 1


def test_a_finished_picture_takes_the_growing_one_s_place() -> None:
    kept = Kept()
    pictures = layer(kept)
    pictures.look_up(range(6), (20, 20), 10)
    kept.stored[of(2)] = Stored(plain(200))
    pictures.take([job((of(2),), results={of(2): "k"}, previews={of(2): plain(50)})])
    assert not pictures.is_looked_up
    pictures.look_up(range(6), (20, 20), 10)
    assert pictures.mosaic([2], (20, 20), 1).pixels[5, 5, 0] == 200
    assert len(pictures.missing()) == 5


def test_other_layers_seeds_and_places_are_left_alone() -> None:
    pictures = layer(Kept())
    others = (
        Sample(Unit("other", 2)),
        Sample(Unit("conv", 2), 1),
        Sample(Unit("conv", 2, (0, 0))),
    )
    pictures.look_up(range(6), (20, 20), 10)
    pictures.take([job(others, previews={s: plain(1) for s in others})])
    assert pictures.mosaic([2], (20, 20), 1).missing == (0,)


def test_small_tiles_keep_small_pictures_and_large_ones_the_whole() -> None:
    picture = np.random.default_rng(0).integers(0, 255, (200, 200, 3), np.uint8)
    pictures = layer(Kept((of(0), Stored(picture))), units=1)
    pictures.look_up([0], (20, 20), 10)
    assert pictures._kept[0].shape == (KEPT_PX, KEPT_PX, 3)
    pictures.look_up([0], (200, 200), 10)
    assert (pictures.mosaic([0], (200, 200), 1).pixels[..., :3] == picture).all()


# Words


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "1 s"),
        (9.4, "9 s"),
        (89, "89 s"),
        (840, "14 min"),
        (7800, "2 h 10 min"),
        (7200, "2 h"),
    ],
)
def test_times_are_said_as_a_person_does(seconds: float, text: str) -> None:
    assert time_text(seconds) == text


@pytest.mark.parametrize(("size", "text"), [(0, "0 MB"), (412e6, "412 MB"), (1.94e9, "1.9 GB")])
def test_sizes(size: float, text: str) -> None:
    assert size_text(size) == text


def test_the_status_line_counts_jobs() -> None:
    counts = dict.fromkeys(JobState, 0)
    assert jobs_text(counts) == "No jobs"
    counts |= {JobState.RUNNING: 1, JobState.WAITING: 2}
    assert jobs_text(counts) == "1 job running, 2 waiting"
    counts |= {JobState.RUNNING: 0, JobState.OFFERED: 3}
    assert jobs_text(counts) == "2 jobs waiting, 3 from last time"


def test_progress_in_words() -> None:
    status = job(step=318, total=512, seconds_left=9.0, made=1, notes=("Halved",))
    assert step_text(status) == "step 318 of 512 · 9 s left"
    assert progress_text(status) == "1 of 3 made · step 318 of 512 · 9 s left · Halved"
    assert share_of(status) == pytest.approx((1 + 318 / 512) / 3)
    assert step_text(job(state=JobState.WAITING)) == "waiting"
    assert step_text(job(state=JobState.PAUSED, step=2, total=9)) == "step 2 of 9 · paused"


def test_a_failed_job_says_why() -> None:
    line = line_of(job(state=JobState.FAILED, error=UserError("No gradient", "Take another net")))
    assert line.is_over
    assert line.is_bad
    assert line.detail == "clear · No gradient. Take another net."


# A store that fails


def test_a_failing_store_is_told_once_and_when_it_answers_again() -> None:
    class Gallery:
        fails = True

        def get(self, key: str) -> Stored:
            if self.fails:
                raise UserError("The disk is full", "Free space")
            return Stored(plain(1), key=key)

    gallery, told = Gallery(), []
    kept = KeptPictures(gallery, told.append)  # type: ignore[arg-type]
    assert kept.get("a").take() is None
    assert kept.get("b").take() is None
    gallery.fails = False
    answer = kept.get("c").take()
    assert answer is not None
    assert answer.key == "c"
    assert [str(fault) for fault in told] == ["The disk is full. Free space.", "None"]


def test_without_a_store_nothing_is_found() -> None:
    kept = KeptPictures(None, lambda _: None)
    answer, history = kept.find("net", SAMPLES[0], RECIPE), kept.history("net", UNIT, 5)
    assert answer.is_there
    assert history.is_there
    assert answer.take() is None
    assert history.take() == ()
