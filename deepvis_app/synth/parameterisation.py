"""What the optimised numbers are, and the picture they make."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

import torch

from deepvis_app.synth.blur import gaussian_blur
from deepvis_app.synth.choices import Start
from deepvis_app.synth.colours import colour_matrix, mixed

if TYPE_CHECKING:
    from torch import Tensor

    from deepvis_app.synth.recipe import ImageSpec
    from deepvis_app.synth.space import PictureSpace

    Values = dict[str, Tensor]  # by name, one sample first each: (B, …)

_SPAN = 0.02  # of 0..1: what a squashed picture is kept from its ends when it is inverted


def chance(device: torch.device | str, *facts: int | str) -> torch.Generator:
    """Return a generator seeded by facts alone."""
    digest = hashlib.sha256(repr(facts).encode()).digest()
    return torch.Generator(device).manual_seed(int.from_bytes(digest[:7], "big"))


class Parameterisation(ABC):
    """From values to pictures x (B, C, H, W) and back."""

    direct = False  # whether the values are the picture itself

    def __init__(self, space: PictureSpace, size: tuple[int, int], spec: ImageSpec) -> None:
        self.space, self.size, self.spec = space, size, spec

    def first(self, seed: int) -> Values:
        """Return the values (1, …) of a first picture; they depend on the seed alone."""
        generator = chance("cpu", seed, "start")
        shape = (1, self.space.channels, *self.size)
        flat = torch.zeros(shape, dtype=self.space.dtype, device=self.space.device)
        if self.spec.start is Start.RANDU:
            values = torch.rand(shape, generator=generator).to(flat) * 255
            return self.invert(values - self.space.mean)
        base = self.invert(flat)
        if self.spec.start is Start.MEAN or not self.spec.start_std:
            return base
        return self.noisy(base, generator)

    @abstractmethod
    def noisy(self, values: Values, generator: torch.Generator) -> Values:
        """Add noise of the recipe's standard deviation to the values of a flat picture."""

    @abstractmethod
    def render(self, values: Values) -> Tensor:
        """Return the pictures x (B, C, H, W) of values; differentiable."""

    @abstractmethod
    def invert(self, x: Tensor) -> Values:
        """Return values whose pictures are x, as nearly as this form allows."""

    def bounded(self, values: Values) -> Values:
        """Return values within their bounds: done before each step."""
        return values

    def faded(self, values: Values, decay: float) -> Values:
        """Pull the picture towards a flat one by a share."""
        return {name: value * (1 - decay) for name, value in values.items()}

    @abstractmethod
    def blurred(self, values: Values, sigma: float) -> Values:
        """Blur the picture by sigma pixels."""


class Pixels(Parameterisation):
    """The picture itself, clipped to 0..255 before each step, as in Yosinski et al. (2015)."""

    direct = True

    def noisy(self, values: Values, generator: torch.Generator) -> Values:
        x = values["x"]
        noise = torch.randn(x.shape, generator=generator).to(x)
        return {"x": x + noise * self.spec.start_std}

    def render(self, values: Values) -> Tensor:
        return values["x"]

    def invert(self, x: Tensor) -> Values:
        return {"x": x.clone()}

    def bounded(self, values: Values) -> Values:
        return {"x": self.space.clipped(values["x"])}

    def blurred(self, values: Values, sigma: float) -> Values:
        return {"x": gaussian_blur(values["x"], sigma)}


class Squashed(Parameterisation):
    """A linear form behind a mix of colours and a logistic function, which bounds the picture.

    Olah et al., "Feature Visualization", Distill 2017.
    """

    def __init__(self, space: PictureSpace, size: tuple[int, int], spec: ImageSpec) -> None:
        super().__init__(space, size, spec)
        self._colours = colour_matrix(space.channels, spec.decorrelate, space.mean)
        self._uncolours = torch.linalg.inv(self._colours)

    @abstractmethod
    def linear(self, values: Values) -> Tensor:
        """Return what is mixed and squashed, (B, C, H, W)."""

    @abstractmethod
    def unlinear(self, pictures: Tensor) -> Values:
        """Invert `linear`."""

    @abstractmethod
    def draw(self, generator: torch.Generator) -> Values:
        """Return noise as values (1, …), of any strength."""

    def noisy(self, values: Values, generator: torch.Generator) -> Values:
        drawn = {k: v.to(values[k]) for k, v in self.draw(generator).items()}
        spread = mixed(self.linear(drawn), self._colours).double().std()  # threads sum as they will
        strength = float(self.spec.start_std * 4 / 255 / spread)  # the logistic's slope: 1/4 at 0
        return {name: value + strength * drawn[name] for name, value in values.items()}

    def render(self, values: Values) -> Tensor:
        picture = torch.sigmoid(mixed(self.linear(values), self._colours))
        return 255 * picture - self.space.mean

    def invert(self, x: Tensor) -> Values:
        share = ((x + self.space.mean) / 255).clamp(_SPAN, 1 - _SPAN)
        return self.unlinear(mixed(torch.logit(share), self._uncolours))
