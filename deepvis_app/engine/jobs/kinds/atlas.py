"""Pictures of the cells of an atlas: what each cell's code would like to see, one by one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from deepvis_app.engine.jobs.kinds.about_picture import loaded, luggage_of
from deepvis_app.engine.jobs.kinds.chunks import chunk_for
from deepvis_app.engine.jobs.kinds.synthesis import Growing, Made
from deepvis_app.engine.jobs.kinds.synthesis_request import (
    Purpose,
    recipe_from_data,
    recipe_to_data,
)
from deepvis_app.engine.jobs.status import JobStatus
from deepvis_app.engine.known_array import KnownArray
from deepvis_app.errors import UserError
from deepvis_app.reading import MOST_SEED, whole_number
from deepvis_app.synth import Recipe, Sample, synthesis_pieces
from deepvis_app.synth.icons import icon_objective

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from deepvis_app.engine.jobs.kind import Chunk, Found
    from deepvis_app.engine.jobs.progress import State
    from deepvis_app.engine.jobs.status import NetworkName
    from deepvis_app.engine.worker import Model

GONE = UserError("The cells of this atlas were not kept", "Start the atlas again")
MOST_CELLS = 10_000


@dataclass(frozen=True, slots=True)
class AtlasRequest:
    """A picture for each of K directions of a layer, the first ones first.

    `directions` are float64 (K, C), of any length; `cells` are the rows that are wanted. `name` is
    what the pictures are called that the cells are of.
    """

    layer: str
    directions: KnownArray
    cells: tuple[int, ...]
    recipe: Recipe
    seed: int = 0
    name: str = field(default="", compare=False)

    @classmethod
    def of(
        cls, layer: str, directions: NDArray[np.float64], recipe: Recipe, seed: int = 0,
        name: str = "",
    ) -> AtlasRequest:  # fmt: skip
        """Ask for pictures of all directions. Raises `UserError` for none."""
        if not 1 <= len(directions) <= MOST_CELLS:
            raise UserError(f"An atlas of {len(directions)} cells", "Choose 1 to 10,000 cells")
        cells = tuple(range(len(directions)))
        return cls(layer, KnownArray.of(directions), cells, recipe, seed, name)

    def sample(self, cell: int) -> Sample:
        """Return what a cell's picture is made for. Raises `UserError`: it was not kept."""
        if self.directions.values is None or cell >= len(self.directions.values):
            raise GONE
        direction = self.directions.values[cell].tolist()
        return Sample(icon_objective(self.layer, direction), self.seed)


@dataclass(frozen=True, slots=True, eq=False)
class AtlasStatus(JobStatus):
    """`previews` are uint8 (H, W, 3), read-only, by the cells' numbers."""

    request: AtlasRequest


class FillingAtlas(Growing[AtlasRequest]):
    """Each cell is found and kept by itself, under its direction's content."""

    name = "atlas"
    request = AtlasRequest
    status = AtlasStatus

    # What is wanted

    def title(self, request: AtlasRequest) -> str:
        of = f", {request.name}" if request.name else ""
        return f"Atlas of {request.layer}{of}"

    def parts(self, request: AtlasRequest) -> tuple[int, ...]:
        return request.cells

    def only(self, request: AtlasRequest, parts: Sequence[int]) -> AtlasRequest:
        return replace(request, cells=tuple(parts))

    # The work

    def chunk(self, request: AtlasRequest, model: Model) -> Chunk:
        return chunk_for(model.device, Purpose.LAYER, request.recipe, len(request.cells))

    def pieces(self, model: Model, request: AtlasRequest, resume: State | None) -> Any:
        samples = [request.sample(cell) for cell in request.cells]
        steps = synthesis_pieces(model.replica, samples, request.recipe, resume=resume)
        results = yield from steps
        return tuple(Made(each, None) for each in results)

    # What is kept

    def find(self, network: NetworkName, request: AtlasRequest, part: int) -> Found | None:
        if request.directions.values is None:
            return None
        return self._kept(network.fingerprint, request.sample(part), request.recipe)

    def keep(
        self,
        network: NetworkName,
        request: AtlasRequest,  # noqa: ARG002 - the result knows its own recipe
        part: int,  # noqa: ARG002
        value: Made,
    ) -> str:
        if self._gallery is None:
            return ""
        return self._gallery.keep(
            network.fingerprint, network.name, value.result, spec=network.spec
        )

    def luggage(self, request: AtlasRequest) -> Mapping[str, Tensor]:
        return luggage_of(directions=request.directions)

    def unpacked(self, request: AtlasRequest, luggage: Mapping[str, Tensor]) -> AtlasRequest:
        found = loaded(request.directions, luggage.get("directions"))
        return replace(request, directions=found)

    def to_data(self, request: AtlasRequest) -> dict[str, Any]:
        return {
            "layer": request.layer,
            "directions": request.directions.digest,
            "cells": list(request.cells),
            "recipe": recipe_to_data(request.recipe),
            "seed": request.seed,
            "name": request.name,
        }

    def from_data(self, data: Mapping[str, Any]) -> AtlasRequest:
        texts = data["layer"], data["name"]
        cells = tuple(whole_number(cell, MOST_CELLS - 1) for cell in data["cells"])
        if not all(isinstance(text, str) for text in texts) or len(set(cells)) != len(cells):
            raise ValueError("an atlas' layer and name are words, its cells numbers")
        return AtlasRequest(
            texts[0], KnownArray.named(data["directions"]), cells,
            recipe_from_data(data["recipe"]), whole_number(data["seed"], MOST_SEED), texts[1],
        )  # fmt: skip
