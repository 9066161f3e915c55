"""What is optimised: values between 0 and 255, Fourier coefficients, pyramids, phases."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from deepvis_app.errors import UserError
from deepvis_app.nets import ChannelOrder, Network, Preprocessing
from deepvis_app.synth import Recipe, legible, stretched
from deepvis_app.synth.colours import colour_matrix, mixed
from deepvis_app.synth.forms import make
from deepvis_app.synth.space import PictureSpace
from deepvis_app.synth.spectral import frequencies

FORMS = ["pixel", "fourier", "laplacian", "phase"]


def network(
    channels: int = 3, size: tuple[int, int] = (21, 26), preprocessing: Preprocessing | None = None
) -> Network:
    module = nn.Sequential(nn.Conv2d(channels, 2, 3), nn.ReLU())
    return Network(module.double(), (channels, *size), preprocessing)


def form_of(text: str, size: tuple[int, int] = (21, 26), channels: int = 3):
    spec = Recipe.from_toml(text).image
    return make(PictureSpace(network(channels, size)), size, spec)


PREPROCESSINGS = {
    "imagenet": (3, Preprocessing()),
    "caffe": (
        3,
        Preprocessing(mean=(103.9, 116.8, 123.7), std=(1.0,), scale=1.0, channels=ChannelOrder.BGR),
    ),
    "grey": (1, Preprocessing(mean=(0.3,), std=(0.2,))),
    "alpha": (4, Preprocessing(mean=(0.4, 0.5, 0.6, 0.1), std=(0.2, 0.3, 0.4, 0.5))),
}


@pytest.mark.parametrize("name", PREPROCESSINGS)
def test_inputs_are_those_of_the_same_picture(name: str) -> None:
    channels, preprocessing = PREPROCESSINGS[name]
    net = network(channels, (21, 26), preprocessing)
    space = PictureSpace(net)
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (21, 26, 3), np.uint8)
    if channels == 1:
        picture = picture[..., :1].repeat(3, 2)
    x = space.start(picture, (21, 26))[None]
    np.testing.assert_allclose(space.to_input(x)[0], net.normalise(picture), atol=1e-5)
    np.testing.assert_array_equal(space.pictures(x)[0], picture)


def test_of_five_channels_the_three_that_are_shown_make_the_picture() -> None:
    space = PictureSpace(network(5))
    x = torch.rand(1, 5, 21, 26, dtype=torch.float64) * 255 - space.mean
    picture = space.pictures(x)[0]
    shown = (x + space.mean)[0, :3].permute(1, 2, 0)  # the first three
    np.testing.assert_allclose(picture, shown, atol=0.51)  # whole numbers
    assert space.to_input(x).shape == (1, 5, 21, 26)


def test_starts_of_other_sizes_and_kinds() -> None:
    space = PictureSpace(network())
    grey = np.full((40, 50, 3), 77, np.uint8)
    x = space.start(grey, (21, 26))
    assert x.shape == (3, 21, 26)
    np.testing.assert_allclose(x + space.mean[0], 77)
    with pytest.raises(UserError, match="float64"):
        space.start(grey.astype(np.float64), (21, 26))  # type: ignore[arg-type]
    with pytest.raises(UserError, match="cannot be used"):
        space.start(torch.zeros(1, 21, 26), (21, 26))


def test_what_is_not_finite_is_no_crash() -> None:
    space = PictureSpace(network())
    x = torch.full((1, 3, 2, 2), torch.nan)
    assert space.pictures(x).tolist() == np.zeros((1, 2, 2, 3)).tolist()


@pytest.mark.parametrize("size", [(21, 26), (20, 25), (16, 16)])
@pytest.mark.parametrize("form", ["pixel", "fourier", "laplacian"])
@pytest.mark.parametrize("decorrelate", ["true", "false"])
def test_a_picture_there_and_back(form: str, decorrelate: str, size: tuple[int, int]) -> None:
    made = form_of(f"image = {{parameterisation = '{form}', decorrelate = {decorrelate}}}", size)
    values = np.random.default_rng(1).uniform(10, 245, (2, 3, *size))
    x = torch.from_numpy(values) - made.space.mean
    np.testing.assert_allclose(made.render(made.invert(x)), x, atol=1e-8)


def test_phases_keep_the_magnitudes() -> None:
    made = form_of("image = {parameterisation = 'phase', decorrelate = true}", (32, 40))
    spectra = []
    for seed in (0, 1):
        x = made.render(made.first(seed))
        share = (x + made.space.mean) / 255
        uncoloured = mixed(torch.logit(share), torch.linalg.inv(colour_matrix(3, True, x)))
        spectra.append(torch.fft.rfft2(uncoloured).abs())
    inner = np.s_[..., 1:-1, 1:-1]  # the rims are real: half of a random phase is lost there
    np.testing.assert_allclose(spectra[0][inner], spectra[1][inner], rtol=1e-6)
    frequency = frequencies((32, 40), x)
    level = torch.log(spectra[0][0, :, 1:-1, 1:-1])
    slope = [
        np.polyfit(frequency[1:-1, 1:-1].log().flatten().numpy(), plane.flatten().numpy(), 1)[0]
        for plane in level
    ]
    np.testing.assert_allclose(slope, [-1.216, -1.358, -1.215], atol=0.01)


def test_phases_look_like_photographs_at_any_size() -> None:
    """Brightness and contrast of 256 ImageNet photographs are about 115 +- 60."""
    for size in ((96, 96), (224, 224), (448, 448)):
        made = form_of("image = {parameterisation = 'phase', decorrelate = true}", size)
        picture = made.space.pictures(made.render(made.first(3)))
        assert 80 < picture.mean() < 150
        assert 30 < picture.std() < 90


def test_fourier_has_lucids_scales() -> None:
    made = form_of("image = {parameterisation = 'fourier'}", (24, 32))
    spectrum = torch.zeros(1, 3, 24, 17, 2, dtype=torch.float64)
    for row, column in ((0, 0), (2, 3), (12, 16)):
        one = spectrum.clone()
        one[0, 1, row, column, 0] = 1
        logits = torch.logit((made.render({"spectrum": one}) + made.space.mean) / 255)[0, 1]
        # tensorflow/lucid, spatial.py: fft_image
        freqs = np.sqrt(np.fft.fftfreq(24)[:, None] ** 2 + np.fft.fftfreq(32)[:17] ** 2)
        scale = 1 / np.maximum(freqs, 1 / 32) * np.sqrt(24 * 32)
        wanted = np.fft.irfft2(one[0, 1, ..., 0].numpy() * scale, (24, 32)) / 4
        np.testing.assert_allclose(logits, wanted, atol=1e-9)


@pytest.mark.parametrize("form", ["pixel", "fourier", "laplacian"])
def test_first_pictures(form: str) -> None:
    text = (
        f"image = {{parameterisation = '{form}', decorrelate = true, start_std = 8, start = '%s'}}"
    )
    noisy = form_of(text % "mean_plus_rand", (64, 64))
    x = noisy.render(noisy.first(0))
    assert float(x.std()) == pytest.approx(8, rel=0.1)
    assert abs(float(x.mean())) < 4
    assert torch.equal(x, noisy.render(noisy.first(0)))
    assert not torch.equal(x, noisy.render(noisy.first(1)))
    flat = form_of(text % "mean")
    np.testing.assert_allclose(flat.render(flat.first(0)), 0, atol=1e-9)
    full = form_of(text % "randu", (64, 64))
    values = full.render(full.first(0)) + full.space.mean
    assert float(values.mean()) == pytest.approx(127.5, abs=2)
    assert float(values.std()) == pytest.approx(255 / 12**0.5, rel=0.03)


def test_the_colour_matrix_is_lucids() -> None:
    matrix = colour_matrix(3, True, torch.zeros(1, dtype=torch.float64)).numpy()
    root = np.array([[0.26, 0.09, 0.02], [0.27, 0.00, -0.05], [0.27, -0.09, 0.03]])
    np.testing.assert_allclose(matrix, root / np.max(np.linalg.norm(root, axis=0)), rtol=1e-6)
    picture = np.random.default_rng(0).normal(size=(2, 3, 4, 5))
    found = mixed(torch.from_numpy(picture), torch.from_numpy(matrix))
    np.testing.assert_allclose(found, np.einsum("ij,bjhw->bihw", matrix, picture))
    assert torch.equal(colour_matrix(1, True, torch.zeros(1)), torch.eye(1))


@pytest.mark.parametrize("form", FORMS)
def test_one_channel(form: str) -> None:
    made = form_of(f"image = {{parameterisation = '{form}', decorrelate = true}}", channels=1)
    x = made.render(made.first(0))
    assert x.shape == (1, 1, 21, 26)
    assert made.space.pictures(x).shape == (1, 21, 26, 3)


def test_stretched() -> None:
    x = np.zeros((3, 2, 2), np.float32)
    x[0, 0, 0], x[1, 1, 1] = 8, -4
    picture = stretched(x)
    assert picture[0, 0].tolist() == [255, 128, 128]
    assert picture[1, 1].tolist() == [128, 64, 128]
    assert stretched(np.zeros((1, 2, 2), np.float32)).shape == (2, 2, 3)


def test_faint_pictures_are_made_legible() -> None:
    mean = (120, 110, 100)
    picture = np.full((4, 5, 3), mean, np.uint8)
    picture[1, 2] += np.array([60, 30, 0], np.uint8)
    shown = legible(picture, mean)
    assert shown[1, 2].tolist() == [255, 191, 128]
    assert shown[0, 0].tolist() == [128, 128, 128]
    picture[3, 3, 0] = 20
    assert legible(picture, mean) is picture
