"""Play in the real window, with a network that is quick."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication

from deepvis_app.engine.readers import AsideReader
from deepvis_app.nets import Unit
from deepvis_app.session import session_path
from deepvis_app.state.play import PLAY, PlayShows
from deepvis_app.synth.play import TECHNIQUES
from deepvis_app.ui.panels.play.run_state import Doing
from tests.ui.small import WAIT_MS, at_rest, picture, small_network

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from deepvis_app.ui.app import App
    from deepvis_app.ui.panels.play.panel import PlayPanel

    Start = Callable[..., App]

SMALL = small_network()
UNIT = Unit("conv2", 3)
STEPS = 6


@pytest.fixture
def opened(qtbot: QtBot, start: Start, tmp_path: Path) -> App:
    """A picture at rest before a small network, in Watch."""
    deepvis = at_rest(qtbot, start, tmp_path, SMALL)
    qtbot.waitUntil(lambda: deepvis.rounds.snapshot is not None, timeout=WAIT_MS)
    deepvis.desk.selection.pick_unit(UNIT.index, UNIT.layer)
    deepvis.desk.options.play.change("steps", STEPS)
    return deepvis


def page(deepvis: App) -> PlayPanel:
    panel: PlayPanel = deepvis.panels["play"]
    return panel


def finished(qtbot: QtBot, deepvis: App) -> None:
    """Wait until the run that is shown is over."""
    presenter = page(deepvis).presenter
    qtbot.waitUntil(lambda: presenter.run is not None and presenter.run.is_over, timeout=WAIT_MS)
    assert presenter.run is not None
    assert presenter.run.played is not None, presenter.run.error


def test_one_key_plays_with_the_frame_from_anywhere(qtbot: QtBot, opened: App) -> None:
    assert opened.desk.sight.workspace == "watch"
    keys = [key.toString() for key in opened.shell.actions["play-frame"].shortcuts()]
    assert keys == ["Shift+F"]
    opened.shell.actions["play-frame"].trigger()
    finished(qtbot, opened)
    panel = page(opened)
    assert opened.desk.sight.workspace == PLAY
    assert panel.view.isVisible()
    run = panel.presenter.run
    assert run is not None
    assert run.request.spec.layer == "conv2"  # type: ignore[attr-defined]  # the picked one
    before, after, _ = panel.view.result.pair.pictures()
    assert np.array_equal(before, picture())
    assert run.played is not None
    assert np.array_equal(after, run.played.image)
    assert not np.array_equal(after, before)
    assert panel.view.result.pair.words() == ("", "")
    assert panel.view.result.pair.captions().after == "seen by conv2"
    assert panel.view.result.roles.rows["input"].name() == "still.png"
    assert panel.view.result.run.state() is Doing.DONE
    assert len(run.curve) >= STEPS


def test_the_inspector_shows_the_unit_on_both(qtbot: QtBot, opened: App) -> None:
    opened.shell.actions["play-frame"].trigger()
    finished(qtbot, opened)
    now = opened.panels["now"].view
    qtbot.waitUntil(
        lambda: now.beside.isVisible() and bool(now.beside.bars.bars()), timeout=WAIT_MS
    )
    pair = opened.desk.options.play.pair
    assert pair is not None
    for place, known in enumerate((pair.before, pair.after)):
        x = SMALL.normalise(known.values)[None]
        truth = SMALL.activations(x, ["conv2"])["conv2"][0, UNIT.index].numpy()
        reading = opened.rounds.snapshot.of(AsideReader(known, UNIT))  # type: ignore[union-attr]
        assert reading is not None
        assert np.allclose(reading.map, truth, atol=1e-4)
        shown = now.beside.bars.bars()[place].value
        assert float(shown.replace("−", "-")) == pytest.approx(float(truth.max()), rel=0.01)
    assert "class" in now.beside.words.text()
    opened.shell.actions["workspace-watch"].trigger()
    qtbot.waitUntil(lambda: not now.beside.isVisible(), timeout=WAIT_MS)
    assert now.map.isVisible()  # the frame again


def test_what_is_watched_goes_on_without_the_pair(qtbot: QtBot, opened: App) -> None:
    opened.shell.actions["play-frame"].trigger()
    finished(qtbot, opened)
    opened.shell.actions["workspace-watch"].trigger()
    rounds = opened.rounds
    qtbot.waitUntil(
        lambda: rounds.snapshot is not None and not rounds.snapshot.every(AsideReader),
        timeout=WAIT_MS,
    )


def test_keys_compare_input_and_result(qtbot: QtBot, opened: App) -> None:
    options = opened.desk.options.play
    opened.desk.sight.workspace = PLAY
    split = options.split
    opened.shell.actions["play-split-right"].trigger()
    assert options.split == pytest.approx(split + 0.05)
    opened.shell.actions["play-compare"].trigger()
    assert options.shows is PlayShows.BLINK
    assert page(opened).view.result.modes.current() == "blink"


def test_a_result_is_kept_with_all_it_takes_to_make_it_again(
    qtbot: QtBot, opened: App, tmp_path: Path
) -> None:
    opened.shell.actions["play-frame"].trigger()
    finished(qtbot, opened)
    opened.shell.actions["play-save"].trigger()
    (file,) = opened.setting.settings.pictures_dir.glob("*invert*.png")
    with Image.open(file) as saved:
        texts = dict(saved.info)
        pixels = np.asarray(saved).copy()
    run = page(opened).presenter.run
    assert run is not None
    assert run.played is not None
    assert np.array_equal(pixels, run.played.image)
    spec = TECHNIQUES["invert"].spec.model_validate(json.loads(texts["deepvis:settings"]))
    assert spec == run.request.spec
    assert json.loads(texts["deepvis:network"])["fingerprint"] == SMALL.last_fingerprint
    assert json.loads(texts["deepvis:names"]) == {"input": "still.png"}


def test_what_was_made_before_is_there_at_once(qtbot: QtBot, opened: App) -> None:
    opened.shell.actions["play-frame"].trigger()
    finished(qtbot, opened)
    first = page(opened).presenter.run
    opened.desk.options.play.change("steps", STEPS + 1)
    page(opened).presenter.begin()
    finished(qtbot, opened)
    opened.desk.options.play.change("steps", STEPS)
    page(opened).presenter.begin()
    finished(qtbot, opened)
    again = page(opened).presenter.run
    assert first is not None
    assert again is not None
    assert again is not first
    assert first.played is not None
    assert again.played is not None
    assert np.array_equal(again.played.image, first.played.image)
    assert again.status is not None
    assert again.status.step == 0  # no step was made: it was found


def test_settings_come_back_at_the_next_start(qtbot: QtBot, opened: App) -> None:
    opened.desk.options.play.shows = PlayShows.BESIDE
    opened.window.close()
    kept = json.loads(session_path().read_text())["panels"]["play"]
    assert kept["specs"]["invert"]["steps"] == STEPS
    assert kept["shows"] == "beside"


def test_a_narrow_window_has_the_settings_under_the_result(qtbot: QtBot, opened: App) -> None:
    opened.desk.sight.workspace = PLAY
    view = page(opened).view
    result = view.result
    qtbot.waitUntil(lambda: result.parameters.isVisible(), timeout=WAIT_MS)
    at = lambda part: part.mapTo(view, part.rect().topLeft())  # noqa: E731
    assert at(result.parameters).x() > at(result.pair).x() + result.pair.width()
    opened.window.resize(1000, 700)
    qtbot.waitUntil(lambda: view.head.chip.isVisible(), timeout=WAIT_MS)
    qtbot.waitUntil(
        lambda: at(result.parameters).y() >= at(result.pair).y() + result.pair.height(),
        timeout=WAIT_MS,
    )
    assert not view.head.row.isVisible()


def test_the_keyboard_reaches_all_of_it(qtbot: QtBot, opened: App) -> None:
    opened.desk.sight.workspace = PLAY
    view = page(opened).view
    opened.window.activateWindow()
    qtbot.waitUntil(opened.window.isActiveWindow, timeout=9000)
    qtbot.waitUntil(view.result.run.main.isEnabled, timeout=WAIT_MS)  # once there is a frame
    view.head.row.setFocus(Qt.FocusReason.TabFocusReason)
    wanted = {view.result.modes, view.result.run.main, view.result.parameters.chooser("layer")}
    reached = set()
    for _ in range(60):
        opened.window.focusNextChild()
        reached.add(QApplication.focusWidget())
    assert wanted <= reached
