"""How the values of every layer are spread, then and now: from runs to small plots and words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.lab.spreads import FIRST, evenly, layer_spreads
from deepvis_app.state.run_looks import RIDGES
from deepvis_app.tiles.spread import quantiles, shared_axis, within
from deepvis_app.ui.kit.plots.ridge_sheet import RidgePlate, Spread
from deepvis_app.words.figures import figure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deepvis_app.lab.log.run import Run
    from deepvis_app.lab.spreads import LayerSpread

LINES = 11  # steps that have an outline each
BAND_STEPS = 60
SHARES = (0.05, 0.25, 0.5, 0.75, 0.95)
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
SHADE = "accent"
LAYER_SHADE = "text"  # of the one layer that lies over all
Cells = tuple[tuple[str, str], ...]


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
    spreads: Mapping[str, LayerSpread]

    @classmethod
    def run(cls, name: str, shade: str, run: Run, kind: str) -> Beside:
        return cls(name, shade, spreads_of(run, kind))

    @classmethod
    def layer(cls, run: Run, kind: str, layer: str) -> Beside | None:
        """Return one layer of the run itself, over all of them; None: the log has it not."""
        found = spreads_of(run, kind)
        if layer not in found:
            return None
        return cls(layer, LAYER_SHADE, dict.fromkeys(found, found[layer]))


class Ridges:
    """The small plots of a run's layers, all on one axis."""

    def __init__(
        self, kind: str, run: Run, name: str, beside: Beside | None = None, shade: str = SHADE
    ) -> None:
        self._shade = shade
        found = spreads_of(run, kind)
        others = {} if beside is None else beside.spreads
        self.axis = shared_axis([each.sizes for each in (*found.values(), *others.values())])
        self.ends = power_word(self.axis[0] + FIRST), power_word(self.axis[1] + FIRST)
        self.plates = tuple(
            self._plate(layer, (name, spread), beside, others.get(layer))
            for layer, spread in found.items()
        )

    def _plate(
        self,
        layer: str,
        own: tuple[str, LayerSpread],
        beside: Beside | None,
        other: LayerSpread | None,
    ) -> RidgePlate:
        name, found = own
        if beside is None or other is None:
            return RidgePlate(layer, (self._spread(name, self._shade, found),), _lines(found, ""))
        own_name = name if name != beside.name else layer
        spreads = (
            self._spread(own_name, self._shade, found),
            self._spread(beside.name, beside.shade, other),
        )
        return RidgePlate(layer, spreads, _lines(found, own_name) + _lines(other, beside.name))

    def _spread(self, name: str, shade: str, found: LayerSpread) -> Spread:
        some = found.only(evenly(found.steps, LINES))
        total = np.maximum(some.total, 1)
        return Spread(
            name,
            shade,
            some.steps,
            within(some.sizes, self.axis) / total[:, None],
            some.zeros / total,
            some.subnormals / total,
            some.bad / total,
            found.steps,
            quantiles(within(found.sizes, self.axis), SHARES, 0.0),
        )


def spreads_of(run: Run, kind: str) -> dict[str, LayerSpread]:
    """Return the histograms of a run by layer, in forward order."""
    ridge = run.histograms.get(kind)
    return {} if ridge is None else layer_spreads(ridge, BAND_STEPS)


def _lines(found: LayerSpread, name: str) -> tuple[Cells, ...]:
    """Return what is told of the newest step: where it lies, and what is no usual number."""
    low, middle, high = quantiles(found.sizes[-1], (0.05, 0.5, 0.95), FIRST)
    step = int(found.steps[-1])
    when = f"{step:,}".replace(",", "\u2009")
    lines: list[Cells] = [(("", name), ("step", when)) if name else (("step", when),)]
    if np.isfinite(middle):
        lines.append((("median size", figure(2.0**middle)),))
        lines.append((("90 % within", f"{figure(2.0**low)} to {figure(2.0**high)}"),))
    total = int(found.total[-1])
    for word, count in (
        ("zero", int(found.zeros[-1])),
        ("subnormal", int(found.subnormals[-1])),
        ("not finite", int(found.bad[-1])),
    ):
        if count:
            share = f"{figure(100 * count / total)} %"
            lines.append(((word, f"{count:,}".replace(",", "\u2009")), ("", share)))
    return tuple(lines)
