"""A technique frame by frame: each starts from what the one before has become."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from pydantic import Field

from deepvis_app.errors import UserError
from deepvis_app.fields import shown
from deepvis_app.frames.cv import cv2
from deepvis_app.pieces import retold
from deepvis_app.synth.play.flow import carried
from deepvis_app.synth.play.technique import WARM, Spec

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping

    from numpy.typing import NDArray

    from deepvis_app.nets import Network
    from deepvis_app.synth.play.technique import Played, PlayProgress, Steps, Technique

    Picture = NDArray[np.uint8]


class Carry(Enum):
    """How what was made of a frame goes on to the next."""

    FLOW = "flow"
    STILL = "still"
    NOTHING = "nothing"


class FilmSpec(Spec):
    """How frames follow each other."""

    carry: Carry = Field(
        default=Carry.FLOW,
        title="Carry on",
        json_schema_extra=shown(
            words={"flow": "Moved along", "still": "In place", "nothing": "Nothing"},
            side_by_side=True,
        ),
    )
    """What was made of a frame moves along with what it was made of, stays in place, or goes."""

    blend: float = Field(default=0.5, ge=0, le=1, title="Blend", json_schema_extra=shown(step=0.05))
    """How much of it the next frame starts with."""

    later: float = Field(
        default=0.3, gt=0, le=1, title="Later steps", json_schema_extra=shown("of first")
    )
    """Share of the steps that frames after the first get, since they start with something."""


@dataclass(frozen=True, slots=True, eq=False)
class FilmProgress:
    """`step` of `total` are done in all, and `frame` of `frames` of the video; 0: not known.

    `before` is the frame that it is at, uint8 (H, W, 3).
    """

    step: int
    total: int
    frame: int
    frames: int
    before: Picture
    _picture: Callable[[], Picture]

    def picture(self) -> Picture:
        """Return the present picture, uint8 (H, W, 3); in the thread that makes the steps."""
        return self._picture()


def film_role(how: Technique[Any]) -> str:
    """Return the role of a technique that the frames of a video take.

    Raises `UserError` for one that takes no whole picture.
    """
    for role in how.roles:
        if role.whole and not role.optional:
            return role.key
    raise UserError(
        f"{how.title} makes no video: it works on a picture as the network sees it",
        "Give a picture, or a folder of them",
    )


def film_steps(
    network: Network,
    how: Technique[Any],
    spec: Spec,
    film: FilmSpec,
    frames: Iterator[Picture],
    others: Mapping[str, Picture],
    *,
    count: int = 0,
    seed: int = 0,
    add: Callable[[Picture], None],
    made: Iterable[Picture] = (),
) -> Generator[FilmProgress | None, None, int]:
    """Make a picture of every frame, uint8 (H, W, 3), and give each to `add`; return how many.

    `others` are the pictures of other roles, `count` is how many frames there may be. `made` are
    pictures of the first frames that there are already: it goes on from the last of them.
    """
    how.check({**others, film_role(how): True})
    maker = _Maker(network, how, spec, film, dict(others), seed)
    done, number, kept = 0, 0, iter(made)
    for frame in frames:
        this = maker.spec(number)
        each = how.total(this)
        left = max(count - number - 1, 0) * how.total(maker.spec(number + 1))
        image = next(kept, None)
        if image is None:
            told = _Told(done, each, left, number, count, frame)
            image = (yield from told.of(maker.start(frame))).image
        add(image)
        maker.took(frame, image)
        done, number = done + each, number + 1
        yield FilmProgress(done, done + left, number, count, frame, image.copy)
    return number


class _Told(NamedTuple):
    """Tells of the steps of one frame as steps of the whole film."""

    done: int
    each: int
    left: int
    frame: int
    frames: int
    before: Picture

    def of(self, run: Steps) -> Generator[FilmProgress | None, None, Played]:
        total = self.done + self.each + self.left

        def told(step: PlayProgress) -> FilmProgress:
            done = self.done + min(step.step, self.each)
            return FilmProgress(done, total, self.frame, self.frames, self.before, step.picture)

        return retold(run, told)


class _Maker:
    """Makes one frame after another."""

    def __init__(
        self,
        network: Network,
        how: Technique[Any],
        spec: Spec,
        film: FilmSpec,
        others: dict[str, Picture],
        seed: int,
    ) -> None:
        self._network, self._how, self._spec, self._film = network, how, spec, film
        self._others, self._seed = others, seed
        self._role = film_role(how)
        self._takes_warm = any(role.key == WARM.key for role in how.roles)
        self._before: tuple[Picture, NDArray[np.float32]] | None = None  # and what was drawn on it

    def spec(self, number: int) -> Spec:
        """Return the settings of a frame: fewer steps where it starts with something."""
        steps = getattr(self._spec, "steps", 0)
        if not number or not steps or self._film.carry is Carry.NOTHING:
            return self._spec
        return self._spec.model_copy(update={"steps": max(round(steps * self._film.later), 1)})

    def start(self, frame: Picture) -> Generator[Any, None, Played]:
        pictures = {**self._others, self._role: frame}
        spec = self.spec(0 if self._before is None else 1)
        warm = self._warm(frame)
        if warm is not None:
            pictures[WARM.key if self._takes_warm else self._role] = warm
        return self._how.steps(self._network, pictures, spec, self._seed, None)

    def _warm(self, frame: Picture) -> Picture | None:
        """Return what a frame starts as: itself, and upon it what was drawn upon the last."""
        if self._before is None or self._film.carry is Carry.NOTHING:
            return None
        before, drawn = self._before
        now = _resized(frame, before.shape[:2])
        if self._film.carry is Carry.FLOW:
            drawn = carried(drawn, before, now)
        values = now + self._film.blend * drawn
        return np.asarray(values.clip(0, 255).round(), np.uint8)

    def took(self, frame: Picture, made: Picture) -> None:
        base = _resized(frame, made.shape[:2])
        self._before = base, made.astype(np.float32) - base


def _resized(picture: Picture, size: tuple[int, ...]) -> Picture:
    """Return a picture of a size (H, W): small ones by area."""
    height, width = size
    if picture.shape[:2] == (height, width):
        return picture
    shrinks = height * width < picture.shape[0] * picture.shape[1]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, (width, height), interpolation=how), np.uint8)
