"""How directions are made of codes."""

from __future__ import annotations

from enum import Enum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from deepvis_app.errors import UserError, in_brief
from deepvis_app.fields import shown
from deepvis_app.reading import MOST_SEED

MOST_DIRECTIONS = 4096


class Method(Enum):
    """By what directions are found."""

    SPARSE = "sparse"
    NMF = "nmf"
    PCA = "pca"

    @property
    def title(self) -> str:
        """What it is called in a sentence."""
        return _TITLES[self]


_TITLES = {
    Method.SPARSE: "sparse dictionary",
    Method.NMF: "non-negative factors",
    Method.PCA: "principal components",
}


class DictionarySettings(BaseModel):
    """All that decides which directions are made of given codes; frozen. Raises `UserError`."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False
    )

    method: Method = Field(
        default=Method.SPARSE,
        title="Method",
        json_schema_extra=shown(
            words={"sparse": "Sparse", "nmf": "NMF", "pca": "PCA"}, side_by_side=True
        ),
    )
    """Few directions a place, parts that only add up, or those along which codes vary most."""

    count: int = Field(
        default=128, ge=1, le=MOST_DIRECTIONS, title="Directions",
        json_schema_extra=shown(logarithmic=True),
    )  # fmt: skip
    """How many are made."""

    sparsity: float = Field(
        default=0.12, gt=0, le=0.5, title="Sparsity", json_schema_extra=shown(step=0.01)
    )
    """How much of a usual code a direction must take away to be used at a place."""

    codes: int = Field(
        default=20_000, ge=100, le=200_000, title="Places",
        json_schema_extra=shown(logarithmic=True),
    )  # fmt: skip
    """How many places of pictures are looked at, at most."""

    seed: int = Field(default=0, ge=0, le=MOST_SEED, title="Seed")
    """Of which places are looked at, and in which order."""

    def __init__(self, /, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise _explained(error) from error


def _explained(error: ValidationError) -> UserError:
    first = error.errors(include_url=False)[0]
    name = ".".join(map(str, first["loc"])) or "The setting"
    _, _, reason = first["msg"].partition(" should ")
    remedy = (
        f"It should {reason}" if reason else f"Use {', '.join(DictionarySettings.model_fields)}"
    )
    return UserError(f"{name} = {in_brief(first['input'])} is wrong", remedy)
