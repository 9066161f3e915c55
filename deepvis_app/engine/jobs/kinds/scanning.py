"""A collection of pictures is scanned, whole or as far as it is not yet."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepvis_app.corpus.measure import Score
from deepvis_app.corpus.pictures import source_of
from deepvis_app.corpus.progress import ScanProgress
from deepvis_app.corpus.scan import Wish, scan_steps
from deepvis_app.corpus.shard import shortest_px
from deepvis_app.engine.ahead import Ahead
from deepvis_app.engine.jobs.kind import JobKind
from deepvis_app.engine.jobs.status import JobStatus
from deepvis_app.reading import whole_number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deepvis_app.engine.jobs.kind import Found, Steps
    from deepvis_app.engine.jobs.progress import State
    from deepvis_app.engine.jobs.status import NetworkName
    from deepvis_app.engine.worker import Model


@dataclass(frozen=True, slots=True)
class ScanRequest:
    """Which pictures are scanned, and into which folder; `layers` None: all of the network."""

    source: str  # a folder, or a list of pictures
    out: str  # the corpus' own folder
    name: str
    layers: tuple[str, ...] | None = None
    score: Score = Score.MAX
    top_k: int = 9


@dataclass(frozen=True, slots=True, eq=False)
class ScanStatus(JobStatus):
    """`progress` is where the scan is; None before it has begun and after it is done."""

    request: ScanRequest

    @property
    def progress(self) -> ScanProgress | None:
        found = self.previews.get(self.request)
        return found if isinstance(found, ScanProgress) else None


class Scanning(JobKind[ScanRequest, str]):
    """A scan is on the disk by itself, a shard at a time: it goes on from there, however it ended.

    So it is never found in the store, and asking again looks for pictures that are new.
    """

    name = "scan"
    request = ScanRequest
    status = ScanStatus
    noun = "scan"
    failure = ("The pictures could not be scanned", "Choose other layers or another network")

    def title(self, request: ScanRequest) -> str:
        return f"Scan of {request.name}"

    def pieces(self, model: Model, request: ScanRequest, resume: State | None) -> Steps:  # noqa: ARG002
        wish = Wish(
            request.source, Path(request.out), request.layers, request.top_k, request.score,
            name=request.name, fingerprint=model.fingerprint,
        )  # fmt: skip
        network = model.replica
        ahead = Ahead(network, source_of(request.source), shortest_px(network))
        yield from scan_steps(network, wish, ahead)
        return (request.out,)

    def previews(self, step: ScanProgress) -> tuple[object, ...]:
        return (step,)

    def find(self, network: NetworkName, request: ScanRequest, part: Any) -> Found | None:  # noqa: ARG002
        return None

    def keep(self, network: NetworkName, request: ScanRequest, part: Any, value: str) -> str:  # noqa: ARG002
        return ""

    def to_data(self, request: ScanRequest) -> dict[str, Any]:
        return {
            "source": request.source,
            "out": request.out,
            "name": request.name,
            "layers": None if request.layers is None else list(request.layers),
            "score": request.score.value,
            "top_k": request.top_k,
        }

    def from_data(self, data: Mapping[str, Any]) -> ScanRequest:
        texts = data["source"], data["out"], data["name"]
        layers = data["layers"] if data["layers"] is None else tuple(data["layers"])
        if not all(isinstance(text, str) for text in (*texts, *(layers or ()))):
            raise ValueError("a scan's folders, name and layers are words")
        return ScanRequest(*texts, layers, Score(data["score"]), whole_number(data["top_k"]))
