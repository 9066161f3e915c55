"""What is said on the screen is so, at that time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PIL import Image
from PyQt6.QtCore import QMimeData
from PyQt6.QtWidgets import QWidget

from deepvis_app.engine.status import Phase
from deepvis_app.frames import CameraInfo
from deepvis_app.nets import Unit
from deepvis_app.state.appearance import GridShows
from deepvis_app.ui.panels.grid.presenter import UNPINNED
from deepvis_app.ui.panels.grid.view import GridView
from deepvis_app.ui.panels.input.score_bars import ScoreBars
from deepvis_app.ui.panels.jobs.view import JobsPopup
from tests.ui.looking import WAIT_MS, banner, live

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from deepvis_app.ui.app import App

    Start = Callable[..., App]

TINY = {"net": "torchvision:mobilenet_v3_small@none", "device": "cpu"}


def drop(deepvis: App, text: str) -> None:
    mime = QMimeData()
    mime.setText(text)
    deepvis.window.dropped.emit(mime)


def test_a_source_that_fails_later_is_not_the_last_one(
    qtbot: QtBot, start: Start, tmp_path: Path
) -> None:
    picture = tmp_path / "a.png"
    Image.new("RGB", (64, 48)).save(picture)
    first = start(**TINY, source=str(picture))
    live(qtbot, first)
    first.window.close()
    again = start(keep_session=True)
    live(qtbot, again)
    empty = tmp_path / "empty"
    empty.mkdir()
    again.shell.sources.open(str(empty))
    qtbot.waitUntil(lambda: bool(banner(again, "source")), timeout=WAIT_MS)
    assert banner(again, "last-source") == ""
    assert again.desk.engine.status().source.phase is Phase.FAILED  # no demo unasked
    assert again.desk.engine.status().source.spec == str(empty)


def test_the_notice_of_the_last_source_goes_with_the_demo(
    qtbot: QtBot, start: Start, tmp_path: Path
) -> None:
    picture = tmp_path / "gone.png"
    Image.new("RGB", (64, 48)).save(picture)
    first = start(**TINY, source=str(picture))
    live(qtbot, first)
    first.window.close()
    picture.unlink()
    again = start(keep_session=True)
    qtbot.waitUntil(lambda: "demo is shown" in banner(again, "last-source"), timeout=WAIT_MS)
    assert "The last source cannot be had" in banner(again, "last-source")
    Image.new("RGB", (64, 48)).save(picture)
    again.shell.sources.open(str(picture))
    qtbot.waitUntil(lambda: not banner(again, "last-source"), timeout=WAIT_MS)


def test_a_first_camera_that_does_not_open_is_no_last_source(
    qtbot: QtBot, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    cameras = (CameraInfo(77, "77"),)
    monkeypatch.setattr("deepvis_app.engine.cameras.list_cameras", lambda: cameras)
    deepvis = start(**TINY)
    qtbot.waitUntil(lambda: bool(banner(deepvis, "last-source")), timeout=WAIT_MS)
    assert banner(deepvis, "last-source").startswith("The first source cannot be had")


@pytest.mark.parametrize(
    "text",
    [
        "Buy milk, bread and eggs",
        "http://x.com is a nice place to look at",
        "screen: cleaned on Monday",
        "two\nlines",
        "/nowhere/at/all.png",
        "x" * 5000,
        "a\0b",
    ],
)
def test_text_that_names_nothing_leaves_the_source(qtbot: QtBot, start: Start, text: str) -> None:
    deepvis = start(**TINY, source="demo")
    live(qtbot, deepvis)
    drop(deepvis, text)
    assert "is no picture, file or address" in banner(deepvis, "paste")
    deepvis.window.top.source_chosen.emit(text)  # the same typed
    status = deepvis.desk.engine.status().source
    assert (status.spec, status.phase) == ("demo", Phase.READY)
    assert deepvis.shell.sources.source == "demo"


def test_text_that_names_a_picture_opens_it(qtbot: QtBot, start: Start, tmp_path: Path) -> None:
    picture = tmp_path / "with a space.png"
    Image.new("RGB", (64, 48)).save(picture)
    deepvis = start(**TINY, source="demo")
    live(qtbot, deepvis)
    drop(deepvis, "no such thing")
    for text in (str(picture), f"'{picture}'", picture.as_uri()):
        deepvis.shell.sources.open("demo")
        drop(deepvis, text)
        assert deepvis.shell.sources.source == str(picture)
    assert banner(deepvis, "paste") == ""


def test_a_hidden_colour_bar_stays_hidden_while_the_same_is_shown(qtbot: QtBot) -> None:
    view = GridView(QWidget())
    qtbot.addWidget(view)
    view.set_shows(GridShows.BACKWARD)
    bar = view.panes[0].colours
    view.panes[0].show_colours(False)
    view.set_shows(GridShows.BACKWARD)  # as whenever anything else is asked for
    assert bar.isHidden()
    view.set_shows(GridShows.ACTIVITY)
    assert not bar.isHidden()


def test_an_unpinned_backward_grid_says_what_to_do(qtbot: QtBot, start: Start) -> None:
    deepvis = start(**TINY, source="demo")
    live(qtbot, deepvis)
    pane = deepvis.panels["grid"].view.panes[0]
    texts: list[object] = []
    real = pane.canvas.set_empty_text
    pane.canvas.set_empty_text = lambda *words: (texts.append(words), real(*words))  # type: ignore[method-assign,assignment]
    deepvis.desk.options.view.grid_shows = GridShows.BACKWARD
    qtbot.waitUntil(lambda: UNPINNED in texts, timeout=WAIT_MS)
    assert pane.colours.isHidden()  # no "0 … 0"
    network = deepvis.rounds.network
    assert network is not None
    last = network.layers[-1].name
    deepvis.desk.options.why.toggle_origin(Unit(last, 3))
    deepvis.desk.selection.pick_layer(network.layers[-2].name)
    qtbot.waitUntil(lambda: not pane.colours.isHidden(), timeout=WAIT_MS)


def test_scores_are_waited_for_before_a_word_of_the_network(qtbot: QtBot, start: Start) -> None:
    bars = ScoreBars()
    qtbot.addWidget(bars)
    assert bars._empty[0] == "No class scores yet"
    deepvis = start(**TINY, source="demo")
    qtbot.waitUntil(lambda: deepvis.rounds.network is not None, timeout=WAIT_MS)
    assert "no class output" not in deepvis.panels["input"].view.scores._empty[0]


def test_unfinished_jobs_are_jobs(qtbot: QtBot) -> None:
    popup = JobsPopup()
    qtbot.addWidget(popup)
    assert not popup._nothing.isHidden()
    popup.set_offered(1)
    assert popup._nothing.isHidden()
    popup.set_jobs(())
    assert popup._nothing.isHidden()
    popup.set_offered(0)
    assert not popup._nothing.isHidden()
