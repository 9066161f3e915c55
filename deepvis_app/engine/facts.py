"""What every snapshot tells, whatever was asked: scores, likeness, where NaN comes from."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from deepvis_app.engine.likeness import Likeness
from deepvis_app.engine.nonfinite import Watch
from deepvis_app.engine.readers.reader import Needs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis_app.engine.nonfinite import NotFinite
    from deepvis_app.engine.passes import Passes
    from deepvis_app.engine.readers.reader import Look
    from deepvis_app.engine.readers.seen import Seen


class Facts(NamedTuple):
    """What a frame tells by itself; the names are those of `Snapshot`."""

    scores: NDArray[np.float32] | None
    is_finite: bool
    not_finite: NotFinite | None
    likeness: float | None


class FactFinder:
    """Finds the facts of one network's frames. For one thread at a time."""

    def __init__(self, passes: Passes, fingerprint: str) -> None:
        self._passes = passes
        self._likeness = Likeness(fingerprint)
        self._watch = Watch()
        self._probed: frozenset[str] = frozenset()  # layers that the likeness is read from

    def needs(self, look: Look) -> Needs:
        """Return what it needs of this frame."""
        always = look.still or look.device.recorded
        self._probed = self._likeness.due(look.now_s, always=always)
        return Needs(self._probed)

    def find(self, seen: Seen) -> Facts:
        """Return the facts, once the readers have looked: what they met is one of them."""
        for name in self._probed:
            self._likeness.read(seen.stats(name).maxima)
        scores = None if seen.scores is None else seen.scores[0].cpu().numpy()
        if scores is not None:
            scores.setflags(write=False)
        look = seen.look
        is_finite = seen.is_finite and (scores is None or bool(np.isfinite(scores).all()))
        not_finite = self._watch.see(
            is_finite,
            (look.frame, look.changes),
            look.now_s,
            partial(self._passes.first_not_finite, seen),
            still=look.still,
        )
        return Facts(scores, is_finite, not_finite, self._likeness.value)
