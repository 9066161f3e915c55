"""Preferred images through training: one unit, one seed, the network of each checkpoint."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepvis_app.engine.device.replica import replica_on
from deepvis_app.engine.jobs.kinds.synthesis import Growing, Made
from deepvis_app.engine.jobs.kinds.synthesis_request import (
    recipe_from_data,
    recipe_to_data,
    samples_from_data,
    samples_to_data,
    unit_of,
)
from deepvis_app.engine.jobs.status import JobStatus
from deepvis_app.errors import UserError
from deepvis_app.nets import load_network
from deepvis_app.nets.run_folders import RunNetwork
from deepvis_app.reading import MOST_SEED, whole_number
from deepvis_app.synth import synthesis_pieces

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deepvis_app.engine.jobs.kind import Found
    from deepvis_app.engine.jobs.progress import State
    from deepvis_app.engine.jobs.status import NetworkName
    from deepvis_app.engine.worker import Model
    from deepvis_app.store import Store
    from deepvis_app.synth import Recipe, Sample

KEPT = 4  # networks of checkpoints in memory


@dataclass(frozen=True, slots=True)
class At:
    """A checkpoint: its step, and the fingerprint of its network."""

    step: int
    fingerprint: str


@dataclass(frozen=True, slots=True)
class CheckpointsRequest:
    """A sample's picture at checkpoints of a run, by one recipe."""

    folder: str
    moments: tuple[At, ...]
    sample: Sample
    recipe: Recipe

    def __post_init__(self) -> None:
        if not self.moments:
            raise UserError("No checkpoint is asked for", "Choose a run that has some")


@dataclass(frozen=True, slots=True, eq=False)
class CheckpointsStatus(JobStatus):
    """`previews` are uint8 (H, W, 3), read-only, by checkpoint."""

    request: CheckpointsRequest


class Checkpoints(Growing[CheckpointsRequest]):
    """Its parts are checkpoints. A picture is kept under the network it was made of.

    So opening that checkpoint as a network finds it, and it is made once.
    """

    name = "checkpoints"
    request = CheckpointsRequest
    status = CheckpointsStatus
    needs_network = False

    def __init__(self, store: Store | None) -> None:
        super().__init__(store)
        self._models: dict[str, Model] = {}

    def title(self, request: CheckpointsRequest) -> str:
        unit = unit_of(request.sample)
        what = "" if unit is None else f" · {unit.layer} · unit {unit.index}"
        return f"{Path(request.folder).name}{what}, {len(request.moments)} checkpoints"

    def parts(self, request: CheckpointsRequest) -> tuple[At, ...]:
        return request.moments

    def only(self, request: CheckpointsRequest, parts: Sequence[At]) -> CheckpointsRequest:
        return replace(request, moments=tuple(parts))

    def pieces(self, model: Model, request: CheckpointsRequest, resume: State | None) -> Any:
        (moment,) = request.moments
        network = self._model(model, request.folder, moment)
        yield None
        samples = [request.sample]
        results = yield from synthesis_pieces(
            network.replica, samples, request.recipe, resume=resume
        )
        return tuple(Made(each, None) for each in results)

    def _model(self, model: Model, folder: str, moment: At) -> Model:
        """Return the model of a checkpoint, on the device of the present one."""
        models, key = self._models, f"{model.device.name} {moment.fingerprint}"
        if key not in models:
            network = load_network(RunNetwork(Path(folder), moment.step).spec)
            if network.fingerprint != moment.fingerprint:
                raise UserError(
                    f"The checkpoint of step {moment.step:,} is another one by now",
                    "Look through the checkpoints again",
                )
            replica = replica_on(network, model.device)
            models[key] = replace(model, replica=replica, fingerprint=moment.fingerprint)
            while len(models) > KEPT:
                models.pop(next(iter(models)))
        return models[key]

    # What is kept

    def find(self, network: NetworkName, request: CheckpointsRequest, part: At) -> Found | None:  # noqa: ARG002
        return self._kept(part.fingerprint, request.sample, request.recipe)

    def keep(
        self,
        network: NetworkName,  # noqa: ARG002
        request: CheckpointsRequest,
        part: At,
        value: Made,
    ) -> str:
        if self._gallery is None:
            return ""
        run = RunNetwork(Path(request.folder), part.step)
        return self._gallery.keep(part.fingerprint, run.name, value.result, spec=run.spec)

    def to_data(self, request: CheckpointsRequest) -> dict[str, Any]:
        return {
            "folder": request.folder,
            "moments": [[each.step, each.fingerprint] for each in request.moments],
            "samples": samples_to_data([request.sample]),
            "recipe": recipe_to_data(request.recipe),
        }

    def from_data(self, data: Mapping[str, Any]) -> CheckpointsRequest:
        (sample,) = samples_from_data(data["samples"])
        moments = tuple(At(whole_number(s, MOST_SEED), str(f)) for s, f in data["moments"])
        return CheckpointsRequest(
            str(data["folder"]), moments, sample, recipe_from_data(data["recipe"])
        )
