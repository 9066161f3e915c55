"""The filters of a layer that reads the picture, as pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.corpus.weights import by_hue, by_norm, filter_pictures
from deepvis_app.state.weights import FilterOrder
from deepvis_app.tiles import coloured, palette
from deepvis_app.words.figures import figure

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from deepvis_app.engine.readers import WeightFacts
    from deepvis_app.nets import Network
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panels.weights.view import WeightsView

    Floats = NDArray[np.float32]
    Picture = NDArray[np.uint8]

SIGNED = "blue-orange"
LEAST_PX = 32  # side to which filters are enlarged pixel by pixel, so that they stay sharp


def kernel_picture(network: Network, kernel: Floats, peak: float | None = None) -> Picture:
    """Return weights (C, rows, columns) of the picture as colours, large enough to stay sharp.

    Of one channel: blue above zero, orange below.
    """
    picture: Picture = kernel_pictures(network, kernel[None], peak)[0]
    return picture


def kernel_pictures(
    network: Network, kernels: Floats, peak: float | None = None
) -> NDArray[np.uint8]:
    """Return the same of many (U, C, rows, columns) at once: (U, h, w, 3)."""
    if kernels.shape[1] == 1:
        own = np.abs(kernels).max((1, 2, 3), initial=0) if peak is None else peak
        shares = -kernels[:, 0] / np.maximum(own, 1e-12).reshape(-1, 1, 1)
        flat = coloured(shares.reshape(-1, shares.shape[2]), palette(SIGNED), 1.0, signed=True)
        pictures = flat.reshape(*shares.shape, 3)
    else:
        pictures = filter_pictures(network, kernels, peak)
    times = -(-LEAST_PX // max(pictures.shape[1], 1))
    return pictures.repeat(times, 1).repeat(times, 2) if times > 1 else pictures


class FilterPresenter:
    """Shows the filter of a unit, and those of its layer, where it has one."""

    def __init__(self, view: WeightsView, desk: Desk, step: Callable[[str, int], None]) -> None:
        self._view, self._options = view.filters, desk.options.weights
        self._selection, self._step = desk.selection, step
        self._shown: tuple[object, ...] | None = None
        self._sheet: tuple[object, ...] | None = None
        options = self._options
        view.filters.order_picked.connect(lambda order: setattr(options, "filter_order", order))
        view.filters.scale_picked.connect(lambda on: setattr(options, "shared_scale", on))
        view.filters.unit_picked.connect(self._pick)

    def takes(self, facts: WeightFacts, network: Network) -> bool:
        """Tell whether a unit is shown as a filter, not as rows of inputs."""
        weights = facts.weights
        if weights is None or len(weights.incoming) != 1:
            return False
        inputs = weights.incoming[0].inputs
        channels = list(range(network.input_shape[0]))
        return inputs.layers == ("",) and inputs.units.tolist() == channels

    def clear(self) -> None:
        self._shown = self._sheet = None
        self._view.set_filter("", "", None)

    def show(self, facts: WeightFacts, network: Network) -> None:
        """Show a unit's filter and the sheet, as far as they are not shown already."""
        options = self._options
        shown = facts, options.filter_order, options.shared_scale
        if shown == self._shown:
            return
        self._shown = shown
        self._view.set_choices(options.filter_order, shared=options.shared_scale)
        if not self.takes(facts, network):
            self._view.set_filter("", "", None)
            return
        weights = facts.weights
        assert weights is not None
        kernel = weights.incoming[0].kernels
        rows, columns = kernel.shape[1:]
        largest = float(np.abs(kernel).max(initial=0))
        peak = largest
        if options.shared_scale and facts.filters is not None:
            peak = float(np.abs(facts.filters).max(initial=0))
        title = f"Filter {facts.unit.index} · {rows} × {columns}"
        detail = f"strongest weight {figure(largest)}"
        self._view.set_filter(title, detail, kernel_picture(network, kernel, peak))
        self._show_sheet(facts, network, peak if options.shared_scale else None)

    def _show_sheet(self, facts: WeightFacts, network: Network, peak: float | None) -> None:
        filters, order = facts.filters, self._options.filter_order
        here = facts.unit.index
        sheet = network, facts.unit.layer, order, peak
        if sheet == self._sheet:
            self._view.mark(here)
            return
        self._sheet = sheet
        if filters is None:
            self._view.set_sheet((), (), here)
            return
        units = np.arange(len(filters))
        if order is FilterOrder.NORM:
            units = by_norm(filters)
        elif order is FilterOrder.HUE:
            units = by_hue(network, filters)
        pictures = list(kernel_pictures(network, filters[units], peak))
        self._view.set_sheet(units.tolist(), pictures, here)

    def _pick(self, unit: int) -> None:
        if self._selection.layer:
            self._step(self._selection.layer, unit)
