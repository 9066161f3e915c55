"""What strangers' videos may not do: take all memory or time, raise what nobody expects."""

from __future__ import annotations

import struct
import time
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest

from deepvis_app.frames import PictureError, Policy, SourceError, open_source
from deepvis_app.frames import video_decoder as decoder
from deepvis_app.frames.mp4_tables import check_tables
from deepvis_app.frames.source import PassedOver
from deepvis_app.frames.video_picture import Darkroom
from deepvis_app.frames.video_reader import VideoReader
from deepvis_app.frames.video_times import PictureTimes

if TYPE_CHECKING:
    from pathlib import Path

SMALL, HUGE = b"\xff\xc0\0\x11\x08\0\x48\0\x60", b"\xff\xc0\0\x11\x08\x23\x28\x23\x28"


def jpegs_in_avi(path: Path, count: int = 8) -> bytes:
    """Write pictures of 96 × 72 as JPEGs, and return the file."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg", rate=10)
        stream.width, stream.height, stream.pix_fmt = 96, 72, "yuvj420p"
        for number in range(count):
            image = np.full((72, 96, 3), 20 * number % 256, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, "rgb24")))
        container.mux(stream.encode(None))
    data = path.read_bytes()
    assert data.count(SMALL) == count
    return data


def read_all(path: Path) -> tuple[list[int], list[SourceError]]:
    """Return the greys of all pictures, and what was said between them."""
    source = open_source(path, policy=Policy.EVERY)
    source.open()
    greys, said = [], []
    for _ in range(50):
        try:
            frame = source.read()
        except SourceError as error:
            said.append(error)
            continue
        if frame is None:
            break
        assert frame.image.shape == (72, 96, 3)
        greys.append(int(frame.image[0, 0, 0]))
    source.close()
    return greys, said


def test_a_picture_that_claims_to_be_huge_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "a.avi"
    data = jpegs_in_avi(path)
    at = [place for place in range(len(data)) if data.startswith(SMALL, place)][3]
    path.write_bytes(data[:at] + HUGE + data[at + len(HUGE) :])
    greys, said = read_all(path)
    np.testing.assert_allclose(greys, [0, 20, 40, 80, 100, 120, 140], atol=3)
    assert [type(error) for error in said] == [PassedOver]


def test_a_video_of_huge_pictures_is_refused_with_its_size(tmp_path: Path) -> None:
    path = tmp_path / "a.avi"
    small, huge = (struct.pack("<II", *size) for size in ((96, 72), (9000, 9000)))
    path.write_bytes(jpegs_in_avi(path).replace(SMALL, HUGE).replace(small, huge))
    started = time.monotonic()
    with pytest.raises(SourceError, match=r"has 9000 × 9000 pixels; at most 40 million") as told:
        open_source(path).open()
    assert not isinstance(told.value, PictureError)
    assert time.monotonic() - started < 10


def test_the_find_of_the_fuzzer(shared_cases: Path, tmp_path: Path) -> None:
    (found,) = (shared_cases / "safe" / "found").glob("video-hang-*.bin")
    path = tmp_path / "a.flv"
    path.write_bytes(found.read_bytes())
    source = open_source(path, policy=Policy.EVERY)
    source.open()
    took_s = []
    for number in range(12):
        if number == 8:
            source.seek(2)
        started = time.thread_time()
        try:
            source.read()
        except PassedOver:
            continue
        took_s.append(time.thread_time() - started)
    source.close()
    assert len(took_s) > 8
    assert max(took_s) < 4


def test_nothing_for_long_is_told_and_gone_on_from(tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "a.avi"
    jpegs_in_avi(path)
    source = open_source(path, policy=Policy.EVERY)
    source.open()
    assert source.read().index == 0
    monkeypatch.setattr(decoder, "_LONGEST_S", -1.0)
    with pytest.raises(PictureError, match=r"a\.avi gives no picture within"):
        source.read()
    monkeypatch.undo()
    assert source.read().index == 1
    source.close()


def test_the_times_of_a_slow_file_are_given_up(tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "a.avi"
    jpegs_in_avi(path, 200)
    times = PictureTimes(path, 0)
    monkeypatch.setattr("deepvis_app.frames.video_times._LONGEST_S", -1.0)
    assert not times.complete()
    monkeypatch.undo()
    assert not times.complete()  # nor is it tried again
    times.close()


@pytest.mark.parametrize("error", [OverflowError("one"), av.error.MemoryError(12, "two")])
def test_any_error_of_the_binding_is_the_files(tmp_path: Path, monkeypatch, error) -> None:
    path = tmp_path / "a.avi"
    jpegs_in_avi(path)
    source = open_source(path, policy=Policy.EVERY)
    source.open()

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(VideoReader, "go_to", fail)
    monkeypatch.setattr(VideoReader, "grab", fail)
    with pytest.raises(SourceError, match=r"a\.avi is damaged"):
        source.read()
    assert source.due_in_s() == 0.0
    source.close()


def test_square_pixels_stay_within_the_limit() -> None:
    frame = av.VideoFrame(8000, 4000, "yuv420p")
    assert Darkroom(frame, 2).size(frame) == (8000, 2000)
    small = av.VideoFrame(800, 400, "yuv420p")
    assert Darkroom(small, 2).size(small) == (1600, 400)
    assert Darkroom(small, 0.5).size(small) == (800, 800)
    assert Darkroom(frame, 0.5).size(frame) == (4000, 4000)


@pytest.mark.parametrize("is_fragmented", [False, True])
def test_more_samples_than_a_file_can_have(tmp_path: Path, is_fragmented: bool) -> None:
    path = tmp_path / "a.mp4"
    options = {"movflags": "frag_keyframe+empty_moov"} if is_fragmented else {}
    with av.open(str(path), "w", options=options) as container:
        stream = container.add_stream("mjpeg", rate=10)
        stream.width, stream.height, stream.pix_fmt = 96, 72, "yuvj420p"
        for grey in (0, 100, 200):
            image = np.full((72, 96, 3), grey, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, "rgb24")))
        container.mux(stream.encode(None))
    check_tables(path)
    np.testing.assert_allclose(read_all(path)[0], [0, 100, 200], atol=3)
    data = bytearray(path.read_bytes())
    table, place = (b"trun", 8) if is_fragmented else (b"stsz", 12)
    at = data.rindex(table) + place
    struct.pack_into(">I", data, at, 100_000_000)
    behind = data.rindex(b"moof" if is_fragmented else b"moov") - 4
    hidden = data[:behind] + b"\0\0\0\x08free" * 60_000 + data[behind:]
    for content in (data, hidden):
        path.write_bytes(content)
        with pytest.raises(SourceError, match=r"a\.mp4 claims 1000\d+ pictures .* in \d+ bytes"):
            open_source(path).open()


def test_a_file_of_endless_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deepvis_app.frames.mp4_tables._MOST_BOXES", 100)
    (tmp_path / "a.mp4").write_bytes(b"\0\0\0\x08free" * 100)
    check_tables(tmp_path / "a.mp4")
    (tmp_path / "a.mp4").write_bytes(b"\0\0\0\x08free" * 101)
    with pytest.raises(SourceError, match=r"a\.mp4 consists of over 100 parts"):
        check_tables(tmp_path / "a.mp4")


def test_bare_sound_beside_a_video_may_have_many_samples(tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "a.mov"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg", rate=10)
        stream.width, stream.height, stream.pix_fmt = 96, 72, "yuvj420p"
        sound = container.add_stream("pcm_s16le", rate=48000)
        sound.layout = "stereo"
        image = av.VideoFrame.from_ndarray(np.zeros((72, 96, 3), np.uint8), "rgb24")
        container.mux(stream.encode(image))
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 96000), np.int16), "s16", "stereo")
        silence.rate, silence.pts = 48000, 0
        container.mux(sound.encode(silence))
        container.mux(stream.encode(None))
    monkeypatch.setattr("deepvis_app.frames.mp4_tables._MOST_SAMPLES", 1000)  # fewer than of sound
    check_tables(path)
    monkeypatch.setattr("deepvis_app.frames.mp4_tables._MOST_SAMPLES", 0)
    with pytest.raises(SourceError, match="claims 1 pictures"):
        check_tables(path)
