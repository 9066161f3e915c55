"""Directions in the window: added from a file, looked at, removed and taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from deepvis_app.engine.kept.directions import DirectionsShelf
from deepvis_app.engine.readers import GridReader, UnitReader
from deepvis_app.nets import load_network
from tests.drawn import picture
from tests.ui.looking import WAIT_MS, banner

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from deepvis_app.ui.app import App

    Start = Callable[..., App]

LAYER = "relu3b"


@pytest.fixture
def opened(qtbot: QtBot, start: Start, tmp_path: Path) -> App:
    Image.fromarray(picture(2, 50)).save(tmp_path / "photo.png")
    deepvis = start(net="pocket", source=str(tmp_path / "photo.png"))
    qtbot.waitUntil(lambda: deepvis.rounds.snapshot is not None, timeout=WAIT_MS)
    return deepvis


def names(deepvis: App) -> list[str]:
    network = deepvis.rounds.network
    return [] if network is None else [info.name for info in network.layers if "~" in info.name]


def test_an_autoencoder_becomes_a_layer_and_goes(qtbot: QtBot, opened: App, tmp_path: Path) -> None:
    width = load_network("pocket").layer(LAYER).unit_count
    file = tmp_path / "sae.safetensors"
    save_file({"W_enc": torch.eye(width)[:, :12].contiguous()}, file)
    strip = opened.panels["layers"].view.strip
    offered = [action.text() for action in strip.menu_for(LAYER).actions()]
    assert "Add directions from a file…" in offered
    opened.panels["layers"].view.directions_chosen.emit(LAYER, file)
    qtbot.waitUntil(lambda: len(names(opened)) == 1, timeout=WAIT_MS)
    (name,) = names(opened)
    assert name.startswith(f"{LAYER}~sae-")
    shown = strip.shown_layers()
    assert shown[shown.index(LAYER) + 1] == name

    opened.desk.selection.pick_layer(name)
    opened.desk.selection.pick_unit(3)

    def is_seen() -> bool:
        snapshot = opened.rounds.snapshot
        grid = None if snapshot is None else snapshot.first(GridReader)
        return grid is not None and grid.layer == name and len(grid.maxima) == 12

    qtbot.waitUntil(is_seen, timeout=WAIT_MS)

    offered = [action.text() for action in strip.menu_for(name).actions()]
    assert {"Export the directions…", "Remove the directions"} <= set(offered)
    out = tmp_path / "out.safetensors"
    opened.panels["layers"].view.export_chosen.emit(name, out)
    qtbot.waitUntil(out.is_file, timeout=WAIT_MS)
    (kept,) = DirectionsShelf().all()
    kept.path.with_name("copy.safetensors").write_bytes(kept.path.read_bytes())
    opened.desk.engine.put_directions()
    network, shelf = opened.rounds.network, opened.desk.engine.directions
    assert network is not None
    assert shelf is not None
    (directed,) = network.directed
    qtbot.waitUntil(lambda: len(shelf.paths_of(network, directed)) == 2, timeout=WAIT_MS)
    strip.removal_wanted.emit(name)
    qtbot.waitUntil(lambda: names(opened) == [], timeout=WAIT_MS)
    assert DirectionsShelf().all() == []
    assert opened.desk.notices.undo()
    qtbot.waitUntil(lambda: names(opened) == [name], timeout=WAIT_MS)


def test_a_file_that_will_not_do_is_said_in_a_banner(
    qtbot: QtBot, opened: App, tmp_path: Path
) -> None:
    file = tmp_path / "sae.safetensors"
    save_file({"W_enc": torch.ones(3, 4)}, file)
    said: list[str] = []
    notices = opened.desk.notices
    before = notices.fail
    notices.fail = lambda key, cause, remedy="": (said.append(cause), before(key, cause, remedy))  # type: ignore[method-assign]
    opened.panels["layers"].view.directions_chosen.emit(LAYER, file)
    qtbot.waitUntil(lambda: bool(said), timeout=WAIT_MS)
    assert "3 units" in said[0]
    assert names(opened) == []


def test_what_somebody_else_has_removed_goes_and_that_is_said(
    qtbot: QtBot, opened: App, tmp_path: Path
) -> None:
    network = load_network("pocket")
    file = tmp_path / "sae.safetensors"
    save_file({"W_enc": torch.eye(network.layer(LAYER).unit_count)[:, :3].contiguous()}, file)
    opened.panels["layers"].view.directions_chosen.emit(LAYER, file)
    qtbot.waitUntil(lambda: len(names(opened)) == 1, timeout=WAIT_MS)
    (name,) = names(opened)
    (kept,) = DirectionsShelf().all()
    kept.path.unlink()
    opened.panels["layers"].view.export_chosen.emit(name, tmp_path / "out.safetensors")
    qtbot.waitUntil(lambda: "was removed" in banner(opened, "directions"), timeout=WAIT_MS)
    assert not (tmp_path / "out.safetensors").exists()
    opened.panels["layers"].view.strip.removal_wanted.emit(name)
    qtbot.waitUntil(lambda: names(opened) == [], timeout=WAIT_MS)


def test_the_directions_that_are_shown_can_go(
    qtbot: QtBot, opened: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "sae.safetensors"
    width = load_network("pocket").layer(LAYER).unit_count
    save_file({"W_enc": torch.eye(width)[:, :3].contiguous()}, file)
    opened.panels["layers"].view.directions_chosen.emit(LAYER, file)
    qtbot.waitUntil(lambda: len(names(opened)) == 1, timeout=WAIT_MS)
    (name,) = names(opened)
    opened.desk.selection.pick_unit(1, name)

    def unit_of_it() -> bool:
        snapshot = opened.rounds.snapshot
        reading = None if snapshot is None else snapshot.first(UnitReader)
        return reading is not None and reading.unit.layer == name

    qtbot.waitUntil(unit_of_it, timeout=WAIT_MS)
    late = opened.rounds.snapshot
    opened.panels["layers"].view.strip.removal_wanted.emit(name)
    qtbot.waitUntil(lambda: names(opened) == [], timeout=WAIT_MS)
    assert opened.desk.selection.layer == LAYER
    with monkeypatch.context() as patched:  # the worker was at it when the directions went
        patched.setattr(opened.desk.engine, "take", lambda: late)
        opened.rounds.go()
    assert opened.rounds.snapshot is not late
    assert not banner(opened, "unexpected")
