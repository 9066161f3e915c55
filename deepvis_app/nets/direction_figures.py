"""How much of a layer directions explain, and how far each is from a single unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from deepvis_app.errors import UserError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from deepvis_app.nets.directions import Directions

    Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class DirectionFigures:
    """What D directions are, beside the C units of the layer that they read, (D,) each.

    `explained` is the share of the variance of all units together that follows linearly from the
    one direction's activation; shares of directions that are correlated overlap. `nearest` is the
    unit with the largest weight and `cosine` what it is of the direction's length, with its sign:
    1 where the direction is that unit. `correlation` is that of the activation with this unit's
    value, `fires` the share of places where the direction is not zero.

    `together` is the share of the variance that all directions give back: through the decoder
    where there is one, else by the best linear fit on the same codes. `active` is the mean number
    of directions that are not zero at a place.
    """

    explained: Floats
    nearest: NDArray[np.int64]
    cosine: Floats
    correlation: Floats
    fires: Floats
    together: float
    active: float

    def by_name(self) -> dict[str, list[float]]:
        """Return what is of each direction, as `Directions.figures` takes it."""
        return {
            "explained": self.explained.tolist(),
            "nearest": self.nearest.tolist(),
            "cosine": self.cosine.tolist(),
            "correlation": self.correlation.tolist(),
            "fires": self.fires.tolist(),
        }


def nearest_units(directions: Directions) -> tuple[NDArray[np.int64], Floats]:
    """Return for each direction the unit with the largest weight, and the cosine to it."""
    weight = directions.weight.double()  # whose squares float32 may not hold
    units = weight.abs().argmax(1)
    cosines = weight.gather(1, units[:, None])[:, 0] / weight.norm(dim=1)
    return units.numpy(), cosines.float().numpy()


def explained_by(weight: Tensor, covariance: Tensor) -> Floats:
    """Return the share of a layer's variance that each row of weights (D, C) explains.

    `covariance` (C, C) is that of the layer's units. The best linear guess of all units from the
    one number `w · x` takes away `|Σ w|² / (w · Σ w)` of the trace of Σ. For eigenvectors that is
    the eigenvalue's share, as in PCA.
    """
    wide, rows = covariance.double(), weight.double()
    moved = rows @ wide
    variance = (moved * rows).sum(1)
    total = wide.trace().clamp_min(1e-300)
    shares = moved.square().sum(1) / variance.clamp_min(1e-300) / total
    found: Floats = shares.where(variance > 0, 0.0).clamp(0, 1).float().numpy()
    return found


def direction_figures(directions: Directions, codes: Tensor) -> DirectionFigures:
    """Return what directions explain of codes (n, C): a layer's units at n places of pictures.

    Raises `UserError` for fewer than two codes, another width or codes that are not finite.
    """
    if codes.ndim != 2 or codes.shape[1] != directions.width:
        raise UserError(
            f"The codes are {tuple(codes.shape)}, and the directions read {directions.width} units",
            "Take codes of the layer that they are on",
        )
    if len(codes) < 2:
        raise UserError("One code has no variance to be explained", "Take more pictures")
    if not torch.isfinite(codes).all():
        raise UserError("Some codes are NaN or infinite", "Leave those pictures out")
    codes = codes.detach().cpu().float()
    activations = directions.on_codes(codes)
    away, acts = (v.double() - v.double().mean(0) for v in (codes, activations))
    total = away.square().sum().clamp_min(1e-300)
    variance = acts.square().sum(0)
    shared = acts.T @ away  # (D, C)
    is_alive = variance > variance.max().clamp_min(1e-300) * 1e-12
    explained = shared.square().sum(1) / variance.clamp_min(1e-300) / total
    units, cosines = nearest_units(directions)
    chosen = torch.from_numpy(units)
    spread = (variance * away.square().sum(0)[chosen]).sqrt().clamp_min(1e-300)
    related = shared.gather(1, chosen[:, None])[:, 0] / spread
    is_on = (activations != 0).double()
    return DirectionFigures(
        explained.where(is_alive, 0.0).clamp(0, 1).float().numpy(),
        units,
        cosines,
        related.where(is_alive, 0.0).float().numpy(),
        is_on.mean(0).float().numpy(),
        _together(directions, codes, activations, away, acts),
        float(is_on.sum(1).mean()),
    )


def _together(
    directions: Directions, codes: Tensor, activations: Tensor, away: Tensor, acts: Tensor
) -> float:
    if directions.decoder is not None:
        missed = (codes - directions.reconstruction(activations)).double()
    else:
        fit = torch.linalg.lstsq(acts, away, driver="gelsd").solution
        missed = away - acts @ fit
    return float(1 - missed.square().sum() / away.square().sum().clamp_min(1e-300))
