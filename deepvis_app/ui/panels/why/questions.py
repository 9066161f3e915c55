"""Long questions about the shown picture, and what is known of their answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deepvis_app.engine.jobs import JobState
from deepvis_app.engine.jobs.kinds.explaining import ExplainingStatus, Question
from deepvis_app.engine.jobs.kinds.truth import TruthQuestion
from deepvis_app.engine.known_array import KnownArray
from deepvis_app.explain import OCCLUSION, OcclusionProgress, OcclusionResult, rgb_map

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import NDArray

    from deepvis_app.engine.jobs import JobStatus
    from deepvis_app.errors import UserError
    from deepvis_app.explain import Fill, Method, Seed
    from deepvis_app.frames.source import Frame
    from deepvis_app.nets import Network, Unit

    Floats = NDArray[np.float32]


@dataclass(slots=True, eq=False)
class Inquiry:
    """A question that was asked: its job, and the frame it is about."""

    title: str
    request: Question | TruthQuestion
    job: int
    frame: Frame
    status: JobStatus | None = None  # the newest that was seen

    @property
    def picture(self) -> NDArray[np.uint8]:
        """The picture as the network saw it."""
        assert self.request.picture.values is not None  # it was given
        return self.request.picture.values

    @property
    def done(self) -> bool:
        return self.status is not None and self.status.state.is_final

    @property
    def is_held(self) -> bool:
        return self.status is not None and self.status.state is JobState.PAUSED

    @property
    def error(self) -> UserError | None:
        return None if self.status is None else self.status.error

    @property
    def found(self) -> object:
        """What is known of the answer by now, and all of it at the end."""
        return None if self.status is None else self.status.previews.get(self.request)

    def take(self, statuses: Iterable[JobStatus]) -> bool:
        """Take the job's newest status; return whether it is another one."""
        new = next((one for one in statuses if one.id == self.job), self.status)
        is_news = new is not self.status
        self.status = new
        return is_news

    def map(self) -> Floats | None:
        """Return the newest map (C or 1, H, W); None before the first that says something."""
        if not isinstance(self.status, ExplainingStatus):
            return None
        found = self.status.found
        if isinstance(found, OcclusionProgress | OcclusionResult):
            early = isinstance(found, OcclusionProgress) and not found.level
            return None if early else found.drop[None]
        return None if found is None else found.map


def occlusion(
    picture: KnownArray, unit: Unit, seed: Seed, patch: int, stride: int, fill: Fill
) -> Question:
    """Cover the picture piece by piece."""
    assert picture.values is not None
    side = min(patch, *picture.values.shape[:2])
    options = (("patch", side), ("stride", min(stride, side)), ("fill", fill.value))
    return Question(picture, unit, seed, OCCLUSION, options)


def tested_live(picture: KnownArray, unit: Unit, seed: Seed, method: Method) -> TruthQuestion:
    """Test the map that a live method gives of a picture."""
    return TruthQuestion(picture, unit, seed, method.value)


def tested(of: Question, found: Floats) -> TruthQuestion:
    """Test a map that was found by an earlier question."""
    return TruthQuestion(of.picture, of.unit, of.seed, of.method, KnownArray.of(found))


def shown_map(network: Network, found: Floats) -> Floats:
    """Return a map with its colours in the order RGB."""
    return rgb_map(network, found)


def age_text(frame: Frame, shown: Frame | None, now_s: float) -> str | None:
    """Return of which frame an answer is, None where it is of the shown one."""
    if shown is None or frame is shown:
        return None
    if frame.title != shown.title and frame.index != shown.index:
        return f"of {frame.title}"
    seconds = max(round(now_s - frame.captured_at), 1)
    return f"of a frame {seconds} s ago"
