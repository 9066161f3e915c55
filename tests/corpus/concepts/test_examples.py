"""Pictures become codes as bare passes give them, and a concept of them becomes a layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from PIL import Image

from deepvis_app.corpus.concepts.concept import learn
from deepvis_app.corpus.concepts.direction import directions_of, made_words, verdict
from deepvis_app.corpus.concepts.examples import (
    THUMB_PX,
    example_steps,
    layers_beside,
    pictures_in,
)
from deepvis_app.corpus.concepts.taught import taught
from deepvis_app.corpus.pictures import FileSource, source_of
from deepvis_app.corpus.shard import seen_by
from deepvis_app.errors import UserError
from deepvis_app.nets import Network, load_network
from deepvis_app.pieces import finished
from tests.drawn import SIDE, draw, picture

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from deepvis_app.corpus.pictures import Fault

LAYER = "relu3b"


@pytest.fixture(scope="module")
def network() -> Network:
    return load_network("pocket")


def reader(network: Network, folder: Path):
    def read(names: Sequence[str]) -> Iterator[NDArray[np.uint8] | Fault]:
        return (seen_by(network, FileSource(folder), name, 0) for name in names)

    return read


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Circles and stripes, a dozen each, and a file that is no picture."""
    for kind, name in ((0, "circle"), (3, "stripe")):
        for number in range(12):
            Image.fromarray(picture(kind, number)).save(tmp_path / f"{name}{number:02}.png")
    (tmp_path / "broken.png").write_bytes(b"no picture")
    return tmp_path


def shown(folder: Path) -> list[tuple[str, bool]]:
    return [(path.name, "circle" in path.name) for path in sorted(folder.glob("*.png"))]


def test_codes_are_the_means_of_what_bare_passes_give(network: Network, folder: Path):
    layers = layers_beside(network, LAYER)
    assert layers == tuple(info.name for info in network.own_layers)
    seen = list(example_steps(network, shown(folder), layers, reader(network, folder)))
    assert [one.step for one in seen] == list(range(1, 26))
    assert [len(one.examples) for one in seen][-1] == 24
    assert [fault.name for fault in seen[-1].faults] == ["broken.png"]
    for one in seen[-1].examples[::5]:
        image = np.asarray(Image.open(folder / one.name))
        maps = network.activations(network.prepare(image)[None], layers)
        for layer in layers:
            by_hand = maps[layer][0].numpy().astype(np.float64).mean((1, 2))
            np.testing.assert_allclose(one.codes[layer], by_hand, rtol=1e-4, atol=1e-6)
            assert not one.codes[layer].flags.writeable
        assert one.is_inside == ("circle" in one.name)
        assert max(one.thumb.shape[:2]) == THUMB_PX
    assert len({one.id for one in seen[-1].examples}) == 24
    assert len({one.moment for one in seen[-1].examples}) == 24


def test_a_concept_of_pictures_is_a_layer_whose_maps_tell_others(network: Network, folder: Path):
    found = finished(example_steps(network, shown(folder), (LAYER,), reader(network, folder)))
    codes = np.array([one.codes[LAYER] for one in found.examples])
    ids = [one.id for one in found.examples]
    concept = learn(taught(codes, [one.is_inside for one in found.examples], ids=ids))
    assert concept.judged is not None
    assert concept.judged.is_better
    assert verdict(concept) == "Better than chance"
    assert "12 pictures of it and 12 of others" in made_words(concept)
    directions = directions_of(concept, "circles")
    assert directions.figures["accuracy"] == (concept.judged.accuracy,)
    taught_network = network.with_directions(LAYER, directions, "circles")
    right = 0
    for kind, sign in ((0, 1), (3, -1)):
        for number in range(20, 30):
            x = taught_network.prepare(picture(kind, number))[None]
            maps = taught_network.activations(x, [f"{LAYER}~circles"])[f"{LAYER}~circles"]
            assert maps.shape[1] == 1
            right += float(maps.mean()) * sign > 0
    assert right >= 19


def test_the_code_of_a_large_network_is_of_one_layer():
    wide = torch.nn.Conv2d(2, 40_000, 1), torch.nn.AvgPool2d(1), torch.nn.Conv2d(40_000, 2, 1)
    network = Network(torch.nn.Sequential(torch.nn.Conv2d(3, 2, 1), *wide), (3, 2, 2))
    assert layers_beside(network, "1") == ("1",)


def test_of_many_pictures_even_steps_are_taken(tmp_path: Path):
    draw(tmp_path, classes=1, each=30)
    every, total = pictures_in(tmp_path, 100)
    assert (len(every), total) == (30, 30)
    some, total = pictures_in(tmp_path, 10)
    assert (len(some), total) == (10, 30)
    assert (some[0], some[-1]) == (every[0], every[-1])
    assert len(set(some)) == 10
    with pytest.raises(UserError, match="no folder"):
        pictures_in(tmp_path / "none", 10)


def test_the_same_picture_counts_once_and_on_one_side(network: Network, tmp_path: Path):
    draw(tmp_path, classes=1, each=11)
    Image.fromarray(picture(0, 0)).save(tmp_path / "again.png")
    entries = [entry.name for entry in source_of(tmp_path).entries()]
    pictures = [(name, place < 6) for place, name in enumerate(entries)]
    found = finished(example_steps(network, pictures, (LAYER,), reader(network, tmp_path)))
    twice = next(one for one in found.examples if one.name == "again.png")
    first = next(one for one in found.examples if one.name == "shape_0_0.png")
    assert twice.id == first.id
    assert twice.thumb.shape == (SIDE, SIDE, 3)
