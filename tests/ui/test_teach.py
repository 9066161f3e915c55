"""A concept taught in the window: by held keys, by the mouse, by folders and from the corpus."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from PyQt6.QtCore import QEvent, Qt
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QApplication

from deepvis_app.corpus import scan
from deepvis_app.corpus.concepts.taught import LEAST
from deepvis_app.engine.kept.corpora import default_folder
from deepvis_app.engine.kept.directions import DirectionsShelf
from deepvis_app.engine.readers import TeachingReader, UnitReader
from deepvis_app.nets import load_network
from deepvis_app.nets.directions_file import read_directions
from tests.drawn import picture
from tests.ui.looking import WAIT_MS, banner
from tests.ui.small import small_network

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from PyQt6.QtWidgets import QWidget
    from pytestqt.qtbot import QtBot

    from deepvis_app.known.lesson import Lesson
    from deepvis_app.ui.app import App
    from deepvis_app.ui.panels.teach.presenter import TeachPresenter
    from deepvis_app.ui.panels.teach.view import TeachView

    Start = Callable[..., App]

LAYER = "relu3b"
IT, NOT = Qt.Key.Key_3, Qt.Key.Key_4


def folder(path: Path, kind: int, count: int = 12, first: int = 0) -> Path:
    path.mkdir(exist_ok=True)
    for number in range(first, first + count):
        Image.fromarray(picture(kind, number)).save(path / f"{kind}-{number:02}.png")
    return path


@pytest.fixture
def circles(tmp_path: Path) -> Path:
    return folder(tmp_path / "circles", 0)


@pytest.fixture
def stripes(tmp_path: Path) -> Path:
    return folder(tmp_path / "stripes", 3)


@pytest.fixture
def opened(qtbot: QtBot, start: Start, circles: Path) -> App:
    """The window before a picture at rest, with the page open on a layer."""
    return on(qtbot, start, str(circles / "0-00.png"))


@pytest.fixture
def moving(qtbot: QtBot, start: Start) -> App:
    """The same before pictures that move."""
    return on(qtbot, start, "demo")


def on(qtbot: QtBot, start: Start, source: str) -> App:
    deepvis = start(net="pocket", source=source, device="cpu")
    qtbot.waitUntil(lambda: deepvis.rounds.snapshot is not None, timeout=WAIT_MS)
    deepvis.panels["layers"].view.strip.teaching_wanted.emit(LAYER)
    qtbot.waitUntil(lambda: asked(deepvis) is not None, timeout=WAIT_MS)
    return deepvis


def asked(deepvis: App) -> object:
    snapshot = deepvis.rounds.snapshot
    return None if snapshot is None else snapshot.first(TeachingReader)


def is_asked_without_a_hold(deepvis: App) -> bool:
    snapshot = deepvis.rounds.snapshot
    readers = () if snapshot is None else tuple(snapshot.readings)
    return TeachingReader(deepvis.desk.options.teaching.layer) in readers


def presenter(deepvis: App) -> TeachPresenter:
    found: TeachPresenter = deepvis.panels["teach"].presenter
    return found


def view(deepvis: App) -> TeachView:
    found: TeachView = deepvis.panels["teach"].view
    return found


def lesson(deepvis: App) -> Lesson:
    return presenter(deepvis).lesson


def until_counts(qtbot: QtBot, deepvis: App, inside: int, outside: int) -> None:
    qtbot.waitUntil(lambda: lesson(deepvis).counts() == (inside, outside), timeout=WAIT_MS)


def teach(qtbot: QtBot, deepvis: App, circles: Path, stripes: Path) -> None:
    """Teach circles by two folders."""
    view(deepvis).inside.folder_chosen.emit(circles)
    view(deepvis).outside.folder_chosen.emit(stripes)
    until_learnt(qtbot, deepvis, 12, 12)


def until_learnt(qtbot: QtBot, deepvis: App, inside: int, outside: int) -> None:
    """Wait until so many pictures have taught it, and that is shown."""
    until_counts(qtbot, deepvis, inside, outside)
    qtbot.waitUntil(
        lambda: lesson(deepvis).concept is not None and not lesson(deepvis).is_learning,
        timeout=WAIT_MS,
    )
    qtbot.waitUntil(view(deepvis).keep.isEnabled, timeout=WAIT_MS)


def focus(deepvis: App) -> QWidget:
    return QApplication.focusWidget() or deepvis.window


def send(widget: QWidget, kind: QEvent.Type, key: Qt.Key, text: str, *, repeats: bool) -> bool:
    """Send a key as a keyboard does that repeats one which is held."""
    event = QKeyEvent(kind, key, Qt.KeyboardModifier.NoModifier, text, repeats)
    QApplication.sendEvent(widget, event)
    return event.isAccepted()


# Open and shut


def test_it_costs_nothing_until_it_is_opened(qtbot: QtBot, start: Start, circles: Path) -> None:
    deepvis = start(net="pocket", source=str(circles / "0-00.png"), device="cpu")
    qtbot.waitUntil(lambda: deepvis.rounds.snapshot is not None, timeout=WAIT_MS)
    assert not view(deepvis).isVisible()
    assert deepvis.panels["teach"].ask() == ()
    strip = deepvis.panels["layers"].view.strip
    assert "Teach a concept…" in [action.text() for action in strip.menu_for(LAYER).actions()]
    deepvis.desk.selection.pick_layer(LAYER)
    deepvis.shell.actions["teach"].trigger()
    assert view(deepvis).isVisible()
    (reader,) = deepvis.panels["teach"].ask()
    assert reader == TeachingReader(LAYER, None)
    deepvis.shell.escape()
    assert not view(deepvis).isVisible()
    assert deepvis.panels["teach"].ask() == ()
    deepvis.shell.actions["teach-inside"].trigger()  # its key opens it as well
    assert view(deepvis).isVisible()
    assert lesson(deepvis).counts() == (0, 0)

    deepvis.desk.options.teaching.close()
    deepvis.desk.sight.workspace = "play"
    deepvis.shell.actions["teach"].trigger()
    assert deepvis.desk.sight.workspace == "watch"
    assert view(deepvis).isVisible()


# Keys


def test_frames_are_taken_while_a_key_is_held(qtbot: QtBot, moving: App) -> None:
    widget = focus(moving)
    qtbot.keyPress(widget, IT)
    hold = moving.desk.options.teaching.hold
    assert hold is not None
    assert hold.is_inside
    assert view(moving).inside.button.isChecked()
    for _ in range(5):  # as a keyboard does with one that is held
        send(widget, QEvent.Type.KeyPress, IT, "3", repeats=True)
        send(widget, QEvent.Type.KeyRelease, IT, "3", repeats=True)
    assert moving.desk.options.teaching.hold is hold
    qtbot.waitUntil(lambda: lesson(moving).counts()[0] >= 3, timeout=WAIT_MS)
    qtbot.keyRelease(widget, IT)
    assert moving.desk.options.teaching.hold is None
    assert not view(moving).inside.button.isChecked()
    qtbot.keyPress(widget, NOT)
    qtbot.waitUntil(lambda: lesson(moving).counts()[1] >= 2, timeout=WAIT_MS)
    qtbot.keyRelease(widget, NOT)
    qtbot.waitUntil(lambda: is_asked_without_a_hold(moving), timeout=WAIT_MS)
    counts = lesson(moving).counts()  # with the frame that was under way
    seen = moving.rounds.snapshot
    qtbot.waitUntil(lambda: moving.rounds.snapshot is not seen, timeout=WAIT_MS)
    assert lesson(moving).counts() == counts

    qtbot.keyPress(widget, IT)  # two at once are the first
    qtbot.keyPress(widget, NOT)
    assert moving.desk.options.teaching.hold is not None
    assert moving.desk.options.teaching.hold.is_inside
    qtbot.keyRelease(widget, NOT)
    assert moving.desk.options.teaching.hold is not None
    qtbot.keyRelease(widget, IT)


def test_a_key_that_is_let_go_at_once_still_takes_a_frame(qtbot: QtBot, opened: App) -> None:
    qtbot.keyClick(focus(opened), IT)
    until_counts(qtbot, opened, 1, 0)
    qtbot.waitUntil(lambda: opened.desk.options.teaching.hold is None, timeout=WAIT_MS)
    qtbot.keyClick(focus(opened), IT)  # the same picture: once
    qtbot.waitUntil(lambda: opened.desk.options.teaching.hold is None, timeout=WAIT_MS)
    assert lesson(opened).counts() == (1, 0)
    qtbot.keyClick(focus(opened), NOT)  # it changes sides
    until_counts(qtbot, opened, 0, 1)


def test_losing_the_focus_or_the_source_ends_it(qtbot: QtBot, moving: App, circles: Path) -> None:
    widget = focus(moving)
    qtbot.keyPress(widget, IT)
    assert moving.desk.options.teaching.hold is not None
    QApplication.instance().focusChanged.emit(widget, None)  # type: ignore[union-attr]
    assert moving.desk.options.teaching.hold is None
    qtbot.keyRelease(widget, IT)
    qtbot.keyPress(widget, NOT)
    assert moving.desk.options.teaching.hold is not None
    moving.desk.options.teaching.close()
    assert moving.desk.options.teaching.hold is None
    qtbot.keyRelease(widget, NOT)

    moving.desk.options.teaching.open(LAYER)  # another source ends it, too
    qtbot.keyPress(focus(moving), IT)
    assert moving.desk.options.teaching.hold is not None
    moving.shell.sources.open(str(circles / "0-00.png"))
    qtbot.waitUntil(lambda: moving.desk.options.teaching.hold is None, timeout=WAIT_MS)
    qtbot.keyRelease(focus(moving), IT)


def test_whoever_types_keeps_the_keys_and_they_can_be_others(qtbot: QtBot, opened: App) -> None:
    name = view(opened).name
    name.setFocus()
    qtbot.keyClicks(name, "34")
    assert name.text() == "34"
    assert opened.desk.options.teaching.name == "34"
    assert opened.desk.options.teaching.hold is None
    opened.window.help.open()
    qtbot.keyPress(opened.window.help, IT)
    assert opened.desk.options.teaching.hold is None
    opened.window.help.close_sheet()

    # They are those of the settings.
    assert view(opened).inside.keys.accessibleName() == "3"
    opened.setting.set("keys", "teach-inside", ["Shift+N"])
    qtbot.waitUntil(lambda: view(opened).inside.keys.accessibleName() == "Shift+N", timeout=WAIT_MS)
    qtbot.keyClick(focus(opened), IT)
    assert opened.desk.options.teaching.hold is None
    qtbot.keyPress(focus(opened), Qt.Key.Key_N, Qt.KeyboardModifier.ShiftModifier)
    assert opened.desk.options.teaching.hold is not None
    qtbot.keyRelease(focus(opened), Qt.Key.Key_N)
    until_counts(qtbot, opened, 1, 0)


def test_in_a_low_window_the_grid_keeps_its_room(
    qtbot: QtBot, opened: App, circles: Path, stripes: Path
) -> None:
    teach(qtbot, opened, circles, stripes)
    opened.window.resize(1000, 900)
    qtbot.waitUntil(view(opened).bar.isVisible, timeout=WAIT_MS)
    opened.window.resize(1000, 700)
    pane = opened.panels["grid"].view.panes[0]
    qtbot.waitUntil(lambda: not view(opened).bar.isVisible(), timeout=WAIT_MS)
    qtbot.waitUntil(lambda: pane.canvas.height() >= 64, timeout=WAIT_MS)
    qtbot.waitUntil(
        lambda: pane.canvas.geometry().bottom() < pane.colours.geometry().top(), timeout=WAIT_MS
    )


# The mouse


def test_the_buttons_are_held_as_well(qtbot: QtBot, moving: App) -> None:
    button = view(moving).outside.button
    qtbot.mousePress(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: lesson(moving).counts()[1] >= 2, timeout=WAIT_MS)
    assert moving.desk.options.teaching.hold is not None
    qtbot.mouseRelease(button, Qt.MouseButton.LeftButton)
    assert moving.desk.options.teaching.hold is None
    assert not button.isChecked()


def test_a_picture_is_taken_away_and_comes_back(
    qtbot: QtBot, opened: App, circles: Path, stripes: Path
) -> None:
    teach(qtbot, opened, circles, stripes)
    wall = view(opened).inside.wall
    assert wall.count() == 12
    (first, *_) = lesson(opened).side(is_inside=True)
    qtbot.mouseClick(wall, Qt.MouseButton.LeftButton, pos=wall.cell_rect(0).center().toPoint())
    assert lesson(opened).counts() == (11, 12)
    assert first.id not in [one.id for one in lesson(opened).side(is_inside=True)]
    assert wall.count() == 11
    wall.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(wall, Qt.Key.Key_Right)
    qtbot.keyClick(wall, Qt.Key.Key_Delete)
    assert lesson(opened).counts() == (10, 12)
    assert opened.desk.notices.undo()
    assert opened.desk.notices.undo()
    assert lesson(opened).counts() == (12, 12)
    view(opened).clear.click()
    assert lesson(opened).counts() == (0, 0)
    assert lesson(opened).concept is None
    assert opened.desk.notices.undo()
    until_learnt(qtbot, opened, 12, 12)


# Folders, and what is said


def test_two_folders_teach_it_and_it_is_kept_as_a_layer(
    qtbot: QtBot, opened: App, circles: Path, stripes: Path
) -> None:
    assert not view(opened).keep.isEnabled()
    assert "10" in view(opened)._nothing.text() or view(opened)._middle.currentIndex() == 0
    teach(qtbot, opened, circles, stripes)
    shown, concept = view(opened), lesson(opened).concept
    assert concept is not None
    assert concept.judged is not None
    qtbot.waitUntil(lambda: shown._verdict.text() == "Better than chance", timeout=WAIT_MS)
    assert f"Held out {concept.judged.accuracy:.0%}" in shown._accuracy.text()
    assert f"near unit {concept.nearest}" in shown._facts.text()
    assert shown.inside.count.text() == shown.outside.count.text() == "12"
    assert shown.name.text() == "circles"  # as the folder
    qtbot.waitUntil(lambda: "this is it" in shown._score.text(), timeout=WAIT_MS)

    shown.name.setText("round things")
    shown.name.textEdited.emit("round things")
    shown.keep.click()
    qtbot.waitUntil(lambda: "~round-things-" in opened.desk.selection.layer, timeout=WAIT_MS)
    layer = opened.desk.selection.layer
    (kept,) = DirectionsShelf().all()
    directions, about = read_directions(kept.path)
    assert directions.names == ("round things",)
    assert "12 pictures of it and 12 of others" in about.made
    assert lesson(opened).counts() == (12, 12)  # it is the same network

    def reading():
        snapshot = opened.rounds.snapshot
        found = None if snapshot is None else snapshot.first(UnitReader)
        return found if found is not None and found.unit.layer == layer else None

    qtbot.waitUntil(lambda: reading() is not None, timeout=WAIT_MS)
    network = load_network("pocket")
    x = network.prepare(picture(0, 0))[None]
    code = network.activations(x, [LAYER])[LAYER][0].mean((1, 2)).numpy()
    by_hand = float(concept.scores(code[None])[0])
    assert reading().mean == pytest.approx(by_hand, abs=2e-3)  # the live trace is its score
    assert by_hand > 0
    said = float(view(opened)._score.text().split(" ")[0].replace("−", "-"))
    assert said == pytest.approx(by_hand, abs=0.02)
    samples = len(view(opened).trace._samples)  # the picture rests, its trace goes on
    qtbot.waitUntil(lambda: len(view(opened).trace._samples) > samples + 2, timeout=WAIT_MS)
    opened.desk.options.teaching.open(layer)  # of directions the layer that they read is taught
    assert opened.desk.options.teaching.layer == LAYER
    assert lesson(opened).concept is not None


def test_other_layers_are_compared_and_one_is_turned_to(
    qtbot: QtBot, opened: App, circles: Path, stripes: Path
) -> None:
    teach(qtbot, opened, circles, stripes)
    count = len(load_network("pocket").layers)
    qtbot.waitUntil(lambda: len(lesson(opened).accuracies) == count, timeout=WAIT_MS)
    view(opened).profile.picked.emit("relu2b")
    assert opened.desk.options.teaching.layer == "relu2b"
    until_learnt(qtbot, opened, 12, 12)
    concept = lesson(opened).concept
    assert concept is not None
    assert len(concept.weight) == load_network("pocket").layer("relu2b").unit_count
    qtbot.waitUntil(
        lambda: (
            getattr(asked(opened), "layer", "") == "relu2b" and bool(view(opened).trace._samples)
        ),
        timeout=WAIT_MS,
    )


def test_what_means_nothing_is_said_to_be_no_better_than_chance(
    qtbot: QtBot, opened: App, tmp_path: Path
) -> None:
    one, other = folder(tmp_path / "one", 1), folder(tmp_path / "other", 1, first=12)
    opened.desk.options.teaching.layer = "relu5"
    teach(qtbot, opened, one, other)
    qtbot.waitUntil(
        lambda: "Not better than chance" in view(opened)._verdict.text(), timeout=WAIT_MS
    )
    assert view(opened)._verdict.property("role") == "detail"


def test_what_cannot_be_is_said(qtbot: QtBot, opened: App, circles: Path, tmp_path: Path) -> None:
    said: list[str] = []
    opened.desk.notices.say = lambda text, seconds=5.0: said.append(text)  # type: ignore[method-assign]
    opened.desk.options.teaching.teach_from_ids(LAYER, [1, 2, 3])
    assert "scan a folder first" in said[-1]
    (tmp_path / "empty").mkdir()
    view(opened).inside.folder_chosen.emit(tmp_path / "empty")
    qtbot.waitUntil(lambda: "no pictures" in banner(opened, "teach-pictures"), timeout=WAIT_MS)
    assert lesson(opened).counts() == (0, 0)
    view(opened).inside.folder_chosen.emit(circles)
    view(opened).outside.folder_chosen.emit(folder(tmp_path / "few", 4, count=4))
    until_counts(qtbot, opened, 12, 4)
    qtbot.waitUntil(lambda: view(opened).outside.count.text() == f"4 of {LEAST}", timeout=WAIT_MS)
    assert not view(opened).keep.isEnabled()
    presenter(opened).keep()
    assert DirectionsShelf().all() == []
    view(opened).outside.folder_chosen.emit(circles)
    until_counts(qtbot, opened, 0, 16)
    words = "12 pictures were on the other side: each teaches where it came last"
    qtbot.waitUntil(lambda: words in said, timeout=WAIT_MS)
    qtbot.keyClick(focus(opened), IT)
    until_counts(qtbot, opened, 1, 15)
    assert said[-1] == words  # a key is meant


# Other networks, and the corpus


def test_another_network_knows_nothing_of_it(
    qtbot: QtBot, opened: App, circles: Path, stripes: Path
) -> None:
    teach(qtbot, opened, circles, stripes)
    before = opened.rounds.network
    opened.desk.engine.set_network(small_network())
    qtbot.waitUntil(lambda: opened.rounds.network is not before, timeout=WAIT_MS)
    assert lesson(opened).counts() == (0, 0)
    assert opened.desk.options.teaching.layer in [
        info.name for info in opened.rounds.network.layers
    ]
    qtbot.waitUntil(lambda: asked(opened) is not None, timeout=WAIT_MS)
    qtbot.keyClick(focus(opened), IT)
    until_counts(qtbot, opened, 1, 0)


def test_pictures_of_the_corpus_teach_it(
    qtbot: QtBot, start: Start, circles: Path, stripes: Path, tmp_path: Path
) -> None:
    pictures = tmp_path / "pictures"
    for below in (circles, stripes):
        below.rename(folder(pictures, 5, count=0) / below.name)
    folder(pictures / "bars", 4)
    network = load_network("pocket")
    corpus = scan(network, pictures, out=default_folder() / "drawn", layers=[LAYER])
    ids = {name: int(one) for name, one in zip(corpus.plan.names, corpus.plan.ids, strict=True)}
    inside = [one for name, one in ids.items() if name.startswith("circles")]
    outside = [one for name, one in ids.items() if name.startswith("stripes")]
    deepvis = start(net="pocket", source=str(pictures / "bars" / "4-00.png"), device="cpu")
    qtbot.waitUntil(lambda: deepvis.rounds.snapshot is not None, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: deepvis.desk.kept.corpora.present is not None, timeout=WAIT_MS)
    deepvis.desk.sight.workspace = "map"
    teaching = deepvis.desk.options.teaching
    teaching.teach_from_ids(LAYER, inside, outside)
    assert deepvis.desk.sight.workspace == "watch"
    until_learnt(qtbot, deepvis, 12, 12)
    names = {one.name for one in lesson(deepvis).side(is_inside=True)}
    assert names == {f"0-{number:02}.png" for number in range(12)}

    deepvis.desk.options.map.layer = LAYER
    deepvis.desk.options.map.select(inside)
    deepvis.panels["map"].view.foot.save_chosen.emit("teach")  # from others, by chance
    until_learnt(qtbot, deepvis, 12, 20)
    others = {one.name[0] for one in lesson(deepvis).side(is_inside=False)}
    assert others == {"3", "4"}
    concept = lesson(deepvis).concept
    assert concept is not None
    assert concept.judged is not None
    assert concept.judged.is_better
    assert np.isfinite(concept.weight).all()
