"""What the user wants explained, and how it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from psygnal import SignalGroupDescriptor

from deepvis_app.engine.readers import Brush, Why
from deepvis_app.explain import Fill, Method, Rendering, Seed, SeedKind, usual_seed

if TYPE_CHECKING:
    from deepvis_app.nets import Box, Network, Unit
    from deepvis_app.state.selection import Selection

PATCH_SHARE = 5  # a patch is this part of the input's shorter side, a stride a quarter of it


@dataclass
class ExplainOptions:
    """The question "why", its method and its view. Evented, main thread only.

    `origin` is the pinned unit, None while the picked one is explained. `seed` None is the usual
    one for the unit. Maps with colours and those without (Grad-CAM, occlusion) have a view each.
    """

    events: ClassVar[SignalGroupDescriptor] = SignalGroupDescriptor()

    method: Method = Method.GUIDED
    seed: SeedKind | None = None
    place: tuple[str, int, int] | None = None  # layer, i, j: for `SeedKind.PLACE`
    origin: Unit | None = None
    view: Rendering = Rendering.RAW
    flat_view: Rendering = Rendering.OVERLAY
    opacity: float = 0.7
    smoothing_s: float = 0.2
    patch_px: int = 45
    stride_px: int = 11
    fill: Fill = Fill.MEAN
    is_brushing: bool = False  # dragging over the input covers it
    strokes: tuple[tuple[Box, ...], ...] = ()  # what was covered by hand, newest last

    @property
    def has_colours(self) -> bool:
        """Tell whether the method's maps have a value for each colour."""
        return self.method is not Method.GRADCAM

    @property
    def shown_view(self) -> Rendering:
        return self.view if self.has_colours else self.flat_view

    def show_as(self, view: Rendering) -> None:
        """Choose the view of the present method's maps."""
        if self.has_colours:
            self.view = view
        else:
            self.flat_view = view

    @property
    def brush(self) -> Brush | None:
        boxes = tuple(box for stroke in self.strokes for box in stroke)
        return Brush(boxes, self.fill) if boxes else None

    def undo_stroke(self) -> bool:
        """Take the brush's last stroke back; return whether there was one."""
        found = bool(self.strokes)
        self.strokes = self.strokes[:-1]
        return found

    def unit(self, selection: Selection) -> Unit | None:
        """Return the unit in question: the pinned one, else the picked one."""
        return self.origin or selection.as_unit()

    def toggle_origin(self, unit: Unit | None) -> None:
        """Keep a unit explained; the pinned one again: let it go."""
        self.origin = None if unit == self.origin else unit

    def turn_to(self, unit: Unit) -> None:
        """Explain a unit also where another one is pinned: it takes its place."""
        if self.origin is not None:
            self.origin = unit

    def adopt(self, network: Network) -> bool:
        """Fit a new network; return whether the pinned unit had to go."""
        gone = self.origin is not None and not exists(network, self.origin)
        if gone:
            self.origin = None
        self.place = None
        self.strokes = ()
        self.patch_px = max(1, round(min(network.input_shape[1:]) / PATCH_SHARE))
        self.stride_px = max(1, self.patch_px // 4)
        return gone


def exists(network: Network, unit: Unit) -> bool:
    """Tell whether a network has the unit."""
    return any(
        info.name == unit.layer and 0 <= unit.index < info.unit_count for info in network.layers
    )


def seed_for(options: ExplainOptions, network: Network, unit: Unit, method: str) -> Seed:
    """Return the chosen seed where the unit has it, else the usual one."""
    if options.seed is SeedKind.PLACE:
        if options.place is not None and options.place[0] == unit.layer:
            return Seed(SeedKind.PLACE, options.place[1:])
        return Seed(SeedKind.MAXIMUM)  # until a place is clicked
    if options.seed is None or (options.seed is SeedKind.LOGIT and not network.is_class(unit)):
        return usual_seed(network, unit, method)
    return Seed(options.seed)


def explain_request(options: ExplainOptions, selection: Selection, network: Network) -> Why | None:
    """Return what the live view is to explain; None where there is no such unit."""
    unit = options.unit(selection)
    if unit is None or not exists(network, unit):
        return None
    seed = seed_for(options, network, unit, options.method.value)
    return Why(unit, options.method, seed)
