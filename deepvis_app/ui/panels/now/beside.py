"""What the picked unit gives on Play's input and on its result, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.engine.readers import AsideReader
from deepvis_app.state.explaining import exists
from deepvis_app.state.play import PLAY
from deepvis_app.tiles import coloured, numbers
from deepvis_app.words.classes import class_name, score_text
from deepvis_app.words.figures import MINUS, figure

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis_app.engine.readers import AsideReading
    from deepvis_app.engine.snapshot import Snapshot
    from deepvis_app.nets import Network
    from deepvis_app.state.play import Pair
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panels.now.view import NowView

SAME = 0.05  # of a unit's value, that is no change to speak of


@dataclass(frozen=True, slots=True, eq=False)
class OnPicture:
    """A picture, the unit's map of it in colours, and in words how strong it is where."""

    picture: NDArray[np.uint8]
    map: NDArray[np.uint8]
    words: str


@dataclass(frozen=True, slots=True)
class UnitBar:
    """A bar of a share 0..1; `shade` is a colour of the theme."""

    name: str
    value: str
    share: float
    shade: str


class BesidePresenter:
    """Takes the page's place while Play has an input and a result."""

    def __init__(self, view: NowView, desk: Desk) -> None:
        self._view, self._desk = view, desk
        self._play, self._sight = desk.options.play, desk.sight
        self._network: Network | None = None
        self._readings: tuple[AsideReading, AsideReading] | None = None

    def set_network(self, network: Network | None) -> None:
        self._network, self._readings = network, None

    @property
    def _pair(self) -> Pair | None:
        """The pictures to be compared; None while the page shows the frame."""
        is_open = self._sight.workspace == PLAY and not self._play.is_live
        return self._play.pair if is_open else None

    def ask(self) -> tuple[AsideReader, ...]:
        pair = self._pair
        self._view.show_beside(pair is not None)
        return () if pair is None else self._readers(pair)

    def _readers(self, pair: Pair) -> tuple[AsideReader, ...]:
        network, unit = self._network, self._desk.selection.as_unit()
        if unit is None or network is None or not exists(network, unit):
            return ()
        return AsideReader(pair.before, unit), AsideReader(pair.after, unit)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show the answers, once both are there; asked again of every frame, they stay the same."""
        pair, network = self._pair, self._network
        if pair is None or network is None:
            return
        asked = self._readers(pair)
        if not asked:
            return
        before, after = (snapshot.of(reader) for reader in asked)
        if before is None or after is None or self._is_shown(before, after):
            return
        self._readings = before, after
        self._show(pair, before, after, network)

    def _is_shown(self, before: AsideReading, after: AsideReading) -> bool:
        shown = self._readings
        return shown is not None and all(
            one.unit == other.unit and np.array_equal(one.map, other.map)
            for one, other in zip(shown, (before, after), strict=True)
        )

    def _show(
        self, pair: Pair, before: AsideReading, after: AsideReading, network: Network
    ) -> None:
        view = self._view.beside
        peak = max(float(np.abs(numbers(r.map)).max()) for r in (before, after))
        signed = min(float(numbers(r.map).min()) for r in (before, after)) < 0
        palette = self._desk.options.view.colours(signed=signed)
        for place, (known, reading) in enumerate(((pair.before, before), (pair.after, after))):
            assert known.values is not None
            shades = coloured(reading.map, palette, peak, signed=signed)
            view.set_half(place, OnPicture(known.values, shades, place_words(reading)))
        most = max(abs(before.maximum), abs(after.maximum), 1e-30)
        bars = (
            UnitBar("input", figure(before.maximum), max(before.maximum, 0) / most, "muted"),
            UnitBar("result", figure(after.maximum), max(after.maximum, 0) / most, "accent"),
        )
        words = " ".join(
            filter(None, (unit_change(before, after), class_change(before, after, network)))
        )
        view.set_unit(change_words(before.maximum, after.maximum), bars, words)


def place_words(reading: AsideReading) -> str:
    """Return "max 1390 at (6, 6) · rank 1"."""
    at = f" at {reading.argmax}" if reading.map.size > 1 else ""
    return f"max {figure(reading.maximum)}{at} · rank {reading.rank}"


def change_words(before: float, after: float) -> str:
    """Return by how many percent a value changed: "−31%", "±0%"; "" from zero."""
    if not before or not np.isfinite([before, after]).all():
        return ""
    share = (after - before) / abs(before)
    percent = round(100 * share)
    return "±0%" if not percent else f"{MINUS if percent < 0 else '+'}{abs(percent)}%"


def unit_change(before: AsideReading, after: AsideReading) -> str:
    """Return in a sentence what became of the unit."""
    old, new = before.maximum, after.maximum
    if old <= 0 and new <= 0:
        return "The unit is silent on both."
    if old <= 0:
        return "The unit was silent on the input and fires on the result."
    if new <= 0:
        return "The unit fires on the input and is silent on the result."
    if abs(new - old) <= SAME * old:
        return "The unit fires as it does on the input."
    return "The unit lost strength." if new < old else "The unit fires more strongly."


def class_change(before: AsideReading, after: AsideReading, network: Network) -> str:
    """Return in a sentence what the network says of both; "" where it says nothing."""
    if before.scores is None or after.scores is None:
        return ""
    old, new = int(np.argmax(before.scores)), int(np.argmax(after.scores))
    was, now = score_text(float(before.scores[old])), score_text(float(after.scores[new]))
    name = class_name(network, new)
    if old == new:
        return f"The network still says {name}: {now}, on the input {was}."
    return f"The network says {name} {now}; of the input it says {class_name(network, old)} {was}."
