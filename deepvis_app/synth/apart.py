"""Several pictures in work, each by itself: what one becomes owes nothing to the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.synth.batch import Batch
from deepvis_app.synth.state import GOES_ON, State

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from deepvis_app.nets import Network
    from deepvis_app.synth.canvas import Canvas
    from deepvis_app.synth.objectives import Sample
    from deepvis_app.synth.recipe import Recipe
    from deepvis_app.synth.result import SynthesisProgress, SynthesisResult


class Apart:
    """Takes the steps of a `Batch`, sample by sample.

    A pass of several pictures rounds otherwise than one of each: kernels are chosen by its size.
    A CPU loses nothing by passes of one.
    """

    def __init__(
        self, network: Network, samples: Sequence[Sample], recipe: Recipe, canvas: Canvas
    ) -> None:
        self._runs = [Batch(network, [sample], recipe, canvas) for sample in samples]

    @property
    def recipe(self) -> Recipe:
        return self._runs[0].recipe

    def steer(self, recipe: Recipe) -> None:
        for run in self._runs:
            run.steer(recipe)

    def first(self, start: Tensor | NDArray[np.uint8] | None) -> State:
        """Return the state before the first step."""
        return State.joined([run.first(start) for run in self._runs])

    def advanced(self, state: State) -> Generator[None, None, State]:
        """Do one step of all samples, in two pieces each."""
        parts = []
        for number, run in enumerate(self._runs):
            part = state.only(number)
            if int(part.reason) == GOES_ON:
                part = yield from run.advanced(part)
            else:
                part = part.waited()
            parts.append(part)
        return State.joined(parts)

    def progress(self, state: State) -> SynthesisProgress:
        def pictures() -> NDArray[np.uint8]:
            parts = enumerate(self._runs)
            return np.concatenate([run.pictures(state.only(number)) for number, run in parts])

        return self._runs[0].progress(state, pictures)

    def results(self, state: State) -> tuple[SynthesisResult, ...]:
        """Return what came of a state whose samples have all ended."""
        parts = enumerate(self._runs)
        return tuple(run.results(state.only(number))[0] for number, run in parts)
