"""The folder of corpora: what is listed, where a scan goes, what is damaged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from deepvis_app.corpus import scan
from deepvis_app.corpus.lock import alone
from deepvis_app.engine.kept.corpora import Corpora
from deepvis_app.errors import UserError
from tests.corpus.tiny import Pictures, whole_network

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def corpora(tmp_path: Path) -> Corpora:
    return Corpora(tmp_path / "corpora")


def made(corpora: Corpora, count: int, name: str = "") -> Path:
    pictures, network = Pictures(count), whole_network()
    path = corpora.path_for(network.fingerprint, pictures)
    scan(network, pictures, out=path, name=name)
    return path


def test_nothing_is_there_yet(corpora: Corpora) -> None:
    assert corpora.infos() == ()
    with pytest.raises(UserError, match="Scan a folder first"):
        corpora.named("mine")


def test_each_is_told_of(corpora: Corpora) -> None:
    first, second = made(corpora, 6, "first"), made(corpora, 9, "second")
    assert first != second
    infos = corpora.infos()
    assert [info.name for info in infos] == ["second", "first"]
    info = infos[1]
    assert (info.path, info.scanned, info.total, info.faults) == (first, 6, 6, 0)
    assert info.fingerprint == whole_network().fingerprint
    assert info.bytes == sum(p.stat().st_size for p in first.rglob("*") if p.is_file())
    assert info.is_complete
    assert corpora.named("first") == corpora.named(first.name) == corpora.named(str(first)) == first


def test_a_damaged_one_is_told_apart_and_can_be_removed(corpora: Corpora) -> None:
    good, bad = made(corpora, 6), made(corpora, 9)
    (bad / "corpus.json").write_text("{")
    sound, damaged = corpora.infos()
    assert (sound.path, sound.problem) == (good, "")
    assert damaged.path == bad
    assert "damaged" in damaged.problem
    assert not damaged.is_complete
    corpora.remove(bad)
    assert [info.path for info in corpora.infos()] == [good]


def test_a_place_for_each_scan(corpora: Corpora, tmp_path: Path) -> None:
    folder = tmp_path / "my pictures"
    folder.mkdir()
    one = corpora.path_for("f", folder)
    assert one == corpora.path_for("f", str(folder))
    assert one.name.startswith("my-pictures-")
    others = [
        corpora.path_for("g", folder),
        corpora.path_for("f", tmp_path),
        corpora.path_for("f", folder, layers=["a"]),
        corpora.path_for("f", folder, top_k=3),
        corpora.path_for("f", folder, batch=3),
        corpora.path_for("f", folder, reduced=False),
    ]
    assert len({one, *others}) == 7


def test_renamed(corpora: Corpora) -> None:
    path = made(corpora, 6, "first")
    corpora.rename(path, " other ")
    assert corpora.infos()[0].name == "other"
    with pytest.raises(UserError, match="has to have a name"):
        corpora.rename(path, " ")


def test_two_of_one_name(corpora: Corpora) -> None:
    made(corpora, 6, "same"), made(corpora, 9, "same")
    with pytest.raises(UserError, match="Several corpora are called same"):
        corpora.named("same")


def test_a_folder_of_pictures_stands_for_its_scan(corpora: Corpora, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(3):
        Image.fromarray(np.full((24, 24, 3), 40 * number, np.uint8)).save(folder / f"{number}.png")
    network = whole_network()
    path = corpora.path_for(network.fingerprint, str(folder))
    scan(network, str(folder), out=path, name="mine")
    assert corpora.named(str(folder)) == path
    assert corpora.named(str(tmp_path / "beside" / ".." / "pictures")) == path
    with pytest.raises(UserError, match="There is no corpus"):
        corpora.named(str(tmp_path))


def test_one_that_is_being_scanned_is_not_removed(corpora: Corpora) -> None:
    path = made(corpora, 6)
    with alone(path), pytest.raises(UserError, match="being scanned"):
        corpora.remove(path)
    assert len(corpora.infos()) == 1
    with pytest.raises(UserError, match="There is no corpus in"):
        corpora.remove(path.parent)


def test_of_a_damaged_one_it_is_told_whose_it_is(corpora: Corpora) -> None:
    path = made(corpora, 6, "birds")
    for state in (path / "states").iterdir():
        state.write_bytes(b"nothing")
    (info,) = corpora.infos()
    network = whole_network()
    assert "damaged" in info.problem
    assert (info.name, info.fingerprint) == ("birds", network.fingerprint)
    assert info.layers == tuple(layer.name for layer in network.layers)
    assert not info.is_complete
