"""Pictures at their own times: against the times that the tests wrote."""

from __future__ import annotations

import random
import sys
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from deepvis_app.frames import Policy, open_source, video_reader, video_times
from tests.frames.clips import numbered, shifted, write_clip

if TYPE_CHECKING:
    from deepvis_app.frames import Frame, FrameSource

# As a phone in the dusk, or a recorded screen: 33 ms, with holes and bursts.
VARIABLE = [0, 33, 66, 100, 700, 733, 740, 747, 780, 2000, 2033, 2066, 2500, 2533, 2566, 2600,
            4000, 4010, 4020, 4030]  # fmt: skip
FRAMES = Fraction(1, 25)  # what these formats count in
EVEN = list(range(0, 4000, 40))
# Name, codec, and what makes key frames rare, pictures out of order, groups open.
KINDS = [
    ("clip.mp4", {"g": "12", "bf": "2"}),
    ("clip.mkv", {"g": "12", "bf": "2"}),
    ("clip.mov", {"x264-params": "open-gop=1:keyint=10:bframes=3"}),
    ("clip.ts", {"x264-params": "open-gop=1:keyint=10:bframes=3"}),
    ("vp9.webm", {"codec": "libvpx-vp9", "g": "12", "auto-alt-ref": "1", "deadline": "realtime"}),
    ("clip.mpg", {"codec": "mpeg2video", "tick": FRAMES, "g": "12", "bf": "2", "b": "2M"}),
    ("clip.mpeg", {"codec": "mpeg1video", "tick": FRAMES, "g": "12", "bf": "2", "b": "30k"}),
    ("h264.avi", {"tick": FRAMES, "g": "12", "bf": "2"}),
    ("clip.avi", {"codec": "mpeg4", "tick": FRAMES, "g": "12", "bf": "2", "b": "2M"}),
]


def read(source: FrameSource) -> Frame:
    frame = source.read()
    assert frame is not None
    return frame


def every_time(source: FrameSource) -> list[float]:
    times = []
    while source.read() is not None:
        times.append(source.playback().time_s)
    return times


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts"])
def test_variable_rate_is_kept(tmp_path: Path, seen, clock, suffix: str) -> None:
    path = write_clip(tmp_path / f"clip.{suffix}", VARIABLE, last_ms=300, g="6", bf="2")
    source = open_source(path, clock=clock)
    info = source.open()
    assert info.length == len(VARIABLE)
    assert "(variable)" in info.detail
    for index, at_ms in enumerate(VARIABLE):
        frame = read(source)
        assert (seen(frame.image), frame.index) == (index, index)
        assert source.playback().time_s == pytest.approx(at_ms / 1000, abs=1e-4)
        assert clock.now_s - 100 == pytest.approx(at_ms / 1000, abs=1e-4)
        clock.advance(source.due_in_s())
    # In a transport stream nothing says how long the last picture lasts.
    if suffix != "ts":
        assert source.playback().duration_s == pytest.approx(4.33, abs=0.005)
        assert clock.now_s - 100 == pytest.approx(4.33, abs=0.005)  # then it begins anew
    assert seen(read(source).image) == 0
    source.close()


def test_variable_rate_skips_by_time(tmp_path: Path, seen, clock) -> None:
    source = open_source(write_clip(tmp_path / "clip.mp4", VARIABLE), clock=clock)
    source.open()
    read(source)
    for now_s, index in [(0.699, 3), (0.779, 7), (1.9, 8), (2.5, 12), (3.99, 15), (4.025, 18)]:
        clock.now_s = 100 + now_s
        assert seen(read(source).image) == index
    source.close()


@pytest.mark.parametrize("speed", [0.25, 4.0])
def test_variable_rate_at_other_speeds(tmp_path: Path, seen, clock, speed: float) -> None:
    source = open_source(write_clip(tmp_path / "clip.mp4", VARIABLE), clock=clock)
    source.open()
    source.set_speed(speed)
    for index, at_ms in enumerate(VARIABLE):
        assert seen(read(source).image) == index
        assert clock.now_s - 100 == pytest.approx(at_ms / 1000 / speed, abs=1e-4)
        clock.advance(source.due_in_s())
    source.close()


@pytest.mark.parametrize(("name", "options"), KINDS)
def test_every_seek_and_step_is_exact(tmp_path: Path, seen, clock, name: str, options) -> None:
    path = write_clip(tmp_path / name, EVEN, **options)
    source = open_source(path, clock=clock)
    assert source.open().length == 100
    places = [*range(0, 100, 3), 99]
    random.Random(0).shuffle(places)
    for index in places:
        source.seek(index)
        frame = read(source)
        assert (seen(frame.image), frame.index) == (index, index)
        assert source.playback().time_s == pytest.approx(index * 0.04, abs=0.001)
    source.seek(60)
    read(source)
    for index in range(59, 25, -1):
        source.step(-1)
        assert seen(read(source).image) == index
    for index in range(27, 60):
        source.step(1)
        assert seen(read(source).image) == index
    source.close()


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_seek_in_variable_rate(tmp_path: Path, seen, clock, suffix: str) -> None:
    source = open_source(
        write_clip(tmp_path / f"clip.{suffix}", VARIABLE, g="6", bf="2"), clock=clock
    )
    source.open()
    for index in (19, 4, 9, 8, 0, 16, 12, 5):
        source.seek(index)
        assert source.playback().time_s == pytest.approx(VARIABLE[index] / 1000, abs=0.001)
        assert seen(read(source).image) == index
        assert source.playback().time_s == pytest.approx(VARIABLE[index] / 1000, abs=0.001)
    source.close()


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_sound_that_lasts_longer_is_no_damage(tmp_path: Path, seen, suffix: str) -> None:
    path = write_clip(tmp_path / f"clip.{suffix}", list(range(0, 1000, 100)), sound_s=4)
    source = open_source(path, policy=Policy.EVERY)
    assert source.open().length == 10
    assert source.playback().duration_s == pytest.approx(0.94, abs=0.01)
    assert [seen(read(source).image) for _ in range(10)] == list(range(10))
    assert source.read() is None
    source.close()


@pytest.mark.parametrize("suffix", ["mkv", "mp4", "ts"])
def test_a_late_start_is_no_damage(tmp_path: Path, seen, suffix: str) -> None:
    base = write_clip(tmp_path / "base.mp4", EVEN[:25])
    source = open_source(shifted(base, tmp_path / f"late.{suffix}", 3000), policy=Policy.EVERY)
    assert source.open().length == 25
    times = every_time(source)
    assert times == pytest.approx([at / 1000 for at in EVEN[:25]], abs=0.001)
    source.close()


def test_what_an_edit_list_leaves_out_is_not_shown(tmp_path: Path, seen, clock) -> None:
    base = write_clip(tmp_path / "base.mp4", EVEN[:50], g="50", bf="2")
    source = open_source(shifted(base, tmp_path / "cut.mp4", -800), clock=clock)
    assert source.open().length == 30
    assert seen(read(source).image) == 20
    assert source.playback().time_s == 0
    for index in (29, 3, 0):
        source.seek(index)
        assert seen(read(source).image) == 20 + index
    source.close()


def test_a_stream_without_times(tmp_path: Path, seen, clock) -> None:
    path = write_clip(tmp_path / "raw.h264", EVEN[:30], bf="0", g="10")
    source = open_source(path, clock=clock)
    source.open()
    assert [seen(read(source).image), source.step(5), seen(read(source).image)] == [0, None, 5]
    source.step(-3)
    assert seen(read(source).image) == 2
    source.close()


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts"])
def test_a_file_too_large_to_read_ahead(tmp_path, seen, clock, monkeypatch, suffix) -> None:
    monkeypatch.setattr(video_times, "LARGE", 0)
    monkeypatch.setattr(video_reader, "OPENING_S", 0.0)
    path = write_clip(tmp_path / f"clip.{suffix}", EVEN, g="12", bf="2")
    source = open_source(path, clock=clock)
    assert source.open().length == pytest.approx(100, abs=2)
    for index in (50, 49, 13, 97, 0, 24):
        source.seek(index)
        assert seen(read(source).image) == index
    for index in (25, 26):
        source.step(1)
        assert seen(read(source).image) == index
    source.close()


def test_a_large_file_of_variable_rate_steps_one_by_one(tmp_path, seen, clock, monkeypatch) -> None:
    monkeypatch.setattr(video_times, "LARGE", 0)
    monkeypatch.setattr(video_reader, "OPENING_S", 0.0)
    source = open_source(write_clip(tmp_path / "clip.mkv", VARIABLE, g="6"), clock=clock)
    source.open()
    shown = [seen(read(source).image)]
    for _ in range(18):
        source.step(1)
        shown.append(seen(read(source).image))
        assert source.playback().time_s == pytest.approx(VARIABLE[shown[-1]] / 1000, abs=0.001)
    assert shown == list(range(19))
    source.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no such names")
def test_a_name_with_a_colon_is_no_protocol(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_clip(tmp_path / "12:30.mp4", EVEN[:5])
    reader = video_reader.VideoReader(Path("12:30.mp4"))
    assert reader.length == 5
    reader.close()


def test_numbers_can_be_told_apart() -> None:
    pictures = {numbered(index).tobytes() for index in range(256)}
    assert len(pictures) == 256
