"""How the values of every layer are spread, then and now: from runs to small plots and words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.lab.spreads import FIRST, layer_spreads
from deepvis_app.state.run_looks import RIDGES
from deepvis_app.tiles.spread import quantiles, shared_axis, within
from deepvis_app.ui.kit.plots.ridge_sheet import RidgePlate, Spread
from deepvis_app.words.figures import figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from deepvis_app.lab.log.run import Ridge, Run
    from deepvis_app.lab.spreads import Spreads

    Floats = NDArray[np.float64]

LINES = 11  # steps that have an outline each
BAND_STEPS = 60
SHARES = (0.05, 0.25, 0.5, 0.75, 0.95)
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
SHADE = "accent"
LAYER_SHADE = "text"  # of the one layer that lies over all
NO_STEPS, NO_BANDS = np.zeros(0, np.int64), np.zeros((0, len(SHARES)))
Cells = tuple[tuple[str, str], ...]
Drawn = tuple[Spread, tuple[Cells, ...]]  # of a layer, and what is told of it


def kinds_in(run: Run | None) -> frozenset[str]:
    """Return whose distributions a log has."""
    if run is None:
        return frozenset()
    return frozenset(kind for kind in RIDGES if kind in run.histograms)


def power_word(exponent: int) -> str:
    """Return 2 to an exponent as one writes it: 2⁻¹²."""
    return f"2{str(exponent).translate(RAISED)}"


@dataclass(frozen=True, slots=True)
class Beside:
    """What lies over each layer in a second colour: the same layer of another run, or one layer."""

    name: str
    shade: str  # a colour of the theme
    ridge: Ridge
    layer: str = ""  # the one that lies over all

    @classmethod
    def run(cls, name: str, shade: str, run: Run, kind: str) -> Beside | None:
        ridge = run.histograms.get(kind)
        return None if ridge is None else cls(name, shade, ridge)

    @classmethod
    def one_layer(cls, run: Run, kind: str, layer: str) -> Beside | None:
        """Return one layer of the run itself, over all of them; None: the log has it not."""
        ridge = run.histograms.get(kind)
        is_there = ridge is not None and layer in ridge.names
        return cls(layer, LAYER_SHADE, ridge, layer) if is_there and ridge is not None else None

    def spreads(self, most: int) -> tuple[Spreads, ...]:
        """Return what of it is drawn."""
        found = layer_spreads(self.ridge, most)
        if not self.layer:
            return found
        return tuple(each.only(self.layer) for each in found if self.layer in each.names)


class Ridges:
    """The small plots of a run's layers, all on one axis: outlines of some steps, or bands."""

    def __init__(
        self,
        kind: str,
        run: Run,
        name: str,
        beside: Beside | None = None,
        shade: str = SHADE,
        *,
        as_bands: bool = False,
    ) -> None:
        self._as_bands = as_bands
        most = BAND_STEPS if as_bands else LINES
        ridge = run.histograms.get(kind)
        found = () if ridge is None else layer_spreads(ridge, most)
        others = () if beside is None else beside.spreads(most)
        low, self.axis = _axis((*found, *others))
        self._from = low  # log2 of the lower edge that the axis's numbers count from
        self.ends = power_word(self.axis[0] + low), power_word(self.axis[1] + low)
        own = self._drawn(found, name, shade)
        more = {} if beside is None else self._drawn(others, beside.name, beside.shade)
        if beside is not None and beside.layer:
            more = dict.fromkeys(own, more[beside.layer]) if more else {}
        told = beside.name if beside is not None else ""
        names = () if ridge is None else ridge.names
        self.plates = tuple(
            _plate(layer, name, own[layer], more.get(layer), told)
            for layer in names
            if layer in own
        )

    def _drawn(self, found: Sequence[Spreads], name: str, shade: str) -> dict[str, Drawn]:
        """Return of each layer what is drawn, and what is told of its newest step."""
        drawn = {}
        for each in found:
            shift = self._from - each.first
            sizes = within(each.sizes, (self.axis[0] + shift, self.axis[1] + shift))
            total = np.maximum(each.total, 1)
            heights = sizes / total[..., None]
            zero, small, bad = (part / total for part in (each.zeros, each.subnormals, each.bad))
            bands = quantiles(sizes, SHARES, 0.0) if self._as_bands else NO_BANDS
            steps = each.steps if self._as_bands else NO_STEPS
            newest = quantiles(each.sizes[-1], (0.05, 0.5, 0.95), each.first)
            for k, layer in enumerate(each.names):
                spread = Spread(
                    name, shade, each.steps, heights[:, k], zero[:, k], small[:, k], bad[:, k],
                    steps, bands[:, k] if self._as_bands else NO_BANDS,
                )  # fmt: skip
                drawn[layer] = spread, _told(each, k, newest[k])
        return drawn


def _axis(found: Sequence[Spreads]) -> tuple[int, tuple[int, int]]:
    """Return what bins of all are counted from, log2 of a size, and the bins of the shared axis."""
    low = min((each.first for each in found), default=FIRST)
    layers = []
    for each in found:
        layers += [*within(each.sizes.sum(0), (low - each.first, each.sizes.shape[-1]))]
    return low, shared_axis(layers)


def _plate(layer: str, name: str, own: Drawn, other: Drawn | None, told: str) -> RidgePlate:
    spread, cells = own
    if other is None:
        return RidgePlate(layer, (spread,), _headed(cells, ""))
    own_name = name if name != told else layer
    spreads = replace(spread, name=own_name), other[0]
    return RidgePlate(layer, spreads, _headed(cells, own_name) + _headed(other[1], told))


def _headed(cells: tuple[Cells, ...], name: str) -> tuple[Cells, ...]:
    """Return what is told of a run with its name before it."""
    first, *rest = cells
    return ((("", name), *first), *rest) if name else cells


def _told(found: Spreads, layer: int, sizes: Floats) -> tuple[Cells, ...]:
    """Return what is told of the newest step: where it lies, and what is no usual number."""
    low, middle, high = sizes.tolist()
    step = int(found.steps[-1])
    when = f"{step:,}".replace(",", "\u2009")
    lines: list[Cells] = [(("step", when),)]
    if isfinite(middle):
        lines.append((("median size", figure(2.0**middle)),))
        lines.append((("90 % within", f"{figure(2.0**low)} to {figure(2.0**high)}"),))
    total = int(found.total[-1, layer])
    for word, counts in (
        ("zero", found.zeros),
        ("subnormal", found.subnormals),
        ("not finite", found.bad),
    ):
        if count := int(counts[-1, layer]):
            share = f"{figure(100 * count / total)} %"
            lines.append(((word, f"{count:,}".replace(",", "\u2009")), ("", share)))
    return tuple(lines)
