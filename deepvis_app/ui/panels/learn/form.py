"""The settings of a new run, as its form has them: groups, presets, what is asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from deepvis_app.fields import form_fields
from deepvis_app.lab.trainer.data.names import SETS
from deepvis_app.lab.trainer.plan import CONVNET, FULLY_CONNECTED, LEARNERS, TrainPlan

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deepvis_app.fields import FormField

WIDE = 200  # of a span from which on a slider is logarithmic
# Where sliders end; more can be typed.
USUAL = {"rate": 10.0, "l2": 1.0, "batch": 1024, "epochs": 1000, "patience": 1000,
         "train_size": 10_000, "val_size": 10_000, "seed": 1000}  # fmt: skip
GROUPS = (
    ("Data", ("data", "train_size", "val_size", "label_noise", "noise", "normalise", "side",
              "find_label_errors")),
    ("Network", ("network", "hidden", "channels", "activation", "batch_norm", "dropout",
                 "initialisation", "weights")),
    ("Training", ("cost", "optimizer", "rate", "momentum", "nesterov", "l2", "batch", "epochs")),
)  # fmt: skip
REST = "Run"
DATA_WORDS = {name: name.replace("-", " ") for name in SETS}
NETWORKS = {FULLY_CONNECTED: "fully connected", CONVNET: "convolutional", "pocket": "pocket"}


@dataclass(frozen=True, slots=True)
class Group:
    """Fields that stand together."""

    title: str
    fields: tuple[FormField, ...]


@dataclass(frozen=True, slots=True)
class CheckLine:
    """What a check before the start found; `passed` None: it cannot be told."""

    title: str
    passed: bool | None
    words: str


@dataclass(frozen=True, slots=True)
class Preset:
    """Settings that go together, where they are not the usual ones."""

    title: str
    tip: str
    changes: Mapping[str, Any]


PRESETS = {
    "usual": Preset("Digits", "8 × 8 digits, 30 hidden units: learned in seconds", {}),
    "poster": Preset(
        "First network of the textbook",
        "30 hidden sigmoid units, quadratic cost, large first weights (Nielsen 2015, chapter 1): "
        "it learns, slowly where units saturate",
        {"cost": "quadratic", "initialisation": "large", "rate": 3.0, "batch": 10},
    ),
    "convnet": Preset(
        "Convnet on digits",
        "Two convolutions of 3 × 3, ReLU, Adam",
        {
            "network": CONVNET, "channels": (16, 32), "activation": "relu", "optimizer": "adam",
            "rate": 0.003, "epochs": 10,
        },
    ),
    "too-high": Preset(
        "Learning rate too high",
        "The same digits with ReLU and a rate at which it cannot learn: see what is said of it",
        {"activation": "relu", "hidden": (100, 100), "rate": 8.0},
    ),
    "label-noise": Preset(
        "With label noise",
        "A fifth of the training examples has a wrong class: it learns them by heart",
        {
            "activation": "relu", "hidden": (200,), "rate": 0.1, "momentum": 0.9,
            "label_noise": 0.2, "epochs": 60, "find_label_errors": True,
        },
    ),
    "spiral": Preset(
        "Points on a spiral",
        "Two inputs, two hidden layers of tanh: decision regions bend while it learns",
        {"data": "spiral", "hidden": (16, 16), "activation": "tanh", "rate": 0.1,
         "momentum": 0.9, "epochs": 100},
    ),
}  # fmt: skip


def groups() -> tuple[Group, ...]:
    """Return the plan's fields in groups; those that no group knows come last."""
    fields = {field.path: _on_slider(field) for field in form_fields(TrainPlan)}
    known = {path for _, paths in GROUPS for path in paths}
    found = [
        Group(title, tuple(fields[path] for path in paths if path in fields))
        for title, paths in GROUPS
    ]
    return (*found, Group(REST, tuple(f for path, f in fields.items() if path not in known)))


def asked_for(plan: TrainPlan) -> tuple[str, ...]:
    """Return the fields that mean something beside the others of a plan."""
    is_set = plan.data in SETS
    pointless = {
        "hidden": plan.network != FULLY_CONNECTED,
        "channels": plan.network != CONVNET,
        "weights": plan.network in LEARNERS,
        "activation": plan.network not in (FULLY_CONNECTED, CONVNET),
        "batch_norm": plan.network not in (FULLY_CONNECTED, CONVNET),
        "side": is_set,
        "nesterov": not plan.momentum,
    }
    return tuple(f.path for f in form_fields(TrainPlan) if not pointless.get(f.path, False))


def _on_slider(field: FormField) -> FormField:
    """Let a slider end where usual values do, and be logarithmic where its span is wide."""
    high = USUAL.get(field.path, field.high)
    low = field.low or 0.0
    is_wide = high is not None and high - low >= WIDE
    return replace(field, high=high, logarithmic=field.logarithmic or is_wide)


def data_title(plan: TrainPlan) -> str:
    """Return what is learned from, in a few words."""
    if plan.data in SETS:
        return "8 × 8 digits" if plan.data == "digits" else plan.data.replace("-", " ")
    return plan.data.rstrip("/").rpartition("/")[2]


def network_title(plan: TrainPlan) -> str:
    """Return what is trained, with its sizes."""
    if plan.network == FULLY_CONNECTED:
        return f"{', '.join(map(str, plan.hidden)) or 'no'} hidden"
    if plan.network == CONVNET:
        sizes = dict.fromkeys((plan.channels[0], plan.channels[-1]))
        return f"{len(plan.channels)} conv, {'–'.join(map(str, sizes))}"
    return NETWORKS.get(plan.network, plan.network.rpartition(":")[2])
