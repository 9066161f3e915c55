"""Preprocessing against torchvision and PIL."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.datasets import load_sample_image
from torchvision.transforms import InterpolationMode
from torchvision.transforms import functional as tv
from torchvision.transforms._presets import ImageClassification

from deepvis_app.errors import UserError
from deepvis_app.nets import ChannelOrder, Fit, Interpolation, Preprocessing

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

SHAPE = (3, 224, 224)
PHOTO = load_sample_image("china.jpg")  # (427, 640, 3)


def reference(
    image: NDArray[np.uint8], resize: int, crop: int, mode: InterpolationMode
) -> NDArray[np.int64]:
    """What torchvision's evaluation transform shows the network, by way of PIL."""
    picture = tv.resize(Image.fromarray(image), [resize], mode)
    return np.asarray(tv.center_crop(picture, [crop])).astype(np.int64)


@pytest.mark.parametrize("resize", [224, 232, 256, 342])
@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
@pytest.mark.parametrize("turned", [False, True])
def test_cropping_is_torchvisions(resize: int, mode: str, turned: bool) -> None:
    image = np.ascontiguousarray(PHOTO.transpose(1, 0, 2)) if turned else PHOTO
    rule = Preprocessing(resize=resize, interpolation=Interpolation(mode))
    picture, _ = rule.view(image, SHAPE)
    difference = np.abs(picture - reference(image, resize, 224, InterpolationMode(mode)))
    assert np.mean(difference > 1) < 0.001
    assert difference.max() <= 2


@pytest.mark.parametrize("size", [(1, 1), (224, 224), (30, 500), (250, 251), (1200, 90)])
def test_pictures_of_odd_sizes_are_cropped_as_torchvision_does(size: tuple[int, int]) -> None:
    image = np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)
    picture, _ = Preprocessing(resize=256).view(image, SHAPE)
    difference = np.abs(picture - reference(image, 256, 224, InterpolationMode.BILINEAR))
    long = max(size) / min(size)
    assert difference.max() <= 1 if long < 4 else picture.shape == (224, 224, 3)


def test_real_photographs_become_what_torchvision_makes_of_them(shared_images: Path) -> None:
    transform = ImageClassification(crop_size=224, resize_size=256)
    rule = Preprocessing(resize=256)
    for path in sorted(shared_images.rglob("*.[jJ]*"))[:12]:
        photo = Image.open(path).convert("RGB")
        mine = rule.normalise(rule.view(np.asarray(photo), SHAPE)[0], SHAPE)
        level = 1 / 255 / 0.224
        assert ((mine - transform(photo)).abs() > 1.05 * level).float().mean() < 0.001


def test_normalising_is_torchvisions() -> None:
    picture = PHOTO[:224, :224]
    expected = tv.normalize(
        tv.to_tensor(picture.copy()), [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
    )
    mine = Preprocessing().normalise(picture, SHAPE)
    torch.testing.assert_close(mine, expected, rtol=0, atol=2e-6)
    assert mine.dtype is torch.float32
    assert mine.is_contiguous()


def test_caffes_convention_is_blue_first_and_255_wide() -> None:
    rule = Preprocessing(
        mean=(104, 117, 124), std=(1,), scale=1.0, channels=ChannelOrder.BGR, resize=256
    )
    x = rule.normalise(np.full((2, 2, 3), (10, 20, 30), np.uint8), (3, 2, 2))
    assert x[:, 0, 0].tolist() == [30 - 104, 20 - 117, 10 - 124]
    assert rule.mean_colour() == (124, 117, 104)


def test_grey_networks_get_pils_luma() -> None:
    rule = Preprocessing.default(1)
    size = (1, *PHOTO.shape[:2])
    picture, _ = rule.view(PHOTO, size)
    luma = np.asarray(Image.fromarray(PHOTO).convert("L"))
    assert (picture == luma[..., None]).all()
    x = rule.normalise(picture, size)
    torch.testing.assert_close(x[0], torch.from_numpy(luma / np.float32(255)))


def test_placement_tells_where_the_input_lies_in_the_picture() -> None:
    rule = Preprocessing(resize=256)
    picture, place = rule.view(PHOTO, SHAPE)
    assert place.height == pytest.approx(427 * 224 / 256)
    assert place.top == pytest.approx(427 * 16 / 256)
    # A mark at a known place of the source appears where the placement says.
    marked = np.zeros_like(PHOTO)
    marked[200:206, 300:306] = 255
    picture, place = rule.view(marked, SHAPE)
    rows, columns = np.nonzero(picture[..., 0] > 127)
    assert place.top + (rows.mean() + 0.5) * place.height / 224 == pytest.approx(203, abs=1)
    assert place.left + (columns.mean() + 0.5) * place.width / 224 == pytest.approx(303, abs=1)


def test_letterboxing_shows_everything_on_the_mean_colour() -> None:
    picture, place = Preprocessing().view(PHOTO, SHAPE, Fit.LETTERBOX)
    height = round(427 * 224 / 640)
    top = (224 - height) // 2
    assert (picture[:top] == (124, 116, 104)).all()
    assert (picture[top + height :] == (124, 116, 104)).all()
    inner = tv.resize(Image.fromarray(PHOTO), [height, 224])
    difference = np.abs(picture[top : top + height].astype(int) - np.asarray(inner))
    assert difference.max() <= 1
    assert (place.left, place.width) == (0, 640)
    assert place.top == pytest.approx(-top * 427 / height)
    assert Preprocessing().normalise(picture, SHAPE)[:, 0, 0].abs().max() < 0.01


def test_stretching_shows_everything_at_another_ratio() -> None:
    picture, place = Preprocessing(fit=Fit.STRETCH).view(PHOTO, (3, 96, 160))
    expected = np.asarray(tv.resize(Image.fromarray(PHOTO), [96, 160])).astype(int)
    assert np.abs(picture - expected).max() <= 1
    assert (place.top, place.left, place.height, place.width) == (0, 0, 427, 640)


@pytest.mark.parametrize("fit", Fit)
def test_mirroring_swaps_left_and_right(fit: Fit) -> None:
    plain, place = Preprocessing().view(PHOTO, SHAPE, fit)
    mirrored, other = Preprocessing().view(PHOTO, SHAPE, fit, mirror=True)
    assert (mirrored == plain[:, ::-1]).all()
    assert (place.mirrored, other.mirrored) == (False, True)
    assert (place.left, place.width) == (other.left, other.width)


@pytest.mark.parametrize("shape", [(3, 96, 160), (3, 160, 96), (3, 224, 320)])
@pytest.mark.parametrize("fit", Fit)
@pytest.mark.parametrize("source", [(427, 640), (640, 427), (64, 64)])
def test_inputs_that_are_not_square_are_filled_without_distortion(
    shape: tuple[int, int, int], fit: Fit, source: tuple[int, int]
) -> None:
    picture, place = Preprocessing(resize=256).view(np.zeros((*source, 3), np.uint8), shape, fit)
    assert picture.shape == (*shape[1:], 3)
    if fit is Fit.CROP:
        assert place.top >= 0 <= place.left
        assert place.top + place.height <= source[0] + 1e-6
        assert place.left + place.width <= source[1] + 1e-6
    if fit is not Fit.STRETCH:
        assert place.height / place.width == pytest.approx(shape[1] / shape[2], rel=0.02)


@pytest.mark.parametrize("fit", Fit)
@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1), (2, 3)])
def test_the_smallest_and_thinnest_pictures_work(fit: Fit, size: tuple[int, int]) -> None:
    picture, _ = Preprocessing(resize=256).view(np.full((*size, 3), 77, np.uint8), SHAPE, fit)
    assert picture.shape == (224, 224, 3)
    assert (picture[111:113, 111:113] == 77).all(-1).any()


def test_the_largest_pictures_take_a_moment_only() -> None:
    image = np.zeros((9000, 12000, 3), np.uint8)
    started = perf_counter()
    picture, _ = Preprocessing(resize=256).view(image, SHAPE)
    assert perf_counter() - started < 2  # 0.1 s where nothing else runs
    assert picture.shape == (224, 224, 3)


def test_read_only_and_strided_pictures_are_taken_and_left_alone() -> None:
    frozen = PHOTO.copy()
    frozen.setflags(write=False)
    plain, _ = Preprocessing().view(PHOTO, SHAPE)
    assert (Preprocessing().view(frozen, SHAPE)[0] == plain).all()
    turned = PHOTO[::-1, ::-1]
    assert (Preprocessing().view(turned, SHAPE)[0]
            == Preprocessing().view(turned.copy(), SHAPE)[0]).all()  # fmt: skip
    same, _ = Preprocessing().view(frozen[:224, :224], SHAPE)
    same[:] = 0  # a copy, even where nothing is resized
    assert (frozen == PHOTO).all()


@pytest.mark.parametrize(
    "image",
    [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 4), np.uint8), np.zeros((4, 4, 3)),
     np.zeros((0, 4, 3), np.uint8)],
)  # fmt: skip
def test_what_is_no_picture_is_refused(image: NDArray[np.uint8]) -> None:
    with pytest.raises(UserError, match="uint8 RGB"):
        Preprocessing().view(image, SHAPE)


def test_what_cannot_be_meant_is_refused() -> None:
    with pytest.raises(UserError, match="zero in std"):
        Preprocessing(std=(0.2, 0.0, 0.2))
    with pytest.raises(UserError, match="0 px"):
        Preprocessing(resize=0)
    with pytest.raises(UserError, match="the network has 7"):
        Preprocessing(show=(0, 1, 7)).view(PHOTO, (7, 8, 8))
    with pytest.raises(UserError, match="3 values of std, the network 1"):
        Preprocessing().normalise(PHOTO, (1, 427, 640))


@pytest.mark.parametrize("fit", list(Fit))
@pytest.mark.parametrize("shape", [(40, 70), (300, 31), (64, 64), (900, 60), (17, 200)])
@pytest.mark.parametrize("size", [(32, 32), (24, 40)])
def test_where_a_view_lies_is_known_without_a_picture(
    fit: Fit, shape: tuple[int, int], size: tuple[int, int]
) -> None:
    preprocessing = Preprocessing(fit=fit, resize=40)
    image = np.zeros((*shape, 3), np.uint8)
    assert preprocessing.placement(shape, size) == preprocessing.view(image, (3, *size))[1]
