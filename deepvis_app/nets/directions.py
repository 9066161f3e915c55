"""Directions: named linear read-outs of a layer, units that no single channel is."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn import functional

from deepvis_app.errors import UserError, in_brief, in_words
from deepvis_app.nets.activations import Activation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    Numbers = Tensor | NDArray[np.generic] | Sequence[Any]

LONGEST_NAME = 200  # letters
DIGEST = 8  # letters of the content that a name by content ends in


@dataclass(frozen=True, slots=True, eq=False, init=False)
class Directions:
    """D read-outs of a layer's C units: at each place `activation(weight @ x + bias)`.

    Parameters
    ----------
    weight
        (D, C), a row a direction.
    bias
        (D,), or None for zeros.
    relu
        Whether what is below zero becomes zero; short for `activation=Activation("relu")`.
    names
        What the directions are called, or () for numbers alone.
    activation
        What follows the sum, see `Activation`.
    decoder, decoder_bias
        (D, C) and (C,): what reconstructs the layer from the activations, None where nothing does.
    figures
        What was measured of each, (D,) by name, such as those of `DirectionFigures`.

    All numbers are kept as float32 on the CPU. Raises `UserError` where shapes or numbers will
    not do.
    """

    weight: Tensor
    bias: Tensor | None
    names: tuple[str, ...]
    activation: Activation
    decoder: Tensor | None
    decoder_bias: Tensor | None
    digest: str  # SHA-256 (hex) of all that decides what is read
    figures: Mapping[str, tuple[float, ...]]
    _on: dict[object, tuple[Tensor, Tensor | None]] = field(repr=False)

    def __init__(
        self,
        weight: Numbers,
        bias: Numbers | None = None,
        relu: bool = False,
        names: Sequence[str] = (),
        *,
        activation: Activation | None = None,
        decoder: Numbers | None = None,
        decoder_bias: Numbers | None = None,
        figures: Mapping[str, Sequence[float]] | None = None,
    ) -> None:
        rows = _rows(weight)
        count, width = rows.shape
        if activation is None:
            activation = Activation("relu" if relu else "none")
        activation.check(count)
        values: dict[str, object] = {
            "weight": rows,
            "bias": _of_shape(bias, "bias", (count,)),
            "names": _checked_names(names, count),
            "activation": activation,
            "decoder": _of_shape(decoder, "decoder", (count, width)),
            "decoder_bias": _of_shape(decoder_bias, "decoder bias", (width,)),
            "figures": _checked_figures(figures or {}, count),
            "_on": {},
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)
        object.__setattr__(self, "digest", self._found_digest())

    def __repr__(self) -> str:
        return f"Directions({self.count} of {self.width} units, {self.activation})"

    def __getstate__(self) -> dict[str, object]:
        names = [name for name in self.__slots__ if name != "_on"]
        return {name: getattr(self, name) for name in names}

    def __setstate__(self, state: dict[str, object]) -> None:
        for name, value in {**state, "_on": {}}.items():
            object.__setattr__(self, name, value)

    def __len__(self) -> int:
        return self.count

    @property
    def count(self) -> int:
        """How many directions there are, D."""
        return self.weight.shape[0]

    @property
    def width(self) -> int:
        """How many units the layer has that they read, C."""
        return self.weight.shape[1]

    def _found_digest(self) -> str:
        found = hashlib.sha256(f"{tuple(self.weight.shape)} {self.activation}".encode())
        for values in (self.weight, self.bias, self.activation.thresholds(self.count)):
            found.update(b"none" if values is None else values.numpy().tobytes())
        return found.hexdigest()

    def words(self, index: int) -> str:
        """Say which unit a direction is nearest to and, where that was measured, what it explains.

        "6.1% of variance · near unit 12: cos 0.31": of that of all the layer's units together;
        the cosine is the nearest unit's share of the direction's length, with its sign.
        """
        row = self.weight[index].double()  # whose squares float32 may not hold
        unit = int(row.abs().argmax())
        told = f"near unit {unit}: cos {float(row[unit] / row.norm()):.2f}"
        if (explained := self.figures.get("explained")) is not None:
            told = f"{explained[index]:.1%} of variance · {told}"
        return told

    def by_content(self, name: str) -> str:
        """Return a name that tells these from any other directions: "sae-1f3a9c1d"."""
        return f"{name}-{self.digest[:DIGEST]}" if name else self.digest[:DIGEST]

    def is_named_by_content(self, name: str) -> bool:
        return name.endswith(self.digest[:DIGEST])

    def unmeasured(self) -> Directions:
        """Return the same without what was measured of them."""
        return Directions(
            self.weight, self.bias, names=self.names, activation=self.activation,
            decoder=self.decoder, decoder_bias=self.decoder_bias,
        )  # fmt: skip

    @property
    def relu(self) -> bool:
        """Whether what is below zero becomes zero."""
        return self.activation.kind != "none"

    # Reading

    def read(self, maps: Tensor) -> Tensor:
        """Return the directions' maps (N, D, h, w) of a layer's maps (N, C, h, w), in their type.

        They lie in memory as the layer's do. Sums are made in float32 at least, under autocast too.
        """
        with torch.autocast(maps.device.type, enabled=False):
            return self.activation(self.before_activation(maps)).to(maps.dtype)

    def before_activation(self, maps: Tensor) -> Tensor:
        """Return the weighted sums (N, D, h, w), in float32 at least."""
        maps = maps.to(torch.promote_types(maps.dtype, torch.float32))
        weight, bias = self.on(maps)
        if maps.stride(1) == 1 and maps.shape[1] > 1:  # units are innermost in memory
            sums: Tensor = functional.linear(maps.movedim(1, -1), weight, bias).movedim(-1, 1)
            return sums
        found: Tensor = torch.matmul(weight, maps.flatten(2)).unflatten(2, maps.shape[2:])
        return found if bias is None else found + bias[:, None, None]

    def on(self, like: Tensor) -> tuple[Tensor, Tensor | None]:
        """Return weight and bias on a tensor's device, in its type."""
        key = like.device, like.dtype
        if key not in self._on:
            with torch.inference_mode(False):
                bias = None if self.bias is None else self.bias.to(like.device, like.dtype)
                self._on[key] = self.weight.to(like.device, like.dtype), bias
        return self._on[key]

    def gradients(self, gradient: Tensor) -> Tensor:
        """Return what moving each direction by one does, (N, D, h, w), given a layer's gradient.

        The layer is moved along the direction's pseudo-inverse: by the least that changes the sum
        by one. For a unit vector that is the unit's own gradient.
        """
        gradient = gradient.to(torch.promote_types(gradient.dtype, torch.float32))
        weight, _ = self.on(gradient)
        ways = _ways(weight)
        found: Tensor = torch.matmul(ways, gradient.flatten(2)).unflatten(2, gradient.shape[2:])
        return found

    def held(self, maps: Tensor, index: int, value: float) -> Tensor:
        """Return the least change (N, C, h, w) of a layer's maps that holds a direction at a value.

        That is the difference of the sum along the direction's pseudo-inverse, `w / |w|²`. Where
        the activation cuts off what is at most `value`, only what exceeds it is changed: so many
        places stay as they are when a direction is held at zero.
        """
        with torch.autocast(maps.device.type, enabled=False):
            wide = maps.to(torch.promote_types(maps.dtype, torch.float32))
            row = self.on(wide)[0][index]
            sums = torch.einsum("nchw,c->nhw", wide, row)
            if self.bias is not None:
                sums = sums + float(self.bias[index])
            wanted = self.activation.before(sums, value, index)
            way = _ways(row)
            change: Tensor = (wanted - sums)[:, None] * way[:, None, None]
            return change.to(maps.dtype)

    def reconstruction(self, activations: Tensor) -> Tensor:
        """Return what the decoder makes of activations (n, D): the layer's units (n, C).

        Raises `UserError` where there is no decoder.
        """
        if self.decoder is None:
            raise UserError(
                "These directions have no decoder, so they reconstruct nothing",
                "Take a sparse autoencoder or a dictionary",
            )
        found = activations.float() @ self.decoder.to(activations.device)
        offset = self.decoder_bias
        return found if offset is None else found + offset.to(activations.device)

    def on_codes(self, codes: Tensor) -> Tensor:
        """Return activations (n, D) of codes (n, C), the layer's units at n places."""
        return self.read(codes[:, :, None, None])[:, :, 0, 0]


def _ways(weight: Tensor) -> Tensor:
    """Return the pseudo-inverse `w / |w|²` of each row (…, C), as large or small as it may be."""
    most = weight.abs().amax(-1, keepdim=True)
    scaled = weight / most  # else the type may not hold the squares
    return scaled / scaled.square().sum(-1, keepdim=True) / most


def _rows(weight: Numbers) -> Tensor:
    found = _numbers(weight, "weight")
    if found.ndim != 2 or not found.numel():
        raise UserError(
            f"The directions' weight has the shape {tuple(found.shape)}",
            "Give (directions, units)",
        )
    found = _finite(found, "weight")
    if not bool(found.any(1).all()):
        row = int((~found.any(1)).nonzero()[0])
        raise UserError(f"Direction {row} is zero: it leads nowhere", "Leave it out")
    return found


def _of_shape(values: Numbers | None, what: str, shape: tuple[int, ...]) -> Tensor | None:
    if values is None:
        return None
    found = _numbers(values, what)
    if tuple(found.shape) != shape:
        raise UserError(
            f"The directions' {what} has the shape {tuple(found.shape)}, "
            f"and the weight wants {shape}",
            "Give them together, as they were made",
        )
    return _finite(found, what)


def _numbers(values: Numbers, what: str) -> Tensor:
    try:
        return torch.as_tensor(values).detach().to("cpu", torch.float32)
    except (TypeError, ValueError, RuntimeError) as error:
        raise UserError(
            f"The directions' {what} is no array of numbers: {in_words(error)}", "Give numbers"
        ) from error


def _finite(found: Tensor, what: str) -> Tensor:
    """Return a copy of numbers, all of which are to be finite."""
    if not torch.isfinite(found).all():
        raise UserError(
            f"The directions' {what} holds NaN or infinity", "Make it again from finite numbers"
        )
    return found.clone().contiguous()


def _checked_figures(
    figures: Mapping[str, Sequence[float]], count: int
) -> dict[str, tuple[float, ...]]:
    found = {name: tuple(float(value) for value in values) for name, values in figures.items()}
    for name, values in found.items():
        if len(values) != count:
            raise UserError(
                f"There are {len(values)} figures {in_brief(name)} for {count} directions",
                "Give one a direction",
            )
    return found


def _checked_names(names: Sequence[str], count: int) -> tuple[str, ...]:
    found = tuple(names)
    if any(not isinstance(name, str) for name in found):
        raise UserError("Names of directions are texts", "Give a text each, or none")
    if found and len(found) != count:
        raise UserError(
            f"There are {len(found)} names for {count} directions", "Give one a direction, or none"
        )
    if long := next((name for name in found if len(name) > LONGEST_NAME), ""):
        raise UserError(f"The name {in_brief(long)} is too long", f"Use {LONGEST_NAME} letters")
    return found
