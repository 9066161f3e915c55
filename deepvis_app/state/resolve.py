"""What the user wants and what can be seen, made into one request. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deepvis_app.engine.request import GridRequest, LiveRequest, StripRequest
from deepvis_app.state.search import matching_units
from deepvis_app.state.selection import Zoom
from deepvis_app.tiles import layout

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deepvis_app.nets import LayerInfo, Network
    from deepvis_app.state.options import ViewOptions
    from deepvis_app.state.selection import Selection


@dataclass(frozen=True, slots=True)
class Viewport:
    """What a grid's pane shows, in device pixels."""

    width_px: int
    height_px: int
    scroll_px: int = 0  # content above the visible part
    total: int | None = None  # tiles that the last answer had, where units were hidden


@dataclass(frozen=True, slots=True)
class StripView:
    """What of the strip can be seen."""

    layers: tuple[str, ...] = ()
    size_px: int = 80
    interval_s: float = 0.08


def resolve(
    network: Network,
    selection: Selection,
    options: ViewOptions,
    viewports: Mapping[str, Viewport],
    strip: StripView,
    generation: int,
) -> LiveRequest:
    """Return the request that answers the user's present wishes.

    `viewports` are the grids' panes by layer; a layer without one gets no grid. Names of another
    network's layers are left out.
    """
    known = {info.name for info in network.layers}
    grids = tuple(
        grid_request(network, network.layer(name), selection, options, viewports[name])
        for name in selection.panes
        if name in known and name in viewports
    )
    unit = selection.as_unit() if selection.layer in known else None
    return LiveRequest(
        generation=generation,
        grids=grids,
        strip=StripRequest(
            tuple(name for name in strip.layers if name in known), strip.size_px, strip.interval_s
        ),
        unit=unit,
        fit=options.fit,
        mirror=options.mirror,
    )


def grid_request(
    network: Network,
    layer: LayerInfo,
    selection: Selection,
    options: ViewOptions,
    viewport: Viewport,
) -> GridRequest:
    """Lay out one grid and ask for the tiles that can be seen, with a row to spare on each side."""
    units = wanted_units(network, layer, selection, options)
    count = layer.unit_count if units is None else len(units)
    if options.hide_dead and viewport.total is not None:
        count = min(count, viewport.total)
    columns, tile_px = tile_layout(layer, count, options.tile_scale, viewport)
    row_px = tile_px[0] + 1
    first_row = max(viewport.scroll_px // row_px - 1, 0)
    rows = -(-viewport.height_px // row_px) + 3
    return GridRequest(
        layer=layer.name,
        tile_px=tile_px,
        columns=columns,
        first=first_row * columns,
        count=rows * columns,
        units=units,
        order=options.order,
        order_serial=options.order_serial,
        hide_dead=options.hide_dead and selection.zoom is not Zoom.UNIT,
        contrast=options.contrast,
    )


def wanted_units(
    network: Network, layer: LayerInfo, selection: Selection, options: ViewOptions
) -> tuple[int, ...] | None:
    """Return the units that the grid is limited to: the zoomed one, or what the search finds."""
    if selection.zoom is Zoom.UNIT and layer.name == selection.layer:
        return (selection.unit,)
    labels = network.labels if layer.unit_count == len(network.labels) else ()
    return matching_units(options.search, layer.unit_count, labels)


def tile_layout(
    layer: LayerInfo, count: int, scale: float, viewport: Viewport
) -> tuple[int, tuple[int, int]]:
    """Return columns and tile size (height, width): what fits the pane, times the user's zoom."""
    area = (viewport.height_px, viewport.width_px)
    columns, tile_px = layout(max(count, 1), layer.map_size, area)
    if scale == 1.0:
        return columns, tile_px
    height = max(round(tile_px[0] * scale), 4)
    width = max(round(tile_px[1] * scale), 4)
    return max((viewport.width_px + 1) // (width + 1), 1), (height, width)
