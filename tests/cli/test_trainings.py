"""`deepvis train run`, `resume`, and `deepvis runs`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from deepvis_app import paths
from deepvis_app.cli.main import run_command_line
from deepvis_app.lab import read_log
from deepvis_app.lab.trainer import TrainPlan

if TYPE_CHECKING:
    from pathlib import Path

SMALL = ("--train-size", "60", "--val-size", "30", "--batch", "20", "--epochs", "2")


@pytest.fixture(autouse=True)
def own_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPVIS_RUNS_DIR", str(tmp_path / "runs"))


def call(*arguments: object) -> int:
    return run_command_line(lambda _: 0, [str(one) for one in arguments])


def test_a_run_is_trained_listed_gone_on_with_and_removed(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert call("train", "run", *SMALL, "--hidden", "8,4", "--activation", "tanh") == 0
    said = capsys.readouterr().out
    folder = tmp_path / "runs" / "digits-fully-connected"
    assert said.startswith("digits-fully-connected: finished at step 6; val loss ")
    assert said.endswith(f"deepvis --net {folder}\n")
    assert TrainPlan.read(folder / "plan.json").hidden == (8, 4)
    assert call("train", "resume", "digits-fully-connected", "--epochs", 3, "--rate", 0.1) == 0
    assert "finished at step 9" in capsys.readouterr().out
    assert call("runs", "--json") == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["name"], row["step"], row["rate"]) == ("digits-fully-connected", 9, 0.1)
    assert row["path"] == str(folder)
    assert call("runs") == 0
    shown = capsys.readouterr().out.splitlines()
    assert " ".join(shown[0].split()) == "name data network rate step val loss accuracy state size"
    assert "9 of 9" in shown[1]
    assert call("runs", "rm", "digits-fully-connected", "--yes") == 0
    assert not folder.exists()
    capsys.readouterr()
    assert call("runs", tmp_path) == 0
    assert capsys.readouterr().out.startswith("There are no runs in")


def test_what_is_given_twice_makes_a_run_for_each(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("train", "run", *SMALL, "--rate", 0.3, "--rate", 30, "--seed", 1, "--json") == 0
    rows = json.loads(capsys.readouterr().out)
    assert [(row["name"], row["rate"]) for row in rows] == [
        ("digits-fully-connected-rate-0.3", 0.3),
        ("digits-fully-connected-rate-30", 30),
    ]
    plans = [TrainPlan.read(paths.runs_dir() / row["name"] / "plan.json") for row in rows]
    assert [plan.seed for plan in plans] == [1, 1]


def test_a_place_and_a_name_of_ones_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("train", "run", *SMALL, "--name", "first try") == 0
    assert call("train", "run", *SMALL, "--name", "first try") == 0
    assert {p.name for p in paths.runs_dir().iterdir()} == {"first-try", "first-try 2"}
    assert call("train", "run", *SMALL, "--out", tmp_path / "here") == 0
    assert call("train", "run", *SMALL, "--out", tmp_path / "here") == 2
    assert "holds a run already" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        (("run", "--data", "nothing"), "data = nothing is neither a set nor a folder"),
        (("run", "--rate", -1), "rate = -1.0 is wrong. It should be greater than 0."),
        (("run", "--hidden", "x"), "--hidden 'x' is no list of numbers. Give such as 64,30."),
        (("run", "--cost", "hinge"), "'hinge' is not one of"),
        (("run", "--nesterov"), "nesterov needs the optimiser sgd with momentum"),
        (("resume", "nothing"), "There is no run nothing. See `deepvis runs`."),
        (("download", "imagenet"), "imagenet is no set that is downloaded"),
    ],
)
def test_what_is_wrong_is_one_line_and_leaves_nothing(
    words: tuple[object, ...], cause: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("train", *words) == 2
    said = capsys.readouterr().err
    assert cause in said
    assert said.count("\n") == 1
    assert not paths.runs_dir().exists()


def test_a_run_that_fails_says_so_by_its_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    """A network without any activation, at a rate that no linear one bears."""
    words = ("--activation", "none", "--rate", 9999, "--normalise", "0..255")
    assert call("train", "run", *SMALL, *words, "--epochs", 60) == 1
    assert "failed at step" in (said := capsys.readouterr().out)
    assert "The loss is not finite since step" in said


@pytest.mark.skipif(os.name == "nt", reason="sends a signal")
def test_ctrl_c_keeps_the_state_and_says_how_to_go_on(tmp_path: Path) -> None:
    words = ["train", "run", "--epochs", "100000", "--train-size", "100", "--name", "long"]
    with subprocess.Popen(
        [sys.executable, "-m", "deepvis_app", *words], stdout=subprocess.PIPE, text=True
    ) as process:
        summary = paths.runs_dir() / "long" / "summary.json"
        while process.poll() is None:
            if summary.is_file() and json.loads(summary.read_text())["step"] > 5:
                break
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "long: stopped at step" in said
    assert f"deepvis train resume {paths.runs_dir() / 'long'}" in said
    run = read_log(paths.runs_dir() / "long")
    assert run.state == "stopped"
    step = json.loads(summary.read_text())["step"]
    assert call("train", "resume", "long", "--epochs", step // 2 + 2) == 0
