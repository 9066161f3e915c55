"""Motion in videos against motions that are known, and what it does to a film that is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from deepvis_app.errors import UserError
from deepvis_app.frames.cv import cv2
from deepvis_app.synth.play import TECHNIQUES
from deepvis_app.synth.play.film import Carry, FilmSpec, film_role, film_steps
from deepvis_app.synth.play.flow import carried, flow_between, seen_before, warped
from tests.deepened import DEEPEN, DeepenSpec, small_network, texture

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis_app.nets import Network

    Picture = NDArray[np.uint8]

HEIGHT, WIDTH = 96, 128


def shifted(big: Picture, dy: int, dx: int) -> Picture:
    return np.ascontiguousarray(big[16 - dy : 16 - dy + HEIGHT, 16 - dx : 16 - dx + WIDTH])


@pytest.fixture(scope="module")
def small() -> Network:
    return small_network()


INNER = (slice(16, -16), slice(16, -16))


@pytest.mark.parametrize(("dy", "dx"), [(0, 0), (3, -2), (-4, 5)])
def test_a_shift_is_found_and_undone(dy: int, dx: int) -> None:
    big = texture(size=(HEIGHT + 32, WIDTH + 32))
    before, now = shifted(big, 0, 0), shifted(big, dy, dx)
    back = flow_between(now, before)  # what is now at p was at p - (dy, dx)
    np.testing.assert_allclose(back[INNER][..., 0], -dx, atol=0.4)
    np.testing.assert_allclose(back[INNER][..., 1], -dy, atol=0.4)
    again = warped(before.astype(np.float32), back)
    assert np.abs(again - now)[INNER].mean() < 2


def test_a_turn_is_found() -> None:
    before = shifted(texture(size=(HEIGHT + 32, WIDTH + 32)), 0, 0)
    angle, centre = 2.0, (WIDTH / 2, HEIGHT / 2)
    turn = cv2.getRotationMatrix2D(centre, angle, 1)
    now = cv2.warpAffine(before, turn, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT)
    back = flow_between(now, before)
    rows, columns = np.mgrid[:HEIGHT, :WIDTH].astype(np.float64)
    inverse = cv2.invertAffineTransform(turn)
    x = inverse[0, 0] * columns + inverse[0, 1] * rows + inverse[0, 2]
    y = inverse[1, 0] * columns + inverse[1, 1] * rows + inverse[1, 2]
    wanted = np.stack([x - columns, y - rows], 2)
    apart = np.linalg.norm(back - wanted, axis=2)[INNER]
    assert np.median(apart) < 0.2
    assert np.quantile(apart, 0.95) < 0.8


def test_warping_by_whole_pixels_is_indexing() -> None:
    values = np.random.default_rng(0).random((5, 7, 3), np.float32)
    flow = np.broadcast_to(np.float32([2, -1]), (5, 7, 2)).copy()  # from the right, and above
    rows, columns = np.mgrid[:5, :7]
    wanted = values[(rows - 1).clip(0, 4), (columns + 2).clip(0, 6)]
    np.testing.assert_allclose(warped(values, flow), wanted, atol=1e-6)
    one = values[..., :1]
    np.testing.assert_allclose(warped(one, flow)[..., 0], wanted[..., 0], atol=1e-6)


def test_what_was_hidden_or_outside_was_not_seen_before() -> None:
    """A block moves 6 to the right over a ground at rest: where it was is uncovered."""
    forth, back = np.zeros((20, 30, 2), np.float32), np.zeros((20, 30, 2), np.float32)
    forth[5:15, 4:12, 0] = 6  # the block in the picture before
    back[5:15, 10:18, 0] = -6  # and in this one
    seen = seen_before(back, forth)
    wanted = np.ones((20, 30), bool)
    wanted[5:15, 4:10] = False  # ground that says it was there, where the block was
    np.testing.assert_array_equal(seen, wanted)
    in_from_the_left = np.zeros((4, 6, 2), np.float32)
    in_from_the_left[..., 0] = -2
    seen = seen_before(in_from_the_left, -in_from_the_left)
    np.testing.assert_array_equal(seen, np.broadcast_to(np.arange(6) >= 2, (4, 6)))


def test_what_is_drawn_stays_with_what_it_is_drawn_upon() -> None:
    big = texture(size=(HEIGHT + 32, WIDTH + 32))
    before, now = shifted(big, 0, 0), shifted(big, 0, 6)
    drawn = np.zeros((HEIGHT, WIDTH, 3), np.float32)
    drawn[40:60, 40:60] = 50
    moved = carried(drawn, before, now)
    assert moved[44:56, 50:62].min() > 40
    assert moved[:, :40].max() < 10
    np.testing.assert_array_equal(carried(drawn, now, now), drawn)
    tiny = np.zeros((8, 8, 3), np.uint8)
    assert carried(np.ones((8, 8, 3), np.float32), tiny, tiny + 1).shape == (8, 8, 3)


# Films


def panned(count: int) -> list[Picture]:
    big = texture(size=(HEIGHT + 32, WIDTH + 32))
    return [shifted(big, k, 2 * k) for k in range(count)]


def filmed(
    network: Network, frames: list[Picture], film: FilmSpec, spec: DeepenSpec
) -> tuple[list[Picture], list[int]]:
    made: list[Picture] = []
    run = film_steps(
        network, DEEPEN, spec, film, iter(frames), {}, count=len(frames), add=made.append
    )
    steps = []
    for progress in run:
        if progress is not None:
            assert 0 < progress.step <= progress.total
            steps.append(progress.step)
    assert steps == sorted(steps)
    assert steps[-1] == progress.total
    return made, steps


def flicker(frames: list[Picture], made: list[Picture]) -> float:
    """How much what was drawn changes from frame to frame, beside motion (levels)."""
    drawn = [m.astype(np.float32) - f for m, f in zip(made, frames, strict=True)]
    apart = []
    for k in range(1, len(frames)):
        back = flow_between(frames[k], frames[k - 1])
        forth = flow_between(frames[k - 1], frames[k])
        seen = seen_before(back, forth)
        apart.append(np.abs(drawn[k] - warped(drawn[k - 1], back))[seen].mean())
    return float(np.mean(apart))


def test_a_film_flickers_less_where_motion_is_followed(small: Network) -> None:
    frames, spec = panned(5), DeepenSpec(layer="second", steps=6)
    followed, steps = filmed(small, frames, FilmSpec(blend=0.9), spec)
    assert len(steps) == 7 + 1 + 4 * (3 + 1)  # .3 of 6 steps, one to look, and a frame's end
    still, _ = filmed(small, frames, FilmSpec(blend=0.9, carry=Carry.STILL), spec)
    few = DeepenSpec(layer="second", steps=2)
    alone, _ = filmed(small, frames, FilmSpec(carry=Carry.NOTHING), few)
    assert flicker(frames, followed) < 0.8 * flicker(frames, still)
    assert len(alone) == len(frames)
    for frame, picture in zip(frames, followed, strict=True):
        assert picture.shape == frame.shape
        assert 1 < np.abs(picture.astype(float) - frame).mean() < 60


def test_a_frame_of_another_size_starts_from_the_last(small: Network) -> None:
    frames = [texture(size=(48, 64)), texture(size=(50, 40))]
    made, _ = filmed(small, frames, FilmSpec(), DeepenSpec(layer="second", steps=2))
    assert [picture.shape for picture in made] == [(48, 64, 3), (48, 64, 3)]


def test_only_what_takes_a_whole_picture_makes_a_film(small: Network) -> None:
    assert film_role(DEEPEN) == "input"
    with pytest.raises(UserError, match="Invert makes no video"):
        film_role(TECHNIQUES["invert"])
