from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from deepvis_app.nets import Network, Preprocessing, Unit
from deepvis_app.synth.scores import (
    NaturalStatistics,
    changed,
    score,
    spectral_slope,
)

SIDE = 32


def brightness() -> Network:
    """Three units: the mean red, green and blue of 4x4 blocks, 0..1."""
    pool = nn.Sequential()
    pool.add_module("colour", nn.AvgPool2d(4))
    plain = Preprocessing(mean=(0, 0, 0), std=(1, 1, 1))
    return Network(pool, (3, SIDE, SIDE), plain)


def flat(*colour: int) -> np.ndarray:
    return np.broadcast_to(np.array(colour, np.uint8), (SIDE, SIDE, 3)).copy()


def natural(mean: float = 0.2, best: float = 0.4) -> NaturalStatistics:
    ones = np.ones(3, np.float32)
    return NaturalStatistics(ones * mean, ones * 0.1, ones * best)


def test_excess_is_in_multiples_of_the_best_photograph() -> None:
    found = score(brightness(), flat(204, 51, 51), Unit("colour", 0), natural())
    assert found.activation == pytest.approx(0.8)
    assert found.excess == pytest.approx((0.8 - 0.2) / (0.4 - 0.2))
    assert found.rank == 1
    assert not found.is_dead
    alone = score(brightness(), flat(204, 51, 51), Unit("colour", 0))
    assert alone.excess is None


def test_rank_counts_deviations_not_values() -> None:
    statistics = NaturalStatistics(
        np.array([0.0, 0.0, 0.0], np.float32),
        np.array([0.5, 0.01, 0.1], np.float32),
        np.array([1.0, 1.0, 1.0], np.float32),
    )
    picture = flat(204, 51, 102)  # 1.6, 20 and 4 deviations
    assert [score(brightness(), picture, Unit("colour", k), statistics).rank for k in range(3)] == [
        3,
        1,
        2,
    ]
    assert [score(brightness(), picture, Unit("colour", k)).rank for k in range(3)] == [1, 3, 2]


def test_a_flat_bright_picture_keeps_what_it_has() -> None:
    found = score(brightness(), flat(128, 0, 0), Unit("colour", 0), natural(0.0, 0.4))
    assert found.kept == pytest.approx(1, abs=0.05)


def test_a_single_pixel_loses_most_under_a_blur() -> None:
    class Peak(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.same = nn.Identity()

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.same(x)

    network = Network(Peak(), (3, SIDE, SIDE), Preprocessing(mean=(0, 0, 0), std=(1, 1, 1)))
    picture = flat(0, 0, 0)
    picture[16, 16, 0] = 255
    one = score(network, picture, Unit("same", 0))
    picture[10:22, 10:22, 0] = 255
    many = score(network, picture, Unit("same", 0))
    assert one.kept < 0.75
    assert many.kept > 0.95


def test_a_picture_below_the_photographs_is_dead() -> None:
    assert score(brightness(), flat(40, 0, 0), Unit("colour", 0), natural()).is_dead
    assert score(brightness(), flat(0, 0, 0), Unit("colour", 0)).is_dead


def test_each_change_changes_something_else() -> None:
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (SIDE, SIDE, 3), np.uint8)
    found = changed(picture)
    assert set(found) == {"jpeg", "noise", "mirror", "zoom", "blur"}
    assert np.array_equal(found["mirror"], picture[:, ::-1])
    difference = found["noise"].astype(float) - picture
    assert difference[(picture > 60) & (picture < 195)].std() == pytest.approx(15.3, rel=0.1)
    assert found["blur"].astype(float).std() < 0.5 * picture.std()
    assert all(each.shape == picture.shape for each in found.values())
    again = changed(picture)
    assert all(np.array_equal(found[name], again[name]) for name in found)


@pytest.mark.parametrize("exponent", [0.0, 1.0, 1.5])
def test_slope_of_a_known_spectrum(exponent: float) -> None:
    side = 128
    frequency = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.fftfreq(side))
    frequency[0, 0] = 1
    rng = np.random.default_rng(1)
    values = np.fft.ifft2(np.fft.fft2(rng.normal(size=(side, side))) / frequency**exponent).real
    values = 127 + 40 * (values - values.mean()) / values.std()
    picture = np.repeat(np.clip(values, 0, 255).astype(np.uint8)[..., None], 3, 2)
    assert spectral_slope(picture) == pytest.approx(-2 * exponent, abs=0.25)
