"""Which photographs a network's pictures are kept near to, and how that is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from torch import nn

from deepvis_app.corpus import scan
from deepvis_app.engine.kept.corpora import Corpora
from deepvis_app.engine.kept.gallery import Gallery
from deepvis_app.engine.kept.naturals import KIND, Naturals
from deepvis_app.engine.kept.picture_png import read_picture
from deepvis_app.nets import Network, Unit
from deepvis_app.store import Store
from deepvis_app.synth import Recipe, Sample, synthesize
from deepvis_app.synth.natural_table import NaturalTable, natural_table
from deepvis_app.synth.references import References, bundled_references
from tests.drawn import draw

if TYPE_CHECKING:
    from pathlib import Path

UNIT = Unit("2", 1)
NATURAL = Recipe.from_toml(
    "objective = {place = 'channel', naturalness = 3}\nstop = {steps = 2}\nstep = {rate = 1}"
)
PLAIN = NATURAL.with_value("objective.naturalness", 0)


@pytest.fixture
def network() -> Network:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 2, 3))
    return Network(module, (3, 16, 16), name="small")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def table_of(naturals: Naturals, network: Network, recipe: Recipe = NATURAL) -> NaturalTable | None:
    """Return a table, and check that there are pauses where there is work."""
    steps, yields = naturals.table(network, network.fingerprint, [Sample(UNIT)], recipe), 0
    while True:
        try:
            next(steps)
            yields += 1
        except StopIteration as stop:
            found: NaturalTable | None = stop.value
            table_of.yields = yields  # type: ignore[attr-defined]
            return found


def same(one: NaturalTable, other: NaturalTable) -> bool:
    mine, its = one.tensors(), other.tensors()
    return mine.keys() == its.keys() and all(torch.equal(mine[k], its[k]) for k in mine)


def test_what_comes_along_is_used_where_nothing_was_scanned(
    network: Network, store: Store, tmp_path: Path
) -> None:
    naturals = Naturals(store, Corpora(tmp_path / "corpora"))
    bundled = bundled_references()
    assert naturals.source(network.fingerprint) == bundled.source
    assert table_of(naturals, network, PLAIN) is None
    table = table_of(naturals, network)
    assert table is not None
    assert table_of.yields == len(bundled.pictures)  # type: ignore[attr-defined]
    assert same(table, natural_table(network, ["2"], bundled))
    again = table_of(Naturals(store, Corpora(tmp_path / "corpora")), network)
    assert again is not None
    assert table_of.yields == 0  # type: ignore[attr-defined] - it was kept
    assert same(table, again)
    assert again.source == bundled.source


def test_a_damaged_table_is_made_anew(network: Network, store: Store, tmp_path: Path) -> None:
    naturals = Naturals(store, Corpora(tmp_path / "corpora"))
    first = table_of(naturals, network)
    (entry,) = store.find(KIND)
    store.put(entry.key, KIND, {"table.safetensors": b"nothing"}, {})
    second = table_of(naturals, network)
    assert first is not None
    assert second is not None
    assert same(first, second)


def test_the_pictures_that_were_scanned_come_first(
    network: Network, store: Store, tmp_path: Path
) -> None:
    folder, corpora = draw(tmp_path / "pictures", 3, 4), Corpora(tmp_path / "corpora")
    naturals = Naturals(store, corpora)
    bundled = naturals.source(network.fingerprint)
    scan(network, folder, out=corpora.path_for(network.fingerprint, folder), layers=["1"])
    source = naturals.source(network.fingerprint)
    assert source.startswith("12 photographs of pictures, ")
    assert naturals.source("of another network") == bundled
    table = table_of(naturals, network)
    assert table is not None
    assert table.source == source
    references = naturals.references(network.fingerprint)
    assert same(table, natural_table(network, ["2"], References.of(references.pictures)))

    changed = next(folder.rglob("*.png"))
    changed.write_bytes(changed.read_bytes() + b"more")
    fresh = Naturals(store, corpora)
    assert fresh.source(network.fingerprint).startswith("11 photographs of pictures, ")
    for path in sorted(folder.rglob("*.png"))[:6]:
        path.unlink()
    assert Naturals(store, corpora).source(network.fingerprint) == bundled  # too few are left


def test_photographs_are_in_the_key_and_the_file(
    network: Network, store: Store, tmp_path: Path
) -> None:
    gallery = Gallery(store, Naturals(store, Corpora(tmp_path / "corpora")))
    fingerprint, sample = network.fingerprint, Sample(UNIT)
    chance = np.random.default_rng(0)
    others = [chance.integers(0, 255, (16, 16, 3), np.uint8) for _ in range(3)]
    foreign = synthesize(network, UNIT, NATURAL, photographs=others)
    gallery.keep(fingerprint, "small", foreign)
    assert gallery.find(fingerprint, sample, NATURAL) is None  # it was kept near to others
    own = synthesize(network, UNIT, NATURAL)
    gallery.keep(fingerprint, "small", own)
    found = gallery.find(fingerprint, sample, NATURAL)
    assert found is not None
    assert found.photographs == bundled_references().source
    read = read_picture(found.png())
    assert read is not None
    assert read[1].photographs == found.photographs
    plain = synthesize(network, UNIT, PLAIN)
    gallery.keep(fingerprint, "small", plain)
    kept = gallery.find(fingerprint, sample, PLAIN)
    assert kept is not None
    assert kept.photographs == ""
