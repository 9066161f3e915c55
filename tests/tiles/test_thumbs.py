from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch

from deepvis_app.tiles import BACKGROUND, TOP, ZERO
from deepvis_app.tiles.thumbs import ThumbSheet, shrunk
from deepvis_app.tiles.tracker import ContrastTracker


def draw(layers: dict[str, torch.Tensor], size_px: int = 80) -> dict:
    sheet = ThumbSheet()
    for name, maps in layers.items():
        sheet.add(name, shrunk(maps.unsqueeze(0), size_px))
    return sheet.draw(ContrastTracker(), 0.0)


@pytest.mark.parametrize("size_px", [40, 80, 96])
@pytest.mark.parametrize(
    "shape",
    [(96, 109, 109), (64, 56, 56), (16, 13, 13), (512, 7, 7), (10, 1, 1), (25_088, 1, 1),
     (1, 224, 224), (3, 20, 200), (12, 197, 197), (5, 1, 64)],
)  # fmt: skip
def test_thumbnails_of_any_shape_fit(shape: tuple[int, int, int], size_px: int) -> None:
    (picture,) = draw({"a": torch.rand(shape)}, size_px).values()
    height, width = picture.mosaic.pixels.shape
    assert 0 < max(height, width) <= size_px
    assert picture.mosaic.count <= max(64, shape[0] if shape[1:] == (1, 1) else 0)
    assert (picture.mosaic.pixels != BACKGROUND).any()


def test_picked_units_are_evenly_spread() -> None:
    maps = torch.zeros(128, 9, 9)
    maps += (torch.arange(128) % 2)[:, None, None]  # odd units are 1
    (picture,) = draw({"a": maps}).values()
    assert set(np.unique(picture.mosaic.pixels)) <= {0, BACKGROUND}  # 0, 2, 4, … are shown
    assert picture.mosaic.count == 64


@pytest.mark.parametrize("side", [9, 10, 13, 18, 27, 36, 55, 109])
def test_each_tile_is_the_mean_of_its_areas(side: int) -> None:
    maps = torch.rand(64, side, side)
    (picture,) = draw({"a": maps}).values()
    means = np.stack([cv2.resize(m.numpy(), (9, 9), interpolation=cv2.INTER_AREA) for m in maps])
    tiling = picture.mosaic.tiling
    tiles = [
        picture.mosaic.pixels[box.top : box.bottom, box.left : box.right]
        for box in map(tiling.rect, range(64))
    ]
    found = np.stack(tiles).ravel().astype(float)
    inside = found < TOP
    slope, offset = np.polyfit(means.ravel()[inside], found[inside], 1)
    assert np.abs(found[inside] - (slope * means.ravel()[inside] + offset)).max() <= 0.6
    assert inside.mean() > 0.97


def test_layers_drawn_together_look_as_if_drawn_alone() -> None:
    layers = {
        "a": torch.rand(64, 30, 30),
        "b": torch.randn(64, 45, 45) * 50,
        "c": torch.rand(64, 30, 30) * 1e-3,
        "d": torch.rand(10, 1, 1),
    }
    together = draw(layers)
    for name, maps in layers.items():
        (alone,) = draw({name: maps}).values()
        assert (together[name].mosaic.pixels == alone.mosaic.pixels).all()
        assert together[name].signed == alone.signed == (name == "b")


def test_zero_is_in_the_middle_of_a_signed_thumbnail() -> None:
    maps = torch.randn(4, 9, 9)
    maps[0] = 0
    (picture,) = draw({"a": maps}, 19).values()
    assert (picture.mosaic.pixels[:9, :9] == ZERO).all()


def test_a_single_huge_value_does_not_darken_the_rest() -> None:
    maps = torch.rand(64, 9, 9)
    plain = draw({"a": maps})["a"].mosaic.pixels
    maps[5, 4, 4] = 1e6
    assert np.median(draw({"a": maps})["a"].mosaic.pixels) > np.median(plain) * 0.8


def test_nan_is_background_and_hurts_no_neighbour() -> None:
    layers = {"a": torch.rand(64, 9, 9), "b": torch.full((64, 9, 9), float("nan"))}
    drawn = draw(layers)
    assert (drawn["b"].mosaic.pixels == BACKGROUND).all()
    assert (drawn["a"].mosaic.pixels == draw({"a": layers["a"]})["a"].mosaic.pixels).all()


def test_what_is_kept_is_memory_of_its_own() -> None:
    for shape in [(8, 1, 1), (8, 5, 5), (64, 100, 100), (100, 3, 3)]:
        maps = torch.rand(shape)
        kept = shrunk(maps.unsqueeze(0), 80).values
        before = kept.clone()
        maps.zero_()
        assert (kept == before).all()


def test_memory_order_does_not_matter() -> None:
    maps = torch.rand(1, 96, 54, 54)
    last = maps.contiguous(memory_format=torch.channels_last)
    first = draw({"a": maps[0]})["a"].mosaic.pixels
    assert np.abs(draw({"a": last[0]})["a"].mosaic.pixels.astype(int) - first).max() <= 1
