"""Long questions about the shown picture, and what is kept with their answers."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from deepvis_app.explain import (
    CATALOGUE,
    Fill,
    Method,
    OcclusionProgress,
    OcclusionResult,
    attribute,
    deletion_insertion_steps,
    occlusion_steps,
    rgb_map,
)

if TYPE_CHECKING:
    from collections.abc import Generator

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from deepvis_app.engine.questions import Answer, Make
    from deepvis_app.explain import (
        CatalogueProgress,
        CatalogueResult,
        Curves,
        CurvesProgress,
        Seed,
    )
    from deepvis_app.frames.source import Frame
    from deepvis_app.nets import Network, Unit

    Floats = NDArray[np.float32]


@dataclass(slots=True, eq=False)
class Asked:
    """A question that was asked, and the picture it is about once that is known."""

    title: str
    unit: Unit
    seed: Seed
    answer: Answer
    inputs: list[Tensor]  # the picture's input (C, H, W), filled in by the worker
    picture: NDArray[np.uint8] | None = None  # as the network saw it
    seen: tuple[int, bool] = (-1, False)  # serial and end of the answer that is shown
    began_s: float = field(default_factory=time.monotonic)

    def map(self) -> Floats | None:
        """Return the newest map (C or 1, H, W); None before the first that says something."""
        found = self.answer.result or self.answer.progress
        if isinstance(found, OcclusionProgress | OcclusionResult):
            early = isinstance(found, OcclusionProgress) and not found.level
            return None if early else found.drop[None]
        return None if found is None else found.map  # type: ignore[attr-defined]


def occlusion(
    unit: Unit, seed: Seed, patch: int, stride: int, fill: Fill, inputs: list[Tensor]
) -> Make:
    """Cover the picture piece by piece."""

    def make(network: Network, x: Tensor) -> Generator[OcclusionProgress, None, OcclusionResult]:
        inputs.append(x)
        side = min(patch, *x.shape[1:])
        return occlusion_steps(
            network, x, unit, patch=side, stride=min(stride, side), fill=fill, seed=seed
        )

    return make


def catalogued(unit: Unit, seed: Seed, name: str, inputs: list[Tensor]) -> Make:
    """Explain by a method of the catalogue; maps come in RGB."""

    def make(network: Network, x: Tensor) -> Generator[CatalogueProgress, None, CatalogueResult]:
        inputs.append(x)
        return CATALOGUE[name].steps(network, x, unit, seed)

    return make


def tested_live(unit: Unit, seed: Seed, method: Method) -> Make:
    """Test the map that a live method gives of the very picture that is asked about."""

    def make(network: Network, x: Tensor) -> Generator[CurvesProgress, None, Curves]:
        found = attribute(network, x, unit, method, seed).float().cpu().numpy()
        return (yield from deletion_insertion_steps(network, x, unit, found, seed=seed))

    return make


def tested(unit: Unit, seed: Seed, found: Floats, of: Tensor) -> Make:
    """Test a map that was found of an earlier input."""

    def make(network: Network, _x: Tensor) -> Generator[CurvesProgress, None, Curves]:
        return (yield from deletion_insertion_steps(network, of, unit, found, seed=seed))

    return make


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
