"""Snapshots to the unit inspector, and the receptive field on the input."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
from PyQt6.QtCore import QObject, pyqtSignal

from deepvis_app.engine.readers import GridReader, UnitReader
from deepvis_app.state.options import Overlay
from deepvis_app.tiles import coloured, numbers, only_active
from deepvis_app.tiles.marks import array_marks, counts
from deepvis_app.ui.kit.aperture import Aperture
from deepvis_app.ui.kit.heat import Heat
from deepvis_app.ui.kit.peak import RecentPeak
from deepvis_app.words.figures import figure
from deepvis_app.words.quantities import field_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis_app.engine.readers import UnitReading
    from deepvis_app.engine.snapshot import Snapshot
    from deepvis_app.nets import LayerInfo, Network, Unit
    from deepvis_app.state.options import ViewOptions
    from deepvis_app.state.selection import Selection
    from deepvis_app.ui.panels.now.view import NowView
    from deepvis_app.ui.shell.inspector import InspectorView


WORDS_S = 0.2  # slow enough to be read


class InspectorPresenter(QObject):
    """Keeps the right pane's title and first page in step with the picked unit."""

    field_changed = pyqtSignal(object, str)  # box on the network's input or None, its caption

    def __init__(
        self, head: InspectorView, view: NowView, selection: Selection, options: ViewOptions
    ) -> None:
        super().__init__(view)
        self._head = head
        self._view = view
        self._selection = selection
        self._options = options
        self._peak = RecentPeak()
        self._cursor: tuple[str, int, int] | None = None  # layer, position under the pointer
        self._unit: Unit | None = None
        self._network: Network | None = None
        self._reading: UnitReading | None = None
        self._words: tuple[str, str, str] | None = None  # not shown yet
        self._worded_at = 0.0
        view.overlay_picked.connect(lambda overlay: setattr(options, "overlay", overlay))
        view.opacity_changed.connect(lambda value: setattr(options, "overlay_opacity", value))
        view.map.hovered.connect(lambda y, x: self.point_at((selection.layer, int(y), int(x))))
        view.map.left.connect(lambda: self.point_at(None))

    def point_at(self, place: tuple[str, int, int] | None) -> None:
        """Show the receptive field of this place (layer, i, j); None: of the unit's maximum."""
        self._cursor = place
        self._show_field()

    def refresh(self) -> None:
        """Go on with the trace: a picture at rest gives the same values still. Renew the words."""
        self._keep_trace()
        self._show_words()

    def _keep_trace(self) -> None:
        if self._reading is not None:
            self._view.trace.add(time.monotonic(), self._reading.maximum, self._reading.mean)

    def _show_words(self) -> None:
        """Show the newest words, slowly enough to be read."""
        if self._words is not None:
            self._head.set_unit(*self._words)
            self._words, self._worded_at = None, time.monotonic()

    def clear(self) -> None:
        self._unit = None
        self._reading = None
        self._words = None
        self._cursor = None
        self._head.set_unit("No unit", "Click a tile to question its unit")
        self._view.overlay.set_picture(None)
        self._view.map.set_picture(None)
        self._view.trace.clear()
        self._view.set_histogram("Values on this frame", None)

    def show_selection(self) -> None:
        self._view.set_overlay(self._options.overlay, self._options.overlay_opacity)
        unit = self._selection.as_unit()
        if unit == self._unit:
            return
        self._unit = unit
        self._reading = None
        self._words, self._worded_at = None, 0.0
        self._peak = RecentPeak()
        self._view.trace.clear()
        if unit is None:
            self.clear()

    def show_snapshot(
        self,
        snapshot: Snapshot,
        network: Network,
        sequential: NDArray[np.uint8],
        diverging: NDArray[np.uint8],
    ) -> None:
        """Show the unit's reading."""
        reading = snapshot.first(UnitReader)
        if reading is None or reading.unit != self._unit:
            return
        self._network, self._reading = network, reading
        info = network.layer(reading.unit.layer)
        signed = bool(numbers(reading.map).min(initial=0) < 0)
        palette = diverging if signed else sequential
        self._words = _words(reading, info, network)
        if time.monotonic() - self._worded_at >= WORDS_S:
            self._show_words()
        self._keep_trace()
        if info.map_size == (1, 1):
            self._show_single(snapshot, reading, palette, signed=signed)
            self._show_field()
            return
        peak = self._peak.follow(float(np.abs(numbers(reading.map)).max(initial=0)))
        picture = coloured(reading.map, palette, peak, signed=signed)
        self._view.map.set_picture(picture, array_marks(reading.map))
        self._show_overlay(snapshot, reading, info, palette, peak, signed=signed)
        self._view.set_histogram("Values of the map on this frame", reading.map)
        self._show_field()

    def _show_single(
        self, snapshot: Snapshot, reading: UnitReading, palette: NDArray[np.uint8], *, signed: bool
    ) -> None:
        """Show a unit that gives one value: its colour and value among the layer's others."""
        grids = snapshot.every(GridReader)
        values = next((grid.maxima for grid in grids if grid.layer == reading.unit.layer), None)
        peak = float(np.abs(numbers(reading.map if values is None else values)).max())
        picture = coloured(reading.map, palette, peak, signed=signed)
        self._view.map.set_picture(picture, array_marks(reading.map))
        self._view.map.set_crosshair(None)
        self._show_under(snapshot)
        self._view.overlay.set_heat(None)
        self._view.set_histogram("Values of the layer's units", values)

    def _show_overlay(
        self,
        snapshot: Snapshot,
        reading: UnitReading,
        info: LayerInfo,
        palette: NDArray[np.uint8],
        peak: float,
        *,
        signed: bool,
    ) -> None:
        view, options = self._view.overlay, self._options
        extent = _extent(info, snapshot.picture)
        heat: Heat | None = Heat(reading.map, palette, 0.0, 0.0, peak, box=extent)  # the marks
        if options.overlay is Overlay.ACTIVE:
            strength = options.overlay_opacity
            view.set_picture(only_active(snapshot.picture, reading.map, extent, peak, strength))
        else:
            self._show_under(snapshot)
        if options.overlay is Overlay.OFF:
            heat = None
        elif options.overlay is Overlay.HEAT:
            low = -peak if signed else 0.0
            heat = Heat(
                reading.map, palette, options.overlay_opacity, low, peak, signed, box=extent
            )
        view.set_heat(heat)

    def _show_under(self, snapshot: Snapshot) -> None:
        """Show what the network sees, as sharp as it came."""
        aperture = _aperture(snapshot)
        self._view.overlay.set_frame(snapshot.frame.image, aperture, snapshot.picture)

    def _show_field(self) -> None:
        """Mark what the place under the pointer sees, else what the unit's maximum sees."""
        if self._network is None or self._reading is None:
            return
        unit = self._reading.unit
        layer, *position = self._cursor or (unit.layer, *self._reading.argmax)
        info = self._network.layer(layer)
        if layer == unit.layer and info.map_size != (1, 1):
            self._view.map.set_crosshair((position[0] + 0.5, position[1] + 0.5))
        box, field = None, info.receptive_field
        if field is not None and not field.whole:
            box = field.box((position[0], position[1]), self._network.input_shape[1:])
        self._view.overlay.set_field(box, field_text(info))
        self.field_changed.emit(box, field_text(info))


def _words(reading: UnitReading, info: LayerInfo, network: Network) -> tuple[str, str, str]:
    """Return what a unit is called, and on two lines what it gives."""
    unit = reading.unit
    label = network.unit_label(unit) or ""
    title = f"{unit.layer} · unit {unit.index}"
    if not reading.map.any():
        return title, "silent: it gives 0 everywhere on this picture", label
    if (marks := array_marks(reading.map)) is not None:
        return title, _no_number(marks, reading.map), label
    highest, rank = f"max {figure(reading.maximum)}", f"rank {reading.rank} of {info.unit_count}"
    if info.map_size == (1, 1):
        return title, f"{highest} · {rank}", label
    share = f"positive on {float(np.mean(reading.map > 0)):.0%} of the map"
    more = " · ".join(filter(None, (label, share)))
    return title, f"{highest} at {reading.argmax} · {rank}", more


def _no_number(marks: NDArray[np.uint8], values: NDArray[np.float32]) -> str:
    """Return what a map holds that is no number, how much of it, and the highest number."""
    if values.size == 1:
        return f"it gives {figure(float(values.flat[0]))}: no rank"
    words = ", ".join(f"{word} at {count}" for word, count in counts(marks).items())
    left = values[marks == 0]
    rest = f"highest number {figure(float(left.max()))}" if left.size else "no number"
    return f"{words} of {values.size} places · {rest}"


def _extent(info: LayerInfo, picture: NDArray[np.uint8]) -> tuple[float, float, float, float]:
    height, width = picture.shape[:2]
    if info.receptive_field is None:
        return 0.0, 0.0, float(height), float(width)
    return info.receptive_field.extent(info.map_size, (height, width))


def _aperture(snapshot: Snapshot) -> Aperture:
    seen = snapshot.picture.shape[:2]
    return Aperture(seen, snapshot.frame_box, False, snapshot.placement.mirrored)
