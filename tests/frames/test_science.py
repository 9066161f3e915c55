"""Pictures of microscopes, scanners and arrays: by a rule that is told, never black in silence."""

from __future__ import annotations

import struct
import sys
import zlib
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from deepvis_app.frames import PictureError, Policy, open_source, read_picture
from deepvis_app.frames.cv import cv2
from deepvis_app.frames.values import pages_of

if TYPE_CHECKING:
    from pathlib import Path

RAMP = np.linspace(0, 1, 64)[None].repeat(48, 0)


def write_tiff(path: Path, *pages: np.ndarray, order: str = "<", **tags: int) -> Path:
    """Write pages (H, W) or (H, W, C) by TIFF 6.0; `tags` are numbers as t262=0.

    t259=8 compresses, t284=2 puts channels one behind the other, t317=2 writes differences.
    """
    extra = {int(name[1:]): value for name, value in tags.items()}
    out = bytearray((b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, 0))
    link = 4
    for page in pages:
        values = page.reshape(*page.shape[:2], -1)
        height, width, channels = values.shape
        kind = {"u": 1, "i": 2, "f": 3}[values.dtype.kind]
        data = values
        if extra.get(317) == 2:
            data = np.diff(values, axis=1, prepend=np.zeros_like(values[:, :1]))
        planes = [data[..., c] for c in range(channels)] if extra.get(284) == 2 else [data]
        places, counts = [], []
        for plane in planes:
            packed = plane.astype(plane.dtype.newbyteorder(order)).tobytes()
            packed = zlib.compress(packed) if extra.get(259) == 8 else packed
            places.append(len(out))
            counts.append(len(packed))
            out += packed + b"\0" * (len(packed) % 2)
        bits = values.dtype.itemsize * 8
        photometric = 2 if channels == 3 else 1
        found = {256: [width], 257: [height], 258: [bits] * channels, 259: [1], 262: [photometric],
                 273: places, 277: [channels], 278: [height], 279: counts, 284: [1],
                 339: [kind] * channels}  # fmt: skip
        found |= {tag: [value] for tag, value in extra.items()}
        entries, behind = b"", b""
        start = len(out)
        after = start + 2 + 12 * len(found) + 4
        for tag in sorted(found):
            packed = struct.pack(f"{order}{len(found[tag])}I", *found[tag])
            if len(packed) > 4:
                place, behind = after + len(behind), behind + packed
                packed = struct.pack(order + "I", place)
            entries += struct.pack(order + "HHI", tag, 4, len(found[tag])) + packed
        struct.pack_into(order + "I", out, link, start)
        link = start + 2 + 12 * len(found)
        out += struct.pack(order + "H", len(found)) + entries + bytes(4) + behind
    path.write_bytes(out)
    return path


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("values", "low", "high", "words"),
    [
        ((RAMP * 4095).astype(np.uint16), 0, 4095, "12 of 16 bits 0 … 4095 shown as black … white"),
        ((RAMP * 65535).astype(np.uint16), 0, 65535, "16 bits 0 … 65535"),
        ((RAMP * 200).astype(np.uint16), 0, 255, "8 of 16 bits 0 … 255"),
        ((RAMP * 1000).astype(np.int32), 0, 1023, "10 of signed 32 bits 0 … 1023"),
        ((RAMP * 1e6).astype(np.uint32), 0, 1e6, "32 bits 0 … 1e+06"),
        ((RAMP * 4000 - 1000).astype(np.int16), -1000, 3000, "signed 16 bits −1000 … 3000"),
        ((RAMP * 200 - 100).astype(np.int8), -100, 100, "signed 8 bits −100 … 100"),
        ((RAMP * 4000 - 1000).astype(np.float32), -1000, 3000, "float −1000 … 3000"),
        ((RAMP * 255).astype(np.float32), 0, 255, "float 0 … 255"),
        ((RAMP * 0.5).astype(np.float32), 0, 1, "float 0 … 1"),
        ((RAMP * 1.5).astype(np.float64), 0, 1.5, "float 0 … 1.5"),
        ((RAMP + 300).astype(np.float32), 300, 301, "float 300 … 301"),
        ((RAMP * 2 - 1).astype(np.float16), -1, 1, "float −1 … 1"),
    ],
)
def test_numbers_are_scaled_by_a_rule(tmp_path: Path, order: str, values, low, high, words) -> None:
    picture = read_picture(write_tiff(tmp_path / "a.tif", values, order=order))
    expected = (values.astype(float) - low) / (high - low) * 255
    assert picture.image.shape == (48, 64, 3)
    np.testing.assert_allclose(picture.image[..., 1], expected, atol=0.51)
    assert words in picture.note


@pytest.mark.parametrize("tags", [{}, {"t259": 8}, {"t284": 2}, {"t259": 8, "t317": 2}])
@pytest.mark.parametrize("channels", [1, 2, 3, 4, 7])
def test_any_count_of_channels(tmp_path: Path, tags: dict[str, int], channels: int) -> None:
    rng = np.random.default_rng(0)
    values = rng.integers(0, 4096, (20, 30, channels)).astype(np.uint16)
    values[0, 0] = 4095
    picture = read_picture(write_tiff(tmp_path / "a.tif", values, **tags))
    shown = values[..., [0] * 3] if channels == 1 else values[..., :3]
    if channels == 2:
        shown = np.dstack([values, np.zeros_like(values[..., :1])])
    np.testing.assert_allclose(picture.image, shown / 4095 * 255, atol=0.51)
    told = {2: "channels 1 and 2 shown as red and green", 4: "channels 1, 2, 3 of 4 shown as",
            7: "channels 1, 2, 3 of 7 shown as red, green, blue"}  # fmt: skip
    assert told.get(channels, "12 of 16 bits") in picture.note


def test_seven_channels_of_bytes(tmp_path: Path) -> None:
    values = np.random.default_rng(0).integers(0, 256, (20, 30, 7)).astype(np.uint8)
    picture = read_picture(write_tiff(tmp_path / "a.tif", values))
    np.testing.assert_array_equal(picture.image, values[..., :3])
    assert picture.note == "channels 1, 2, 3 of 7 shown as red, green, blue"


def test_white_is_zero(tmp_path: Path) -> None:
    path = write_tiff(tmp_path / "a.tif", (RAMP * 4095).astype(np.uint16), t262=0)
    np.testing.assert_allclose(read_picture(path).image[..., 0], 255 - RAMP * 255, atol=0.6)


def test_turned(tmp_path: Path) -> None:
    path = write_tiff(tmp_path / "a.tif", (RAMP * 4095).astype(np.uint16), t274=6)
    assert read_picture(path).image.shape == (64, 48, 3)


def test_compressed_by_others(tmp_path: Path) -> None:
    values = np.dstack([RAMP * 3, RAMP * 2, RAMP]).astype(np.float32)  # blue, green, red
    lzw = [cv2.IMWRITE_TIFF_COMPRESSION, cv2.IMWRITE_TIFF_COMPRESSION_LZW]
    cv2.imwrite(str(tmp_path / "a.tif"), values, lzw)
    picture = read_picture(tmp_path / "a.tif")
    np.testing.assert_allclose(picture.image, values[..., ::-1] / 3 * 255, atol=0.51)


def test_sixteen_bit_png_of_twelve_bits(tmp_path: Path) -> None:
    values = np.dstack([RAMP * 1000, RAMP * 2000, RAMP * 4095]).astype(np.uint16)
    cv2.imwrite(str(tmp_path / "a.png"), values)
    picture = read_picture(tmp_path / "a.png")
    np.testing.assert_allclose(picture.image, values[..., ::-1] / 4095 * 255, atol=0.51)
    assert "12 of 16 bits" in picture.note


def test_nan_and_infinity(tmp_path: Path) -> None:
    values = (RAMP * 100).astype(np.float32)
    values[0, :3] = np.nan, np.inf, -np.inf
    picture = read_picture(write_tiff(tmp_path / "a.tif", values))
    assert picture.image[0, :3, 0].tolist() == [0, 255, 0]
    np.testing.assert_allclose(picture.image[1:, :, 0], RAMP[1:] * 255, atol=0.51)
    assert picture.note.endswith("; NaN black")
    values[...] = np.nan
    picture = read_picture(write_tiff(tmp_path / "b.tif", values))
    assert not picture.image.any()
    assert "without a finite value" in picture.note


def test_a_hot_pixel_does_not_make_the_rest_black(tmp_path: Path) -> None:
    values = (RAMP * 100).astype(np.float32)
    values[5, 5] = 1e7
    picture = read_picture(write_tiff(tmp_path / "a.tif", values))
    assert len(np.unique(picture.image)) > 60
    assert "outliers cut" in picture.note


def test_all_the_same_is_grey(tmp_path: Path) -> None:
    picture = read_picture(write_tiff(tmp_path / "a.tif", np.full((8, 8), 500.0, np.float32)))
    assert (picture.image == 128).all()
    assert picture.note == "float: every value is 500, shown grey"


def test_bytes_have_no_note(tmp_path: Path) -> None:
    Image.new("RGB", (8, 8), (1, 2, 3)).save(tmp_path / "a.tif")
    picture = read_picture(tmp_path / "a.tif")
    assert picture.note == ""
    assert (picture.image == (1, 2, 3)).all()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK"])
def test_pictures_of_bytes_are_as_pillow_sees_them(tmp_path: Path, mode: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    picture = Image.fromarray(noise).convert(mode)
    picture.save(tmp_path / "a.tif")
    expected = np.asarray(picture.convert("RGB"))
    found = read_picture(tmp_path / "a.tif")
    assert found.note == ""
    np.testing.assert_array_equal(found.image, expected)


def test_a_stack_is_a_sequence_on_one_scale(tmp_path: Path, clock) -> None:
    pages = [np.full((8, 12), level, np.float32) for level in (-1000, 0, 250, 1000, 3000)]
    source = open_source(write_tiff(tmp_path / "ct.tif", *pages), clock=clock)
    info = source.open()
    assert (info.length, info.detail) == (5, "5 pages")
    assert info.controls == {"play", "step", "seek", "speed", "loop"}
    for index in (0, 4, 2, 1, 3):
        source.seek(index)
        frame = source.read()
        expected = (pages[index][0, 0] + 1000) / 4000 * 255
        assert frame.image[0, 0, 0] == pytest.approx(expected, abs=0.51)
        assert frame.title == f"ct.tif · page {index + 1} of 5"
        assert "float −1000 … 3000 shown as black … white" in frame.note
    source.step(1)
    assert source.read().index == 4


def test_a_stack_of_bytes_is_a_sequence_too(tmp_path: Path) -> None:
    pages = [Image.new("RGB", (8, 6), (level, 0, 9)) for level in (10, 20, 30)]
    pages[0].save(
        tmp_path / "scan.tif", save_all=True, append_images=pages[1:], compression="tiff_lzw"
    )
    source = open_source(tmp_path / "scan.tif", policy=Policy.EVERY)
    assert source.open().length == 3
    assert [source.read().image[0, 0, 0] for _ in range(3)] == [10, 20, 30]
    assert "page 1 of 3" in read_picture(tmp_path / "scan.tif").note


def test_a_small_version_is_no_page(tmp_path: Path) -> None:
    small = (RAMP[::2, ::2] * 4095).astype(np.uint16)
    path = write_tiff(tmp_path / "a.tif", (RAMP * 4095).astype(np.uint16), small)
    assert len(pages_of(path)) == 2
    data = bytearray(path.read_bytes())
    second = data.rindex(struct.pack("<HHII", 256, 4, 1, 32))  # the small one's width
    data[second : second + 12] = struct.pack("<HHII", 254, 4, 1, 1)
    path.write_bytes(data)
    assert len(pages_of(path)) == 1


def test_a_folder_is_on_one_scale(tmp_path: Path) -> None:
    for number, most in enumerate((100, 4000, 1000)):
        write_tiff(tmp_path / f"{number}.tif", np.full((8, 8), most, np.uint16))
    source = open_source(tmp_path, policy=Policy.EVERY)
    source.open()
    frames = [source.read() for _ in range(3)]
    assert [frame.image[0, 0, 0] for frame in frames] == [
        round(most / 4095 * 255) for most in (100, 4000, 1000)
    ]
    assert "; this picture 0 … 255" in frames[0].note


@pytest.mark.parametrize(
    ("array", "pages", "shape"),
    [
        (np.zeros((8, 9)), 1, (8, 9)),
        (np.zeros((8, 9, 3)), 1, (8, 9)),
        (np.zeros((3, 18, 19)), 1, (18, 19)),
        (np.zeros((7, 18, 19)), 7, (18, 19)),
        (np.zeros((5, 8, 9, 3), np.uint8), 5, (8, 9)),
        (np.zeros((5, 3, 8, 9), np.float16), 5, (8, 9)),
        (np.zeros((8, 9), bool), 1, (8, 9)),
    ],
)
def test_arrays(tmp_path: Path, array: np.ndarray, pages: int, shape: tuple[int, int]) -> None:
    np.save(tmp_path / "a.npy", array)
    source = open_source(tmp_path / "a.npy")
    assert source.open().length == pages
    assert source.read().image.shape == (*shape, 3)


def test_an_array_that_is_no_picture(tmp_path: Path) -> None:
    for name, array in (
        ("line", np.zeros(9)),
        ("words", np.array(["a"])),
        ("none", np.zeros((0, 4))),
    ):
        np.save(tmp_path / f"{name}.npy", array)
        with pytest.raises(PictureError, match="is no array of numbers that is a picture"):
            read_picture(tmp_path / f"{name}.npy")


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    starts = {
        "a.jxl": (b"\xff\x0a" + bytes(60), "is a JPEG XL file, which is not read here"),
        "b.heic": (b"\0\0\0\x18ftypheic" + bytes(60), "begins as HEIC and holds no picture"),
        "c.tif": (bytes(128) + b"DICM" + bytes(40), "is a DICOM file"),
        "d.png": (b"<?xml version='1.0'?><svg></svg>", "is a SVG file"),
        "e.jpg": (b"%PDF-1.7", "is a PDF file"),
    }
    for name, (data, words) in starts.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(PictureError, match=words):
            read_picture(tmp_path / name)
    values = np.zeros((4, 4, 7), np.uint16)
    path = write_tiff(tmp_path / "lzw.tif", values, t259=5)
    with pytest.raises(PictureError, match=r"TIFF of 7 channels .* is not read here\. Save it unc"):
        read_picture(path)


def test_heic_is_a_picture(tmp_path: Path) -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    colours = np.zeros((64, 64, 3), np.uint8)
    colours[:32] = (200, 40, 40)
    heif = pillow_heif.from_pillow(Image.fromarray(colours))
    for name in ("photo.heic", "photo"):  # also where nothing but its bytes tells
        heif.save(tmp_path / name, format="HEIF", quality=90)
        source = open_source(tmp_path / name)
        assert source.open().length == 1
        assert np.abs(source.read().image.astype(int) - colours).mean() < 5


def test_heic_without_its_reader_says_what_to_do(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    (tmp_path / "photo.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(60))
    with pytest.raises(PictureError, match="pip install pillow-heif, or convert the picture"):
        read_picture(tmp_path / "photo.heic")
