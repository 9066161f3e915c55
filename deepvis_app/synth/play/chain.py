"""Runs of the engine one after another: each starts from what the one before gave."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import torch

from deepvis_app.pieces import retold
from deepvis_app.synth.canvas import Canvas
from deepvis_app.synth.objectives import Sample
from deepvis_app.synth.play.technique import PlayProgress
from deepvis_app.synth.result import StopReason
from deepvis_app.synth.run import synthesis_pieces

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from deepvis_app.nets import Network, Unit
    from deepvis_app.synth.objectives import Objective
    from deepvis_app.synth.recipe import Recipe
    from deepvis_app.synth.result import SynthesisProgress, SynthesisResult


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """One run: its picture starts as `start`, x (C, h, w) or uint8 (h, w, 3); None: by recipe."""

    objective: Unit | Objective
    recipe: Recipe
    start: Tensor | NDArray[np.uint8] | None = None
    canvas: Canvas = field(default_factory=Canvas)


@dataclass(frozen=True, slots=True, eq=False)
class Chained:
    """The last run's result, and the objective's value after every step of all."""

    result: SynthesisResult
    trace: NDArray[np.float32]


def chained(
    network: Network,
    stages: Sequence[Callable[[Tensor | None], Stage | None]],
    steps: int,
    seed: int,
    resume: Mapping[str, Tensor] | None,
    value: Callable[[float], float] = lambda reached: reached,
) -> Generator[PlayProgress | None, None, Chained]:
    """Do all stages, of `steps` steps in all; return the last one's result.

    A stage is made when its turn comes, of the picture x (C, h, w) of the one before, None at
    first; None in its place ends it there. `value` turns what an objective reaches into what is
    told. A run whose numbers stop being finite is the last: its best picture before that stays.
    """
    at, before, trace, inner = _where(resume)
    result: SynthesisResult | None = None
    for number in range(at, len(stages)):
        stage = stages[number](before)
        if stage is None:
            break
        run = synthesis_pieces(
            network, [Sample(stage.objective, seed)], stage.recipe,
            start=stage.start, resume=inner, canvas=stage.canvas,
        )  # fmt: skip
        told = _Telling(steps, number, before, trace, value)
        (result,) = yield from retold(run, told.of)
        inner = None
        trace = [*trace, *map(value, result.trace)]
        if result.stop is StopReason.NOT_FINITE:
            break
        before = torch.from_numpy(result.x).to(network.device)
    assert result is not None  # there is at least one stage
    return Chained(result, np.array(trace, np.float32))


@dataclass(frozen=True, slots=True, eq=False)
class _Telling:
    """Tells of one run's steps as steps of the whole."""

    total: int
    stage: int
    before: Tensor | None
    trace: list[float]
    value: Callable[[float], float]

    def of(self, step: SynthesisProgress) -> PlayProgress:
        done = len(self.trace) + step.step
        return PlayProgress(
            step=done,
            total=max(self.total, done),
            value=self.value(step.activations[0]),
            _picture=lambda: step.pictures()[0],
            _state=lambda: self._state(step),
        )

    def _state(self, step: SynthesisProgress) -> dict[str, Tensor]:
        state = {f"run.{name}": values for name, values in step.state().items()}
        state["stage"] = torch.tensor(self.stage)
        state["trace"] = torch.tensor(self.trace, dtype=torch.float64)
        if self.before is not None:
            state["before"] = self.before.detach().cpu().clone()
        return state


def _where(
    resume: Mapping[str, Tensor] | None,
) -> tuple[int, Tensor | None, list[float], dict[str, Tensor] | None]:
    """Return the stage to go on with, the picture before it, what was told, its checkpoint."""
    if resume is None:
        return 0, None, [], None
    inner = {n.removeprefix("run."): v for n, v in resume.items() if n.startswith("run.")}
    return int(resume["stage"]), resume.get("before"), resume["trace"].tolist(), inner


def sizes(longest: Sequence[int], shape: tuple[int, int]) -> list[tuple[int, int]]:
    """Return sizes (H, W) of the proportions of `shape` whose longer sides are given, in pixels."""
    height, width = shape[:2]
    side = max(height, width)
    return [
        (max(round(height * px / side), 16), max(round(width * px / side), 16)) for px in longest
    ]


def rising(longest_px: int, count: int, factor: float, least_px: int) -> list[int]:
    """Return up to `count` longer sides, each `factor` of the one before, ending at the longest.

    None is below `least_px`, but for the last.
    """
    sides = [round(longest_px / factor**k) for k in range(count)]
    kept = [px for px in sides if px >= least_px] or sides[:1]
    return kept[::-1]
