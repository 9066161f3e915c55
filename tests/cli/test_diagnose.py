from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import numpy as np
import pytest

from deepvis_app.cli import diagnoses_bench
from deepvis_app.cli.diagnose import rules_as_markdown
from deepvis_app.cli.main import run_command_line
from deepvis_app.lab.diagnoses import RULES
from deepvis_app.lab.events.writer import EventWriter
from deepvis_app.lab.faults import table
from deepvis_app.lab.faults.kinds import faulty
from deepvis_app.lab.log.about import About
from deepvis_app.lab.log.writer import LogWriter

if TYPE_CHECKING:
    from pathlib import Path


def run(*words: object) -> int:
    return run_command_line(lambda _: 0, [str(word) for word in words])


def logged(folder: Path, losses: np.ndarray) -> Path:
    log = LogWriter(folder)
    log.about(About(classes=("a", "b"), class_shares=(0.5, 0.5)))
    for step, loss in enumerate(losses, start=1):
        log.scalars(step, {"loss": float(loss)})
    log.state(len(losses), "finished")
    log.close()
    return folder


SOUND = np.linspace(0.7, 0.05, 300)
DIVERGED = np.r_[np.linspace(0.7, 40, 50), np.full(250, 40.0)]


def test_findings_are_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = logged(tmp_path / "run", DIVERGED)
    assert run("diagnose", folder) == 0
    said = capsys.readouterr().out
    assert "Learning rate too high · from step" in said
    assert "Not learning · from step 1 · follows from: Learning rate too high" in said
    assert "Not judged" in said
    assert "Healthy" not in said
    assert run("diagnose", folder, "--strict") == 1


def test_a_healthy_run_is_said_to_be(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = logged(tmp_path / "run", SOUND)
    assert run("diagnose", folder, "--strict") == 0
    said = capsys.readouterr().out
    asked = re.search(r"Healthy: none of (\d+) rules", said)
    assert asked
    assert 0 < int(asked[1]) < len(RULES)


def test_findings_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("diagnose", logged(tmp_path / "run", DIVERGED), "--json") == 0
    data = json.loads(capsys.readouterr().out)
    assert data["state"] == "finished"
    assert data["step"] == 300
    assert data["findings"][0]["name"] == "rate_too_high"
    assert data["no_data"]["overfitting"] == "no validation loss was logged"


def test_tensorboards_logs_are_judged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    writer = EventWriter(tmp_path)
    for step, loss in enumerate(DIVERGED, start=1):
        writer.scalars(step, {"train/loss": float(loss)})
    writer.close()
    assert run("diagnose", tmp_path, "--json") == 0
    data = json.loads(capsys.readouterr().out)
    assert data["kind"] == "tensorboard"
    assert [each["name"] for each in data["findings"]] == ["rate_too_high"]


def test_no_log_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("diagnose", tmp_path) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_the_rules_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("diagnose", "--rules") == 0
    said = capsys.readouterr().out.strip()
    assert said == rules_as_markdown()
    assert all(f"`{rule.name}`" in said for rule in RULES)


@pytest.fixture
def two_cases(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table of a fault and a sound training, told without running them."""
    first = next(case for case in faulty(1) if case.fault == "mixing")
    sound = table.healthy(1)[0]

    def told(case: table.Case) -> table.Outcome:
        named = ("mixing",) if case.fault else ()
        return table.Outcome(case.name, case.fault, named, (), ("",) * len(named), 200, 20, 1.0)

    monkeypatch.setattr(diagnoses_bench, "cases", lambda short: [first, sound])
    monkeypatch.setattr(diagnoses_bench, "outcome", told)


@pytest.mark.usefixtures("two_cases")
def test_the_bench_counts(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("bench", "diagnoses", "--json") == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["faulty"], data["detected"], data["healthy"], data["alarmed"]) == (1, 1, 1, 0)
    assert data["wrong"] == []
    assert run("bench", "diagnoses") == 0
    assert "Faults named: 1 of 1" in capsys.readouterr().out
    assert run("bench", "diagnoses", "--markdown") == 0
    assert "| mixing | `mixing` 1 |" in capsys.readouterr().out


@pytest.mark.usefixtures("two_cases")
def test_the_bench_goes_on_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "kept.jsonl"
    assert run("bench", "diagnoses", "--keep", kept, "--json") == 0
    first = capsys.readouterr().out
    monkeypatch.setattr(diagnoses_bench, "outcome", None)  # nothing is run again
    assert run("bench", "diagnoses", "--keep", kept, "--json") == 0
    assert capsys.readouterr().out == first


@pytest.mark.usefixtures("two_cases")
def test_the_bench_fails_where_too_little_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def missed(case: table.Case) -> table.Outcome:
        return table.Outcome(case.name, case.fault, (), (), (), 200, None, 1.0)

    monkeypatch.setattr(diagnoses_bench, "outcome", missed)
    assert run("bench", "diagnoses") == 1
