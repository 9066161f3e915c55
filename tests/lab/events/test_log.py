"""Runs that were begun again, several files, several runs."""

import subprocess
import sys
import time
from itertools import pairwise

import numpy as np
import pytest
import tensorboardX
from tensorboard.compat.proto import event_pb2
from torch.utils.tensorboard import SummaryWriter

from deepvis_app.lab import find_runs, follow_log, read_log
from deepvis_app.lab.events.ridges import kind_of_histogram
from deepvis_app.lab.log.about import About
from deepvis_app.lab.log.following import Follower
from deepvis_app.lab.log.writer import LogWriter
from tests.lab.events.logs import event, scalar, write


def points(run, tag="loss"):
    series = run.scalars[tag]
    return dict(zip(series.steps.tolist(), series.values.tolist(), strict=True))


def brute_force(steps, values):
    """Newest wins: each point removes what was said before of its step and later ones."""
    kept = []
    for step, value in zip(steps, values, strict=True):
        kept = [pair for pair in kept if pair[0] < step] + [(step, value)]
    return dict(kept)


@pytest.mark.parametrize("seed", range(10))
def test_newest_wins_wherever_steps_go_back(tmp_path, seed):
    rng = np.random.default_rng(seed)
    steps = np.abs(np.cumsum(rng.integers(-3, 5, 80))) + 1
    values = np.arange(80.0)
    cuts = [0, *sorted(rng.integers(0, 80, 2)), 80]
    for number, (start, end) in enumerate(pairwise(cuts), start=1):
        pairs = zip(steps[start:end], values[start:end], strict=True)
        write(tmp_path, [scalar("loss", int(step), value) for step, value in pairs], number)
    assert points(read_log(tmp_path)) == brute_force(steps.tolist(), values)


def test_a_restart_is_told_of(tmp_path):
    write(tmp_path, [scalar("loss", step, step) for step in range(10)], 1)
    write(tmp_path, [scalar("loss", step, -step) for step in range(5, 8)], 2)
    run = read_log(tmp_path)
    assert points(run) == {0: 0, 1: 1, 2: 2, 3: 3, 4: 4, 5: -5, 6: -6, 7: -7}
    assert run.faults == ("Steps of loss went back: what was said last of a step counts",)


def test_what_later_files_do_not_speak_of_stays(tmp_path):
    write(tmp_path, [scalar("loss", step, 1) for step in range(9)], 1)
    write(tmp_path, [scalar("acc", step, 0.5) for step in range(3)], 2)
    run = read_log(tmp_path)
    assert (len(run.scalars["loss"]), len(run.scalars["acc"])) == (9, 3)
    assert run.faults == ()


@pytest.mark.parametrize("writer_of", [SummaryWriter, tensorboardX.SummaryWriter])
def test_a_restart_that_is_said_makes_all_later_steps_void(tmp_path, writer_of):
    with writer_of(str(tmp_path)) as writer:
        for step in range(10):
            writer.add_scalar("loss", step, step)
            writer.add_scalar("acc", 0, step)
    with writer_of(str(tmp_path), purge_step=4, filename_suffix=".2") as writer:
        writer.add_scalar("loss", -4, 4)
    run = read_log(tmp_path)
    assert points(run) == {0: 0, 1: 1, 2: 2, 3: 3, 4: -4}
    assert [*run.scalars["acc"].steps] == [0, 1, 2, 3]


def test_a_restart_within_a_file(tmp_path):
    start = event_pb2.Event(step=3, session_log=event_pb2.SessionLog(status=1))
    before = [scalar(tag, step, step) for step in range(6) for tag in ("a", "b")]
    write(tmp_path, [*before, start, scalar("a", 5, 50)])
    run = read_log(tmp_path)
    assert (points(run, "a"), points(run, "b")) == ({0: 0, 1: 1, 2: 2, 5: 50}, {0: 0, 1: 1, 2: 2})


def test_values_without_steps_are_numbered(tmp_path):
    with SummaryWriter(str(tmp_path)) as writer:
        for value in (3.0, 2.0, 1.0):
            writer.add_scalar("loss", value)
    assert points(read_log(tmp_path)) == {0: 3, 1: 2, 2: 1}


def test_a_time_that_is_none_is_that_of_the_record_before(tmp_path):
    events = [scalar("a", 1, 1, 10.0), scalar("a", 2, 2, float("nan")), scalar("a", 3, 3, 12.0)]
    write(tmp_path, events)
    run = read_log(tmp_path)
    assert [*run.scalars["a"].times] == [10, 10, 12]
    assert [*run.scalars["a"].values] == [1, 2, 3]


def test_many_histograms_and_pictures_are_thinned_and_the_newest_is_there(tmp_path):
    with SummaryWriter(str(tmp_path)) as writer:
        for step in range(700):
            writer.add_histogram("w", np.full(3, step + 1.0), step)
        for step in range(100):
            writer.add_image("im", np.full((1, 2, 2), step, np.uint8), step)
    run = read_log(tmp_path)
    ridge = run.histograms["weights"]
    assert 128 <= len(ridge.rows) <= 257
    assert ridge.rows[-1].step == 699
    assert (np.diff(ridge.steps) > 0).all()
    assert (ridge.of("w").sum(1) == 3).all()
    assert 32 <= len(run.images["im"]) <= 65
    assert run.images["im"][-1].step == 99


def test_histograms_of_a_restart(tmp_path):
    for number, first in ((1, 0), (2, 5)):
        histogram = event(0).summary.value.add(tag="w")
        histogram.histo.bucket_limit.extend([1.0, 2.0])
        histogram.histo.bucket.extend([0.0, float(number)])
        write(tmp_path, [event(step, histogram) for step in range(first, first + 8)], number)
    ridge = read_log(tmp_path).histograms["weights"]
    assert [*ridge.steps] == [*range(13)]
    assert [*ridge.of("w").sum(1)] == [1] * 5 + [2] * 8


@pytest.mark.parametrize(
    ("tag", "kind"),
    [
        ("conv1.weight", "weights"), ("bias", "weights"), ("fc/kernel_0", "weights"),
        ("gradients/conv1", "gradients"), ("conv1.weight/grad", "gradients"),
        ("layer1.weight.grad_hist", "gradients"), ("activations/relu1", "activations"),
        ("act/conv2", "activations"), ("features.act.weight", "weights"), ("actor.fc", "weights"),
        ("updates/fc", "updates"), ("deltaW", "updates"),
    ],
)  # fmt: skip
def test_what_a_histogram_is_of(tag, kind):
    assert kind_of_histogram(tag) == kind


def test_all_runs_of_a_folder(tmp_path):
    some = [scalar("loss", 1, 1)]
    write(tmp_path / "a", some)
    write(tmp_path / "deep" / "er" / "b", some)
    for part in ("train", "validation"):
        write(tmp_path / "keras" / part, some)
    write(tmp_path / "estimator", some)
    write(tmp_path / "estimator" / "eval", some)
    write(tmp_path / "many" / "train", some)
    write(tmp_path / ".hidden" / "c", some)
    own = LogWriter(tmp_path / "own")
    own.about(About())
    own.close()
    write(tmp_path / "own", some)
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "empty").mkdir()
    names = ["a", "deep/er/b", "estimator", "keras", "many/train", "own"]
    assert find_runs(tmp_path) == tuple(tmp_path / name for name in names)
    assert [read_log(path).kind for path in find_runs(tmp_path)] == ["tensorboard"] * 5 + [
        "deepvis"
    ]
    assert find_runs(tmp_path / "a") == (tmp_path / "a",)
    assert find_runs(tmp_path / "nowhere") == ()


def test_a_single_file_is_a_log(tmp_path):
    write(tmp_path, [scalar("loss", 1, 1)], 1)
    path = write(tmp_path, [scalar("loss", 1, 2)], 2)
    assert points(read_log(path)) == {1: 2}


def test_where_nothing_is_new_the_run_and_its_curves_are_the_same_values(tmp_path):
    write(tmp_path, [scalar("loss", 1, 1), scalar("acc", 1, 1)], 1)
    log = follow_log(tmp_path)
    first = log.update()
    assert log.update() is first
    write(tmp_path, [scalar("loss", 2, 1)], 2)
    second = log.update()
    assert second is not first
    assert second.scalars["acc"] is first.scalars["acc"]
    assert len(first.scalars["loss"]) == 1
    assert len(second.scalars["loss"]) == 2
    with pytest.raises(ValueError, match="read-only"):
        second.scalars["loss"].values[0] = 3


@pytest.mark.parametrize("writer_of", [SummaryWriter, tensorboardX.SummaryWriter])
def test_curves_that_pytorch_keeps_in_folders_of_their_own_belong_to_the_run(tmp_path, writer_of):
    with writer_of(str(tmp_path)) as writer:
        for step in range(3):
            writer.add_scalar("lr", 0.1, step)
            writer.add_scalars("total/loss", {"train": 3 - step, "val": 4 - step}, step)
            writer.add_scalars("acc", {"train": 0.5, "my own": 0.25}, step)
    write(tmp_path / "other_run", [scalar("loss", 1, 1)])
    run = read_log(tmp_path)
    assert set(run.scalars) == {
        "lr", "total/loss/train", "total/loss/val", "acc/train", "acc/my own"
    }  # fmt: skip
    assert [*run.scalars["total/loss/val"].values] == [4, 3, 2]
    assert run.standard == {
        "rate": "lr", "loss": "total/loss/train", "val_loss": "total/loss/val",
        "accuracy": "acc/train",
    }  # fmt: skip
    assert find_runs(tmp_path) == (tmp_path, tmp_path / "other_run")


def test_a_large_log_is_shown_in_ever_larger_parts(tmp_path, monkeypatch):
    monkeypatch.setattr("deepvis_app.lab.log.following.PIECE", 1000)
    monkeypatch.setattr(Follower.update, "__defaults__", (1000,))
    write(tmp_path, [scalar("loss", step, step) for step in range(3000)])
    log, shown = follow_log(tmp_path), []
    while True:
        run = log.update()
        if not shown or run is not shown[-1]:
            shown.append(run)
        if not log.has_more:
            break
    assert 5 < len(shown) < 25  # of more than a hundred pieces
    assert len(shown[-1].scalars["loss"]) == 3000


WRITER = """
import sys
import numpy as np
from {module} import SummaryWriter
with SummaryWriter(sys.argv[1], flush_secs=1, max_queue=3) as writer:
    for step in range(2000):
        writer.add_scalar("loss", step / 2, step)
        if step % 100 == 0:
            writer.add_histogram("w", np.array([1.5, 2.5, 3.0]), step)
"""


@pytest.mark.parametrize(
    "module",
    ["torch.utils.tensorboard", pytest.param("tensorboardX", marks=pytest.mark.slow(seconds=10))],
)
def test_a_run_that_another_process_writes_is_followed(tmp_path, module):
    (tmp_path / "events.out.tfevents.0").write_bytes(b"")  # so that there is a log
    log = follow_log(tmp_path)
    other = subprocess.Popen([sys.executable, "-c", WRITER.format(module=module), str(tmp_path)])
    seen, ends = [0], time.monotonic() + 120
    try:
        while seen[-1] < 2000 and time.monotonic() < ends:
            run = log.update()
            if "loss" in run.scalars:
                series = run.scalars["loss"]
                np.testing.assert_array_equal(series.values, np.arange(len(series)) / 2)
                seen.append(len(series))
    finally:
        assert other.wait(60) == 0
    run = log.update()
    assert len(run.scalars["loss"]) == 2000
    assert run.histograms["weights"].of("w").sum() == 60
    assert run.faults == ()
