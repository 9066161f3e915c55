"""What the user wants and what can be seen, made into one request. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deepvis_app.engine.readers import (
    ExplanationReader,
    GridReader,
    StripReader,
    UnitReader,
    Why,
)
from deepvis_app.nets import Unit
from deepvis_app.state.appearance import GridShows
from deepvis_app.state.explaining import explain_request
from deepvis_app.state.search import matching_units
from deepvis_app.state.selection import Zoom
from deepvis_app.tiles import layout

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deepvis_app.nets import LayerInfo, Network
    from deepvis_app.state.appearance import Appearance
    from deepvis_app.state.explaining import ExplainOptions
    from deepvis_app.state.selection import Selection

LEAST_PX = 12  # side of a tile, in device pixels
PICTURE_PX = 52  # of one with a photograph, in logical pixels: smaller it is not recognised


@dataclass(frozen=True, slots=True)
class Pane:
    """The room that a grid has, in device pixels."""

    height_px: int
    width_px: int
    total: int | None = None  # tiles of the last answer, where dead units are hidden
    ratio: float = 1.0  # device pixels a logical one


@dataclass(frozen=True, slots=True)
class GridPlan:
    """How a layer's grid is laid out, before it is known what of it can be seen."""

    layer: str
    units: tuple[int, ...] | None  # only these; None: all
    total: int  # tiles
    columns: int
    tile_px: tuple[int, int]  # (height, width)


def plan_grid(
    network: Network, layer: str, selection: Selection, options: Appearance, pane: Pane
) -> GridPlan:
    """Lay out one grid: as large as it fits the pane, times the user's zoom."""
    info = network.layer(layer)
    units = _wanted_units(network, info, selection, options)
    total = info.unit_count if units is None else len(units)
    if options.hide_dead and pane.total is not None and not _is_zoomed(layer, selection):
        total = min(total, pane.total)
    shown_size = info.map_size
    least_px = LEAST_PX
    if options.grid_shows is GridShows.PREFERRED:
        shown_size = network.input_shape[1:]
    elif options.grid_shows is GridShows.PICTURES:
        shown_size, least_px = (1, 1), round(PICTURE_PX * pane.ratio)
    columns, tile_px = layout(
        max(total, 1), shown_size, (pane.height_px, pane.width_px), least_px=least_px
    )
    if options.tile_scale != 1.0 and not _is_zoomed(layer, selection):
        tile_px = (_scaled(tile_px[0], options), _scaled(tile_px[1], options))
        columns = max((pane.width_px + 1) // (tile_px[1] + 1), 1)
    return GridPlan(layer, units, total, columns, tile_px)


def grids_asked(
    plans: Sequence[tuple[GridPlan, tuple[int, int]]],
    selection: Selection,
    options: Appearance,
    explaining: ExplainOptions,
    network: Network,
) -> tuple[GridReader | ExplanationReader, ...]:
    """Return what the grids ask. Every plan comes with (first, count) of the tiles that are seen.

    Grids that are shown backward show the gradient of the explained unit, and say why where there
    is none.
    """
    backward = None
    if options.grid_shows is GridShows.BACKWARD:
        backward = explain_request(explaining, selection, network)
    grids = tuple(_grid(plan, seen, selection, options, backward) for plan, seen in plans)
    return grids if backward is None else (*grids, ExplanationReader(backward))


def strip_asked(
    network: Network, layers: Sequence[str], size_px: int, interval_s: float
) -> tuple[StripReader, ...]:
    """Return what the strip asks of the layers that can be seen; those of `network` alone."""
    known = {info.name for info in network.layers}
    names = tuple(name for name in layers if name in known)
    return (StripReader(names, size_px, interval_s),) if names else ()


def unit_asked(network: Network, selection: Selection) -> tuple[UnitReader, ...]:
    """Return what is asked of the picked unit; () where `network` has none such."""
    unit = selection.as_unit()
    is_there = unit is not None and any(info.name == unit.layer for info in network.layers)
    return (UnitReader(unit),) if unit is not None and is_there else ()


def _grid(
    plan: GridPlan,
    seen: tuple[int, int],
    selection: Selection,
    options: Appearance,
    backward: Why | None,
) -> GridReader:
    return GridReader(
        layer=plan.layer,
        tile_px=plan.tile_px,
        columns=plan.columns,
        first=seen[0],
        count=seen[1],
        units=plan.units,
        order=options.order,
        order_serial=options.order_serial,
        hide_dead=options.hide_dead and not _is_zoomed(plan.layer, selection),
        contrast=options.contrast,
        backward=backward,
    )


def _wanted_units(
    network: Network, layer: LayerInfo, selection: Selection, options: Appearance
) -> tuple[int, ...] | None:
    """Return the units that the grid is limited to: the zoomed one, or what the search finds."""
    if _is_zoomed(layer.name, selection):
        return (selection.unit,)
    return searched_units(network, layer, options)


def searched_units(
    network: Network, layer: LayerInfo, options: Appearance
) -> tuple[int, ...] | None:
    """Return the units of a layer that the search finds; None: there is no search."""
    if not options.search:
        return None
    labels = [network.unit_label(Unit(layer.name, i)) or "" for i in range(layer.unit_count)]
    return matching_units(options.search, layer.unit_count, labels)


def _is_zoomed(layer: str, selection: Selection) -> bool:
    return selection.zoom is Zoom.UNIT and layer == selection.layer


def _scaled(size_px: int, options: Appearance) -> int:
    return max(round(size_px * options.tile_scale), 4)
