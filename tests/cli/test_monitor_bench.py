"""The bench of the monitor: a training with it beside one without."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import torch
from torch import nn

from deepvis_app.cli import monitor_bench
from deepvis_app.cli.main import run_command_line

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    usual = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(usual)


def test_both_loops_train_and_every_figure_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made: list[nn.Module] = []

    def tiny() -> tuple[nn.Module, torch.Tensor]:
        made.append(nn.Sequential(nn.Flatten(), nn.Linear(36, 10)))
        return made[-1], torch.randn(8, 1, 6, 6)

    monkeypatch.setitem(monitor_bench.NETWORKS, "tiny", tiny)
    arguments = ["bench", "monitor", "--network", "tiny", "--seconds", "2", "--device", "cpu"]
    assert run_command_line(lambda _: 0, [*arguments, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["bench"] == "monitor"
    assert told["network"] == "tiny"
    assert told["ratio"] == pytest.approx(told["ours"] / told["bare"], rel=0.02)
    assert told["step_ms"] == pytest.approx(1000 / told["bare"], rel=0.02)
    assert 0 < told["share"] < 10
    assert told["steps"] > 3
    plain, watched = made
    assert not torch.equal(plain[1].bias, torch.zeros(10))
    assert plain[1].bias.shape == watched[1].bias.shape


def test_the_networks_are_those_it_names() -> None:
    torch.manual_seed(0)
    model, batch = monitor_bench.small_convnet()
    assert round(sum(p.numel() for p in model.parameters()) / 1000) == 55
    assert model(batch).shape == (64, 10)
    model, batch = monitor_bench.squeezenet()
    assert model(batch[:1]).shape == (1, 1000)


def test_another_network_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(lambda _: 0, ["bench", "monitor", "--network", "nosuch"]) == 2
    assert "small convnet" in capsys.readouterr().err


@pytest.mark.slow(seconds=90)
@pytest.mark.parametrize("name", monitor_bench.NETWORKS)
def test_the_monitor_takes_at_most_a_twentieth_of_a_step(name: str) -> None:
    found = monitor_bench.measure_monitor(name, 40, "cpu")
    assert found.share <= 0.05
    assert found.ratio >= 0.93  # the loops are in turn, but on a shared machine
