"""The random search over recipes: what becomes of variations, and the search in the real window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from deepvis_app import paths
from deepvis_app.engine.jobs import JobState, JobStatus
from deepvis_app.engine.jobs.kinds.synthesis import SynthesisRequest, SynthesisStatus
from deepvis_app.errors import UserError
from deepvis_app.known.kept_pictures import Answer, at_once
from deepvis_app.known.variations import Trial, Variations
from deepvis_app.nets import Unit
from deepvis_app.state.preferred import CHANGED
from deepvis_app.state.recipes import RecipeShelf
from deepvis_app.synth import PRESETS, Recipe, Sample, StopReason
from deepvis_app.synth.scores import Scores
from deepvis_app.synth.search import merit, random_recipes
from deepvis_app.ui.kit.run_bar import RunState
from deepvis_app.ui.panels.preferred.search import MOST_OPEN, lines_of, summary_of
from deepvis_app.words.recipes import differences

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from deepvis_app.ui.app import App

    Start = Callable[..., App]

BASE = PRESETS["clear"]
UNIT = Unit("conv", 3)
SAMPLE = Sample(UNIT)


# In words


def test_differences_are_told_in_the_words_of_the_controls() -> None:
    base = PRESETS["yosinski-1"].with_value("transforms.scale", 0)
    changed = base.with_value("transforms.scale", 0.125).with_value("regularise.blur_radius", 0)
    changed = changed.with_value("regularise.blur_every", 7).with_value("transforms.jitter_px", 3)
    told = [str(each) for each in differences(changed, base)]
    assert "Zoom ± 0.125 (was off)" in told
    assert f"Jitter 3 px (was {base.transforms.jitter_px or 'off'})" in told
    assert any(line.startswith("Blur off (was ") for line in told)
    assert not any(line.startswith("Blur every") for line in told)  # nothing is blurred
    assert len(told) == 3
    assert differences(base, base) == ()


# What becomes of the variations


class Stored:
    """As a `StoredPicture`."""

    def __init__(self, recipe: Recipe, **scores: float | None) -> None:
        self.image = np.full((8, 8, 3), 90, np.uint8)
        self.recipe = recipe
        self.trace = np.zeros(3, np.float32)
        self.activation, self.stop, self.scores = 5.0, StopReason.FINISHED, scores


def scored(recipe: Recipe, activation: float) -> Stored:
    return Stored(recipe, activation=activation, excess=None, kept=0.5, rank=1, slope=-2.7)


class Kept:
    """As `KeptPictures`, by the recipe's key; counts how often it is asked."""

    def __init__(self) -> None:
        self.stored: dict[str, Any] = {}
        self.asked = 0

    def put(self, stored: Stored) -> None:
        self.stored[stored.recipe.key] = stored

    def find(self, _fingerprint: str, sample: Sample, recipe: Recipe, key: str = "") -> Answer[Any]:
        assert sample == SAMPLE
        self.asked += 1
        found = self.stored.get(key) or self.stored.get(recipe.key)
        return Answer(at_once(lambda: found), lambda future: future.result())


def searched(kept: Kept, count: int = 4) -> Variations:
    return Variations(kept, "net", UNIT, BASE, count)  # type: ignore[arg-type]


def job(number: int, trial: Trial, state: JobState = JobState.RUNNING, **fields: Any) -> JobStatus:
    request = SynthesisRequest((SAMPLE,), trial.recipe)
    return SynthesisStatus(number, "conv 3", request, state, trial.recipe.name, **fields)


def test_a_search_finds_what_was_made_before_and_has_the_rest_to_do() -> None:
    kept = Kept()
    second = random_recipes(BASE, 2)[1]
    kept.put(scored(second, 9.0))
    search = searched(kept)
    search.look_up(0)
    assert kept.asked == 1  # one at least, no more without time
    assert [t.number for t in search.to_do()] == [1]
    search.look_up(10)
    assert search.is_looked_up
    assert [t.number for t in search.to_do()] == [1, 3, 4]
    assert search.done == 1


def test_the_best_come_first_and_the_unfinished_last() -> None:
    kept = Kept()
    search = searched(kept, 5)
    one, two, three, four, five = search.trials
    kept.put(scored(two.recipe, 4.0))
    kept.put(scored(four.recipe, 25.0))
    kept.put(Stored(one.recipe))  # of a store without scores
    search.look_up(10)
    search.began(five, 7)
    search.take([job(7, five, previews={SAMPLE: np.zeros((8, 8, 3), np.uint8)})])
    assert search.ranked() == (four, two, one, five, three)
    expected = merit(Scores(25.0, None, 0.5, 1, -2.7))
    assert four.merit == pytest.approx(expected)
    assert one.merit is None
    assert "no scores" in lines_of(one)[0]
    assert "merit 2.50" in lines_of(four)  # √25 · ½
    assert lines_of(five)[0].startswith("Still growing")
    assert summary_of(search) == "best 2.50"


def test_a_finished_job_s_picture_comes_from_the_store_and_so_does_the_recipe_s_own() -> None:
    kept = Kept()
    search = searched(kept, 1)
    search.look_up(10)
    (trial,) = search.trials
    search.began(trial, 7)
    preview = np.zeros((8, 8, 3), np.uint8)
    search.take([job(7, trial, previews={SAMPLE: preview}, traces={SAMPLE: (1.0, 6.0)})])
    assert trial.made is not None
    assert trial.made.picture is preview
    assert trial.made.activation == 6.0
    assert trial.state is JobState.RUNNING
    kept.put(scored(trial.recipe, 16.0))
    kept.put(scored(BASE, 4.0))
    search.take([job(7, trial, JobState.DONE, results={SAMPLE: trial.recipe.key})])
    assert not search.is_looked_up
    search.look_up(10)
    assert search.is_over
    assert trial.is_stored
    assert summary_of(search) == "best 2.00 · unchanged 1.00"


def test_failed_stopped_and_cleared_jobs_end_their_trials() -> None:
    search = searched(Kept(), 3)
    search.look_up(10)
    for number, trial in enumerate(search.trials, 1):
        search.began(trial, number)
    one, two, _cleared = search.trials
    error = UserError("No gradient", "Take another net")
    search.take([job(1, one, JobState.FAILED, error=error), job(2, two, JobState.CANCELLED)])
    assert lines_of(one) == ("No gradient. Take another net.",)
    search.look_up(10)
    assert search.is_over
    assert search.to_do() == ()
    assert summary_of(search) == "1 tried · 1 failed"


def test_what_is_stopped_can_be_begun_again() -> None:
    search = searched(Kept(), 2)
    search.look_up(10)
    search.began(search.trials[0], 7)
    search.take([job(7, search.trials[0], previews={SAMPLE: np.zeros((8, 8, 3), np.uint8)})])
    search.stop()
    assert search.under_way() == ()
    assert search.to_do() == search.trials
    assert search.trials[0].made is None


# In the window, with a real engine on a small network

TINY = {"net": "torchvision:mobilenet_v3_small@none", "device": "cpu"}
LAYER = "features.0.0"  # 16 units
WAIT_MS = 60_000


def begin(qtbot: QtBot, start: Start, folder: Path, steps: int) -> App:
    """Start with the search open for a unit; nothing is made by itself."""
    picture = folder / "still.png"
    Image.new("RGB", (64, 64), (200, 90, 30)).save(picture)
    base = PRESETS["yosinski-1"].with_value("stop.steps", steps)
    base = RecipeShelf(paths.config_dir() / "recipes").keep(base, "quick")
    deepvis = start(**TINY, source=str(picture))
    qtbot.waitUntil(lambda: deepvis.rounds.snapshot is not None, timeout=WAIT_MS)
    deepvis.desk.options.preferred.by_itself = False
    deepvis.desk.options.preferred.choose(base)
    deepvis.desk.selection.pick_unit(3, LAYER)
    deepvis.desk.sight.show_page("preferred")
    deepvis.panels["preferred"].view.open_search()
    qtbot.waitUntil(lambda: run_state(deepvis) is RunState.IDLE, timeout=WAIT_MS)
    return deepvis


def run_state(deepvis: App) -> RunState:
    return deepvis.panels["preferred"].view.search.run.state()


def states(deepvis: App) -> list[JobState]:
    return [status.state for status in deepvis.desk.engine.jobs.statuses()]


def cells(deepvis: App) -> tuple[Any, ...]:
    return deepvis.panels["preferred"].view.search._grid.cells()


def test_a_search_runs_a_few_jobs_at_a_time_and_its_best_recipe_is_adopted_and_kept(
    qtbot: QtBot, start: Start, tmp_path: Path
) -> None:
    deepvis = begin(qtbot, start, tmp_path, steps=3)
    panel = deepvis.panels["preferred"].view.search
    base = deepvis.desk.options.preferred.recipe
    assert not panel._empty.isHidden()
    most = 0

    def is_over() -> bool:
        nonlocal most
        most = max(most, sum(not state.is_final for state in states(deepvis)))
        search = deepvis.panels["preferred"].search._search
        return search is not None and search.is_over and run_state(deepvis) is RunState.IDLE

    panel.run._main.click()
    qtbot.waitUntil(is_over, timeout=WAIT_MS)
    assert 1 <= most <= MOST_OPEN
    shown = deepvis.panels["preferred"].search._shown
    merits = [trial.merit for trial in shown]
    assert len(merits) == 9
    assert merits == sorted(merits, reverse=True)  # type: ignore[type-var]
    wanted = {recipe.key for recipe in random_recipes(base, 9)}
    assert {trial.recipe.key for trial in shown} == wanted
    assert all(cell.picture is not None and cell.caption for cell in cells(deepvis))

    jobs = len(states(deepvis))
    panel.run._main.click()  # again: all is there, nothing is made
    qtbot.waitUntil(is_over, timeout=WAIT_MS)
    assert len(states(deepvis)) == jobs
    assert [t.number for t in deepvis.panels["preferred"].search._shown] == [
        t.number for t in shown
    ]

    panel.picked.emit(0)
    assert panel._grid.isHidden()
    assert "merit" in panel.card._scores.text()
    assert not panel.card._better.isEnabled()
    panel.card._worse.click()
    panel.card._better.click()
    panel.card._use.click()
    assert deepvis.desk.options.preferred.recipe.key == shown[0].recipe.key
    assert deepvis.desk.options.preferred.recipe.name == f"quick{CHANGED}"
    assert deepvis.desk.options.preferred.is_changed
    assert not panel.card._use.isEnabled()  # it is the recipe in use
    assert "of quick" in deepvis.panels["preferred"].view._searching._detail.text()
    deepvis.panels["preferred"].view.recipe.save_requested.emit("found")
    kept = deepvis.desk.options.shelf.get("found")
    assert kept is not None
    assert kept.key == shown[0].recipe.key
    panel.card.closed.emit()
    assert panel.card.isHidden()


def test_another_unit_ends_the_search_and_what_is_under_way(
    qtbot: QtBot, start: Start, tmp_path: Path
) -> None:
    deepvis = begin(qtbot, start, tmp_path, steps=5000)
    panel = deepvis.panels["preferred"].view.search
    panel.run._main.click()
    qtbot.waitUntil(lambda: run_state(deepvis) is RunState.RUNNING, timeout=WAIT_MS)
    assert len(states(deepvis)) == MOST_OPEN
    panel.run._main.click()
    qtbot.waitUntil(lambda: run_state(deepvis) is RunState.PAUSED, timeout=WAIT_MS)
    panel.run._main.click()
    qtbot.waitUntil(lambda: run_state(deepvis) is RunState.RUNNING, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: cells(deepvis)[0].picture is not None, timeout=WAIT_MS)
    panel.picked.emit(0)
    assert not panel.card._use.isEnabled()  # still growing
    deepvis.desk.selection.pick_unit(5)
    qtbot.waitUntil(lambda: states(deepvis) == [JobState.CANCELLED] * MOST_OPEN, timeout=WAIT_MS)
    assert run_state(deepvis) is RunState.IDLE
    assert cells(deepvis) == ()
    assert panel.card.isHidden()


def test_stop_cancels_and_another_network_ends_it(
    qtbot: QtBot, start: Start, tmp_path: Path
) -> None:
    deepvis = begin(qtbot, start, tmp_path, steps=5000)
    panel = deepvis.panels["preferred"].view.search
    panel.run._main.click()
    assert not panel._counts.isEnabled()
    qtbot.waitUntil(lambda: bool(states(deepvis)))  # it is known by then what is not stored
    panel.run._stop.click()
    assert set(states(deepvis)) == {JobState.CANCELLED}
    assert run_state(deepvis) is RunState.IDLE
    assert {cell.words for cell in cells(deepvis)} == {"not tried"}
    panel.run._main.click()
    deepvis.panels["preferred"].search.set_network(None)
    assert set(states(deepvis)) == {JobState.CANCELLED}
    assert run_state(deepvis) is RunState.OFF
    assert cells(deepvis) == ()


def test_a_recipe_that_minimises_is_not_searched(
    qtbot: QtBot, start: Start, tmp_path: Path
) -> None:
    deepvis = begin(qtbot, start, tmp_path, steps=3)
    deepvis.desk.options.preferred.change("objective.direction", "minimise")
    assert run_state(deepvis) is RunState.OFF
    assert "likes least" in deepvis.panels["preferred"].view.search.run._text._whole
