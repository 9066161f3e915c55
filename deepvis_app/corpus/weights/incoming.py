"""The weights that come into a unit, and what they make of what it sees: weight x activation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import torch
    from numpy.typing import NDArray
    from torch import Tensor

    from deepvis_app.corpus.weights.following import Index
    from deepvis_app.corpus.weights.operation import Operation
    from deepvis_app.nets import Unit
    from deepvis_app.nets.taps import Site

    Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """Whose units an operation's inputs are: `layers[layer_of[i]]`, unit `units[i]`.

    The layer "" is the network's own input, its units are the channels; a unit of -1 is that of no
    listed layer. `through` tells what stands between the layer and the operation.
    """

    layers: tuple[str, ...]
    layer_of: Index
    units: Index
    through: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.units)

    def taken(self, chosen: Index | slice) -> Inputs:
        return Inputs(self.layers, self.layer_of[chosen], self.units[chosen], self.through)

    def name(self, entry: int) -> str:
        """Return the layer of an input, "" for the network's own."""
        return self.layers[int(self.layer_of[entry])]


@dataclass(frozen=True, slots=True, eq=False)
class Incoming:
    """What comes into a unit through one operation, batch norm folded.

    `kernels` (n, rows, columns) are the weights for each of `inputs`, float32, read-only. Where an
    input is a whole map (a connected layer behind a flattened one), the kernel is as large as that.
    `site` is where the value appears that the operation reads, None where no module gets it.
    """

    operation: Operation | None  # None: a value that is added as it is
    kernels: Floats
    inputs: Inputs
    bias: float
    site: Site | None
    shape: torch.Size  # of the value that is read
    elements: Index  # (places,) the operation's elements, or the value's own
    order: Index | None = None  # (n, rows * columns) of the operation's inputs

    @property
    def norms(self) -> Floats:
        """The L2 norm of each kernel."""
        flat = self.kernels.reshape(len(self.kernels), -1)
        return np.asarray(np.linalg.norm(flat, axis=1), np.float32)

    @property
    def sums(self) -> Floats:
        """The sum of each kernel."""
        return np.asarray(self.kernels.sum((1, 2), dtype=np.float64), np.float32)

    def see(self, x: Tensor, place: int) -> Floats:
        """Return what the kernels lie on at a place of the unit's map: (n, rows, columns).

        `x` (1, ...) is the value at `site`. Raises `UserError` for an input of another size.
        """
        self.check_size(x)
        element = int(self.elements[place])
        if self.operation is None:
            one = x[tuple(int(i) for i in np.unravel_index(element, self.shape))]
            return np.asarray(one.float().cpu().numpy(), np.float32).reshape(1, 1, 1)
        seen = self.operation.read(x, element).float().cpu().numpy()
        if self.order is not None:
            seen = seen.reshape(-1)[self.order].reshape(self.kernels.shape)
        return np.asarray(seen, np.float32)

    def check_size(self, x: Tensor) -> None:
        """Raise `UserError` where a value is not of the shape that the weights are known for."""
        if x.shape[1:] != self.shape[1:]:
            raise UserError(
                "The weights are known for the network's own input size only",
                "Choose the own size",
            )


@dataclass(frozen=True, slots=True, eq=False)
class Weighed:
    """What adds up at one place: by operation what was seen, and each input's part of the sum."""

    seen: tuple[Floats, ...]  # (n, rows, columns)
    parts: tuple[Floats, ...]  # (n,)
    bias: float
    total: float  # the pre-activation: all parts and the bias


@dataclass(frozen=True, slots=True, eq=False)
class UnitWeights:
    """What gives a unit: the sum of its `incoming`, then `after`, by name (such as "ReLU")."""

    unit: Unit
    incoming: tuple[Incoming, ...]
    after: tuple[str, ...]
    activate: Callable[[float, int], float]  # what `after` makes of a sum at a place

    @property
    def bias(self) -> float:
        return sum(each.bias for each in self.incoming)

    @property
    def sites(self) -> tuple[Site, ...] | None:
        """Where all that it reads can be had; None: some of it cannot."""
        sites = tuple(each.site for each in self.incoming if each.site is not None)
        return sites if len(sites) == len(self.incoming) else None

    def weigh(self, values: Mapping[Site, Tensor], place: int) -> Weighed:
        """Return weight times activation, summed over each kernel, at a place of the unit's map.

        `values` are the network's own at `sites`, (1, ...) each; `place` counts row by row.
        """
        assert self.sites is not None
        seen = tuple(
            each.see(values[site], place)
            for each, site in zip(self.incoming, self.sites, strict=True)
        )
        parts = tuple(
            np.einsum("nij,nij->n", each.kernels, s, dtype=np.float64)
            for each, s in zip(self.incoming, seen, strict=True)
        )
        total = float(sum(p.sum() for p in parts)) + self.bias
        return Weighed(seen, tuple(p.astype(np.float32) for p in parts), self.bias, total)

    def strength(self, rms: Mapping[str, Floats] | None = None) -> Floats:
        """Return how much each input can matter, over all of `incoming` one after the other.

        The L2 norm of the kernel, times the input's root mean square over a corpus where `rms` has
        it by layer (units,): else inputs that are never active would lead.
        """
        found = []
        for each in self.incoming:
            strengths = each.norms.copy()
            for number, layer in enumerate(each.inputs.layers):
                if rms is not None and layer in rms:
                    own = (each.inputs.layer_of == number) & (each.inputs.units >= 0)
                    strengths[own] *= rms[layer][each.inputs.units[own]]
            found.append(strengths)
        return np.concatenate(found)
