from __future__ import annotations

import errno
import io
import os
import shutil
import subprocess
import sys
from threading import Event
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest

from deepvis_app.engine import film
from deepvis_app.engine.recorder import Recorder
from deepvis_app.frames import open_source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    recorder = Recorder()
    yield recorder
    recorder.close(10)


def picture(level: int, size: tuple[int, int] = (48, 64)) -> np.ndarray:
    image = np.zeros((*size, 3), np.uint8)
    image[..., 0] = level  # red, so that exchanged channels would show
    return image


def add(recorder: Recorder, image: np.ndarray, time_s: float) -> None:
    """As the recorder, but wait for room instead of dropping."""
    recorder._queue.put((image, time_s))


def frames_of(path: Path) -> tuple[list[np.ndarray], list[float]]:
    """Return a film's pictures and the times at which they are shown."""
    with av.open(str(path)) as film:
        frames = list(film.decode(video=0))
    return [frame.to_ndarray(format="rgb24") for frame in frames], [frame.time for frame in frames]


def boxes_of(path: Path) -> list[str]:
    """Return the kinds of an MP4's top-level boxes, in their order."""
    data, at, kinds = path.read_bytes(), 0, []
    while at < len(data):
        kinds.append(data[at + 4 : at + 8].decode())
        at += int.from_bytes(data[at : at + 4], "big")
    return kinds


def test_pictures_are_shown_at_their_own_times(recorder, tmp_path) -> None:
    path = tmp_path / "deep" / "film.mp4"
    times = [0.0, 0.1, 0.25, 0.3, 1.5, 1.55, 1.61, 4.0]
    recorder.start(path, 20)
    for number, time_s in enumerate(times):
        add(recorder, picture(number * 30), 100 + time_s)
    handle = recorder.stop()
    assert handle.wait(20)
    assert (handle.error, handle.path, handle.note) == (None, path, "")
    frames, shown = frames_of(path)
    assert shown == pytest.approx(times, abs=0.001)
    reds = [frame[24, 32, 0] for frame in frames]
    assert reds == pytest.approx([number * 30 for number in range(8)], abs=6)
    assert all(frame[24, 32, 2] < 12 for frame in frames)
    assert list(path.parent.iterdir()) == [path]


def test_it_is_what_browsers_play(recorder, tmp_path) -> None:
    path = tmp_path / "film.mp4"
    tags = {"title": "pocket: conv1", "comment": "Network: pocket. Source: demo", "date": "2026"}
    recorder.start(path, 20, tags)
    for number in range(30):
        add(recorder, picture(number * 8), number / 20)
    assert recorder.stop().wait(20)
    boxes = boxes_of(path)
    assert boxes.index("moov") < boxes.index("mdat")
    with av.open(str(path)) as film:
        stream = film.streams.video[0]
        codec = stream.codec_context
        assert (codec.name, codec.pix_fmt, codec.width, codec.height) == ("h264", "yuv420p", 64, 48)
        assert (codec.colorspace, codec.color_primaries, codec.color_range) == (1, 1, 1)
        assert stream.frames == 30
        assert float(stream.duration * stream.time_base) == pytest.approx(1.5, abs=0.01)
        assert {name: film.metadata[name] for name in tags} == tags


def test_colours_come_back(recorder, tmp_path) -> None:
    colours = np.array([[220, 40, 40], [40, 220, 40], [40, 40, 220], [128, 128, 128]], np.uint8)
    image = np.repeat(np.repeat(colours[None], 64, 0), 32, 1)
    recorder.start(tmp_path / "film.mp4", 10)
    add(recorder, image, 0.0)
    assert recorder.stop().wait(20)
    source = open_source(tmp_path / "film.mp4")
    source.open()
    seen = source.read().image[32, 16::32].astype(int)
    source.close()
    assert np.abs(seen - colours).max() <= 6


def test_more_pictures_than_the_rate_are_thinned_out(recorder, tmp_path) -> None:
    path = tmp_path / "film.mp4"
    recorder.start(path, 10)
    for number in range(60):
        add(recorder, picture(100), number / 60)
    assert recorder.stop().wait(20)
    assert 10 <= len(frames_of(path)[0]) <= 12


def test_a_recording_that_is_broken_off_plays_up_to_its_last_second(recorder, tmp_path) -> None:
    path = tmp_path / "film.mp4"
    recorder.start(path, 20)
    for number in range(100):
        add(recorder, picture(number * 2), number / 20)
    add(recorder, picture(0), 5.0)
    while recorder._queue.qsize():  # the file of a process that is killed here
        Event().wait(0.001)
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(path.read_bytes())
    assert frames_of(broken)[1][-1] > 3.9
    assert recorder.stop().wait(20)


REEL = """
import sys, numpy as np
from pathlib import Path
from deepvis_app.engine.film import Film
film, rng = Film(Path(sys.argv[1]), 20), np.random.default_rng(0)
for number in range(int(sys.argv[2])):
    film.add(rng.integers(0, 255, (48, 64, 3), np.uint8), number / 20)
    print(number / 20, flush=True)
print("end", flush=True)
film.finish()
print("in order", flush=True)
"""


def killed(path: Path, pictures: int, at: str) -> None:
    """Record so many pictures in another process and kill it right after it has said `at`."""
    command = [sys.executable, "-c", REEL, str(path), str(pictures)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        while process.stdout.readline().strip() != at:
            assert process.poll() is None
        process.kill()


@pytest.mark.parametrize(
    "at_s", [4.95, *(pytest.param(at_s, marks=pytest.mark.slow(seconds=4)) for at_s in (1.3, 17.0))]
)
def test_a_killed_recording_plays_up_to_its_last_second(tmp_path, at_s) -> None:
    path = tmp_path / "film.mp4"
    killed(path, 2000, str(at_s))
    assert frames_of(path)[1][-1] >= at_s - 0.5  # the rest is for the encoder, when it has to wait
    source = open_source(path)  # OpenCV's FFmpeg and ours agree
    source.open()
    source.close()


@pytest.mark.slow(seconds=4)
def test_a_recording_killed_while_it_is_put_in_order_is_whole(tmp_path) -> None:
    path = tmp_path / "film.mp4"
    killed(path, 400, "end")
    assert frames_of(path)[1][-1] >= 18.95


def test_what_is_left_of_recordings_goes_and_nothing_else(tmp_path) -> None:
    for name in (".film.deepvis-part.mp4", ".somebody-else's.part.mp4"):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (0, 0))  # long ago
    (tmp_path / ".new.deepvis-part.mp4").touch()  # another process may be at it
    another = film.Film(tmp_path / "another.mp4", 20)
    another.add(picture(0), 0.0)
    another.finish()
    left = [".new.deepvis-part.mp4", ".somebody-else's.part.mp4", "another.mp4"]
    assert sorted(each.name for each in tmp_path.iterdir()) == left


@pytest.mark.skipif(os.name != "posix", reason="open files cannot be removed")
def test_a_folder_that_is_removed_meanwhile_loses_nothing(recorder, tmp_path) -> None:
    path = tmp_path / "deep" / "film.mp4"
    recorder.start(path, 20)
    for number in range(80):
        add(recorder, picture(number * 2), number / 20)
        if number == 40:
            while recorder._queue.qsize():
                Event().wait(0.001)
            shutil.rmtree(path.parent)
    handle = recorder.stop()
    assert handle.wait(20)
    assert handle.error is None
    assert len(frames_of(path)[0]) == 80


def test_other_sizes_are_cut_or_padded_and_odd_ones_made_even(recorder, tmp_path) -> None:
    path = tmp_path / "film.mp4"
    recorder.start(path, 10)
    for number, size in enumerate([(49, 65), (20, 90), (100, 10)]):
        add(recorder, picture(200, size), number / 10)
    handle = recorder.stop()
    assert handle.wait(20)
    assert handle.error is None
    frames, _ = frames_of(path)
    assert {frame.shape for frame in frames} == {(48, 64, 3)}


def test_a_long_pause_is_cut(recorder, tmp_path) -> None:
    path = tmp_path / "film.mp4"
    recorder.start(path, 10)
    for time_s in (0.0, 0.1, 3600.0, 3600.1):
        add(recorder, picture(50), time_s)
    assert recorder.stop().wait(20)
    assert frames_of(path)[1] == pytest.approx([0, 0.1, 0.2, 0.3], abs=0.001)


def test_a_folder_that_cannot_be_written_is_told_at_once(recorder, tmp_path, news) -> None:
    (tmp_path / "file").write_text("in the way")
    recorder.start(tmp_path / "file" / "film.mp4")
    add(recorder, picture(0), 0.0)
    news.until(lambda: recorder.error is not None)
    assert "The recording failed" in recorder.error.cause
    handle = recorder.stop()
    assert handle.wait(20)
    assert handle.error is recorder.error
    assert handle.path is None


def test_a_full_disk_leaves_nothing_behind(recorder, tmp_path, news, monkeypatch) -> None:
    monkeypatch.setattr(film, "LEAST_SPACE", 1 << 62)
    recorder.start(tmp_path / "film.mp4", 10)
    for number in range(3):
        add(recorder, picture(0), number / 10)
    news.until(lambda: recorder.error is not None)
    assert "There is no space left on the disk of" in recorder.error.cause
    assert recorder.stop().wait(20)
    assert list(tmp_path.iterdir()) == []


class Full(io.BytesIO):
    """A file on a disk of 60 kB."""

    def write(self, data) -> int:
        if self.tell() + len(data) > 60_000:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(data)


def test_a_disk_that_gets_full_keeps_what_was_recorded(tmp_path) -> None:
    path = tmp_path / "film.mp4"
    reel = film.Film(path, 20)
    rng = np.random.default_rng(0)
    path.touch()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(path), "open", lambda *_: Full())
        reel.add(rng.integers(0, 60, (48, 64, 3), np.uint8), 0.0)

    def fill() -> None:
        for number in range(1, 400):
            reel.add(rng.integers(0, 60, (48, 64, 3), np.uint8), number / 20)

    error = film.explained(fill, path)
    assert str(error).startswith(f"There is no space left on the disk of {path}")
    assert reel.kept_s > 0.9
    kept = film.given_up(reel, path, error)
    assert "s are kept in film.mp4" in kept.cause
    assert path.exists()


def test_a_folder_without_permission(recorder, tmp_path, monkeypatch) -> None:
    def refuse(*_args: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(type(tmp_path), "open", refuse)
    recorder.start(tmp_path / "film.mp4")
    add(recorder, picture(0), 0.0)
    handle = recorder.stop()
    assert handle.wait(20)
    assert str(handle.error).startswith(f"The folder {tmp_path} may not be written to. Choose")


def test_without_h264_it_says_so(recorder, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(film, "CODECS", ("mpeg4",))
    recorder.start(tmp_path / "film.mp4")
    add(recorder, picture(9), 0.0)
    handle = recorder.stop()
    assert handle.wait(20)
    assert "browsers may not play it" in handle.note
    assert len(frames_of(tmp_path / "film.mp4")[0]) == 1


def test_nothing_recorded_is_no_file(recorder, tmp_path) -> None:
    recorder.start(tmp_path / "film.mp4")
    handle = recorder.stop()
    assert handle.wait(20)
    assert "Nothing was recorded" in str(handle.error)
    assert list(tmp_path.iterdir()) == []
    assert "Nothing is being recorded" in str(recorder.stop().error)


def test_a_slow_disk_costs_pictures_not_memory(recorder, tmp_path) -> None:
    recorder.start(tmp_path / "film.mp4", 30)
    for number in range(300):
        recorder.add(picture(number % 256, (480, 640)), number / 30)
    assert recorder.dropped > 0
    handle = recorder.stop()
    assert handle.wait(20)
    assert handle.error is None


def test_pictures_without_a_recording_go_nowhere(recorder) -> None:
    recorder.add(picture(0), 0.0)
    assert recorder.error is None


def test_closing_waits_for_a_recording_that_was_stopped_just_before(recorder, tmp_path) -> None:
    recorder.start(tmp_path / "film.mp4", 10)
    for number in range(40):
        add(recorder, picture(number, (480, 640)), number / 10)
    handle = recorder.stop()
    recorder.close(20)
    assert handle.done
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]


def test_closing_finishes_the_file(recorder, tmp_path) -> None:
    path = tmp_path / "film.mp4"
    recorder.start(path, 10)
    add(recorder, picture(9), 0.0)
    recorder.close(20)
    assert len(frames_of(path)[0]) == 1
