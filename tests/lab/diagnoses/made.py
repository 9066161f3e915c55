"""Runs made by hand, a sound one unless something of it is changed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from deepvis_app.lab.log.about import About, ModuleInfo, OptimizerInfo
from deepvis_app.lab.log.run import Event, LineProbe, Run, Series, Table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike

STEPS = 400
EVERY = 10
LENGTHS = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0)
NAMES = ("a", "b", "c", "d")
CHANCE = float(np.log(10))
NO_WEIGHTS = Table((), np.zeros(0, np.int64), {})

#: What a look at a sound network gives.
STRUCTURE: dict[str, Any] = {
    "loss": "CrossEntropyLoss", "start_loss": 2.35, "chance_loss": CHANCE, "classes": 10,
    "largest_label": 0.12, "probabilities": False, "mixing": 1e-8, "unactivated": [],
    "twins": {}, "unoptimised": [], "unoptimised_share": 0.0,
    "input": {"kind": "numbers", "normalises": False, "largest": 3.0, "rms": 1.0, "spread": 2.0,
              "offset": 0.1, "bad": 0},
}  # fmt: skip


def series(values: ArrayLike, every: int = 1) -> Series:
    found = np.array(values, float)
    return Series(every * np.arange(1, len(found) + 1), found, np.arange(len(found), dtype=float))


def table(
    values: Mapping[str, ArrayLike], names: Sequence[str] = NAMES, every: int = EVERY
) -> Table:
    """Return a table; a number is the same everywhere, (L,) the same at all steps."""
    rows = STEPS // every
    full = {
        key: np.array(np.broadcast_to(np.array(value, np.float32), (rows, len(names))))
        for key, value in values.items()
    }
    return Table(tuple(names), every * np.arange(1, rows + 1), full)


def lines(best: int, *, count: int = 8) -> tuple[LineProbe, ...]:
    """Return line probes whose lowest loss is at a place among `LENGTHS`."""
    losses = tuple(1.0 + 0.1 * abs(place - best) for place in range(len(LENGTHS)))
    return tuple(LineProbe(40 * (n + 1), LENGTHS, losses) for n in range(count))


def falling(end: float = 0.1, start: float = 2.3, count: int = STEPS) -> np.ndarray:
    rng = np.random.default_rng(0)
    course = end + (start - end) * np.exp(-np.arange(count) / (count / 8))
    return course * (1 + 0.05 * rng.standard_normal(count))


def weights(**values: ArrayLike) -> Table:
    usual: dict[str, ArrayLike] = {
        "weight": 5.0, "gradient": 0.5, "update": 0.02, "moved": 1.0, "count": 100,
        "weight_bad": 0, "gradient_bad": 0,
    }  # fmt: skip
    return table(usual | values)


def made(
    *,
    structure: Mapping[str, Any] | None = None,
    events: Sequence[Event] = (),
    scalars: Mapping[str, Series] | None = None,
    about: Mapping[str, Any] | None = None,
    **parts: Any,
) -> Run:
    """Return a sound run of 400 steps on ten classes, but for what is given."""
    looked = {**STRUCTURE, **(structure or {})}
    said = {
        "classes": tuple("0123456789"), "class_shares": (0.1,) * 10, "batch": 32,
        "steps_per_epoch": 40, "train_size": 1280, "val_size": 400,
        "optimizers": (OptimizerInfo(kind="SGD", settings={"lr": 0.1}),),
        "probed": tuple(ModuleInfo(name=name, kind="ReLU") for name in NAMES),
    }  # fmt: skip
    numbers = {
        "loss": series(falling()), "accuracy": series(1 - falling(0.03, 0.9)),
        "val_loss": series(falling(0.2, count=10), 40),
        "val_accuracy": series(1 - falling(0.05, 0.9, 10), 40),
        "descent": series([1.0] * 20), "kept": series([0.0] * 20),
        "agreement": series([0.6] * 4),
    }  # fmt: skip
    usual: dict[str, Any] = {
        "weights": weights(),
        "activations": table({"dead": 0.05, "saturated": 0.1, "bad": 0, "std": 1.0}),
        "lines": lines(2),
        "arrays": {"probe/scores": np.eye(10).repeat(5, 0)},
    }
    return Run(
        Path("run"),
        about=About(**(said | dict(about or {}))),
        scalars=numbers | dict(scalars or {}),
        events=(Event(0, "structure", looked), *events),
        **(usual | parts),
    )
