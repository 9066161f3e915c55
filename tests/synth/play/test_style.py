"""Neural style: its losses by hand, its colours, its odd inputs."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torchvision
from torch import nn

from deepvis_app.errors import UserError
from deepvis_app.nets import Network, Preprocessing, load_network
from deepvis_app.synth import stylize, stylize_steps
from deepvis_app.synth.play import TECHNIQUES, StyleSpec, finished
from deepvis_app.synth.play.style_layers import content_layer, style_layers
from deepvis_app.synth.play.trunk import trunk
from tests.drawn import picture

CONTENT, STYLE = picture(0, 1)[:48, :72], picture(3, 2)[:64, :56]
QUICK = {"longest_px": 72, "scales": 2, "steps": 4}


def small(channels: int = 3) -> Network:
    torch.manual_seed(0)
    module = nn.Sequential(
        nn.Conv2d(channels, 6, 5, stride=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 8, 3),
        nn.ReLU(), nn.Conv2d(8, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 3 * 3, 4),
    )  # fmt: skip
    mean, std = ((0.4, 0.5, 0.6), (0.2, 0.3, 0.25)) if channels == 3 else ((0.5,), (0.25,))
    how = Preprocessing(mean=mean, std=std)
    return Network(module.double().eval(), (channels, 33, 33), how, name="small")


def ycbcr(image: np.ndarray) -> np.ndarray:
    red, green, blue = np.moveaxis(image.astype(float), 2, 0)
    y = 0.299 * red + 0.587 * green + 0.114 * blue
    return np.stack([y, (blue - y) / 1.772, (red - y) / 1.402])


def test_the_loss_is_the_sum_of_its_parts() -> None:
    """At the first step, from the content: no content error, styles and roughness by hand."""
    net = small()
    content, style = CONTENT, STYLE[:48, :48]
    found = stylize(
        net, content, style, longest_px=72, scales=1, steps=1, measure="gram", palette=0,
        smoothness=0.3, style_layers="1 4:3", style_scale=48 / 72, content_weight=2,
    )  # fmt: skip

    def seen(image: np.ndarray, depth: int) -> np.ndarray:
        framed = np.pad(image, ((16, 16), (16, 16), (0, 0)), mode="reflect")
        x = torch.from_numpy(framed).double().permute(2, 0, 1) / 255
        mean, std = torch.tensor([[0.4, 0.5, 0.6], [0.2, 0.3, 0.25]]).double()[:, :, None, None]
        with torch.no_grad():
            return net.module[: depth + 1](((x - mean) / std)[None])[0].flatten(1).numpy()

    expected = 0.0
    for depth, weight in ((1, 0.25), (4, 0.75)):
        codes = seen(content, depth), seen(style, depth)
        own, wanted = (each @ each.T / each.shape[1] for each in codes)
        expected += weight * ((own - wanted) ** 2).sum() / (wanted**2).sum()
    slopes = [np.diff(content.astype(float), axis=axis) / 128 for axis in (0, 1)]
    expected += 0.3 * sum((slope**2).sum() for slope in slopes) / content.size
    assert found.curve[0] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("measure", ["gram", "spread"])
@pytest.mark.parametrize("optimiser", ["adam", "lbfgs"])
def test_it_comes_nearer_from_noise_to_a_picture_that_is_both(measure, optimiser) -> None:
    found = stylize(
        small(), CONTENT, CONTENT, start="noise", measure=measure, optimiser=optimiser,
        longest_px=72, scales=1, steps=15, smoothness=0,
    )  # fmt: skip
    assert found.curve[-1] < 0.4 * found.curve[0]
    assert found.image.shape == CONTENT.shape


def test_a_picture_in_its_own_style_stays() -> None:
    found = stylize(small(), CONTENT, CONTENT, longest_px=72, scales=1, steps=3, smoothness=0)
    assert found.curve[0] == pytest.approx(0, abs=1e-5)
    np.testing.assert_array_equal(found.image, CONTENT)


def test_it_goes_on_in_the_middle_of_a_size_and_chance_is_the_seeds() -> None:
    net, pictures = small(), {"content": CONTENT, "style": STYLE}
    spec = StyleSpec(**QUICK, start="noise")
    whole = finished(stylize_steps(net, pictures, spec, 5))
    states = [step.state() for step in stylize_steps(net, pictures, spec, 5) if step]
    assert len(states) == TECHNIQUES["style"].total(spec) == 12
    for at in (2, 7, 9):
        again = finished(stylize_steps(net, pictures, spec, 5, states[at]))
        np.testing.assert_array_equal(again.x, whole.x)
        np.testing.assert_array_equal(again.curve, whole.curve)
    other = finished(stylize_steps(net, pictures, spec, 6))
    assert (other.x != whole.x).any()


def test_original_colours_are_kept_on_the_way_and_at_the_end() -> None:
    net = small()
    plain = stylize(net, CONTENT, STYLE, **QUICK)
    spec = StyleSpec(**QUICK, colours="content")
    steps, shown = stylize_steps(net, {"content": CONTENT, "style": STYLE}, spec), []
    while True:
        try:
            step = next(steps)
        except StopIteration as stop:
            found = stop.value
            break
        if step is not None:
            shown.append(step.picture())
    assert [each.shape for each in shown] == [(34, 51, 3)] * 8 + [(48, 72, 3)] * 4
    x = np.moveaxis(found.x, 0, 2) + 255 * np.array([0.4, 0.5, 0.6])
    (y, *chroma), (_, *own) = ycbcr(x), ycbcr(CONTENT)
    np.testing.assert_allclose(chroma, own, atol=1e-3)
    assert np.abs(y - ycbcr(CONTENT)[0]).mean() > 2
    for image in (shown[-1], found.image):  # rounded once or twice
        np.testing.assert_allclose(ycbcr(image)[1:], own, atol=1)
    assert np.abs(ycbcr(plain.image)[1:] - own).max() > 5


def test_matched_colours_bring_the_style_near_to_the_content() -> None:
    net = small()
    orange = np.full_like(CONTENT, (200, 120, 40)) + CONTENT // 8
    plain, near = (
        stylize(net, orange, STYLE, **QUICK, colours=how).image.mean((0, 1))
        for how in ("style", "matched")
    )
    wanted = orange.mean((0, 1))
    assert np.abs(near - wanted).sum() < 0.5 * np.abs(plain - wanted).sum()


def test_sizes_grow_by_the_root_of_two_and_keep_the_contents_proportions() -> None:
    spec = StyleSpec(longest_px=200, scales=3, steps=1)
    steps = stylize_steps(small(), {"content": CONTENT, "style": STYLE}, spec)
    shapes = [step.picture().shape[:2] for step in steps if step]
    assert shapes == [(67, 100), (67, 100), (94, 141), (133, 200)]


def test_a_warm_start_is_the_first_picture() -> None:
    warm = picture(4, 4)[:48, :72]
    steps = stylize_steps(
        small(), {"content": CONTENT, "style": STYLE, "warm": warm},
        StyleSpec(longest_px=72, scales=1, steps=1, rate=1e-3),
    )  # fmt: skip
    found = finished(steps)
    assert np.abs(found.image.astype(int) - warm).max() <= 1


def test_networks_of_one_channel_and_of_one_size() -> None:
    grey = stylize(small(1), CONTENT, STYLE, **QUICK, colours="content")
    assert (grey.image == grey.image[:, :, :1]).all()
    torch.manual_seed(0)
    module = nn.Sequential(nn.Flatten(), nn.Linear(3 * 20 * 20, 64), nn.Unflatten(1, (4, 4, 4)))
    own = stylize(Network(module.eval(), (3, 20, 20)), CONTENT, STYLE, **QUICK)
    assert own.image.shape == (48, 72, 3)
    assert own.curve[-1] < own.curve[0]


def test_what_cannot_be_painted_is_said() -> None:
    net = small()
    for settings, says in (
        ({"style_layers": "1 nowhere"}, "has no layer"),
        ({"style_layers": "1:lots"}, "no weight"),
        ({"style_layers": "1:0"}, "weigh nothing"),
        ({"layer": "nowhere"}, "has no layer"),
        ({"longest_px": 32, "layer": "6"}, "cannot read a picture of 32 × 21"),
    ):
        with pytest.raises(UserError, match=says):
            stylize(net, CONTENT, STYLE, **{**QUICK, **settings})
    with pytest.raises(UserError, match="lacks a picture: style"):
        TECHNIQUES["style"].check({"content": CONTENT})


# Layers where none is named


def test_layers_of_the_bundled_network() -> None:
    net = load_network("pocket")
    assert [info.name for info in trunk(net)] == [
        "relu1", "relu2a", "relu2b", "relu3a", "relu3b", "relu4", "relu5"
    ]  # fmt: skip
    assert content_layer(net, "") == "relu3b"
    names, weights = zip(*style_layers(net, ""), strict=True)
    assert names == ("relu1", "relu2a", "relu2b", "relu3a", "relu3b")
    assert sum(weights) == pytest.approx(1)


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        ("squeezenet1_0", ["features.1", *(f"features.{k}" for k in (3, 4, 5, 7, 8, 9, 10, 12))]),
        ("resnet18", ["relu", *(f"layer{k}.{m}" for k in (1, 2, 3, 4) for m in (0, 1))]),
    ],
)
def test_blocks_stand_for_what_is_in_them(make: str, expected: list[str]) -> None:
    net = Network(getattr(torchvision.models, make)(weights=None).eval())
    assert [info.name for info in trunk(net)] == expected


def test_a_network_of_convolutions_alone_has_layers_too() -> None:
    net = Network(nn.Sequential(nn.Conv2d(3, 4, 3), nn.Conv2d(4, 5, 3)).eval(), (3, 12, 12))
    assert [info.name for info in trunk(net)] == ["0", "1"]
