"""Pictures of classes beside a bare loop of PyTorch, and what is told and refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from torch import nn

from deepvis_app.errors import UserError
from deepvis_app.fields import form_fields
from deepvis_app.nets import Network, Preprocessing
from deepvis_app.synth import PRESETS
from deepvis_app.synth.play import ClassSpec, class_picture
from deepvis_app.synth.play.classes import BARE, CLASS, score_layer
from tests.synth.play.toys import chain, picture, tokens

if TYPE_CHECKING:
    from numpy.typing import NDArray


def plain(std: float = 0.25) -> Network:
    """Return a network whose colours all have one standard deviation, as the bare recipes see."""
    how = Preprocessing(mean=(0.4, 0.5, 0.6), std=(std,) * 3)
    return Network(chain().module, (3, 16, 20), preprocessing=how, labels=list("abcd"))


def bare_loop(
    net: Network, target: int, rate: float, penalty: float, steps: int
) -> tuple[NDArray[np.float64], list[float]]:
    """Do as Simonyan et al. (2014) on the network's own input, kept within black and white."""
    mean = torch.tensor(net.preprocessing.mean, dtype=torch.float64).view(3, 1, 1)
    std = torch.tensor(net.preprocessing.std, dtype=torch.float64).view(3, 1, 1)
    image, told, best = torch.zeros(1, *net.input_shape, dtype=torch.float64), [], None
    for _ in range(steps):
        image.requires_grad_()
        worth = net.module(image)[0, target] - penalty * image.square().sum()
        (gradient,) = torch.autograd.grad(worth, [image])
        told.append(float(worth.detach()))
        best = image.detach() if told[-1] == max(told) else best
        image = image.detach() + rate * gradient
        image = torch.minimum(torch.maximum(image, -mean / std), (1 - mean) / std)
    return (best[0] * std * 255).numpy(), told


@pytest.mark.parametrize("penalty", [1e-3, 0.05])
def test_the_bare_recipe_is_simonyans_loop(penalty: float) -> None:
    net = plain()
    played = class_picture(net, 2, preset="simonyan", rate=0.8, penalty=penalty, steps=50)
    expected, told = bare_loop(net, 2, 0.8, penalty, 50)
    np.testing.assert_allclose(played.curve, told, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(played.x, expected, atol=1e-4)
    assert played.curve[-1] > played.curve[0]
    assert np.abs(played.x).max() > 1  # level


def test_the_presets_are_as_published() -> None:
    assert (BARE["poster"].rate, BARE["poster"].steps, BARE["poster"].penalty) == (25, 5000, 1e-3)
    assert ClassSpec(preset="poster").total() == 5000
    assert ClassSpec(preset="poster", steps=3).total() == 3
    assert ClassSpec().total() == PRESETS["clear"].stop.steps
    field = next(f for f in form_fields(ClassSpec) if f.path == "preset")
    assert field.choices == (*BARE, *PRESETS)


@pytest.mark.parametrize("preset", ["simonyan", "clear"])
def test_score_and_probability_are_those_of_the_picture_given(preset: str) -> None:
    net, seen = chain(), picture(chain())
    played = class_picture(net, 1, seen, preset=preset, steps=12)
    logits = net.module(net.normalise(played.image)[None].double())[0].detach()
    assert played.facts["score"] == pytest.approx(float(logits[1]), rel=1e-4)
    chances = torch.softmax(logits, 0)
    assert played.facts["probability"] == pytest.approx(float(chances[1]), rel=1e-4)
    np.testing.assert_allclose(played.arrays["scores_after"], chances, atol=1e-5)
    before = torch.softmax(net.module(net.normalise(seen)[None].double())[0], 0).detach()
    np.testing.assert_allclose(played.arrays["scores_before"], before, atol=1e-5)
    assert played.facts["label"] == "bee"
    assert chances[1] > before[1]


def test_without_a_class_it_is_the_one_that_the_input_shows() -> None:
    net, seen = chain(), picture(chain())
    first = int(net.module(net.normalise(seen)[None].double()).argmax())
    played = class_picture(net, -1, seen, preset="simonyan", steps=2, start="input")
    assert played.facts["target"] == first
    assert np.abs(played.image.astype(int) - seen).mean() < 60  # it began there


def test_the_score_is_raised_not_the_probability() -> None:
    module = nn.Sequential(*chain().module, nn.Softmax(1)).eval()
    net = Network(module, (3, 16, 20), preprocessing=plain().preprocessing, name="soft")
    assert score_layer(net) == "7"
    spec: dict[str, Any] = {"preset": "simonyan", "rate": 0.8, "penalty": 0.01, "steps": 20}
    one, other = class_picture(net, 2, **spec), class_picture(plain(), 2, **spec)
    np.testing.assert_allclose(one.x, other.x, atol=1e-6)
    assert one.facts["score"] == pytest.approx(other.facts["score"])
    assert one.facts["probability"] == pytest.approx(other.facts["probability"])


class LastShut(nn.Module):
    """Class scores behind a ReLU that the mean picture leaves shut, as SqueezeNet's may be."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.conv, self.relu = nn.Conv2d(3, 4, 5), nn.ReLU()
        with torch.no_grad():
            self.conv.bias.fill_(-0.5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.relu(self.conv(x)).mean((2, 3))


def test_a_score_that_is_shut_at_first_is_helped_out() -> None:
    net = Network(LastShut().eval(), (3, 12, 12), name="shut")
    played = class_picture(net, 0, preset="simonyan", rate=25, penalty=1e-3, steps=60)
    assert played.curve[0] == 0
    assert played.facts["score"] > 0.5


def test_networks_of_one_channel_and_of_tokens() -> None:
    for net in (chain(1), tokens()):
        for preset in ("simonyan", "clear"):
            played = class_picture(net, 2, preset=preset, steps=8)
            assert played.image.shape == (*net.input_shape[1:], 3)
            assert played.facts["score"] > played.curve[0]


def test_what_cannot_be_done_is_said() -> None:
    net = chain()
    with pytest.raises(UserError, match="No class is chosen"):
        class_picture(net)
    with pytest.raises(UserError, match="no class 4"):
        class_picture(net, 4)
    with pytest.raises(UserError, match="no input to start from"):
        class_picture(net, 1, start="input")
    with pytest.raises(UserError, match="no recipe 'cleer'"):
        class_picture(net, 1, preset="cleer")
    headless = Network(nn.Sequential(nn.Conv2d(3, 4, 3)).eval(), (3, 8, 8), name="headless")
    if headless.output_layer is None:
        with pytest.raises(UserError, match="no class scores"):
            class_picture(headless, 1)
    assert all(role.optional for role in CLASS.roles)
