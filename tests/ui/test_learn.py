"""Learn in the real window, with a real training of digits in a process of its own."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest
from PyQt6.QtCore import QPoint
from PyQt6.QtGui import QKeySequence

from deepvis_app import paths
from deepvis_app.lab.log.read import read_log
from deepvis_app.lab.trainer.plan import TrainPlan
from deepvis_app.state.learn import LEARN, Axis
from deepvis_app.ui.panels.learn.doing import Doing
from tests.ui.runs_written import write_run
from tests.ui.small import WAIT_MS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from deepvis_app.ui.app import App
    from deepvis_app.ui.panels.learn.panel import LearnPanel

    Start = Callable[..., App]

LONG_MS = 3 * WAIT_MS  # a process that imports torch on a busy machine
SHORT = TrainPlan(train_size=300, hidden=(10,), epochs=200)


def page(deepvis: App) -> LearnPanel:
    panel: LearnPanel = deepvis.panels["learn"]
    return panel


def opened(start: Start, **options: object) -> App:
    """Open the window at the page Learn."""
    deepvis = start(net="pocket", device="cpu", source="demo", **options)
    deepvis.shell.actions["workspace-learn"].trigger()
    return deepvis


def doing(deepvis: App) -> Doing | None:
    return page(deepvis).view.head.doing()


@pytest.mark.timeout(600)
def test_a_training_starts_pauses_changes_and_ends_with_the_window(
    qtbot: QtBot, start: Start
) -> None:
    deepvis = opened(start)
    assert deepvis.desk.sight.workspace == LEARN
    panel, runs = page(deepvis), deepvis.desk.kept.runs
    qtbot.waitUntil(lambda: runs.is_listed, timeout=WAIT_MS)
    qtbot.waitUntil(panel.view.is_empty, timeout=WAIT_MS)
    assert panel.view.empty.text() == "Choose data, press Start: 8 × 8 digits are ready"
    deepvis.desk.options.learn.plan = SHORT
    press = deepvis.shell.actions["learn-press"].trigger
    press()
    assert doing(deepvis) is Doing.STARTING

    def step() -> int:
        one = runs.chosen
        return 0 if one is None or one.run is None else one.run.step

    qtbot.waitUntil(lambda: step() > 20, timeout=LONG_MS)
    assert doing(deepvis) is Doing.PAUSE
    assert "/s" in panel.view.head.words()
    row = panel.view.runs.lines()[0]
    assert (row.name, row.state, row.shade) == ("digits 0.3", "running", "good")
    plot = panel.view.curves.plots["loss"]
    qtbot.waitUntil(lambda: plot.drawing() is not None, timeout=WAIT_MS)
    press()
    qtbot.waitUntil(lambda: doing(deepvis) is Doing.GO_ON, timeout=WAIT_MS)
    trainings, path = deepvis.desk.kept.trainings, runs.paths[0]
    at = trainings.status(path).step  # type: ignore[union-attr]
    deepvis.shell.actions["learn-step"].trigger()
    qtbot.waitUntil(lambda: trainings.status(path).step == at + 1, timeout=WAIT_MS)  # type: ignore[union-attr]
    panel.view.head.changed.emit("rate", 0.05)
    qtbot.waitUntil(lambda: trainings.status(path).rate == 0.05, timeout=WAIT_MS)  # type: ignore[union-attr]
    press()
    qtbot.waitUntil(lambda: doing(deepvis) is Doing.PAUSE, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: step() > at + 3, timeout=WAIT_MS)
    assert [mark.text for mark in read_log(path).marks] == ["rate 0.3 → 0.05"]
    deepvis.window.close()
    assert read_log(path).state == "stopped"

    again = start(net="pocket", device="cpu", source="demo", keep_session=True)
    again.shell.actions["workspace-learn"].trigger()
    view = page(again).view
    qtbot.waitUntil(lambda: view.notice.isVisible(), timeout=WAIT_MS)
    assert view.notice.text() == "digits 0.3 was under way when the window closed"
    assert again.desk.options.learn.plan == SHORT
    view.notice.acted.emit()
    qtbot.waitUntil(lambda: not view.notice.isVisible(), timeout=WAIT_MS)
    assert doing(again) in (Doing.STARTING, Doing.PAUSE)


@pytest.mark.slow(seconds=30)
@pytest.mark.timeout(600)
def test_a_trainer_that_is_killed_is_said_and_goes_on(qtbot: QtBot, start: Start) -> None:
    deepvis = opened(start)
    deepvis.desk.options.learn.plan = SHORT
    page(deepvis).view.head.main.click()
    trainings, runs = deepvis.desk.kept.trainings, deepvis.desk.kept.runs

    def state() -> str:
        status = trainings.status(runs.paths[0]) if runs.paths else None
        return "" if status is None else status.state

    qtbot.waitUntil(lambda: doing(deepvis) is Doing.PAUSE, timeout=LONG_MS)
    page(deepvis).view.head.main.click()
    qtbot.waitUntil(lambda: state() == "paused", timeout=WAIT_MS)  # and is saved
    pid = trainings.status(runs.paths[0]).pid  # type: ignore[union-attr]
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    view = page(deepvis).view
    qtbot.waitUntil(lambda: view.notice.isVisible(), timeout=WAIT_MS)
    assert "killed (signal 9)" in view.notice.text()
    qtbot.waitUntil(lambda: view.runs.lines()[0].state == "failed", timeout=WAIT_MS)
    qtbot.waitUntil(lambda: view.notice.action() == "Go on", timeout=WAIT_MS)
    view.notice.acted.emit()
    qtbot.waitUntil(lambda: state() == "running", timeout=LONG_MS)


@pytest.fixture
def two_runs(private_folders: None) -> Path:
    """Two runs in the runs folder, one of which leaves the scale."""
    home = paths.runs_dir()
    calm = [2.0 - k / 200 for k in range(200)]
    val = [1.8, 1.7, 1.6, 1.5]
    write_run(home / "calm", {"loss": calm, "accuracy": [0.5] * 200, "val_loss": val},
              every={"val_loss": 50}).close()  # fmt: skip
    write_run(home / "wild", {"loss": [2.0] * 20 + [4e6] * 3 + [2.0] * 177}).close()
    return home


def test_runs_lie_over_one_another_and_one_step_goes_through_all(
    qtbot: QtBot, two_runs: Path, start: Start
) -> None:
    deepvis = opened(start)
    view, options = page(deepvis).view, deepvis.desk.options.learn
    options.chosen = str(two_runs / "calm")
    qtbot.waitUntil(lambda: len(view.runs.lines()) == 2, timeout=WAIT_MS)
    loss, accuracy = view.curves.plots["loss"], view.curves.plots["accuracy"]

    def names() -> set[str]:
        drawing = loss.drawing()
        return set() if drawing is None else {curve.name for curve in drawing.curves}

    qtbot.waitUntil(lambda: names() == {"calm train", "calm val", "wild train"}, timeout=WAIT_MS)
    assert [edge.text for edge in loss.drawing().edges] == ["↑ 4·10⁶"]  # type: ignore[union-attr]
    qtbot.waitUntil(lambda: loss._canvas is not None, timeout=WAIT_MS)
    area = loss.data_rect()
    middle = QPoint(round(area.left() + area.width() / 2), round(area.center().y()))
    qtbot.mouseMove(loss, middle)
    qtbot.waitUntil(lambda: options.hovered is not None, timeout=WAIT_MS)
    assert options.hovered == pytest.approx(100, abs=2)
    assert accuracy._elsewhere == options.hovered
    view.runs.eye_pressed.emit(str(two_runs / "wild"))
    qtbot.waitUntil(lambda: names() == {"calm train", "calm val"}, timeout=WAIT_MS)
    view.curves.axis_picked.emit("epochs")
    qtbot.waitUntil(lambda: loss.drawing().x[1] == 40.0, timeout=WAIT_MS)  # type: ignore[union-attr]
    assert options.axis is Axis.EPOCHS
    loss.show_places(10.0, 20.0)
    left, right = loss.shown_spans()[0]
    assert (left, right) == (pytest.approx(10.0), pytest.approx(20.0))


def test_a_run_is_deleted_after_a_question_and_comes_back(
    qtbot: QtBot, two_runs: Path, start: Start
) -> None:
    deepvis = opened(start)
    view, presenter = page(deepvis).view, page(deepvis).presenter
    qtbot.waitUntil(lambda: len(view.runs.lines()) == 2, timeout=WAIT_MS)
    path = str(two_runs / "wild")
    view.runs.remove_requested.emit(path)
    assert deepvis.window.toast.isVisible()
    assert len(view.runs.lines()) == 2
    presenter.remove(path)
    qtbot.waitUntil(lambda: len(view.runs.lines()) == 1, timeout=WAIT_MS)
    assert deepvis.desk.notices.undo()
    qtbot.waitUntil(lambda: len(view.runs.lines()) == 2, timeout=WAIT_MS)
    presenter.remove(path)
    deepvis.desk.notices.settle()
    qtbot.waitUntil(lambda: not (two_runs / "wild").exists(), timeout=WAIT_MS)


def test_space_is_the_training_s_in_learn_and_the_stream_s_elsewhere(start: Start) -> None:
    deepvis = opened(start)
    actions, space = deepvis.shell.actions, QKeySequence("Space")
    assert space in actions["learn-press"].shortcuts()
    assert space not in actions["freeze"].shortcuts()
    assert QKeySequence("F") in actions["freeze"].shortcuts()
    actions["workspace-watch"].trigger()
    assert space in actions["freeze"].shortcuts()
    assert actions["learn-press"].shortcuts() == []
