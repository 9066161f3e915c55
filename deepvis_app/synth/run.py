"""The engine: one loop for every recipe, a step each `next()`."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn import functional

from deepvis_app.errors import UserError
from deepvis_app.synth.ascent import ascend
from deepvis_app.synth.diversity import Likeness
from deepvis_app.synth.evaluate import Plan
from deepvis_app.synth.forms import make
from deepvis_app.synth.gradients import conditioned, rendered, through
from deepvis_app.synth.objectives import Sample
from deepvis_app.synth.presets import DEFAULT_RECIPE, PRESETS
from deepvis_app.synth.recipe import TransformSpec
from deepvis_app.synth.regularisers import regularised
from deepvis_app.synth.result import StopReason, SynthesisProgress, SynthesisResult
from deepvis_app.synth.size import fitting_size, made_size
from deepvis_app.synth.space import PictureSpace
from deepvis_app.synth.state import REASONS, State
from deepvis_app.synth.steps import stepped
from deepvis_app.synth.transforms import moves, views

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from deepvis_app.nets import Network, Unit
    from deepvis_app.synth.ascent import Ascent
    from deepvis_app.synth.objectives import Objective
    from deepvis_app.synth.parameterisation import Values
    from deepvis_app.synth.recipe import Recipe

    Steps = Generator[SynthesisProgress, Recipe | None, tuple[SynthesisResult, ...]]
    Pieces = Generator[SynthesisProgress | None, Recipe | None, tuple[SynthesisResult, ...]]

_PATIENCE = 8  # zero gradients in a row that end a sample whose picture is moved about
_GOES_ON, _ZERO, _NOT_FINITE, _NO_GAIN = (
    -1,
    REASONS.index(StopReason.ZERO_GRADIENT),
    REASONS.index(StopReason.NOT_FINITE),
    REASONS.index(StopReason.NO_GAIN),
)


def synthesize(
    network: Network,
    target: Unit | Objective,
    recipe: Recipe = PRESETS[DEFAULT_RECIPE],
    *,
    seed: int = 0,
    start: Tensor | NDArray[np.uint8] | None = None,
) -> SynthesisResult:
    """Make one preferred image; see `synthesis_steps`."""
    steps = synthesis_steps(network, [Sample(target, seed)], recipe, start=start)
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            result: SynthesisResult = stop.value[0]
            return result


def synthesis_steps(
    network: Network,
    samples: Sequence[Sample],
    recipe: Recipe = PRESETS[DEFAULT_RECIPE],
    *,
    start: Tensor | NDArray[np.uint8] | None = None,
    resume: Mapping[str, Tensor] | None = None,
) -> Steps:
    """Make preferred images of several samples together, one step of all each `next()`.

    `start` is the first picture of all, uint8 (H, W, 3) or x (C, H, W) as results have it.
    `resume` goes on from a `SynthesisProgress.state()` of the same samples and recipe; chance
    depends on a sample's seed and the step alone, so the result is that of the uninterrupted run.
    A recipe that is sent in takes over from the next step; see `steering_problem`.

    What a sample becomes does not depend on the others, unless the recipe asks for diversity.
    Raises `UserError` for units that the network does not have, for networks without gradients,
    and where recipe, start or checkpoint do not fit.
    """
    pieces = synthesis_pieces(network, samples, recipe, start=start, resume=resume)
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
) -> Pieces:
    """As `synthesis_steps`, with a yield of None in the middle of each step.

    For whoever has other work for the device that must not wait for a whole step. A recipe is
    to be sent in only where progress was yielded.
    """
    run = _Run(network, samples, recipe)
    state = run.first(start)
    if resume is not None:
        state = state.restored(resume)
    while state.step < run.recipe.stop.steps and bool((state.reason == _GOES_ON).any()):
        state = yield from run.advanced(state)
        sent = yield run.progress(state)
        if sent is not None:
            run.steer(sent)
            state = replace(state, steered=True)
    return run.results(state)


def steering_problem(recipe: Recipe, other: Recipe) -> str:
    """Return why a run of `recipe` cannot go on with `other`, "" where it can."""
    if recipe.image != other.image:
        return "A run keeps what its picture is made of: image settings take a new run"
    return ""


class _Run:
    """What stays the same from step to step."""

    def __init__(self, network: Network, samples: Sequence[Sample], recipe: Recipe) -> None:
        if not samples:
            raise UserError("There is nothing to make pictures for", "Give at least one sample")
        self.network, self.samples = network, tuple(samples)
        self.seeds = [sample.seed for sample in samples]
        self.space = PictureSpace(network)
        self.size, self._fed = fitting_size(network, self.space, recipe.image.size)
        self.form = make(self.space, made_size(self.size, recipe.image.grid_px), recipe.image)
        self._take(recipe)

    def _take(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.plan = Plan(self.network, self.samples, recipe.objective)
        likeness = Likeness(self.network, self.samples) if recipe.objective.diversity else None
        self._likeness = likeness if likeness and likeness.layers else None
        self.shown_size = self.network.input_shape[1:] if recipe.transforms.crops else self._fed

    def steer(self, recipe: Recipe) -> None:
        problem = steering_problem(self.recipe, recipe)
        if problem:
            raise UserError(problem, "Start again with it")
        self._take(recipe)

    def first(self, start: Tensor | NDArray[np.uint8] | None) -> State:
        """Return the state before the first step."""
        with torch.no_grad():
            if start is None:
                parts = [self.form.first(seed) for seed in self.seeds]
                values = {name: torch.cat([p[name] for p in parts]) for name in parts[0]}
            else:
                x = self.space.start(start, self.form.size)
                once = self.form.invert(x[None])
                values = {k: v.repeat_interleave(len(self.seeds), 0) for k, v in once.items()}
            values = self.form.bounded(values)
            return State.fresh(values, self.form.render(values))

    def _shown(self, x: Tensor, step: int) -> Tensor:
        """Return the network's inputs of pictures at a step."""
        done = step / max(self.recipe.stop.steps - 1, 1)
        spec = self.recipe.transforms
        seen = views(x, spec, self.shown_size, self.seeds, step, done)
        return self.space.to_input(seen)

    def advanced(self, state: State) -> Generator[None, None, State]:
        """Do one step of all samples, in two pieces."""
        with torch.no_grad():
            state = replace(state, values=self.form.bounded(state.values))
        x, leaves = rendered(self.form, state.values)
        found = yield from ascend(
            self.network,
            self.plan,
            x.detach(),
            lambda pictures: self._shown(pictures, state.step),
            sign=self.recipe.sign,
            rescue=state.step < self.recipe.gradient.rescue_steps,
            likeness=self._likeness,
            diversity=self.recipe.objective.diversity,
            want_tops=-1 in state.first_top,
        )
        with torch.no_grad():
            state = self._judged(state, x.detach(), found)
            return self._moved(state, x, leaves, found)

    def _judged(self, state: State, x: Tensor, found: Ascent) -> State:
        """Record what a step reached, keep what is best, end what cannot go on."""
        goes_on = state.reason == _GOES_ON
        score = self.recipe.sign * found.reached
        is_better = goes_on & torch.isfinite(score) & (score > state.score)
        length = torch.linalg.vector_norm(found.gradient, dim=(1, 2, 3))
        judged = replace(
            state,
            best=torch.where(is_better.view(-1, 1, 1, 1), x, state.best),
            best_step=torch.where(is_better, state.step, state.best_step),
            score=torch.where(is_better, score, state.score),
            idle=torch.where(length == 0, state.idle + 1, 0),
        )
        is_finite = torch.isfinite(score) & torch.isfinite(length)
        reason = torch.where(goes_on, self._reason(judged, is_finite), state.reason)
        return self._recorded(replace(judged, reason=reason), goes_on, found)

    def _reason(self, state: State, is_finite: Tensor) -> Tensor:
        """Return why samples cannot go on, (B,), -1 where they can."""
        limit = _PATIENCE if moves(self.recipe.transforms) else 1
        reason = torch.where(state.idle >= limit, _ZERO, _GOES_ON)
        patience = self.recipe.stop.patience
        if patience:
            is_tired = state.step - state.best_step >= patience
            reason = torch.where(is_tired & (reason == _GOES_ON), _NO_GAIN, reason)
        return torch.where(is_finite, reason, _NOT_FINITE)

    def _recorded(self, state: State, goes_on: Tensor, found: Ascent) -> State:
        """Write down activations and tops: the one time a step that the device is waited for."""
        kind = found.reached.dtype
        facts = torch.stack([found.reached, goes_on.to(kind), found.tops.to(kind)])
        reached, alive, tops = facts.tolist()
        row = tuple(a if on else math.nan for a, on in zip(reached, alive, strict=True))
        first_top = tuple(
            state.step if old < 0 and on and top else old
            for old, on, top in zip(state.first_top, alive, tops, strict=True)
        )
        return replace(state, trace=(*state.trace, row), first_top=first_top)

    def _moved(self, state: State, x: Tensor, leaves: Values, found: Ascent) -> State:
        """Move all samples that go on; after the last step nothing moves any more."""
        recipe, done = self.recipe, (state.step + 1) / self.recipe.stop.steps
        if done >= 1:
            return replace(state, step=state.step + 1)
        gradient = through(x, leaves, conditioned(found.gradient, x.detach(), recipe))
        aim = found.reached if recipe.sign > 0 else 1 - found.reached
        values, memory = stepped(
            state.values, gradient, state.memory, recipe.step, aim, state.step / recipe.stop.steps
        )
        scale = self.form.size[0] / self.size[0]
        values = regularised(
            values, self.form, recipe.regularise, state.step, found.gradient, scale
        )
        kept = self._kept(state.reason == _GOES_ON, values, state.values)
        return replace(state, step=state.step + 1, values=kept, memory=memory)

    @staticmethod
    def _kept(goes_on: Tensor, new: Values, old: Values) -> Values:
        return {
            name: torch.where(goes_on.view(-1, *[1] * (value.ndim - 1)), value, old[name])
            for name, value in new.items()
        }

    def _present(self, state: State) -> Tensor:
        with torch.no_grad():
            return self._whole(self.form.render(self.form.bounded(state.values)))

    def _whole(self, x: Tensor) -> Tensor:
        """Return pictures at their own size, whatever they are made at."""
        if x.shape[2:] == self.size:
            return x
        enlarged = functional.interpolate(x, self.size, mode="bicubic", align_corners=False)
        return self.space.clipped(enlarged)

    def progress(self, state: State) -> SynthesisProgress:
        return SynthesisProgress(
            step=state.step,
            total=self.recipe.stop.steps,
            activations=state.trace[-1],
            finished=tuple((state.reason != _GOES_ON).tolist()),
            _pictures=lambda: self.space.pictures(self._present(state)),
            _state=state.tensors,
        )

    def results(self, state: State) -> tuple[SynthesisResult, ...]:
        """Return what came of a state whose samples have all ended."""
        best, reached, best_step = self._best(state)
        pictures = self.space.pictures(best)
        return tuple(
            self._result(state, k, pictures[k], best[k], float(reached[k]), int(best_step[k]))
            for k in range(len(self.samples))
        )

    def _best(self, state: State) -> tuple[Tensor, Tensor, Tensor]:
        """Return the best pictures, what they reach, and their steps.

        Where the network was shown moved pictures, or smaller ones, it is now shown the best and
        the last as they are, and the better of the two is taken.
        """
        sign = self.recipe.sign
        best, reached = (
            self._whole(state.best),
            torch.where(state.score > -torch.inf, sign * state.score, torch.nan),
        )
        if not moves(self.recipe.transforms) and self.form.size == self.size:
            return best, reached, state.best_step
        last = self._present(state)
        of_best, of_last = self._reached(best), self._reached(last)
        is_better = sign * of_last > sign * of_best
        best = torch.where(is_better.view(-1, 1, 1, 1), last, best)
        reached = torch.where(is_better, of_last, of_best)
        return best, reached, torch.where(is_better, state.step - 1, state.best_step)

    def _reached(self, x: Tensor) -> Tensor:
        """Return what pictures reach as they are."""
        with torch.no_grad():
            seen = views(x, TransformSpec(), self.shown_size, self.seeds, 0, 0)
            found = self.network.forward(
                self.space.to_input(seen), self.plan.layers, stop_early=True
            )
            return self.plan.read(found.activations).to(x.dtype)

    def _result(
        self,
        state: State,
        number: int,
        picture: NDArray[np.uint8],
        x: Tensor,
        reached: float,
        best_step: int,
    ) -> SynthesisResult:
        reason = int(state.reason[number])
        trace = np.array([row[number] for row in state.trace], np.float32)
        ended = np.flatnonzero(~np.isnan(trace))
        sample, first_top = self.samples[number], state.first_top[number]
        return SynthesisResult(
            image=picture,
            x=x.to("cpu", torch.float32).numpy().copy(),
            activation=reached,
            trace=trace[: ended[-1] + 1] if len(ended) else trace[:1],
            best_step=best_step,
            stop=StopReason.FINISHED if reason == _GOES_ON else REASONS[reason],
            first_top_step=None if first_top < 0 else first_top,
            objective=sample.objective,
            recipe=self.recipe,
            seed=sample.seed,
            steered=state.steered,
        )
