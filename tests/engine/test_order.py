from __future__ import annotations

import numpy as np
import pytest
import torch

from deepvis_app.engine.readers import GridReader, UnitOrder
from deepvis_app.engine.readers.order import ENOUGH_FRAMES, UnitHistory
from deepvis_app.tiles import UnitStats, unit_stats


def stats_of(values: np.ndarray) -> UnitStats:
    """Of maps (units, positions)."""
    return unit_stats(torch.from_numpy(values.astype(np.float32))[:, None])


def ask(**wishes: object) -> GridReader:
    return GridReader("a", (10, 10), 4, **wishes)  # type: ignore[arg-type]


@pytest.fixture
def frames() -> list[np.ndarray]:
    random = np.random.default_rng(0)
    frames = [random.normal(size=(7, 20)) * np.arange(1, 8)[:, None] for _ in range(15)]
    for frame in frames:
        frame[2] = 0.25  # dead
    return frames


def test_orders_are_numpys_sorts(frames: list[np.ndarray]) -> None:
    history = UnitHistory(7)
    for frame in frames:
        history.add(stats_of(frame))
    last = stats_of(frames[-1])
    means = np.stack([frame.mean(1) for frame in frames])
    expected = {
        UnitOrder.INDEX: np.arange(7),
        UnitOrder.MAXIMUM: np.argsort(-frames[-1].max(1)),
        UnitOrder.MEAN: np.argsort(-frames[-1].mean(1)),
        UnitOrder.VARIANCE: np.argsort(-means.var(0)),
    }
    for order, units in expected.items():
        assert history.order(ask(order=order), last).tolist() == units.tolist()
    np.testing.assert_allclose(history.variance, means.astype(np.float32).var(0), rtol=1e-5)


def test_tiles_keep_their_places_until_the_serial_changes(frames: list[np.ndarray]) -> None:
    history = UnitHistory(7)
    first, second = stats_of(frames[0]), stats_of(-frames[0])
    before = history.order(ask(order=UnitOrder.MAXIMUM), first)
    assert (history.order(ask(order=UnitOrder.MAXIMUM), second) == before).all()
    after = history.order(ask(order=UnitOrder.MAXIMUM, order_serial=1), second)
    assert after.tolist() == np.argsort(-second.maxima, kind="stable").tolist()


def test_a_unit_is_dead_when_it_never_moved_on_enough_frames(frames: list[np.ndarray]) -> None:
    history = UnitHistory(7)
    for count, frame in enumerate(frames, 1):
        history.add(stats_of(frame))
        dead = np.flatnonzero(history.dead).tolist()
        assert dead == ([2] if count >= ENOUGH_FRAMES else [])
    awake = frames[0].copy()
    awake[2, 3] = 7
    history.add(stats_of(awake))
    assert not history.dead.any()


def test_hidden_dead_and_a_search_leave_gaps_in_the_order(frames: list[np.ndarray]) -> None:
    history = UnitHistory(7)
    for frame in frames:
        history.add(stats_of(frame))
    last = stats_of(frames[-1])
    assert history.order(ask(hide_dead=True), last).tolist() == [0, 1, 3, 4, 5, 6]
    assert history.order(ask(units=(5, 2, 99, -1)), last).tolist() == [2, 5]
    assert history.order(ask(units=(5, 2), hide_dead=True), last).tolist() == [5]
    assert history.order(ask(units=()), last).tolist() == []
    by_mean = history.order(ask(units=(1, 4, 6), order=UnitOrder.MEAN), last).tolist()
    assert by_mean == sorted((1, 4, 6), key=lambda unit: -last.means[unit])


def test_frames_that_are_not_finite_teach_nothing(frames: list[np.ndarray]) -> None:
    history = UnitHistory(7)
    bad = frames[0].copy()
    bad[1] = np.nan
    history.add(stats_of(bad))
    assert history.frames == 0
    order = history.order(ask(order=UnitOrder.MAXIMUM), stats_of(bad))
    assert sorted(order.tolist()) == list(range(7))
