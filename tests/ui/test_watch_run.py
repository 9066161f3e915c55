"""A run's network in the window: watched as it learns, by layer, through its checkpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from deepvis_app import paths
from deepvis_app.lab.one_picture import lesson
from deepvis_app.lab.trainer import Training, TrainPlan
from deepvis_app.nets import load_network
from deepvis_app.nets.run_folders import checkpoints
from deepvis_app.state.preferred import SEEDS, Colours
from deepvis_app.synth import PRESETS
from deepvis_app.ui.panels.learn.info import LEARN
from deepvis_app.words.figures import figure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from deepvis_app.ui.app import App

PATIENCE_MS = 60_000
RECIPE = PRESETS["fast-preview"].with_value("stop.steps", 3)


@pytest.fixture
def training(tmp_path: Path) -> Iterator[Training]:
    plan = TrainPlan(
        data="digits", network="convnet", channels=(6, 8), activation="relu", rate=0.1,
        epochs=4, batch=50, train_size=200, checkpoints=4,
    )  # fmt: skip
    with Training(plan, tmp_path / "short") as training:
        steps = training.steps()
        for _ in range(6):
            next(steps)
        training.going = steps
        yield training


@pytest.fixture
def shown(start: Callable[..., App], training: Training, qtbot: QtBot) -> App:
    deepvis = start()
    deepvis.window.resize(1440, 900)
    deepvis.desk.kept.runs.open_log(str(training.folder.path))
    deepvis.desk.sight.workspace = LEARN.workspace.key
    learn = deepvis.panels["learn"]
    qtbot.waitUntil(lambda: learn.presenter.curves.run is not None, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: bool(learn.presenter.curves.run.checkpoints), timeout=PATIENCE_MS)
    return deepvis


def section(deepvis: App, name: str):
    learn = deepvis.panels["learn"]
    return next(s for s in learn.view.sections if type(s).__name__ == name)


def scroll_to(deepvis: App, part, qtbot: QtBot, holds: Callable[[], object] = bool) -> None:
    """Keep a section at the top, as the ones above it grow, until something holds there."""
    bar = deepvis.panels["learn"].view.pictures.verticalScrollBar()

    def is_seen() -> bool:
        bar.setValue(part.parentWidget().y())
        return not part.visibleRegion().isEmpty() and (holds is bool or bool(holds()))

    qtbot.waitUntil(is_seen, timeout=PATIENCE_MS)


def test_a_run_is_watched_layer_by_layer_while_it_learns(shown, training, qtbot) -> None:
    folder = str(training.folder.path)
    part = section(shown, "LessonSection")
    scroll_to(shown, part, qtbot)
    qtbot.waitUntil(lambda: part.watch.isVisible(), timeout=PATIENCE_MS)
    assert not part.lesson.isVisible()
    part.watch.click()
    qtbot.waitUntil(lambda: part.is_watched, timeout=PATIENCE_MS)
    scroll_to(shown, part, qtbot, part.lesson.words)
    network = shown.rounds.network
    assert network.spec == folder
    for _ in range(3):
        next(training.going)
    training.look()
    step = f"step {training.step}"
    scroll_to(shown, part, qtbot, lambda: step in part.header._detail._full)
    assert shown.rounds.network is network  # nothing was loaded anew
    frame = shown.rounds.snapshot.frame
    assert frame.label_name in part.header._detail._full
    module = training.learner.module.eval()
    x = network.prepare(frame.image)[None]
    truth = torch.nn.functional.cross_entropy(module(x), torch.tensor([frame.label]))
    module.train()
    assert f"L {figure(float(truth.detach()))}" in part.header._detail._full
    now = load_network(folder)
    found = lesson(now, x, frame.label, ["conv1", "conv2", "fc"])
    assert [name.split(" · ")[0] for name, _ in part.lesson.words()] == list(found.layers)
    chip = shown.window.top.network
    qtbot.waitUntil(lambda: step in chip.accessibleName() or step in chip.text(), timeout=20_000)


def test_preferred_images_of_earlier_weights_are_said_to_be_that(shown, training, qtbot) -> None:
    page, options = shown.panels["preferred"].view, shown.desk.options.preferred
    options.choose(RECIPE)
    options.colours = Colours.TRUE
    options.by_itself = False
    shown.desk.engine.load(str(training.folder.path))
    name = training.folder.path.name
    qtbot.waitUntil(
        lambda: shown.rounds.network is not None and shown.rounds.network.name == name,
        timeout=PATIENCE_MS,
    )
    network = shown.rounds.network
    shown.desk.selection.pick_unit(3, "conv2")
    shown.desk.sight.show_page("preferred")

    def pictures() -> list[bytes]:
        return [cell.picture.tobytes() for cell in page.seeds.cells() if cell.picture is not None]

    def is_made() -> bool:
        made = shown.panels["preferred"].presenter.results.shown()
        return len(made) == SEEDS and all(one.stored is not None for one in made)

    def learn() -> None:
        before = network.last_fingerprint
        next(training.going)
        training.look()
        qtbot.waitUntil(lambda: network.last_fingerprint != before, timeout=PATIENCE_MS)

    page.run.start_requested.emit()
    qtbot.waitUntil(is_made, timeout=PATIENCE_MS)
    assert page.age.text() == ""
    first = pictures()
    learn()
    qtbot.waitUntil(page.age.isVisible, timeout=PATIENCE_MS)
    assert page.age.text() == "Of earlier weights: the network has learned on"
    assert pictures() == first  # they stay to be looked at
    page.run.start_requested.emit()
    qtbot.waitUntil(lambda: is_made() and not page.age.isVisible(), timeout=PATIENCE_MS)
    assert pictures() != first
    made = shown.panels["preferred"].presenter.results.shown()
    assert {one.stored.note.fingerprint for one in made} == {network.last_fingerprint}
    learn()
    qtbot.waitUntil(page.age.isVisible, timeout=PATIENCE_MS)


def test_a_class_can_be_chosen_for_a_picture_that_nobody_named(shown, training, qtbot) -> None:
    part = section(shown, "LessonSection")
    scroll_to(shown, part, qtbot)
    qtbot.waitUntil(lambda: part.watch.isVisible(), timeout=PATIENCE_MS)
    part.watch.click()
    qtbot.waitUntil(lambda: part.is_watched, timeout=PATIENCE_MS)
    shown.desk.engine.open_source("demo")
    scroll_to(shown, part, qtbot, lambda: "what class" in part.notice.text())
    part._choose("3")
    scroll_to(shown, part, qtbot, lambda: "3, p" in part.header._detail._full)
    assert part.notice.text() == ""


def test_a_unit_is_followed_through_the_checkpoints(shown, training, qtbot) -> None:
    folder = training.folder.path
    part = section(shown, "TimelineSection")
    scroll_to(shown, part, qtbot)
    qtbot.waitUntil(lambda: part.shown is not None, timeout=PATIENCE_MS)
    steps = list(checkpoints(folder))
    qtbot.waitUntil(lambda: part.timeline.steps.tolist() == steps, timeout=PATIENCE_MS)
    part.choose("conv1", 4)
    shown.desk.options.preferred.choose(RECIPE)
    first, last = (load_network(f"{folder}@{step}") for step in (steps[0], steps[-1]))
    own = [net.module.conv1.weight[4].flatten().numpy() for net in (first, last)]
    cosine = own[0] @ own[1] / np.linalg.norm(own[0]) / np.linalg.norm(own[1])
    assert part.shown.becoming.weights[0] == pytest.approx(cosine, abs=1e-5)
    assert len(part.rows["best"].cells()) == min(len(steps), 8)
    part._show_columns()
    qtbot.waitUntil(lambda: not part.images._asked, timeout=PATIENCE_MS)
    part.make.click()
    cells = part.rows["preferred"].cells
    qtbot.waitUntil(lambda: all(c.picture is not None for c in cells()), timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: part.images._job is None, timeout=PATIENCE_MS)
    part.slider.setValue(0)
    assert part.step_words.text() == f"step {steps[0]}"
    assert part.rows["weights"]._marked == 0
    part.keep.click()
    own = paths.config_dir() / "networks" / f"short-step-{steps[0]}.toml"
    qtbot.waitUntil(lambda: part._keeping is None, timeout=PATIENCE_MS)
    assert load_network(own).fingerprint == first.fingerprint


def test_a_finding_opens_the_dead_units_of_its_layer(shown, training, qtbot) -> None:
    folder = training.folder.path
    with torch.no_grad():
        training.learner.module.conv2.bias[2] = -1e3
        training.learner.module.conv2.bias[5] = -1e3
    training.look()
    watching = shown.panels["learn"].watching
    watching.show_dead(str(folder), "relu2")
    desk = shown.desk
    qtbot.waitUntil(lambda: desk.selection.layer == "relu2", timeout=PATIENCE_MS)
    assert desk.options.view.search == "2, 5"
    assert (desk.selection.unit, desk.sight.workspace) == (2, "watch")
    watching.show_layer(str(folder), "conv1")
    qtbot.waitUntil(lambda: desk.selection.layer == "conv1", timeout=PATIENCE_MS)
    assert desk.options.view.search == ""
    watching.show_layer(str(folder), "nothing")
    qtbot.waitUntil(lambda: watching._wish is None, timeout=PATIENCE_MS)
    assert desk.selection.layer == "conv1"
