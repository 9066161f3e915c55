"""Stills of every kind against values worked out by hand."""

from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from deepvis_app.frames import PictureError, decode_picture, read_picture

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

UPRIGHT = np.array(
    [[[255, 0, 0], [0, 255, 0], [0, 0, 255]], [[255, 255, 0], [0, 255, 255], [255, 0, 255]]],
    np.uint8,
)
# How the picture lies in the file for each EXIF orientation (EXIF 2.32, 4.6.4 A):
# what the file's row 0 and column 0 are on the upright picture.
STORED: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    1: lambda upright: upright,
    2: lambda upright: upright[:, ::-1],  # row 0 top, column 0 right
    3: lambda upright: upright[::-1, ::-1],  # bottom, right
    4: lambda upright: upright[::-1],  # bottom, left
    5: lambda upright: upright.swapaxes(0, 1),  # left, top
    6: lambda upright: upright[:, ::-1].swapaxes(0, 1),  # right, top
    7: lambda upright: upright[::-1, ::-1].swapaxes(0, 1),  # right, bottom
    8: lambda upright: upright[::-1].swapaxes(0, 1),  # left, bottom
}


def save(image: Image.Image, path: Path, **options: object) -> Path:
    image.save(path, **options)
    return path


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("suffix", ["png", "tif", "webp"])
def test_exif_orientation_is_applied(tmp_path: Path, orientation: int, suffix: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = Image.fromarray(np.ascontiguousarray(STORED[orientation](UPRIGHT)))
    lossless = {"lossless": True} if suffix == "webp" else {}
    path = save(stored, tmp_path / f"turned.{suffix}", exif=exif, **lossless)

    np.testing.assert_array_equal(decode_picture(path), UPRIGHT)


def test_exif_orientation_of_a_jpeg_that_is_made_smaller(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    stored = np.zeros((400, 800, 3), np.uint8)
    stored[:, :400] = 255  # left half of the file: the top of the upright picture
    path = save(Image.fromarray(stored), tmp_path / "phone.jpg", exif=exif)

    image = decode_picture(path, longest_px=200)

    assert image.shape == (200, 100, 3)
    assert image[:90].min() > 250
    assert image[110:].max() < 5


@pytest.mark.parametrize("suffix", ["gif", "webp"])
def test_of_an_animation_the_first_picture_is_said_to_be_that(tmp_path: Path, suffix: str) -> None:
    pictures = [Image.new("RGB", (8, 8), (level, 0, 0)) for level in (0, 200)]
    path = save(pictures[0], tmp_path / f"a.{suffix}", save_all=True, append_images=pictures[1:])
    assert read_picture(path).note == "the first picture of an animation"


# In the program these warnings are off; pytest puts its own filters over that.
@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_damaged_exif_does_not_lose_the_picture(tmp_path: Path) -> None:
    exif = b"Exif\x00\x00II*\x00\xff\xff\xff\x7f"
    path = save(Image.fromarray(UPRIGHT), tmp_path / "odd.png", exif=exif)
    np.testing.assert_array_equal(decode_picture(path), UPRIGHT)


def test_low_contrast_is_not_stretched(tmp_path: Path) -> None:
    grey = np.array([[100, 101], [102, 103]], np.uint8)
    image = decode_picture(save(Image.fromarray(grey), tmp_path / "flat.png"))
    np.testing.assert_array_equal(image, np.repeat(grey[..., None], 3, axis=2))


@pytest.mark.parametrize("suffix", ["png", "tif", "pgm"])
def test_sixteen_bits_are_scaled_by_their_full_range(tmp_path: Path, suffix: str) -> None:
    values = np.array([[0, 257, 1000], [32768, 65407, 65535]], np.uint16)
    path = save(Image.fromarray(values), tmp_path / f"deep.{suffix}")
    expected = np.round(values / 65535 * 255).astype(np.uint8)
    np.testing.assert_array_equal(decode_picture(path)[..., 1], expected)


def test_sixteen_bit_colour_png(tmp_path: Path) -> None:
    pixel = struct.pack(">3H", 65535, 32896, 257)  # 255, 128, 1 of 255
    header = struct.pack(">IIBBBBB", 1, 1, 16, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"\0" + pixel)), (b"IEND", b"")]
    path = tmp_path / "deep.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*chunk) for chunk in chunks))
    np.testing.assert_array_equal(decode_picture(path), [[[255, 128, 1]]])


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def test_cmyk_jpeg(tmp_path: Path) -> None:
    colours = {(0, 255, 255, 0): (255, 0, 0), (255, 0, 0, 0): (0, 255, 255),
               (0, 0, 0, 255): (0, 0, 0), (0, 0, 0, 0): (255, 255, 255)}  # fmt: skip
    for cmyk, rgb in colours.items():
        path = save(Image.new("CMYK", (16, 16), cmyk), tmp_path / "print.jpg", quality=95)
        np.testing.assert_allclose(decode_picture(path)[8, 8], rgb, atol=4)


def test_transparent_parts_lie_over_white(tmp_path: Path) -> None:
    rgba = np.array([[[255, 0, 0, 255], [255, 0, 0, 0], [0, 0, 0, 128]]], np.uint8)
    image = decode_picture(save(Image.fromarray(rgba), tmp_path / "clear.png"))
    np.testing.assert_allclose(image[0], [[255, 0, 0], [255, 255, 255], [127, 127, 127]], atol=1)


def test_grey_with_alpha(tmp_path: Path) -> None:
    la = np.array([[[40, 255], [40, 0]]], np.uint8)
    image = decode_picture(save(Image.fromarray(la, "LA"), tmp_path / "la.png"))
    np.testing.assert_array_equal(image[0], [[40] * 3, [255] * 3])


def test_alpha_does_not_bleed_where_the_picture_is_made_smaller(tmp_path: Path) -> None:
    rgba = np.zeros((64, 64, 4), np.uint8)  # transparent black
    rgba[:32] = (200, 100, 50, 255)
    path = save(Image.fromarray(rgba), tmp_path / "half.png")
    image = decode_picture(path, longest_px=8)
    np.testing.assert_allclose(image[:4].reshape(-1, 3), np.tile([200, 100, 50], (32, 1)), atol=1)
    assert (image[4:] == 255).all()


@pytest.mark.parametrize("suffix", ["png", "gif"])
def test_palette(tmp_path: Path, suffix: str) -> None:
    picture = Image.fromarray(UPRIGHT).quantize(8)
    assert picture.mode == "P"
    path = save(picture, tmp_path / f"palette.{suffix}")
    np.testing.assert_array_equal(decode_picture(path), UPRIGHT)


def test_palette_with_a_transparent_colour(tmp_path: Path) -> None:
    picture = Image.new("P", (2, 1))
    picture.putpalette([10, 20, 30, 200, 0, 0])
    picture.putpixel((1, 0), 1)
    path = save(picture, tmp_path / "hole.png", transparency=0)
    np.testing.assert_array_equal(decode_picture(path), [[[255, 255, 255], [200, 0, 0]]])


def test_one_bit(tmp_path: Path) -> None:
    picture = Image.fromarray(np.array([[True, False]]))
    path = save(picture, tmp_path / "bits.png")
    np.testing.assert_array_equal(decode_picture(path), [[[255] * 3, [0] * 3]])


def test_one_pixel(tmp_path: Path) -> None:
    path = save(Image.new("RGB", (1, 1), (1, 2, 3)), tmp_path / "dot.png")
    np.testing.assert_array_equal(decode_picture(path), [[[1, 2, 3]]])


def test_a_108_megapixel_photograph_becomes_4096_wide(tmp_path: Path) -> None:
    picture = Image.new("RGB", (12000, 9000), (10, 120, 240))
    picture.paste((240, 120, 10), (6000, 0, 12000, 9000))
    path = save(picture, tmp_path / "large.jpg", quality=60)

    image = decode_picture(path)

    assert image.shape == (3072, 4096, 3)
    np.testing.assert_allclose(image[100, 100], (10, 120, 240), atol=4)
    np.testing.assert_allclose(image[100, 4000], (240, 120, 10), atol=4)


def test_making_smaller_averages_areas(tmp_path: Path) -> None:
    checks = (np.indices((64, 64)).sum(axis=0) % 2 * 255).astype(np.uint8)
    path = save(Image.fromarray(checks), tmp_path / "checks.png")
    image = decode_picture(path, longest_px=16)
    assert image.shape == (16, 16, 3)
    np.testing.assert_allclose(image, 127.5, atol=1)


def test_arrays_are_read_only_and_contiguous(tmp_path: Path) -> None:
    image = decode_picture(save(Image.fromarray(UPRIGHT), tmp_path / "a.png"))
    assert image.dtype == np.uint8
    assert image.flags.c_contiguous
    assert not image.flags.writeable


def test_file_objects_are_read_too() -> None:
    buffer = io.BytesIO()
    Image.fromarray(UPRIGHT).save(buffer, "png")
    buffer.seek(0)
    np.testing.assert_array_equal(decode_picture(buffer), UPRIGHT)


@pytest.mark.parametrize("side", [20_000, 40_000, 2_000_000])
def test_decompression_bomb_is_refused_before_decoding(tmp_path: Path, side: int) -> None:
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    path = tmp_path / "bomb.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", b""))
    with pytest.raises(PictureError, match=r"bomb\.png has .* 300 million"):
        decode_picture(path)


def test_each_fault_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "text.jpg").write_text("no picture at all")
    whole = save(Image.effect_noise((200, 200), 50), tmp_path / "whole.jpg").read_bytes()
    (tmp_path / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    faults = {
        "empty.jpg": "empty.jpg is empty",
        "text.jpg": "text.jpg is not a picture that can be read",
        "cut.jpg": "cut.jpg is damaged",
        "gone.jpg": "gone.jpg is not there any more",
    }
    for name, message in faults.items():
        with pytest.raises(PictureError, match=message) as caught:
            decode_picture(tmp_path / name)
        assert caught.value.remedy


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@pytest.mark.parametrize("suffix", ["jpg", "png", "gif", "webp", "tif", "bmp"])
def test_damaged_bytes_give_a_picture_or_a_clear_error(
    tmp_path: Path, suffix: str, caplog: pytest.LogCaptureFixture
) -> None:
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (40, 40, 3), np.uint8)
    sound = bytearray(save(Image.fromarray(noise), tmp_path / f"a.{suffix}").read_bytes())
    path = tmp_path / f"b.{suffix}"
    for _ in range(60):
        damaged = sound.copy()
        for place in rng.integers(0, min(len(sound), 400), 6):
            damaged[place] = rng.integers(256)
        path.write_bytes(damaged)
        try:
            image = decode_picture(path)
        except PictureError:
            continue
        assert image.ndim == 3
    caplog.clear()  # Pillow logs what it then raises
