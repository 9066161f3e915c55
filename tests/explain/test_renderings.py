"""Views by the ancestor's formulas, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from deepvis_app.errors import UserError
from deepvis_app.explain import Rendering, map_peak, render_map, smoothed
from deepvis_app.explain.renderings import blurred

G = np.array([[[4.0, -2.0]], [[0.0, 1.0]], [[-3.0, -2.0]]], np.float32)  # (3, 1, 2)


def test_raw_is_centred_at_grey() -> None:
    # 0.5 + g / 8: largest value 4.
    right = np.array([[[1.0, 0.25], [0.5, 0.625], [0.125, 0.25]]]).transpose(0, 2, 1) * 255
    assert (render_map(G, Rendering.RAW) == np.rint(right)).all()
    # A fixed scale of 8: half as far from grey.
    steady = render_map(G, "raw", peak=8.0)
    assert steady[0, 0].tolist() == [191, 128, 80]
    assert render_map(G[:1], "raw").tolist() == [[[255] * 3, [64] * 3]]


def test_gray_is_the_mean() -> None:
    # Means 1/3 and -1: 0.5 + (1/3) / 2 and 0.
    assert render_map(G, Rendering.GRAY).tolist() == [[[170] * 3, [0] * 3]]


def test_norm_goes_from_its_minimum_to_its_maximum() -> None:
    g = np.array([[[3.0, 0.0, 6.0]], [[4.0, 1.0, 8.0]]], np.float32)  # norms 5, 1, 10
    right = round((5 - 1) / 9 * 254)
    found = render_map(g, Rendering.NORM)
    assert abs(int(found[0, 0, 0]) - right) <= 1
    assert found[0, :, 0].tolist()[1:] == [0, 255]
    # With a fixed scale zero stays at zero: 5 / 20.
    assert abs(int(render_map(g, Rendering.NORM, peak=20.0)[0, 0, 0]) - 64) <= 1


def test_the_blur_is_scipy_s() -> None:
    values = np.random.default_rng(0).random((40, 31)).astype(np.float32)
    right = gaussian_filter(values, 4.0, mode="mirror", truncate=4.0)
    np.testing.assert_allclose(blurred(values, 4.0), right, rtol=1e-5)
    tiny = np.random.default_rng(1).random((3, 2)).astype(np.float32)
    right = gaussian_filter(tiny, 4.0, mode="mirror", truncate=4.0)
    np.testing.assert_allclose(blurred(tiny, 4.0), right, rtol=1e-5)


def test_the_blurred_norm() -> None:
    g = np.random.default_rng(2).standard_normal((3, 24, 20)).astype(np.float32)
    norm = gaussian_filter(np.sqrt((g**2).sum(0)), 4.0, mode="mirror", truncate=4.0)
    right = (norm - norm.min()) / (norm.max() - norm.min()) * 255
    found = render_map(g, "blurred-norm")[..., 0].astype(float)
    assert np.abs(found - right).max() <= 1.5


def test_positive_is_what_the_sum_has_above_zero() -> None:
    g = np.array([[[2.0, -5.0, 0.5, 4.0]], [[2.0, 1.0, 0.5, -3.0]]], np.float32)  # 4, -4, 1, 1
    shades = render_map(g, Rendering.POSITIVE)[0, :, 0].tolist()
    assert shades == [255, 0, 64, 64]


def test_signed_has_zero_in_the_middle() -> None:
    g = np.array([[[2.0, -1.0, 0.0]]], np.float32)
    palette = np.arange(256, dtype=np.uint8)[:, None].repeat(3, 1)
    shades = render_map(g, Rendering.SIGNED, palette=palette)[0, :, 0].tolist()
    assert shades == [254, 64, 127]  # 0.5 + g / 4, in 254 parts; 63.5 to even
    strong, weak, zero = render_map(g, Rendering.SIGNED)[0].astype(int)
    assert strong[0] > strong[2]  # orange
    assert weak[2] > weak[0]  # blue
    assert zero.max() < 16


def test_the_overlay_leaves_the_picture_where_nothing_is() -> None:
    g = np.array([[[0.0, 1.0, 0.5, -2.0]]], np.float32)
    picture = np.full((1, 4, 3), 100, np.uint8)
    palette = np.full((256, 3), 200, np.uint8)
    found = render_map(g, Rendering.OVERLAY, picture=picture, opacity=0.5, palette=palette)
    middle = round(100 + 0.5 * 0.5**0.8 * 100)
    assert found[0, :, 0].tolist() == [100, 150, middle, 100]
    with pytest.raises(UserError, match="needs the picture"):
        render_map(g, Rendering.OVERLAY)


@pytest.mark.parametrize("view", Rendering)
def test_an_empty_or_broken_map_is_an_even_picture(view: Rendering) -> None:
    picture = np.full((6, 5, 3), 9, np.uint8)
    for value in (0.0, np.nan, np.inf):
        found = render_map(np.full((3, 6, 5), value, np.float32), view, picture=picture)
        assert found.shape == (6, 5, 3)
        assert found.dtype == np.uint8
        assert (found == found[0, 0]).all()


@pytest.mark.parametrize(
    "view", [Rendering.RAW, Rendering.GRAY, Rendering.SIGNED, Rendering.OVERLAY]
)
def test_its_own_peak_changes_nothing(view: Rendering) -> None:
    g = np.random.default_rng(0).standard_normal((3, 9, 7)).astype(np.float32)
    picture = np.zeros((9, 7, 3), np.uint8)
    steady = render_map(g, view, picture=picture, peak=map_peak(g, view))
    if view is not Rendering.OVERLAY:
        assert (steady == render_map(g, view)).all()
    assert steady.max() > 150


def test_smoothing_is_a_running_mean() -> None:
    now = np.ones((1, 2, 2), np.float32)
    assert (smoothed(None, now, 0.75) == now).all()
    assert (smoothed(5 * now, now, 0.75) == 4.0).all()
    assert (smoothed(np.zeros((1, 3, 3), np.float32), now, 0.75) == now).all()


def test_views_by_name() -> None:
    wanted = Rendering.NORM_BLURRED
    assert Rendering.parse("blurred-norm") is Rendering.parse("blurred norm") is wanted
    with pytest.raises(UserError, match="no view 'nrom'"):
        Rendering.parse("nrom")
