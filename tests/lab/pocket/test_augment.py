from __future__ import annotations

import numpy as np
import pytest
import torch

from deepvis_app.lab.pocket.augment import CutMix, normalise, random_views

MEAN, STD = np.array([0.4802, 0.4481, 0.3975]), np.array([0.2770, 0.2691, 0.2821])


def chance(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_normalise_is_the_formula() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (2, 5, 7, 3), dtype=np.uint8)
    expected = ((pixels / 255 - MEAN) / STD).transpose(0, 3, 1, 2)
    np.testing.assert_allclose(normalise(torch.from_numpy(pixels)).numpy(), expected, atol=1e-5)


def ramps(count: int, side: int = 64) -> torch.Tensor:
    """Pictures whose first two channels say where a pixel lies, -1..1 over the picture's extent."""
    places = (torch.arange(side) + 0.5) * 2 / side - 1
    across = places.expand(side, side)
    return torch.stack([across, across.T, torch.zeros(side, side)]).expand(count, -1, -1, -1)


@pytest.mark.parametrize("least_area", [0.4, 0.8])
def test_views_cover_the_promised_share_within_the_picture(least_area: float) -> None:
    side = 48
    across, down = random_views(ramps(200), side, least_area, chance())[:, :2].unbind(1)
    # between pixel centres lie side - 1 of the side steps that the view is wide
    width = (across[:, 24, -9] - across[:, 24, 8]).abs() / 2 * side / (side - 17)
    height = (down[:, -9, 24] - down[:, 8, 24]).abs() / 2 * side / (side - 17)
    assert across.abs().max() <= 1
    assert down.abs().max() <= 1
    area, ratio = width * height, width / height
    assert area.min() > 0.9 * least_area  # a side that would not fit is cut
    assert area.max() <= 1.01
    assert 0.75 < ratio.min() < 0.9
    assert 1.1 < ratio.max() < 1.3


def test_half_of_the_views_are_mirrored() -> None:
    across = random_views(ramps(400), 48, 0.5, chance())[:, 0]
    mirrored = (across[:, 24, -1] < across[:, 24, 0]).float().mean()
    assert 0.42 < mirrored < 0.58


def test_views_depend_on_the_seed_alone() -> None:
    pictures = torch.rand(4, 3, 64, 64, generator=chance(5))
    one, same, other = (random_views(pictures, 48, 0.5, chance(seed)) for seed in (1, 1, 2))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_a_cut_comes_from_the_partner_and_nothing_else_does() -> None:
    views = torch.arange(5.0).reshape(5, 1, 1, 1).expand(5, 3, 40, 40)
    for seed in range(20):
        mix = CutMix.drawn(5, 40, chance(seed))
        mixed = mix(views)
        own = (mixed == views).float().mean((1, 2, 3))
        foreign = (mixed == views[mix.partner]).float().mean((1, 2, 3))
        same = mix.partner == torch.arange(5)
        assert torch.allclose(own[~same], torch.tensor(mix.kept), atol=1e-6)
        assert torch.allclose(foreign[~same], torch.tensor(1 - mix.kept), atol=1e-6)
        assert sorted(mix.partner.tolist()) == [0, 1, 2, 3, 4]


def test_the_cuts_area_is_at_most_uniform() -> None:
    """Of a uniform area in 0..1, less what lies beyond the border: the mean is under a half."""
    cut = [1 - CutMix.drawn(2, 64, chance(seed)).kept for seed in range(400)]
    assert 0.25 < sum(cut) / len(cut) < 0.5
    assert max(cut) > 0.6
    assert min(cut) < 0.02
