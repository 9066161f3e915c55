"""Plans: how a network is trained, as plain frozen data.

A field's title stands beside its control, its docstring is the tooltip.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from deepvis_app.errors import UserError, in_brief, in_short, short_text
from deepvis_app.fields import shown
from deepvis_app.lab.trainer.choices import (
    Activation,
    Cost,
    Initialisation,
    Normalise,
    Optimizer,
    Weights,
)
from deepvis_app.nets.learners import MOST_LAYERS, MOST_UNITS
from deepvis_app.reading import MOST_SEED, Unreadable, parse_json, read_text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

FULLY_CONNECTED, CONVNET, POCKET = LEARNERS = ("fully-connected", "convnet", "pocket")
MOST_STEPS = 10_000_000
#: What `Training.change` takes while it runs.
LIVE = ("rate", "momentum", "l2", "batch", "epochs")

Units = Annotated[int, Field(ge=1, le=MOST_UNITS)]
Layers = Annotated[tuple[Units, ...], Field(max_length=MOST_LAYERS)]


class TrainPlan(BaseModel):
    """All that decides a training. Raises `UserError` naming the field that is wrong."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False
    )

    data: Annotated[str, Field(min_length=1, max_length=4096, title="Data")] = "digits"
    """Where examples come from: a set's name, or a folder with a subfolder for each class."""

    data_folder: str | None = Field(default=None, max_length=4096, title="Folder of the set")
    """Where a set that was downloaded lies; the usual folders unless told."""

    network: Annotated[str, Field(min_length=1, max_length=4096, title="Network")] = FULLY_CONNECTED
    """fully-connected, convnet, pocket, or any network that can be opened."""

    hidden: Layers = Field(default=(30,), title="Hidden units")
    """Units of each layer between input and scores, of a fully connected network."""

    channels: Layers = Field(default=(24, 48, 64, 96), title="Convolutions", min_length=1)
    """Units of each convolution, of a convolutional network."""

    activation: Activation = Field(default=Activation.SIGMOID, title="Activation")
    """What lies behind every hidden layer."""

    batch_norm: bool = Field(default=False, title="Batch norm")
    """Bring every hidden layer's values to mean 0 and deviation 1 within a batch."""

    dropout: float = Field(
        default=0, ge=0, lt=1, title="Dropout", json_schema_extra=shown(step=0.05)
    )
    """Silence this share of the hidden units at every step."""

    initialisation: Initialisation = Field(default=Initialisation.DEFAULT, title="First weights")
    """What the first weights are drawn from."""

    weights: Weights = Field(default=Weights.RANDOM, title="Begin with")
    """Fresh weights, or those that an opened network brings, its last layer apart."""

    cost: Cost = Field(default=Cost.CROSS_ENTROPY, title="Cost")
    """What is made small: −ln of the true class's probability, or half the squared distance."""

    optimizer: Optimizer = Field(default=Optimizer.SGD, title="Optimiser")
    """Who makes a step of a gradient."""

    rate: float = Field(
        default=0.3, gt=0, le=1e4, title="Learning rate", json_schema_extra=shown(logarithmic=True)
    )
    """How far a step goes along the gradient."""

    momentum: float = Field(
        default=0, ge=0, lt=1, title="Momentum", json_schema_extra=shown(step=0.05)
    )
    """Share of the last step that the next one keeps; of Adam and RMSprop the first average's."""

    nesterov: bool = Field(default=False, title="Nesterov")
    """Take the gradient where the momentum leads, not where it starts."""

    l2: float = Field(
        default=0, ge=0, le=100, title="L2", json_schema_extra=shown(logarithmic=True)
    )
    """λ of λ/2 Σ w², added to the cost over all weights but biases and norms; AdamW: its decay."""

    batch: int = Field(default=50, ge=1, le=65_536, title="Batch")
    """Examples a step."""

    epochs: int = Field(default=30, ge=1, le=100_000, title="Epochs")
    """Passes over the training examples."""

    train_size: int | None = Field(default=None, ge=1, le=10_000_000, title="Training examples")
    """How many are learned from; all that there are unless told."""

    val_size: int | None = Field(default=None, ge=1, le=10_000_000, title="Validation examples")
    """How many are kept apart to judge by; as the set has it unless told."""

    label_noise: float = Field(
        default=0, ge=0, le=1, title="Label noise", json_schema_extra=shown(step=0.05)
    )
    """Give this share of the training examples a wrong class, evenly drawn from the others."""

    noise: float = Field(default=0, ge=0, le=1, title="Noise", json_schema_extra=shown(step=0.05))
    """Deviation of noise on every picture, as a share of full brightness; clouds: their blur."""

    normalise: Normalise = Field(default=Normalise.STANDARD, title="Inputs")
    """Bring inputs to mean 0 and deviation 1, to 0..1, or leave brightness at 0..255."""

    side: int | None = Field(
        default=None, ge=4, le=512, title="Side", json_schema_extra=shown("px")
    )
    """What a folder's pictures are made to; by their own size unless told, at most 64."""

    find_label_errors: bool = Field(default=False, title="Find wrong labels")
    """Give some examples a class that does not exist: what looks like them is labelled wrongly."""

    checkpoints: int = Field(default=40, ge=1, le=1000, title="Checkpoints")
    """How many are kept over the whole run, apart from the close ones at its beginning."""

    keep_at: tuple[Annotated[int, Field(ge=0, le=MOST_STEPS)], ...] = Field(
        default=(), max_length=1000, title="Keep also at"
    )
    """Steps at which a checkpoint is kept in any case."""

    patience: int = Field(
        default=20, ge=1, le=MOST_STEPS, title="Patience", json_schema_extra=shown("steps")
    )
    """End a run whose loss or weights are not finite after so many steps."""

    device: Annotated[str, Field(pattern=r"^(auto|cpu|mps|cuda(:\d+)?)$", title="Device")] = "cpu"
    """Where it is computed: auto, cpu, cuda or mps."""

    seed: int = Field(default=0, ge=0, le=MOST_SEED, title="Seed")
    """Of first weights, order, noise and dropout."""

    def __init__(self, /, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise _explained(error) from error

    @model_validator(mode="after")
    def _agree(self) -> TrainPlan:
        if self.nesterov and not (self.momentum and self.optimizer is Optimizer.SGD):
            raise UserError(
                "nesterov needs the optimiser sgd with momentum",
                "Set momentum, such as 0.9, or leave nesterov off",
            )
        if self.weights is Weights.OWN and self.network in (FULLY_CONNECTED, CONVNET):
            raise UserError(
                f"weights = own is wrong: {self.network} brings none", "Use weights = random"
            )
        return self

    def changed(self, **values: Any) -> TrainPlan:
        """Return this plan with some fields changed. Raises `UserError` as the plan itself does."""
        return TrainPlan(**{name: getattr(self, name) for name in type(self).model_fields} | values)

    def to_json(self) -> str:
        """Return all of it as JSON, which `from_json` reads."""
        return self.model_dump_json(indent=2)

    @classmethod
    def from_json(cls, text: str, source: str = "The plan") -> TrainPlan:
        """Read a plan; what is left out has its default. Raises `UserError`."""
        try:
            values = parse_json(text)
        except Unreadable as error:
            raise UserError(f"{source} cannot be read: {error}", "Train again") from error
        if not isinstance(values, dict):
            raise UserError(f"{source} is no plan of a training", "Train again")
        return cls(**values)

    @classmethod
    def read(cls, path: Path) -> TrainPlan:
        """Read a plan's file. Raises `UserError`."""
        try:
            return cls.from_json(read_text(path), path.name)
        except FileNotFoundError as error:
            raise UserError(
                f"{path.parent} is no run that deepvis trained: it has no {path.name}",
                "See `deepvis runs`",
            ) from error
        except (OSError, Unreadable) as error:
            raise UserError(f"{path} cannot be read: {in_short(error)}", "Check it") from error


def check_live(names: Iterable[str]) -> None:
    """Raise `UserError` where one of the fields may not change while a network learns."""
    if strange := [name for name in names if name not in LIVE]:
        raise UserError(
            f"{strange[0]} cannot be changed while a network learns",
            f"{', '.join(LIVE)} can; for others start another run",
        )


def _explained(error: ValidationError) -> UserError:
    first = error.errors(include_url=False)[0]
    name = short_text(str(first["loc"][0])) if first["loc"] else "The plan"
    if first["type"] == "extra_forbidden":
        near = difflib.get_close_matches(name, TrainPlan.model_fields, 1, 0.5)
        remedy = f"Did you mean {near[0]}?" if near else f"Use {', '.join(TrainPlan.model_fields)}"
        return UserError(f"A plan has no field {name!r}", remedy)
    cause = f"{name} = {in_brief(first['input'])} is wrong"
    if first["type"] == "string_pattern_mismatch":
        return UserError(cause, "Use auto, cpu, cuda, cuda:N or mps")
    _, _, reason = first["msg"].partition(" should ")
    return UserError(cause, f"It should {reason}")
