"""Neural style: one picture's things in another's manner (Gatys et al. 2016)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch

from deepvis_app.pieces import finished, retold
from deepvis_app.synth.canvas import Canvas
from deepvis_app.synth.play.chain import Stage, chained, rising, sizes
from deepvis_app.synth.play.codes import CodeObjective
from deepvis_app.synth.play.likeness import GramObjective, SpreadObjective
from deepvis_app.synth.play.palette import matched, recoloured
from deepvis_app.synth.play.priors import Roughness
from deepvis_app.synth.play.shown import enlarged, maps_of, taken_sizes
from deepvis_app.synth.play.style_layers import content_layer, style_layers
from deepvis_app.synth.play.style_spec import Beginning, Colours, Measure, Optimiser, StyleSpec
from deepvis_app.synth.play.technique import WARM, Played, Role, Technique
from deepvis_app.synth.reads import PICTURE, Held
from deepvis_app.synth.recipe import Recipe
from deepvis_app.synth.space import PictureSpace

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from deepvis_app.nets import Network
    from deepvis_app.synth.objectives import Objective
    from deepvis_app.synth.play.chain import Chained
    from deepvis_app.synth.play.technique import Pictures, PlayProgress, Steps
    from deepvis_app.synth.size import Size

_LEAST = 0.5  # longer side of the smallest size, of the input's: below, the content is lost
_GROWTH = 2**0.5  # of a size to the next
_MARGIN_PX = 16  # what lies nearer to a border is seen by few units: it would be painted anyhow
_GAIN = 1e6  # of the loss: L-BFGS takes a curvature below 1e-10 for none


@dataclass(frozen=True, slots=True, eq=False)
class _Painting:
    """One transfer: what each size starts as and strives for."""

    network: Network
    space: PictureSpace
    spec: StyleSpec
    content: Tensor  # x (C, H, W), as all of these
    style: Tensor
    warm: Tensor | None
    kept: str
    manner: tuple[tuple[str, float], ...]
    sizes: list[Size]
    style_sizes: list[Size]

    def stage(self, number: int, before: Tensor | None) -> Stage:
        size = self.sizes[number]
        content = self.space.start(self.content, size)
        start = self._first(content) if before is None else enlarged(before, size)
        return Stage(
            self._goal(content, self.space.start(self.style, self.style_sizes[number])),
            _recipe(self.spec, number), start, Canvas(size=size, margin_px=_MARGIN_PX),
        )  # fmt: skip

    def _first(self, content: Tensor) -> Tensor | None:
        if self.warm is not None:
            return self.space.start(self.warm, (content.shape[1], content.shape[2]))
        return content if self.spec.start is Beginning.CONTENT else None

    def _goal(self, content: Tensor, style: Tensor) -> Objective:
        make = SpreadObjective if self.spec.measure is Measure.SPREAD else GramObjective
        wanted = maps_of(
            self.network, self.space, style, [name for name, _ in self.manner], _MARGIN_PX
        )
        code = maps_of(self.network, self.space, content, [self.kept], _MARGIN_PX)[self.kept]
        terms = [(weight, make.of(name, wanted[name])) for name, weight in self.manner]
        goal = -self.spec.smoothness * Roughness()
        for weight, term in terms:
            goal = goal + weight * term
        if self.spec.palette:
            goal = goal + self.spec.palette * SpreadObjective.of(PICTURE, style[None])
        if self.spec.content_weight:
            goal = goal + self.spec.content_weight * CodeObjective(self.kept, Held.of(code))
        return _GAIN * goal

    def finished(self, x: Tensor) -> Tensor:
        """Return a result x (C, H, W) in the colours that are wanted."""
        if self.spec.colours is not Colours.CONTENT or not self.space.has_colours:
            return x
        own = self.space.colours(self.space.start(self.content, (x.shape[1], x.shape[2]))[None])
        found = recoloured(self.space.colours(x[None])[0], own[0])
        return self.space.with_colours(x[None], found[None])[0]


def stylize_steps(
    network: Network,
    pictures: Pictures,
    spec: StyleSpec,
    seed: int = 0,
    resume: Mapping[str, Tensor] | None = None,
) -> Steps:
    """Paint the content in the manner of the style, pictures of any size; see `Technique.steps`.

    All losses are shares of what they would be for an empty picture, so that a weight means much
    the same in every network. With a picture "warm" it starts from that. A network that takes
    only its own size sees pictures brought to that, and paints nothing finer than its pixels there.
    """
    painting = _painting(network, pictures, spec)
    stages = [_at(painting, number) for number in range(len(painting.sizes))]
    steps = spec.steps * (len(stages) + 1)
    done = yield from _shown(
        chained(network, stages, steps, seed, resume, value=lambda reached: -reached / _GAIN),
        painting,
    )
    result = done.result
    x = painting.finished(torch.from_numpy(result.x).to(painting.space.device))
    facts: dict[str, float | str] = {
        "layer": painting.kept,
        "style_layers": " ".join(name for name, _ in painting.manner),
        "loss": float(done.trace[-1]),
    }
    return Played(
        painting.space.pictures(x[None])[0],
        x.to("cpu", torch.float32).numpy().copy(),
        done.trace, result.stop, facts, computed=result.computed,
    )  # fmt: skip


def _painting(network: Network, pictures: Pictures, spec: StyleSpec) -> _Painting:
    space = PictureSpace(network)
    content, style = pictures["content"], pictures["style"]
    kept = content_layer(network, spec.layer)
    manner = style_layers(network, spec.style_layers)
    layers = sorted({kept, *(name for name, _ in manner)})
    longest = rising(
        spec.longest_px, spec.scales, _GROWTH, round(_LEAST * max(network.input_shape[1:]))
    )
    taken = taken_sizes(network, space, sizes(longest, content.shape[:2]), layers)
    of_style = [max(round(max(size) * spec.style_scale), 16) for size in taken]
    x, manner_x = _whole(space, content), _whole(space, style)
    if spec.colours is Colours.MATCHED and space.has_colours:
        own = matched(space.colours(manner_x[None])[0], space.colours(x[None])[0])
        manner_x = space.with_colours(manner_x[None], own[None])[0]
    warm = pictures.get(WARM.key)
    return _Painting(
        network, space, spec, x, manner_x, None if warm is None else _whole(space, warm),
        kept, manner, taken, sizes(of_style, style.shape[:2]),
    )  # fmt: skip


def _whole(space: PictureSpace, picture: NDArray[np.uint8]) -> Tensor:
    return space.start(picture, (picture.shape[0], picture.shape[1]))


def _at(painting: _Painting, number: int) -> Callable[[Tensor | None], Stage]:
    return lambda before: painting.stage(number, before)


def _shown(
    steps: Generator[PlayProgress | None, None, Chained], painting: _Painting
) -> Generator[PlayProgress | None, None, Chained]:
    """Show pictures on the way in the colours that the last one will have."""
    if painting.spec.colours is not Colours.CONTENT:
        return (yield from steps)
    return (
        yield from retold(steps, lambda step: replace(step, _picture=_coloured(step, painting)))
    )


def _coloured(step: PlayProgress, painting: _Painting) -> Callable[[], NDArray[np.uint8]]:
    def picture() -> NDArray[np.uint8]:
        x = painting.finished(_whole(painting.space, step.picture()))
        shown: NDArray[np.uint8] = painting.space.pictures(x[None])[0]
        return shown

    return picture


def _recipe(spec: StyleSpec, number: int) -> Recipe:
    is_adam = spec.optimiser is Optimiser.ADAM
    step = {"rate": spec.rate, "settle": 0.1} if is_adam else {"rate": 1.0}
    return Recipe.model_validate(
        {
            "image": {"start": "mean_plus_rand", "start_std": 20},
            "step": {"policy": spec.optimiser.value, **step},
            "stop": {"steps": spec.steps * (1 if number else 2)},
        }
    )


def stylize(
    network: Network,
    content: NDArray[np.uint8],
    style: NDArray[np.uint8],
    *,
    warm: NDArray[np.uint8] | None = None,
    seed: int = 0,
    **settings: object,
) -> Played:
    """Return `content` in the manner of `style`, pictures uint8 (H, W, 3) of any size.

    `warm` is a picture to start from. `settings` are those of `StyleSpec`.
    """
    spec = StyleSpec.model_validate(settings)
    given = {"content": content, "style": style, "warm": warm}
    pictures = {role: one for role, one in given.items() if one is not None}
    return finished(stylize_steps(network, pictures, spec, seed))


STYLE = Technique(
    key="style",
    title="Style",
    sentence="One picture's things, painted in the manner of another.",
    curve="Loss",
    spec=StyleSpec,
    steps=stylize_steps,
    total=lambda spec: spec.steps * (spec.scales + 1),
    roles=(
        Role("content", "Content", "The picture whose things are kept", whole=True),
        Role("style", "Style", "The picture whose manner is taken", whole=True),
        WARM,
    ),
)
