"""Directions put on a layer of a network: a layer like any other, at the same place in a pass."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

import torch

from deepvis_app.errors import UserError, in_brief
from deepvis_app.nets.layers import LayerInfo
from deepvis_app.nets.pictures import Picture

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from deepvis_app.nets.directions import Directions
    from deepvis_app.nets.probe import Layer

KIND = "Directions"
BETWEEN = "~"  # stands between a layer's name and that of directions on it
_NAME = re.compile(r"[\w.+-]{1,100}")


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class DirectedPicture(Picture):
    """The way from a layer's output to the maps of directions: its own maps, read out."""

    base: Picture
    directions: Directions

    @classmethod
    def of(cls, base: Picture, directions: Directions) -> DirectedPicture:
        """Return the picture of directions on a layer that has the picture `base`."""
        own = {each.name: getattr(base, each.name) for each in fields(base)}
        shape = (directions.count, *base.shape[1:])
        return cls(**{**own, "shape": shape}, base=base, directions=directions)

    def maps(self, output: Tensor, aspect: float = 1.0) -> Tensor:
        return self.directions.read(self.base.maps(output, aspect))

    def gradients(self, gradient: Tensor, aspect: float = 1.0) -> Tensor:
        return self.directions.gradients(self.base.maps(gradient, aspect)).to(gradient.dtype)

    def held(self, output: Tensor, index: int, value: float) -> Tensor:
        """Return the output with a direction held at a value, see `Directions.held`; a copy."""
        maps = self.base.maps(output)
        change = self.directions.held(maps, index, value)
        if maps is output:
            return output + change
        numbers = torch.arange(output.numel(), device=output.device).reshape(output.shape)
        flat = output.new_zeros(output.numel())
        flat[self.base.maps(numbers).flatten()] = change.flatten()
        return output + flat.reshape(output.shape)


@dataclass(frozen=True, slots=True, eq=False)
class Directed:
    """Directions of a network: on which layer they are, and what they are called."""

    layer: str  # the one that they read
    name: str  # without the layer's
    directions: Directions

    @property
    def full_name(self) -> str:
        """The name of the layer that they are."""
        return f"{self.layer}{BETWEEN}{self.name}"

    @property
    def facts(self) -> str:
        """What a network's fingerprint has to hold of them, "" where the name says it all.

        What is kept of a unit is kept by its network and its layer's name.
        """
        if self.directions.is_named_by_content(self.name):
            return ""
        return f"{self.full_name} {self.directions.digest}"


def checked(base: Layer, directions: Directions, name: str | None) -> Directed:
    """Return directions on a layer by their name. Raises `UserError` where they do not fit it."""
    info = base.info
    if isinstance(base.picture, DirectedPicture):
        raise UserError(
            f"{info.name} is itself directions, and these are read from a layer of the network",
            f"Put them on {info.name.rpartition(BETWEEN)[0]}",
        )
    if directions.width != info.unit_count:
        raise UserError(
            f"The directions are of {directions.width} units, and {info.name} has "
            f"{info.unit_count}",
            f"Choose the layer that they were made for, with {directions.width} units",
        )
    name = directions.by_content("") if name is None else name
    if not _NAME.fullmatch(name):
        raise UserError(
            f"Directions cannot be called {in_brief(name)!r}",
            "Use letters, digits, dots, hyphens and underscores",
        )
    return Directed(info.name, name, directions)


def with_layer(layers: Mapping[str, Layer], directed: Directed) -> dict[str, Layer]:
    """Return a network's layers with directions behind the layer that they read.

    Raises `UserError` where the name is taken.
    """
    name = directed.full_name
    if name in layers:
        raise UserError(f"There is already a layer {name}", "Give the directions another name")
    base = layers[directed.layer]
    picture = DirectedPicture.of(base.picture, directed.directions)
    info = LayerInfo(name, KIND, picture.shape, base.info.layout, base.info.receptive_field)
    added = replace(base, info=info, picture=picture)
    found: dict[str, Layer] = {}
    last = [k for k in layers if k == directed.layer or k.startswith(directed.layer + BETWEEN)][-1]
    for key, layer in layers.items():
        found[key] = layer
        if key == last:
            found[name] = added
    return found
