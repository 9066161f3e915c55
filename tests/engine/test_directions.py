"""Directions that are kept become layers of the network in the engine, and go again."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest
import torch

from deepvis_app.engine import Engine, LiveRequest
from deepvis_app.engine.kept.directions import DirectionsShelf
from deepvis_app.engine.readers import UnitReader
from deepvis_app.errors import UserError
from deepvis_app.nets import Directions, Unit, load_network
from deepvis_app.nets.directions_file import read_directions

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from deepvis_app.nets import Network

LAYER = "relu3b"


@pytest.fixture
def shelf(tmp_path: Path) -> DirectionsShelf:
    return DirectionsShelf(tmp_path / "directions")


def until(engine: Engine, is_so: Callable[[tuple[str, ...]], bool]) -> None:
    """Wait until the layers of the engine's network are as they should be."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        network = engine.status().network.network
        if network is not None and is_so(tuple(info.name for info in network.layers)):
            return
        engine.next_snapshot(timeout_s=0.05)
    raise AssertionError("the layers did not come")


def test_what_is_kept_comes_with_the_network_and_goes(shelf: DirectionsShelf):
    network = load_network("pocket")
    count = network.layer(LAYER).unit_count
    kept = shelf.keep(network, LAYER, Directions(torch.eye(count)[:4]), "four")
    name = f"{LAYER}~{Directions(torch.eye(count)[:4]).by_content('four')}"
    with Engine("cpu", directions=shelf) as engine:
        engine.load("pocket")
        until(engine, lambda names: name in names)
        present = engine.status().network.network
        assert present is not None
        assert present.fingerprint == network.fingerprint
        reader, channel = UnitReader(Unit(name, 2)), UnitReader(Unit(LAYER, 2))
        engine.open_source("demo")
        engine.request(LiveRequest(1, (reader, channel)))
        while (snapshot := engine.next_snapshot()) is None or snapshot.generation < 1:
            pass
        assert (snapshot.of(reader).map == snapshot.of(channel).map).all()
        other = shelf.keep(network, LAYER, Directions(torch.eye(count)[4:6]), "two")
        shelf.remove(kept.path)
        engine.put_directions()
        until(engine, lambda names: name not in names and any("~two" in each for each in names))
        shelf.remove(other.path)
        engine.put_directions()
        until(engine, lambda names: not any("~" in each for each in names))


def test_a_shelf_is_by_network_and_says_what_is_damaged(shelf: DirectionsShelf):
    network = load_network("pocket")
    count = network.layer(LAYER).unit_count
    kept = shelf.keep(network, LAYER, Directions(torch.eye(count)), "a name", "by hand")
    again = shelf.keep(network, LAYER, Directions(torch.eye(count)), "a name", "by hand")
    assert kept == again
    assert [each.about.made for each in shelf.of(network.fingerprint)] == ["by hand"]
    assert shelf.of("0" * 64) == []
    kept.path.write_bytes(kept.path.read_bytes()[:100])
    (damaged,) = shelf.all()
    assert "damaged" in damaged.problem
    assert shelf.put_on(network)[0].directed == ()
    with pytest.raises(UserError, match="has"):
        shelf.keep(network, LAYER, Directions(torch.eye(count + 1)), "wide")
    with pytest.raises(UserError, match="not in"):
        shelf.remove(shelf.folder.parent / "other.safetensors")


def test_however_long_the_names_are_no_file_takes_the_place_of_another(shelf: DirectionsShelf):
    network = load_network("pocket")
    rows = torch.eye(network.layer(LAYER).unit_count)
    name = "漢字かな" * 15
    kept = [
        shelf.keep(network, LAYER, Directions(rows[first : first + 2]), name) for first in (0, 2)
    ]
    assert len({each.path for each in kept}) == 2
    assert len(shelf.of(network.fingerprint)) == 2
    assert all(len(each.path.name.encode()) < 150 for each in kept)
    directed = shelf.put_on(network)[0].directed
    assert sorted(shelf.paths_of(network, each)[0] for each in directed) == sorted(
        each.path for each in kept
    )


def test_a_file_is_found_by_whatever_name_it_was_put_there(shelf: DirectionsShelf):
    network = load_network("pocket")
    rows = torch.eye(network.layer(LAYER).unit_count)
    kept = shelf.keep(network, LAYER, Directions(rows[:2]), "two")
    other = kept.path.rename(shelf.folder / "from a friend.safetensors")
    (directed,) = shelf.put_on(network)[0].directed
    assert shelf.paths_of(network, directed) == (other,)
    again = shelf.keep(network, LAYER, Directions(rows[:2]), "two").path
    assert len(shelf.put_on(network)[0].directed) == 1
    assert set(shelf.paths_of(network, directed)) == {other, again}


def test_what_was_measured_of_one_layer_is_not_told_of_another(
    shelf: DirectionsShelf, tmp_path: Path
):
    network = load_network("pocket")
    rows = torch.eye(network.layer(LAYER).unit_count)[:2]
    measured = Directions(rows, names=["a", "b"], figures={"explained": (0.1, 0.2)})
    path = shelf.keep(network, LAYER, measured, "two", "measured well").path
    path = path.rename(tmp_path / "two.safetensors")
    same = shelf.add_file(network, LAYER, path)
    assert same.about.made == "measured well"
    assert read_directions(same.path)[0].figures == {"explained": (0.1, 0.2)}
    other = shelf.add_file(network, "relu4", path)
    assert other.about.made == f"made for {LAYER} of Pocket"
    found = read_directions(other.path)[0]
    assert (found.names, dict(found.figures)) == (("a", "b"), {})


def test_where_they_cannot_be_kept_another_folder_is_advised(tmp_path: Path):
    network = load_network("pocket")
    (tmp_path / "file").write_text("no folder")
    rows = Directions(torch.eye(network.layer(LAYER).unit_count)[:2])
    with pytest.raises(UserError, match="cannot be written") as told:
        DirectionsShelf(tmp_path / "file").keep(network, LAYER, rows, "two")
    assert "DEEPVIS_DIRECTIONS_DIR" in str(told.value.remedy)


def test_what_was_set_aside_is_swept_up_once_nobody_can_want_it_back(shelf: DirectionsShelf):
    network = load_network("pocket")
    rows = torch.eye(network.layer(LAYER).unit_count)[:2]
    path = shelf.keep(network, LAYER, Directions(rows), "two").path
    os.utime(path, (0, 0))  # made long ago
    aside = shelf.set_aside(path)
    shelf.put_on(network)
    assert aside.is_file()  # whoever removed it may take that back
    os.utime(aside, (0, 0))
    shelf.put_on(network)
    assert list(shelf.folder.iterdir()) == []


def test_what_goes_while_others_are_put_on_goes_as_well(
    shelf: DirectionsShelf, monkeypatch: pytest.MonkeyPatch
):
    network = load_network("pocket")
    rows = torch.eye(network.layer(LAYER).unit_count)
    one, two = (shelf.keep(network, LAYER, Directions(rows[k : k + 1]), f"d{k}") for k in (0, 1))
    with Engine("cpu", directions=shelf) as engine:
        engine.load("pocket")
        until(engine, lambda names: sum("~" in each for each in names) == 2)
        before = shelf.put_on

        def put_on(network: Network) -> tuple[Network, tuple[str, ...]]:
            found = before(network)
            if two.path.is_file():  # it is read already when it goes
                shelf.remove(two.path)
                engine.put_directions()
            return found

        monkeypatch.setattr(shelf, "put_on", put_on)
        shelf.remove(one.path)
        engine.put_directions()
        until(engine, lambda names: not any("~" in each for each in names))
