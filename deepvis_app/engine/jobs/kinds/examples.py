"""Pictures of folders, or of a collection, are looked at to teach a concept."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepvis_app.corpus.concepts.examples import (
    Gathered,
    example_steps,
    layers_beside,
    pictures_in,
)
from deepvis_app.corpus.pictures import FileSource
from deepvis_app.corpus.shard import shortest_px
from deepvis_app.engine.ahead import Ahead
from deepvis_app.engine.jobs.kind import JobKind, Rank
from deepvis_app.engine.jobs.progress import Progress
from deepvis_app.engine.jobs.status import JobStatus
from deepvis_app.engine.own_thread import apart

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deepvis_app.engine.jobs.kind import Found, Steps
    from deepvis_app.engine.jobs.progress import State
    from deepvis_app.engine.jobs.status import NetworkName
    from deepvis_app.nets.network import Network

MOST = 200  # pictures that are taken of a folder


@dataclass(frozen=True, slots=True)
class ExamplesRequest:
    """Pictures that show the concept, or do not: those of a folder, and single files.

    `number` tells one wish from another, and is that of their first moment.
    """

    layer: str
    number: int
    is_inside: bool
    folder: str = ""
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class ExamplesStatus(JobStatus):
    """`gathered` is what there is by now; None before the first picture."""

    request: ExamplesRequest

    @property
    def gathered(self) -> Gathered | None:
        found: Gathered | None = self.previews.get(self.request)
        return found


class Exemplifying(JobKind[ExamplesRequest, "Gathered"]):
    """Nothing of it is kept: a pass a picture is quick, and what it is for is gone by then."""

    name = "examples of a concept"
    request = ExamplesRequest
    status = ExamplesStatus
    noun = "examples"
    failure = ("The pictures could not be looked at", "Choose another folder or another layer")

    def title(self, request: ExamplesRequest) -> str:
        of = Path(request.folder).name or f"{len(request.files)} pictures"
        return f"Pictures of a concept, {of}"

    def rank(self, request: ExamplesRequest) -> Rank:  # noqa: ARG002
        return Rank.ASKED

    def steps(self, network: Network, request: ExamplesRequest, resume: State | None) -> Steps:  # noqa: ARG002
        files = request.files
        if request.folder:
            yield Progress(0, 0)
            yield (listed := apart(partial(pictures_in, request.folder, MOST)))
            paths, _ = listed.result()
            files = (*(str(path) for path in paths), *files)
        source = FileSource(None, tuple(Path(file) for file in files))
        reader = Ahead(network, source, shortest_px(network))
        pictures = [(file, request.is_inside) for file in files]
        layers = layers_beside(network, request.layer)
        return (
            yield from example_steps(
                network, pictures, layers, reader, first_moment=request.number
            )
        )  # fmt: skip

    def previews(self, step: Gathered | Progress) -> Sequence[object]:
        return (step if isinstance(step, Gathered) else None,)

    def find(self, network: NetworkName, request: ExamplesRequest, part: Any) -> Found | None:
        del network, request, part
        return None

    def keep(
        self, network: NetworkName, request: ExamplesRequest, part: Any, value: Gathered
    ) -> str:
        del network, request, part, value
        return ""

    def to_data(self, request: ExamplesRequest) -> dict[str, Any] | None:  # noqa: ARG002
        return None

    def from_data(self, data: Mapping[str, Any]) -> ExamplesRequest:
        raise ValueError(data)  # it is never kept
