"""Near copies are left out: by the layer's own numbers, counted here one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from PIL import Image

from deepvis_app.corpus import scan
from deepvis_app.corpus.varied import NEAR, varied
from deepvis_app.nets import Unit, load_network
from tests.drawn import picture

if TYPE_CHECKING:
    from pathlib import Path

    from deepvis_app.corpus import Corpus

UNIT = Unit("relu3b", 11)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten pictures, and of each a copy that one does not see the difference of."""
    folder: Path = tmp_path_factory.mktemp("bursts")
    for number in range(10):
        image = picture(number % 5, number)
        Image.fromarray(image).save(folder / f"{number}.png")
        Image.fromarray(image // 2 * 2 + 1).save(folder / f"{number} again.png")
    return folder


@pytest.fixture(scope="module")
def corpus(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return scan(load_network("pocket"), folder, out=tmp_path_factory.mktemp("out"))


def test_of_near_copies_the_first_is_left(corpus: Corpus) -> None:
    patches = corpus.band(UNIT, 1.0, 20)
    found = varied(corpus, patches, 9)
    numbers = [patch.path.stem.removesuffix(" again") for patch in found]
    assert len(set(numbers)) == len(numbers)
    firsts = {}
    for patch in patches:
        firsts.setdefault(patch.path.stem.removesuffix(" again"), patch)
    assert set(found) <= set(firsts.values())
    assert found[0] == patches[0]


def test_it_is_the_cosine_of_what_the_deepest_map_gives(corpus: Corpus, folder: Path) -> None:
    net = load_network("pocket")
    names = list(corpus.plan.names)
    inputs = [net.prepare(np.asarray(Image.open(folder / name))) for name in names]
    deepest = [info.name for info in net.layers if info.map_size != (1, 1)][-1]
    with torch.no_grad():
        maps = net.activations(torch.stack(inputs), [deepest])[deepest]
    codes = maps.amax((2, 3)).numpy().astype(np.float64)
    codes -= codes.mean(0)
    codes /= np.linalg.norm(codes, axis=1, keepdims=True)
    patches = corpus.band(UNIT, 1.0, 20)
    kept: list[int] = []
    for patch in patches:
        own = names.index(patch.path.name)
        if all(codes[own] @ codes[other] < NEAR for other in kept):
            kept.append(own)
    found = varied(corpus, patches, 20)
    assert [names.index(patch.path.name) for patch in found] == kept
    assert len(found) < len(patches)
