"""Pictures as a sum of levels, each half as fine as the one before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from deepvis_app.synth.blur import gaussian_blur
from deepvis_app.synth.parameterisation import Squashed

if TYPE_CHECKING:
    from torch import Tensor

    from deepvis_app.synth.parameterisation import Values
    from deepvis_app.synth.recipe import ImageSpec
    from deepvis_app.synth.space import PictureSpace

_LEAST_SIDE = 4


class Laplacian(Squashed):
    """Levels of 1, 1/2, 1/4, … of the size, enlarged bilinearly and added.

    Burt and Adelson, "The Laplacian Pyramid as a Compact Image Code", 1983. A step changes every
    octave alike, as in photographs.
    """

    def __init__(self, space: PictureSpace, size: tuple[int, int], spec: ImageSpec) -> None:
        super().__init__(space, size, spec)
        self._sizes = [size]
        while min(self._sizes[-1]) >= 2 * _LEAST_SIDE:
            height, width = self._sizes[-1]
            self._sizes.append(((height + 1) // 2, (width + 1) // 2))

    def linear(self, values: Values) -> Tensor:
        total = values[self._name(len(self._sizes) - 1)]
        for level in reversed(range(len(self._sizes) - 1)):
            total = self._enlarged(total, level) + values[self._name(level)]
        return total

    def unlinear(self, pictures: Tensor) -> Values:
        levels = [pictures]
        for size in self._sizes[1:]:
            levels.append(functional.adaptive_avg_pool2d(levels[-1], size))
        values = {self._name(len(levels) - 1): levels[-1].clone()}
        for level in range(len(levels) - 1):
            values[self._name(level)] = levels[level] - self._enlarged(levels[level + 1], level)
        return values

    def draw(self, generator: torch.Generator) -> Values:
        return {
            self._name(level): torch.randn((1, self.space.channels, *size), generator=generator)
            for level, size in enumerate(self._sizes)
        }

    def blurred(self, values: Values, sigma: float) -> Values:
        return {
            self._name(level): gaussian_blur(values[self._name(level)], sigma / 2**level)
            for level in range(len(self._sizes))
        }

    @staticmethod
    def _name(level: int) -> str:
        return f"level{level}"

    def _enlarged(self, picture: Tensor, level: int) -> Tensor:
        return functional.interpolate(
            picture, self._sizes[level], mode="bilinear", align_corners=False
        )
