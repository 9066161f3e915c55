"""Occlusion against captum and by hand; what covers; from coarse to fine."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from captum.attr import Occlusion
from torch import Tensor, nn

from deepvis_app.errors import UserError
from deepvis_app.explain import (
    attribute,
    filling,
    occlude,
    occlusion_steps,
)
from deepvis_app.nets import Box, Network, Preprocessing, Unit
from deepvis_app.nets.taps import hook_count
from tests.explain.steps import finished


@pytest.mark.parametrize(("patch", "stride"), [(4, 2), ((5, 3), (2, 3)), (3, 1), ((12, 10), 4)])
@pytest.mark.parametrize("fill", ["black", "mean", "blur"])
def test_captum_agrees(
    plain: Network, reference: nn.Module, x: Tensor, patch: Any, stride: Any, fill: str
) -> None:
    cover = filling(plain, x[0], fill)[None]
    size = (3, *((patch, patch) if isinstance(patch, int) else patch))
    steps = (3, *((stride, stride) if isinstance(stride, int) else stride))
    right = Occlusion(reference).attribute(x[:1], size, steps, cover, target=3)[0, 0]
    settings = {"patch": patch, "stride": stride, "fill": fill}
    found = attribute(plain, x[0], Unit("head", 3), "occlusion", "logit", **settings)
    assert found.shape == (1, 12, 10)
    peak = float(right.abs().max())
    assert peak > 0
    assert float((found[0] - right).abs().max()) <= 1e-5 * peak
    assert hook_count(plain.module) == 0


class Sum(nn.Module):
    """Two classes: ten times the picture's sum on its left half, and on its right half."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(8 * 8, 3, bias=False)
        weights = torch.zeros(3, 8, 8)
        weights[0, :, :4] = weights[1, :, 4:] = 10.0
        self.head.weight.data = weights.flatten(1)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(x.flatten(1))


def test_covering_one_makes_another_rise() -> None:
    network = Network(Sum(), (1, 8, 8), Preprocessing(mean=(0.0,), std=(1.0,)))
    x = torch.full((1, 8, 8), 0.01)
    steps = occlusion_steps(network, x, Unit("head", 0), patch=4, stride=4, fill="black")
    _, found = finished(steps)
    assert found.score == pytest.approx(3.2)
    # Covering a quarter on the left takes 16 pixels of 0.1 each.
    right = np.zeros((8, 8), np.float32)
    right[:, :4] = 1.6
    np.testing.assert_allclose(found.drop, right, atol=1e-5)
    usual, then = (np.exp([a, 3.2, 0.0]) for a in (3.2, 1.6))
    gains = then / then.sum() - usual / usual.sum()
    assert [rise.index for rise in found.rises] == [1, 2]
    assert found.rises[0].amount == pytest.approx(gains[1], rel=1e-5)
    np.testing.assert_allclose(found.rises[0].map[:, :4], gains[1], rtol=1e-4)
    assert (found.rises[0].map[:, 4:] < 0).all()


def test_a_coarse_picture_comes_first(plain: Network, x: Tensor) -> None:
    options = {"patch": 3, "stride": 1, "batch": 4}
    seen, result = finished(occlusion_steps(plain, x[0], Unit("head", 0), **options))
    assert seen[-1].step == seen[-1].total == 10 * 8
    assert [p.step for p in seen] == sorted({p.step for p in seen})
    complete = next(p for p in seen if p.level == 1)
    assert complete.step <= 9
    np.testing.assert_array_equal(seen[-1].drop, result.drop)
    # Each place of the first picture holds the drop of a window that was really measured.
    boxes = [
        Box(i, j, i + 3, j + 3)
        for i in {*range(0, 10, 8), 9}
        for j in {*range(0, 8, 8), 7}
    ]  # fmt: skip
    whole = plain.forward(x[:1]).logits[0, 0]  # type: ignore[index]
    drops = []
    for box in boxes:
        covered = occlude(x[0], box, filling(plain, x[0], "mean"))
        drops.append(float(whole - plain.forward(covered[None]).logits[0, 0]))  # type: ignore[index]
    assert complete.drop[0, 0] == pytest.approx(drops[boxes.index(Box(0, 0, 3, 3))], abs=1e-6)
    assert np.abs(complete.drop).max() <= max(map(abs, drops)) + 1e-6
    assert complete.drop.any(axis=1).all()  # nowhere left out


def test_nearest_windows_fill_the_gaps() -> None:
    network = Network(Sum(), (1, 8, 8), Preprocessing(mean=(0.0,), std=(1.0,)))
    steps = occlusion_steps(
        network, torch.full((1, 8, 8), 0.01), Unit("head", 0), patch=1, stride=1, fill="black"
    )
    first = next(p for p in steps if p.level == 1)
    assert first.step == 9  # rows and columns 0, 4 and 7
    # Column 4 lies on the right half, where nothing drops; 0..1 are nearest to column 0.
    right = np.zeros((8, 8), np.float32)
    right[:, :3] = 0.1
    np.testing.assert_allclose(first.drop[:, [0, 1, 3, 4, 7]], right[:, [0, 1, 3, 4, 7]], atol=1e-5)


def test_what_covers() -> None:
    preprocessing = Preprocessing(mean=(0.5, 0.25, 0.0), std=(0.5, 0.5, 0.5))
    network = Network(nn.Sequential(nn.Conv2d(3, 2, 3)), (3, 9, 9), preprocessing)
    x = torch.rand(3, 9, 9, generator=torch.Generator().manual_seed(0))
    assert filling(network, x, "black")[:, 4, 4].tolist() == [-1.0, -0.5, 0.0]
    mean = filling(network, x, "mean")
    torch.testing.assert_close(mean[:, 0, 8], x.mean((1, 2)))
    blur = filling(network, x, "blur")
    assert blur.shape == x.shape
    assert float(blur.var()) < float(x.var())
    even = torch.full((3, 9, 9), 0.3)
    torch.testing.assert_close(filling(network, even, "blur"), even)
    box = Box(7, -2, 12, 3)  # over the border
    found = occlude(x, box, mean)
    assert torch.equal(found[:, 7:, :3], mean[:, 7:, :3])
    assert torch.equal(found[:, :7], x[:, :7])
    assert torch.equal(found[:, :, 3:], x[:, :, 3:])
    batch = occlude(x[None].repeat(2, 1, 1, 1), box, mean)
    assert torch.equal(batch[1], found)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"patch": 11}, "smaller than the patch of 11 × 11 px. Use a patch of 5 px or less"),
        ({"patch": (13, 2)}, "smaller than the patch"),
        ({"patch": 4, "stride": 5}, "leaves gaps"),
        ({"patch": 0}, "at least 1 px"),
        ({"patch": "wide"}, "'wide' is no size in pixels"),
        ({"stride": (2, 2, 2)}, "is no size in pixels"),
        ({"fill": "white"}, "no fill 'white'"),
    ],
)
def test_bad_settings_are_told(
    plain: Network, x: Tensor, settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        next(occlusion_steps(plain, x[0], Unit("head", 0), **settings))


def test_a_hidden_unit_without_classes(x: Tensor) -> None:
    network = Network(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU()), (3, 12, 10))
    _, found = finished(occlusion_steps(network, x[0], Unit("1", 2), patch=6))
    assert found.rises == ()
    assert found.drop.any()
