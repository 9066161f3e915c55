"""Two corpora compared in the window: columns of the table, and the picked unit's pictures."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from deepvis_app.corpus import load_corpus, scan
from deepvis_app.corpus.beside import layer_change, unit_change
from deepvis_app.engine.kept.corpora import default_folder
from deepvis_app.nets import Network, Unit, load_network
from deepvis_app.state.appearance import GridShows
from deepvis_app.ui.panels.grid.compare.presenter import ITSELF, NO_CORPUS, NO_OTHER
from deepvis_app.ui.panels.grid.table.rows import number_text
from tests.drawn import draw, picture
from tests.ui.looking import WAIT_MS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from deepvis_app.ui.app import App

    Start = Callable[..., App]

LAYER = "relu4"


@pytest.fixture
def shown(qtbot: QtBot, start: Start, tmp_path: Path) -> App:
    """The window with the table of a layer that two networks have looked through."""
    net = load_network("pocket")
    module = deepcopy(net.module)
    dict(module.named_modules())["conv4"].weight.data[:9] *= 3
    other = Network(module, net.input_shape, net.preprocessing, name="tuned")
    folder = draw(tmp_path / "drawn")
    scan(other, folder, out=default_folder() / "tuned", layers=[LAYER], name="tuned")
    scan(net, folder, out=default_folder() / "own", layers=[LAYER], name="own")
    Image.fromarray(picture(2, 50)).save(tmp_path / "photo.png")
    deepvis = start(net="pocket", source=str(tmp_path / "photo.png"))
    qtbot.waitUntil(lambda: deepvis.rounds.snapshot is not None, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: deepvis.desk.kept.corpora.present is not None, timeout=WAIT_MS)
    deepvis.desk.selection.pick_layer(LAYER)
    deepvis.desk.selection.pick_unit(3)
    return deepvis


def test_a_second_corpus_gives_columns_and_pictures(qtbot: QtBot, shown: App) -> None:
    grid = shown.panels["grid"]
    shown.shell.actions["compare"].trigger()
    assert shown.desk.options.view.grid_shows is GridShows.TABLE
    (offered,) = grid.comparing.offered()
    assert offered.name == "tuned"
    assert "other weights" in offered.detail
    grid.compare.chosen.emit(offered.path)
    own, tuned = (load_corpus(default_folder() / name) for name in ("own", "tuned"))
    expected = layer_change(own, tuned, LAYER)
    rows = grid.view.table.table.units.rows
    qtbot.waitUntil(lambda: bool(np.isfinite(rows.values["shift"]).all()), timeout=WAIT_MS)
    np.testing.assert_allclose(rows.values["shift"], expected.shift)
    np.testing.assert_allclose(rows.values["mean-change"], expected.mean)
    keys = {column.key for column in grid.view.table.table.units.columns}
    assert {"shift", "mean-change", "silent-change"} <= keys
    qtbot.waitUntil(lambda: grid.comparing.shown is not None, timeout=WAIT_MS)
    change = unit_change(own, tuned, Unit(LAYER, 3))
    assert grid.comparing.shown.change.kept == change.kept
    assert len(grid.comparing.shown.lost) == len(change.lost)
    assert all(image is not None for _, image in grid.comparing.shown.lost)
    grid.compare.chosen.emit("")
    qtbot.waitUntil(lambda: bool(np.isnan(rows.values["shift"]).all()), timeout=WAIT_MS)
    keys = {column.key for column in grid.view.table.table.units.columns}
    assert "shift" not in keys


def test_it_is_said_why_there_is_none(qtbot: QtBot, start: Start, tmp_path: Path) -> None:
    Image.fromarray(picture(2, 50)).save(tmp_path / "photo.png")
    deepvis = start(net="pocket", source=str(tmp_path / "photo.png"))
    qtbot.waitUntil(lambda: deepvis.rounds.snapshot is not None, timeout=WAIT_MS)
    deepvis.shell.actions["compare"].trigger()
    compare = deepvis.panels["grid"].compare
    assert compare.words.text() == NO_CORPUS
    scan(load_network("pocket"), draw(tmp_path / "d"), out=default_folder() / "d", layers=[LAYER])
    deepvis.desk.kept.corpora.refresh()
    qtbot.waitUntil(lambda: compare.words.text() == NO_OTHER, timeout=WAIT_MS)


def test_changes_have_a_sign() -> None:
    assert number_text(2.5, "mean-change") == "+2.50"
    assert number_text(-2.5, "mean-change") == "−2.50"
    assert number_text(-3.21, "silent-change") == "−3.2"


def test_a_corpus_beside_itself_says_so(qtbot: QtBot, shown: App) -> None:
    grid = shown.panels["grid"]
    shown.shell.actions["compare"].trigger()
    (tuned,) = grid.comparing.offered()
    grid.compare.chosen.emit(tuned.path)
    pictures = shown.desk.options.pictures
    pictures.beside = str(default_folder() / "own")  # it became the one that is looked at
    grid.comparing.open()
    qtbot.waitUntil(lambda: grid.compare.words.text() == ITSELF, timeout=WAIT_MS)
    assert [one.name for one in grid.comparing.offered()] == ["own", "tuned"]
    chosen = grid.compare.list.currentIndex().row()
    assert grid.compare.list.row(chosen).label == "own"
    rows = grid.view.table.table.units.rows
    qtbot.waitUntil(lambda: bool((rows.values["shift"] == 0).all()), timeout=WAIT_MS)
    grid.compare.chosen.emit(tuned.path)
    assert [one.name for one in grid.comparing.offered()] == ["tuned"]
