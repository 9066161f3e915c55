"""What a log says of its training once: layers, parameters, optimisers, data."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class _Said(BaseModel):
    """Frozen; what a later version says besides is left out."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class ModuleInfo(_Said):
    """A layer of the network: a module that has parameters of its own, or gives activations."""

    name: str  # as in the module; "" is the network itself
    kind: str  # its class: "Conv2d"
    parameters: tuple[str, ...] = ()  # full names of its own, the shared ones where they come first
    shape: tuple[int, ...] = ()  # of its activations for one example, () where not measured


class ParameterInfo(_Said):
    """A parameter by its first name."""

    name: str
    shape: tuple[int, ...]
    kind: str = "float32"
    trained: bool = True  # an optimiser has it and it asks for a gradient
    shared: tuple[str, ...] = ()  # its other names


class OptimizerInfo(_Said):
    """An optimiser as it was at the start."""

    kind: str
    settings: dict[str, Any] = Field(default_factory=dict)  # of its first group


class About(_Said):
    """All that is known of a run from its first step; what nobody said is empty or 0."""

    name: str = ""
    started: float = 0.0  # seconds since 1970
    layers: tuple[ModuleInfo, ...] = ()  # in forward order where that is known
    probed: tuple[ModuleInfo, ...] = ()  # those whose activations the probe measures, likewise
    parameters: tuple[ParameterInfo, ...] = ()
    optimizers: tuple[OptimizerInfo, ...] = ()
    classes: tuple[str, ...] = ()
    class_shares: tuple[float, ...] = ()  # of the training set, adding up to 1
    batch: int = 0
    steps_per_epoch: int = 0
    total_steps: int = 0
    train_size: int = 0
    val_size: int = 0
    pretrained: bool = False  # weights were loaded before the first step
    facts: dict[str, Any] = Field(default_factory=dict)  # such as a trainer's plan
