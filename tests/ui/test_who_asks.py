"""Who asks the store and the cameras' drivers: never the thread that paints."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from deepvis_app import paths
from deepvis_app.engine import cameras as engine_cameras
from deepvis_app.engine.kept.gallery import Gallery
from deepvis_app.errors import UserError
from deepvis_app.frames import CameraInfo
from deepvis_app.state.appearance import GridShows
from deepvis_app.state.recipes import RecipeShelf
from deepvis_app.store import Entry, Store
from deepvis_app.synth import PRESETS
from tests.ui.looking import WAIT_MS, banner, live

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from deepvis_app.ui.app import App

    Start = Callable[..., App]

TINY = {"net": "torchvision:mobilenet_v3_small@none", "device": "cpu"}
LAYER = "features.0.0"  # 16 units
STORE = ("put", "get", "find", "remove", "clear", "verify", "info", "export", "keep", "kept")
CAMERA = CameraInfo(0, "HD Webcam")


class Calls:
    """The threads that called, by what they called."""

    def __init__(self) -> None:
        self.threads: dict[str, set[threading.Thread]] = {}

    def watch(self, monkeypatch: pytest.MonkeyPatch, holder: Any, name: str) -> None:
        real, what = getattr(holder, name), f"{holder.__name__}.{name}"

        def watched(*args: Any, **fields: Any) -> Any:
            self.threads.setdefault(what, set()).add(threading.current_thread())
            return real(*args, **fields)

        monkeypatch.setattr(holder, name, watched)

    def on_main(self) -> list[str]:
        main = threading.main_thread()
        return [what for what, threads in self.threads.items() if main in threads]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    calls = Calls()
    for name in STORE:
        calls.watch(monkeypatch, Store, name)
    for name in ("find", "get", "keep", "history", "info", "remove", "keep_scores"):
        calls.watch(monkeypatch, Gallery, name)
    calls.watch(monkeypatch, Entry, "read")
    calls.watch(monkeypatch, engine_cameras, "list_cameras")
    return calls


@pytest.fixture
def goes() -> Iterator[threading.Event]:
    """What something slow waits for; in the end it goes on."""
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def still(tmp_path: Path) -> str:
    picture = tmp_path / "still.png"
    Image.new("RGB", (64, 64), (200, 90, 30)).save(picture)
    return str(picture)


def pick(deepvis: App, unit: int) -> None:
    deepvis.desk.selection.pick_unit(unit, LAYER)


def stored(deepvis: App) -> int:
    seeds = deepvis.panels["preferred"].presenter._seeds
    return sum(made.stored is not None for made in seeds.all_made()) if seeds else 0


def is_known(deepvis: App) -> bool:
    seeds = deepvis.panels["preferred"].presenter._seeds
    return seeds is not None and seeds.is_looked_up


def preferred(qtbot: QtBot, start: Start, source: str, steps: int = 2) -> App:
    """Start with the page of preferred images open, which begins nothing by itself."""
    base = PRESETS["yosinski-1"].with_value("stop.steps", steps)
    chosen = RecipeShelf(paths.config_dir() / "recipes").keep(base, "quick")
    deepvis = start(**TINY, source=source)
    live(qtbot, deepvis)
    deepvis.desk.options.preferred.choose(chosen)
    deepvis.desk.options.preferred.by_itself = False
    deepvis.desk.sight.show_page("preferred")
    return deepvis


def test_the_window_asks_no_store_and_no_camera_on_its_own_thread(
    qtbot: QtBot, start: Start, still: str, calls: Calls
) -> None:
    deepvis = preferred(qtbot, start, still)
    page = deepvis.panels["preferred"]
    pick(deepvis, 3)
    deepvis.shell.actions["synthesize"].trigger()
    qtbot.waitUntil(lambda: stored(deepvis) == 9, timeout=WAIT_MS)
    pick(deepvis, 5)
    qtbot.waitUntil(lambda: is_known(deepvis) and stored(deepvis) == 0, timeout=WAIT_MS)
    pick(deepvis, 3)
    qtbot.waitUntil(lambda: stored(deepvis) == 9, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: len(page.view._history.cells()) == 9, timeout=WAIT_MS)

    page.view.search.run._main.click()
    search = page.search
    qtbot.waitUntil(lambda: search._search is not None and search._search.is_over, timeout=WAIT_MS)

    page.view.picture_opened.emit(0)
    page.view.result.remove_requested.emit()
    assert stored(deepvis) == 8
    deepvis.shell.actions["undo"].trigger()
    qtbot.waitUntil(lambda: stored(deepvis) == 9, timeout=WAIT_MS)

    deepvis.desk.options.view.grid_shows = GridShows.PREFERRED
    grids = deepvis.panels["grid"].presenter.pictures
    qtbot.waitUntil(
        lambda: LAYER in grids.grids.known and grids.grids.known[LAYER].is_looked_up,
        timeout=WAIT_MS,
    )
    deepvis.shell.actions["jobs"].trigger()
    jobs = deepvis.panels["jobs"]
    qtbot.waitUntil(lambda: jobs.popup._store.text().startswith("Store: "), timeout=WAIT_MS)
    deepvis.window.top.source.open_popup()
    qtbot.waitUntil(lambda: deepvis.shell.choosers._cameras is None, timeout=WAIT_MS)

    page.view.picture_opened.emit(0)
    page.view.result.remove_requested.emit()
    deepvis.window.undo.settle()  # as at the end: it is removed for good
    qtbot.waitUntil(lambda: "Gallery.remove" in calls.threads, timeout=WAIT_MS)
    deepvis.window.close()
    asked = {"Store.info", "Store.kept", "Gallery.find", "Gallery.history", "Entry.read"}
    assert asked <= calls.threads.keys()
    assert any(what.endswith("list_cameras") for what in calls.threads)
    assert calls.on_main() == []


def test_nothing_is_made_before_it_is_known_what_is_stored(
    qtbot: QtBot, start: Start, still: str, monkeypatch: pytest.MonkeyPatch, goes: threading.Event
) -> None:
    deepvis = preferred(qtbot, start, still)
    pick(deepvis, 3)
    deepvis.shell.actions["synthesize"].trigger()
    qtbot.waitUntil(lambda: stored(deepvis) == 9, timeout=WAIT_MS)
    pick(deepvis, 4)
    page = deepvis.panels["preferred"]
    qtbot.waitUntil(lambda: is_known(deepvis) and stored(deepvis) == 0, timeout=WAIT_MS)
    jobs = len(deepvis.desk.jobs.statuses())
    real = Gallery.get

    def slow(*args: Any, **fields: Any) -> Any:
        goes.wait()
        return real(*args, **fields)

    monkeypatch.setattr(Gallery, "get", slow)
    pick(deepvis, 3)
    deepvis.desk.options.preferred.by_itself = True
    page.presenter.tick(deepvis.rounds.status)
    page.presenter._begin_at = 0.0  # it is time
    for _ in range(3):
        page.presenter.tick(deepvis.rounds.status)
    assert len(deepvis.desk.jobs.statuses()) == jobs
    assert stored(deepvis) == 0
    goes.set()
    qtbot.waitUntil(lambda: stored(deepvis) == 9, timeout=WAIT_MS)
    looks = [s for s in deepvis.desk.jobs.statuses() if s.samples[0].objective.index == 3]
    assert len(looks) == 1  # the one from before


def test_a_store_that_fails_is_told_until_it_answers(
    qtbot: QtBot, start: Start, still: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    deepvis = preferred(qtbot, start, still)
    names = ("find", "history", "info")
    real = {name: getattr(Gallery, name) for name in names}

    def fail(*_: Any, **__: Any) -> Any:
        raise UserError("Another program keeps the store for itself", "End it")

    for name in names:
        monkeypatch.setattr(Gallery, name, fail)
    pick(deepvis, 3)
    qtbot.waitUntil(lambda: "keeps the store" in banner(deepvis, "store"), timeout=WAIT_MS)
    for name in names:
        monkeypatch.setattr(Gallery, name, real[name])
    pick(deepvis, 4)
    qtbot.waitUntil(lambda: not banner(deepvis, "store"), timeout=WAIT_MS)


def test_a_window_that_closes_in_the_middle_of_a_question_waits_for_nothing(
    qtbot: QtBot, start: Start, still: str, monkeypatch: pytest.MonkeyPatch, goes: threading.Event
) -> None:
    deepvis = preferred(qtbot, start, still)
    asked, real = threading.Event(), Gallery.get

    def slow(*args: Any, **fields: Any) -> Any:
        asked.set()
        goes.wait()
        return real(*args, **fields)

    monkeypatch.setattr(Gallery, "get", slow)
    pick(deepvis, 3)
    qtbot.waitUntil(asked.is_set, timeout=WAIT_MS)
    threading.Timer(0.3, goes.set).start()
    deepvis.window.close()
    assert not [t for t in threading.enumerate() if t.name == "deepvis-clerk" and t.is_alive()]


def test_cameras_are_listed_once_they_are_known(
    qtbot: QtBot, start: Start, still: str, monkeypatch: pytest.MonkeyPatch, goes: threading.Event
) -> None:
    def list_cameras() -> tuple[CameraInfo, ...]:
        goes.wait()
        return (CAMERA,)

    monkeypatch.setattr(engine_cameras, "list_cameras", list_cameras)
    deepvis = start(**TINY, source=still)
    live(qtbot, deepvis)
    top = deepvis.window.top
    top.source.open_popup()
    first = top._sources._groups[0]
    assert [c.title for c in first.choices] == ["Looking for cameras…"]
    assert "demo" in top._sources.shown_keys()
    goes.set()
    qtbot.waitUntil(lambda: CAMERA.spec in top._sources.shown_keys(), timeout=WAIT_MS)


@pytest.mark.parametrize(("cameras", "source"), [((CAMERA,), CAMERA.spec), ((), "demo")])
def test_the_first_source_is_opened_when_it_is_known_whether_there_is_a_camera(
    qtbot: QtBot,
    start: Start,
    monkeypatch: pytest.MonkeyPatch,
    goes: threading.Event,
    cameras: tuple[CameraInfo, ...],
    source: str,
) -> None:
    def list_cameras() -> tuple[CameraInfo, ...]:
        goes.wait()
        return cameras

    monkeypatch.setattr(engine_cameras, "list_cameras", list_cameras)
    opened: list[object] = []
    deepvis = start(**TINY)
    monkeypatch.setattr(deepvis.desk.engine, "open_source", opened.append)
    assert deepvis.window.isVisible()
    assert not deepvis.shell.sources.has_opened
    goes.set()
    qtbot.waitUntil(lambda: bool(opened), timeout=WAIT_MS)
    assert [str(one).partition("@")[0] for one in opened] == [source]


def test_a_camera_s_driver_that_never_answers_does_not_keep_the_demo_back(
    qtbot: QtBot, start: Start, monkeypatch: pytest.MonkeyPatch, goes: threading.Event
) -> None:
    monkeypatch.setattr(engine_cameras, "list_cameras", lambda: goes.wait() and ())
    deepvis = start(**TINY)
    assert not deepvis.shell.sources.has_opened
    deepvis.shell.opening._until_s = 0.0  # all patience is gone
    qtbot.waitUntil(lambda: deepvis.shell.sources.source == "demo", timeout=WAIT_MS)
    goes.set()
