"""The kinds of jobs: one file each, and one line here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deepvis_app.engine.jobs.kind import JobKind, Kinds
from deepvis_app.engine.jobs.kinds.atlas import FillingAtlas
from deepvis_app.engine.jobs.kinds.checking import Checking
from deepvis_app.engine.jobs.kinds.checkpoints import Checkpoints
from deepvis_app.engine.jobs.kinds.dictionary import MakingDirections
from deepvis_app.engine.jobs.kinds.embedding import LayingOut
from deepvis_app.engine.jobs.kinds.examples import Exemplifying
from deepvis_app.engine.jobs.kinds.explaining import Explaining
from deepvis_app.engine.jobs.kinds.filming import Filming
from deepvis_app.engine.jobs.kinds.playing import Playing
from deepvis_app.engine.jobs.kinds.scanning import Scanning
from deepvis_app.engine.jobs.kinds.synthesis import Synthesis
from deepvis_app.engine.jobs.kinds.timelines import Timelines
from deepvis_app.engine.jobs.kinds.truth import Truth

if TYPE_CHECKING:
    from deepvis_app.engine.kept.directions import DirectionsShelf
    from deepvis_app.store import Store

KINDS: tuple[type[JobKind[Any, Any]], ...] = (
    Synthesis,
    Explaining,
    Truth,
    Scanning,
    LayingOut,
    FillingAtlas,
    Playing,
    Filming,
    Timelines,
    Checkpoints,
    Checking,
    Exemplifying,
)


def make_kinds(store: Store | None, directions: DirectionsShelf | None = None) -> Kinds:
    """Return all kinds, each of which keeps its results in a store; None: nothing is kept.

    `directions` is where directions go that are made.
    """
    return Kinds(*(kind(store) for kind in KINDS), MakingDirections(store, directions))
