"""A training in its own process: steered without waiting, killed from either side, gone on with."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from threading import Event
from typing import TYPE_CHECKING

import pytest
import torch

from deepvis_app.engine.process import TrainerProcess
from deepvis_app.errors import UserError
from deepvis_app.lab import read_log
from deepvis_app.lab.trainer import RunFolder, Training, TrainPlan, holder_of, read_summary
from deepvis_app.lab.trainer.keeping import kept_at
from deepvis_app.nets.run_folders import WATCHED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PLAN = TrainPlan(train_size=200, val_size=60, epochs=100_000, batch=10, checkpoints=1)
SHORT = PLAN.changed(epochs=2)

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals are Unix's")


def until(condition: Callable[[], object], seconds: float = 120) -> None:
    end, nobody = time.monotonic() + seconds, Event()
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError
        nobody.wait(0.005)


@pytest.fixture
def trainer(tmp_path: Path) -> Iterator[TrainerProcess]:
    process = TrainerProcess(tmp_path / "run")
    yield process
    process.close()


def is_at(trainer: TrainerProcess, state: str) -> Callable[[], bool]:
    def reached() -> bool:
        status = trainer.status()
        assert status.state == state or status.is_alive, status
        return status.state == state

    return reached


def test_it_trains_as_it_would_here(trainer: TrainerProcess, tmp_path: Path) -> None:
    began = time.monotonic()
    trainer.start(SHORT)
    assert time.monotonic() - began < 1
    assert trainer.status().state == "starting"
    assert trainer.join(120)
    status = trainer.status()
    assert (status.state, status.step, status.total) == ("finished", 40, 40)
    assert status.val_accuracy is not None
    run = read_log(trainer.folder)
    assert run.state == "finished"
    assert run.scalars["loss"].last == pytest.approx(status.loss, rel=1e-6)
    if len(os.sched_getaffinity(0)) == 2:  # one thread there and here: the same to the bit
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        with Training(SHORT, tmp_path / "here") as training:
            losses = [news.loss for news in training.steps()]
        torch.set_num_threads(threads)
        assert run.scalars["loss"].values.tolist() == losses[1:]
    with pytest.raises(UserError, match="holds a run already"):
        trainer.start(SHORT)
    with pytest.raises(UserError, match="hidden cannot be changed"):
        trainer.change(hidden=3)


def one_more(trainer: TrainerProcess) -> int:
    """Make one step during a pause; return how many are done by then."""
    step = trainer.status().step + 1
    trainer.one_step()
    until(lambda: trainer.status().step == step)
    return step


def test_it_is_steered_between_two_steps(trainer: TrainerProcess) -> None:
    trainer.start(PLAN)
    trainer.pause()  # before it has begun
    until(is_at(trainer, "paused"))
    step = one_more(trainer)
    now = RunFolder(trainer.folder).now
    (trainer.folder / WATCHED).touch()
    while not now.is_file():  # it is written a few times a second
        step = one_more(trainer)
    assert kept_at(now).facts["step"] == step
    trainer.change(rate=-1)
    until(lambda: trainer.status().refused is not None)
    assert "rate = -1" in str(trainer.status().refused)
    trainer.change(rate=0.05, batch=20)
    until(lambda: trainer.status().rate == 0.05)
    assert trainer.status().refused is None
    assert trainer.status().step == step
    trainer.go_on()
    until(lambda: trainer.status().step > step + 30)
    assert trainer.status().state == "running"
    trainer.go_back(4)
    until(lambda: "Back from step" in trainer.status().note)
    second = TrainerProcess(trainer.folder)
    pid = trainer.status().pid
    with pytest.raises(UserError, match=f"being trained by another deepvis .process {pid}, since"):
        second.resume()
    trainer.stop()
    assert trainer.join(30)
    assert trainer.status().state == "stopped"
    run = read_log(trainer.folder)
    assert run.state == "stopped"
    assert run.marks[-1].step == 4
    assert run.marks[-1].text.endswith("to 4")
    assert holder_of(trainer.folder) is None


def test_a_kill_is_seen_and_said_and_the_run_goes_on(trainer: TrainerProcess) -> None:
    trainer.start(PLAN)
    until(lambda: trainer.status().step > 10)
    trainer.pause()  # which saves
    until(is_at(trainer, "paused"))
    saved = trainer.status().step
    trainer.go_on()
    until(lambda: trainer.status().step > saved)
    pid = trainer.status().pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    killed = time.monotonic()
    until(lambda: not trainer.status().is_alive)
    assert time.monotonic() - killed < 1
    status = trainer.status()
    assert status.state == "failed"
    assert status.error is not None
    assert "was killed (signal 9)" in status.error.cause
    assert read_summary(trainer.folder).state == "interrupted"
    trainer.resume()
    until(lambda: trainer.status().step > saved)
    assert trainer.status().state == "running"


def test_asked_from_outside_to_end_it_saves(trainer: TrainerProcess) -> None:
    trainer.start(PLAN)
    until(lambda: trainer.status().step > 3)
    pid = trainer.status().pid
    assert pid is not None
    os.kill(pid, signal.SIGTERM)
    assert trainer.join(30)
    assert trainer.status().state == "stopped"
    assert kept_at(RunFolder(trainer.folder).last).facts["step"] == trainer.status().step


def test_who_steers_never_waits(trainer: TrainerProcess) -> None:
    trainer.start(PLAN)
    until(lambda: trainer.status().step > 3)
    pid = trainer.status().pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)  # it hears nothing, as in a step that does not end
    try:
        began = time.process_time()
        for number in range(1500):  # far more than a pipe holds
            trainer.change(rate=0.1 + number / 10_000)
        assert time.process_time() - began < 5
        began = time.perf_counter()
        for _ in range(1000):
            trainer.status()
        assert (time.perf_counter() - began) / 1000 < 1e-3
    finally:
        os.kill(pid, signal.SIGCONT)
    until(lambda: trainer.status().rate == pytest.approx(0.2499))


def test_what_is_wrong_with_a_plan_is_its_error(trainer: TrainerProcess) -> None:
    trainer.start(PLAN.changed(train_size=1_000_000))
    assert trainer.join(120)
    status = trainer.status()
    assert status.state == "failed"
    assert "train_size = 1000000" in str(status.error)
    assert holder_of(trainer.folder) is None


PARENT = """
import sys
from pathlib import Path
from threading import Event
from deepvis_app.engine.process import TrainerProcess
from deepvis_app.lab.trainer import TrainPlan

if __name__ == "__main__":
    trainer = TrainerProcess(Path(sys.argv[1]))
    trainer.start(TrainPlan.from_json(sys.argv[2]))
    nobody = Event()
    while trainer.status().step < 10:
        nobody.wait(0.01)
    print(trainer.status().pid, flush=True)
    nobody.wait(600)
"""


def test_it_ends_with_the_window_and_can_be_gone_on_with(tmp_path: Path) -> None:
    """The window is killed: the trainer saves and ends by itself."""
    script = tmp_path / "window.py"
    script.write_text(PARENT)
    folder = tmp_path / "run"
    with subprocess.Popen(
        [sys.executable, str(script), str(folder), PLAN.to_json()],
        stdout=subprocess.PIPE,
        text=True,
    ) as window:
        assert window.stdout is not None
        pid = int(window.stdout.readline())
        window.kill()
    until(lambda: holder_of(folder) is None, 30)
    until(lambda: not is_running(pid), 30)
    saved = kept_at(RunFolder(folder).last).facts["step"]
    assert saved >= 10
    assert read_log(folder).state == "stopped"
    with Training.resume(folder) as training:
        assert training.step == saved


def is_running(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:  # noqa: PTH123
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
