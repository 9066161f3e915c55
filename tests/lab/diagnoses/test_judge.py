"""Answers in order, with causes, from logs of every kind."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from deepvis_app.lab.diagnoses import RULES, Kind, Severity, diagnose, judged
from deepvis_app.lab.diagnoses.history import History
from deepvis_app.lab.log.about import About
from deepvis_app.lab.log.run import Event, Run
from tests.lab.diagnoses.made import CHANCE, NO_WEIGHTS, falling, made, series, table, weights

if TYPE_CHECKING:
    from pathlib import Path


def diverged(gradient: float = 9.0) -> Run:
    """Return a run whose rate was too high: it ends saturated, with vanished gradients."""
    return made(
        scalars={
            "loss": series(np.r_[np.linspace(2.3, 60, 40), np.full(360, 12.0)]),
            "val_loss": series([12.0] * 10, 40),
            "val_accuracy": series([0.1] * 10, 40),
        },
        weights=weights(
            gradient=np.r_[[[gradient] * 4] * 4, [[1e-9, 1e-6, 1e-3, 1e-2]] * 36],
            update=np.r_[[[9.0] * 4] * 4, [[1e-9] * 4] * 36],
        ),
        activations=table({"saturated": np.r_[[[0.0] * 4] * 2, [[1.0, 1.0, 1.0, 0.0]] * 38]}),
    )


def test_a_run_is_judged_by_its_whole_history() -> None:
    first, *others = diagnose(diverged())
    assert first.name == "rate_too_high"
    assert first.step <= 40
    assert {each.name for each in others} >= {"saturated", "not_learning"}
    assert {each.cause for each in others} == {"rate_too_high"}
    assert first.action.kind is Kind.RESTART
    assert first.action.data == {"rate": 0.01}
    assert "0.01" in first.remedy


def test_alarms_come_first_and_causes_before_what_follows() -> None:
    run = made(
        structure={"unactivated": [["a", "b"]]},
        scalars={"loss": series(np.full(400, CHANCE)), "val_accuracy": series([0.1] * 10, 40)},
        activations=table({"dead": (1.0, 0, 0, 0)}),
        about={"class_shares": (0.5, 0.05, *[0.05625] * 8)},
    )
    found = diagnose(run)
    ranks = [list(Severity).index(each.severity) for each in found]
    assert ranks == sorted(ranks)
    names = [each.name for each in found]
    for each in found:
        if each.cause:
            assert each.cause in names


def test_causes_never_run_in_a_circle() -> None:
    explains = {rule.name: rule.explains for rule in RULES}
    assert {name for names in explains.values() for name in names} <= explains.keys()
    assert all(name not in names for name, names in explains.items())


def test_of_two_that_explain_each_other_one_is_the_cause() -> None:
    first, *others = diagnose(diverged(gradient=2000.0))
    assert (first.name, first.cause) == ("rate_too_high", "")
    assert "exploding" in {each.name for each in others}
    assert {each.cause for each in others} == {"rate_too_high"}


def test_at_most_one_finding_a_rule() -> None:
    run = made(activations=table({"dead": 1.0}), scalars={"loss": series([CHANCE] * 400)})
    names = [each.name for each in diagnose(run)]
    assert len(names) == len(set(names))


def foreign(path: Path, **values: np.ndarray) -> Run:
    every = {"train/loss": series(falling())} | {k: series(v, 40) for k, v in values.items()}
    standard = {"loss": "train/loss", "val_loss": "val/loss", "val_accuracy": "val/acc"}
    return Run(path, kind="tensorboard", scalars=every, standard=standard)


def test_a_foreign_log_is_judged_by_its_losses(tmp_path: Path) -> None:
    answer = judged(foreign(tmp_path))
    assert answer.healthy
    assert "vanishing" in answer.no_data
    assert "overfitting" in answer.no_data
    assert "nonfinite" not in answer.no_data
    assert answer.asked + len(answer.no_data) == len(RULES)
    values = np.array([1.0, 0.6, 0.5, 0.6, 0.8, 0.9, 1.0])
    assert [each.name for each in diagnose(foreign(tmp_path, **{"val/loss": values}))] == [
        "overfitting"
    ]


def test_a_foreign_log_that_diverged(tmp_path: Path) -> None:
    run = foreign(tmp_path)
    worse = replace(run, scalars={"train/loss": series(np.linspace(2, 90, 200))})
    assert [each.name for each in diagnose(worse)] == ["rate_too_high"]


def test_an_empty_log_says_what_it_lacks(tmp_path: Path) -> None:
    answer = judged(Run(tmp_path))
    assert answer.findings == ()
    assert "no loss was logged" in answer.no_data.values()


def test_a_live_run_is_judged_at_every_moment() -> None:
    whole = diverged()
    loss = whole.scalars["loss"]
    for count in (1, 2, 5, 30, 80, 399):
        cut = series(loss.values[:count])
        part = replace(whole, scalars=dict(whole.scalars) | {"loss": cut}, weights=NO_WEIGHTS)
        judged(part)  # whatever there is so far, it has an answer
    early = replace(whole, scalars=dict(whole.scalars) | {"loss": series(loss.values[:60])})
    assert diagnose(early)[0].name == "rate_too_high"


def test_odd_values_are_survived() -> None:
    for value in (np.nan, np.inf, -np.inf, 0.0):
        run = made(
            scalars={
                "loss": series([value] * 400),
                "val_loss": series([value] * 10, 40),
                "val_accuracy": series([value] * 10, 40),
            },
            weights=weights(weight=value, gradient=value, update=value),
            activations=table({"dead": value, "saturated": value, "bad": 0}),
            arrays={
                "labels/margins": np.full(90, value, np.float32),
                "probe/scores": np.full((50, 10), value),
            },
        )
        judged(run)


def test_findings_are_plain_data() -> None:
    data = judged(diverged()).data()
    again = json.loads(json.dumps(data))
    assert again["healthy"] is False
    assert again["findings"][0]["action"] == {"kind": "restart", "data": {"rate": 0.01}}


def test_chance_is_known_of_two_losses() -> None:
    shares = (0.5, 0.3, 0.2)
    about = {"class_shares": shares, "classes": ("a", "b", "c")}
    entropy = -sum(p * np.log(p) for p in shares)
    squares = sum(p * ((1 - p) ** 2 + sum(q**2 for q in shares) - p**2) for p in shares) / 2
    for loss, expected in (
        ("CrossEntropyLoss", entropy), ("cross_entropy", entropy), ("", entropy),
        ("quadratic", squares), ("MSELoss", None),
    ):  # fmt: skip
        found = History(made(structure={"loss": loss}, about=about)).chance
        assert found == (expected if expected is None else pytest.approx(expected))


def test_hints_are_no_illness() -> None:
    answer = judged(made(about={"class_shares": (0.5, 0.05, *[0.05625] * 8)}))
    assert [each.severity for each in answer.findings] == [Severity.HINT]
    assert answer.healthy


def test_a_cause_in_the_loop_comes_before_what_it_does() -> None:
    run = replace(diverged(), events=(*diverged().events, Event(1, "note", {})))
    scalars = dict(run.scalars) | {"kept": series([1.0] * 20)}
    first, *others = diagnose(replace(run, scalars=scalars))
    assert first.name == "zero_grad"
    assert {each.cause for each in others} == {"zero_grad"}


def test_shares_of_nothing_are_no_shares() -> None:
    assert judged(Run(made().path, about=About(class_shares=(1.0,)))).healthy
