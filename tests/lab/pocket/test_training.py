from __future__ import annotations

import itertools
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import torch

from deepvis_app.errors import UserError
from deepvis_app.lab.pocket.recipe import Phase, TrainingRecipe
from deepvis_app.lab.pocket.training import Trainer, read_checkpoint, trained_network

if TYPE_CHECKING:
    from pathlib import Path

    from deepvis_app.lab.pocket.pictures import Pictures

RECIPE = TrainingRecipe(epochs=3, batch=16, phases=(Phase(0.5, 32, 0.5), Phase(1.0, 48, 0.8)))


def state(trainer: Trainer) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in trainer.network.state_dict().items()}


def test_a_resumed_run_is_the_uninterrupted_one(pictures: Pictures, tmp_path: Path) -> None:
    whole = Trainer(pictures, RECIPE)
    steps = list(whole.steps())
    assert [s.step for s in steps] == list(range(1, 13))
    assert [s.side for s in steps] == [32] * 6 + [48] * 6

    first = Trainer(pictures, RECIPE)
    list(itertools.islice(first.steps(), 7))  # in the middle of an epoch
    first.save(tmp_path / "state.safetensors")
    second = Trainer(pictures, RECIPE)
    second.resume(tmp_path / "state.safetensors")
    assert [s.loss for s in second.steps()] == [s.loss for s in steps[7:]]
    ours, expected = state(second), state(whole)
    assert all(torch.equal(ours[name], expected[name]) for name in expected)


@pytest.mark.slow(seconds=8)
def test_cut_mixed_batches_resume_too(pictures: Pictures, tmp_path: Path) -> None:
    recipe = TrainingRecipe(epochs=2, batch=16, phases=(Phase(1.0, 32, 0.5, cut_mix=0.5),))
    losses = [step.loss for step in Trainer(pictures, recipe).steps()]
    first = Trainer(pictures, recipe)
    list(itertools.islice(first.steps(), 3))
    first.save(tmp_path / "state.safetensors")
    second = Trainer(pictures, recipe)
    second.resume(tmp_path / "state.safetensors")
    assert [step.loss for step in second.steps()] == losses[3:]
    plain = Trainer(pictures, TrainingRecipe(epochs=2, batch=16, phases=(Phase(1.0, 32, 0.5),)))
    assert [step.loss for step in plain.steps()] != losses


def test_a_run_starts_from_anothers_weights_only(pictures: Pictures, tmp_path: Path) -> None:
    first = Trainer(pictures, RECIPE)
    list(itertools.islice(first.steps(), 2))
    first.save(tmp_path / "state.safetensors")
    second = Trainer(pictures, RECIPE)
    second.start_from(tmp_path / "state.safetensors")
    ours, expected = state(second), state(first)
    assert all(torch.equal(ours[name], expected[name]) for name in expected)
    assert second.step == 0


def test_another_seed_is_another_run(pictures: Pictures) -> None:
    one, other = (
        next(Trainer(pictures, TrainingRecipe(batch=16, seed=seed)).steps()) for seed in (0, 1)
    )
    assert one.loss != other.loss


def test_it_learns(pictures: Pictures) -> None:
    recipe = TrainingRecipe(epochs=6, batch=16, peak_rate=0.02, phases=(Phase(1.0, 32, 0.8),))
    steps = list(Trainer(pictures, recipe).steps())
    assert steps[0].accuracy < 0.2  # of 200 classes
    assert sum(s.accuracy for s in steps[-4:]) / 4 > 0.9


def test_global_random_state_is_left_alone(pictures: Pictures) -> None:
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    next(Trainer(pictures, RECIPE).steps())
    assert torch.equal(torch.rand(3), expected)


def test_the_saved_network_is_in_evaluation_mode(pictures: Pictures, tmp_path: Path) -> None:
    trainer = Trainer(pictures, RECIPE)
    next(trainer.steps())
    trainer.save(tmp_path / "state.safetensors")
    network = trained_network(tmp_path / "state.safetensors")
    assert not network.training
    x = torch.randn(2, 3, 48, 48, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(network(x), trainer.network.eval()(x), atol=1e-5)


def test_too_few_pictures_are_refused(pictures: Pictures) -> None:
    with pytest.raises(UserError, match="64 pictures do not fill a batch of 128"):
        Trainer(pictures, TrainingRecipe())


@pytest.mark.parametrize("content", [b"", b"\x00" * 64])
def test_a_damaged_state_says_so(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "state.safetensors"
    path.write_bytes(content)
    with pytest.raises(UserError, match="training state"):
        read_checkpoint(path)


WORKER = """
import os, torch
from deepvis_app.lab.pocket.pictures import Pictures
from deepvis_app.lab.pocket.recipe import Phase, TrainingRecipe
from deepvis_app.lab.pocket.training import Trainer
torch.set_num_threads(1)
torch.distributed.init_process_group("gloo")
pixels = torch.arange(16 * 64 * 64 * 3).remainder(251).to(torch.uint8).view(16, 64, 64, 3)
trainer = Trainer(
    Pictures(pixels, torch.arange(16)),
    TrainingRecipe(epochs=2, batch=8, phases=(Phase(1.0, 32, 0.9),)),
)
list(trainer.steps())
weights = torch.cat([p.detach().flatten() for p in trainer.network.parameters()])
both = [torch.empty_like(weights) for _ in range(2)]
torch.distributed.all_gather(both, weights)
torch.distributed.destroy_process_group()
# Not sys.exit: threads of torch's that wait for nobody can abort an ending interpreter.
os._exit(0 if torch.equal(*both) else 1)
"""


@pytest.mark.slow
def test_workers_stay_in_step(tmp_path: Path) -> None:
    meeting = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(_free_port()), "WORLD_SIZE": "2"}
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER],
            env=os.environ | meeting | {"RANK": str(rank), "OMP_NUM_THREADS": "1"},
        )
        for rank in range(2)
    ]
    assert [worker.wait(120) for worker in workers] == [0, 0]


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
