"""How alike two textures are: by a layer's statistics over all places (Gatys et al. 2016)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import torch

from deepvis_app.synth.reads import PICTURE, Held, Reads

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from deepvis_app.nets import Network

_TINY = 1e-30
_ROUNDING = 10  # machine epsilons of the largest eigenvalue: what is smaller may be nothing


@dataclass(frozen=True, slots=True)
class GramObjective(Reads):
    """Minus the squared distance of Gram matrices, over the wanted one's squared length.

    A Gram matrix holds the mean products of every two units (Gatys et al. 2016).
    """

    kind: ClassVar[str] = "gram"

    layer: str
    wanted: Held  # (C, C)

    @classmethod
    def of(cls, layer: str, maps: Tensor) -> GramObjective:
        """Want what is in a layer's maps (1, C, h, w)."""
        return cls(layer, Held.of(gram(maps)))

    def layers(self, network: Network) -> tuple[str, ...]:
        return (network.layer(self.layer).name,)

    def read(self, seen: Mapping[str, Tensor]) -> Tensor:
        wanted = self.wanted.values
        distance = (gram(seen[self.layer]) - wanted).square().sum()
        return -distance / wanted.square().sum().clamp(min=_TINY)


@dataclass(frozen=True, slots=True)
class SpreadObjective(Reads):
    """Minus the squared Wasserstein-2 distance of two normal distributions, over the wanted power.

    The distributions have the mean and covariance of the units' values. At distance 1 the one is
    as far from the wanted one as a layer of zeros is. After Crowson's style-transfer-pytorch.
    """

    kind: ClassVar[str] = "spread"

    layer: str  # or `PICTURE`: its colours
    mean: Held  # (C,)
    root: Held  # (C, C), of the covariance

    @classmethod
    def of(cls, layer: str, maps: Tensor) -> SpreadObjective:
        """Want what is in a layer's maps (1, C, h, w)."""
        mean, centred = centred_values(maps)
        return cls(layer, Held.of(mean), Held.of(square_root(centred @ centred.T)))

    def layers(self, network: Network) -> tuple[str, ...]:
        return (network.layer(self.layer).name,) if self.layer != PICTURE else ()

    def read(self, seen: Mapping[str, Tensor]) -> Tensor:
        mean, centred = centred_values(seen[self.layer])
        wanted, root = self.mean.values, self.root.values
        power = wanted.square().sum() + root.square().sum()
        spread = centred.square().sum() + root.square().sum() - 2 * sum_of_lengths(root @ centred)
        return -((mean - wanted).square().sum() + spread) / power.clamp(min=_TINY)


def gram(maps: Tensor) -> Tensor:
    """Return the mean products (C, C) of a layer's units over all places of (1, C, h, w)."""
    flat = maps.flatten(2)[0]
    products: Tensor = flat @ flat.T / flat.shape[1]
    return products


def centred_values(maps: Tensor) -> tuple[Tensor, Tensor]:
    """Return the units' means (C,) over all places, and X (C, places): X X' is their covariance."""
    flat = maps.flatten(2)[0]
    mean = flat.mean(1)
    return mean, (flat - mean[:, None]) / flat.shape[1] ** 0.5


def square_root(matrix: Tensor) -> Tensor:
    """Return the root of a symmetric positive matrix (C, C), itself symmetric and positive."""
    values, vectors = torch.linalg.eigh(matrix)
    root: Tensor = (vectors * values.clamp(min=0).sqrt()) @ vectors.T
    return root


def sum_of_lengths(matrix: Tensor) -> Tensor:
    """Return the sum of a matrix's (C, n) singular values; differentiable.

    By the eigenvalues of the smaller of its two products with itself, whose gradient needs no more
    than the eigenvectors; what is zero but for rounding has none.
    """
    is_wide = matrix.shape[0] <= matrix.shape[1]
    values = torch.linalg.eigvalsh(matrix @ matrix.T if is_wide else matrix.T @ matrix)
    rounding = _ROUNDING * torch.finfo(values.dtype).eps
    floor = (values[-1].detach() * rounding).clamp(min=_TINY)
    return torch.where(values > floor, values.clamp(min=floor).sqrt(), 0).sum()
