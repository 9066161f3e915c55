"""Snapshots to the unit inspector, and the receptive field on the input."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.engine.readers import GridReader, UnitReader
from deepvis_app.known.fields import shown_field
from deepvis_app.state.appearance import Overlay
from deepvis_app.tiles import coloured, numbers, only_active
from deepvis_app.tiles.marks import array_marks
from deepvis_app.ui.kit.peak import RecentPeak
from deepvis_app.ui.kit.pictures.aperture import Aperture
from deepvis_app.ui.kit.pictures.heat import Heat

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis_app.engine.readers import UnitReading
    from deepvis_app.engine.snapshot import Snapshot
    from deepvis_app.nets import LayerInfo, Network, Unit
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panels.now.view import NowView

UNSEEN = "Counted while the layer is shown in Watch"  # the other units' values come from its grid


class NowPresenter:
    """Keeps the page in step with the picked unit and the snapshots."""

    def __init__(self, view: NowView, desk: Desk) -> None:
        self._view = view
        self._selection, self._sight = desk.selection, desk.sight
        self._options = options = desk.options.view
        self._play = desk.options.play
        self._peak = RecentPeak()
        self._unit: Unit | None = None
        self._network: Network | None = None
        self._reading: UnitReading | None = None
        view.overlay_picked.connect(lambda overlay: setattr(options, "overlay", overlay))
        view.opacity_changed.connect(lambda value: setattr(options, "overlay_opacity", value))
        view.map.hovered.connect(self._point)
        view.map.left.connect(lambda: self._point())
        desk.sight.events.pointed.connect(self._show_field)

    def _point(self, y: float | None = None, x: float = 0.0) -> None:
        """Take the place of the map under the pointer."""
        here = self._selection.layer
        self._sight.pointed = None if y is None else (here, int(y), int(x))

    def keep_trace(self) -> None:
        """Go on with the trace: a picture at rest gives the same values still."""
        if self._reading is not None:
            self._view.trace.add(time.monotonic(), self._reading.maximum, self._reading.mean)

    def clear(self) -> None:
        """There is no unit."""
        self._unit = None
        self._reading = None
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
        self._peak = RecentPeak()
        self._view.trace.clear()
        if unit is None:
            self.clear()

    def show_snapshot(self, snapshot: Snapshot, network: Network) -> None:
        """Show the unit's reading."""
        reading = snapshot.first(UnitReader)
        if reading is None or reading.unit != self._unit:
            return
        self._network, self._reading = network, reading
        info = network.layer(reading.unit.layer)
        values = numbers(reading.map)
        low, high = float(values.min(initial=0)), float(values.max(initial=0))
        signed = low < 0
        palette = self._options.colours(signed=signed)
        self.keep_trace()
        if info.map_size == (1, 1):
            self._show_single(snapshot, reading, palette, signed=signed)
            self._show_field()
            return
        peak = self._peak.follow(max(-low, high))
        picture = coloured(values, palette, peak, signed=signed)
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
        self._view.set_histogram("Values of the layer's units", values, UNSEEN)

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
        """Show what the network sees, as sharp as it came; played with, as it became."""
        if self._play.is_live:
            self._view.overlay.set_picture(snapshot.picture)
            return
        aperture = _aperture(snapshot)
        self._view.overlay.set_frame(snapshot.frame.image, aperture, snapshot.picture)

    def _show_field(self, *_: object) -> None:
        """Mark what the place under the pointer sees, else what the unit's maximum sees."""
        if self._network is None or self._reading is None:
            return
        field = shown_field(self._network, self._reading, self._sight.pointed)
        if field.place is not None:
            i, j = field.place
            self._view.map.set_crosshair((i + 0.5, j + 0.5))
        self._view.overlay.set_field(field.box, field.caption)


def _extent(info: LayerInfo, picture: NDArray[np.uint8]) -> tuple[float, float, float, float]:
    height, width = picture.shape[:2]
    if info.receptive_field is None:
        return 0.0, 0.0, float(height), float(width)
    return info.receptive_field.extent(info.map_size, (height, width))


def _aperture(snapshot: Snapshot) -> Aperture:
    seen = snapshot.picture.shape[:2]
    return Aperture(seen, snapshot.frame_box, False, snapshot.placement.mirrored)
