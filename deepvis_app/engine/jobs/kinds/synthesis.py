"""Preferred images: what a unit would like to see, made in batches, each kept in the gallery."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol, TypeVar

from deepvis_app.engine.failures import is_out_of_memory
from deepvis_app.engine.jobs.kind import Found, JobKind, Rank, Shown
from deepvis_app.engine.jobs.kinds.chunks import chunk_for
from deepvis_app.engine.jobs.kinds.synthesis_request import (
    Purpose,
    SynthesisRequest,
    recipe_from_data,
    recipe_to_data,
    samples_from_data,
    samples_to_data,
    unit_of,
)
from deepvis_app.engine.jobs.status import JobStatus
from deepvis_app.engine.kept.corpora import Corpora, default_folder
from deepvis_app.engine.kept.gallery import Gallery
from deepvis_app.engine.kept.naturals import Naturals
from deepvis_app.engine.kept.photographs import Photographs, scores_of
from deepvis_app.errors import UserError
from deepvis_app.synth import steering_problem, synthesis_pieces

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from torch import Tensor

    from deepvis_app.engine.jobs.kind import Chunk
    from deepvis_app.engine.jobs.progress import State
    from deepvis_app.engine.jobs.status import NetworkName
    from deepvis_app.engine.kept.gallery import Scores
    from deepvis_app.engine.worker import Model
    from deepvis_app.nets.layers import Unit
    from deepvis_app.nets.network import Network
    from deepvis_app.store import Store
    from deepvis_app.synth import Recipe, Sample, SynthesisProgress, SynthesisResult
    from deepvis_app.synth.natural_table import NaturalTable

    Pieces = Generator[SynthesisProgress | None, Recipe | None, tuple[SynthesisResult, ...]]

__all__ = ["Purpose", "Synthesis", "SynthesisRequest", "SynthesisStatus"]

logger = logging.getLogger(__name__)


RANKS = {Purpose.LOOK: Rank.VIEW, Purpose.LAYER: Rank.USUAL, Purpose.PREFETCH: Rank.GUESS}


class Synthesise(Protocol):
    """What makes pictures: `synth.synthesis_pieces`, which yields None within its steps."""

    def __call__(
        self,
        network: Network,
        samples: Sequence[Sample],
        recipe: Recipe,
        *,
        resume: Mapping[str, Tensor] | None = None,
        photographs: NaturalTable | None = None,
    ) -> Pieces: ...


@dataclass(frozen=True, slots=True, eq=False)
class SynthesisStatus(JobStatus):
    """`previews` are uint8 (H, W, 3), read-only; `traces` are activations. Parts are samples."""

    request: SynthesisRequest

    @property
    def samples(self) -> tuple[Sample, ...]:
        return self.request.samples

    @property
    def recipe(self) -> Recipe:
        return self.request.recipe

    @property
    def purpose(self) -> Purpose:
        return self.request.purpose


class Made(NamedTuple):
    """A finished picture, and how it was scored where that could be done."""

    result: SynthesisResult
    scores: Scores | None


class ByRecipe(Protocol):
    """What pictures are asked for with: a frozen data class."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def recipe(self) -> Recipe: ...


R = TypeVar("R", bound=ByRecipe)  # the request


class Growing(JobKind[R, Made]):
    """What makes pictures by synthesis, one recipe a request, and keeps them in the gallery."""

    noun = "picture"
    failure = ("The pictures could not be made", "Choose another recipe or another network")

    def __init__(self, store: Store | None, naturals: Naturals | None = None) -> None:
        super().__init__(store)
        self._gallery = None if store is None else Gallery(store, naturals)

    def way(self, request: R) -> str:
        return request.recipe.name

    def manner(self, request: R) -> str:
        return request.recipe.key  # holds the version of the code, too

    def changed(self, request: R, wish: Recipe) -> R:
        if wish == request.recipe:
            return request
        if problem := steering_problem(request.recipe, wish):
            raise UserError(problem, "Start again with it")
        return replace(request, recipe=wish)

    def steering(self, request: R) -> Recipe:
        return request.recipe

    def total(self, request: R) -> int:
        return request.recipe.stop.steps

    def previews(self, step: SynthesisProgress) -> Sequence[object]:
        pictures = step.pictures()
        pictures.setflags(write=False)
        return list(pictures)

    def values(self, step: SynthesisProgress) -> Sequence[float]:
        return step.activations

    def state(self, step: SynthesisProgress) -> State:
        return step.state()

    def has_state(self, step: SynthesisProgress) -> bool:  # noqa: ARG002 - without making one
        return True

    def show(self, value: Made) -> Shown:
        value.result.image.setflags(write=False)
        return Shown(value.result.image, tuple(map(float, value.result.trace)))

    def _kept(self, fingerprint: str, sample: Sample, recipe: Recipe) -> Found | None:
        """Return what the gallery has of a sample, made of the network with a fingerprint."""
        if self._gallery is None:
            return None
        picture = self._gallery.find(fingerprint, sample, recipe)
        if picture is None:
            return None
        return Found(picture.key, Shown(picture.image, tuple(map(float, picture.trace))))


class Synthesis(Growing[SynthesisRequest]):
    """Its parts are samples, found and kept one by one; several are made at a time."""

    name = "synthesis"
    request = SynthesisRequest
    status = SynthesisStatus

    def __init__(self, store: Store | None, synthesise: Synthesise = synthesis_pieces) -> None:
        self._naturals = Naturals(store)
        super().__init__(store, self._naturals)
        self._photographs = None if store is None else Photographs(Corpora(default_folder()))
        self._synthesise = synthesise

    # What is wanted

    def title(self, request: SynthesisRequest) -> str:
        return request.title

    def rank(self, request: SynthesisRequest) -> Rank:
        return RANKS[request.purpose]

    def unit_of(self, part: Sample) -> Unit | None:
        return unit_of(part)

    def same(self, one: SynthesisRequest, other: SynthesisRequest) -> bool:
        return one.samples == other.samples and one.recipe == other.recipe

    def parts(self, request: SynthesisRequest) -> tuple[Sample, ...]:
        return request.samples

    def only(self, request: SynthesisRequest, parts: Sequence[Sample]) -> SynthesisRequest:
        return replace(request, samples=tuple(parts))

    # The work

    def chunk(self, request: SynthesisRequest, model: Model) -> Chunk:
        return chunk_for(model.device, request.purpose, request.recipe, len(request.samples))

    def pieces(self, model: Model, request: SynthesisRequest, resume: State | None) -> Any:
        samples, recipe = request.samples, request.recipe
        table = yield from self._naturals.table(model.replica, model.fingerprint, samples, recipe)
        more = {} if table is None else {"photographs": table}
        results = yield from self._synthesise(model.replica, samples, recipe, resume=resume, **more)
        return tuple(Made(each, self._scores(model, each)) for each in results)

    def _scores(self, model: Model, result: SynthesisResult) -> Scores | None:
        """Measure a finished picture; None where it cannot be measured, or would not be kept."""
        if self._photographs is None:
            return None
        try:
            return scores_of(self._photographs, model.replica, result, model.fingerprint)
        except UserError as error:  # of the store, whose failures its keeper tells
            logger.info("a picture is not scored: %s", error)
        except BaseException as error:
            if not is_out_of_memory(error):
                logger.info("a picture is not scored", exc_info=True)
        return None

    # What is kept

    def find(self, network: NetworkName, request: SynthesisRequest, part: Sample) -> Found | None:
        return self._kept(network.fingerprint, part, request.recipe)

    def keep(
        self,
        network: NetworkName,
        request: SynthesisRequest,  # noqa: ARG002 - the result knows its own recipe
        part: Sample,  # noqa: ARG002
        value: Made,
    ) -> str:
        if self._gallery is None:
            return ""
        result, scores = value
        key = self._gallery.keep(network.fingerprint, network.name, result, spec=network.spec)
        if scores is not None:
            self._gallery.keep_scores(key, scores)
        return key

    def to_data(self, request: SynthesisRequest) -> dict[str, Any]:
        return {
            "purpose": request.purpose.value,
            "recipe": recipe_to_data(request.recipe),
            "samples": samples_to_data(request.samples),
        }

    def from_data(self, data: Mapping[str, Any]) -> SynthesisRequest:
        return SynthesisRequest(
            samples_from_data(data["samples"]),
            recipe_from_data(data["recipe"]),
            Purpose(data["purpose"]),
        )
