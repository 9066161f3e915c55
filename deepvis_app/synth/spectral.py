"""Pictures as Fourier coefficients, or as phases under a fixed spectrum."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch

from deepvis_app.synth.blur import transfer
from deepvis_app.synth.parameterisation import Squashed

if TYPE_CHECKING:
    from torch import Tensor

    from deepvis_app.synth.parameterisation import Values
    from deepvis_app.synth.recipe import ImageSpec
    from deepvis_app.synth.space import PictureSpace

# The mean magnitude spectrum of photographs as amplitude * f ** slope a colour, f in cycles a
# pixel of a picture 256 wide, orthonormal transform; and their mean. Measured for this file on 500
# ImageNet photographs, one of every second class (github.com/EliSchwartz/imagenet-sample-images):
# centre squares at 256 px under a Hann window, values 0.02..0.98 as logits, in the decorrelated
# colours of `colours.py`; lines fitted to log-log magnitudes, every octave with equal weight.
_SLOPE = (-1.216, -1.358, -1.215)
_AMPLITUDE = (0.1425, 0.0717, 0.1188)
_MEAN = (-0.360, 1.066, -0.436)
_MEASURED_AT = 256


def frequencies(size: tuple[int, int], like: Tensor) -> Tensor:
    """Return the frequency (cycles a pixel) of every coefficient of rfft2, (H, W // 2 + 1)."""
    rows = torch.fft.fftfreq(size[0], dtype=like.dtype, device=like.device)
    columns = torch.fft.rfftfreq(size[1], dtype=like.dtype, device=like.device)
    return torch.hypot(rows[:, None], columns[None, :])


class Fourier(Squashed):
    """Coefficients scaled by 1 / f ** power, so that a step changes all scales alike.

    Olah et al. (2017), with the scales of their library lucid, where Adam's rate is 0.05.
    """

    def __init__(self, space: PictureSpace, size: tuple[int, int], spec: ImageSpec) -> None:
        super().__init__(space, size, spec)
        self._frequency = frequencies(size, space.mean)
        lowest = 1 / max(size)
        scale = self._frequency.clamp(min=lowest) ** -spec.spectrum_power / 4
        self._scale = torch.stack([scale, scale], -1)  # of the real and the imaginary part

    def linear(self, values: Values) -> Tensor:
        spectrum = torch.view_as_complex(values["spectrum"] * self._scale)
        picture: Tensor = torch.fft.irfft2(spectrum, s=self.size, norm="ortho")
        return picture

    def unlinear(self, pictures: Tensor) -> Values:
        spectrum = torch.view_as_real(torch.fft.rfft2(pictures, norm="ortho"))
        return {"spectrum": spectrum / self._scale}

    def draw(self, generator: torch.Generator) -> Values:
        shape = (1, self.space.channels, *self._scale.shape)
        return {"spectrum": torch.randn(shape, generator=generator)}

    def blurred(self, values: Values, sigma: float) -> Values:
        left = transfer(self._frequency, sigma)[..., None]
        return {"spectrum": values["spectrum"] * left}


class Phase(Squashed):
    """Only the phases are free; the magnitudes are those of photographs.

    Fel et al., "Unlocking Feature Visualization for Deeper Networks with MAgnitude Constrained
    Optimization", NeurIPS 2023 (MACO), with a fitted spectrum in place of a stored one.
    """

    def __init__(self, space: PictureSpace, size: tuple[int, int], spec: ImageSpec) -> None:
        super().__init__(space, size, spec)
        enlarged = math.sqrt(size[0] * size[1]) / _MEASURED_AT
        frequency = frequencies(size, space.mean).clamp(min=1 / max(size)) * enlarged
        slope, amplitude = (
            space.mean.new_tensor(v[: space.channels]).view(1, -1, 1, 1)
            for v in (_SLOPE, _AMPLITUDE)
        )
        self._magnitude = amplitude * frequency**slope * enlarged
        self._magnitude[..., 0, 0] = 0  # the mean has no phase
        if space.channels == 3 and spec.decorrelate:
            self._mean = space.mean.new_tensor(_MEAN).view(1, -1, 1, 1)
        else:
            self._mean = torch.logit((space.mean / 255).clamp(0.02, 0.98))

    def linear(self, values: Values) -> Tensor:
        phase = values["phase"]
        spectrum = torch.polar(self._magnitude.expand_as(phase), phase)
        picture: Tensor = torch.fft.irfft2(spectrum, s=self.size, norm="ortho")
        return picture + self._mean

    def unlinear(self, pictures: Tensor) -> Values:
        return {"phase": torch.fft.rfft2(pictures - self._mean, norm="ortho").angle()}

    def draw(self, generator: torch.Generator) -> Values:
        shape = (1, *self._magnitude.shape[1:])
        return {"phase": torch.rand(shape, generator=generator) * (2 * math.pi)}

    def noisy(self, values: Values, generator: torch.Generator) -> Values:
        return {"phase": self.draw(generator)["phase"].to(values["phase"])}

    def blurred(self, values: Values, sigma: float) -> Values:  # noqa: ARG002 - recipes refuse it
        return values
