"""Every frame is dreamed upon before the network sees it, and everything answers to the dream."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch

from deepvis_app.engine.readers.reader import Changing
from deepvis_app.errors import UserError
from deepvis_app.synth import Recipe, Sample, synthesis_steps
from deepvis_app.synth.objectives import ChannelObjective, LayerObjective
from deepvis_app.synth.play.flow import carried
from deepvis_app.synth.space import PictureSpace

if TYPE_CHECKING:
    from collections.abc import Generator

    from numpy.typing import NDArray
    from torch import Tensor

    from deepvis_app.engine.readers.reader import Look
    from deepvis_app.engine.readers.seen import Seen
    from deepvis_app.synth import SynthesisProgress
    from deepvis_app.synth.objectives import Objective

    Picture = NDArray[np.uint8]

MOST_STEPS = 12  # a frame: what takes longer to come is no dream of this frame
MOST_LOOKS = 40  # at a picture at rest, which then is dreamed out
_MOTION_PX = 96  # longer side of the pictures in which motion is looked for
_SMOOTHING = 0.2  # weight of a new time in its mean
clock = time.monotonic


@dataclass(frozen=True, slots=True, eq=False)
class DreamReading:
    """What the dream made of one frame. `picture` (H, W, 3) is the input before, read-only.

    `steps` were done in this frame, after which the objective `reached` so much; `looks` counts
    those at this very frame. `note` says why it was left as it is, "" where it was not.
    """

    picture: Picture
    steps: int
    reached: float
    looks: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class DreamReader(Changing[DreamReading]):
    """What a layer, or one unit of it, finds in a frame grows in it; the next frame goes on.

    A step moves the mean pixel by `strength` levels of 255; 0 leaves frames as they are, to the
    last bit. The next frame starts with the share `keep` of what was dreamed, moved along with
    what it was dreamed upon. As many steps are done as leave `rate_hz` frames a second, but at
    least one. A picture at rest is looked at again until it is dreamed out.
    """

    title: ClassVar[str] = "The dream"

    layer: str
    unit: int = -1  # -1: all of the layer
    strength: float = 2.0
    keep: float = 0.9
    rate_hz: float = 12.0
    follows: bool = True  # what moves; else what was dreamed stays in place

    @property
    def objective(self) -> Objective:
        return (
            LayerObjective(self.layer) if self.unit < 0 else ChannelObjective(self.layer, self.unit)
        )

    def change(self, look: Look, x: Tensor, picture: Picture) -> tuple[Tensor, Picture]:
        """Return the input (1, C, H, W) and the picture (H, W, 3) with the dream in it."""
        if not self.strength:
            return x, picture
        info = look.network.layer(self.layer)
        if self.unit >= info.unit_count:
            raise UserError(
                f"{self.layer} has no unit {self.unit}", f"It has {info.unit_count} units"
            )
        dream = look.memory.of(_Dream)
        made, x = dream.on(self, look, x, picture)
        return x, made

    def read(self, seen: Seen) -> DreamReading | None:
        """Tell what came of it."""
        return seen.look.here.of(_Told).reading

    def goes_on(self, look: Look) -> bool:
        """Tell whether the same frame again would be another picture."""
        reading = look.here.of(_Told).reading
        return reading is not None and not reading.note and reading.looks < MOST_LOOKS


class _Told:
    """What is told of a frame."""

    def __init__(self) -> None:
        self.reading: DreamReading | None = None


class _Dream:
    """What was dreamed upon the last frame, and how long things take."""

    def __init__(self) -> None:
        self._of: tuple[object, ...] = ()  # what it is a dream of
        self._drawn: NDArray[np.float32] | None = None  # (H, W, C) levels, in x's order
        self._before: Picture | None = None
        self._looks = 0
        self._pace = Pace()

    def on(
        self, reader: DreamReader, look: Look, x: Tensor, picture: Picture
    ) -> tuple[Picture, Tensor]:
        """Dream on a frame; one that numbers fail on stays as it is."""
        began_s = clock()
        space = PictureSpace(look.network)
        plain = space.from_input(x)
        self._forget_others((reader.layer, reader.unit, tuple(x.shape)))
        is_same = self._before is not None and np.array_equal(self._before, picture)
        self._looks = self._looks + 1 if is_same else 1
        start = self._start(reader, space, plain, picture)
        budget_s = self._pace.budget_s(1 / reader.rate_hz, look.now_s)
        done = self._steps(reader, look, start, began_s + budget_s)
        found = space.clipped(done.state()["values.x"].to(start))
        note, told = "", look.here.of(_Told)
        if done.finished[0] or not bool(torch.isfinite(found).all()):
            self._drawn, shown = None, picture
            note = f"{reader.layer} gives no gradient here, or one that is no finite number"
        else:
            self._drawn = (found - plain)[0].permute(1, 2, 0).float().cpu().numpy()
            self._before = picture
            shown, x = space.pictures(found)[0], space.to_input(found)
        told.reading = DreamReading(picture, done.step, done.activations[0], self._looks, note)
        self._pace.used(clock() - began_s)
        return shown, x

    def _forget_others(self, of: tuple[object, ...]) -> None:
        if of != self._of:
            self._of, self._drawn, self._before = of, None, None
            self._pace.step_s = 0.0

    def _start(
        self, reader: DreamReader, space: PictureSpace, plain: Tensor, picture: Picture
    ) -> Tensor:
        """Return a frame x (1, C, H, W) with what was dreamed before upon it."""
        if self._drawn is None or self._before is None:
            return plain
        drawn = self._drawn
        if reader.follows:
            drawn = carried(drawn, self._before, picture, longest_px=_MOTION_PX)
        kept = torch.from_numpy(reader.keep * drawn).permute(2, 0, 1)[None].to(plain)
        return space.clipped(plain + kept)

    def _steps(
        self, reader: DreamReader, look: Look, start: Tensor, until_s: float
    ) -> SynthesisProgress:
        """Go up to `MOST_STEPS` steps, as many as end by a time, but at least one."""
        run = synthesis_steps(
            look.network,
            [Sample(reader.objective, look.frame.number + self._looks)],
            _recipe(reader.strength),
            start=start[0],
        )
        progress = self._step(run)
        while not progress.finished[0] and progress.step < MOST_STEPS:
            if clock() + self._pace.step_s > until_s:
                break
            progress = self._step(run)
        run.close()
        return progress

    def _step(self, run: Generator[SynthesisProgress, Any, Any]) -> SynthesisProgress:
        began_s = clock()
        progress = next(run)
        self._pace.stepped(clock() - began_s)
        return progress


class Pace:
    """How long a step takes, and all the rest of a frame: running means, in seconds."""

    def __init__(self) -> None:
        self.step_s = 0.0
        self._rest_s = 0.0
        self._own_s = 0.0
        self._last_s: float | None = None  # when the last frame was begun

    def budget_s(self, period_s: float, now_s: float) -> float:
        """Return how much of a period is left for steps, in the frame that begins now.

        What lies between two frames and was not this one's own is taken for others' work. While the
        source is waited for that is too much, so that steps are added until it is not.
        """
        if self._last_s is not None:
            rest_s = min(max(now_s - self._last_s - self._own_s, 0.0), period_s)
            self._rest_s += _SMOOTHING * (rest_s - self._rest_s)
        self._last_s = now_s
        return max(period_s - self._rest_s, 0.0)

    def stepped(self, seconds: float) -> None:
        self.step_s += (_SMOOTHING if self.step_s else 1.0) * (seconds - self.step_s)

    def used(self, seconds: float) -> None:
        self._own_s = seconds


@lru_cache(maxsize=16)
def _recipe(strength: float) -> Recipe:
    return Recipe.model_validate(
        {
            "objective": {"place": "channel"},
            "transforms": {"jitter_px": 16},
            "gradient": {"normalise": "mean_abs"},
            "step": {"policy": "constant", "rate": strength},
            "stop": {"steps": MOST_STEPS + 1},  # the last one would move nothing
        }
    )
