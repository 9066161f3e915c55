"""Averaging by area against sums of exact fractions."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import torch

from deepvis_app.tiles.area import averaged


def overlaps(size: int, wanted: int) -> list[list[Fraction]]:
    """Return for each wanted pixel the share of every place of `size` in it."""
    step = Fraction(size, wanted)
    return [
        [
            max(min(Fraction(i + 1), (k + 1) * step) - max(Fraction(i), k * step), Fraction(0))
            / step
            for i in range(size)
        ]
        for k in range(wanted)
    ]


@pytest.mark.parametrize(
    ("size", "wanted"),
    [((7, 5), (3, 2)), ((9, 8), (8, 7)), ((6, 6), (2, 3)), ((5, 9), (5, 4)), ((4, 3), (1, 1))],
)
@pytest.mark.parametrize("kind", [torch.float32, torch.float64, torch.float16])
def test_every_pixel_is_the_exact_mean_of_what_lies_under_it(
    size: tuple[int, int], wanted: tuple[int, int], kind: torch.dtype
) -> None:
    chance = torch.Generator().manual_seed(1)
    maps = torch.randint(-99, 99, (2, 3, *size), generator=chance)
    rows, columns = (overlaps(*pair) for pair in zip(size, wanted, strict=True))
    found = averaged(maps.to(kind), wanted)
    assert found.dtype == torch.float32
    for place in np.ndindex(2, 3, *wanted):
        values = maps[place[:2]].tolist()
        mean = sum(
            share * part * value
            for share, line in zip(rows[place[2]], values, strict=True)
            for part, value in zip(columns[place[3]], line, strict=True)
        )
        assert found[place].item() == pytest.approx(float(mean), abs=1e-4)


def test_the_memory_format_does_not_matter_and_the_result_is_its_own() -> None:
    maps = torch.rand(2, 6, 11, 13)
    last = maps.contiguous(memory_format=torch.channels_last)
    found = averaged(last, (5, 6))
    assert torch.equal(found, averaged(maps, (5, 6)))
    before = found.clone()
    last.zero_()
    assert torch.equal(found, before)


@pytest.mark.parametrize("wrong", [float("nan"), float("inf")])
def test_what_is_not_finite_spoils_only_the_pixels_above_it(wrong: float) -> None:
    maps = torch.ones(1, 2, 10, 10)
    maps[0, 1, 3, 3] = wrong  # of rows 0 to 3.33, 3.33 to 6.67: only the first two
    spoiled = ~torch.isfinite(averaged(maps, (3, 3)))
    assert not spoiled[0, 0].any()
    assert spoiled[0, 1].tolist() == [
        [True, True, False],
        [True, True, False],
        [False, False, False],
    ]


def test_half_precision_is_averaged_without_its_rounding() -> None:
    maps = torch.full((1, 1, 64, 64), 2048.0, dtype=torch.float16)
    maps[..., ::2] = 2050.0
    assert averaged(maps, (1, 1)).item() == 2049.0
