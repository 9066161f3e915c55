"""Whose turn it is, in simulated time."""

from __future__ import annotations

import random
from typing import NamedTuple

import pytest

from deepvis_app.engine.turns import MOST_SHARE, Span, Turns

FPS = 30.0
SECONDS = 60.0


class Outcome(NamedTuple):
    live: float  # frames answered, as a share of those answered without jobs
    job: float  # steps, as a share of those of the job alone
    age_s: float  # 95th percentile, from a frame's coming to its answer


class Device:
    """A clock, a source of frames, live answers and a job's pieces; all by the turns' word."""

    def __init__(self, turns: Turns, live_s: float, pieces_s: tuple[float, ...]) -> None:
        self.turns, self.live_s, self.pieces_s = turns, live_s, pieces_s
        self.now_s = 0.0
        self.chance = random.Random(0)
        self.slot: float | None = None
        self.answered = self.pieces = 0
        self.ages: list[float] = []

    def run(self, frames: list[float], *, pushes: bool = True) -> None:
        frames = list(frames)
        while self.now_s < SECONDS:
            while frames and frames[0] <= self.now_s:
                self.turns.frame_came(frames[0], lost=self.slot is not None)
                self.slot = frames.pop(0)
            waits = self.slot is not None
            piece_s = self.pieces_s[self.pieces % len(self.pieces_s)]
            if self.turns.may_run(self.now_s, piece_s, waits=waits, pushes=pushes):
                self.turns.piece_done(self.spend(piece_s))
                self.pieces += 1
            elif self.slot is not None:
                came_s, self.slot = self.slot, None
                self.turns.frame_done(self.spend(self.live_s))
                self.ages.append(self.now_s - came_s)
                self.answered += 1
            else:
                self.turns.rested()
                later_s = self.now_s + max(self.turns.ask_again_s(self.now_s), 1e-4)
                self.now_s = min(frames[0], later_s) if frames else later_s

    def spend(self, usual_s: float) -> Span:
        began_s = self.now_s
        self.now_s += usual_s * (0.95 + 0.1 * self.chance.random())
        return Span(began_s, self.now_s)


def outcome(
    live_s: float,
    *pieces_s: float,
    fps: float = FPS,
    share: float = 0.2,
    jitter: float = 0.0,
    pushes: bool = True,
) -> Outcome:
    chance = random.Random(1)
    count = int(SECONDS * fps)
    frames = sorted((k + jitter * chance.random()) / fps for k in range(count))
    device = Device(Turns(share), live_s, pieces_s)
    device.run(frames, pushes=pushes)
    alone = max(min(float(count), SECONDS / live_s), 1.0)
    steps, whole = device.pieces / len(pieces_s), SECONDS / sum(pieces_s)
    ages = sorted(device.ages) or [0.0]
    return Outcome(device.answered / alone, steps / whole, ages[int(0.95 * (len(ages) - 1))])


@pytest.mark.parametrize("jitter", [0.0, 0.3])
@pytest.mark.parametrize("pieces", [(0.020, 0.025), (0.025, 0.035), (0.030, 0.030)])
@pytest.mark.parametrize("live_s", [0.012, 0.016, 0.020, 0.024])
def test_live_and_job_both_keep_their_rate_at_30_frames_a_second(live_s, pieces, jitter) -> None:
    found = outcome(live_s, *pieces, jitter=jitter)
    assert found.live >= 0.87
    assert found.job >= 0.35


@pytest.mark.parametrize("live_s", [0.012, 0.020])
def test_idle_time_is_the_jobs_and_costs_live_almost_nothing(live_s) -> None:
    found = outcome(live_s, 0.020, 0.025)
    assert found.live > 0.98
    assert found.job > 0.95 * (1 - live_s * FPS)
    assert found.age_s < live_s + 1 / FPS  # a frame waits for a piece at most


@pytest.mark.parametrize("share", [0.1, 0.2, 0.5])
@pytest.mark.parametrize("live_s", [0.05, 0.1, 0.4])
def test_where_live_fills_the_device_jobs_get_their_share(live_s, share) -> None:
    found = outcome(live_s, 0.020, 0.025, share=share)
    assert found.job == pytest.approx(share, abs=0.05)
    assert found.live == pytest.approx(1 - share, abs=0.05)


def test_no_share_leaves_jobs_nothing_but_idle_time() -> None:
    assert outcome(0.05, 0.02, share=0).job < 0.01
    assert outcome(0.012, 0.02, share=0).job > 0.5


def test_a_guess_takes_nothing_but_idle_time() -> None:
    assert outcome(0.05, 0.02, pushes=False).job < 0.01
    assert outcome(0.012, 0.02, pushes=False).live > 0.99


def test_live_goes_on_whatever_the_share() -> None:
    turns = Turns(7.0)
    assert turns.share == MOST_SHARE
    assert outcome(0.05, 0.02, share=1).live > 0.05


def test_steps_longer_than_a_frame_s_time_run_all_the_same() -> None:
    found = outcome(0.02, 0.3)
    assert found.live > 0.75
    assert found.job > 0.15


def test_without_a_source_a_job_has_the_device() -> None:
    assert outcome(0.02, 0.05, fps=0.001).job > 0.99


def test_slow_frames_leave_the_rest() -> None:
    found = outcome(0.02, 0.025, 0.035, fps=2)
    assert found.live > 0.99
    assert found.job > 0.9


def test_a_source_that_stops_is_waited_for_but_a_moment() -> None:
    turns = Turns()
    for number in range(30):
        turns.frame_came(number / FPS)
    last_s = 29 / FPS
    assert not turns.may_run(last_s + 0.03, 0.1, waits=False)
    later_s = last_s + 0.03 + turns.ask_again_s(last_s + 0.03)
    assert later_s < last_s + 0.2
    assert turns.may_run(later_s, 0.1, waits=False)


def test_a_source_that_waits_for_the_slot_gives_the_set_share_only() -> None:
    turns, device_s, job_s, now_s = Turns(), 0.02, 0.0, 0.0
    for _ in range(2000):
        turns.frame_came(now_s, paced=False)
        while turns.may_run(now_s, 0.01, waits=True):
            turns.piece_done(Span(now_s, now_s + 0.01))
            now_s, job_s = now_s + 0.01, job_s + 0.01
        turns.frame_done(Span(now_s, now_s + device_s))
        now_s += device_s
    assert job_s / now_s == pytest.approx(0.2, abs=0.03)
