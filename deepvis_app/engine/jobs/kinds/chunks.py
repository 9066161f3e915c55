"""How many pictures are made at a time: the one place that knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.engine.jobs.kind import Chunk
from deepvis_app.engine.jobs.kinds.synthesis_request import Purpose

if TYPE_CHECKING:
    from deepvis_app.engine.device.device import Device
    from deepvis_app.synth import Recipe

CUDA_BATCH = 32
MPS_BATCH = 4
GROWING_TOGETHER = 3


def chunk_for(device: Device, purpose: Purpose, recipe: Recipe, wanted: int) -> Chunk:
    """Return how `wanted` pictures are best made on a device.

    A graphics processor makes many as fast as one. A CPU gains nothing from a batch, and live
    would wait for its longer steps: there pictures that shall grow together take steps in turn.
    Pictures that are driven apart are one batch, whatever the device.
    """
    if recipe.objective.diversity > 0 and purpose is not Purpose.LAYER:
        return Chunk(1, max(wanted, 1))
    if device.name.startswith("cuda"):
        return Chunk(1, CUDA_BATCH)
    if device.name == "mps":
        return Chunk(1, MPS_BATCH)
    return Chunk(GROWING_TOGETHER if purpose is Purpose.LOOK else 1, 1)
