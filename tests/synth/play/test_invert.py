"""Inversion: what it reaches, tells and refuses, on networks of several kinds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from deepvis_app.errors import UserError
from deepvis_app.nets import Network, load_network
from deepvis_app.synth import StopReason
from deepvis_app.synth.play import InvertSpec, fitting_smoothness, invert, invert_steps, strip
from deepvis_app.synth.play.invert import Optimiser, recipes_of
from tests.synth.play.toys import chain, picture, tokens

if TYPE_CHECKING:
    from pathlib import Path

WAYS: list[dict[str, Any]] = [
    {},
    {"optimiser": "adam"},
    {"made": "pixels"},
    {"made": "pixels", "optimiser": "adam"},
    {"start": "grey", "beta": 1.0},
    {"optimiser": "adam", "jitter_px": 4},
]


@pytest.mark.parametrize("settings", WAYS, ids=str)
def test_the_error_falls_and_is_that_of_the_picture_given(settings: dict[str, Any]) -> None:
    net, seen = chain(), picture(chain())
    played = invert(net, seen, "1", steps=60, smoothness=0.001, **settings)
    codes = [net.activations(net.normalise(p)[None], ["1"])["1"] for p in (seen, played.image)]
    error = float((codes[1] - codes[0]).square().sum() / codes[0].square().sum())
    assert played.facts["error"] == pytest.approx(error, rel=1e-4)
    assert played.facts["distance"] == pytest.approx(error**0.5, rel=1e-4)
    assert error < played.curve[0] / (2 if "jitter_px" in settings else 5)
    assert len(played.curve) == 60
    assert played.facts["smoothness"] == 0.001


def test_scores_of_input_and_result_are_told() -> None:
    net, seen = chain(), picture(chain())
    played = invert(net, seen, "4", steps=20)
    for name, shown in (("before", seen), ("after", played.image)):
        expected = torch.softmax(net.module(net.normalise(shown)[None].double()), 1)[0]
        np.testing.assert_allclose(played.arrays[f"scores_{name}"], expected.detach(), atol=1e-4)


def test_units_that_are_not_matched_are_free() -> None:
    net, seen = chain(), picture(chain())
    played = invert(net, seen, "1", units="0-1", steps=80, smoothness=0.0, alpha=0.0)
    codes = [net.activations(net.normalise(p)[None], ["1"])["1"] for p in (seen, played.image)]
    squares = (codes[1] - codes[0]).square().sum((0, 2, 3)), codes[0].square().sum((0, 2, 3))
    errors = (
        squares[0][:2].sum() / squares[1][:2].sum(),
        squares[0][2:].sum() / squares[1][2:].sum(),
    )
    assert float(errors[0]) == pytest.approx(played.facts["error"], rel=1e-4)
    assert errors[0] < 0.05
    assert errors[1] > 3 * errors[0]


@pytest.mark.parametrize("stop", [3, 30])
def test_it_goes_on_from_a_checkpoint(stop: int) -> None:
    net, seen = chain(), {"input": picture(chain())}
    spec = InvertSpec(layer="4", steps=40)

    def run(resume: dict[str, torch.Tensor] | None) -> tuple[Any, dict[str, torch.Tensor]]:
        steps, states = invert_steps(net, seen, spec, 7, resume), {}
        while True:
            try:
                told = next(steps)
            except StopIteration as end:
                return end.value, states
            if told is not None:
                states[told.step] = told.state()

    whole, states = run(None)
    resumed, _ = run(states[stop])
    np.testing.assert_array_equal(resumed.x, whole.x)
    np.testing.assert_array_equal(resumed.curve, whole.curve)


def test_the_same_seed_gives_the_same_picture_another_another() -> None:
    net, seen = chain(), picture(chain())
    one, same, other = (invert(net, seen, "4", steps=8, seed=k).image for k in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()


def test_from_the_input_it_stays_there() -> None:
    net, seen = chain(), picture(chain())
    played = invert(net, seen, "4", steps=3, start="input", made="pixels", smoothness=0, alpha=0)
    np.testing.assert_array_equal(played.image, seen)
    assert played.facts["error"] == pytest.approx(0, abs=1e-8)


def test_networks_of_one_channel_and_of_tokens() -> None:
    grey = chain(1)
    assert invert(grey, picture(grey), "1", steps=60, smoothness=0.0).facts["error"] < 0.05
    net = tokens()
    shared = [info.name for info in net.layers if info.name.startswith("block")]
    assert any(":2" in name for name in shared)  # the second call of the shared block
    for layer in ("", *(n for n in shared if n.partition("/")[0] in ("block", "block:2"))):
        played = invert(net, picture(net), layer, steps=40)
        assert played.facts["error"] < played.curve[0]


class Shut(nn.Module):
    """A ReLU that nothing opens, and one behind it; `poison` gives NaN for bright pictures."""

    def __init__(self, poison: bool = False) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.open, self.shut = nn.Conv2d(3, 4, 3), nn.Conv2d(3, 4, 3)
        self.relu = nn.ReLU()
        self.poison = poison
        with torch.no_grad():
            self.shut.weight.abs_().neg_()
            self.shut.bias.fill_(-100)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        dead = self.relu(self.shut(x))
        live = self.open(x)
        if self.poison:
            live = live / (live.square().mean((1, 2, 3), keepdim=True) < 0.2)
        return (dead + live).mean((2, 3))


def test_a_code_of_zeros_is_refused() -> None:
    net = Network(Shut().eval(), (3, 12, 12), name="shut")
    with pytest.raises(UserError, match="relu is zero on this picture"):
        invert(net, picture(net), "relu")
    with pytest.raises(UserError, match="These units of relu are zero"):
        invert(net, picture(net), "relu", units="1")


class Cut(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 2, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.two(self.one(x).detach()).mean((2, 3))


def test_a_layer_without_gradient_is_refused() -> None:
    net = Network(Cut().eval(), (3, 12, 12), name="cut")
    with pytest.raises(UserError, match="cuts gradients"):
        invert(net, picture(net), "two")


class Breaking(nn.Module):
    """A convolution whose values are NaN once they come near those of the picture wanted."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.conv = nn.Conv2d(3, 4, 3)
        self.last = nn.Identity()
        self.limit = float("inf")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        values = self.conv(x)
        poison = torch.where(x.std() > self.limit, torch.nan, 0.0)
        return self.last(values + poison).mean((2, 3))


def test_where_numbers_stop_being_finite_the_last_good_picture_stays() -> None:
    module = Breaking().eval()
    net = Network(module, (3, 12, 12), name="breaking")
    seen = picture(net)
    steps = invert_steps(net, {"input": seen}, InvertSpec(layer="last", steps=60))
    assert next(told for told in steps if told is not None).step == 1
    module.limit = 0.6  # the picture's own deviation is about 1.3
    played: Any = None
    while played is None:
        try:
            next(steps)
        except StopIteration as stop:
            played = stop.value
    assert played.stop is StopReason.NOT_FINITE
    assert 2 < len(played.curve) < 60
    assert np.isfinite(played.x).all()
    module.limit = float("inf")
    codes = [
        net.activations(net.normalise(p)[None], ["last"])["last"] for p in (seen, played.image)
    ]
    error = float((codes[1] - codes[0]).square().sum() / codes[0].square().sum())
    assert error < played.curve[0]


def test_wrong_settings_are_refused() -> None:
    net = chain()
    with pytest.raises(UserError, match="has no layer"):
        invert(net, picture(net), "99")
    with pytest.raises(UserError, match="has no units 6"):
        invert(net, picture(net), "1", units="6")
    with pytest.raises(UserError, match="L-BFGS cannot follow"):
        invert(net, picture(net), "1", jitter_px=3)


def test_deeper_layers_are_smoothed_more() -> None:
    net = load_network("pocket")
    layers = [spec.layer for spec in strip(net)]
    smoothness = [fitting_smoothness(net, layer) for layer in layers]
    assert smoothness == sorted(smoothness)
    assert smoothness[0] < smoothness[-1]
    assert all(spec.steps < InvertSpec().steps for spec in strip(net))


@pytest.mark.slow(seconds=25)
@pytest.mark.parametrize("name", ["pocket", "squeezenet"])
def test_the_first_stages_are_inverted_to_a_tenth(
    name: str, shared_images: Path, shared_nets: Path
) -> None:
    weights = shared_nets / "squeezenet1_0-imagenet.pth"
    spec = "torchvision:squeezenet1_0" if name == "squeezenet" else name
    net = load_network(spec, weights=str(weights) if name == "squeezenet" else None)
    file = sorted(shared_images.iterdir())[116]
    with Image.open(file) as opened:
        seen = net.view(np.asarray(opened.convert("RGB")))[0]
    for asked in strip(net)[:3]:
        assert invert(net, seen, asked.layer).facts["error"] < 0.1


def test_jitter_takes_adam() -> None:
    with pytest.raises(UserError, match="L-BFGS cannot follow"):
        recipes_of(InvertSpec(jitter_px=4))
    (recipe,) = recipes_of(InvertSpec(jitter_px=4, optimiser=Optimiser.ADAM))
    assert recipe.transforms.jitter_px == 4
