"""One batch of pictures in work: a generator of steps, driven a piece at a time."""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING, Any, Protocol

from deepvis_app.engine.jobs.job import SavedLane

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from torch import Tensor

    from deepvis_app.nets.network import Network
    from deepvis_app.synth import Recipe, Sample, SynthesisProgress, SynthesisResult

    Steps = Generator[SynthesisProgress | None, Recipe | None, tuple[SynthesisResult, ...]]


logger = logging.getLogger(__name__)


class Synthesis(Protocol):
    """What makes pictures: `synth.synthesis_pieces`, which yields None within its steps."""

    def __call__(
        self,
        network: Network,
        samples: Sequence[Sample],
        recipe: Recipe,
        *,
        resume: Mapping[str, Tensor] | None = None,
    ) -> Steps: ...


class Lane:
    """A batch with its own steps. For one thread; raises whatever the network raises."""

    def __init__(
        self,
        synthesis: Synthesis,
        network: Network,
        samples: tuple[Sample, ...],
        recipe: Recipe,
        saved: SavedLane | None = None,
    ) -> None:
        self.samples = samples
        self.progress: SynthesisProgress | None = None
        self.is_half = False  # within a step
        self.traces: dict[Sample, list[float]] = {sample: [] for sample in samples}
        self._begun = recipe if saved is None else saved.recipe
        self._recipe = self._begun  # what it works by now
        self._saved = saved
        state = None if saved is None else saved.state
        self._steps = synthesis(network, samples, self._begun, resume=state)
        self._is_started = False

    @property
    def is_started(self) -> bool:
        return self._is_started

    @property
    def step(self) -> int:
        return 0 if self.progress is None else self.progress.step

    @property
    def total(self) -> int:
        return self._begun.stop.steps if self.progress is None else self.progress.total

    def advance(self, recipe: Recipe) -> tuple[SynthesisResult, ...] | None:
        """Run one piece, changing to `recipe` where a step begins; return the results at the end.

        A recipe that is given after the first step changes the batch: its results are steered.
        """
        try:
            if self._is_started and not self.is_half and self._changes_to(recipe):
                value = self._steps.send(recipe)
            else:
                self._is_started = True
                value = next(self._steps)
        except StopIteration as end:
            results: tuple[SynthesisResult, ...] = end.value
            return results
        self.is_half = value is None
        if value is not None:
            self.progress = value
            self._trace(value)
        return None

    def _changes_to(self, recipe: Recipe) -> bool:
        old, self._recipe = self._recipe, recipe
        return recipe is not old and recipe.key != old.key

    def _trace(self, progress: SynthesisProgress) -> None:
        """Add the step's activations; steps of which nothing is known are NaN."""
        for sample, activation in zip(self.samples, progress.activations, strict=True):
            trace = self.traces[sample]
            del trace[progress.step - 1 :]
            trace += [math.nan] * (progress.step - 1 - len(trace))
            trace.append(activation)

    def save(self) -> SavedLane | None:
        """Return what another lane goes on from; None where nothing has been done yet."""
        if self.progress is None:
            return self._saved
        steer = None if self._recipe.key == self._begun.key else self._recipe
        return SavedLane(self.samples, self._begun, steer, self.progress.state())

    def close(self) -> None:
        """End the steps; those that another thread is in are left to it."""
        close_steps(self._steps)


def close_steps(steps: Generator[Any, Any, Any]) -> None:
    """Close a generator. Must not raise: on its way out it may run a model's own code."""
    try:
        steps.close()
    except BaseException:
        logger.info("steps were left as they are", exc_info=True)
