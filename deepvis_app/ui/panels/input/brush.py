"""Dragging over the input covers a part of it, and everything answers to the rest."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from deepvis_app.nets import Box

if TYPE_CHECKING:
    from deepvis_app.engine.readers import Brush
    from deepvis_app.nets import Network
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panels.input.view import InputView


PAGE = "why"  # while it is seen the brush can be in the hand


class BrushPresenter:
    """From gestures on the input to the options' strokes, and these back to the picture."""

    def __init__(self, view: InputView, desk: Desk) -> None:
        self._view, self._sight = view, desk.sight
        self._options = options = desk.options.why
        self._play = desk.options.play
        self._play.events.is_live.connect(self._show_strokes)
        self._network: Network | None = None
        self._at: tuple[float, float] | None = None  # where the stroke in hand is
        picture = self._view.picture
        picture.dragged.connect(self._drag)
        picture.released.connect(self.lift)
        self._view.strokes_cleared.connect(self.clear)
        self._view.stroke_undone.connect(options.undo_stroke)
        options.events.is_brushing.connect(self._show_brushing)
        options.events.strokes.connect(self._show_strokes)
        for name in ("page", "is_inspecting", "is_narrow", "is_drawn", "is_visible"):
            getattr(desk.sight.events, name).connect(self._leave)

    def set_network(self, network: Network | None) -> None:
        self._network = network
        self.put_down()

    def ask(self) -> tuple[Brush, ...]:
        """Return what is covered; () where nothing is."""
        brush = self._options.brush
        return () if brush is None else (brush,)

    def toggle(self) -> None:
        """Take the brush into the hand, on its page, or put it down."""
        self._sight.show_page(PAGE)
        self._options.is_brushing = not self._options.is_brushing

    def _leave(self, *_: object) -> None:
        if not self._sight.shows(PAGE):
            self.put_down()

    def lift(self) -> None:
        """End the stroke; what it covers stays covered."""
        self._at = None
        self._view.picture.set_patch(None)

    def put_down(self) -> None:
        """Drag no more; what is covered stays so."""
        self.lift()
        self._options.is_brushing = False

    def clear(self) -> None:
        """Uncover the picture."""
        self._options.strokes = ()

    def _drag(self, y: float, x: float) -> None:
        """Go on with the stroke, without gaps however fast the pointer is; or begin one."""
        if not self._options.is_brushing or self._network is None:
            return
        strokes, before = self._options.strokes, self._at
        if before is None:
            strokes, before = (*strokes, ()), (y, x)
        far = max(abs(y - before[0]), abs(x - before[1]))
        steps = max(math.ceil(far / max(self._options.patch_px / 4, 1)), 1)
        path = [
            self._box(*(a + (b - a) * k / steps for a, b in zip(before, (y, x), strict=True)))
            for k in range(1, steps + 1)
        ]
        stroke = tuple(dict.fromkeys((*strokes[-1], *path)))
        self._at = (y, x)
        self._options.strokes = (*strokes[:-1], stroke)
        self._view.picture.set_patch(path[-1])

    def _box(self, y: float, x: float) -> Box:
        assert self._network is not None
        height, width = self._network.input_shape[1:]
        side = self._options.patch_px
        top = min(max(round(y - side / 2), 0), max(height - side, 0))
        left = min(max(round(x - side / 2), 0), max(width - side, 0))
        return Box(top, left, min(top + side, height), min(left + side, width))

    def _show_brushing(self, on: bool, *_: object) -> None:
        self._view.set_brushing(on)
        if not on:
            self.lift()

    def _show_strokes(self, *_: object) -> None:
        """Show what is covered; where every frame is played with, all of it as it became."""
        strokes = self._options.strokes
        self._view.set_strokes(len(strokes))
        covered = tuple(box for stroke in strokes for box in stroke)
        if self._play.is_live and self._network is not None:
            covered = (Box(0, 0, *self._network.input_shape[1:]),)
        self._view.picture.set_covered(covered)
