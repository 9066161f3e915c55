"""Directions are made of a layer's codes on the pictures of a scan, and kept."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from deepvis_app.corpus.corpus import load_corpus
from deepvis_app.corpus.dictionaries.making import Made, making_steps
from deepvis_app.corpus.dictionaries.settings import DictionarySettings, Method
from deepvis_app.corpus.dictionaries.walk import MakingProgress
from deepvis_app.corpus.pictures import source_of
from deepvis_app.corpus.shard import shortest_px
from deepvis_app.engine.ahead import Ahead
from deepvis_app.engine.jobs.kind import RESULT, WRONG, Found, JobKind, Rank, Shown
from deepvis_app.engine.jobs.status import JobStatus
from deepvis_app.engine.own_thread import apart
from deepvis_app.errors import UserError
from deepvis_app.nets.directions_file import AboutDirections, read_about
from deepvis_app.reading import parse_json

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from concurrent.futures import Future

    from deepvis_app.corpus.corpus import Corpus
    from deepvis_app.engine.jobs.kind import Steps
    from deepvis_app.engine.jobs.progress import State
    from deepvis_app.engine.jobs.status import NetworkName
    from deepvis_app.engine.kept.directions import DirectionsShelf
    from deepvis_app.engine.worker import Model
    from deepvis_app.nets.directions import Directions
    from deepvis_app.store import Store

T = TypeVar("T")

WAYS = {Method.SPARSE: "Sparse dictionary", Method.NMF: "NMF", Method.PCA: "PCA"}
PHASES = {
    "pictures": "looking at pictures", "learning": "learning", "read-outs": "fitting read-outs",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class DictionaryRequest:
    """Of which layer directions are made, on the pictures of which corpus, and how.

    `name` is what the corpus is called.
    """

    corpus: str  # its folder
    layer: str
    settings: DictionarySettings = field(default_factory=DictionarySettings)
    name: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True, eq=False)
class MadeDirections:
    """Directions that are kept: `layer` is what they are called as a layer of the network.

    `directions` are the numbers, where they were made just now; None: they are on the shelf.
    `identity` is that of the request as the scan was when they were made.
    """

    layer: str
    about: AboutDirections
    directions: Directions | None = None
    identity: Any = None


@dataclass(frozen=True, slots=True, eq=False)
class DictionaryStatus(JobStatus):
    """`found` is what came of it, None before that is there."""

    request: DictionaryRequest

    @property
    def found(self) -> MadeDirections | None:
        found: object = self.previews.get(self.request)
        return found if isinstance(found, MadeDirections) else None

    @property
    def told(self) -> str:
        now: object = self.previews.get(self.request)
        if not isinstance(now, MakingProgress):
            return ""
        missed = f", {now.missed:.0%} of the variance missed" if now.missed == now.missed else ""
        return f"{PHASES[now.phase]}{missed}"

    @property
    def curve(self) -> tuple[float, ...]:
        """The share of the variance of some held-out codes that is missed, by step."""
        return self.traces.get(self.request, ())


class MakingDirections(JobKind[DictionaryRequest, MadeDirections]):
    """What is made goes to the shelf of directions; the store has only what it is called there.

    Learning goes a batch at a time, between frames: its loops hold Python's lock, and in a thread
    of their own would stop the window and the network again and again. What one long sum of a
    library is goes into such a thread. A job that was left is begun anew.
    """

    name = "dictionary"
    request = DictionaryRequest
    status = DictionaryStatus
    noun = "dictionary"
    failure = ("The directions could not be made", "Choose another layer or other settings")

    def __init__(self, store: Store | None, shelf: DirectionsShelf | None = None) -> None:
        super().__init__(store)
        self.shelf = shelf

    def title(self, request: DictionaryRequest) -> str:
        return f"Directions of {request.layer}, {request.name or Path(request.corpus).name}"

    def way(self, request: DictionaryRequest) -> str:
        return f"{WAYS[request.settings.method]} of {request.settings.count}"

    def rank(self, request: DictionaryRequest) -> Rank:  # noqa: ARG002
        return Rank.ASKED

    def pieces(self, model: Model, request: DictionaryRequest, resume: State | None) -> Steps:  # noqa: ARG002
        if self.shelf is None:
            raise UserError("Directions are kept nowhere here", "Give the engine a shelf for them")
        corpus, network = load_corpus(request.corpus), model.replica
        identity = _identity(request, corpus)
        reader = None
        if corpus.about.source:
            shortest = shortest_px(network) if corpus.manner.reduced else 0
            reader = Ahead(network, source_of(corpus.about.source), shortest)
        made = yield from making_steps(
            network, corpus, request.layer, request.settings,
            fingerprint=model.fingerprint, reader=reader, beside=_apart,
        )  # fmt: skip
        return (_kept(made, model, corpus.name, identity),)

    def previews(self, step: MakingProgress) -> tuple[object, ...]:
        return (step,)

    def values(self, step: MakingProgress) -> tuple[float, ...]:
        return (step.missed,)

    def state(self, step: MakingProgress) -> None:  # noqa: ARG002
        return None

    # What is kept

    def identity(self, request: DictionaryRequest) -> Any:
        """Return what decides the directions: of the corpus its pictures, not where it is kept."""
        return _identity(request, load_corpus(request.corpus))

    def find(self, network: NetworkName, request: DictionaryRequest, part: Any) -> Found | None:  # noqa: ARG002
        if self.store is None or self.shelf is None:
            return None
        try:
            key = self.key(network, request)
            entry = self.store.get(key)
            if entry is None:
                return None
            facts = parse_json(entry.read(RESULT))
            about = read_about(self.shelf.folder / Path(facts["file"]).name)
            return Found(key, self.show(MadeDirections(str(facts["layer"]), about)))
        except WRONG:
            return None  # it is made again; the steps say what is wrong

    def keep(
        self, network: NetworkName, request: DictionaryRequest, part: Any, value: MadeDirections
    ) -> str:
        del part
        if self.shelf is None or value.directions is None:
            return ""
        path = self.shelf.put(value.directions, value.about).path
        if self.store is None:
            return ""
        key = self.key_of(network, value.identity)  # the scan may be gone or another by now
        result = json.dumps({"file": path.name, "layer": value.layer}).encode()
        self.store.put(key, self.name, {RESULT: result}, self._about(network, request))
        return key

    def show(self, value: MadeDirections) -> Shown:
        return Shown(MadeDirections(value.layer, value.about))

    def to_data(self, request: DictionaryRequest) -> dict[str, Any]:
        return {
            "corpus": request.corpus,
            "layer": request.layer,
            "settings": request.settings.model_dump(mode="json"),
            "name": request.name,
        }

    def from_data(self, data: Mapping[str, Any]) -> DictionaryRequest:
        texts = data["corpus"], data["layer"], data["name"]
        if not all(isinstance(text, str) for text in texts):
            raise ValueError("a corpus, its name and a layer are words")
        return DictionaryRequest(
            texts[0], texts[1], DictionarySettings(**data["settings"]), texts[2]
        )


def _apart(work: Callable[[], T]) -> Generator[Future[T], None, T]:
    """Do one long sum in a thread of its own."""
    yield (awaited := apart(work))
    return awaited.result()


def _identity(request: DictionaryRequest, corpus: Corpus) -> list[Any]:
    pictures = hashlib.sha256(corpus.plan.ids.tobytes()).hexdigest()
    settings = request.settings.model_dump(mode="json")
    return [request.layer, settings, pictures, corpus.manner.reduced]


def _kept(made: Made, model: Model, corpus: str, identity: list[Any]) -> MadeDirections:
    name = made.settings.method.value
    about = AboutDirections(
        made.layer, name, model.fingerprint, model.replica.name,
        f"{made.sentence} of {corpus}", made.figures.by_name(),
    )  # fmt: skip
    layer = f"{made.layer}~{made.directions.by_content(name)}"
    return MadeDirections(layer, about, made.directions, identity)
