from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pytest

from deepvis_app.errors import UserError
from deepvis_app.tiles import BACKGROUND, DIVERGING, SEQUENTIAL, TOP, ZERO, palette


@pytest.mark.parametrize("name", ["magma", "inferno", "viridis", "cividis", "coolwarm"])
def test_the_known_maps_are_within_three_levels_of_matplotlib(name: str) -> None:
    exact = mpl.colormaps[name](np.linspace(0, 1, TOP + 1))[:, :3] * 255
    assert np.abs(palette(name)[: TOP + 1] - exact).max() <= 3


@pytest.mark.parametrize("name", SEQUENTIAL + DIVERGING)
def test_every_map_has_256_colours_and_the_background_last(name: str) -> None:
    colours = palette(name, (1, 2, 3))
    assert colours.shape == (256, 3)
    assert colours.dtype == np.uint8
    assert tuple(colours[BACKGROUND]) == (1, 2, 3)


def lightness(colours: np.ndarray) -> np.ndarray:
    """CIE L* of sRGB colours, from its definition."""
    value = colours / 255
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    luminance = linear @ [0.2126, 0.7152, 0.0722]
    return np.where(luminance > 0.008856, 116 * np.cbrt(luminance) - 16, 903.3 * luminance)


@pytest.mark.parametrize("name", SEQUENTIAL)
def test_sequential_maps_grow_lighter(name: str) -> None:
    assert (np.diff(lightness(palette(name)[: TOP + 1])) > -0.7).all()


def test_the_own_diverging_map_is_dark_at_zero_and_grows_lighter_to_both_sides() -> None:
    light = lightness(palette("blue-orange")[: TOP + 1])
    assert light.argmin() == ZERO
    assert (np.diff(light[ZERO:]) > -0.01).all()
    assert (np.diff(light[: ZERO + 1]) < 0.01).all()
    assert abs(light[0] - light[TOP]) < 3
    assert np.abs(light[::-1] - light).max() < 6


def test_the_ancestors_map_is_red_black_green() -> None:
    colours = palette("green-red")
    assert colours[[0, ZERO, TOP]].tolist() == [[255, 0, 0], [0, 0, 0], [0, 255, 0]]


def test_an_unknown_map_is_named() -> None:
    with pytest.raises(UserError, match=r"no colour map 'jet'.*magma"):
        palette("jet")
