"""Deep dream: against a loop by hand, and what it is given that is odd."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from deepvis_app.errors import UserError
from deepvis_app.nets import Network, Preprocessing
from deepvis_app.synth import dream, dream_steps
from deepvis_app.synth.play import TECHNIQUES, DreamSpec, finished, guide
from deepvis_app.synth.play.aims import vector_of
from deepvis_app.synth.play.guide import GuideObjective
from tests.drawn import picture

HOW = Preprocessing(mean=(0.4, 0.5, 0.6), std=(0.2, 0.3, 0.25))
PHOTO = picture(0, 1)[:60, :90]
SMALL = {"longest_px": 64, "octaves": 2, "steps": 3, "jitter_px": 0.0}


def small(channels: int = 3, dtype: torch.dtype = torch.float64) -> Network:
    torch.manual_seed(0)
    module = nn.Sequential(
        nn.Conv2d(channels, 6, 5, stride=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 8, 3),
        nn.ReLU(), nn.Conv2d(8, 7, 3), nn.ReLU(), nn.Flatten(), nn.Linear(7 * 3 * 3, 4),
    )  # fmt: skip
    how = HOW if channels == 3 else Preprocessing(mean=(0.5,), std=(0.25,))
    return Network(module.to(dtype).eval(), (channels, 33, 33), how, name="small")


def column(values: tuple[float, ...]) -> torch.Tensor:
    return torch.tensor(values).double().view(1, 3, 1, 1)


def by_hand(
    net: Network, image: np.ndarray, sides: list[tuple[int, int]], steps: int
) -> torch.Tensor:
    """The notebook's loop, without jitter: pictures 0..255, as (1, 3, H, W)."""
    mean, std = column(HOW.mean), column(HOW.std)
    whole = torch.from_numpy(image).double().permute(2, 0, 1)[None]

    def brought(x: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
        return functional.interpolate(x, size, mode="bilinear", antialias=True)

    detail = torch.zeros(1, 3, 1, 1).double()
    for size in sides:
        base = brought(whole, size)
        x = (base + brought(detail, size)).clamp(0, 255)
        for _ in range(steps):
            x = x.requires_grad_()
            seen = net.module[:5]((x / 255 - mean) / std)
            (gradient,) = torch.autograd.grad(seen.square().mean(), x)
            x = (x + 1.5 * gradient / gradient.abs().mean()).detach().clamp(0, 255)
        detail = x - base
    return x


def test_it_is_the_loop_by_hand() -> None:
    net = small()
    found = dream(net, PHOTO, "4", longest_px=96, octaves=3, steps=4, jitter_px=0)
    assert found.image.shape == (64, 96, 3)
    sides = [(33, 49), (46, 69), (64, 96)]  # 96 / 1.4 ** k, and two thirds of it
    expected = by_hand(net, PHOTO, sides, 4)
    x = torch.from_numpy(found.x)[None] + 255 * column(HOW.mean)
    np.testing.assert_allclose(x, expected, atol=1e-3)
    assert len(found.curve) == 3 * 5
    assert found.facts == {"layer": "4", "octaves": 3}


def test_units_and_directions_are_driven_up() -> None:
    net = small()
    one = dream(net, PHOTO, "4", unit=3, **SMALL)
    base = torch.from_numpy(PHOTO).double().permute(2, 0, 1)[None]
    base = functional.interpolate(base, (31, 46), mode="bilinear", antialias=True)
    x = (base / 255 - column(HOW.mean)) / column(HOW.std)
    maps = net.module[:5](x.double())[0].mean((1, 2)).detach()
    assert one.curve[0] == pytest.approx(float(maps[3]), rel=1e-5)
    several = dream(net, PHOTO, "4", direction="3 5:-0.5", **SMALL)
    assert several.curve[0] == pytest.approx(float((maps[3] - 0.5 * maps[5]) / 1.25**0.5), rel=1e-5)
    for found in (one, several):
        assert found.curve[3] > found.curve[0]


def test_directions_are_read() -> None:
    assert vector_of("1:2, 3", 4) == (0, 2, 0, 1)
    assert vector_of("[0.5, -1, 0]", 3) == (0.5, -1, 0)
    for text, says in (("9", "no unit 9"), ("a b", "no direction"), ("1:x", "no direction")):
        with pytest.raises(UserError, match=says):
            vector_of(text, 4)


def test_a_guide_is_matched_place_by_place(monkeypatch: pytest.MonkeyPatch) -> None:
    own, codes = torch.randn(1, 4, 3, 5).double(), torch.randn(1, 4, 2, 6).double()
    own.requires_grad_()
    goal = GuideObjective.of("a", codes)
    value = goal.read({"a": own})
    places = own.detach()[0].flatten(1).T
    best = [
        max((codes[0, :, k // 6, k % 6] for k in range(12)), key=lambda code: float(code @ place))
        for place in places
    ]
    expected = [float(code @ place) for code, place in zip(best, places, strict=True)]
    assert float(value.detach()) == pytest.approx(np.mean(expected))
    (gradient,) = torch.autograd.grad(value, own)
    np.testing.assert_allclose(gradient[0].flatten(1).T * 15, torch.stack(best))
    monkeypatch.setattr(guide, "_AT_ONCE", 13)  # one place after the other
    assert float(goal.read({"a": own}).detach()) == float(value.detach())


def test_a_guide_of_another_size_and_a_warm_start() -> None:
    net = small()
    plain = dream(net, PHOTO, "4", **SMALL)
    guided = dream(net, PHOTO, "4", guide=picture(2, 0)[:50, :40], **SMALL)
    assert guided.image.shape == plain.image.shape
    assert (guided.image != plain.image).any()
    warm = dream(net, PHOTO, "4", warm=picture(3, 0)[:60, :90], **SMALL)
    other = dream(net, picture(3, 0)[:60, :90], "4", **SMALL)
    np.testing.assert_array_equal(warm.image, other.image)


def test_it_goes_on_in_the_middle_of_an_octave() -> None:
    net = small()
    spec = DreamSpec(layer="4", longest_px=64, octaves=2, steps=3, jitter_px=8)
    whole = finished(dream_steps(net, {"input": PHOTO}, spec, 5))
    states = [step.state() for step in dream_steps(net, {"input": PHOTO}, spec, 5) if step]
    assert len(states) == 8
    for at in (1, 3, 5):
        again = finished(dream_steps(net, {"input": PHOTO}, spec, 5, states[at]))
        np.testing.assert_array_equal(again.x, whole.x)
        np.testing.assert_array_equal(again.curve, whole.curve)


def test_chance_is_the_seeds() -> None:
    net = small()
    settings = {**SMALL, "jitter_px": 20.0}
    one, same, other = (dream(net, PHOTO, "4", seed=k, **settings) for k in (1, 1, 2))
    np.testing.assert_array_equal(one.x, same.x)
    assert (one.x != other.x).any()


def test_networks_of_one_channel_dream_in_grey() -> None:
    found = dream(small(1), PHOTO, "4", **SMALL)
    assert found.x.shape == (1, 43, 64)
    assert (found.image == found.image[:, :, :1]).all()
    assert found.curve[3] > found.curve[0]


def test_a_network_of_one_size_is_shown_the_picture_at_that() -> None:
    """Its first layer takes no other: what is dreamed is still of the size that is asked for."""
    torch.manual_seed(0)
    module = nn.Sequential(nn.Flatten(), nn.Linear(3 * 20 * 20, 64), nn.Unflatten(1, (4, 4, 4)))
    found = dream(Network(module.eval(), (3, 20, 20)), PHOTO, "2", **SMALL)
    assert found.image.shape == (43, 64, 3)
    assert found.curve[-1] > found.curve[0]


def test_what_cannot_be_dreamed_is_said() -> None:
    net = small()
    with pytest.raises(UserError, match="has no unit 8") as error:
        dream(net, PHOTO, "4", unit=8, **SMALL)
    assert error.value.remedy == "Its units are 0 to 7"
    with pytest.raises(UserError, match="cannot read a picture of 32 × 16"):
        dream(net, PHOTO[:2], "6", **{**SMALL, "longest_px": 32})
    with pytest.raises(UserError, match="has no layer"):
        dream(net, PHOTO, "nowhere", **SMALL)
    with pytest.raises(UserError, match="lacks a picture: input"):
        TECHNIQUES["dream"].check({"guide": PHOTO})


def test_octaves_that_the_network_cannot_read_are_left_out() -> None:
    found = dream(small(), PHOTO, "6", longest_px=40, octaves=9, octave_scale=1.4, steps=1)
    assert found.image.shape == (27, 40, 3)
    assert found.facts["octaves"] == 1
