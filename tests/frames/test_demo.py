"""The offline demo: closed, smooth, deterministic, and known to the bundled network."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from deepvis_app import paths
from deepvis_app.frames import Policy, SourceError
from deepvis_app.frames.demo import FADE_S, SLOT_S, SUBJECTS, DemoSource, demo_picture, scenes
from deepvis_app.frames.demo_scenes import CutOut, Ground, Photograph, Scene, Walk, lay
from deepvis_app.nets import Network, load_network

PERIOD_S = 30.0


@pytest.fixture(scope="module")
def pocket() -> Network:
    return load_network("pocket")


@pytest.fixture(scope="module")
def shown() -> tuple[Scene, ...]:
    return scenes()


def test_pictures(shown) -> None:
    picture = demo_picture(shown, 1.0)
    assert picture.shape == (480, 640, 3)
    assert picture.dtype == np.uint8
    np.testing.assert_array_equal(picture, demo_picture(shown, 1.0))
    np.testing.assert_array_equal(picture, demo_picture(scenes(), 1.0 + PERIOD_S))


@pytest.mark.parametrize("slot", range(len(SUBJECTS)), ids=SUBJECTS)
def test_the_bundled_network_knows_each_scene(pocket, shown, slot) -> None:
    """Right and sure as long as the scene stands alone, not on a lucky frame."""
    index = pocket.labels.index(SUBJECTS[slot])
    times = slot * SLOT_S + np.arange(0, SLOT_S - FADE_S, 0.3)
    x = torch.stack([pocket.prepare(demo_picture(shown, float(t))) for t in times])
    with torch.no_grad():
        shares = pocket.module(x).softmax(-1)
    assert (shares.argmax(-1) == index).all()
    assert shares[:, index].min() > 0.6
    assert shares[:, index].mean() > 0.75


def test_nothing_jumps(shown) -> None:
    """Every frame of a fade and of what is beside it, the loop's ends too, and some between."""
    slot = round(SLOT_S * 30)
    indices = [i for i in range(len(shown) * slot) if i % slot < 2 or i % slot > 155 or i % 20 == 0]
    changes = []
    for index in indices:
        before, now = (demo_picture(shown, i / 30)[::4, ::4] for i in (index - 1, index))
        changes.append(float(np.abs(now.astype(int) - before).mean()))
    assert max(changes) < 15  # levels; a cut from one scene to the next is 50 or more
    assert min(changes) > 0.1  # nothing stands still


def test_a_walk_goes_where_it_says() -> None:
    """A red square of 100 px on a grey ground: its middle, foot and height at both ends."""
    square = np.zeros((100, 100, 4), np.uint8)
    square[...] = 255, 0, 0, 255
    grey = ((128, 128, 128), (128, 128, 128))
    ground = Ground(sky=grey, far=grey[0], near=grey[0], plain=grey)
    walk = Walk(height=200, foot=400, start=(-50, 0), end=(50, 10), growth=0.2)
    scene = CutOut(square, ground, walk)
    for share, middle, foot, height in ((0.0, 270, 400, 180), (1.0, 370, 410, 220)):
        picture = scene.picture(share).astype(int)
        rows, columns = np.nonzero((picture[..., 0] > 200) & (picture[..., 1] < 60))
        assert (columns.min() + columns.max()) / 2 == pytest.approx(middle, abs=1.5)
        assert rows.max() == pytest.approx(foot, abs=2)
        assert np.ptp(rows) + 1 == pytest.approx(height, abs=3)
        assert np.ptp(columns) + 1 == pytest.approx(height, abs=3)


def test_laying_over_is_alpha_blending() -> None:
    """Against the formula by hand: colour + ground * (1 - alpha), beside the layer nothing."""
    canvas = np.full((20, 30, 3), 100, np.uint8)
    layer = np.zeros((4, 4, 4), np.uint8)
    layer[...] = 60, 0, 30, 128  # premultiplied
    lay(canvas, layer, np.array([[1.0, 0, 28], [0, 1.0, -2]]))  # over two edges
    kept = 100 * (255 - 128) / 255
    np.testing.assert_allclose(canvas[:2, 28:], [[[60 + kept, kept, 30 + kept]] * 2] * 2, atol=1)
    canvas[:2, 28:] = 100
    assert (canvas == 100).all()
    lay(canvas, layer, np.array([[1.0, 0, 40], [0, 1.0, 0]]))  # wholly beside
    assert (canvas == 100).all()


def test_a_photograph_is_never_shown_beyond_its_edges() -> None:
    """A ramp's levels tell which columns are seen: those of the view's middle and zoom."""
    ramp = np.linspace(0, 250, 600).astype(np.uint8)
    photo = np.broadcast_to(ramp[None, :, None], (400, 600, 3)).copy()
    scene = Photograph(photo, (0.5, 0.5, 1.0), (1.0, 0.5, 1.25))
    for share, left, right in ((0.0, 33.3, 566.7), (1.0, 600 - 640 / 1.5, 600)):
        x = left + (np.arange(640) + 0.5) * (right - left) / 640 - 0.5
        expected = np.interp(x, np.arange(600), ramp)
        np.testing.assert_allclose(scene.picture(share)[240, :, 0], expected, atol=1.5)


def test_missing_pictures_are_said(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(paths, "RESOURCES", tmp_path)
    with pytest.raises(SourceError, match=r"demo's pictures .*elephant\.png.*Install deepvis anew"):
        DemoSource().open()


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
