"""Recipes: how a preferred image is made, as plain frozen data.

A field's title stands beside its control, its docstring is the tooltip.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from enum import Enum
from typing import Any

import tomli_w
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from deepvis_app.errors import UserError, in_brief, short_text
from deepvis_app.fields import shown
from deepvis_app.reading import Unreadable, parse_toml
from deepvis_app.synth.choices import (
    Direction,
    Form,
    Normalise,
    Place,
    Policy,
    Quantity,
    Start,
    Statistics,
)
from deepvis_app.synth.contradictions import contradiction

#: Raised whenever the same recipe would give another picture; part of every recipe's key.
CODE_VERSION = 2
NAME_LETTERS = 100  # of a recipe, at most
# Settings that came later: at their defaults they are no part of a key, which stays what it was.
_LATER = (("objective", "naturalness"), ("objective", "statistics"))


class _Group(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False
    )


class ImageSpec(_Group):
    """What is optimised and where it starts."""

    parameterisation: Form = Field(default=Form.PIXEL, title="Made of")
    """Pixels, Fourier coefficients, a Laplacian pyramid, or phases under a natural spectrum."""

    decorrelate: bool = Field(default=False, title="Natural colours")
    """Work in colours as they vary together in photographs, which keeps garish ones rare."""

    start: Start = Field(default=Start.MEAN_PLUS_RAND, title="Start")
    """The first picture: the mean colour with noise, pure noise, or the mean colour alone."""

    start_std: float = Field(
        default=10.0, ge=0, le=100, title="Start noise", json_schema_extra=shown("levels", step=1)
    )
    """Standard deviation of the noise in the first picture, of 255 levels of brightness."""

    spectrum_power: float = Field(
        default=1.0, ge=0, le=2, title="Spectrum slope", json_schema_extra=shown(step=0.05)
    )
    """Fourier only: how much easier coarse structure changes than fine (1: as in photographs)."""

    grid_px: int = Field(
        default=0, ge=0, le=1024, title="Grid", json_schema_extra=shown("px", step=1)
    )
    """Make it on a grid of so many pixels and enlarge it: no fine detail, quicker; 0: its size."""

    size: float = Field(
        default=1.0, ge=0.25, le=4, title="Size", json_schema_extra=shown("× input", step=0.05)
    )
    """Side of the picture as a multiple of the network's input: smaller is faster and coarser."""


class TransformSpec(_Group):
    """What happens to the picture before the network sees it, anew at every step."""

    jitter_px: float = Field(
        default=0, ge=0, le=64, title="Jitter", json_schema_extra=shown("px of 224", step=1)
    )
    """Shift by up to so many pixels (of a picture 224 wide): what must survive it is cleaner."""

    scale: float = Field(
        default=0, ge=0, le=0.5, title="Zoom", json_schema_extra=shown("±", step=0.01)
    )
    """Zoom by up to this share in or out."""

    rotate_deg: float = Field(
        default=0, ge=0, le=90, title="Rotation", json_schema_extra=shown("± °", step=1)
    )
    """Turn by up to so many degrees either way."""

    crops: int = Field(default=0, ge=0, le=64, title="Crops")
    """Show the network so many random crops of the picture a step; 0 shows the whole picture."""

    crop_from: float = Field(
        default=0.5, ge=0.02, le=1, title="First crops", json_schema_extra=shown("of side")
    )
    """Side of the crops at the first step, as a share of the picture's."""

    crop_to: float = Field(
        default=0.05, ge=0.02, le=1, title="Last crops", json_schema_extra=shown("of side")
    )
    """Side of the crops at the last step."""

    noise: float = Field(
        default=0, ge=0, le=64, title="Noise", json_schema_extra=shown("levels", step=1)
    )
    """Standard deviation of the noise added to what the network sees, of 255 levels."""


class ObjectiveSpec(_Group):
    """What is driven, and which way."""

    place: Place = Field(default=Place.CENTRE, title="Place")
    """Drive a unit at the centre of its map, or the mean of its whole map (a texture)."""

    quantity: Quantity = Field(default=Quantity.ACTIVATION, title="Quantity")
    """The activation itself, or the probability that the layer's units give to this one."""

    direction: Direction = Field(default=Direction.MAXIMISE, title="Direction")
    """Seek what the unit likes most, or what it likes least."""

    diversity: float = Field(
        default=0, ge=0, le=2, title="Diversity", json_schema_extra=shown(step=0.05)
    )
    """How much the pictures of one unit made together are driven apart; 0 leaves them alone."""

    naturalness: float = Field(
        default=0, ge=0, le=20, title="Naturalness", json_schema_extra=shown(step=0.5)
    )
    """How strongly the layers before the unit are kept as photographs fill them; 0: not at all."""

    statistics: Statistics = Field(default=Statistics.MOMENTS, title="Compared")
    """By mean and deviation of every unit's map, or by all its values in their order (slower)."""


class GradientSpec(_Group):
    """What is done to the gradient before a step."""

    normalise: Normalise = Field(default=Normalise.NONE, title="Normalise")
    """Divide the gradient by its size, or keep its signs alone, so that steps have one size."""

    rescue_steps: int = Field(default=0, ge=0, le=200, title="Rescue of silent units")
    """For so many first steps, let through a gradient that a ReLU blocks whole; 0, as published."""


class StepSpec(_Group):
    """How far each step goes."""

    policy: Policy = Field(default=Policy.CONSTANT, title="Policy")
    """A constant rate, a rate that makes a set progress, or an adaptive optimiser."""

    rate: float = Field(
        default=10.0, gt=0, le=1e4, title="Rate", json_schema_extra=shown(logarithmic=True)
    )
    """Step for the constant policy and the optimisers: larger is faster and rougher."""

    settle: float = Field(
        default=1.0, ge=0.01, le=1, title="Last rate", json_schema_extra=shown("of first")
    )
    """The rate falls along a half cosine to this share of itself at the last step."""

    max_rate: float = Field(
        default=100.0,
        gt=0,
        le=1e9,
        title="Largest rate",
        json_schema_extra=shown(logarithmic=True),
    )
    """Bound of the rate in the progress policies."""

    desired_progress: float = Field(
        default=2.0, gt=0, le=1e3, title="Progress", json_schema_extra=shown(logarithmic=True)
    )
    """Gain of activation that a step of the progress policy aims at."""

    early_progress: float = Field(
        default=0.1, gt=0, le=1, title="Early progress", json_schema_extra=shown(logarithmic=True)
    )
    """Gain of probability that a first step of the progress01 policy aims at."""

    late_multiplier: float = Field(
        default=0.1, gt=0, le=1, title="Late progress", json_schema_extra=shown(logarithmic=True)
    )
    """Share of what is missing to probability 1 that a late step of progress01 aims at."""


class RegulariserSpec(_Group):
    """What keeps the picture from turning into noise; all after the step, in this order."""

    decay: float = Field(
        default=0, ge=0, lt=1, title="Decay", json_schema_extra=shown("a step", logarithmic=True)
    )
    """Pull every pixel towards the mean colour by this share: less extreme, fewer colours."""

    blur_radius: float = Field(
        default=0, ge=0, le=10, title="Blur", json_schema_extra=shown("px", step=0.1)
    )
    """Width of the Gaussian blur against fine noise; 0 is none, below 0.3 does little."""

    blur_every: int = Field(
        default=4, ge=1, le=100, title="Blur every", json_schema_extra=shown("steps")
    )
    """Steps between two blurs."""

    small_val_percentile: float = Field(
        default=0, ge=0, le=99.9, title="Clip small values", json_schema_extra=shown("%", step=1)
    )
    """Set this share of the values, those nearest to the mean colour, to it."""

    small_norm_percentile: float = Field(
        default=0, ge=0, le=99.9, title="Clip faint pixels", json_schema_extra=shown("%", step=1)
    )
    """Set this share of the pixels, those of least colour, to the mean colour."""

    contribution_percentile: float = Field(
        default=0, ge=0, le=99.9, title="Clip harmful pixels", json_schema_extra=shown("%", step=1)
    )
    """Set this share of the pixels, those which work most against the unit, to the mean colour."""

    contribution_abs_percentile: float = Field(
        default=0, ge=0, le=99.9, title="Clip idle pixels", json_schema_extra=shown("%", step=1)
    )
    """Set this share of the pixels, those which matter least to the unit, to the mean colour."""

    total_variation: float = Field(
        default=0, ge=0, le=2, title="Flatness", json_schema_extra=shown(step=0.01)
    )
    """Weight of flat areas with few edges, relative to the gradient."""


class StopSpec(_Group):
    """When it is over."""

    steps: int = Field(default=300, ge=1, le=100_000, title="Steps")
    """Number of steps."""

    patience: int = Field(
        default=0, ge=0, le=100_000, title="Patience", json_schema_extra=shown("steps")
    )
    """End a picture that has not become better for so many steps; 0 never does."""


class Recipe(_Group):
    """How a preferred image is made. `name` and `description` do not affect the picture.

    `UserError` where settings contradict each other.
    """

    name: str = Field(default="recipe", max_length=NAME_LETTERS)
    description: str = Field(default="", max_length=2000)
    image: ImageSpec = ImageSpec()
    transforms: TransformSpec = TransformSpec()
    objective: ObjectiveSpec = ObjectiveSpec()
    gradient: GradientSpec = GradientSpec()
    step: StepSpec = StepSpec()
    regularise: RegulariserSpec = RegulariserSpec()
    stop: StopSpec = StopSpec()

    @model_validator(mode="after")
    def _agree(self) -> Recipe:
        found = contradiction(self.model_dump(mode="json"))
        if found:
            raise UserError(f"{self.name}: {found[0]}", found[1])
        return self

    @property
    def key(self) -> str:
        """SHA-256 (hex) of all that determines the picture, and of the code's version."""
        facts = self.model_dump(mode="json", exclude={"name", "description"})
        for group, setting in _LATER:
            spec = getattr(self, group)
            if getattr(spec, setting) == type(spec).model_fields[setting].default:
                del facts[group][setting]
        text = json.dumps([CODE_VERSION, facts], sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def sign(self) -> float:
        """1 where the objective is maximised, -1 where it is minimised."""
        return 1.0 if self.objective.direction is Direction.MAXIMISE else -1.0

    def to_toml(self) -> str:
        """Return all of it as TOML, which `from_toml` reads."""
        return tomli_w.dumps(self.model_dump(mode="json"))

    @classmethod
    def from_toml(cls, text: str, source: str = "") -> Recipe:
        """Read a recipe; what is left out has its default. `source` names it in messages.

        Raises `UserError` naming the wrong key and the nearest valid one.
        """
        try:
            values = parse_toml(text)
        except Unreadable as error:
            where = source or "The recipe"
            raise UserError(f"{where} cannot be read: {error}", "Correct that line") from error
        return _validated(values, source)

    def with_value(self, path: str, value: object) -> Recipe:
        """Return this recipe with one setting changed, such as "regularise.decay"."""
        values = self.model_dump(mode="json")
        group, _, leaf = path.rpartition(".")
        target = values.setdefault(group, {}) if group else values
        target[leaf] = value.value if isinstance(value, Enum) else value
        return _validated(values, "")


def _validated(values: dict[str, Any], source: str) -> Recipe:
    try:
        return Recipe.model_validate(values)
    except ValidationError as error:
        raise _explained(error, source) from error
    except UserError as error:
        raise UserError(
            f"{source}: {error.cause}" if source else error.cause, error.remedy
        ) from error


def _explained(error: ValidationError, source: str) -> UserError:
    first = error.errors(include_url=False)[0]
    path = ".".join(short_text(str(step)) for step in first["loc"])
    where = f"{source}: " if source else ""
    if first["type"] == "extra_forbidden":
        there = f"{where}there" if source else "There"
        group = {} if source else first["input"]
        is_one = isinstance(group, dict) and len(group) == 1  # setting, in a group that is none
        near = _nearest(f"{path}.{short_text(str(next(iter(group))))}" if is_one else path)
        remedy = f"Did you mean {near}?" if near else f"Use one of {', '.join(_settings())}"
        return UserError(f"{there} is no setting {path!r}", remedy)
    given = first["input"]
    return UserError(f"{where}{path} = {in_brief(given)} is wrong: {first['msg']}", "Correct it")


def _nearest(path: str) -> str:
    """Return the valid path most like a wrong one; "" where none is like it."""
    by_leaf = {name.rpartition(".")[2]: name for name in _settings()}
    group, _, leaf = path.rpartition(".")
    if leaf in by_leaf:  # the right name in the wrong group
        return by_leaf[leaf]
    known = [*by_leaf.values()] if group else [*Recipe.model_fields]
    near = difflib.get_close_matches(path, known, 1, 0.6)
    near = near or [by_leaf[name] for name in difflib.get_close_matches(leaf, by_leaf, 1, 0.5)]
    return near[0] if near else ""


def _settings() -> list[str]:
    """Return every setting as it is written: "regularise.decay"."""
    groups = {g: f.annotation for g, f in Recipe.model_fields.items()}
    kinds = {g: k for g, k in groups.items() if isinstance(k, type) and issubclass(k, _Group)}
    return [f"{g}.{leaf}" for g, kind in kinds.items() for leaf in kind.model_fields]
