"""A training as a whole: resumed, changed, taken back, short of memory, with wrong labels."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from torch import nn

from deepvis_app.errors import UserError
from deepvis_app.lab import read_log
from deepvis_app.lab.trainer import (
    Training,
    TrainPlan,
    holder_of,
    list_runs,
    load_data,
    read_summary,
    remove_run,
)
from deepvis_app.lab.trainer.costs import cross_entropy
from deepvis_app.lab.trainer.suspects import suspects
from deepvis_app.nets import load_network

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

    from deepvis_app.lab.trainer import DataSet

SMALL = {"train_size": 120, "val_size": 60, "epochs": 3, "batch": 32}


@pytest.fixture(scope="module")
def data() -> DataSet:
    return load_data(TrainPlan(**SMALL))


def state(training: Training) -> dict[str, Tensor]:
    return {k: v.clone() for k, v in training.learner.module.state_dict().items()}


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[k], other[k]) for k in one)


def run_to(training: Training, step: int) -> None:
    for news in training.steps():
        if news.step >= step:
            return


def test_it_does_what_plain_torch_does(tmp_path: Path, data: DataSet) -> None:
    """Nielsen's loop in eight lines, from the same first weights and in the same order."""
    plan = TrainPlan(**SMALL, momentum=0.9, l2=0.01)
    with Training(plan, tmp_path / "a", data=data) as training:
        model = nn.Sequential(nn.Flatten(), nn.Linear(64, 30), nn.Sigmoid(), nn.Linear(30, 10))
        values = [value.clone() for value in training.learner.module.state_dict().values()]
        model.load_state_dict(dict(zip(model.state_dict(), values, strict=True)))
        velocity = [torch.zeros_like(p) for p in model.parameters()]
        steps, order = training.steps(), training.learner.order
        next(steps)
        while order.epoch < 3:
            chosen = order.peek(32)
            loss = cross_entropy(model(data.train_x[chosen]), data.train_y[chosen])
            assert next(steps).loss == pytest.approx(loss.item(), rel=1e-4)
            gradients = torch.autograd.grad(loss, [*model.parameters()])
            with torch.no_grad():
                for p, v, g in zip(model.parameters(), velocity, gradients, strict=True):
                    v.mul_(0.9).add_(g + (0.01 * p if p.ndim > 1 else 0))
                    p.sub_(0.3 * v)
        now = training.learner.module.state_dict().values()
        for ours, theirs in zip(now, model.state_dict().values(), strict=True):
            assert torch.allclose(ours, theirs, atol=1e-5)


@pytest.mark.parametrize(
    "more",
    [
        {"momentum": 0.9, "nesterov": True, "dropout": 0.3},
        {"optimizer": "adam", "rate": 0.01, "batch_norm": True, "dropout": 0.1},
        {"optimizer": "adamw", "rate": 0.01, "l2": 0.1, "network": "convnet", "channels": (4, 8)},
        {"optimizer": "rmsprop", "rate": 0.01, "momentum": 0.5},
    ],
)
def test_a_resumed_run_is_the_uninterrupted_one(tmp_path: Path, more: dict[str, Any]) -> None:
    plan = TrainPlan(**{**SMALL, **more})
    examples = load_data(plan)
    with Training(plan, tmp_path / "whole", data=examples) as training:
        whole = [news.loss for news in training.steps()]
        expected, margins = state(training), training.learner.margins.mean()
    with Training(plan, tmp_path / "parts", data=examples) as training:
        run_to(training, 5)
        training.change(rate=plan.rate)  # the same: no change
        training.save()
    torch.manual_seed(99)  # whatever happens elsewhere
    with Training.resume(tmp_path / "parts", data=examples) as training:
        rest = [news.loss for news in training.steps()]
        assert same(state(training), expected)
        assert np.array_equal(training.learner.margins.mean(), margins)
    assert rest[1:] == whole[6:]
    first, second = (read_log(tmp_path / name).scalars["loss"] for name in ("whole", "parts"))
    assert np.array_equal(first.steps, second.steps)
    assert np.array_equal(first.values, second.values)


def test_it_draws_from_nobody_elses_chances(tmp_path: Path, data: DataSet) -> None:
    torch.manual_seed(5)
    before = torch.get_rng_state()
    with Training(TrainPlan(**SMALL, dropout=0.5), tmp_path / "a", data=data) as training:
        run_to(training, 4)
    assert torch.equal(torch.get_rng_state(), before)


def test_what_is_changed_acts_at_the_next_step_and_is_marked(tmp_path: Path, data: DataSet) -> None:
    with Training(TrainPlan(**SMALL), tmp_path / "a", data=data) as training:
        steps = training.steps()
        assert next(steps).total == 12
        next(steps)
        training.change(rate=0.05, batch=60)
        news = next(steps)
        assert (news.rate, news.batch, news.step) == (0.05, 60, 2)
        assert news.note == "rate 0.3 → 0.05, batch 32 → 60"
        assert training.learner.optimizer.param_groups[0]["lr"] == 0.05
        assert news.total == 2 + 1 + 2 * 2  # 28 of the first epoch are left, then 60 and 60
        with pytest.raises(UserError, match="rate = -1"):
            training.change(rate=-1)
        with pytest.raises(UserError, match="hidden cannot be changed"):
            training.change(hidden=(3,))
        assert training.plan.rate == 0.05
        training.change(epochs=1)
        assert [n.step for n in steps] == [3]
    run = read_log(tmp_path / "a")
    assert [(mark.step, dict(mark.changes)) for mark in run.marks] == [
        (1, {"rate": (0.3, 0.05), "batch": (32, 60)}),
        (2, {"epochs": (3, 1)}),
    ]
    assert run.scalars["rate"].values.tolist() == [0.3, 0.05, 0.05]
    assert run.state == "finished"


def test_it_goes_back_to_a_checkpoint_and_on_from_there(tmp_path: Path, data: DataSet) -> None:
    plan = TrainPlan(**SMALL, momentum=0.9, keep_at=(5,))
    with Training(plan, tmp_path / "a", data=data) as training:
        losses = [news.loss for news in training.steps()]
        training.change(rate=9.0)
        training.go_back(5)
        assert (training.step, training.plan.rate, training.state) == (5, 0.3, "running")
        assert max(training.folder.kept()) == 12  # nothing is lost before another step is made
        again = [news.loss for news in training.steps()]
    assert again[1:] == losses[6:]
    run = read_log(tmp_path / "a")
    assert run.scalars["loss"].steps.tolist() == list(range(1, 13))
    assert run.scalars["loss"].values.tolist() == losses[1:]
    assert [mark.text for mark in run.marks] == ["Back from step 12 to 5"]


def test_later_checkpoints_go_with_the_first_step_after_going_back(
    tmp_path: Path, data: DataSet
) -> None:
    with Training(TrainPlan(**SMALL), tmp_path / "a", data=data) as training:
        list(training.steps())
        training.go_back(4)
        steps = training.steps()
        next(steps)
        next(steps)
        assert max(training.folder.kept()) == 5
    assert max(c.step for c in read_log(tmp_path / "a").checkpoints) == 5
    with pytest.raises(UserError, match=r"There is no .*00000009"):
        Training.resume(tmp_path / "a", 9, data=data)


def test_a_finished_run_goes_on_with_more_epochs(tmp_path: Path, data: DataSet) -> None:
    with Training(TrainPlan(**SMALL), tmp_path / "a", data=data) as training:
        list(training.steps())
    with Training.resume(tmp_path / "a", data=data, epochs=5) as training:
        assert [news.step for news in training.steps()] == list(range(12, 21))
    with Training(TrainPlan(**SMALL | {"epochs": 5}), tmp_path / "b", data=data) as other:
        list(other.steps())
        assert same(state(training), state(other))


def test_a_run_is_a_network_of_the_toolbox(tmp_path: Path, data: DataSet) -> None:
    with Training(TrainPlan(**SMALL), tmp_path / "a", data=data) as training:
        list(training.steps())
        training.look()
        inputs = data.val_x[:8]
        training.learner.module.eval()
        expected = training.learner.module(inputs)
    profile = tmp_path / "a" / "network.toml"
    for weights in (None, training.folder.now, training.folder.checkpoint(12)):
        network = load_network(profile, weights)
        assert network.labels == data.labels
        assert torch.allclose(network.module(inputs), expected)
        assert torch.equal(network.prepare(data.picture(2, val=True)), data.val_x[2])
        assert network.taken is not None
        assert not network.taken.left_out
    begin = load_network(profile, training.folder.checkpoint(0))
    assert not torch.allclose(begin.module(inputs), expected)


def test_a_cloud_is_learned_and_its_network_opens(tmp_path: Path) -> None:
    plan = TrainPlan(data="circle", hidden=(8,), activation="tanh", rate=0.3, epochs=60, batch=10)
    with Training(plan, tmp_path / "a") as training:
        last = list(training.steps())[-1]
    assert last.evaluation is not None
    assert last.evaluation.val.accuracy > 0.97
    run = read_log(tmp_path / "a")
    scores = run.arrays["regions/scores"]
    side = scores.shape[0]
    assert scores[side // 2, side // 2, 1] > 0.9  # the disc in the middle is blue
    assert scores[0, 0, 1] < 0.1
    assert run.about.facts["regions"] == {"extent": 6.0, "side": side}
    assert load_network(tmp_path / "a" / "network.toml").input_shape == (2, 1, 1)


def test_the_log_says_what_was_found(tmp_path: Path, data: DataSet) -> None:
    with Training(TrainPlan(**SMALL), tmp_path / "a", data=data) as training:
        news = list(training.steps())
    run = read_log(tmp_path / "a")
    assert run.about.classes == data.labels
    assert (run.about.train_size, run.about.val_size, run.about.steps_per_epoch) == (120, 60, 4)
    assert run.about.facts["plan"]["hidden"] == [30]
    assert run.scalars["val_accuracy"].steps.tolist() == [0, 4, 8, 12]
    judged = news[-1].evaluation
    assert judged is not None
    assert run.scalars["val_loss"].last == pytest.approx(judged.val.loss)
    assert run.scalars["train_accuracy"].last == pytest.approx(judged.train.accuracy)
    step, confusion = run.matrices["confusion"][-1]
    assert step == 12
    assert (confusion == judged.val.confusion).all()
    assert run.arrays["labels/ids"].tolist() == data.ids.tolist()
    assert [c.step for c in run.checkpoints] == list(training.folder.kept())
    assert all(c.path.is_file() for c in run.checkpoints)


def test_short_of_memory_batches_are_halved(tmp_path: Path, data: DataSet) -> None:
    with Training(TrainPlan(**SMALL), tmp_path / "a", data=data) as training:
        module = training.learner.module

        def full(_module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            if module.training and len(inputs[0]) > 10:
                raise RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate")

        handle = module.register_forward_pre_hook(full)
        news = list(training.steps())
        handle.remove()
        assert news[1].batch == 8
        assert news[1].note == "Out of memory: batch 16 → 8"
        assert news[-1].step == 45
    assert [mark.text for mark in read_log(tmp_path / "a").marks] == [
        "Out of memory: batch 32 → 16",
        "Out of memory: batch 16 → 8",
    ]


def test_no_memory_for_one_example_ends_the_run(tmp_path: Path, data: DataSet) -> None:
    with Training(TrainPlan(**SMALL), tmp_path / "a", data=data) as training:

        def full(_module: nn.Module, _inputs: tuple[Tensor, ...]) -> None:
            if training.learner.module.training:
                raise MemoryError

        training.learner.module.register_forward_pre_hook(full)
        with pytest.raises(UserError, match="not enough memory for a single example"):
            list(training.steps())
    run = read_log(tmp_path / "a")
    assert run.state == "failed"
    assert "memory" in run.message
    assert read_summary(tmp_path / "a").state == "failed"


def test_what_is_not_finite_ends_the_run_and_leaves_the_last_good_weights(
    tmp_path: Path, data: DataSet
) -> None:
    plan = TrainPlan(**SMALL | {"epochs": 50}, patience=6)
    with Training(plan, tmp_path / "a", data=data) as training:
        for news in training.steps():
            if news.step == 10:
                training.save()
                with torch.no_grad():
                    next(training.learner.module.parameters())[0, 0] = math.nan
        assert (training.state, training.step) == ("failed", 16)
        assert training.message == (
            "The loss is not finite since step 11; the last good checkpoint is of step 10"
        )
        kept = training.folder.kept()
        training.go_back(10)
        assert training.learner.is_finite()
        steps = training.steps()
        next(steps)
        assert math.isfinite(next(steps).loss)
    assert max(kept) == 10
    assert read_log(tmp_path / "a").state == "stopped"


def test_a_fault_is_said_in_the_log(tmp_path: Path, data: DataSet) -> None:
    with Training(TrainPlan(**SMALL), tmp_path / "a", data=data) as training:

        def broken(_module: nn.Module, _inputs: tuple[Tensor, ...]) -> None:
            raise ZeroDivisionError("of a kind")

        training.learner.module.register_forward_pre_hook(broken)
        with pytest.raises(ZeroDivisionError):
            list(training.steps())
    run = read_log(tmp_path / "a")
    assert (run.state, run.message) == ("failed", "of a kind")


def test_wrong_labels_are_found_by_their_margins(tmp_path: Path) -> None:
    """Of 60 wrong labels among 600 most are found, and few right ones are suspected."""
    plan = TrainPlan(
        train_size=600, label_noise=0.1, find_label_errors=True, hidden=(64,), activation="relu",
        optimizer="adam", rate=0.003, epochs=12, checkpoints=1,
    )  # fmt: skip
    with Training(plan, tmp_path / "a") as training:
        list(training.steps())
        examples = training.data
    run = read_log(tmp_path / "a")
    fake = run.arrays["labels/fake"].astype(bool)
    found = suspects(run.arrays["labels/margins"], fake)
    wrong = ((run.arrays["labels/given"] != examples.true_y.numpy()) & ~fake).nonzero()[0]
    hits = len(set(found) & set(wrong))
    assert hits >= 0.8 * len(wrong)
    assert hits >= 0.6 * len(found)


def test_a_run_is_trained_by_one_at_a_time(tmp_path: Path, data: DataSet) -> None:
    with Training(TrainPlan(**SMALL), tmp_path / "a", data=data) as training:
        run_to(training, 2)
        training.save()
        holder = holder_of(tmp_path / "a")
        assert holder is not None
        with pytest.raises(
            UserError, match=f"being trained by another deepvis .process {holder.pid}"
        ):
            Training.resume(tmp_path / "a", data=data)
        with pytest.raises(UserError, match="holds a run already"):
            Training(TrainPlan(**SMALL), tmp_path / "a", data=data)
        assert read_summary(tmp_path / "a").state == "running"
        with pytest.raises(UserError, match="being trained"):
            remove_run(tmp_path / "a")
    assert holder_of(tmp_path / "a") is None
    assert read_summary(tmp_path / "a").state == "interrupted"


def test_runs_are_listed_newest_first_and_removed(tmp_path: Path, data: DataSet) -> None:
    for number, name in enumerate(("a", "b")):
        with Training(TrainPlan(**SMALL, seed=number), tmp_path / name, data=data) as training:
            list(training.steps())
    (tmp_path / "other").mkdir()
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "plan.json").write_text("{")
    runs = list_runs(tmp_path)
    assert {run.name for run in runs} == {"a", "b"}
    assert all(run.state == "finished" and run.step == run.total == 12 for run in runs)
    assert all(run.bytes > 10_000 and run.val_accuracy is not None for run in runs)
    remove_run(tmp_path / "b")
    assert [run.name for run in list_runs(tmp_path)] == ["a"]
    with pytest.raises(UserError, match="no run"):
        remove_run(tmp_path / "other")
    assert list_runs(tmp_path / "nowhere") == ()


def test_a_damaged_state_gives_way_to_the_newest_sound_checkpoint(
    tmp_path: Path, data: DataSet
) -> None:
    with Training(TrainPlan(**SMALL), tmp_path / "a", data=data) as training:
        list(training.steps())
        folder = training.folder
    folder.last.write_bytes(folder.last.read_bytes()[:50])
    folder.checkpoint(12).write_bytes(b"")
    with Training.resume(tmp_path / "a", data=data) as training:
        assert training.step == 11
    for path in folder.kept().values():
        path.unlink()
    with pytest.raises(UserError, match="no state to go on from"):
        Training.resume(tmp_path / "a", data=data)
    with pytest.raises(UserError, match="no run that deepvis trained"):
        Training.resume(tmp_path / "nowhere", data=data)


def test_other_data_than_before_is_refused(tmp_path: Path, data: DataSet) -> None:
    with Training(TrainPlan(**SMALL), tmp_path / "a", data=data) as training:
        list(training.steps())
    other = load_data(TrainPlan(train_size=100, val_size=60))
    with pytest.raises(UserError, match="does not fit the run's plan and data"):
        Training.resume(tmp_path / "a", data=other)
    assert holder_of(tmp_path / "a") is None


@pytest.mark.slow(seconds=12)
def test_a_zoos_network_learns_other_classes(tmp_path: Path) -> None:
    plan = TrainPlan(
        network="pocket", weights="own", train_size=24, val_size=10, batch=12, epochs=1, rate=0.01
    )
    with Training(plan, tmp_path / "a") as training:
        before = state(training)
        news = list(training.steps())[-1]
        assert not same(before, state(training))
    bundled = load_network("pocket")
    own = bundled.module.state_dict()
    assert torch.equal(before["conv1.weight"], own["conv1.weight"])
    assert before["logits.weight"].shape == (10, 384)
    assert news.step == 2
    opened = load_network(tmp_path / "a" / "network.toml")
    assert opened.layer("logits").unit_count == 10
    assert opened.preprocessing.mean == pytest.approx(bundled.preprocessing.mean)


def test_networks_that_cannot_be_made_anew_say_so(tmp_path: Path) -> None:
    profile = tmp_path / "own.toml"
    profile.write_text('factory = "mine:build"\n')
    (tmp_path / "mine.py").write_text("raise SystemExit")
    for network in ("hf:nowhere", "nothing", str(profile)):
        with pytest.raises(UserError) as caught:
            Training(TrainPlan(**SMALL, network=network), tmp_path / "run")
        assert "\n" not in str(caught.value)
