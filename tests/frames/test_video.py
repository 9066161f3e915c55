"""Video files that the tests wrote: each frame shows its own index."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from deepvis_app.frames import PictureError, Policy, SourceError, SourceLost
from deepvis_app.frames.cv import cv2
from deepvis_app.frames.video import VideoSource, clock_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from deepvis_app.frames import Frame

FORMATS = [("clip.mp4", "mp4v"), ("clip.avi", "MJPG"), ("clip.mkv", "mp4v"), ("clip.mov", "mp4v")]


def opened(path: Path, clock: Callable[[], float], policy: Policy = Policy.NEWEST) -> VideoSource:
    source = VideoSource(path, policy=policy, clock=clock)
    source.open()
    return source


def read(source: VideoSource) -> Frame:
    frame = source.read()
    assert frame is not None
    return frame


@pytest.mark.parametrize(("name", "fourcc"), FORMATS)
def test_every_frame_comes_in_order_without_waiting(make_video, seen, clock, name, fourcc) -> None:
    source = opened(make_video(name, 50, fourcc=fourcc), clock, Policy.EVERY)
    frames = []
    while True:
        assert source.due_in_s() == 0
        frame = source.read()
        if frame is None:
            break
        frames.append(frame)
    assert [seen(frame.image) for frame in frames] == list(range(50))
    assert [frame.index for frame in frames] == list(range(50))
    assert [frame.number for frame in frames] == list(range(50))
    assert source.due_in_s() is None
    source.close()


def test_what_is_known_of_it(make_video, clock) -> None:
    source = VideoSource(make_video("clip.mp4", 50, fps=25), clock=clock)
    info = source.open()
    assert (info.title, info.width, info.height, info.rate_hz) == ("clip.mp4", 160, 120, 25)
    assert info.length == 50
    assert info.detail == "160 × 120 · 25 fps · 0:02"
    assert info.controls == {"play", "step", "seek", "speed", "loop"}
    assert source.playback().duration_s == pytest.approx(2.0)
    source.close()


def test_colours_are_rgb_and_arrays_read_only(tmp_path, clock) -> None:
    path = tmp_path / "red.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25, (64, 48))
    writer.write(np.full((48, 64, 3), (20, 40, 230), np.uint8))  # blue, green, red
    writer.release()
    image = read(opened(path, clock)).image
    np.testing.assert_allclose(image[20, 20], (230, 40, 20), atol=6)
    assert image.dtype == np.uint8
    assert image.flags.c_contiguous
    assert not image.flags.writeable


def test_frames_are_due_at_their_true_time(make_video, seen, clock) -> None:
    source = opened(make_video(fps=25), clock)
    assert source.due_in_s() == 0
    assert seen(read(source).image) == 0
    for index in range(1, 20):
        assert source.due_in_s() == pytest.approx(0.04)
        clock.advance(0.04)
        assert source.due_in_s() == pytest.approx(0, abs=1e-9)
        assert seen(read(source).image) == index
    source.close()


@pytest.mark.parametrize("speed", [0.1, 0.5, 2.0, 10.0])
def test_speed(make_video, clock, speed) -> None:
    source = opened(make_video(fps=25), clock)
    source.set_speed(speed)
    read(source)
    assert source.due_in_s() == pytest.approx(0.04 / speed)
    assert source.playback().speed == speed
    source.close()


def test_speed_stays_within_its_range(make_video, clock) -> None:
    source = opened(make_video(), clock)
    source.set_speed(1000)
    assert source.playback().speed == 10
    source.set_speed(0)
    assert source.playback().speed == 0.1
    source.close()


def test_a_change_of_speed_does_not_jump(make_video, seen, clock) -> None:
    source = opened(make_video(), clock)
    read(source)
    clock.advance(0.02)
    source.set_speed(0.5)
    assert source.due_in_s() == pytest.approx(0.04)  # half a period at half speed
    source.close()


def test_overdue_frames_are_skipped_for_true_time(make_video, seen, clock) -> None:
    source = opened(make_video(), clock)
    read(source)
    clock.advance(0.41)  # ten frames and a bit
    assert source.due_in_s() == 0
    assert seen(read(source).image) == 10
    assert source.due_in_s() == pytest.approx(0.03)
    source.close()


def test_far_behind_jumps(make_video, seen, clock) -> None:
    source = opened(make_video(count=60, fps=10), clock)
    read(source)
    clock.advance(4.55)
    assert seen(read(source).image) == 45
    source.close()


def test_variable_frame_rate_of_a_gif(tmp_path, clock) -> None:
    delays_ms = [100, 300, 50, 500, 100]
    pictures = [Image.new("RGB", (40, 30), (40 * i, 200 - 40 * i, 9)) for i in range(5)]
    path = tmp_path / "clip.gif"
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=delays_ms)
    source = opened(path, clock)
    for index, delay_ms in enumerate(delays_ms):
        frame = read(source)
        assert round(frame.image[0, 0, 0] / 40) == index
        if index < 4:
            assert source.due_in_s() == pytest.approx(delay_ms / 1000)
            clock.advance(delay_ms / 1000)
    source.close()


def test_it_loops_in_time(make_video, seen, clock) -> None:
    source = opened(make_video(count=5), clock)
    indices = []
    for _ in range(12):
        clock.advance(source.due_in_s() or 0)
        indices.append(seen(read(source).image))
    assert indices == [0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1]
    assert clock.now_s == pytest.approx(100 + 11 * 0.04)
    source.close()


def test_without_loop_it_ends_and_play_begins_anew(make_video, seen, clock) -> None:
    source = opened(make_video(count=3), clock)
    source.set_loop(False)
    for _ in range(3):
        clock.advance(source.due_in_s() or 0)
        read(source)
    assert source.due_in_s() == 0
    assert source.read() is None
    assert source.due_in_s() is None
    assert not source.playback().playing
    source.play(True)
    assert source.due_in_s() == 0
    assert seen(read(source).image) == 0
    source.close()


@pytest.mark.parametrize(("name", "fourcc"), [*FORMATS, ("clip.webm", "VP80"), ("v.webm", "VP90")])
def test_seek_is_exact(make_video, seen, clock, name, fourcc, capfd) -> None:
    source = opened(make_video(name, 60, fourcc=fourcc), clock)
    capfd.readouterr()  # OpenCV's writer talks
    for index in (30, 29, 0, 59, 1, 58, 12, 13, 45, 3):
        source.seek(index)
        assert source.due_in_s() == 0
        assert source.playback().index == index
        frame = read(source)
        assert (seen(frame.image), frame.index) == (index, index)
        assert source.due_in_s() == pytest.approx(0.04)  # and it plays on from there
    source.close()
    assert capfd.readouterr().err == ""


def test_seek_outside_is_kept_inside(make_video, seen, clock) -> None:
    source = opened(make_video(count=10), clock)
    source.seek(1000)
    assert seen(read(source).image) == 9
    source.seek(-5)
    assert seen(read(source).image) == 0
    source.close()


def test_step_pauses_and_goes_both_ways(make_video, seen, clock) -> None:
    source = opened(make_video(count=20), clock)
    source.seek(10)
    read(source)
    for delta, expected in [(1, 11), (1, 12), (-1, 11), (-1, 10), (-1, 9), (5, 14), (-14, 0)]:
        source.step(delta)
        assert source.due_in_s() == 0
        assert seen(read(source).image) == expected
        assert source.due_in_s() is None
    assert not source.playback().playing
    source.step(-1)  # it loops, so before the first comes the last
    assert seen(read(source).image) == 19
    source.close()


def test_steps_add_up_before_they_are_read(make_video, seen, clock) -> None:
    source = opened(make_video(count=20), clock)
    read(source)
    source.step(1)
    source.step(1)
    source.step(1)
    assert seen(read(source).image) == 3
    source.close()


def test_pause_and_go_on(make_video, seen, clock) -> None:
    source = opened(make_video(), clock)
    read(source)
    clock.advance(0.04)
    assert seen(read(source).image) == 1
    source.play(False)
    assert source.due_in_s() is None
    clock.advance(60)
    source.play(True)
    assert source.due_in_s() == pytest.approx(0.04)
    clock.advance(0.04)
    assert seen(read(source).image) == 2
    source.close()


def test_playback_tells_where_it_is(make_video, clock) -> None:
    source = opened(make_video(count=50), clock)
    source.seek(20)
    assert source.playback().time_s == pytest.approx(0.8)
    frame = read(source)
    assert frame.title == "clip.mp4 0:00"
    playback = source.playback()
    assert (playback.index, playback.time_s) == (20, pytest.approx(0.8))
    source.close()


def test_missing(tmp_path, clock) -> None:
    with pytest.raises(SourceError, match=r"There is no video .*gone\.mp4\. Check"):
        VideoSource(tmp_path / "gone.mp4", clock=clock).open()


def test_folder(tmp_path, clock) -> None:
    with pytest.raises(SourceError, match="is a folder"):
        VideoSource(tmp_path, clock=clock).open()


def test_empty(tmp_path, clock) -> None:
    path = tmp_path / "empty.mp4"
    path.touch()
    with pytest.raises(SourceError, match=r"empty\.mp4 is empty"):
        VideoSource(path, clock=clock).open()


def test_no_video(tmp_path, clock, capfd) -> None:
    path = tmp_path / "text.mp4"
    path.write_text("words " * 500)
    with pytest.raises(SourceError, match=r"text\.mp4 is not a video"):
        VideoSource(path, clock=clock).open()
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(("name", "fourcc"), FORMATS)
def test_zero_frames(make_video, clock, name, fourcc, capfd) -> None:
    path = make_video(name, 0, fourcc=fourcc)
    capfd.readouterr()
    with pytest.raises(SourceError, match=r"contains no frames|not a video that can be read"):
        VideoSource(path, clock=clock).open()
    assert capfd.readouterr().err == ""


def test_truncated_mp4_without_its_index(make_video, clock, capfd) -> None:
    path = make_video("cut.mp4")
    path.write_bytes(path.read_bytes()[:-2000])  # the index is at the end
    with pytest.raises(
        SourceError, match=r"cut\.mp4 is not a video that can be read, or it is cut"
    ):
        VideoSource(path, clock=clock).open()
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(("name", "fourcc"), [("cut.avi", "MJPG"), ("cut.mkv", "mp4v")])
def test_truncated_plays_to_its_damage_says_so_and_loops(
    make_video, seen, clock, name, fourcc, capfd
) -> None:
    path = make_video(name, 60, fourcc=fourcc)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    source = opened(path, clock)
    indices = []
    damages = []
    for _ in range(100):
        clock.advance(source.due_in_s() or 0)
        try:
            indices.append(seen(read(source).image))
        except PictureError as error:
            damages.append(str(error))
    readable = max(indices) + 1
    assert 10 < readable < 50
    assert indices == [place % readable for place in range(99)]
    assert len(damages) == 1
    assert f"{readable} of 60 frames can be read" in damages[0]
    assert source.playback().duration_s == pytest.approx(readable / 25)
    source.close()
    assert capfd.readouterr().err == ""


def test_truncated_ends_under_every(make_video, seen, clock) -> None:
    path = make_video("cut.avi", 60, fourcc="MJPG")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    source = opened(path, clock, Policy.EVERY)
    indices: list[int] = []

    def read_on() -> None:
        while True:
            indices.append(seen(read(source).image))

    with pytest.raises(PictureError, match="damaged after"):
        read_on()
    assert indices == list(range(len(indices)))
    assert source.read() is None
    source.close()


def test_seek_behind_the_damage_finds_a_frame_before_it(make_video, seen, clock) -> None:
    path = make_video("cut.mkv", 60)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    source = opened(path, clock)
    source.seek(55)
    frame = read(source)
    assert 0 < frame.index < 50
    assert abs(seen(frame.image) - frame.index) <= 1
    source.close()


def test_far_behind_at_the_damage_still_gets_on(make_video, clock) -> None:
    path = make_video("cut.mkv", 60)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    source = opened(path, clock)
    told = False
    for _ in range(60):
        clock.advance(2.5)  # a reader that is far too slow
        try:
            source.read()
        except PictureError:
            told = True
            break
    assert told
    source.close()


def test_a_file_that_goes_away_is_lost_and_comes_back(make_video, seen, clock, tmp_path) -> None:
    path = make_video("clip.mp4", 3)
    source = opened(path, clock)
    away = path.rename(tmp_path / "away.mp4")
    for _ in range(3):
        clock.advance(source.due_in_s() or 0)
        read(source)
    assert source.due_in_s() == 0
    with pytest.raises(SourceLost, match="There is no video"):
        source.read()
    with pytest.raises(SourceError):
        source.open()
    away.rename(path)
    source.open()
    assert seen(read(source).image) == 0
    source.close()


def test_closed_is_quiet(make_video, clock) -> None:
    source = opened(make_video(), clock)
    source.close()
    source.close()
    assert source.due_in_s() is None
    assert source.read() is None


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (12.9, "0:12"), (75, "1:15"), (3723, "1:02:03")]
)
def test_clock_text(seconds: float, text: str) -> None:
    assert clock_text(seconds) == text
