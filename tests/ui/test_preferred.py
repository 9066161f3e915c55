"""Preferred images in the real window, with real jobs and a real store."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from PyQt6.QtCore import QMimeData, Qt, QUrl
from PyQt6.QtGui import QGuiApplication

from deepvis_app import paths
from deepvis_app.engine.jobs import JobState
from deepvis_app.engine.jobs.kinds.synthesis import Purpose, SynthesisRequest
from deepvis_app.engine.kept.gallery import recipe_of_png
from deepvis_app.nets import Unit
from deepvis_app.session import load_session
from deepvis_app.state.appearance import GridShows
from deepvis_app.state.preferred import Colours
from deepvis_app.state.recipes import RecipeShelf
from deepvis_app.synth import PRESETS, Recipe, Sample, is_faint, legible, stretched
from deepvis_app.ui.kit.images import image_to_rgb
from deepvis_app.ui.kit.run_bar import RunState
from deepvis_app.ui.panels.preferred.results import caption_of
from deepvis_app.words.figures import figure

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from deepvis_app.ui.app import App

    Start = Callable[..., App]

TINY = {"net": "torchvision:mobilenet_v3_small@none", "device": "cpu"}
LAYER = "features.0.0"  # 16 units
WAIT_MS = 60_000
SLOW_STEPS = 5000  # never done within a test


def banners(deepvis: App) -> tuple[str, ...]:
    return tuple(deepvis.window.banners.keys())


def recipe(steps: int) -> Recipe:
    """A recipe of a few cheap steps, among the user's own."""
    base = PRESETS["yosinski-1"].with_value("stop.steps", steps)
    return RecipeShelf(paths.config_dir() / "recipes").keep(base, f"quick {steps}")


@pytest.fixture
def still(tmp_path: Path) -> str:
    picture = tmp_path / "still.png"
    Image.new("RGB", (64, 64), (200, 90, 30)).save(picture)
    return str(picture)


def begin(qtbot: QtBot, start: Start, still: str, steps: int, unit: int = 3) -> App:
    """Start, pick a unit and open its page; pictures are begun by themselves."""
    chosen = recipe(steps)
    deepvis = start(**TINY, source=still)
    qtbot.waitUntil(lambda: deepvis.rounds.snapshot is not None, timeout=WAIT_MS)
    deepvis.desk.options.preferred.choose(chosen)
    deepvis.desk.options.preferred.colours = Colours.TRUE
    deepvis.desk.selection.pick_unit(unit, LAYER)
    deepvis.desk.sight.show_page("preferred")
    return deepvis


def cells(deepvis: App) -> list[np.ndarray | None]:
    return [cell.picture for cell in deepvis.panels["preferred"].view.seeds.cells()]


def until_all_stored(qtbot: QtBot, deepvis: App) -> None:
    def stored() -> bool:
        seeds = deepvis.panels["preferred"].presenter._seeds
        made = seeds.all_made() if seeds else ()
        return len(made) == 9 and all(m.stored is not None for m in made)

    qtbot.waitUntil(stored, timeout=WAIT_MS)


def states(deepvis: App, purpose: Purpose = Purpose.LOOK) -> list[JobState]:
    return [s.state for s in deepvis.desk.engine.jobs.statuses() if s.purpose is purpose]


def run_state(deepvis: App) -> RunState:
    return deepvis.panels["preferred"].view.run.state()


def test_a_picked_unit_s_pictures_grow_and_come_back_at_once(
    qtbot: QtBot, start: Start, still: str
) -> None:
    deepvis = begin(qtbot, start, still, steps=3)
    until_all_stored(qtbot, deepvis)
    first = deepvis.panels["preferred"].presenter._seeds
    assert first is not None
    images = [made.picture for made in first.all_made()]
    assert len({image.tobytes() for image in images}) == 9  # every seed is another picture
    qtbot.waitUntil(
        lambda: len(deepvis.panels["preferred"].view._history.cells()) >= 9, timeout=WAIT_MS
    )

    jobs = len(deepvis.desk.engine.jobs.statuses())
    deepvis.desk.sight.show_page("now")
    deepvis.desk.selection.pick_unit(5)
    deepvis.panels["preferred"].presenter.tick(deepvis.rounds.status)
    deepvis.desk.selection.pick_unit(3)
    deepvis.desk.sight.show_page("preferred")
    qtbot.waitUntil(lambda: all(c is not None for c in cells(deepvis)), timeout=WAIT_MS)
    shown = cells(deepvis)
    assert all((a == b).all() for a, b in zip(shown, images, strict=True))  # type: ignore[arg-type]
    assert len(deepvis.desk.engine.jobs.statuses()) == jobs  # nothing was made again


def test_nothing_is_begun_while_the_box_is_off_until_it_is_asked_for(
    qtbot: QtBot, start: Start, still: str
) -> None:
    deepvis = begin(qtbot, start, still, steps=3)
    deepvis.panels["preferred"].view._by_itself.click()
    deepvis.desk.selection.pick_unit(7)
    qtbot.waitUntil(lambda: run_state(deepvis) is RunState.IDLE, timeout=WAIT_MS)
    assert deepvis.panels["preferred"].presenter._begin_at is None
    deepvis.shell.actions["synthesize"].trigger()
    until_all_stored(qtbot, deepvis)
    deepvis.shell.actions["synthesize"].trigger()  # all are there: other seeds
    seeds = deepvis.panels["preferred"].presenter._seeds
    assert seeds is not None
    assert [s.seed for s in seeds.samples] == list(range(9, 18))
    deepvis.window.close()
    assert load_session()[0].panels["preferred"]["makes_pictures"] is False


def test_pause_resume_and_stop(qtbot: QtBot, start: Start, still: str) -> None:
    deepvis = begin(qtbot, start, still, steps=SLOW_STEPS)
    qtbot.waitUntil(lambda: run_state(deepvis) is RunState.RUNNING, timeout=WAIT_MS)
    bar = deepvis.panels["preferred"].view.run
    bar._main.click()
    qtbot.waitUntil(lambda: run_state(deepvis) is RunState.PAUSED, timeout=WAIT_MS)
    assert states(deepvis) == [JobState.PAUSED]
    deepvis.shell.actions["hold-jobs"].trigger()
    qtbot.waitUntil(lambda: run_state(deepvis) is RunState.RUNNING, timeout=WAIT_MS)
    bar._stop.click()
    qtbot.waitUntil(lambda: run_state(deepvis) is RunState.IDLE, timeout=WAIT_MS)
    assert states(deepvis) == [JobState.CANCELLED]


def test_a_regulariser_changed_on_the_way_steers_the_job(
    qtbot: QtBot, start: Start, still: str
) -> None:
    deepvis = begin(qtbot, start, still, steps=SLOW_STEPS)
    qtbot.waitUntil(lambda: run_state(deepvis) is RunState.RUNNING, timeout=WAIT_MS)
    deepvis.panels["preferred"].view.parameters.changed.emit("regularise.decay", 0.5)
    (job,) = [s for s in deepvis.desk.engine.jobs.statuses() if s.purpose is Purpose.LOOK]
    assert job.recipe.regularise.decay == 0.5
    assert job.state is JobState.RUNNING
    step = job.step
    qtbot.waitUntil(
        lambda: deepvis.desk.engine.jobs.statuses()[0].step > step or step == 0, timeout=WAIT_MS
    )
    assert deepvis.panels["preferred"].view.recipe._chip.accessibleName() == "quick 5000, changed"
    assert len(states(deepvis)) == 1


def test_what_cannot_be_steered_begins_anew(qtbot: QtBot, start: Start, still: str) -> None:
    deepvis = begin(qtbot, start, still, steps=SLOW_STEPS)
    qtbot.waitUntil(lambda: run_state(deepvis) is RunState.RUNNING, timeout=WAIT_MS)
    deepvis.panels["preferred"].view.parameters.changed.emit("image.start_std", 3.0)
    qtbot.waitUntil(
        lambda: JobState.CANCELLED in states(deepvis) and JobState.RUNNING in states(deepvis),
        timeout=WAIT_MS,
    )


def test_a_wrong_value_is_told_and_put_back(qtbot: QtBot, start: Start, still: str) -> None:
    deepvis = begin(qtbot, start, still, steps=3)
    deepvis.panels["preferred"].view.open_parameters()
    deepvis.panels["preferred"].view.parameters.changed.emit("step.rate", -1.0)
    assert "step.rate" in deepvis.panels["preferred"].view.recipe._problem.text()
    assert not deepvis.desk.options.preferred.is_changed


def test_units_left_behind_are_not_made_but_asked_for_ones_are(
    qtbot: QtBot, start: Start, still: str
) -> None:
    deepvis = begin(qtbot, start, still, steps=SLOW_STEPS)
    qtbot.waitUntil(lambda: run_state(deepvis) is RunState.RUNNING, timeout=WAIT_MS)
    deepvis.desk.selection.pick_unit(9)
    qtbot.waitUntil(lambda: JobState.CANCELLED in states(deepvis), timeout=WAIT_MS)
    qtbot.waitUntil(lambda: run_state(deepvis) is RunState.RUNNING, timeout=WAIT_MS)
    deepvis.panels["preferred"].view.run._stop.click()
    deepvis.shell.actions["synthesize"].trigger()
    deepvis.desk.selection.pick_unit(10)
    qtbot.waitUntil(lambda: len(states(deepvis)) == 4, timeout=WAIT_MS)
    kept = [
        s for s in deepvis.desk.engine.jobs.statuses() if s.samples[0].objective == Unit(LAYER, 9)
    ]
    assert kept[0].state in (JobState.WAITING, JobState.RUNNING)


def test_a_result_large_compared_saved_copied_and_dropped(
    qtbot: QtBot, start: Start, still: str
) -> None:
    deepvis = begin(qtbot, start, still, steps=3)
    until_all_stored(qtbot, deepvis)
    view = deepvis.panels["preferred"].view
    view.picture_opened.emit(4)
    assert view.result.isVisible()
    assert not view.seeds.isVisible()
    view.result.save_requested.emit()
    (saved,) = (paths.pictures_dir()).glob("*.png")
    note = recipe_of_png(saved.read_bytes())
    assert note is not None
    assert (note.unit, note.seed) == (Unit(LAYER, 3), 4)
    assert note.recipe == deepvis.desk.options.preferred.recipe
    curve, made = view.curve, deepvis.panels["preferred"].presenter._seeds.all_made()[4]  # type: ignore[union-attr]
    assert curve._curves == (made.trace,)  # of the opened one alone
    assert curve._end is not None
    assert figure(curve._end[1]) == caption_of(made)  # the number on its tile
    view.result.copy_requested.emit()
    clipboard = QGuiApplication.clipboard()
    assert clipboard is not None
    picture = deepvis.panels["preferred"].presenter._seeds.all_made()[4].picture  # type: ignore[union-attr]
    assert (image_to_rgb(clipboard.image()) == picture).all()

    view.result.compare_toggled.emit(True)
    view.picture_opened.emit(5)
    assert view.result._second.isVisible()
    assert len(curve._curves) == 2
    view.result.closed.emit()
    assert not view.result.isVisible()
    assert len(curve._curves) == 9

    deepvis.desk.options.preferred.choose(PRESETS["clear"])
    deepvis.panels["preferred"].view._by_itself.click()
    deepvis.desk.selection.pick_unit(8)
    deepvis.desk.sight.show_page("now")
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(saved))])
    deepvis.window.dropped.emit(mime)
    assert deepvis.desk.selection.as_unit() == Unit(LAYER, 3)
    assert deepvis.desk.options.preferred.recipe == note.recipe
    assert deepvis.window.inspector.tab() == "preferred"
    qtbot.waitUntil(lambda: all(c is not None for c in cells(deepvis)), timeout=WAIT_MS)
    assert deepvis.desk.engine.status().source.spec == still  # the stream goes on


def test_stretched_colours_are_those_of_the_ancestor(
    qtbot: QtBot, start: Start, still: str
) -> None:
    deepvis = begin(qtbot, start, still, steps=3)
    until_all_stored(qtbot, deepvis)
    made = deepvis.panels["preferred"].presenter._seeds.all_made()[0]  # type: ignore[union-attr]
    assert made.stored is not None
    deepvis.desk.options.preferred.colours = Colours.AUTO
    shown = [cells(deepvis)[0]]
    for _ in range(3):
        deepvis.shell.actions["stretch"].trigger()
        shown.append(cells(deepvis)[0])
    auto, true, ancestors, again = shown
    assert (true == made.picture).all()
    assert (ancestors == stretched(made.stored.x)).all()
    assert (auto == again).all()
    assert (auto == (ancestors if is_faint(made.stored.x) else true)).all()


def test_a_picture_for_another_network_says_for_which(
    qtbot: QtBot, start: Start, still: str, tmp_path: Path
) -> None:
    from deepvis_app.engine.kept.gallery import PictureNote, picture_png

    note = PictureNote(
        Unit("conv", 1), PRESETS["clear"], 0, 1.0, "another", "Some Net", "torchvision:some"
    )
    path = tmp_path / "other.png"
    path.write_bytes(picture_png(np.zeros((8, 8, 3), np.uint8), note))
    deepvis = start(**TINY, source=still)
    qtbot.waitUntil(lambda: deepvis.rounds.snapshot is not None, timeout=WAIT_MS)
    before = deepvis.desk.selection.as_unit()
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    deepvis.window.dropped.emit(mime)
    (message,) = [m for m in deepvis.window.banners.shown() if m.key == "own-picture"]
    assert "Some Net" in message.cause
    assert message.action == "Load it"
    assert deepvis.desk.selection.as_unit() == before


# A whole layer


def test_the_grid_fills_with_the_layer_s_pictures(qtbot: QtBot, start: Start, still: str) -> None:
    deepvis = begin(qtbot, start, still, steps=2)
    deepvis.panels["preferred"].view._by_itself.click()
    deepvis.shell.actions["show-preferred"].trigger()
    bar = deepvis.panels["grid"].view.run
    qtbot.waitUntil(lambda: bar.state() is RunState.IDLE, timeout=WAIT_MS)
    assert bar._text.text().startswith("16 units")
    bar._main.click()
    grids = deepvis.panels["grid"].presenter.pictures
    qtbot.waitUntil(lambda: grids.grids.known[LAYER].made == 16, timeout=WAIT_MS)
    assert states(deepvis, Purpose.LAYER) == [JobState.DONE]
    canvas = deepvis.panels["grid"].view.panes[0].canvas
    qtbot.waitUntil(lambda: not canvas._shown.mosaic.missing, timeout=WAIT_MS)  # type: ignore[union-attr]

    rect = canvas.tile_rect(11)
    assert rect is not None
    stored = deepvis.desk.engine.gallery.find(  # type: ignore[union-attr]
        deepvis.rounds.network.fingerprint,  # type: ignore[union-attr]
        Sample(Unit(LAYER, 11)),
        deepvis.desk.options.preferred.recipe,
    )
    assert stored is not None
    image = canvas.mosaic_image()
    box = canvas._shown.mosaic.tiling.rect(canvas.place_of(11))  # type: ignore[union-attr,arg-type]
    part = image_to_rgb(image)[box.top : box.bottom, box.left : box.right]  # type: ignore[arg-type]
    mean = deepvis.rounds.network.preprocessing.mean_colour()  # type: ignore[union-attr]
    shown = legible(stored.image, mean)
    assert abs(part.mean((0, 1)) - shown.mean((0, 1))).max() < 2
    qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=rect.center())
    assert deepvis.desk.selection.unit == 11

    deepvis.shell.actions["show-preferred"].trigger()
    qtbot.waitUntil(lambda: bar.isHidden(), timeout=WAIT_MS)
    qtbot.waitUntil(
        lambda: not hasattr(canvas._shown.mosaic, "missing"),  # type: ignore[union-attr]
        timeout=WAIT_MS,
    )


def test_search_and_zoom_work_on_pictures(qtbot: QtBot, start: Start, still: str) -> None:
    deepvis = begin(qtbot, start, still, steps=2)
    deepvis.panels["preferred"].view._by_itself.click()
    deepvis.desk.options.view.grid_shows = GridShows.PREFERRED
    deepvis.desk.options.view.search = "2-4"
    canvas = deepvis.panels["grid"].view.panes[0].canvas

    def places() -> list[int]:
        return canvas._shown.order.tolist() if canvas._shown else []

    qtbot.waitUntil(lambda: places() == [2, 3, 4], timeout=WAIT_MS)
    deepvis.desk.options.view.search = ""
    qtbot.waitUntil(lambda: len(places()) == 16, timeout=WAIT_MS)
    deepvis.shell.actions["zoom"].trigger()
    qtbot.waitUntil(lambda: places() == [deepvis.desk.selection.unit], timeout=WAIT_MS)


# Jobs


def test_the_list_of_jobs_holds_moves_and_stops_them(
    qtbot: QtBot, start: Start, still: str
) -> None:
    deepvis = begin(qtbot, start, still, steps=SLOW_STEPS)
    qtbot.waitUntil(lambda: run_state(deepvis) is RunState.RUNNING, timeout=WAIT_MS)
    request = SynthesisRequest(
        (Sample(Unit(LAYER, 0)),), deepvis.desk.options.preferred.recipe, Purpose.LAYER
    )
    other = deepvis.desk.engine.jobs.submit(request)
    button, popup = deepvis.panels["jobs"].view, deepvis.panels["jobs"].popup
    qtbot.waitUntil(lambda: button.text().startswith("1 job running"), timeout=WAIT_MS)
    assert "store" in button.text()
    deepvis.shell.actions["jobs"].trigger()
    qtbot.waitUntil(lambda: other in popup._rows, timeout=WAIT_MS)
    popup._rows[other]._hold.click()
    status = {s.id: s for s in deepvis.desk.engine.jobs.statuses()}
    assert status[other].state is JobState.PAUSED
    row = popup._rows[other]
    assert row._title._whole == f"{deepvis.rounds.network.name} · {LAYER} · unit 0"  # type: ignore[union-attr]
    qtbot.waitUntil(lambda: row._is_paused, timeout=WAIT_MS)
    row._hold.click()
    popup._rows[other]._cancel.click()
    qtbot.waitUntil(lambda: other not in popup._rows, timeout=WAIT_MS)
    assert not state_of(deepvis, other).is_final  # it can be taken back
    deepvis.shell.actions["undo"].trigger()
    qtbot.waitUntil(lambda: other in popup._rows, timeout=WAIT_MS)
    assert state_of(deepvis, other) in (JobState.WAITING, JobState.RUNNING)
    popup._rows[other]._cancel.click()
    deepvis.window.undo.settle()
    assert state_of(deepvis, other) is JobState.CANCELLED
    popup.clear_requested.emit()
    qtbot.waitUntil(lambda: other not in popup._rows, timeout=WAIT_MS)
    button._popup.close()


def state_of(deepvis: App, job: int) -> JobState:
    return next(s.state for s in deepvis.desk.engine.jobs.statuses() if s.id == job)


def test_a_stored_picture_that_is_removed_comes_back_or_goes(
    qtbot: QtBot, start: Start, still: str
) -> None:
    deepvis = begin(qtbot, start, still, steps=3)
    until_all_stored(qtbot, deepvis)
    deepvis.desk.options.preferred.by_itself = False
    view, gallery = deepvis.panels["preferred"].view, deepvis.desk.engine.gallery
    assert gallery is not None
    seeds = deepvis.panels["preferred"].presenter._seeds
    assert seeds is not None
    key = seeds.all_made()[4].stored.key  # type: ignore[union-attr]
    view.picture_opened.emit(4)
    view.result.remove_requested.emit()
    assert len(seeds.all_made()) == 8
    assert gallery.get(key) is not None
    deepvis.shell.actions["undo"].trigger()
    qtbot.waitUntil(lambda: len(seeds.all_made()) == 9, timeout=WAIT_MS)
    view.picture_opened.emit(4)
    view.result.remove_requested.emit()
    deepvis.window.undo.settle()
    qtbot.waitUntil(lambda: gallery.get(key) is None, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: len(view._history._cells) == 8, timeout=WAIT_MS)


def test_a_recipe_that_is_removed_comes_back(qtbot: QtBot, start: Start, still: str) -> None:
    deepvis = start(**TINY, source=still)
    qtbot.waitUntil(lambda: deepvis.rounds.snapshot is not None, timeout=WAIT_MS)
    deepvis.desk.options.preferred.change("stop.steps", 7)
    chooser = deepvis.panels["preferred"].view.recipe
    chooser.save_requested.emit("mine")
    kept = deepvis.desk.options.preferred.recipe
    assert not chooser._remove.isHidden()
    chooser.remove_requested.emit()
    assert chooser._remove.isHidden()
    folder = paths.config_dir() / "recipes"
    assert RecipeShelf(folder).get("mine") is None
    deepvis.shell.actions["undo"].trigger()
    assert deepvis.desk.options.preferred.recipe == kept
    assert RecipeShelf(folder).get("mine") == kept


def test_neighbours_of_a_changed_recipe_are_not_made(
    qtbot: QtBot, start: Start, still: str
) -> None:
    deepvis = begin(qtbot, start, still, steps=SLOW_STEPS)

    def ahead() -> set[str]:
        return {
            s.recipe.key
            for s in deepvis.desk.engine.jobs.statuses()
            if s.purpose is Purpose.PREFETCH and not s.state.is_final
        }

    qtbot.waitUntil(lambda: bool(ahead()), timeout=WAIT_MS)
    old = deepvis.desk.options.preferred.recipe.key
    deepvis.desk.options.preferred.change("regularise.decay", 0.01)
    assert old not in ahead()


def test_unfinished_jobs_are_offered_again(qtbot: QtBot, start: Start, still: str) -> None:
    first = begin(qtbot, start, still, steps=SLOW_STEPS)
    qtbot.waitUntil(lambda: run_state(first) is RunState.RUNNING, timeout=WAIT_MS)
    first.window.close()
    second = start(keep_session=True, **TINY, source=still)
    button, popup = second.panels["jobs"].view, second.panels["jobs"].popup
    qtbot.waitUntil(lambda: "from last time" in button.text(), timeout=WAIT_MS)
    button.open_popup()
    assert not popup._offer.isHidden()
    popup.offered_dropped.emit()
    qtbot.waitUntil(lambda: "from last time" not in button.text(), timeout=WAIT_MS)
    button._popup.close()


def test_the_share_is_a_setting(qtbot: QtBot, start: Start, still: str) -> None:
    deepvis = start(**TINY, source=still)
    deepvis.panels["jobs"].popup.share_changed.emit(0.45)
    assert deepvis.setting.settings.live.job_share == 0.45
    assert deepvis.setting.settings.live.job_share == pytest.approx(
        deepvis.panels["jobs"].popup._share.value() / 100
    )


def test_a_store_that_cannot_be_opened_is_a_banner(qtbot: QtBot, start: Start, still: str) -> None:
    (paths.cache_dir() / "store").write_text("a file in the folder's place")
    deepvis = start(**TINY, source=still)
    qtbot.waitUntil(lambda: deepvis.rounds.snapshot is not None, timeout=WAIT_MS)
    assert "store" in banners(deepvis)
    assert deepvis.desk.engine.gallery is None
    deepvis.desk.options.preferred.choose(recipe(2))
    deepvis.desk.selection.pick_unit(3, LAYER)
    deepvis.desk.sight.show_page("preferred")
    qtbot.waitUntil(lambda: all(c is not None for c in cells(deepvis)), timeout=WAIT_MS)


def test_tabs_are_reached_by_key_and_come_back(qtbot: QtBot, start: Start, still: str) -> None:
    deepvis = start(**TINY, source=still)
    assert deepvis.window.inspector.tabs() == (
        "now", "preferred", "why", "pictures", "weights",
    )  # fmt: skip
    deepvis.shell.actions["page-preferred"].trigger()
    deepvis.desk.options.preferred.choose(PRESETS["maco"])
    deepvis.window.close()
    again = start(keep_session=True, **TINY, source=still)
    assert again.window.inspector.tab() == "preferred"
    assert again.desk.options.preferred.recipe is PRESETS["maco"]
