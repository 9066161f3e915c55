"""Why the unit fires, at every frame: explanations from the snapshots to the page."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.engine.readers import ExplanationReader
from deepvis_app.explain import (
    Rendering,
    SeedKind,
    holds_numbers,
    map_peak,
    render_map,
    seed_sentence,
    smoothed,
)
from deepvis_app.state.explaining import exists, explain_request
from deepvis_app.tiles import coloured, numbers
from deepvis_app.tiles.marks import array_marks
from deepvis_app.ui.kit.peak import RecentPeak
from deepvis_app.words.figures import figure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from deepvis_app.engine.readers import ExplanationReading, Why
    from deepvis_app.engine.snapshot import Snapshot
    from deepvis_app.nets import Network, Unit
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panels.why.view import WhyView

PAGE = "why"  # key of the inspector's page
PATIENCE_S = 0.3  # how long an older answer is shown without a word
PEAK_HALVES_S = 0.5  # scores change more than maps do: forget them sooner, or all is dark


class WhyPresenter:
    """Keeps the page's picture, origin and controls in step with options and snapshots."""

    def __init__(self, view: WhyView, desk: Desk) -> None:
        self._view = view
        self._selection, self._sight = desk.selection, desk.sight
        self._options, self._colours = desk.options.why, desk.options.view
        self._network: Network | None = None
        self._is_moving = False
        self._wanted: Why | None = None
        self._asked_at = 0.0
        self._shown = _Shown()
        self._map_peak = RecentPeak()
        self._connect()

    @property
    def shown_request(self) -> Why | None:
        """What the picture on the page answers; None while there is none."""
        return self._shown.request

    @property
    def picture(self) -> NDArray[np.uint8] | None:
        """The picture on the page, (H, W, 3)."""
        return self._shown.rendered

    def set_network(self, network: Network | None) -> None:
        self._network = network
        said = () if network is None else network.behaviour.cautions(network.name)
        self._view.set_caveat(" ".join(said))
        self.forget()

    def set_moving(self, moving: bool) -> None:
        """Take another source; only moving pictures are averaged over time."""
        self._is_moving = moving
        self._shown.restart()

    def forget(self) -> None:
        """Show nothing until the next answer."""
        self._shown = _Shown()
        self._wanted = None
        self._view.set_words("No explanation yet", "It comes with the next picture")
        self._view.set_map(None, None)
        self.show_options()

    def ask(self) -> tuple[ExplanationReader, ...]:
        """Return what every frame is asked; () where there is no such unit."""
        if self._network is None:
            return ()
        wanted = explain_request(self._options, self._selection, self._network)
        return () if wanted is None else (ExplanationReader(wanted),)

    def tick(self) -> None:
        """Notice answers that let wait for themselves."""
        if not self._sight.shows(PAGE) or self._network is None:
            return
        wanted = explain_request(self._options, self._selection, self._network)
        if wanted != self._wanted:
            self._wanted, self._asked_at = wanted, time.monotonic()
            self._map_peak = RecentPeak()
            self.show_options()
            if wanted is None:
                self._view.set_words("No unit", "Click a tile to question its unit")
        late = wanted != self._shown.request and time.monotonic() - self._asked_at > PATIENCE_S
        words = f"waiting for {wanted.method.title}" if late and wanted else None
        self._view.picture.set_stale(words)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show the answer to what is wanted now; an older question's is left."""
        reading = snapshot.first(ExplanationReader)
        if reading is None or not self._sight.shows(PAGE) or self._network is None:
            return
        if reading.why != explain_request(self._options, self._selection, self._network):
            return
        keep = self._options.smoothing_s if self._is_moving else 0.0
        self._shown.take(reading, snapshot, keep)
        self._show_map(reading)
        self.render()

    def render(self) -> None:
        """Draw the explanation in hand in the chosen view."""
        shown, reading = self._shown, self._shown.reading
        if reading is None or shown.values is None:
            problem = reading.problem if reading else ""
            if problem:
                cause, _, remedy = problem.partition(". ")
                self._view.set_words(cause, remedy or "Choose another method")
            return
        if reading.empty:
            shown.rendered = None
            self._view.set_words(nothing_words(shown.values), reading.empty)
            return
        peak = shown.scale_end(self._options.shown_view) if self._is_moving else None
        shown.rendered = render_map(
            shown.values,
            self._options.shown_view,
            picture=shown.picture,
            opacity=self._options.opacity,
            peak=peak,
        )
        self._view.set_picture(shown.rendered, answer_text(reading))

    def show_options(self, *_: object) -> None:
        options = self._options
        self._view.set_method(options.method)
        self._view.set_view(options.shown_view, options.opacity, options.smoothing_s)
        unit = options.unit(self._selection)
        known = unit is not None and self._network is not None and exists(self._network, unit)
        name = f"{unit.layer} · {unit.index}" if unit is not None and known else ""
        self._view.origin.set_origin(name, pinned=options.origin is not None)
        if unit is None or self._network is None or not known:
            return
        request = explain_request(options, self._selection, self._network)
        if request is not None:
            kind = SeedKind.PLACE if options.seed is SeedKind.PLACE else request.seed.kind
            barred = barred_seeds(self._network, unit)
            self._view.set_seed(kind, seed_text(self._network, request, kind), barred=barred)

    def _show_map(self, reading: ExplanationReading) -> None:
        """Show the unit's map with the place where the way back begins."""
        values = reading.unit_map
        if values is None or values.size == 1:
            self._view.set_map(None, None)
            return
        signed = bool(numbers(values).min(initial=0) < 0)
        peak = self._map_peak.follow(float(np.abs(numbers(values)).max(initial=0)))
        place = reading.why.seed.place
        if reading.why.seed.kind is SeedKind.MAXIMUM:
            row, column = np.unravel_index(int(np.argmax(values)), values.shape)
            place = int(row), int(column)
        picture = coloured(values, self._colours.colours(signed=signed), peak, signed=signed)
        self._view.set_map(picture, place, array_marks(values))

    # Gestures

    def _connect(self) -> None:
        view, options = self._view, self._options
        view.method_picked.connect(lambda method: setattr(options, "method", method))
        view.seed_picked.connect(lambda kind: setattr(options, "seed", kind))
        view.place_picked.connect(self._pick_place)
        view.view_picked.connect(options.show_as)
        view.opacity_changed.connect(lambda value: setattr(options, "opacity", value))
        view.smoothing_changed.connect(lambda value: setattr(options, "smoothing_s", value))
        view.origin.pin_toggled.connect(self.toggle_pin)
        view.origin.jump_requested.connect(self.jump)
        for name in ("method", "seed", "place", "origin", "view", "flat_view"):
            getattr(options.events, name).connect(self.show_options)
        for name in ("view", "flat_view", "opacity"):
            getattr(options.events, name).connect(lambda *_: self.render())
        self.forget()

    def _pick_place(self, i: int, j: int) -> None:
        unit = self._options.unit(self._selection)
        if unit is not None:
            self._options.place = (unit.layer, i, j)
            self._options.seed = SeedKind.PLACE
            self.show_options()

    def toggle_pin(self) -> None:
        """Pin the picked unit, or let the pinned one go."""
        options = self._options
        options.toggle_origin(options.origin or self._selection.as_unit())

    def jump(self) -> None:
        """Pick the pinned unit."""
        origin = self._options.origin
        if origin is not None:
            self._selection.pick_unit(origin.index, origin.layer)


class _Shown:
    """The explanation in hand, averaged over time."""

    def __init__(self) -> None:
        self.request: Why | None = None
        self.reading: ExplanationReading | None = None
        self.values: NDArray[np.float32] | None = None
        self.picture: NDArray[np.uint8] | None = None
        self.rendered: NDArray[np.uint8] | None = None
        self._peak = RecentPeak(PEAK_HALVES_S)
        self._peak_of: Rendering | None = None
        self._frame: object = None
        self._at = 0.0

    def restart(self) -> None:
        """Average anew from the next answer on."""
        self.request = None

    def take(self, reading: ExplanationReading, snapshot: Snapshot, time_s: float) -> None:
        """Take an answer in, averaged over `time_s`."""
        now = time.monotonic()
        elapsed, self._at = now - self._at, now
        same = reading.why == self.request and reading.map is not None
        if not same:
            self._peak_of = None
        before = self.values if same and time_s > 0 and snapshot.frame is not self._frame else None
        self.request, self.reading, self._frame = reading.why, reading, snapshot.frame
        self.picture = snapshot.picture
        if reading.map is None:
            self.values = self.rendered = None
            return
        keep = math.exp(-elapsed / time_s) if before is not None else 0.0
        if before is not None and not np.isfinite(before).all():
            before = None  # it would never be forgotten
        self.values = smoothed(before, reading.map, keep if before is not None else 0.0)

    def scale_end(self, view: Rendering) -> float | None:
        """Return a steady end for the scale of a moving picture; None: the map's own."""
        if self.values is None:
            return None
        if view is not self._peak_of:
            self._peak_of, self._peak = view, RecentPeak(PEAK_HALVES_S)
        return self._peak.follow(map_peak(self.values, view)) or None


def nothing_words(found: NDArray[np.float32]) -> str:
    """Return in a few words what came back where it cannot be drawn."""
    return "Nothing comes back" if holds_numbers(found) else "No number comes back"


def answer_text(reading: ExplanationReading) -> str:
    """Return what an explanation is of, in a few words."""
    request, parts = reading.why, [reading.why.method.title]
    if request.seed.kind is not SeedKind.MAP:  # half a sum of squares says nothing to a person
        parts.append(f"score {figure(reading.score)}")
    if reading.map is not None and not np.isfinite(reading.map).all():
        parts.append(f"{1 - np.isfinite(reading.map).mean():.0%} no number, drawn as zero")
    return " · ".join(parts)


def seed_text(network: Network, request: Why, kind: SeedKind) -> str:
    if kind is SeedKind.PLACE:
        if request.seed.place is None:
            return "Click a place of the map; until then the place where the unit fires most."
        i, j = request.seed.place
        return f"The place ({i}, {j}) of the unit's map. Click another one."
    sentence = seed_sentence(network, request.seed.kind)
    return sentence.replace("½ Σ a²", "½\u00a0Σ\u00a0a²")  # on one line


def barred_seeds(network: Network, unit: Unit) -> Mapping[SeedKind, str]:
    """Return the seeds that a unit has not, with the reason."""
    barred = {}
    if network.layer(unit.layer).map_size == (1, 1):
        barred[SeedKind.PLACE] = "This unit gives one value, it has no places"
    if not network.is_class(unit):
        barred[SeedKind.LOGIT] = "This unit is no class: pick one of the last layer"
    return barred
