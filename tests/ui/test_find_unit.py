"""Finding a unit in the window: what is asked while the popup is open, and what is picked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from PyQt6.QtCore import Qt

from deepvis_app.corpus import load_corpus, scan
from deepvis_app.corpus.finding import by_class, by_picture, by_response, by_weights
from deepvis_app.engine.kept.corpora import default_folder
from deepvis_app.engine.readers import MaximaReader
from deepvis_app.nets import Network, Unit, load_network
from deepvis_app.state.unit_table import Scope
from deepvis_app.ui.panels.grid.find.presenter import NO_CORPUS, Likeness, Way
from tests.drawn import draw, picture
from tests.ui.looking import WAIT_MS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from deepvis_app.corpus import Corpus
    from deepvis_app.corpus.finding import Finding
    from deepvis_app.ui.app import App

    Start = Callable[..., App]

LAYERS = ("relu3b", "relu4")


@pytest.fixture(scope="module")
def network() -> Network:
    return load_network("pocket")


@pytest.fixture
def corpus(network: Network, tmp_path: Path) -> Corpus:
    folder = draw(tmp_path / "drawn")
    return scan(network, folder, out=default_folder() / "drawn", layers=list(LAYERS))


@pytest.fixture
def opened(qtbot: QtBot, start: Start, tmp_path: Path) -> App:
    """The window with the popup open, on a picture at rest."""
    Image.fromarray(picture(2, 50)).save(tmp_path / "photo.png")
    deepvis = start(net="pocket", source=str(tmp_path / "photo.png"))
    qtbot.waitUntil(lambda: deepvis.rounds.snapshot is not None, timeout=WAIT_MS)
    deepvis.desk.selection.pick_layer("relu4")
    deepvis.desk.selection.pick_unit(9)
    deepvis.shell.actions["find-by"].trigger()
    assert deepvis.panels["grid"].finder.is_open()
    return deepvis


def found(deepvis: App) -> Finding | None:
    result: Finding | None = deepvis.panels["grid"].finding.found
    return result


def note(deepvis: App) -> str:
    return str(deepvis.panels["grid"].finder._note.text())


def test_without_photographs_it_says_so(qtbot: QtBot, opened: App) -> None:
    qtbot.waitUntil(lambda: note(opened) == NO_CORPUS, timeout=WAIT_MS)


def test_by_class_and_enter_picks(qtbot: QtBot, corpus: Corpus, opened: App) -> None:
    finder = opened.panels["grid"].finder
    qtbot.waitUntil(lambda: opened.desk.kept.corpora.present is not None, timeout=WAIT_MS)
    finder.field.setText("kind_4")
    expected = by_class(load_corpus(corpus.path), LAYERS, "kind_4")
    qtbot.waitUntil(lambda: found(opened) == expected, timeout=WAIT_MS)
    qtbot.keyClick(finder.list, Qt.Key.Key_Down)
    qtbot.keyClick(finder.list, Qt.Key.Key_Return)
    selection = opened.desk.selection
    assert Unit(selection.layer, selection.unit) == expected.units[1].unit
    finder.field.setText("zebra")
    qtbot.waitUntil(lambda: "No photograph is called" in note(opened), timeout=WAIT_MS)
    assert found(opened) is None


def test_by_the_picture_shown(qtbot: QtBot, corpus: Corpus, opened: App, network: Network) -> None:
    finder = opened.panels["grid"].finder
    qtbot.waitUntil(lambda: opened.desk.kept.corpora.present is not None, timeout=WAIT_MS)
    finder.way_picked.emit(Way.PICTURE)
    x = network.prepare(picture(2, 50))[None]
    maps = network.activations(x, LAYERS)
    live = {name: maps[name][0].flatten(1).amax(1).numpy() for name in LAYERS}
    expected = by_picture(load_corpus(corpus.path), live)
    qtbot.waitUntil(lambda: bool(found(opened) and found(opened).units), timeout=WAIT_MS)
    names = {one.unit for one in expected.units}
    assert len({one.unit for one in found(opened).units} & names) > 20


def test_only_an_open_popup_asks_frames(qtbot: QtBot, corpus: Corpus, opened: App) -> None:
    def asked() -> bool:
        snapshot = opened.rounds.snapshot
        return snapshot is not None and any(isinstance(r, MaximaReader) for r in snapshot.readings)

    finder = opened.panels["grid"].finder
    qtbot.waitUntil(lambda: opened.desk.kept.corpora.present is not None, timeout=WAIT_MS)
    assert not asked()  # by class no frame is asked
    finder.way_picked.emit(Way.PICTURE)
    qtbot.waitUntil(asked, timeout=WAIT_MS)
    finder.close_popup()
    qtbot.waitUntil(lambda: not asked(), timeout=WAIT_MS)


def test_by_the_picked_unit(qtbot: QtBot, corpus: Corpus, opened: App, network: Network) -> None:
    finder, selection = opened.panels["grid"].finder, opened.desk.selection
    qtbot.waitUntil(lambda: opened.desk.kept.corpora.present is not None, timeout=WAIT_MS)
    finder.way_picked.emit(Way.UNIT)
    again = load_corpus(corpus.path)
    qtbot.waitUntil(
        lambda: found(opened) == by_response(again, LAYERS, Unit("relu4", 9)), timeout=WAIT_MS
    )
    finder.scope_picked.emit(Scope.SHOWN)
    qtbot.waitUntil(
        lambda: found(opened) == by_response(again, ("relu4",), Unit("relu4", 9)), timeout=WAIT_MS
    )
    selection.pick_unit(12)
    qtbot.waitUntil(
        lambda: found(opened) == by_response(again, ("relu4",), Unit("relu4", 12)), timeout=WAIT_MS
    )
    finder.likeness_picked.emit(Likeness.WEIGHTS)
    expected = by_weights(network, Unit("relu4", 12))
    qtbot.waitUntil(
        lambda: found(opened) is not None and found(opened).note == expected.note, timeout=WAIT_MS
    )
    np.testing.assert_allclose(
        [one.value for one in found(opened).units], [one.value for one in expected.units], rtol=1e-4
    )
