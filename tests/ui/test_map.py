"""The workspace Map in the real window with a small network."""

from __future__ import annotations

import csv
import shutil
import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from PIL import Image
from PyQt6.QtCore import QEvent, QPoint, QPointF, Qt
from PyQt6.QtGui import QMouseEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication

from deepvis_app.corpus import load_corpus, scan
from deepvis_app.corpus.codes import codes_of
from deepvis_app.corpus.map.embedding import embed_codes
from deepvis_app.corpus.map.placement import NEAREST
from deepvis_app.corpus.map.selecting import inside, shared_units
from deepvis_app.corpus.map.settings import MapSettings
from deepvis_app.engine.jobs.kinds import embedding
from deepvis_app.engine.kept.corpora import Corpora, default_folder
from deepvis_app.engine.kept.directions import DirectionsShelf
from deepvis_app.engine.readers import PlaceReader
from deepvis_app.nets import Directions
from deepvis_app.pieces import finished
from deepvis_app.state.map import MapColour, MapMethod, MapTool, MapView
from deepvis_app.ui.panels.map.living import STRIP_S
from tests.ui.small import WAIT_MS, at_rest, small_network

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from deepvis_app.corpus import Corpus
    from deepvis_app.ui.app import App
    from deepvis_app.ui.panel import Tick
    from deepvis_app.ui.panels.map.panel import MapPanel

    Start = Callable[..., App]

COUNT, LAYER, OUTPUT = 40, "relu2", "logits"
CLASSES = ("cat", "dog", "fox")


def draw(path: Path, seed: int) -> None:
    """Write a picture with a few coloured discs."""
    numbers = np.random.default_rng(seed)
    rows, columns = np.mgrid[:60, :80]
    image = np.full((60, 80, 3), numbers.integers(0, 256, 3), np.uint8)
    for _ in range(4):
        top, left = numbers.integers(0, 60), numbers.integers(0, 80)
        radius = 5 + 10 * numbers.random()
        image[(rows - top) ** 2 + (columns - left) ** 2 < radius**2] = numbers.integers(0, 256, 3)
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(image).save(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "drawn"
    folder.mkdir()
    for number in range(COUNT):
        draw(folder / CLASSES[number % 3] / f"{number:02}.png", number)
    return folder


@pytest.fixture
def corpus(folder: Path, private_folders: None) -> Corpus:
    network = small_network()
    path = Corpora(default_folder()).path_for(network.fingerprint, str(folder))
    return scan(network, folder, out=path, name="drawn", layers=["conv2", LAYER, OUTPUT])


def opened(qtbot: QtBot, start: Start, tmp_path: Path, layer: str = LAYER) -> tuple[App, MapPanel]:
    """Open the map at a unit of a layer, with a picture at rest as the input."""
    deepvis = at_rest(qtbot, start, tmp_path, small_network())
    deepvis.desk.selection.pick_unit(3, layer)
    deepvis.shell.actions["workspace-map"].trigger()
    panel: MapPanel = deepvis.panels["map"]
    return deepvis, panel


def laid_out(qtbot: QtBot, deepvis: App) -> None:
    maps = deepvis.desk.kept.maps
    qtbot.waitUntil(
        lambda: maps.found is not None and maps.is_current and maps.found.is_final,
        timeout=WAIT_MS,
    )


def test_the_map_grows_is_kept_and_the_frame_is_placed(
    qtbot: QtBot, start: Start, tmp_path: Path, corpus: Corpus
) -> None:
    deepvis, panel = opened(qtbot, start, tmp_path)
    view, maps = panel.view, deepvis.desk.kept.maps
    qtbot.waitUntil(lambda: maps.found is not None, timeout=WAIT_MS)
    assert not view.is_empty()
    laid_out(qtbot, deepvis)
    codes = codes_of(corpus, LAYER)
    truth = embed_codes(codes, MapSettings())
    np.testing.assert_array_equal(maps.found.points, truth.points)
    qtbot.waitUntil(lambda: not panel.presenter.laying.is_going, timeout=WAIT_MS)
    assert view.head.words() == f"{COUNT} pictures, 12 numbers each · t-SNE"
    living = panel.presenter.living
    qtbot.waitUntil(
        lambda: deepvis.rounds.snapshot.of(living.ask()[0]) is not None, timeout=WAIT_MS
    )
    snapshot = deepvis.rounds.snapshot
    network = small_network()
    x = network.normalise(snapshot.picture)[None]
    code = network.activations(x, [LAYER])[LAYER][0].amax((1, 2)).numpy()
    placed = truth.placed(code.astype(np.float16))
    reading = snapshot.of(living.ask()[0])
    np.testing.assert_array_equal(reading.placed.nearest, placed.nearest)
    np.testing.assert_allclose(reading.placed.point, placed.point, atol=1e-5)
    qtbot.waitUntil(
        lambda: all(cell.picture is not None for cell in view.foot.near.cells()), timeout=WAIT_MS
    )
    assert view.foot.near.cells()[0].words == f"{placed.distances[0]:.2f}"
    assert len(living.nearest) <= NEAREST
    qtbot.waitUntil(lambda: not len(view.canvas.wanted()), timeout=WAIT_MS)
    assert len(view.canvas.thumbnails())


def test_frames_are_placed_on_where_directions_come_and_go(
    qtbot: QtBot, start: Start, tmp_path: Path, corpus: Corpus, folder: Path
) -> None:
    """The network is another one then, with the same map."""
    plain, shelf, directions = small_network(), DirectionsShelf(), Directions(torch.eye(12)[:3])
    kept = shelf.keep(plain, LAYER, directions, "own")
    directed, _ = shelf.put_on(plain)
    own = directed.directed[0].full_name
    shelf.remove(kept.path)
    path = Corpora(default_folder()).path_for(directed.fingerprint, str(folder), layers=[own])
    scan(directed, folder, out=path, name="directed", layers=[own, LAYER])
    deepvis, panel = opened(qtbot, start, tmp_path)
    engine, options = deepvis.desk.engine, deepvis.desk.options.map
    options.method = MapMethod.PCA
    laid_out(qtbot, deepvis)
    living, near = panel.presenter.living, panel.view.foot.near

    def names() -> list[str]:
        return [info.name for info in deepvis.rounds.network.layers]

    def placed() -> None:
        qtbot.waitUntil(lambda: len(near.cells()) > 0 and len(living.ask()) > 0, timeout=WAIT_MS)
        reader = living.ask()[0]
        qtbot.waitUntil(lambda: deepvis.rounds.snapshot.of(reader) is not None, timeout=WAIT_MS)

    placed()
    engine.directions.keep(plain, LAYER, directions, "own")
    engine.put_directions()
    qtbot.waitUntil(lambda: own in names(), timeout=WAIT_MS)
    placed()
    deepvis.desk.kept.corpora.choose(path)
    options.layer = own
    laid_out(qtbot, deepvis)
    placed()
    engine.directions.remove(kept.path)
    engine.put_directions()
    qtbot.waitUntil(lambda: own not in names(), timeout=WAIT_MS)
    told = panel.view.foot._near_names
    qtbot.waitUntil(lambda: told.text().startswith("No frame is placed"), timeout=WAIT_MS)
    assert living.ask() == ()


def test_a_picture_of_the_map_is_left_out_of_its_own_neighbours(
    qtbot: QtBot, start: Start, tmp_path: Path, corpus: Corpus
) -> None:
    deepvis, panel = opened(qtbot, start, tmp_path)
    deepvis.desk.options.map.method = MapMethod.PCA  # is there at once
    laid_out(qtbot, deepvis)
    facts, place = deepvis.desk.kept.maps.found, 17
    panel.presenter.choosing.use(place)
    title = facts.path(place).name
    qtbot.waitUntil(lambda: deepvis.rounds.snapshot.frame.title == title, timeout=WAIT_MS)
    living = panel.presenter.living
    qtbot.waitUntil(
        lambda: (
            (reading := living._reading) is not None
            and living.ask()[0].without == place
            and place not in reading.placed.nearest
        ),
        timeout=WAIT_MS,
    )
    assert deepvis.desk.options.view.fit is None
    assert not deepvis.desk.options.view.mirror
    own = facts.codes.values.astype(np.float64)
    own /= np.linalg.norm(own, axis=1, keepdims=True)
    away = 1 - own @ own[place]
    away[place] = np.inf
    np.testing.assert_allclose(living._reading.placed.distances[0], away.min(), atol=1e-3)


def test_of_frames_in_quick_succession_the_last_one_s_neighbours_are_shown(
    qtbot: QtBot, start: Start, tmp_path: Path, corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The strip changes slowly enough to be read; behind a picture at rest no frame follows."""
    deepvis, panel = opened(qtbot, start, tmp_path)
    deepvis.desk.options.map.method = MapMethod.PCA
    laid_out(qtbot, deepvis)
    living, rounds = panel.presenter.living, deepvis.rounds
    qtbot.waitUntil(
        lambda: bool(living.ask()) and rounds.snapshot.of(living.ask()[0]) is not None,
        timeout=WAIT_MS,
    )
    shown: list[None] = []
    monkeypatch.setattr(living, "show_nearest", lambda: shown.append(None))
    points, now_s = deepvis.desk.kept.maps.found.points, living._shown_s + 100
    living.show(rounds.snapshot, points, now_s)
    assert len(shown) == 1
    living.show(rounds.snapshot, points, now_s + STRIP_S / 2)
    assert len(shown) == 1
    living.settle(now_s + 1.1 * STRIP_S)
    living.settle(now_s + 3 * STRIP_S)
    assert len(shown) == 2


def drag(view, corners: np.ndarray, keys=Qt.KeyboardModifier.NoModifier) -> None:
    """Drag the pointer over a widget from corner to corner (K, 2), in logical pixels."""
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    kinds = [QEvent.Type.MouseButtonPress, *[QEvent.Type.MouseMove] * (len(corners) - 1)]
    for kind, (x, y) in zip(kinds, corners.tolist(), strict=True):
        button = left if kind == QEvent.Type.MouseButtonPress else none
        event = QMouseEvent(kind, QPointF(x, y), QPointF(x, y), button, left, keys)
        QApplication.sendEvent(view, event)
    end = QPointF(*corners[-1].tolist())
    QApplication.sendEvent(
        view, QMouseEvent(QEvent.Type.MouseButtonRelease, end, end, left, none, keys)
    )


def test_a_lasso_tells_which_pictures_are_chosen_and_which_units_they_share(
    qtbot: QtBot, start: Start, tmp_path: Path, corpus: Corpus
) -> None:
    deepvis, panel = opened(qtbot, start, tmp_path)
    options, view = deepvis.desk.options.map, panel.view
    options.method = MapMethod.PCA
    laid_out(qtbot, deepvis)
    assert view.foot.hint()
    deepvis.shell.actions["map-tool"].trigger()
    assert options.tool is MapTool.LASSO
    qtbot.waitUntil(lambda: view.head.tool.current() == "lasso", timeout=WAIT_MS)
    facts = deepvis.desk.kept.maps.found
    middle = np.median(facts.points, 0)
    angles = np.linspace(0, 2 * np.pi, 24)
    outline = middle + 0.45 * np.stack([np.cos(angles), np.sin(angles)], 1)
    drag(view.canvas, view.canvas.to_screen(outline))
    choosing = panel.presenter.choosing
    qtbot.waitUntil(lambda: len(choosing.places) > 0, timeout=WAIT_MS)
    expected = np.flatnonzero(inside(facts.points, [tuple(c) for c in outline.tolist()]))
    found = np.sort(choosing.places)
    assert len(set(found.tolist()) ^ set(expected.tolist())) <= 2  # a pixel at the line
    assert options.selection == set(facts.ids(found))
    shared = shared_units(facts.codes, found)
    chips = view.foot.units.buttons()
    assert chips[0].text() == f"{shared[0].unit} +{shared[0].deviations:.1f}σ"
    qtbot.waitUntil(lambda: not view.foot.units.buttons()[0].icon().isNull(), timeout=WAIT_MS)
    chips[0].click()
    assert deepvis.desk.selection.as_unit().index == shared[0].unit
    deepvis.desk.selection.pick_unit(0, "conv2")  # another layer's map: they stay chosen
    laid_out(qtbot, deepvis)
    qtbot.waitUntil(lambda: len(choosing.places) == len(found), timeout=WAIT_MS)
    other = deepvis.desk.kept.maps.found
    assert set(other.ids(choosing.places)) == options.selection
    view.canvas.setFocus()
    deepvis.shell.actions["reset"].trigger()
    assert options.selection == frozenset()
    qtbot.waitUntil(lambda: bool(view.foot.hint()), timeout=WAIT_MS)


def test_it_is_all_done_by_keys(qtbot: QtBot, start: Start, tmp_path: Path, corpus: Corpus) -> None:
    deepvis, panel = opened(qtbot, start, tmp_path)
    options, view, canvas = deepvis.desk.options.map, panel.view, panel.view.canvas
    options.method = MapMethod.PCA
    laid_out(qtbot, deepvis)
    facts = deepvis.desk.kept.maps.found
    canvas.setFocus()
    QTest.keyClick(canvas, Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: len(options.selection) == 1, timeout=WAIT_MS)
    (picture,) = options.selection
    place = int(facts.codes.where([picture])[0])
    QTest.keyClick(canvas, Qt.Key.Key_Return)
    title = facts.path(place).name
    qtbot.waitUntil(lambda: deepvis.rounds.snapshot.frame.title == title, timeout=WAIT_MS)
    deepvis.shell.actions["map-find"].trigger()
    assert deepvis.window.focusWidget() is view.head.finder
    QTest.keyClicks(view.head.finder, "fox")
    foxes = [n for n in range(COUNT) if facts.class_of(n) == "fox"]
    qtbot.waitUntil(lambda: panel.presenter.choosing.found.tolist() == foxes, timeout=WAIT_MS)
    QTest.keyClick(view.head.finder, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: len(panel.presenter.choosing.places) == len(foxes), timeout=WAIT_MS)
    assert options.selection == set(facts.ids(np.array(foxes)))


def test_colours_follow_what_they_are_to_mean(
    qtbot: QtBot, start: Start, tmp_path: Path, corpus: Corpus
) -> None:
    deepvis, panel = opened(qtbot, start, tmp_path)
    options, legend = deepvis.desk.options.map, panel.view.legend
    options.method = MapMethod.PCA
    laid_out(qtbot, deepvis)
    qtbot.waitUntil(lambda: len(legend.keys.told()) == 3, timeout=WAIT_MS)
    assert {key.name for key in legend.keys.told()} == set(CLASSES)
    deepvis.shell.actions["map-colour"].trigger()
    assert options.colour is MapColour.PREDICTION
    best = codes_of(corpus, OUTPUT).values.argmax(1)
    names = {f"class {number}" for number in best.tolist()}
    qtbot.waitUntil(lambda: {key.name for key in legend.keys.told()} == names, timeout=WAIT_MS)
    now = deepvis.panels["now"].view.over_map
    qtbot.waitUntil(lambda: now.button.isVisible(), timeout=WAIT_MS)
    now.button.click()
    assert options.colour is MapColour.UNIT
    qtbot.waitUntil(lambda: legend.bar.isVisible(), timeout=WAIT_MS)
    highest = float(codes_of(corpus, LAYER).values[:, 3].max())
    assert legend.bar.span == pytest.approx((0, highest))
    assert now.bar.span == legend.bar.span
    deepvis.shell.actions["workspace-watch"].trigger()
    qtbot.waitUntil(lambda: not now.isVisible(), timeout=WAIT_MS)


def test_each_picture_gets_a_cell_and_its_place_back(
    qtbot: QtBot, start: Start, tmp_path: Path, corpus: Corpus
) -> None:
    deepvis, panel = opened(qtbot, start, tmp_path)
    deepvis.desk.options.map.method = MapMethod.PCA
    laid_out(qtbot, deepvis)
    presenter, facts = panel.presenter, deepvis.desk.kept.maps.found
    canvas = panel.view.canvas
    qtbot.waitUntil(lambda: presenter._points is facts.points, timeout=WAIT_MS)
    canvas.zoom(4)
    deepvis.shell.actions["map-grid"].trigger()
    assert deepvis.desk.options.map.view is MapView.GRID
    qtbot.waitUntil(lambda: presenter._points is not facts.points, timeout=WAIT_MS)
    assert len(np.unique(presenter._points, axis=0)) == COUNT
    assert canvas.state() is None  # all of them are seen, whatever part of the map was
    canvas.zoom(4)
    looked = canvas.state()
    qtbot.waitUntil(lambda: not canvas.is_moving, timeout=WAIT_MS)
    assert canvas.state() == looked
    deepvis.shell.actions["map-grid"].trigger()
    qtbot.waitUntil(lambda: presenter._points is facts.points, timeout=WAIT_MS)
    assert canvas.state() is None


def test_pictures_stay_where_they_are_while_a_line_is_drawn_around_them(
    qtbot: QtBot, start: Start, tmp_path: Path, corpus: Corpus
) -> None:
    deepvis, panel = opened(qtbot, start, tmp_path)
    options, canvas, maps = deepvis.desk.options.map, panel.view.canvas, deepvis.desk.kept.maps
    options.method, options.tool = MapMethod.PCA, MapTool.LASSO
    laid_out(qtbot, deepvis)
    presenter, facts = panel.presenter, maps.found
    qtbot.waitUntil(lambda: presenter._points is facts.points, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: canvas._hand.encircles, timeout=WAIT_MS)
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=QPoint(20, 20))
    options.view = MapView.GRID
    aspect = panel.view.aspect
    qtbot.waitUntil(lambda: maps.grid(facts, aspect) is not None, timeout=WAIT_MS)
    rounds, tick = [], panel.tick
    panel.tick = lambda told: (rounds.append(told), tick(told))[1]  # type: ignore[method-assign]
    deepvis.desk.sight.move()
    qtbot.waitUntil(lambda: len(rounds) > 5, timeout=WAIT_MS)
    assert canvas.is_held
    assert presenter._points is facts.points
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=QPoint(20, 20))
    qtbot.waitUntil(lambda: presenter._points is not facts.points, timeout=WAIT_MS)


def test_a_stopped_map_leaves_principal_components_and_is_begun_again(
    qtbot: QtBot, start: Start, tmp_path: Path, corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    goes, real = threading.Event(), embedding.embed_steps

    def held(*words: object):
        for number, laid in enumerate(steps := real(*words)):
            yield laid
            if number == 3:
                goes.wait()
        return finished(steps)

    monkeypatch.setattr(embedding, "embed_steps", held)
    deepvis, panel = opened(qtbot, start, tmp_path)
    head, laying = panel.view.head, panel.presenter.laying
    qtbot.waitUntil(lambda: laying.is_going and head.stop.isVisible(), timeout=WAIT_MS)
    head.stop.click()
    qtbot.waitUntil(lambda: head.again.isVisible(), timeout=WAIT_MS)
    assert not deepvis.desk.kept.maps.found.is_final
    assert "PCA" in head.words()
    monkeypatch.setattr(embedding, "embed_steps", real)
    goes.set()
    head.again.click()
    laid_out(qtbot, deepvis)


def test_where_nothing_is_scanned_a_folder_is_offered_and_becomes_a_map(
    qtbot: QtBot, start: Start, tmp_path: Path, folder: Path, monkeypatch
) -> None:
    deepvis, panel = opened(qtbot, start, tmp_path)
    view = panel.view
    qtbot.waitUntil(lambda: bool(view.empty.buttons()), timeout=WAIT_MS)
    assert view.is_empty()
    assert view.empty.text() == "No pictures scanned for this network"
    monkeypatch.setattr(view, "choose_folder", lambda: view.folder_chosen.emit(str(folder)))
    view.empty.buttons()[0].click()
    qtbot.waitUntil(lambda: not view.is_empty(), timeout=WAIT_MS)
    laid_out(qtbot, deepvis)
    assert len(deepvis.desk.kept.maps.found) == COUNT
    deepvis.desk.options.map.layer = "nowhere"
    qtbot.waitUntil(view.is_empty, timeout=WAIT_MS)
    assert "nowhere was not scanned" in view.empty.text()
    view.empty.buttons()[0].click()
    qtbot.waitUntil(lambda: not view.is_empty(), timeout=WAIT_MS)


def test_nothing_is_asked_while_the_page_is_shut(
    qtbot: QtBot, start: Start, tmp_path: Path, corpus: Corpus
) -> None:
    deepvis, _ = opened(qtbot, start, tmp_path)
    deepvis.desk.options.map.method = MapMethod.PCA
    laid_out(qtbot, deepvis)
    rounds = deepvis.rounds
    qtbot.waitUntil(lambda: rounds.snapshot.first(PlaceReader) is not None, timeout=WAIT_MS)
    deepvis.shell.actions["workspace-watch"].trigger()
    qtbot.waitUntil(lambda: rounds.snapshot.first(PlaceReader) is None, timeout=WAIT_MS)
    asked = [reader for reader in deepvis.panels.ask() if isinstance(reader, PlaceReader)]
    assert asked == []


def test_a_map_whose_scan_others_remove_goes_and_that_is_said(
    qtbot: QtBot, start: Start, tmp_path: Path, corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    deepvis, panel = opened(qtbot, start, tmp_path)
    deepvis.desk.options.map.method = MapMethod.PCA
    laid_out(qtbot, deepvis)
    said: list[str] = []
    monkeypatch.setattr(deepvis.desk.notices, "say", said.append)
    shutil.rmtree(corpus.path)
    qtbot.waitUntil(
        lambda: panel.view.empty.text() == "No pictures scanned for this network", timeout=WAIT_MS
    )
    assert panel.view.is_empty()
    assert said == ["The scan drawn is not there any more, and so its map is gone"]


def test_of_a_picture_that_has_changed_since_that_is_said(
    qtbot: QtBot, start: Start, tmp_path: Path, corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    deepvis, panel = opened(qtbot, start, tmp_path)
    deepvis.desk.options.map.method = MapMethod.PCA
    laid_out(qtbot, deepvis)
    facts, living = deepvis.desk.kept.maps.found, panel.presenter.living
    said: list[str] = []
    monkeypatch.setattr(deepvis.desk.notices, "say", said.append)

    def shown(place: int) -> None:
        title = facts.path(place).name
        qtbot.waitUntil(lambda: deepvis.rounds.snapshot.frame.title == title, timeout=WAIT_MS)
        qtbot.waitUntil(lambda: panel.presenter.checking._asked is None, timeout=WAIT_MS)

    panel.view.canvas.activated.emit(16)
    shown(16)
    assert said == []  # it is as it was
    draw(facts.path(17), 1000)
    panel.view.canvas.activated.emit(17)
    shown(17)
    assert said.pop().startswith(f"{facts.path(17).name} has changed since it was scanned")
    qtbot.waitUntil(lambda: len(living.nearest) > 0, timeout=WAIT_MS)
    place = int(living.nearest[0])
    draw(facts.path(place), 1001)
    panel.view.foot.near.used.emit(0)
    shown(place)
    assert said.pop().startswith(f"{facts.path(place).name} has changed since it was scanned")


def test_map_and_chosen_pictures_are_saved(
    qtbot: QtBot, start: Start, tmp_path: Path, corpus: Corpus
) -> None:
    deepvis, panel = opened(qtbot, start, tmp_path)
    options = deepvis.desk.options.map
    options.method = MapMethod.PCA
    laid_out(qtbot, deepvis)
    saved, facts = tmp_path / "pictures", deepvis.desk.kept.maps.found
    deepvis.shell.actions["map-save"].trigger()
    (picture,) = saved.glob("*map*.png")
    canvas = panel.view.canvas
    with Image.open(picture) as image:
        assert image.width >= 2 * canvas.width()
    options.select(facts.ids(np.array([4, 9])))
    qtbot.waitUntil(lambda: len(panel.presenter.choosing.places) == 2, timeout=WAIT_MS)
    deepvis.shell.actions["map-table"].trigger()
    qtbot.waitUntil(lambda: bool([*saved.glob("*.csv")]), timeout=WAIT_MS)
    (table,) = saved.glob("*.csv")
    rows = list(csv.reader(table.read_text().splitlines()))
    assert [row[1] for row in rows[1:]] == [str(facts.path(4)), str(facts.path(9))]


def test_how_it_was_looked_at_comes_back(
    qtbot: QtBot, start: Start, tmp_path: Path, corpus: Corpus
) -> None:
    deepvis, panel = opened(qtbot, start, tmp_path)
    options = deepvis.desk.options.map
    options.method, options.colour, options.layer = MapMethod.PCA, MapColour.UNIT, "conv2"
    laid_out(qtbot, deepvis)
    ids = deepvis.desk.kept.maps.found.ids(np.array([1, 2, 3]))
    options.select(ids)
    panel.view.ask_name = lambda usual: "three"  # type: ignore[method-assign]
    deepvis.shell.actions["map-keep"].trigger()
    panel.view.canvas.zoom(2, QPointF(40, 50))
    looked = panel.view.canvas.state()
    assert looked is not None
    deepvis.window.close()
    restarted = start(keep_session=True, net="pocket", device="cpu")
    assert restarted.desk.sight.workspace == "map"
    again = restarted.desk.options.map
    assert again.looked == pytest.approx(looked)
    assert (again.method, again.colour, again.layer) == (MapMethod.PCA, MapColour.UNIT, "conv2")
    assert again.selection == set(ids)
    assert [(one.name, one.ids) for one in again.saved] == [("three", set(ids))]
    assert load_corpus(corpus.path).name == "drawn"


def test_the_part_that_was_looked_at_is_shown_again_until_there_is_another_map(
    qtbot: QtBot, start: Start, tmp_path: Path, corpus: Corpus
) -> None:
    deepvis, panel = opened(qtbot, start, tmp_path)
    options, canvas = deepvis.desk.options.map, panel.view.canvas
    options.method, options.looked = MapMethod.PCA, (0.25, -0.125, 3.0)
    laid_out(qtbot, deepvis)
    assert canvas.state() == (0.25, -0.125, 3.0)
    options.view = MapView.GRID
    qtbot.waitUntil(lambda: canvas.state() is None, timeout=WAIT_MS)
    assert options.looked is None


def test_a_map_that_rests_is_not_drawn_again(
    qtbot: QtBot, start: Start, tmp_path: Path, corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    deepvis, panel = opened(qtbot, start, tmp_path)
    deepvis.desk.options.map.method = MapMethod.PCA
    laid_out(qtbot, deepvis)
    drawn: list[int] = []  # which drawing of the map there was in each round
    tick = panel.tick

    def counted(told: Tick) -> None:
        tick(told)
        drawn.append(panel.view.canvas._scene.version)

    monkeypatch.setattr(panel, "tick", counted)
    qtbot.waitUntil(lambda: len(drawn) > 20 and len({*drawn[-20:]}) == 1, timeout=20_000)


def test_the_picture_under_the_pointer_is_shown_larger(
    qtbot: QtBot, start: Start, tmp_path: Path, corpus: Corpus
) -> None:
    deepvis, panel = opened(qtbot, start, tmp_path)
    deepvis.desk.options.map.method = MapMethod.PCA
    laid_out(qtbot, deepvis)
    facts, canvas = deepvis.desk.kept.maps.found, panel.view.canvas
    canvas.hovered.emit(4)
    card, image = canvas.card, np.asarray(Image.open(facts.path(4)))
    assert card.isVisible()
    assert card.words() == (facts.class_of(4), facts.path(4).name)
    larger = panel.presenter.choosing._larger
    qtbot.waitUntil(lambda: larger.value is not None, timeout=WAIT_MS)
    np.testing.assert_array_equal(larger.value, image)
    seen = card.grab().toImage()
    facts.path(9).unlink()
    canvas.hovered.emit(9)
    qtbot.waitUntil(lambda: larger.of == (facts.of, 9), timeout=WAIT_MS)
    assert larger.value is None
    assert card.grab().toImage() != seen
    canvas.hovered.emit(-1)
    assert not card.isVisible()
