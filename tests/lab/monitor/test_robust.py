"""Whatever happens to the monitor, the training goes on; whatever is wrong at first is said."""

from __future__ import annotations

import math
import os
import pickle
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import nn

from deepvis_app.errors import UserError
from deepvis_app.lab import Monitor, read_log
from deepvis_app.lab.monitor import arguments
from deepvis_app.lab.monitor.sample import Sample
from tests.lab.monitor.loops import CRITERION, batches, read, same, small

if TYPE_CHECKING:
    from pathlib import Path


def train(monitor: Monitor, model: nn.Module, optimizer: Any, steps: int = 3) -> list[float]:
    losses = []
    for x, y in batches(steps):
        optimizer.zero_grad()
        loss = CRITERION(model(x), y)
        loss.backward()
        optimizer.step()
        monitor.step(loss=loss)
        losses.append(loss.item())
    return losses


def sgd(model: nn.Module) -> torch.optim.SGD:
    return torch.optim.SGD(model.parameters(), 0.1)


def test_what_is_plainly_wrong_is_said_at_once(tmp_path: Path) -> None:
    model, folder = small(), tmp_path / "run"
    optimizer = sgd(model)
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"model": "net"}, "is a str, not a torch.nn.Module"),
        ({"model": {}}, "no model"),
        ({"optimizer": model}, "is a Sequential, not a torch.optim.Optimizer"),
        ({"optimizer": []}, "no optimiser"),
        ({"probe": torch.zeros(2, 5)}, "does not take the probe"),
        ({"every": 0}, "every=0"),
        ({"limit": -1}, "limit=-1"),
        ({"about": {"colour": 3}}, "no colour"),
        ({"about": {"batch": "many"}}, "not valid"),
    ]
    for change, words in wrong:
        with pytest.raises(UserError, match=words):
            Monitor(**{"model": model, "optimizer": optimizer, "folder": folder} | change)
    assert not folder.exists(), "nothing is left of it"
    assert not optimizer._optimizer_step_pre_hooks
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(UserError, match="cannot be written"):
        Monitor(model, optimizer, tmp_path / "file")


def test_a_fault_is_told_once_and_the_training_goes_on(tmp_path: Path) -> None:
    model = small()
    optimizer = sgd(model)
    asked = [0]

    def failing(_output: torch.Tensor, _labels: torch.Tensor) -> torch.Tensor:
        asked[0] += 1
        if asked[0] > 2:
            raise ZeroDivisionError("once too often")
        return torch.ones(())

    x, y = batches(1)[0]
    options: Any = {"probe": x, "probe_labels": y, "loss": failing}
    expected = train(Monitor(model, optimizer, tmp_path / "x"), model, optimizer)
    model.load_state_dict(small().state_dict())
    with (
        pytest.warns(RuntimeWarning, match="goes on") as told,
        Monitor(model, optimizer, tmp_path, every=1, limit=math.inf, **options) as monitor,
    ):
        assert train(monitor, model, optimizer) == expected
    parts = {"line", "modes", "probe", "evidence"}
    assert len(told) == 4
    run = read_log(tmp_path)
    assert {event.data["part"] for event in run.events_of("fault")} == parts
    assert "once too often" in run.events_of("fault")[0].data["message"]
    assert run.state == "finished"
    assert run.scalars["loss"].values.tolist() == expected


def test_warnings_that_are_errors_do_not_get_into_the_loop(tmp_path: Path) -> None:
    model = small()
    optimizer = sgd(model)
    with Monitor(model, optimizer, tmp_path) as monitor:  # pytest makes errors of them
        monitor.step(accuracy="high", loss=1.5, many=torch.ones(3))
        monitor.step(accuracy="low", loss=2.5)
        monitor.log(none=None, bad=object())
        monitor.mark("rate 0.1 → 0.01", rate=(0.1, 0.01))
        monitor.log(val_loss=torch.tensor(3.0))
    run = read_log(tmp_path)
    assert run.scalars["loss"].values.tolist() == [1.5, 2.5]
    assert run.scalars["val_loss"].last == 3
    assert run.marks[0].changes["rate"] == (0.1, 0.01)
    assert not {"accuracy", "many", "bad"} & run.scalars.keys()
    parts = [event.data["part"] for event in run.events_of("fault")]
    assert parts == ["scalar 'accuracy'", "scalar 'many'", "scalar 'bad'"]


def test_a_disk_that_is_full_ends_the_log_and_not_the_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = small()
    optimizer = sgd(model)
    monitor = Monitor(model, optimizer, tmp_path, every=1)

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.warns(RuntimeWarning, match="No space left on device") as told, monitor:
        assert len(train(monitor, model, optimizer)) == 3
    assert len(told) == 1


def test_an_error_of_the_loop_is_noted_and_passed_on(tmp_path: Path) -> None:
    for error, state in ((ValueError("bad data"), "failed"), (KeyboardInterrupt(), "stopped")):
        model = small()
        optimizer = sgd(model)
        folder = tmp_path / state
        with pytest.raises(type(error)), Monitor(model, optimizer, folder):
            raise error
        run = read_log(folder)
        assert run.state == state
        assert not optimizer._optimizer_step_pre_hooks
        assert not optimizer._optimizer_step_post_hooks
    assert "ValueError: bad data" in read_log(tmp_path / "failed").message


def test_an_error_in_a_closure_is_the_loops_own(tmp_path: Path) -> None:
    model = small()
    optimizer = torch.optim.LBFGS(model.parameters())

    def closure() -> float:
        raise ZeroDivisionError

    with Monitor(model, optimizer, tmp_path) as monitor:
        with pytest.raises(ZeroDivisionError):
            optimizer.step(closure)
        monitor.step()
    read(tmp_path)


def test_the_same_folder_again_goes_on(tmp_path: Path) -> None:
    model = small()
    optimizer = sgd(model)
    with Monitor(model, optimizer, tmp_path, every=1, limit=math.inf) as monitor:
        train(monitor, model, optimizer, 5)
    with Monitor(model, optimizer, tmp_path, every=1, limit=math.inf) as monitor:
        assert monitor.steps == 5
        train(monitor, model, optimizer, 2)
    assert read(tmp_path).scalars["loss"].steps.tolist() == [1, 2, 3, 4, 5, 6, 7]
    with Monitor(model, optimizer, tmp_path, start=3, every=1, limit=math.inf) as monitor:
        train(monitor, model, optimizer, 1)
        assert monitor.steps == 4
    run = read(tmp_path)
    assert run.scalars["loss"].steps.tolist() == [1, 2, 3, 4], "what came after step 3 is void"
    assert run.weights.steps.tolist()[-1] == 4


def test_what_is_not_finite_is_located(tmp_path: Path) -> None:
    model = small()
    optimizer = sgd(model)
    x, y = batches(1)[0]
    options: Any = {"probe": x, "probe_labels": y, "loss": CRITERION}
    with Monitor(model, optimizer, tmp_path, every=1, limit=math.inf, **options) as monitor:
        train(monitor, model, optimizer, 2)
        optimizer.zero_grad()
        (CRITERION(model(x), y) + 0 * (model[2].bias[1] * math.inf)).backward()
        assert model[0].weight.grad.isfinite().all()
        optimizer.step()
        monitor.step(loss=CRITERION(model(x), y))
        train(monitor, model, optimizer, 2)
    run = read(tmp_path)
    found = {e.data["kind"]: (e.step, e.data["name"]) for e in run.events_of("nonfinite")}
    assert found["gradient"] == (3, "2.bias")
    assert found["weight"] == (3, "2.bias")
    assert found["activation"] == (3, "2")
    assert found["loss"] == (3, "loss")
    assert len(run.events_of("nonfinite")) == 4, "each is told once"
    assert run.weights.of("gradient_bad", "2")[run.weights.steps.tolist().index(3)] == 1


def test_a_compiled_network_is_looked_at_as_it_is_written(tmp_path: Path) -> None:
    compiled = [0]

    def backend(graph: Any, _inputs: Any) -> Any:
        compiled[0] += 1
        return graph.forward

    torch._dynamo.reset()
    inner = nn.Sequential(*small(), nn.Dropout(0.5))
    model = torch.compile(inner, backend=backend)
    optimizer = sgd(model)
    x, y = batches(1)[0]
    options: Any = {"probe": x, "probe_labels": y, "loss": CRITERION}
    with Monitor(model, optimizer, tmp_path, every=1, limit=math.inf, **options) as monitor:
        train(monitor, model, optimizer, 4)
    assert compiled[0] == 1, "looks compile nothing, and nothing is compiled anew after them"
    run = read(tmp_path)
    assert run.activations.names == ("0", "1", "2", "3", "4")
    assert len(run.activations.steps) == 5
    assert run.events_of("structure")
    torch._dynamo.reset()


def test_wrapped_networks_have_the_names_of_what_is_inside(tmp_path: Path) -> None:
    model = nn.DataParallel(small())
    optimizer = sgd(model)
    with Monitor(model, optimizer, tmp_path, probe=batches(1)[0][0], every=1) as monitor:
        train(monitor, model, optimizer)
    assert read(tmp_path).weights.names == ("0", "2", "4")


def test_only_the_first_of_several_processes_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.distributed, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.distributed, "get_rank", lambda: 1)
    model = small()
    optimizer = sgd(model)
    with Monitor(model, optimizer, tmp_path / "run") as monitor:
        train(monitor, model, optimizer)
        monitor.log(val_loss=1)
        monitor.mark("nothing")
        assert (monitor.writer, monitor.steps, monitor.share) == (None, 0, 0)
    assert not (tmp_path / "run").exists()
    monkeypatch.setattr(torch.distributed, "get_rank", lambda: 0)
    assert arguments.is_first_process()


def test_shards_are_refused_with_no_wrong_numbers(tmp_path: Path) -> None:
    class DTensor(nn.Parameter):
        """Stands for a shard, as its class has the name of one."""

    weight = DTensor(torch.ones(3))
    optimizer = torch.optim.SGD([weight], 0.1)
    with pytest.warns(RuntimeWarning, match="shards"):
        monitor = Monitor(nn.ParameterList([weight]), optimizer, tmp_path)
    with monitor:
        for _ in range(2):
            weight.grad = torch.ones(3)
            optimizer.step()
            monitor.step(loss=1.0)
    run = read_log(tmp_path)
    assert run.scalars["loss"].steps.tolist() == [1, 2]
    assert "gradient_norm" not in run.scalars
    assert not len(run.weights.steps)


def test_lazy_layers_are_left_to_the_loop(tmp_path: Path) -> None:
    model = nn.Sequential(nn.LazyLinear(4), nn.ReLU(), nn.LazyLinear(3)).double()
    x, _ = batches(1)[0]
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    with Monitor(model, optimizer, tmp_path, probe=x, every=1, limit=math.inf) as monitor:
        assert model[0].has_uninitialized_params()
        train(monitor, model, optimizer)
    run = read(tmp_path)
    assert run.weights.names == ("0", "2")
    assert len(run.activations.steps) == 3
    assert run.weights.of("weight", "0")[-1] > 0


def test_tensorboards_file_says_the_same(tmp_path: Path) -> None:
    model = small()
    optimizer = sgd(model)
    with Monitor(model, optimizer, tmp_path, every=1, limit=math.inf, events=True) as monitor:
        losses = train(monitor, model, optimizer)
        monitor.log(val_accuracy=0.25)
    (events,) = tmp_path.glob("events.out.tfevents.*")
    other = tmp_path / "other"
    other.mkdir()
    events.rename(other / events.name)
    ours, theirs = read(tmp_path), read_log(other)
    assert theirs.kind == "tensorboard"
    assert theirs.scalars["loss"].values == pytest.approx(losses)
    assert theirs.scalars["val_accuracy"].last == 0.25
    assert theirs.scalars["gradient_norm"].steps.tolist() == [1, 2, 3]
    assert ours.scalars["loss"].values.tolist() == losses
    assert any("weights" in name for name in theirs.histograms)


def test_what_is_watched_can_be_copied_and_kept(tmp_path: Path) -> None:
    model = nn.Sequential(*small(), nn.Dropout(0.5))
    optimizer = sgd(model)
    with Monitor(model, optimizer, tmp_path) as monitor:
        train(monitor, model, optimizer)
        again, other = pickle.loads(pickle.dumps((model, optimizer)))
        copied = deepcopy(model)
    for each in (again, copied):
        assert same(each.state_dict(), model.state_dict())
        each(batches(1)[0][0])
    assert other.state_dict() == optimizer.state_dict()
    read(tmp_path)


def test_weights_that_cannot_be_measured_leave_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = small()
    optimizer = sgd(model)
    with Monitor(model, optimizer, tmp_path, every=1, limit=math.inf) as monitor:
        train(monitor, model, optimizer, 2)

        def out_of_memory(*_: object) -> None:
            raise MemoryError

        monkeypatch.setattr(Sample, "norms", out_of_memory)
        with pytest.warns(RuntimeWarning, match="goes on") as told:
            train(monitor, model, optimizer, 3)
        assert len(told) == 2, "of weights, then of gradients"
    run = read_log(tmp_path)
    assert run.scalars["loss"].steps.tolist() == [1, 2, 3, 4, 5]
    assert run.weights.steps.tolist() == [0, 1, 2]
    assert run.state == "finished"
