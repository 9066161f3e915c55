"""Each rule on runs made by hand: where it must speak, where it must not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from deepvis_app.lab import preflight
from deepvis_app.lab.diagnoses import RULES, Severity, diagnose, judged, suspects
from deepvis_app.lab.diagnoses.rules.labels import stand_out
from deepvis_app.lab.log.about import ModuleInfo, OptimizerInfo
from deepvis_app.lab.log.run import Event, LineProbe, Run
from tests.lab.diagnoses.made import (
    CHANCE,
    LENGTHS,
    NO_WEIGHTS,
    STRUCTURE,
    falling,
    lines,
    made,
    series,
    table,
    weights,
)

if TYPE_CHECKING:
    from deepvis_app.lab.diagnoses import Finding

FLAT = np.full(400, CHANCE)
RISING = np.concatenate([np.linspace(2.3, 40, 100), np.full(300, 40.0)])
NOISELESS = np.linspace(2.35, 2.3, 12)
NOISY = np.linspace(2.35, 2.3, 400) + np.random.default_rng(0).normal(0, 0.15, 400)
LEAP = (2.3, 4.0, 14.0, 60.0, 200.0, 900.0)
NAN = np.concatenate([falling()[:200], np.full(200, np.nan)])


def find(run: Run, name: str) -> Finding | None:
    return next((each for each in diagnose(run) if each.name == name), None)


def looked(**values: Any) -> Run:
    return made(structure=values)


def scaled(**values: Any) -> Run:
    return looked(input=STRUCTURE["input"] | values)


def scalars(**values: Any) -> Run:
    return made(scalars={key: series(value) for key, value in values.items()})


def happened(*events: Event, **structure: Any) -> Run:
    return made(events=events, structure=structure)


def modes(**counts: int) -> Run:
    every = {"learning": 0, "learning_in_evaluation": 0, "judging": 0, "judging_in_training": 0}
    return happened(Event(9, "modes", every | counts | {"layers": ["norm"]}))


def checked(name: str, *, passed: bool | None) -> Run:
    found = preflight.Check(name, "Learns", passed, "Loss 2.3 to 2.3.", "Look")
    return happened(Event(0, "preflight", preflight.Preflight((found,), 1.0).data()))


def sgd(rate: float = 0.1, decay: float = 0.0) -> dict[str, Any]:
    return {
        "optimizers": (OptimizerInfo(kind="SGD", settings={"lr": rate, "weight_decay": decay}),)
    }


def turned(val_size: int = 400, accuracy: float = 0.75) -> Run:
    """Return a run whose validation loss is lowest at step 160 and rises after."""
    return made(
        scalars={
            "val_loss": series([1.5, 0.9, 0.6, 0.5, 0.55, 0.6, 0.7, 0.8, 0.8, 0.9], 40),
            "val_accuracy": series([accuracy] * 10, 40),
        },
        about={"val_size": val_size},
    )


def slow(**parts: Any) -> Run:
    return made(
        scalars={"loss": series(np.linspace(2.35, 2.2, 400))},
        weights=weights(update=1e-3),
        lines=lines(5),
        **parts,
    )


def few_probes(**values: Any) -> Run:
    """Return a slow run with one line probe, as of a monitor that has little time."""
    run = slow()
    known = {k: v for k, v in run.scalars.items() if not k.startswith("val_")}
    told = known | {name: series(each) for name, each in values.items()}
    return replace(run, lines=run.lines[:1], scalars=told)


def shrunk(loss: Any, decay: float) -> Run:
    return made(
        scalars={"loss": series(loss)},
        weights=weights(weight=np.linspace(5, 0.1, 40)[:, None]),
        about=sgd(decay=decay),
    )


def vanished(end: float = CHANCE, update: Any = (1e-8, 1e-3, 1e-2, 1e-2)) -> Run:
    return made(
        scalars={"loss": series(falling(end))},
        weights=weights(gradient=(1e-7, 1e-4, 1e-2, 0.5), update=update),
    )


def units(quantity: str, share: Any, end: float = 1.5, kind: str = "ReLU", **about: Any) -> Run:
    return made(
        scalars={"loss": series(falling(end))},
        activations=table({quantity: share}),
        about={"probed": tuple(ModuleInfo(name=name, kind=kind) for name in "abcd"), **about},
    )


LATE = np.linspace(0, 1, 40)[:, None] * np.array([1, 0, 0, 0])

MARGINS = np.concatenate([np.full(70, 2.0), np.full(5, -0.2), np.full(25, -2.0)])
HARD = np.concatenate([np.full(60, 2.0), np.full(20, -0.2), np.full(20, -2.0)])

SPEAKS: list[tuple[str, Run, Severity]] = [
    ("input_scale", scaled(largest=255.0, rms=90.0), Severity.ALARM),
    ("input_scale", scaled(spread=4000.0), Severity.ALARM),
    ("input_scale", scaled(offset=30.0), Severity.ALARM),
    ("start_loss", looked(start_loss=9.0), Severity.WARNING),
    ("start_loss", looked(start_loss=0.4), Severity.HINT),
    ("mixing", looked(mixing=0.2), Severity.ALARM),
    ("softmax_twice", looked(probabilities=True), Severity.ALARM),
    ("no_activation", looked(unactivated=[["a", "b"]]), Severity.WARNING),
    ("not_optimised", looked(unoptimised=["a.weight"], unoptimised_share=0.4), Severity.WARNING),
    ("zero_grad", scalars(kept=[1.0] * 20), Severity.ALARM),
    ("climbing", scalars(descent=[-1.0] * 20, loss=RISING), Severity.ALARM),
    ("climbing", scalars(agreement=[-0.9] * 5), Severity.ALARM),
    ("climbing", scalars(agreement=[-0.7, 0.1, 0.8], loss=RISING), Severity.ALARM),
    ("climbing", scalars(loss=np.linspace(2.3, -400, 400)), Severity.ALARM),
    (
        "twins",
        happened(Event(20, "twins", {"layers": {"a": 1.0}}), twins={"a": 1.0}),
        Severity.ALARM,
    ),
    ("evaluation_mode", modes(learning_in_evaluation=400), Severity.ALARM),
    ("training_mode", modes(learning=400, judging_in_training=10), Severity.ALARM),
    (
        "no_gradient",
        happened(Event(20, "unused", {"parameters": ["a.weight"], "steps": 20})),
        Severity.WARNING,
    ),
    ("preflight", checked("overfit", passed=False), Severity.ALARM),
    ("nonfinite", scalars(loss=NAN), Severity.ALARM),
    ("nonfinite", made(weights=weights(gradient_bad=(0, 3, 0, 0))), Severity.ALARM),
    ("nonfinite", happened(Event(7, "nonfinite", {"kind": "weight", "name": "b"})), Severity.ALARM),
    ("nonfinite", scaled(bad=1), Severity.ALARM),
    (
        "rate_too_high",
        made(scalars={"loss": series(RISING)}, weights=weights(update=1.0)),
        Severity.ALARM,
    ),
    ("rate_too_high", made(scalars={"loss": series(RISING)}, weights=NO_WEIGHTS), Severity.ALARM),
    (
        "rate_too_high",  # broken by its first steps, quiet ever since
        made(
            scalars={"loss": series(FLAT)},
            weights=weights(update=np.r_[[[3.0]] * 3, [[1e-7]] * 37]),
        ),
        Severity.ALARM,
    ),
    (
        "rate_too_high",
        made(
            scalars={"loss": series(falling(1.0))}, weights=weights(update=0.6), lines=lines(0)
        ),
        Severity.ALARM,
    ),
    (
        "rate_too_high",
        made(scalars={"loss": series(falling(1.0))}, lines=(LineProbe(1, LENGTHS, LEAP),)),
        Severity.ALARM,
    ),
    ("rate_too_low", slow(), Severity.WARNING),
    ("rate_too_low", few_probes(alpha=[-0.9] * 10), Severity.WARNING),
    ("rate_too_low", few_probes(), Severity.WARNING),
    ("rate_too_low", few_probes(loss=NOISY, train_loss=NOISELESS), Severity.WARNING),
    ("vanishing", vanished(), Severity.ALARM),
    (
        "exploding",
        made(
            scalars={
                "gradient_norm": series([1.0] * 200 + [900.0] + [1.0] * 199),
                "loss": series([2.0] * 200 + [30.0] * 5 + [2.0] * 195),
            }
        ),
        Severity.ALARM,
    ),
    ("exploding", made(weights=weights(gradient=(2000.0, 900.0, 20.0, 5.0))), Severity.ALARM),
    ("dead_units", units("dead", (0.0, 0.95, 0.1, 0.1)), Severity.ALARM),
    ("dead_units", units("dead", (0.0, 0.6, 0.1, 0.1)), Severity.WARNING),
    ("saturated", units("saturated", (0.97, 0.1, 0.1, 0.1), kind="Tanh"), Severity.ALARM),
    ("saturated", units("saturated", (0.7, 0.1, 0.1, 0.1), 0.1, "Tanh"), Severity.WARNING),
    ("decay", shrunk(FLAT, 0.5), Severity.ALARM),
    ("not_learning", scalars(loss=FLAT, val_accuracy=[0.1] * 10), Severity.ALARM),
    (
        "not_learning",  # learned by heart only
        made(scalars={"val_loss": series([2.4] * 10, 40), "val_accuracy": series([0.1] * 10, 40)}),
        Severity.ALARM,
    ),
    (
        "one_class",
        made(arrays={"probe/scores": np.tile(np.eye(10)[3], (50, 1))}),
        Severity.ALARM,
    ),
    (
        "one_class",
        made(matrices={"confusion": ((400, np.outer([20] * 10, np.eye(10, dtype=int)[3])),)}),
        Severity.ALARM,
    ),
    ("overfitting", turned(), Severity.ALARM),
    ("overfitting", turned(val_size=40), Severity.HINT),
    ("unbalanced", made(about={"class_shares": (0.95, *[0.05 / 9] * 9)}), Severity.WARNING),
    ("unbalanced", made(about={"class_shares": (0.5, 0.05, *[0.05625] * 8)}), Severity.HINT),
    ("labels", made(arrays={"labels/margins": MARGINS}), Severity.WARNING),
]  # fmt: skip

SILENT: list[tuple[str, Run]] = [
    ("input_scale", scaled(largest=255.0, rms=90.0, normalises=True)),
    ("input_scale", scaled(largest=255.0, rms=90.0, kind="one-hot")),
    ("input_scale", scaled(largest=25.0, rms=1.0)),  # one far value among standardised ones
    ("start_loss", made(structure={"start_loss": 9.0}, about={"pretrained": True})),
    ("start_loss", looked(start_loss=9.0, loss="MSELoss")),
    ("mixing", looked(mixing=None)),
    ("softmax_twice", looked(probabilities=True, loss="NLLLoss")),
    ("not_optimised", looked(unoptimised=["scale"], unoptimised_share=0.001)),
    (
        "not_optimised",
        made(
            structure={"unoptimised": ["a"], "unoptimised_share": 0.9}, about={"pretrained": True}
        ),
    ),
    ("zero_grad", scalars(kept=[1.0, 0.0, 0.0, 0.0])),
    ("climbing", scalars(agreement=[-0.4, 0.6, 0.7])),  # a small batch that was odd
    ("climbing", scalars(agreement=[0.7, -0.4, -0.5, -0.5])),  # noise, once it has learned
    ("climbing", scalars(descent=[-0.5] * 20)),  # momentum swings, and the loss falls
    ("twins", happened(Event(20, "twins", {"layers": {}}), twins={"a": 1.0})),
    ("evaluation_mode", modes(learning=400, learning_in_evaluation=2)),
    ("training_mode", modes(learning=400, judging=10, judging_in_training=10)),
    (
        "nonfinite",  # the loss scale is being found
        made(
            weights=weights(gradient_bad=np.r_[[[1.0]], [[0.0]] * 39]),
            events=(Event(10, "skipped", {"scale": 65536.0}),),
        ),
    ),
    ("preflight", checked("overfit", passed=None)),
    ("preflight", checked("mixing", passed=False)),  # another rule's
    ("rate_too_high", made(lines=(LineProbe(1, LENGTHS, LEAP),))),  # it got over it
    (
        "rate_too_high",  # far below chance before and after
        made(
            scalars={"loss": series([0.1] * 400)}, structure={"start_loss": 0.1},
            lines=(LineProbe(1, LENGTHS, (0.1, 0.2, 0.5, 0.9, 1.5, 2.0)),),
        ),
    ),
    ("rate_too_high", scalars(loss=RISING)),  # updates of 0.4 % did not do that
    ("rate_too_high", scalars(loss=np.r_[np.full(20, 20.0), falling()[20:]])),  # came back
    (
        "rate_too_high",  # full batch, at the edge of stability
        made(
            scalars={"loss": series(falling(1.0))}, weights=weights(update=0.6), lines=lines(0),
            about={"batch": 1280, "steps_per_epoch": 1},
        ),
    ),
    ("rate_too_low", slow(about={"pretrained": True})),
    ("rate_too_low", few_probes(alpha=[0.1] * 10)),
    ("rate_too_low", few_probes(loss=np.r_[np.linspace(2.35, 2.2, 200), np.full(200, 2.2)])),
    ("rate_too_low", made(weights=weights(update=1e-4), lines=lines(5))),  # it learns all the same
    (
        "rate_too_low",  # a schedule's end
        made(
            scalars={
                "loss": series(np.linspace(2.35, 2.2, 400)),
                "rate": series(np.r_[np.full(150, 0.1), np.full(250, 1e-4)]),
            },
            weights=weights(update=1e-4), lines=lines(5),
        ),
    ),
    ("vanishing", vanished(end=0.1)),  # it has learned
    ("vanishing", vanished(update=1e-2)),  # Adam moves such layers
    (
        "exploding",
        made(scalars={"gradient_norm": series([1.0] * 200 + [900.0] + [1.0] * 199)}),
    ),
    ("exploding", made(weights=weights(gradient=(90.0, 9.0, 2.0, 0.5)))),  # it has learned
    ("dead_units", units("dead", (0.0, 0.6, 0.1, 0.1), end=0.1)),  # and it has learned
    ("dead_units", units("dead", np.r_[[[0.9] * 4] * 20, [[0.0] * 4] * 20])),  # they woke up
    ("dead_units", units("zero", 0.9)),  # sparse is not dead
    ("saturated", units("saturated", (0.1, 0.1, 0.1, 0.99), kind="Sigmoid")),  # the output
    ("saturated", units("saturated", LATE, end=0.1, kind="Tanh")),  # grew so by learning
    ("decay", shrunk(FLAT, 0.0)),
    ("decay", shrunk(falling(), 0.5)),
    ("not_learning", scalars(loss=FLAT, val_accuracy=[0.4] * 10)),
    ("not_learning", made(scalars={"loss": series(FLAT[:50]), "val_loss": series([2.4] * 2, 20)},
                          weights=table({}, every=400), activations=table({}, every=400))),
    ("one_class", made(arrays={"probe/scores": np.tile(np.eye(10)[3], (50, 1))},
                       structure={"largest_label": 0.95})),
    ("overfitting", turned(val_size=100_000, accuracy=0.95)),  # surely apart, and not by much
    ("overfitting", turned(accuracy=0.96)),  # the loss rose, the accuracy did not suffer
    ("unbalanced", made()),
    ("labels", made(arrays={"labels/margins": HARD})),  # hard examples thin out towards the end
    ("labels", made(arrays={"labels/margins": -MARGINS})),
    ("labels", made(arrays={"labels/margins": MARGINS}, about={"steps_per_epoch": 100})),  # early
]  # fmt: skip


def _named(pairs: list[Any]) -> list[str]:
    return [f"{name}-{number}" for number, (name, *_) in enumerate(pairs)]


@pytest.mark.parametrize(("name", "run", "severity"), SPEAKS, ids=_named(SPEAKS))
def test_a_rule_speaks(name: str, run: Run, severity: Severity) -> None:
    found = find(run, name)
    assert found is not None
    assert found.severity is severity
    assert any(letter.isdigit() for letter in found.evidence) or found.layer
    assert found.evidence.endswith(".")
    assert found.threshold
    assert found.remedy
    assert 0 <= found.step <= run.step


@pytest.mark.parametrize(("name", "run"), SILENT, ids=_named(SILENT))
def test_a_rule_is_silent(name: str, run: Run) -> None:
    assert find(run, name) is None


def test_every_rule_is_tested_both_ways_or_is_exact() -> None:
    exact = {"no_activation", "no_gradient"}  # facts: there is nothing that they leave out
    assert {name for name, *_ in SPEAKS} == {rule.name for rule in RULES}
    assert {name for name, _ in SILENT} == {rule.name for rule in RULES} - exact


def test_a_sound_run_is_said_to_be_healthy() -> None:
    answer = judged(made())
    assert answer.findings == ()
    assert answer.healthy
    assert answer.no_data.keys() == {"labels", "evaluation_mode", "training_mode", "preflight"}


def test_suspects_against_sorting() -> None:
    found = suspects(MARGINS.astype(np.float32))
    assert set(found) == set(range(75, 100))
    assert len(suspects(np.full(5, np.nan, np.float32))) == 0


def test_labels_stand_out_only_where_hard_examples_thin_out() -> None:
    led, hard, wrong = np.full(90, 2.0), np.linspace(-0.9, -0.1, 2), np.full(8, -3.0)
    late = np.concatenate((wrong, hard, led)).astype(np.float32)
    assert sorted(stand_out(late).tolist()) == list(range(8))
    early = np.linspace(-0.6, 1.4, 100, dtype=np.float32)  # without a gap
    assert len(suspects(early)) > 5
    assert stand_out(early).tolist() == []
    assert stand_out(np.full(9, np.nan, np.float32)).tolist() == []
