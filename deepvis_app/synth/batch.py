"""A batch of pictures in work: one step of all together."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from deepvis_app.errors import UserError
from deepvis_app.synth.ascent import ascend
from deepvis_app.synth.canvas import Canvas
from deepvis_app.synth.diversity import Likeness
from deepvis_app.synth.evaluate import Plan
from deepvis_app.synth.forms import make
from deepvis_app.synth.gradients import conditioned, rendered, through
from deepvis_app.synth.naturalness import Naturalness
from deepvis_app.synth.reads import PICTURE
from deepvis_app.synth.recipe import TransformSpec
from deepvis_app.synth.regularisers import regularised
from deepvis_app.synth.result import StopReason, SynthesisProgress, SynthesisResult
from deepvis_app.synth.size import fitting_margin, fitting_size, made_size
from deepvis_app.synth.space import PictureSpace
from deepvis_app.synth.state import GOES_ON, REASONS, State
from deepvis_app.synth.steps import stepped
from deepvis_app.synth.transforms import moves, views

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from deepvis_app.nets import Network
    from deepvis_app.synth.ascent import Ascent
    from deepvis_app.synth.objectives import Sample
    from deepvis_app.synth.parameterisation import Values
    from deepvis_app.synth.recipe import Recipe

_PATIENCE = 8  # zero gradients in a row that end a sample whose picture is moved about
_ZERO, _NOT_FINITE, _NO_GAIN = (
    REASONS.index(StopReason.ZERO_GRADIENT),
    REASONS.index(StopReason.NOT_FINITE),
    REASONS.index(StopReason.NO_GAIN),
)


def steering_problem(recipe: Recipe, other: Recipe) -> str:
    """Return why a run of `recipe` cannot go on with `other`, "" where it can."""
    if recipe.image != other.image:
        return "A run keeps what its picture is made of: image settings take a new run"
    if bool(recipe.objective.diversity) != bool(other.objective.diversity):
        return "Pictures are driven apart from the first step on, or not: that takes a new run"
    one, two = (each.objective for each in (recipe, other))
    if (one.naturalness > 0, one.statistics) != (two.naturalness > 0, two.statistics):
        return "A picture is kept near photographs from the first step on, or not: a new run does"
    return ""


class Batch:
    """What stays the same from step to step."""

    def __init__(
        self,
        network: Network,
        samples: Sequence[Sample],
        recipe: Recipe,
        canvas: Canvas = Canvas(),  # noqa: B008 - frozen
    ) -> None:
        if not samples:
            raise UserError("There is nothing to make pictures for", "Give at least one sample")
        self.network, self.samples = network, tuple(samples)
        self.seeds = [sample.seed for sample in samples]
        self.space = PictureSpace(network)
        self._ball, self._natural = canvas.ball, canvas.natural
        self._gives_last = canvas.last
        self._centre: Tensor | None = None
        read = Plan(network, self.samples, recipe.objective).layers if canvas.size else ()
        self.size, self._fed = fitting_size(
            network, self.space, recipe.image.size, canvas.size, read
        )
        self._margin = 0
        if canvas.margin_px and self._fed == self.size:
            self._margin = fitting_margin(network, self.space, self.size, canvas.margin_px, read)
        self.form = make(self.space, made_size(self.size, recipe.image.grid_px), recipe.image)
        self._take(recipe)

    def _take(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.plan = Plan(self.network, self.samples, recipe.objective)
        likeness = Likeness(self.network, self.samples) if recipe.objective.diversity else None
        self._likeness = likeness if likeness and likeness.layers else None
        self._naturalness = None
        if recipe.objective.naturalness and self._natural is not None:
            self._naturalness = Naturalness(
                self.network, self.samples, recipe.objective, self._natural
            )
        self.shown_size = self.network.input_shape[1:] if recipe.transforms.crops else self._fed

    def steer(self, recipe: Recipe) -> None:
        problem = steering_problem(self.recipe, recipe)
        if problem:
            raise UserError(problem, "Start again with it")
        self._take(recipe)

    def first(self, start: Tensor | NDArray[np.uint8] | None) -> State:
        """Return the state before the first step."""
        if self._ball and (start is None or not self.form.direct):
            raise UserError(
                "What a picture may change by is told from its start, in pixels",
                "Give a start, and a recipe whose image.parameterisation is 'pixel'",
            )
        with torch.no_grad():
            if start is None:
                parts = [self.form.first(seed) for seed in self.seeds]
                values = {name: torch.cat([p[name] for p in parts]) for name in parts[0]}
            else:
                values = self._started(self.space.start(start, self.form.size)[None])
            values = self.form.bounded(values)
            return State.fresh(values, self.form.render(values))

    def _started(self, x: Tensor) -> Values:
        """Return the values of all samples that start as a picture x (1, C, H, W)."""
        self._centre = x
        if self._ball and self._ball.scatter:
            x = torch.cat([self._ball.scattered(x, seed) for seed in self.seeds])
            return self.form.invert(x)
        once = self.form.invert(x)
        return {k: v.repeat_interleave(len(self.seeds), 0) for k, v in once.items()}

    def _shown(self, x: Tensor, step: int) -> Tensor:
        """Return the network's inputs of pictures at a step."""
        done = step / max(self.recipe.stop.steps - 1, 1)
        spec = self.recipe.transforms
        return self._inputs(views(x, spec, self.shown_size, self.seeds, step, done))

    def _inputs(self, seen: Tensor) -> Tensor:
        if self._margin:
            seen = functional.pad(seen, (self._margin,) * 4, mode="reflect")
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
            naturalness=self._naturalness,
            want_tops=-1 in state.first_top,
        )
        with torch.no_grad():
            state = self._judged(state, x.detach(), found)
            return self._moved(state, x, leaves, found)

    def _judged(self, state: State, x: Tensor, found: Ascent) -> State:
        """Record what a step reached, keep what is best, end what cannot go on."""
        goes_on = state.reason == GOES_ON
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
        """Return why samples cannot go on, (B,), `GOES_ON` where they can."""
        limit = _PATIENCE if moves(self.recipe.transforms) else 1
        reason = torch.where(state.idle >= limit, _ZERO, GOES_ON)
        patience = self.recipe.stop.patience
        if patience:
            is_tired = state.step - state.best_step >= patience
            reason = torch.where(is_tired & (reason == GOES_ON), _NO_GAIN, reason)
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
        if self._ball and self._centre is not None:
            values = {"x": self._ball.nearest(values["x"], self._centre)}
        kept = self._kept(state.reason == GOES_ON, values, state.values)
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

    def pictures(self, state: State) -> NDArray[np.uint8]:
        """Return the present pictures, uint8 (B, H, W, 3)."""
        return self.space.pictures(self._present(state))

    def progress(
        self, state: State, pictures: Callable[[], NDArray[np.uint8]] | None = None
    ) -> SynthesisProgress:
        """Tell where a state is; `pictures` in place of one's own."""
        return SynthesisProgress(
            step=state.step,
            total=self.recipe.stop.steps,
            activations=state.trace[-1],
            finished=tuple((state.reason != GOES_ON).tolist()),
            _pictures=pictures or partial(self.pictures, state),
            _state=state.tensors,
        )

    def results(self, state: State) -> tuple[SynthesisResult, ...]:
        """Return what came of a state whose samples have all ended."""
        best, reached, best_step = self._last(state) if self._gives_last else self._best(state)
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

    def _last(self, state: State) -> tuple[Tensor, Tensor, Tensor]:
        """Return the last pictures, what they reach, and their steps; the best before a NaN."""
        rows = zip(*state.trace, strict=True)
        told = [[(k, v) for k, v in enumerate(row) if math.isfinite(v)] for row in rows]
        steps, values = zip(*(row[-1] if row else (0, math.nan) for row in told), strict=True)
        is_best = state.reason == _NOT_FINITE
        return (
            torch.where(is_best.view(-1, 1, 1, 1), self._whole(state.best), self._present(state)),
            torch.where(is_best, self.recipe.sign * state.score, state.score.new_tensor(values)),
            torch.where(is_best, state.best_step, state.best_step.new_tensor(steps)),
        )

    def _reached(self, x: Tensor) -> Tensor:
        """Return what pictures reach as they are."""
        with torch.no_grad():
            whole = views(x, TransformSpec(), self.shown_size, self.seeds, 0, 0)
            seen = {PICTURE: x}
            if self.plan.layers:
                inputs = self._inputs(whole)
                passed = self.network.forward(inputs, self.plan.layers, stop_early=True)
                seen |= passed.activations
            return self.plan.read(seen).to(x.dtype)

    def _computed(self) -> str:
        device = self.space.device
        if device.type == "cpu":
            count = torch.get_num_threads()
            where = f"CPU, {count} thread{'s' * (count != 1)}"
            convs = (m for m in self.network.module.modules() if type(m) is nn.Conv2d)
            if any("forward" in vars(conv) for conv in convs):  # put there by who packed them
                where += ", packed convolutions"
        else:
            name = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
            where = f"{name}, {len(self.samples)} together"
        return f"{where}, torch {torch.__version__}"

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
            stop=StopReason.FINISHED if reason == GOES_ON else REASONS[reason],
            first_top_step=None if first_top < 0 else first_top,
            objective=sample.objective,
            recipe=self.recipe,
            seed=sample.seed,
            steered=state.steered,
            siblings=sample.siblings,
            computed=self._computed(),
            photographs=self._natural.source if self._naturalness and self._natural else "",
        )
