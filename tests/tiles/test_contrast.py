from __future__ import annotations

import numpy as np
import pytest
import torch

from deepvis_app.tiles import TOP, ZERO, Contrast, Scale, Scaling, Sign, unit_stats
from deepvis_app.tiles.tracker import ContrastTracker

LAYER = Contrast(Scaling.LAYER, Sign.SEQUENTIAL)


def noise(units: int = 6, height: int = 9, width: int = 7, seed: int = 1) -> torch.Tensor:
    return torch.randn(units, height, width, generator=torch.Generator().manual_seed(seed))


def shades(maps: torch.Tensor, contrast: Contrast) -> np.ndarray:
    scale = ContrastTracker().scale("a", maps, unit_stats(maps), contrast, 0.0)
    return scale.shades(maps).numpy().astype(int)


def ancestor(data: np.ndarray, boost: float = 0.0, gamma: float = 1.0) -> np.ndarray:
    """`tile_images_normalize` of the Deep Visualization Toolbox for one picture a unit."""
    data = data - data.min()
    data = data / (data.max() + 1e-10)
    if boost > 0:
        data = data * ((data.max(-1).max(-1) + 1e-10) ** -boost)[:, None, None]
    return data**gamma


@pytest.mark.parametrize("gamma", [1.0, 0.7, 0.5, 0.3])
@pytest.mark.parametrize("boost", [0.0, 0.3, 0.5, 0.8, 1.0])
def test_layer_scale_boost_and_gamma_are_the_ancestors(boost: float, gamma: float) -> None:
    maps = noise().relu() * torch.logspace(-2, 1, 6)[:, None, None]
    contrast = Contrast(Scaling.LAYER, gamma=gamma, boost=boost)
    expected = ancestor(maps.double().numpy(), boost, gamma) * TOP
    assert np.abs(shades(maps, contrast) - expected).max() <= 1


def test_layer_scale_goes_from_minimum_to_maximum() -> None:
    maps = noise()
    found = shades(maps, LAYER)
    assert np.abs(found - ancestor(maps.double().numpy()) * TOP).max() <= 1
    assert (found.min(), found.max()) == (0, TOP)


def test_unit_scale_gives_every_unit_the_whole_range() -> None:
    maps = noise() * torch.logspace(-2, 2, 6)[:, None, None]
    found = shades(maps, Contrast(Scaling.UNIT, Sign.SEQUENTIAL))
    assert (found.min((1, 2)) == 0).all()
    assert (found.max((1, 2)) == TOP).all()


@pytest.mark.parametrize("scaling", list(Scaling))
def test_a_signed_scale_has_zero_in_the_middle_and_is_symmetric(scaling: Scaling) -> None:
    maps = noise()
    maps[:, 0, 0] = 0
    contrast = Contrast(scaling, Sign.DIVERGING)
    found = shades(maps, contrast)
    assert (found[:, 0, 0] == ZERO).all()
    assert np.abs((found - ZERO) + (shades(-maps, contrast) - ZERO)).max() <= 1
    assert ((found > ZERO)[maps.numpy() > 0.2]).all()


def test_gamma_bends_a_signed_scale_on_both_sides() -> None:
    maps = torch.tensor([[[-1.0, -0.25, 0.0, 0.25, 1.0]]])
    found = shades(maps, Contrast(Scaling.LAYER, Sign.DIVERGING, gamma=0.5))
    assert np.abs(found[0, 0] - [0, 63.5, 127, 190.5, 254]).max() <= 1


def test_sign_auto_diverges_only_where_there_is_something_negative() -> None:
    tracker, contrast = ContrastTracker(), Contrast(Scaling.LAYER)
    positive = noise().abs()
    assert not tracker.scale("a", positive, unit_stats(positive), contrast, 0).signed
    assert tracker.scale("b", noise(), unit_stats(noise()), contrast, 0).signed
    # It sticks, or the palette would flicker from frame to frame.
    assert tracker.scale("b", positive, unit_stats(positive), contrast, 0).signed


def test_a_constant_layer_is_dark_and_nothing_breaks() -> None:
    for scaling in Scaling:
        assert (shades(torch.zeros(2, 3, 3), Contrast(scaling)) == 0).all()
        assert (shades(torch.full((2, 3, 3), 5.0), Contrast(scaling)) <= TOP).all()


def test_percentile_is_that_of_numpy_and_starts_at_zero_for_positive_layers() -> None:
    maps = noise(32, 20, 20).relu()
    scale = ContrastTracker().scale("a", maps, unit_stats(maps), Contrast(percentile=98), 0)
    assert scale.low == 0
    assert scale.high == pytest.approx(np.percentile(maps.numpy(), 98), rel=1e-3)


def test_the_low_end_is_a_percentile_of_numpy_but_where_zero_is_in_the_middle() -> None:
    maps = torch.rand(4, 20, 25, generator=torch.Generator().manual_seed(3))
    contrast = Contrast(percentile=98, low_percentile=35)
    scale = ContrastTracker().scale("a", maps, unit_stats(maps), contrast, 0)
    assert scale.low == pytest.approx(np.percentile(maps.numpy(), 35), rel=1e-3)
    assert scale.high == pytest.approx(np.percentile(maps.numpy(), 98), rel=1e-3)
    signed = maps - 0.5
    scale = ContrastTracker().scale("b", signed, unit_stats(signed), contrast, 0)
    assert scale.high == pytest.approx(np.percentile(signed.abs().numpy(), 98), rel=0.01)
    assert scale.low == -scale.high


@pytest.mark.parametrize(("low", "numpy_s"), [(0.0, 2), (1.0, 2), (2.5, 2.5), (30.0, 30)])
def test_negative_values_are_cut_at_the_low_end_as_at_the_high_one_or_more(
    low: float, numpy_s: float
) -> None:
    maps = torch.rand(4, 20, 25, generator=torch.Generator().manual_seed(4)) - 0.5
    contrast = Contrast(sign=Sign.SEQUENTIAL, percentile=98, low_percentile=low)
    scale = ContrastTracker().scale("a", maps, unit_stats(maps), contrast, 0)
    assert scale.low == pytest.approx(np.percentile(maps.numpy(), numpy_s), rel=0.02)


def test_percentile_of_a_sample_is_near_that_of_the_whole() -> None:
    maps = noise(64, 112, 112).relu()
    scale = ContrastTracker().scale("a", maps, unit_stats(maps), Contrast(percentile=99.5), 0)
    assert scale.high == pytest.approx(np.percentile(maps.numpy(), 99.5), rel=0.05)


@pytest.mark.parametrize("width", [16, 64, 109])
def test_the_sample_sees_all_columns(width: int) -> None:
    maps = torch.zeros(64, 64, width)
    maps[:, :, width // 2] = 1
    scale = ContrastTracker().scale("a", maps, unit_stats(maps), Contrast(percentile=99.9), 0)
    assert scale.high == 1


def test_percentile_of_a_signed_layer_is_that_of_magnitudes() -> None:
    maps = noise(16, 30, 30)
    scale = ContrastTracker().scale("a", maps, unit_stats(maps), Contrast(percentile=99), 0)
    assert scale.signed
    assert scale.high == pytest.approx(np.percentile(maps.abs().numpy(), 99), rel=0.03)
    assert scale.low == -scale.high


def test_a_running_range_follows_fast_up_and_slowly_down_without_overshooting() -> None:
    tracker = ContrastTracker(attack_s=0.1, release_s=0.5)
    assert tracker.follow("a", 0, 1, 0.0) == (0, 1)
    # One frame of tenfold brightness, 0.1 s later: 1 - 1/e of the way up.
    low, high = tracker.follow("a", 0, 10, 0.1)
    assert (low, high) == (0, pytest.approx(1 + 9 * (1 - np.exp(-1))))
    # And 0.5 s after that: 1 - 1/e of the way down.
    _, lower = tracker.follow("a", 0, 1, 0.6)
    assert lower == pytest.approx(high + (1 - high) * (1 - np.exp(-1)))
    assert tracker.follow("a", 0, 2, 0.6, still=True) == (0, 2)


def test_locked_keeps_the_range_that_was_shown() -> None:
    tracker = ContrastTracker()
    first, second = noise(), noise(seed=2) * 10
    shown = tracker.scale("a", first, unit_stats(first), LAYER, 0)
    locked = Contrast(Scaling.LOCKED, Sign.SEQUENTIAL)
    kept = tracker.scale("a", second, unit_stats(second), locked, 1)
    assert (kept.low, kept.high) == (shown.low, shown.high)
    freed = tracker.scale("a", second, unit_stats(second), LAYER, 2)
    assert freed.high == pytest.approx(float(second.max()))


def test_not_finite_activations_do_not_spoil_the_range() -> None:
    tracker = ContrastTracker()
    good = noise().relu()
    bad = good.clone()
    bad[0, 0, 0], bad[1, 1, 1] = float("nan"), float("inf")
    assert not unit_stats(bad).is_finite
    for scaling in Scaling:
        scale = tracker.scale("a", bad, unit_stats(bad), Contrast(scaling), 0)
        assert bool(torch.as_tensor(scale.high).isfinite().any())
        after = tracker.scale("a", good, unit_stats(good), Contrast(scaling), 1)
        assert bool(torch.as_tensor(after.high).isfinite().all())
    nothing = torch.full((2, 3, 3), float("nan"))
    assert (tracker.scale("b", nothing, unit_stats(nothing), Contrast(), 0)).high == 1


def test_the_scale_of_some_units_is_that_part_of_the_whole() -> None:
    maps = noise()
    scale = ContrastTracker().scale(
        "a", maps, unit_stats(maps), Contrast(Scaling.UNIT, boost=0.5), 0
    )
    some = torch.tensor([4, 1])
    assert (scale.of_units(some).shades(maps[some]) == scale.shades(maps)[some]).all()


def test_unit_stats_are_numpys() -> None:
    maps = noise()
    stats = unit_stats(maps)
    values = maps.numpy()
    np.testing.assert_array_equal(stats.minima, values.min((1, 2)))
    np.testing.assert_array_equal(stats.maxima, values.max((1, 2)))
    np.testing.assert_allclose(stats.means, values.mean((1, 2)), atol=1e-6)
    assert (stats.low, stats.high) == (values.min(), values.max())
    with pytest.raises(ValueError, match="read-only"):
        stats.means[0] = 1


def test_a_plain_scale_is_linear_and_rounds() -> None:
    maps = torch.linspace(-0.5, 1.5, 1001).view(1, 1, -1)
    found = Scale(0.0, 1.0).shades(maps).numpy()[0, 0]
    exact = np.clip(maps.double().numpy()[0, 0], 0, 1) * TOP
    assert np.abs(found - exact).max() <= 0.5 + 1e-3
