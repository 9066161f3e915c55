"""Networks with any number of input channels: what they get of a picture, what is shown of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from torch import nn

from deepvis_app.errors import UserError
from deepvis_app.explain import attribute
from deepvis_app.nets import ChannelOrder, Network, Preprocessing, Unit, load_network
from deepvis_app.synth import PRESETS, Recipe, synthesize

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

COUNTS = (1, 2, 3, 4, 5, 12)


def made(count: int, **preprocessing: object) -> Network:
    torch.manual_seed(0)
    module = nn.Sequential(
        nn.Conv2d(count, 6, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1),
        nn.Flatten(), nn.Linear(6, 4),
    )  # fmt: skip
    base = {"mean": (0.25,), "std": (0.5,)} | preprocessing
    return Network(module, (count, 16, 12), Preprocessing(**base))  # type: ignore[arg-type]


@pytest.fixture
def picture() -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (16, 12, 3), np.uint8)


@pytest.mark.parametrize(
    ("channels", "options", "expected"),
    [
        (12, {"show": (3, 2, 1)}, {3: 0, 2: 1, 1: 2}),
        (5, {}, {0: 0, 1: 1, 2: 2}),
        (5, {"channels": ChannelOrder.BGR}, {2: 0, 1: 1, 0: 2}),
        (2, {}, {0: 0, 1: 1}),
        (4, {"show": (2, 1, 0)}, {2: 0, 1: 1, 0: 2}),
        (12, {"show": (7, 7, 7)}, {7: 0}),
    ],
)
def test_shown_channels_get_the_colours_and_others_zero(
    picture: NDArray[np.uint8], channels: int, options: dict[str, object], expected: dict[int, int]
) -> None:
    net = made(channels, **options)
    x = net.prepare(picture)
    assert x.shape == (channels, 16, 12)
    for channel in range(channels):
        wanted = torch.zeros(16, 12)
        if channel in expected:
            wanted = (torch.from_numpy(picture[..., expected[channel]] / 255.0) - 0.25) / 0.5
        torch.testing.assert_close(x[channel], wanted.float())
    shown = [expected[c] for c in net.preprocessing.shown(channels)]
    assert np.array_equal(net.view(picture)[0], picture[..., shown])


def test_a_channel_that_is_not_there_cannot_be_shown(picture: NDArray[np.uint8]) -> None:
    with pytest.raises(UserError, match=r"3, 2, 7, but the network has 5"):
        made(5, show=(3, 2, 7)).prepare(picture)


@pytest.mark.parametrize("channels", COUNTS)
def test_methods_explain_all_channels(picture: NDArray[np.uint8], channels: int) -> None:
    net = made(channels)
    x = net.prepare(picture)
    unit = Unit("4", 1)
    leaf = x[None].clone().requires_grad_()
    (truth,) = torch.autograd.grad(net.module(leaf)[0, 1], leaf)
    torch.testing.assert_close(attribute(net, x, unit, "gradient", "logit"), truth[0])
    for method in ("guided", "gradcam", "occlusion", "integrated-gradients"):
        found = attribute(net, x, unit, method, "max")
        assert found.shape in (x.shape, (1, 16, 12))


@pytest.mark.parametrize("channels", COUNTS)
def test_preferred_images_are_made_in_all_channels(channels: int) -> None:
    net = made(channels, **({"show": (3, 2, 1)} if channels > 4 else {}))
    for recipe in (PRESETS["yosinski-3"], Recipe()):
        recipe = recipe.model_copy(update={"stop": recipe.stop.model_copy(update={"steps": 4})})
        result = synthesize(net, Unit("0", 2), recipe, seed=0)
        assert result.image.shape[2] == 3
        assert result.x.shape[0] == (3 if channels == 4 else channels)
        assert np.isfinite(result.x).all()
        if channels > 4:  # the picture is the shown channels, which stand first
            levels = np.rint(np.clip(result.x[:3] + 0.25 * 255, 0, 255)).transpose(1, 2, 0)
            assert np.abs(result.image.astype(int) - levels).max() <= 1


def test_a_profile_names_channels_and_which_to_show(tmp_path: Path) -> None:
    (tmp_path / "bands.py").write_text(
        "from torch import nn\ndef build():\n    return nn.Conv2d(12, 4, 3)\n"
    )
    profile = tmp_path / "bands.toml"
    profile.write_text(
        'factory = "bands:build"\n[input]\nsize = 16\nchannels = 12\nshow = [3, 2, 1]\n'
    )
    net = load_network(profile, trust=True)
    assert net.input_shape == (12, 16, 16)
    assert net.preprocessing.shown(12) == (3, 2, 1)
    profile.write_text(profile.read_text().replace("1]", "12]"))
    with pytest.raises(UserError, match="the network has 12"):
        load_network(profile, trust=True)
