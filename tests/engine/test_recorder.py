from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from deepvis_app.engine import recorder as recorder_module
from deepvis_app.engine.recorder import Recorder
from deepvis_app.frames.cv import cv2

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


def frames_of(path: Path) -> tuple[list[np.ndarray], float]:
    film = cv2.VideoCapture(str(path))
    frames = []
    while (found := film.read())[0]:
        frames.append(found[1][..., ::-1])
    rate = film.get(cv2.CAP_PROP_FPS)
    film.release()
    return frames, rate


def test_pictures_become_a_film_of_constant_rate(recorder, tmp_path) -> None:
    path = tmp_path / "deep" / "film.mp4"
    recorder.start(path, 20)
    for number in range(10):  # ten a second: each is shown twice
        add(recorder, picture(number * 25), 100 + number / 10)
    handle = recorder.stop()
    assert handle.wait(20)
    assert (handle.error, handle.path) == (None, path)
    frames, rate = frames_of(path)
    assert rate == 20
    assert len(frames) == 19
    reds = [frame[24, 32, 0] for frame in frames]
    expected = [n // 2 * 25 for n in range(19)]
    assert np.abs(np.subtract(reds, expected, dtype=float)).max() <= 14
    assert all(frame[24, 32, 2] < 30 for frame in frames)
    assert list(path.parent.iterdir()) == [path]


def test_more_pictures_than_the_rate_are_thinned_out(recorder, tmp_path) -> None:
    path = tmp_path / "film.mp4"
    recorder.start(path, 10)
    for number in range(60):
        add(recorder, picture(100), number / 60)
    assert recorder.stop().wait(20)
    frames, _ = frames_of(path)
    assert 10 <= len(frames) <= 11


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
    assert len(frames_of(path)[0]) < 10


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
    monkeypatch.setattr(recorder_module, "LEAST_SPACE", 1 << 62)
    recorder.start(tmp_path / "film.mp4", 10)
    for number in range(3):
        add(recorder, picture(0), number / 10)
    news.until(lambda: recorder.error is not None)
    assert "full" in recorder.error.cause
    assert recorder.stop().wait(20)
    assert list(tmp_path.iterdir()) == []


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


def test_closing_finishes_the_file(recorder, tmp_path) -> None:
    path = tmp_path / "film.mp4"
    recorder.start(path, 10)
    add(recorder, picture(9), 0.0)
    recorder.close(20)
    assert len(frames_of(path)[0]) == 1
