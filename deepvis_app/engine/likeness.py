"""Whether a frame is like the photographs that the bundled network learned from.

A network can be sure of what it never met: noise is "poncho" to the bundled one, a page of text
"space heater", a blue wall "jellyfish". Its units tell: such pictures leave those of a deep layer
quieter than photographs do. The measure is the mean of (maximum - mean) / deviation over the units
of `relu4`. Of 500 photographs of ImageNet, most of things that it does not know, it is -0.70 to
0.66, of the demo -0.57 to 0.13. Below -0.75 are all of 20 noises, 20 flat colours, 20 gradients and
10 pages of text that were tried, and 18 of 20 blurred noises; coloured rectangles mostly are not,
but give flat shares.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.engine.kept.photographs import bundled_moments

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LAYER = "relu4"
UNLIKE_BELOW = -0.75
INTERVAL_S = 0.3


class Likeness:
    """Looks at a frame now and then: one more tap is cheap, and not for nothing on every frame."""

    def __init__(self, fingerprint: str) -> None:
        self._natural = bundled_moments().get(fingerprint, {}).get(LAYER)
        self._read_at = -INTERVAL_S
        self.value: float | None = None  # of the frame looked at last

    def due(self, now_s: float, *, always: bool) -> frozenset[str]:
        """Return the layer whose maxima are to be read on this frame, if any."""
        if self._natural is None or not (always or now_s - self._read_at >= INTERVAL_S):
            return frozenset()
        self._read_at = now_s
        return frozenset({LAYER})

    def read(self, maxima: NDArray[np.float32]) -> None:
        """Take the maximum of each unit's map, (C,)."""
        if self._natural is not None:
            natural = self._natural
            self.value = float(((maxima - natural.mean) / natural.deviation).mean())


def is_unlike(likeness: float | None) -> bool:
    """Tell whether a frame is unlike photographs; False where nothing is known of them."""
    return likeness is not None and likeness < UNLIKE_BELOW
