"""A layer through the checkpoints of a run: its units' weights, answers and best pictures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepvis_app.engine.jobs.kind import JobKind
from deepvis_app.engine.jobs.status import JobStatus
from deepvis_app.lab.timeline import timeline_steps

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deepvis_app.engine.jobs.kind import Steps
    from deepvis_app.engine.jobs.progress import State
    from deepvis_app.lab.timeline import Moment, Timeline
    from deepvis_app.nets.network import Network
    from deepvis_app.store import Store

KEPT = 400  # moments of layers


@dataclass(frozen=True, slots=True)
class TimelineRequest:
    """A layer of a run, up to the checkpoint of a step: a run that has more is another request."""

    folder: str
    layer: str
    until: int


@dataclass(frozen=True, slots=True, eq=False)
class TimelineStatus(JobStatus):
    """`timeline` is what is known by now."""

    request: TimelineRequest

    @property
    def timeline(self) -> Timeline | None:
        found: Timeline | None = self.previews.get(self.request)
        return found


class Timelines(JobKind[TimelineRequest, "Timeline"]):
    """Found anew in every session: a pass of a few pictures a checkpoint is quick."""

    name = "timeline"
    request = TimelineRequest
    status = TimelineStatus
    needs_network = False
    noun = "timeline"
    failure = ("The checkpoints could not be looked through", "Choose another run or another layer")

    def __init__(self, store: Store | None) -> None:  # noqa: ARG002 - nothing is kept there
        super().__init__(None)
        self._moments: dict[tuple[str, int, str], Moment] = {}

    def title(self, request: TimelineRequest) -> str:
        return f"{Path(request.folder).name} · {request.layer} through its checkpoints"

    def steps(self, network: Network, request: TimelineRequest, resume: State | None) -> Steps:  # noqa: ARG002
        from deepvis_app.engine.run_data import judged_by  # imports the lab's trainer

        folder = Path(request.folder)
        yield (awaited := judged_by(folder))
        found = awaited.result()
        while len(self._moments) > KEPT:
            self._moments.pop(next(iter(self._moments)))
        return (
            yield from timeline_steps(
                folder, request.layer, found.inputs, found.classes, found.labels,
                known=self._moments, network=found.network, shown=found.pictures,
            )
        )  # fmt: skip

    def to_data(self, request: TimelineRequest) -> dict[str, Any] | None:  # noqa: ARG002
        return None

    def from_data(self, data: Mapping[str, Any]) -> TimelineRequest:
        raise ValueError(data)  # it is never kept
