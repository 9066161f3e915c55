"""What a frame looks like: square pixels, the right way up, true colours."""

from __future__ import annotations

import io
import subprocess
import sys
from fractions import Fraction
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest
from PIL import Image

from deepvis_app.frames import PictureError, Policy, SourceError, open_source
from deepvis_app.frames.cv import cv2
from deepvis_app.frames.source import PassedOver
from deepvis_app.frames.video_cut import is_cut_off
from tests.frames.clips import write_clip

if TYPE_CHECKING:
    from pathlib import Path

# A corner of each colour: whichever way it is turned, it can be told.
CORNERS = np.zeros((48, 64, 3), np.uint8)
CORNERS[:24, :32], CORNERS[:24, 32:] = (220, 30, 30), (30, 220, 30)
CORNERS[24:, :32], CORNERS[24:, 32:] = (30, 30, 220), (220, 220, 220)


def first(path: Path) -> np.ndarray:
    source = open_source(path)
    info = source.open()
    frame = source.read()
    source.close()
    assert frame is not None
    assert frame.image.shape == (info.height, info.width, 3)
    assert frame.image.flags.c_contiguous
    assert not frame.image.flags.writeable
    return frame.image


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "avi"])
@pytest.mark.parametrize(
    ("aspect", "shown"), [(Fraction(2), (320, 120)), (Fraction(1, 2), (160, 240)),
                          (Fraction(16, 15), (171, 120)), (Fraction(1000), (160, 120))]
)  # fmt: skip
def test_a_square_is_square(tmp_path: Path, suffix: str, aspect: Fraction, shown) -> None:
    codec = {"codec": "mpeg4", "b": "2M"} if suffix == "avi" else {}
    if suffix == "avi" and aspect == 1000:
        pytest.skip("MPEG-4 cannot write such an aspect")
    stored = np.zeros((120, 160, 3), np.uint8)
    across, down = (60 / aspect, 60) if aspect >= 1 else (60, 60 * aspect)
    if aspect == 1000:
        across = 60  # a slip in the file, not looked at
    stored[30 : 30 + round(down), 40 : 40 + round(across)] = 255
    path = write_clip(
        tmp_path / f"a.{suffix}", [0, 40], aspect=aspect, pictures=[stored] * 2, **codec
    )
    image = first(path)
    assert (image.shape[1], image.shape[0]) == shown
    bright = image[..., 1] > 127
    assert bright.any(0).sum() == pytest.approx(bright.any(1).sum(), abs=2)
    assert bright.any(1).sum() == pytest.approx(60, abs=2)


@pytest.mark.parametrize("flips", [(False, False), (True, False), (False, True)])
@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_turned_and_mirrored(tmp_path: Path, degrees: int, flips: tuple[bool, bool]) -> None:
    path = write_clip(
        tmp_path / "a.mp4", [0], size=(64, 48), turn=(degrees, *flips), pictures=[CORNERS]
    )
    expected = np.rot90(CORNERS, degrees // 90)  # counter-clockwise, as PyAV writes it
    expected = expected[:, ::-1] if flips[0] else expected
    expected = expected[::-1] if flips[1] else expected
    image = first(path)
    assert image.shape == expected.shape
    assert np.abs(image.astype(int) - expected).mean() < 6


def test_turned_with_pixels_that_are_not_square(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", [0], aspect=Fraction(2), turn=(90, False, False))
    assert first(path).shape == (320, 120, 3)


@pytest.mark.parametrize(
    ("name", "codec", "pixels", "size"),
    [
        ("ten.mkv", "libx265", "yuv420p10le", (64, 48)),
        ("full.mp4", "libx264", "yuvj420p", (64, 48)),
        ("odd.mp4", "libx264", "yuv444p", (63, 47)),
        ("lossless.mkv", "ffv1", "yuv422p", (64, 48)),
        ("motion.avi", "mjpeg", "yuvj422p", (64, 48)),
        ("grey.mkv", "ffv1", "gray", (64, 48)),
        ("deep.mkv", "ffv1", "gray16le", (64, 48)),
    ],
)
def test_kinds_of_pixels(tmp_path: Path, name: str, codec: str, pixels: str, size) -> None:
    picture = CORNERS[: size[1], : size[0]]
    options = {"x265-params": "log-level=none"} if codec == "libx265" else {}
    image = first(
        write_clip(
            tmp_path / name,
            [0],
            codec=codec,
            pixels=pixels,
            size=size,
            pictures=[picture],
            **options,
        )
    )
    grey = np.asarray(Image.fromarray(picture).convert("L"), int)[..., None]
    expected = np.repeat(grey, 3, axis=2) if "gray" in pixels else picture.astype(int)
    assert image.shape == picture.shape
    assert np.abs(image - expected).mean() < 5


@pytest.mark.parametrize("codec", ["libvpx-vp9", "libvpx"])
def test_transparency_lies_over_white(tmp_path: Path, codec: str) -> None:
    rgba = np.dstack([CORNERS, np.full((48, 64), 255, np.uint8)])
    rgba[:, 32:, 3] = 0
    path = tmp_path / "a.webm"
    options = {"auto-alt-ref": "0"}
    write_clip(
        path, [0, 40], codec=codec, pixels="yuva420p", size=(64, 48), pictures=[rgba] * 2, **options
    )
    image = first(path).astype(int)
    assert image[:, 36:].min() > 240
    assert np.abs(image[:, :28] - CORNERS[:, :28]).mean() < 12


@pytest.mark.parametrize("suffix", ["gif", "png"])
def test_animations_with_holes(tmp_path: Path, suffix: str) -> None:
    clear = Image.new("RGBA", (20, 10), (200, 0, 0, 0))
    clear.paste((200, 0, 0, 255), (0, 0, 10, 10))
    other = Image.new("RGBA", (20, 10), (0, 0, 200, 255))
    path = tmp_path / f"a.{suffix}"
    clear.save(path, save_all=True, append_images=[other], duration=[100, 300], disposal=2)
    source = open_source(path, policy=Policy.EVERY)
    assert source.open().length == 2
    image = source.read().image
    np.testing.assert_array_equal(image[5, 5], (200, 0, 0))
    np.testing.assert_array_equal(image[5, 15], (255, 255, 255))
    np.testing.assert_array_equal(source.read().image[5, 15], (0, 0, 200))
    assert source.playback().time_s == pytest.approx(0.1)
    assert source.read() is None
    source.close()


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    """A hundred frames, five of them a group; some in the second third are overwritten."""
    rng = np.random.default_rng(0)
    noise = [rng.integers(0, 256, (120, 160, 3), np.uint8) for _ in range(100)]
    path = write_clip(tmp_path / "bad.mp4", list(range(0, 4000, 40)), pictures=noise, g="5", bf="0")
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 9000] = bytes(9000)
    path.write_bytes(data)
    return path


def test_damage_in_the_middle_is_told_and_passed_over(damaged: Path) -> None:
    source = open_source(damaged, policy=Policy.EVERY)
    assert source.open().length == 100
    indices, told = [], []
    while True:
        try:
            frame = source.read()
        except PassedOver as error:
            told.append(str(error))
            continue
        if frame is None:
            break
        indices.append(frame.index)
    with av.open(str(damaged)) as file:  # what FFmpeg decodes, damaged pictures included
        stream, decoded = file.streams.video[0], 0
        for packet in file.demux(stream):
            try:
                decoded += len(packet.decode())
            except av.error.InvalidDataError:
                continue
    assert len(indices) > 80
    assert abs(len(indices) - decoded) <= 2
    assert indices == sorted(set(indices))
    assert (indices[0], indices[-1]) == (0, 99)
    assert len(told) == 1
    assert "bad.mp4 is damaged at 0:0" in told[0]
    source.close()


def test_seek_works_behind_damage(damaged: Path) -> None:
    source = open_source(damaged)
    source.open()
    for index in (80, 95, 10):
        source.seek(index)
        try:
            frame = source.read()
        except PictureError:
            frame = source.read()
        assert frame.index == index
    source.close()


def test_steps_get_over_damage_both_ways(damaged: Path) -> None:
    source = open_source(damaged)
    source.open()
    source.set_loop(False)
    for start, delta in ((40, 1), (70, -1)):
        source.seek(start)
        places = []
        for _ in range(30):
            try:
                places.append(source.read().index)
            except PictureError:
                places.append(source.read().index)
            source.step(delta)
        assert len(set(places)) == 30  # never held up
        assert places == sorted(places, reverse=delta < 0)
    source.close()


@pytest.mark.parametrize(("suffix", "codec"), [("mkv", "libx264"), ("webm", "libvpx")])
@pytest.mark.parametrize("is_torn", [True, False])
def test_pictures_that_a_tear_leaves_out_are_told(
    tmp_path: Path, suffix: str, codec: str, is_torn: bool
) -> None:
    rng = np.random.default_rng(0)
    noise = [rng.integers(0, 256, (120, 160, 3), np.uint8) for _ in range(60)]
    times = [40 * n + (2000 if n > 40 else 0) for n in range(60)]  # its own pause is no damage
    path = write_clip(tmp_path / f"a.{suffix}", times, codec=codec, pictures=noise, g="5", bf="0")
    data = bytearray(path.read_bytes())
    if is_torn:
        del data[len(data) // 3 : len(data) // 3 + 20_000]
    path.write_bytes(data)
    source = open_source(path, policy=Policy.EVERY)
    source.open()
    count, told = 0, []
    while True:
        try:
            if source.read() is None:
                break
        except PassedOver as error:
            told.append(str(error))
            continue
        count += 1
    source.close()
    assert (count < 60, len(told)) == (is_torn, int(is_torn))
    assert all(f"a.{suffix} is damaged at 0:0" in line for line in told)


@pytest.mark.parametrize("suffix", ["mp4", "avi", "mkv"])
def test_cut_off_is_told_from_whole(tmp_path: Path, suffix: str) -> None:
    codec = {"codec": "mpeg4"} if suffix == "avi" else {}
    path = write_clip(tmp_path / f"a.{suffix}", list(range(0, 2000, 40)), **codec)
    whole = path.read_bytes()
    assert not is_cut_off(path)
    path.write_bytes(whole[: len(whole) // 2])
    assert is_cut_off(path)


def test_sound_is_no_video(tmp_path: Path) -> None:
    path = tmp_path / "song.m4a"
    with av.open(str(path), "w") as file:
        sound = file.add_stream("aac", rate=8000, layout="mono")
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        silence.sample_rate = 8000
        file.mux(sound.encode(silence))
        file.mux(sound.encode(None))
    with pytest.raises(SourceError, match=r"song\.m4a has no pictures: it is sound"):
        open_source(path).open()


def test_the_cover_of_a_song_is_no_video(tmp_path: Path) -> None:
    cover = io.BytesIO()
    Image.new("RGB", (32, 32)).save(cover, "JPEG")
    path = tmp_path / "song.mp3"
    with av.open(str(path), "w", options={"id3v2_version": "3"}) as file:
        sound = file.add_stream("mp3", rate=32000, layout="mono")
        art = file.add_stream("mjpeg", rate=1)
        art.width = art.height = 32
        art.pix_fmt, art.disposition = "yuvj420p", av.stream.Disposition.attached_pic
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 1152), np.int16), "s16p", "mono")
        silence.sample_rate = 32000
        file.mux(sound.encode(silence))
        file.mux(sound.encode(None))
        packet = av.Packet(cover.getvalue())
        packet.stream, packet.pts, packet.dts = art, 0, 0
        file.mux(packet)
    with pytest.raises(SourceError, match="it is sound"):
        open_source(path).open()


def test_pyav_is_loaded_only_for_a_video() -> None:
    code = "import sys, deepvis_app.frames; sys.exit('av' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_both_ffmpegs_in_one_process(make_video, seen) -> None:
    path = make_video("clip.mp4", 30)  # OpenCV writes
    source = open_source(path, policy=Policy.EVERY)
    source.open()
    capture = cv2.VideoCapture(str(path))
    for index in range(30):
        assert seen(source.read().image) == index
        assert seen(capture.read()[1]) == index
    capture.release()
    source.close()
