"""When to say that the classes shown should not be believed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.engine.likeness import is_unlike
from deepvis_app.nets.doubt import flat_below, nothing_fits

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PATIENCE_S = 0.4  # a fade or a blink of the camera is not worth a word
UNLIKE = "Unlike photographs: most units stay quiet, so a high share says little"


class Doubt:
    """Waits until a doubt has lasted, so that words do not flicker; drops it at once."""

    def __init__(self) -> None:
        self._since_s: float | None = None

    def words(
        self, shares: NDArray[np.float32], likeness: float | None, now_s: float, *, moving: bool
    ) -> str:
        """Return what to say of the shares (K,) that are shown; "" where they may be believed."""
        text = ""
        if nothing_fits(shares):
            level = flat_below(len(shares))
            text = f"Nothing fits well: none of the {len(shares)} classes reaches {level:.2f}"
        elif is_unlike(likeness):
            text = UNLIKE
        if not text:
            self._since_s = None
            return ""
        if self._since_s is None:
            self._since_s = now_s
        return text if not moving or now_s - self._since_s >= PATIENCE_S else ""
