"""The codes of a scan's layer are laid out in two dimensions."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepvis_app.corpus.codes import codes_of
from deepvis_app.corpus.corpus import load_corpus
from deepvis_app.corpus.map.embedding import Laid, embed_steps, step_count
from deepvis_app.corpus.map.kept import map_key, read_map, write_map
from deepvis_app.corpus.map.settings import MapSettings
from deepvis_app.engine.jobs.kind import Found, JobKind, Rank, Shown
from deepvis_app.engine.jobs.progress import Progress
from deepvis_app.engine.jobs.status import JobStatus
from deepvis_app.engine.own_thread import apart
from deepvis_app.errors import UserError
from deepvis_app.reading import whole_number

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from deepvis_app.corpus.map.embedding import Embedding
    from deepvis_app.engine.jobs.kind import Steps
    from deepvis_app.engine.jobs.progress import State
    from deepvis_app.engine.jobs.status import NetworkName
    from deepvis_app.nets.network import Network

WAYS = {"tsne": "t-SNE", "pca": "PCA"}


@dataclass(frozen=True, slots=True)
class EmbeddingRequest:
    """Whose codes are laid out, and how; `name` is what the corpus is called."""

    corpus: str  # its folder
    layer: str
    settings: MapSettings = field(default_factory=MapSettings)
    name: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True, eq=False)
class EmbeddingStatus(JobStatus):
    """`laid` is the map as it is by now; None before there is any."""

    request: EmbeddingRequest

    @property
    def laid(self) -> Laid | None:
        found: Laid | None = self.previews.get(self.request)
        return found


class LayingOut(JobKind[EmbeddingRequest, "Embedding"]):
    """A map is kept with the corpus it is of, not in the store, and found for the same codes only.

    A piece of it takes from a tenth of a second to half a minute and needs no network: each is done
    in a thread of its own, while frames and the window go on. Its sums depend on all that it did
    before, so a map that was left is begun anew.
    """

    name = "embedding"
    request = EmbeddingRequest
    status = EmbeddingStatus
    needs_network, works_apart = False, True
    noun = "map"
    failure = ("The pictures could not be laid out", "Choose another layer")

    def title(self, request: EmbeddingRequest) -> str:
        return f"Map of {request.layer}, {request.name or Path(request.corpus).name}"

    def way(self, request: EmbeddingRequest) -> str:
        return WAYS[request.settings.method]

    def rank(self, request: EmbeddingRequest) -> Rank:  # noqa: ARG002
        return Rank.ASKED

    def total(self, request: EmbeddingRequest) -> int:
        return step_count(request.settings)

    def steps(self, network: Network, request: EmbeddingRequest, resume: State | None) -> Steps:  # noqa: ARG002
        del network  # it may be exchanged meanwhile
        yield Progress(0, self.total(request))  # from here on it can rest
        steps = _laying_out(request)
        while True:
            yield (awaited := apart(partial(_next, steps)))
            step = awaited.result()
            if not isinstance(step, Laid):
                return step
            yield Progress(step.step, step.total, step)

    def show(self, value: Embedding) -> Shown:
        total = step_count(value.settings)
        return Shown(Laid(total, total, value.points))

    def find(self, network: NetworkName, request: EmbeddingRequest, part: Any) -> Found | None:  # noqa: ARG002
        try:
            corpus = load_corpus(request.corpus)
            codes = codes_of(corpus, request.layer)
        except UserError:
            return None  # the steps say what is wrong
        found = read_map(corpus, codes, request.settings)
        return None if found is None else Found(map_key(codes, request.settings), self.show(found))

    def keep(
        self,
        network: NetworkName,  # noqa: ARG002
        request: EmbeddingRequest,
        part: Any,  # noqa: ARG002
        value: Embedding,
    ) -> str:
        try:
            corpus = load_corpus(request.corpus)
        except UserError:  # it was removed meanwhile: a map of it has no place to be kept
            return ""
        return write_map(corpus, value).stem

    def to_data(self, request: EmbeddingRequest) -> dict[str, Any]:
        return asdict(request)

    def from_data(self, data: Mapping[str, Any]) -> EmbeddingRequest:
        texts = data["corpus"], data["layer"], data["name"]
        if not all(isinstance(text, str) for text in texts):
            raise ValueError("a map's corpus, layer and name are words")
        settings = MapSettings(**data["settings"])
        whole_number(settings.seed, 2**32 - 1)
        return EmbeddingRequest(texts[0], texts[1], settings, texts[2])


def _laying_out(request: EmbeddingRequest) -> Generator[Laid, None, Embedding]:
    codes = codes_of(load_corpus(request.corpus), request.layer)
    return (yield from embed_steps(codes, request.settings))


def _next(steps: Generator[Laid, None, Embedding]) -> Laid | Embedding:
    """Return what steps give next: another one, or at the end the map."""
    try:
        return next(steps)
    except StopIteration as end:
        embedding: Embedding = end.value
        return embedding
