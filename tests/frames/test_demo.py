"""The offline demo: closed, smooth, deterministic."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from deepvis_app.frames import Policy
from deepvis_app.frames.demo import DemoSource, demo_picture, photographs

PERIOD_S = 24.0


@pytest.fixture(scope="module")
def photos() -> tuple[np.ndarray, ...]:
    return photographs()


def test_photographs_are_those_of_scikit_learn(photos) -> None:
    from sklearn.datasets import load_sample_image

    for photo, name in zip(photos, ("china.jpg", "flower.jpg"), strict=True):
        np.testing.assert_allclose(photo.astype(int), load_sample_image(name), atol=3)


def test_pictures(photos) -> None:
    picture = demo_picture(photos, 1.0)
    assert picture.shape == (480, 640, 3)
    assert picture.dtype == np.uint8
    np.testing.assert_array_equal(picture, demo_picture(photos, 1.0))
    np.testing.assert_array_equal(picture, demo_picture(photos, 1.0 + PERIOD_S))


def test_the_path_is_slow_and_smooth_everywhere() -> None:
    """On a ramp, the change of levels between two frames tells how far it moved."""
    x, y = np.meshgrid(np.arange(640) / 640 * 250, np.arange(427) / 640 * 250)
    ramp = np.stack([x, y, y], axis=-1).astype(np.uint8)
    moves = []
    for index in range(1, 722, 12):
        before = demo_picture((ramp, ramp), (index - 1) / 30).astype(int)
        now = demo_picture((ramp, ramp), index / 30).astype(int)
        moves.append(np.abs(now - before).max())
    assert max(moves) * 640 / 250 < 8  # pixels of the photograph, rounding included


def test_both_photographs_are_seen(photos) -> None:
    mean_colours = [demo_picture(photos, time_s).mean(axis=(0, 1)) for time_s in (5.0, 17.0)]
    assert np.abs(mean_colours[0] - mean_colours[1]).max() > 40


def test_smallest_scale_shows_the_photograph_where_it_lies() -> None:
    """At time 0 the view is the middle of the photograph, enlarged by 480 / 427."""
    ramp = np.linspace(0, 255, 640).astype(np.uint8)
    photo = np.broadcast_to(ramp[None, :, None], (427, 640, 3)).copy()
    picture = demo_picture((photo, photo), 0.0)
    shown_width = 640 * 427 / 480
    x = (640 - shown_width) / 2 + (np.arange(640) + 0.5) * 427 / 480 - 0.5
    np.testing.assert_allclose(picture[240, :, 0], np.interp(x, np.arange(640), ramp), atol=1.5)


def test_thirty_frames_a_second(clock) -> None:
    source = DemoSource(clock=clock)
    info = source.open()
    assert (info.rate_hz, info.length) == (30, None)
    assert source.due_in_s() == 0
    assert source.read().index == 0
    assert source.due_in_s() == pytest.approx(1 / 30)
    clock.advance(1 / 30)
    assert source.read().index == 1
    clock.advance(0.5)
    assert source.due_in_s() == 0
    assert source.read().index == 16  # late: frames are skipped, time is true


def test_controls(clock) -> None:
    source = DemoSource(clock=clock)
    source.open()
    source.read()
    source.step(5)
    assert source.read().index == 5
    assert source.due_in_s() is None
    source.step(-2)
    assert source.read().index == 3
    source.play(True)
    source.set_speed(2)
    assert source.due_in_s() == pytest.approx(1 / 60)
    clock.advance(1 / 60)
    assert source.read().index == 4
    assert source.playback().speed == 2
    source.close()
    assert source.read() is None


def test_batch_gets_every_frame(clock) -> None:
    source = DemoSource(policy=Policy.EVERY, clock=clock)
    source.open()
    indices = []
    for _ in range(4):
        assert source.due_in_s() == 0
        indices.append(source.read().index)
        clock.advance(9)
    assert indices == [0, 1, 2, 3]


def test_it_does_not_import_scikit_learn() -> None:
    code = (
        "import sys; from deepvis_app.frames import open_source;"
        "s = open_source('demo'); s.open(); s.read(); assert 'sklearn' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
