"""The bench of jobs: every figure, and a bare step that is one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import torch
from torch import nn

import deepvis_app.nets
from deepvis_app.cli import jobs_bench
from deepvis_app.cli.main import run_command_line
from deepvis_app.nets import Network

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    usual = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(usual)


def small_network() -> Network:
    module = nn.Sequential(
        nn.Conv2d(3, 8, 3), nn.ReLU(inplace=True), nn.Conv2d(8, 5, 3), nn.ReLU(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(),
    )  # fmt: skip
    return Network(module, (3, 24, 24), name="Small")


def test_every_figure(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    asked: list[str] = []
    monkeypatch.setattr(
        deepvis_app.nets,
        "load_network",
        lambda spec, *_, **__: asked.append(spec) or small_network(),
    )
    for name in ("SETTLING_S", "LIVE_SLICE_S", "WARM_UP_S"):
        monkeypatch.setattr(jobs_bench, name, 1.0)
    code = run_command_line(
        lambda _: 0, ["bench", "jobs", "--seconds", "2", "--device", "cpu", "--json"]
    )
    out, problem = capsys.readouterr()
    assert (code, problem) == (0, "")
    told = json.loads(out)
    assert asked == ["torchvision:squeezenet1_0@none"]
    assert (told["bench"], told["net"], told["layer"]) == ("jobs", "Small", "2")
    for key in ("ours", "bare", "ratio", "live_alone", "job_alone"):
        assert told[key] > 0, key
    assert told["live_with_job"] == pytest.approx(told["live_ratio"] * told["live_alone"], rel=0.02)
    assert told["job_with_live"] == pytest.approx(told["job_ratio"] * told["job_alone"], rel=0.02)


def test_the_bare_step_is_the_gradient_of_the_unit() -> None:
    network = small_network()
    bare = jobs_bench.BareSteps(network, network.layer("2"), (24, 24))
    x = bare._x.detach().clone().requires_grad_()
    maps = network.module[2](network.module[1](network.module[0](x)))
    maps[0, 0, 10, 10].backward()
    assert torch.allclose(bare.step(), x.grad)
    assert not network.module[2]._forward_hooks


def test_the_layer_is_the_deepest_before_a_relu() -> None:
    assert jobs_bench.layer_of(small_network()).name == "2"
