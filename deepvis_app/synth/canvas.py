"""What a run's pictures are held to, beside what the recipe says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deepvis_app.synth.ball import Ball
    from deepvis_app.synth.natural_table import NaturalTable


@dataclass(frozen=True, slots=True)
class Canvas:
    """`size` (H, W) of the pictures, None: the recipe's multiple of the network's input.

    `ball` about the start that they never leave, None: they may become anything.
    `natural` is what photographs give, for recipes with naturalness. `last`: what comes of a run is
    the picture of its last step, not of its best. `margin_px` that the network sees mirrored around
    them, so that it knows their borders as well as the rest; none where it takes only its own size.
    Positions of units are counted with it.
    """

    size: tuple[int, int] | None = None
    ball: Ball | None = None
    natural: NaturalTable | None = None
    last: bool = False
    margin_px: int = 0
