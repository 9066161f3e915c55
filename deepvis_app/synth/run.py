"""The engine: one loop for every recipe, a step each `next()`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from deepvis_app.pieces import finished
from deepvis_app.synth.apart import Apart
from deepvis_app.synth.batch import Batch, steering_problem
from deepvis_app.synth.canvas import Canvas
from deepvis_app.synth.natural_table import NaturalTable, natural_table_steps
from deepvis_app.synth.naturalness import target_layers
from deepvis_app.synth.objectives import Sample, made_together, objective_of, with_siblings
from deepvis_app.synth.presets import DEFAULT_RECIPE, PRESETS
from deepvis_app.synth.references import References, bundled_references
from deepvis_app.synth.state import GOES_ON

__all__ = ["steering_problem", "synthesis_pieces", "synthesis_steps", "synthesize"]

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from deepvis_app.nets import Network, Unit
    from deepvis_app.synth.objectives import Objective
    from deepvis_app.synth.recipe import Recipe
    from deepvis_app.synth.result import SynthesisProgress, SynthesisResult

    Steps = Generator[SynthesisProgress, Recipe | None, tuple[SynthesisResult, ...]]
    Photographs = Sequence[NDArray[np.uint8]] | References | NaturalTable
    Pieces = Generator[SynthesisProgress | None, Recipe | None, tuple[SynthesisResult, ...]]


def synthesize(
    network: Network,
    target: Unit | Objective,
    recipe: Recipe = PRESETS[DEFAULT_RECIPE],
    *,
    seed: int = 0,
    start: Tensor | NDArray[np.uint8] | None = None,
    canvas: Canvas = Canvas(),  # noqa: B008 - frozen
    photographs: Photographs | None = None,
) -> SynthesisResult:
    """Make one preferred image; see `synthesis_steps`."""
    steps = synthesis_steps(
        network,
        [Sample(target, seed)],
        recipe,
        start=start,
        canvas=canvas,
        photographs=photographs,
    )
    return finished(steps)[0]


def synthesis_steps(
    network: Network,
    samples: Sequence[Sample],
    recipe: Recipe = PRESETS[DEFAULT_RECIPE],
    *,
    start: Tensor | NDArray[np.uint8] | None = None,
    resume: Mapping[str, Tensor] | None = None,
    canvas: Canvas = Canvas(),  # noqa: B008 - frozen
    photographs: Photographs | None = None,
) -> Steps:
    """Make preferred images of several samples together, one step of all each `next()`.

    `start` is the first picture of all, uint8 (H, W, 3) or x (C, H, W) as results have it;
    `canvas` gives pictures a size of their own, and how far they may go from the start.
    `resume` goes on from a `SynthesisProgress.state()` of the same samples and recipe; chance
    depends on a sample's seed and the step alone, so the result is that of the uninterrupted run.
    A recipe that is sent in takes over from the next step; see `steering_problem`.
    `photographs` are those that a recipe with naturalness keeps near to, uint8 (H, W, 3) each, or
    what was found of them before; without any, the bundled ones.

    Siblings that samples name and that are not among them are made along.

    What a sample becomes does not depend on the others, unless the recipe asks for diversity; on a
    CPU to the last bit, in either memory format. Elsewhere a batch is one pass, whose rounding is
    another than that of one picture, and so it is on another device, with another number of
    threads and with packed convolutions. Each step enlarges such differences: after some dozen the
    pictures are two equally good ones. `SynthesisResult.computed` says how one was made.

    Raises `UserError` for units that the network does not have, for networks without gradients,
    and where recipe, start or checkpoint do not fit.
    """
    pieces = synthesis_pieces(
        network,
        samples,
        recipe,
        start=start,
        resume=resume,
        canvas=canvas,
        photographs=photographs,
    )
    sent: Recipe | None = None
    while True:
        try:
            progress = pieces.send(sent)
        except StopIteration as stop:
            results: tuple[SynthesisResult, ...] = stop.value
            return results
        sent = None if progress is None else (yield progress)


def synthesis_pieces(
    network: Network,
    samples: Sequence[Sample],
    recipe: Recipe = PRESETS[DEFAULT_RECIPE],
    *,
    start: Tensor | NDArray[np.uint8] | None = None,
    resume: Mapping[str, Tensor] | None = None,
    canvas: Canvas = Canvas(),  # noqa: B008 - frozen
    photographs: Photographs | None = None,
) -> Pieces:
    """As `synthesis_steps`, with a yield of None in the middle of each step of each sample.

    For whoever has other work for the device that must not wait for a whole step. A recipe is
    to be sent in only where progress was yielded.
    """
    wanted = made_together(samples, recipe.objective.diversity)
    canvas = yield from _with_photographs(canvas, network, wanted, recipe, photographs)
    run = _run_of(network, with_siblings(wanted), recipe, canvas)
    state = run.first(start)
    if resume is not None:
        state = state.restored(resume)
    while state.step < run.recipe.stop.steps and bool((state.reason == GOES_ON).any()):
        state = yield from run.advanced(state)
        sent = yield run.progress(state).of(len(wanted))
        if sent is not None:
            run.steer(sent)
            state = replace(state, steered=True)
    return run.results(state)[: len(wanted)]


def _run_of(
    network: Network, samples: Sequence[Sample], recipe: Recipe, canvas: Canvas
) -> Batch | Apart:
    """Return samples as one batch where that is faster or they depend on each other."""
    is_apart = len(samples) > 1 and network.device.type == "cpu" and not recipe.objective.diversity
    return (Apart if is_apart else Batch)(network, samples, recipe, canvas)


def _with_photographs(
    canvas: Canvas,
    network: Network,
    samples: Sequence[Sample],
    recipe: Recipe,
    photographs: Photographs | None,
) -> Generator[None, Recipe | None, Canvas]:
    """Return the canvas with what photographs give, where a recipe asks for it."""
    if not recipe.objective.naturalness:
        return canvas
    if isinstance(photographs, NaturalTable):
        return replace(canvas, natural=photographs)
    if photographs is None:
        references = bundled_references()
    elif isinstance(photographs, References):
        references = photographs
    else:
        references = References.of(photographs)
    objectives = [objective_of(sample.objective) for sample in samples]
    layers = dict.fromkeys(name for one in objectives for name in target_layers(network, one))
    statistics = recipe.objective.statistics
    table = yield from natural_table_steps(network, tuple(layers), references, statistics)
    return replace(canvas, natural=table)
