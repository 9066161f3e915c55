"""The rows of the table of units: whose figures stand where, as numbers and as words."""

from __future__ import annotations

from math import floor, isfinite, isnan
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.nets import Unit
from deepvis_app.state.unit_query import Asked
from deepvis_app.state.unit_table import Few
from deepvis_app.ui.panels.grid.table.columns import BY_KEY, COLUMNS, OF_WEIGHTS, PICTURES
from deepvis_app.words.figures import MINUS, figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from deepvis_app.corpus.beside import LayerChange
    from deepvis_app.corpus.figures import LayerFigures
    from deepvis_app.nets import Network
    from deepvis_app.state.unit_query import Query

    Floats = NDArray[np.float64]

BINS = 24  # of a column's histogram
NOTHING = "–"
TWINS = {"twin": "r", "picture-twin": "", "weight-twin": "cos"}  # columns, and their measure


class UnitRows:
    """All units of some layers; a row is known by its number, 0 to N - 1, wherever it stands.

    What is not known is NaN, or "". `version` grows when figures over the corpus change.
    """

    def __init__(self, network: Network, layers: Sequence[str]) -> None:
        counts = [network.layer(layer).unit_count for layer in layers]
        self.layers = tuple(layers)
        self.first = dict(zip(layers, np.cumsum([0, *counts]).tolist(), strict=False))
        self.layer_of = np.repeat(np.arange(len(counts)), counts)
        self.unit = np.concatenate([np.arange(n) for n in counts]) if counts else np.zeros(0, int)
        self.values: dict[str, Floats] = {
            column.key: np.full(len(self.unit), np.nan) for column in COLUMNS if column.word
        }
        self.values["unit"] = self.unit.astype(np.float64)
        self.labels: list[str] = []
        for layer, count in zip(layers, counts, strict=True):
            self.labels += _labels(network, layer, count)
        self.best: list[str] = [""] * len(self.unit)
        self.picture: list[str] = [""] * len(self.unit)
        self.twins = {key: np.full(len(self.unit), -1) for key in TWINS}
        self.has_twin = np.zeros(len(self.unit), bool)
        self.is_dead = np.zeros(len(self.unit), bool)
        self.pictures = 0
        self.few_classes = ""
        self.version = 0
        self._highest: dict[int, float] = {}  # live value of a layer, by its number
        self._names: tuple[int, list[str]] | None = None  # of a version, in small letters

    def __len__(self) -> int:
        return len(self.unit)

    def at(self, row: int) -> Unit:
        return Unit(self.layers[self.layer_of[row]], int(self.unit[row]))

    def row_of(self, layer: str, unit: int) -> int | None:
        """Return the row of a unit; None where its layer is not in the table."""
        first = self.first.get(layer)
        return None if first is None else first + unit

    def _span(self, layer: str, count: int) -> slice:
        return slice(self.first[layer], self.first[layer] + count)

    # What is known

    def take_live(self, layer: str, maxima: NDArray[np.float32]) -> None:
        """Take what a layer's units give on this frame."""
        self.values["live"][self._span(layer, len(maxima))] = maxima
        known = maxima[np.isfinite(maxima)]
        self._highest[self.layers.index(layer)] = float(known.max(initial=0.0))

    def take_figures(self, found: LayerFigures) -> None:
        """Take a layer's figures over the corpus."""
        here, values = self._span(found.layer, found.unit_count), self.values
        values["mean"][here], values["zero"][here] = found.mean, 100 * found.zero
        values["silent"][here] = 100 * found.silent
        values["selectivity"][here] = found.selectivity
        values["d'"][here], values["auc"][here] = found.d_prime, found.auc
        values["twin"][here], self.twins["twin"][here] = found.r, found.twin
        values["picture-twin"][here] = found.picture_share
        self.twins["picture-twin"][here] = found.picture_twin
        values["best-score"][here] = found.score
        bound = 300.0 / max(found.pictures, 1)
        values["dead"][here] = np.where(found.dead, bound, np.nan)
        self.has_twin[here], self.is_dead[here] = found.has_twin, found.dead
        self.best[here], self.picture[here] = found.best_class, found.picture
        self.pictures, self.few_classes = found.pictures, found.few
        self.version += 1

    def take_weights(self, layer: str, norms: Floats, twin: NDArray[np.int64], cos: Floats) -> None:
        """Take what a layer's weights say of its units."""
        here = self._span(layer, len(norms))
        self.values["norm"][here], self.values["weight-twin"][here] = norms, cos
        self.twins["weight-twin"][here] = twin
        self.version += 1

    def take_change(self, found: LayerChange | None, layer: str, count: int) -> None:
        """Take what the corpus beside is other; None: there is none, or not for this layer."""
        here = self._span(layer, count)
        none = np.full(count, np.nan)
        self.values["shift"][here] = none if found is None else found.shift
        self.values["mean-change"][here] = none if found is None else found.mean
        self.values["silent-change"][here] = none if found is None else 100 * found.silent
        self.version += 1

    # Which, and in which order

    def asked(self) -> Asked:
        """Return what a search looks at."""
        figures = {BY_KEY[key].word: values for key, values in self.values.items()}
        if self._names is None or self._names[0] != self.version:
            said = zip(self.layer_of.tolist(), self.labels, self.best, self.picture, strict=True)
            names = [f"{self.layers[n]} {a} {b} {c}".casefold() for n, a, b, c in said]
            self._names = self.version, names
        return Asked(self.unit, figures, self._names[1])

    def of_few(self, few: Few) -> NDArray[np.bool_]:
        """Return which rows are left by a filter (N,)."""
        if few is Few.FIRING:
            with np.errstate(invalid="ignore"):
                return np.asarray(self.values["live"] > 0)
        if few is Few.TWINS:
            return self.has_twin
        return self.is_dead if few is Few.DEAD else np.ones(len(self), bool)

    def order(
        self, few: Few, query: Query | None, key: str, *, descending: bool
    ) -> NDArray[np.int64]:
        """Return the rows that are left, in their order; what is not known stands last."""
        kept = self.of_few(few)
        if query is not None:
            kept = kept & query.matches(self.asked())
        left = np.flatnonzero(kept)
        if key in self.values and key != "unit":
            values = self.values[key][left]
            return left[np.argsort(-values if descending else values, kind="stable")]
        if key in ("best", "class"):
            names = self.best if key == "best" else self.labels
            words = [(names[r] or self.picture[r], int(r)) for r in left]
            known = sorted((w for w in words if w[0]), reverse=descending)
            rest = [w for w in words if not w[0]]
            return np.array([row for _, row in (*known, *rest)], np.int64)
        return left[::-1] if descending else left

    def histogram(self, key: str, row: int | None) -> tuple[NDArray[np.int64], float | None]:
        """Return how a column's values are spread, (`BINS`,), and where (0..1) a row's lies."""
        values = self.values.get(key)
        if values is None:
            return np.zeros(0, np.int64), None
        known = values[np.isfinite(values)]
        if not len(known):
            return np.zeros(0, np.int64), None
        low, high = float(known.min()), float(known.max())
        width = high - low or 1.0
        places = np.minimum(((known - low) / width * BINS).astype(np.int64), BINS - 1)
        own = values[row] if row is not None else np.nan
        place = (float(own) - low) / width if np.isfinite(own) else None
        return np.bincount(places, minlength=BINS), place

    # In words

    def text(self, row: int, key: str) -> str:
        """Return a cell as one reads it."""
        if key == "unit":
            return str(self.unit[row])
        if key == "class":
            return self.labels[row]
        if key == "best":
            return ", ".join(filter(None, (self.best[row], self.picture[row]))) or NOTHING
        if key in TWINS:
            twin = int(self.twins[key][row])
            likeness = f"{TWINS[key]} {self.values[key][row]:.2f}".strip()
            return f"{twin} {likeness}" if twin >= 0 else NOTHING
        values = self.values.get(key)
        if values is None:
            return ""
        return number_text(float(values[row]), key)

    def tip(self, row: int, key: str) -> str:
        """Return what a cell means, in a sentence."""
        unit = f"unit {self.unit[row]}"
        text = self.text(row, key)
        if BY_KEY[key].kind in PICTURES:
            return f"{self.layers[self.layer_of[row]]} · {unit}"
        if text in ("", NOTHING):
            return self._why_unknown(key)
        if key in ("silent", "dead") and self.is_dead[row]:
            most = min(3, self.pictures)  # the rule of three
            return (
                f"It never moved on {self.pictures} photographs: at 95 % confidence it does on at "
                f"most {most}/{self.pictures} = {100 * most / self.pictures:.1f} % of such pictures"
            )
        if key == "twin":
            twin = self.twins["twin"][row]
            return f"Of all units of the layer the scores of {twin} go with it most"
        return f"{BY_KEY[key].tip}: {text}"

    def _why_unknown(self, key: str) -> str:
        if key in OF_WEIGHTS:
            return "The layer has no weights of its own"
        if BY_KEY[key].is_live:
            return "The layer is not on the screen: its live values are not looked at"
        if not self.pictures:
            return "Statistics wait for a scan of photographs"
        if key in ("selectivity", "d'", "auc") and self.few_classes:
            return self.few_classes
        return "It is not defined for this unit"

    def about(self, row: int) -> str:
        """Return in a line how selective a unit is."""
        selectivity, area = self.text(row, "selectivity"), self.text(row, "auc")
        parts = [f"Unit {self.unit[row]}", f"selectivity {selectivity}"]
        if self.best[row]:
            distance = self.text(row, "d'")
            parts.append(f"{self.best[row]} d′ {distance}, AUC {area}")
        return " · ".join(parts)

    def share(self, row: int, key: str) -> float:
        """Return what part of its trough a bar fills (0..1)."""
        value = float(self.values[key][row])
        if isnan(value) or value <= 0:
            return 0.0
        if key == "selectivity":
            return min(value, 1.0)
        highest = self._highest.get(int(self.layer_of[row]), 0.0)
        return value / highest if highest > 0 else 0.0


def _labels(network: Network, layer: str, count: int) -> list[str]:
    """Return the classes that a layer's units stand for, "" for none."""
    if not network.is_labelled(layer):
        return [""] * count
    return [network.unit_label(Unit(layer, index)) or "" for index in range(count)]


def number_text(value: float, key: str) -> str:
    """Return a figure of a column as one reads it, "–" where it is not known."""
    if isnan(value):
        return NOTHING
    if key == "dead":
        return f"≤ {value:.1f}%"
    if key == "silent-change":
        return f"{value:+.1f}".replace("-", MINUS) if abs(value) >= 0.05 else "0"
    if key == "mean-change":
        return f"+{figure(value)}" if value > 0 else figure(value)
    if BY_KEY[key].percent:
        return percent_text(value)
    if not isfinite(value):
        return figure(value)
    return f"{value:.2f}" if key in ("selectivity", "d'", "auc", "shift") else figure(value)


def percent_text(value: float) -> str:
    """Return 90%, 0.4%, 99.8%: what is not all is never called 100%."""
    if value in (0.0, 100.0):
        return f"{value:.0f}%"
    if value >= 99.5:
        return f"{floor(value * 10) / 10:.1f}%"
    return f"{value:.0f}%" if value >= 9.95 else f"{max(value, 0.1):.1f}%"
