"""What all questions about a unit on a picture share, whatever they ask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import torch

from deepvis_app.engine.jobs.kind import JobKind, Rank
from deepvis_app.engine.known_array import KnownArray
from deepvis_app.errors import UserError
from deepvis_app.explain import Seed
from deepvis_app.nets.layers import Unit
from deepvis_app.reading import whole_number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from deepvis_app.nets.network import Network

ARRAYS = "arrays.safetensors"
GONE = UserError("The picture of this question was not kept", "Ask again of another picture")


@dataclass(frozen=True, slots=True)
class AboutPicture:
    """What is asked of a unit on a picture.

    `picture` is uint8 (H, W, 3) as the network sees it (`Network.view`).
    """

    picture: KnownArray
    unit: Unit
    seed: Seed
    method: str


A = TypeVar("A", bound=AboutPicture)
V = TypeVar("V")  # the answer


class AboutPictureKind(JobKind[A, V]):
    """One question is one part, and somebody waits for it."""

    def title(self, request: A) -> str:
        unit = request.unit
        place = "" if unit.position is None else " at {},{}".format(*unit.position)
        return f"{unit.layer} · unit {unit.index}{place}"

    def rank(self, request: A) -> Rank:  # noqa: ARG002
        return Rank.ASKED

    def unit_of(self, part: A) -> Unit:
        return Unit(part.unit.layer, part.unit.index)

    def to_data(self, request: A) -> dict[str, Any]:
        unit = request.unit
        return {
            "picture": request.picture.digest,
            "unit": [unit.layer, unit.index, unit.position],
            "seed": str(request.seed),
            "method": request.method,
        }


def asked_in(data: Mapping[str, Any]) -> tuple[KnownArray, Unit, Seed, str]:
    """Return the values of `AboutPicture`, in its order, as `to_data` wrote them.

    Raises one of `kind.WRONG` for anything else.
    """
    if not isinstance(data["method"], str):
        raise ValueError("a method is a word")
    picture, seed = KnownArray.named(data["picture"]), Seed.parse(data["seed"])
    return picture, _unit_in(data["unit"]), seed, data["method"]


def _unit_in(data: Any) -> Unit:
    layer, index, position = data
    if not isinstance(layer, str):
        raise ValueError("a layer is a word")
    if position is None:
        return Unit(layer, whole_number(index))
    row, column = position
    return Unit(layer, whole_number(index), (whole_number(row), whole_number(column)))


def input_of(network: Network, picture: KnownArray) -> Tensor:
    """Return a picture as the network's input (C, H, W)."""
    if picture.values is None:
        raise GONE
    return network.normalise(picture.values)


def luggage_of(**arrays: KnownArray | None) -> Mapping[str, Tensor]:
    """Return arrays as they are kept beside a request."""
    there = {name: one.values for name, one in arrays.items() if one is not None}
    return {k: torch.from_numpy(v.copy()) for k, v in there.items() if v is not None}


def loaded(array: KnownArray, values: Tensor | None) -> KnownArray:
    """Return an array with its values, unless they are of another one."""
    found = array if values is None else KnownArray.of(values.numpy())
    return found if found == array else array
