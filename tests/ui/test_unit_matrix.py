"""The picture of correlations in the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from deepvis_app.corpus import load_corpus, scan
from deepvis_app.corpus.kinship import kinship
from deepvis_app.engine.kept.corpora import default_folder
from deepvis_app.nets import load_network
from deepvis_app.tiles import palette
from deepvis_app.ui.panels.grid.matrix.presenter import STILL, picture_of, together_shades
from tests.drawn import draw, picture
from tests.ui.looking import WAIT_MS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from deepvis_app.ui.app import App

    Start = Callable[..., App]


@pytest.fixture
def opened(qtbot: QtBot, start: Start, tmp_path: Path) -> App:
    """The window with a scan of two layers."""
    folder, net = draw(tmp_path / "drawn"), load_network("pocket")
    scan(net, folder, out=default_folder() / "drawn", layers=["relu2a", "relu4"])
    Image.fromarray(picture(2, 50)).save(tmp_path / "photo.png")
    deepvis = start(net="pocket", source=str(tmp_path / "photo.png"))
    qtbot.waitUntil(lambda: deepvis.rounds.snapshot is not None, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: deepvis.desk.kept.corpora.present is not None, timeout=WAIT_MS)
    return deepvis


def test_a_click_picks_the_pair(qtbot: QtBot, opened: App) -> None:
    selection, grid = opened.desk.selection, opened.panels["grid"]
    selection.pick_layer("relu4")
    opened.shell.actions["matrix"].trigger()
    qtbot.waitUntil(lambda: grid.kin.shown is not None, timeout=WAIT_MS)
    expected = kinship(load_corpus(default_folder() / "drawn"), "relu4", "relu4")
    np.testing.assert_array_equal(grid.kin.shown.rows, expected.rows)
    grid.matrix.pointed.emit(4, 9)
    assert f"{expected.rows[4]} and {expected.rows[9]}" in grid.matrix.content.under.text()
    grid.matrix.place_picked.emit(4, 9)
    assert selection.unit == expected.rows[4]
    assert str(expected.rows[9]) in grid.matrix.content.picked.text()
    grid.matrix.pair_picked.emit(0)
    assert selection.unit == expected.pairs[0].one.index
    opened.shell.escape()
    assert not grid.matrix.is_open()


def test_of_two_layers_both_are_picked(qtbot: QtBot, opened: App) -> None:
    selection, grid = opened.desk.selection, opened.panels["grid"]
    selection.pick_layer("relu2a")
    selection.open_beside("relu4")
    opened.shell.actions["matrix"].trigger()
    qtbot.waitUntil(lambda: grid.kin.shown is not None, timeout=WAIT_MS)
    shown = grid.kin.shown
    assert shown.r.shape == (128, 256)
    grid.matrix.place_picked.emit(100, 200)
    assert (selection.layer, selection.unit) == ("relu2a", shown.rows[100])
    assert selection.remembered["relu4"] == shown.columns[200]


def test_a_layer_that_was_not_scanned_is_said(qtbot: QtBot, opened: App) -> None:
    opened.desk.selection.pick_layer("relu5")
    opened.shell.actions["matrix"].trigger()
    assert opened.panels["grid"].matrix.content.picture._empty[0] == "relu5 was not scanned"


def test_more_is_blue_and_nothing_is_grey() -> None:
    shades = together_shades("blue-orange")
    found = picture_of(np.array([[1.0, -1.0], [0.0, np.nan]], np.float32), shades)
    red, _, blue = found[0, 0].astype(int)
    assert blue > red
    red, _, blue = found[0, 1].astype(int)
    assert red > blue
    assert found[1, 0].tolist() == palette("blue-orange")[127].tolist()
    assert tuple(found[1, 1]) == STILL
