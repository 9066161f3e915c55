"""A picture's code at a layer, and objectives that compare another picture's with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import torch
from torch.nn import functional

from deepvis_app.errors import UserError
from deepvis_app.synth.reads import Held, Reads
from deepvis_app.synth.space import PictureSpace

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from deepvis_app.nets import Network

_TINY = 1e-30


class Looking:
    """Shows a network pictures x (C, H, W), as results have them, for codes and scores."""

    def __init__(self, network: Network) -> None:
        self._network, self._space = network, PictureSpace(network)

    def picture(self, view: NDArray[np.uint8]) -> Tensor:
        """Return x of a picture as the network sees it, uint8 (H, W, 3)."""
        return self._space.from_input(self._network.normalise(view)[None])[0]

    def blank(self) -> Tensor:
        """Return x of a picture of the network's mean colour."""
        height, width = self._network.input_shape[1:]
        return self._space.mean.new_zeros(self._space.channels, height, width)

    def as_saved(self, x: NDArray[np.float32]) -> Tensor:
        """Return a picture x rounded to 8 bits a colour, as its file has it."""
        values = torch.from_numpy(x).to(self._space.device, self._space.dtype)
        mean = self._space.mean[0]
        return (values + mean).clamp(0, 255).round() - mean

    def code(self, x: Tensor, layer: str) -> Tensor:
        """Return a layer's maps (1, C, h, w)."""
        with torch.no_grad():
            passed = self._network.forward(self._input(x), [layer], stop_early=True)
        return passed.activations[layer]

    def scores(self, **pictures: Tensor) -> dict[str, NDArray[np.float32]]:
        """Return the class scores (K,) of pictures x, as they are shown; {} where there are none.

        A picture `before` gives "scores_before".
        """
        found = {}
        for name, x in pictures.items():
            with torch.no_grad():
                scores = self._network.scores(self._network.forward(self._input(x)))
            if scores is not None:
                found[f"scores_{name}"] = scores[0].cpu().numpy()
        return found

    def _input(self, x: Tensor) -> Tensor:
        size, x = self._network.input_shape[1:], x[None]
        if x.shape[2:] != size:
            x = functional.interpolate(x, size, mode="bilinear", antialias=True)
        return self._space.to_input(x)


def code_worth_matching(code: Tensor, layer: str, units: tuple[int, ...]) -> Held:
    """Return a code (1, C, h, w) of some units, all for (), to be held.

    Raises `UserError` where it is zero or not finite.
    """
    code = code[:, units] if units else code
    what = f"These units of {layer}" if units else layer
    verb = "are" if units else "is"
    if not bool(torch.isfinite(code).all()):
        raise UserError(
            f"{what} {verb} not finite on this picture",
            "Choose an earlier layer, or check the network's weights",
        )
    if not bool(code.any()):
        raise UserError(f"{what} {verb} zero on this picture", "Choose another layer or picture")
    return Held.of(code)


def relative_error(found: Tensor, wanted: Tensor) -> Tensor:
    """Return |found - wanted|^2 / |wanted|^2, a number."""
    return (found - wanted).square().sum() / wanted.square().sum().clamp(min=_TINY)


@dataclass(frozen=True, slots=True)
class OfCode(Reads):
    """An objective of some of a layer's units, all for (), beside a code of these."""

    layer: str
    code: Held  # (1, units, h, w)
    units: tuple[int, ...] = ()

    def layers(self, network: Network) -> tuple[str, ...]:
        return (network.layer(self.layer).name,)

    def seen(self, seen: Mapping[str, Tensor]) -> Tensor:
        maps = seen[self.layer]
        return maps[:, self.units] if self.units else maps


@dataclass(frozen=True, slots=True)
class CodeObjective(OfCode):
    """Minus the squared distance to a code, over the code's squared length."""

    kind: ClassVar[str] = "code"

    def read(self, seen: Mapping[str, Tensor]) -> Tensor:
        return -relative_error(self.seen(seen), self.code.values)


@dataclass(frozen=True, slots=True)
class Exaggeration(OfCode):
    """How much of the code's positive part there is: 1 where the code is that itself.

    <found, code> / <code, code>, as in Mahendran and Vedaldi (2016), times a power of the cosine
    between the two (not below a tenth), as in the library lucid: it keeps what is not of the code
    from growing along.
    """

    kind: ClassVar[str] = "exaggeration"

    power: float = 0.0

    def read(self, seen: Mapping[str, Tensor]) -> Tensor:
        found, wanted = self.seen(seen), self.code.values
        length = wanted.square().sum().clamp(min=_TINY)
        share = (found * wanted).sum() / length
        if not self.power:
            return share
        cosine = share * (length / found.square().sum().clamp(min=_TINY)).sqrt()
        return share * cosine.clamp(min=0.1).pow(self.power)
