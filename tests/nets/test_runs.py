"""A run's folder as networks: by its path, at a step, and kept as one of the user's own."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from deepvis_app.errors import UserError
from deepvis_app.nets import available_networks, load_network
from deepvis_app.nets.profile import InputSection, Profile, read_profile
from deepvis_app.nets.profile_text import profile_text
from deepvis_app.nets.run_folders import RunNetwork, checkpoints, run_network, weights_of
from deepvis_app.nets.runs import keep_checkpoint

if TYPE_CHECKING:
    from pathlib import Path

STEPS = 0, 5, 100


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A folder as a training leaves it: a linear layer on 4 x 4 grey pictures."""
    folder = tmp_path / "runs" / "steady"
    (folder / "checkpoints").mkdir(parents=True)
    (folder / "plan.json").write_text("{}")
    (folder / "labels.txt").write_text("a\nb\nc\n")
    profile = Profile(
        factory="torch.nn:Conv2d",
        arguments={"in_channels": 1, "out_channels": 3, "kernel_size": 4},
        labels="labels.txt",
        input=InputSection(size=4, channels=1),
    )
    (folder / "network.toml").write_text(profile_text(profile))
    for step in STEPS:
        write(folder / "checkpoints" / f"{step:08d}.safetensors", step)
    return folder


def write(path: Path, step: int) -> None:
    conv = nn.Conv2d(1, 3, 4)
    nn.init.constant_(conv.weight, step)
    nn.init.zeros_(conv.bias)
    save_file(conv.state_dict(), path)


def value(spec: str | Path) -> float:
    network = load_network(str(spec))
    return float(network.forward(torch.ones(1, 1, 4, 4)).logits[0, 0]) / 16


def test_a_run_loads_its_newest_weights_and_those_of_a_step(run: Path) -> None:
    os.utime(run / "checkpoints" / "00000100.safetensors", (1000, 1000))
    for step in STEPS:
        assert value(f"{run}@{step}") == step
    assert value(run) == 100
    write(run / "now.safetensors", 103)
    assert value(run) == 103
    os.utime(run / "now.safetensors", (900, 900))  # nobody watched since
    assert value(run) == 100
    network = load_network(f"{run}@5")
    assert (network.name, network.spec, network.labels) == (
        "steady, step 5", f"{run}@5", ("a", "b", "c"),
    )  # fmt: skip


def test_a_step_without_a_checkpoint_names_those_there_are(run: Path) -> None:
    with pytest.raises(UserError, match=r"no checkpoint of step 7.*Choose step 0, 5, 100"):
        load_network(f"{run}@7")


def test_a_run_without_weights_or_a_profile_says_so(run: Path) -> None:
    for file in checkpoints(run).values():
        file.unlink()
    with pytest.raises(UserError, match="has no weights yet"):
        load_network(str(run))
    (run / "network.toml").unlink()
    with pytest.raises(UserError, match=r"it has no network\.toml"):
        load_network(str(run))


def test_the_weights_of_a_run_that_was_deleted_are_not_waited_for(run: Path) -> None:
    shutil.rmtree(run)
    with pytest.raises(UserError, match="is not there any more"):
        weights_of(RunNetwork(run))


def test_other_folders_are_no_runs(run: Path, tmp_path: Path) -> None:
    assert run_network(str(tmp_path)) is None
    assert run_network(f"{tmp_path}@3") is None
    assert run_network("torchvision:resnet18@none") is None
    assert run_network("x" * 5000) is None
    assert weights_of(run_network(f"{run}@5")).name == "00000005.safetensors"


def test_a_checkpoint_is_kept_as_a_network_of_ones_own(run: Path, tmp_path: Path) -> None:
    folder = tmp_path / "networks"
    path = keep_checkpoint(f"{run}@5", "Edges (early)", folder)
    assert path.name == "Edges-early.toml"
    assert value(path) == 5
    network = load_network(path)
    assert (network.name, network.labels) == ("Edges (early)", ("a", "b", "c"))
    assert network.fingerprint == load_network(f"{run}@5").fingerprint
    assert [(e.title, e.cached) for e in available_networks(folder) if e.group == "Profiles"] == [
        ("Edges (early)", True)
    ]
    with pytest.raises(UserError, match="called Edges-early already"):
        keep_checkpoint(f"{run}@0", "Edges early", folder)


def test_a_profile_is_written_as_it_is_read(tmp_path: Path) -> None:
    profile = Profile(
        factory="deepvis_app.nets.learners:convnet",
        title='a "b" \\ ü\n\x7f',
        arguments={"inputs": [1, 8, 8], "dropout": 0.25, "batch_norm": True, "activation": "relu"},
        labels=("cat", "dög"),
        input=InputSection(size=(8, 9), channels=1, mean=(0.5,), std=(1e-05,), range="0..255"),
    )
    (tmp_path / "p.toml").write_text(profile_text(profile), encoding="utf-8")
    assert read_profile(tmp_path / "p.toml") == profile
