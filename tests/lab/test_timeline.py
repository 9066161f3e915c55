"""A layer through a run's checkpoints, against formulas by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from deepvis_app.errors import UserError
from deepvis_app.lab.timeline import (
    becoming,
    best_class,
    cosine,
    d_prime,
    reached,
    timeline_steps,
)
from deepvis_app.nets import load_network
from deepvis_app.nets.profile import InputSection, Profile
from deepvis_app.nets.profile_text import profile_text

if TYPE_CHECKING:
    from pathlib import Path

STEPS = 0, 10, 20, 40


def conv(step: int) -> nn.Conv2d:
    """A layer whose unit 0 turns from one direction to another by `step`, unit 1 never."""
    made = nn.Conv2d(1, 2, 4)
    first, last = torch.zeros(16), torch.zeros(16)
    first[0] = last[1] = 1
    share = step / 40
    with torch.no_grad():
        made.weight[0] = ((1 - share) * first + share * last).reshape(1, 4, 4)
        made.weight[1] = first.reshape(1, 4, 4)
        made.bias.zero_()
    return made


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = tmp_path / "steady"
    (folder / "checkpoints").mkdir(parents=True)
    (folder / "plan.json").write_text("{}")
    profile = Profile(
        factory="torch.nn:Conv2d",
        arguments={"in_channels": 1, "out_channels": 2, "kernel_size": 4},
        input=InputSection(size=4, channels=1),
    )
    (folder / "network.toml").write_text(profile_text(profile))
    for step in STEPS:
        state = {**conv(step).state_dict(), "optim.momentum": torch.zeros(2)}
        save_file(state, folder / "checkpoints" / f"{step:08d}.safetensors")
    return folder


def looked(run: Path, x: torch.Tensor, classes: np.ndarray, **more):
    steps = timeline_steps(run, load_network(str(run)).layers[0].name, x, classes, **more)
    seen = []
    while True:
        try:
            seen.append(next(steps))
        except StopIteration as end:
            return end.value, seen


def test_it_follows_every_checkpoint(run: Path) -> None:
    torch.manual_seed(0)
    x = torch.randn(70, 1, 4, 4)
    classes = np.arange(70) % 2
    timeline, seen = looked(run, x, classes)
    assert timeline.steps.tolist() == list(STEPS)
    whole = [one for one in seen if one is not None]
    assert [(one.step, one.total) for one in whole] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert len(seen) > 2 * len(whole)  # several pieces a checkpoint
    for moment, step in zip(timeline.moments, STEPS, strict=True):
        truth = conv(step)(x)[:, :, 0, 0].detach().numpy()
        np.testing.assert_allclose(moment.scores, truth, rtol=1e-4, atol=1e-5)
        np.testing.assert_array_equal(moment.weights[0], conv(step).weight[0, 0].detach())
        assert moment.fingerprint == load_network(f"{run}@{step}").fingerprint
    found = becoming(timeline, 0)
    share = np.array(STEPS) / 40
    np.testing.assert_allclose(found.weights, share / np.hypot(share, 1 - share), atol=1e-6)
    scores = np.array([m.scores[:, 0] for m in timeline.moments])
    np.testing.assert_allclose(
        found.answers, [np.corrcoef(one, scores[-1])[0, 1] for one in scores], rtol=1e-6
    )
    assert timeline.top(0, 3, 3).tolist() == np.argsort(-x[:, 0, 0, 1].numpy())[:3].tolist()
    assert becoming(timeline, 1).weights.tolist() == [1, 1, 1, 1]


def test_what_is_known_is_not_found_again(run: Path, monkeypatch) -> None:
    x, classes, known = torch.randn(5, 1, 4, 4), np.zeros(5, np.int64), {}
    first, _ = looked(run, x, classes, known=known)
    second, _ = looked(run, x, classes, known=known)
    assert all(a is b for a, b in zip(first.moments, second.moments, strict=True))


def test_a_run_without_checkpoints_says_so(run: Path) -> None:
    for file in (run / "checkpoints").iterdir():
        file.unlink()
    with pytest.raises(UserError, match="has no checkpoint"):
        next(timeline_steps(run, "x", torch.zeros(1, 1, 4, 4), np.zeros(1, np.int64)))


def test_half_way_and_nearly_there_are_named_for_good() -> None:
    steps = np.array([0, 1, 2, 3, 4, 5])
    values = np.array([0.0, 0.6, 0.4, 0.6, 0.95, 1.0])
    found = reached(steps, values)
    assert (found.half, found.most) == (3, 4)  # at 1 it was half way, but went back
    falling = reached(steps, 1 - values)
    assert (falling.half, falling.most) == (3, 4)
    still = reached(steps, np.ones(6))
    assert (still.half, still.most) == (None, None)
    assert reached(steps, np.full(6, np.nan)).half is None
    with_gap = reached(steps, np.array([np.nan, 0.0, 0.0, 1.0, np.nan, 1.0]))
    assert (with_gap.half, with_gap.most) == (3, 3)


def test_measures_of_constants_are_not_numbers() -> None:
    assert np.isnan(cosine(np.zeros(3), np.ones(3)))
    assert np.isnan(d_prime(np.ones(4), np.array([True, True, False, False])))
    assert best_class(np.ones(4), np.array([0, 0, 1, 1])) is None


def test_d_prime_is_the_distance_of_the_means_in_deviations() -> None:
    random = np.random.default_rng(0)
    scores, own = random.normal(size=50), random.random(50) < 0.4
    scores[own] += 2
    a, b = scores[own], scores[~own]
    by_hand = (a.mean() - b.mean()) / np.sqrt(
        (((a - a.mean()) ** 2).mean() + ((b - b.mean()) ** 2).mean()) / 2
    )
    assert d_prime(scores, own) == pytest.approx(by_hand)
    assert best_class(scores, own.astype(np.int64)) == 1
