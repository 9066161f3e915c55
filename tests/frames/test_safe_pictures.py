"""What strangers' pictures may not do: start programs, take all memory or time, end a folder."""

from __future__ import annotations

import ast
import io
import os
import struct
import zlib
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import EpsImagePlugin, Image, features

import deepvis_app
from deepvis_app.engine.memory import trim
from deepvis_app.frames import PictureError, Policy, decode_picture, open_source, read_picture
from deepvis_app.frames import decode as decoding
from deepvis_app.frames.cv import cv2
from deepvis_app.frames.jpeg import jpeg_head, scan_count
from deepvis_app.frames.kinds import format_of
from deepvis_app.frames.png import plain_png
from deepvis_app.frames.shrink import fitted, shrunk
from deepvis_app.frames.stream_picture import decode_part

NOISE = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
POSTSCRIPT = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n"


def encoded(format_: str, pixels: np.ndarray = NOISE, **options: object) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, format_, **options)
    return file.getvalue()


def png(width: int, height: int, bits: int = 8, colour: int = 2, data: bytes = b"") -> bytes:
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)),
        (b"IDAT", zlib.compress(data)),
        (b"IEND", b""),
    )
    packed = (
        struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


# What is opened, and by what --------------------------------------------------------------------


@cache
def calls() -> tuple[tuple[Path, ast.Call, ast.Attribute], ...]:
    """Return every call of a method in the program."""
    return tuple(
        (file, node, node.func)
        for file in Path(deepvis_app.__path__[0]).rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    )


def test_pillow_is_told_the_formats_wherever_it_opens() -> None:
    opened = [
        (file, call)
        for file, call, method in calls()
        if method.attr == "open"
        and isinstance(method.value, ast.Name)
        and method.value.id == "Image"
    ]
    assert len(opened) > 4
    for file, call in opened:
        assert "formats" in [word.arg for word in call.keywords], f"{file}:{call.lineno}"


def test_opencv_decodes_in_the_places_that_look_first() -> None:
    readers = ("imdecode", "imdecodemulti", "imread", "imreadmulti", "imreadanimation")
    found = {file.name for file, _, method in calls() if method.attr in readers}
    of_its_own = {"best_frames.py"}  # it unpacks what it packed, from memory
    assert found == {"values.py", "tiff.py", "webp.py", "stream_picture.py"} | of_its_own


def test_postscript_starts_no_program(tmp_path: Path, monkeypatch) -> None:
    log = tmp_path / "log"
    program = tmp_path / "bin" / "gs"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$@" >> {log}\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(EpsImagePlugin, "gs_binary", None)
    path = tmp_path / "pictures" / "photo.jpg"
    path.parent.mkdir()
    path.write_bytes(POSTSCRIPT)

    for file in (path, io.BytesIO(POSTSCRIPT)):
        with pytest.raises(PictureError, match="is a PostScript file, which is not read here"):
            decode_picture(file)
    source = open_source(path.parent, policy=Policy.EVERY)
    source.open()
    with pytest.raises(PictureError, match="PostScript"):
        source.read()
    assert decode_part(POSTSCRIPT) is None
    assert not log.exists()

    with Image.open(path) as picture, pytest.raises(Exception):  # noqa: B017, PT011
        picture.load()
    assert log.exists()  # so it would have been seen


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"8BPS\0\1" + bytes(60), "Photoshop"),
        (b"qoif" + bytes(60), "QOI"),
        (b"SIMPLE  =                    T", "FITS"),
        (b"\xd7\xcd\xc6\x9a" + bytes(60), "Windows metafile"),
        (b"\0\0\1\0\1\0" + bytes(60), "Windows icon"),
        (b"\xc5\xd0\xd3\xc6" + bytes(60), "PostScript"),
    ],
)
def test_other_kinds_are_called_by_their_names(tmp_path: Path, data: bytes, name: str) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(data)
    with pytest.raises(PictureError, match=f"a.png is a {name} file, which is not read here"):
        read_picture(path)


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "AVIF"])
def test_a_kind_is_known_by_its_first_bytes(format_: str) -> None:
    if format_ == "AVIF" and not features.check("avif"):
        pytest.skip("Pillow is without AVIF")
    data = encoded(format_)
    assert format_of(data[:512]) == format_
    assert decode_picture(io.BytesIO(data)).shape == (60, 80, 3)
    assert decode_part(data).shape == (60, 80, 3)


# Whatever a decoder raises ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "error",
    [RuntimeError("one"), RecursionError("two"), SystemError("three"), struct.error("four"),
     zlib.error("five"), OverflowError("six"), cv2.error("seven"), AssertionError("eight")],
    ids=lambda error: type(error).__name__,
)  # fmt: skip
def test_any_error_of_a_decoder_is_one_bad_picture(tmp_path: Path, monkeypatch, error) -> None:
    def fail(*_: object) -> None:
        raise error

    (tmp_path / "a.png").write_bytes(encoded("PNG"))
    monkeypatch.setattr(decoding, "open_image", fail)
    with pytest.raises(PictureError, match=rf"a\.png is damaged \({error}"):
        read_picture(tmp_path / "a.png")
    assert decode_part(encoded("PNG")) is None


@pytest.mark.skipif(not features.check("avif"), reason="Pillow is without AVIF")
def test_a_damaged_avif_takes_its_turn_and_no_more(tmp_path: Path) -> None:
    sound = encoded("AVIF")
    (tmp_path / "2.avif").write_bytes(sound[: len(sound) * 2 // 3])
    for name in ("1.png", "3.png"):
        (tmp_path / name).write_bytes(encoded("PNG"))
    source = open_source(tmp_path, policy=Policy.EVERY)
    source.open()
    assert source.read().title == "1.png"
    with pytest.raises(PictureError, match=r"2\.avif is damaged"):
        source.read()
    assert source.read().title == "3.png"


def test_finds_of_the_fuzzer(shared_cases: Path) -> None:
    found = sorted((shared_cases / "safe" / "found").glob("cv-*.bin"))
    assert found
    for file in found:
        before = resident_bytes("VmHWM", clear=True)
        assert decode_part(file.read_bytes()) is None
        with pytest.raises(PictureError):
            read_picture(file)
        assert resident_bytes("VmHWM") - before < 100e6


# Memory and time --------------------------------------------------------------------------------


def resident_bytes(field: str, *, clear: bool = False) -> int:
    if not Path("/proc/self/clear_refs").exists():
        pytest.skip("memory is measured by Linux's /proc")
    if clear:
        Path("/proc/self/clear_refs").write_text("5")
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * int(next(line for line in lines if line.startswith(field)).split()[1])


@pytest.mark.parametrize(
    "data",
    [
        png(17300, 17300),
        png(17300, 17300, colour=6),
        png(17300, 17300, bits=16, colour=0),
        png(17300, 17300, bits=16, colour=2),
        png(10, 200_000),
        b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\x12\0\0\0" + b"\xff\x3f\0\xff\x3f\0" + bytes(40),
        encoded("JPEG", progressive=True, subsampling=0).replace(
            b"\0\x3c\0\x50\x03", b"\x43\x94\x43\x94\x03"
        ),
    ],
    ids=["rgb", "rgba", "16 bits", "16-bit rgb", "thin", "webp", "progressive"],
)
def test_sizes_are_judged_by_the_header(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "large.bin"
    path.write_bytes(data)
    before = resident_bytes("VmHWM", clear=True)
    for file in (path, io.BytesIO(data)):
        with pytest.raises(PictureError, match=r"has \d+ × \d+ pixels.*Make it smaller"):
            read_picture(file, name="large")
    assert resident_bytes("VmHWM") - before < 50e6
    assert decode_part(data) is None


def test_a_large_picture_is_kept_once(tmp_path: Path) -> None:
    rows = b"".join(b"\0" + bytes([90, 120, 200, 128]) * 6000 for _ in range(6))
    path = tmp_path / "large.png"
    path.write_bytes(png(6000, 6000, colour=6, data=rows * 1000))
    trim()  # what is free in the process could hold the picture unseen
    before = resident_bytes("VmRSS", clear=True)
    image = read_picture(path).image
    assert image.shape == (4096, 4096, 3)
    np.testing.assert_allclose(image[2000, 2000], (172, 187, 228), atol=1)  # half over white
    whole, small = 6000 * 6000 * 4, 4096 * 4096 * 3
    assert whole < resident_bytes("VmHWM") - before < whole + 3 * small


def test_rows_by_rows_is_as_all_at_once() -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (2100, 3000, 3), np.uint8)
    whole = Image.fromarray(pixels)
    bands = []

    def rows(top: int, bottom: int) -> Image.Image:
        bands.append((top, bottom))
        return whole.crop((0, top, 3000, bottom))

    expected = np.asarray(whole.resize(fitted(whole.size, 901), Image.Resampling.BOX))
    found = shrunk(whole.size, rows, 901)
    assert len(bands) > 2
    assert found.shape == (631, 901, 3)
    assert np.abs(found.astype(int) - expected).max() <= 1


def test_a_large_still_webp_is_decoded_in_less(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    path = tmp_path / "a.webp"
    path.write_bytes(encoded("WEBP", lossless=True, exif=exif))
    expected = NOISE[::-1].swapaxes(0, 1)
    np.testing.assert_array_equal(read_picture(path).image, expected)
    most = 60 * 80 * 12 + path.stat().st_size  # too little for Pillow
    np.testing.assert_array_equal(read_picture(path, most_bytes=most).image, expected)
    with pytest.raises(PictureError, match="of memory to read"):
        read_picture(path, most_bytes=60 * 80)


def test_a_jpeg_that_asks_for_thousands_of_scans(tmp_path: Path) -> None:
    data = encoded("JPEG", np.zeros((2000, 2000), np.uint8), progressive=True)
    last = data.rindex(b"\xff\xda")
    head = data[last : last + 2 + int.from_bytes(data[last + 2 : last + 4], "big")]
    path = tmp_path / "slow.jpg"
    path.write_bytes(data[:-2] + head * 1000 + data[-2:])
    assert scan_count(io.BytesIO(path.read_bytes())) > 1000
    with pytest.raises(PictureError, match=r"in 100\d scans, which would take too long"):
        read_picture(path)
    assert decode_part(path.read_bytes()) is None
    path.write_bytes(data)
    assert read_picture(path).image.shape == (2000, 2000, 3)


@pytest.mark.parametrize("is_progressive", [False, True])
@pytest.mark.parametrize(("subsampling", "coefficients"), [(0, 3.0), (1, 2.0), (2, 1.5)])
def test_the_header_of_a_jpeg(is_progressive: bool, subsampling: int, coefficients: float) -> None:
    data = encoded("JPEG", progressive=is_progressive, subsampling=subsampling)
    for filling in (b"", b"\xff" * 50, b"\xff\xfe\x00\x06\xff\xc0\x00\x00"):
        head = jpeg_head(io.BytesIO(data[:2] + filling + data[2:]))
        assert head.size == (80, 60)
        assert head.coefficients == coefficients
        assert head.kept_bytes == (80 * 60 * 2 * coefficients if is_progressive else 0)
    for cut in range(160):
        assert jpeg_head(io.BytesIO(data[:cut])) is None


def test_a_png_for_opencv_is_stripped_of_all_but_pixels() -> None:
    info = png(4, 4, bits=16)
    extra = b"\0\0\0\x04acTL" + b"abcd" + struct.pack(">I", zlib.crc32(b"acTLabcd"))
    end = info.index(b"IDAT") - 4
    assert plain_png(info[:end] + extra + info[end:]) == info
    long = bytearray(info)
    long[end : end + 4] = b"\x7f\xff\xff\xff"
    assert plain_png(bytes(long)) is None
    wrong = bytearray(info)
    wrong[end + 9] ^= 1
    assert plain_png(bytes(wrong)) is None


def test_arrays_in_either_order(tmp_path: Path) -> None:
    values = np.random.default_rng(0).integers(0, 255, (5, 20, 30), np.uint8)
    values[:, 0, :2] = 0, 255
    for name, array in (("c", values), ("f", np.asfortranarray(values))):
        np.save(tmp_path / f"{name}.npy", array)
        for page in range(5):
            image = read_picture(tmp_path / f"{name}.npy", page=page).image
            np.testing.assert_array_equal(image[..., 0], values[page])
    data = (tmp_path / "c.npy").read_bytes()
    (tmp_path / "cut.npy").write_bytes(data[:-10])
    with pytest.raises(PictureError, match="it is cut off"):
        read_picture(tmp_path / "cut.npy")
    huge = data.replace(b"(5, 20, 30)", b"(5, 20000, 30000)")[: len(data)]
    (tmp_path / "huge.npy").write_bytes(huge)
    with pytest.raises(PictureError):
        read_picture(tmp_path / "huge.npy")
    for wrong in (b"'descr': ((((((((", b"(" * 60, b"\xff" * 9, b"9" * 50, b'{"a": """'):
        (tmp_path / "odd.npy").write_bytes(data[:10] + wrong + data[10 + len(wrong) :])
        with pytest.raises(PictureError, match="is no array of numbers"):
            read_picture(tmp_path / "odd.npy")


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "pipe.png"
    os.mkfifo(path)
    with pytest.raises(PictureError, match=r"pipe\.png is not a file"):
        read_picture(path)


def test_tiles_larger_than_any_picture(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tags = {256: 80, 257: 60, 258: 8, 259: 1, 262: 1, 277: 1}
    tags |= {322: 1 << 20, 323: 1 << 20, 324: 8, 325: 100}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    path.write_bytes(b"II*\0\x08\0\0\0" + struct.pack("<H", len(tags)) + entries + bytes(200))
    with pytest.raises(PictureError, match=r"is damaged \(blocks of 1048576 × 1048576 pixels"):
        read_picture(path)


def _tiff(*directories: dict[int, int]) -> bytes:
    data, place = b"II*\0\x08\0\0\0", 8
    for tags in directories:
        place += 2 + 12 * len(tags) + 4
        entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
        data += struct.pack("<H", len(tags)) + entries + struct.pack("<I", place)
    return data[:-4] + struct.pack("<I", 0) + bytes(2000)


SMALL_TIFF = {256: 8, 257: 8, 258: 8, 259: 1, 262: 1, 273: 8, 277: 1, 278: 8, 279: 64}
LARGE_TILE = SMALL_TIFF | {259: 8, 322: 40_000, 323: 40_000, 324: 8, 325: 100}
HIDDEN_TILES = {
    "alone": _tiff(LARGE_TILE),
    "said to be a smaller version": _tiff({254: 1} | LARGE_TILE, SMALL_TIFF),
    "in front of a damaged page": _tiff(LARGE_TILE)[:-2004] + struct.pack("<I", 1 << 30),
}


@pytest.mark.parametrize("name", HIDDEN_TILES)
def test_no_decoder_sees_a_tiff_of_absurd_blocks(name: str, tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    path.write_bytes(_tiff(SMALL_TIFF))
    assert read_picture(path).image.shape == read_picture(io.BytesIO(path.read_bytes())).image.shape
    path.write_bytes(HIDDEN_TILES[name])
    for file in (path, io.BytesIO(path.read_bytes())):
        with pytest.raises(PictureError, match=r"is damaged \(blocks of 40000 × 40000 pixels"):
            read_picture(file)


def test_a_tiff_that_says_two_things(tmp_path: Path) -> None:
    data = bytearray(_tiff({k: v for k, v in LARGE_TILE.items() if k != 279} | {400: 8}))
    struct.pack_into("<H", data, data.index(struct.pack("<HHI", 400, 4, 1)), 322)
    with pytest.raises(PictureError, match="no directory 0"):
        read_picture(io.BytesIO(data))


def test_a_directory_of_claims_is_read_by_its_first_values(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    entries = b"".join(struct.pack("<HHII", tag, 4, 1 << 24, 8) for tag in range(4096))
    path.write_bytes(b"II*\0\x08\0\0\0" + struct.pack("<H", 4096) + entries + bytes(80 << 10))
    before = resident_bytes("VmHWM", clear=True)
    with pytest.raises(PictureError):
        read_picture(path)
    assert resident_bytes("VmHWM") - before < 50e6
