"""When a unit became what it is: its weights and its answers at every checkpoint of a run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import torch

from deepvis_app.errors import UserError
from deepvis_app.lab.one_picture import unit_pictures, weight_of
from deepvis_app.nets.load import load_network
from deepvis_app.nets.run_folders import RunNetwork, checkpoints
from deepvis_app.nets.run_weights import read_run_weights

if TYPE_CHECKING:
    from collections.abc import Generator, MutableMapping
    from pathlib import Path

    from numpy.typing import NDArray
    from torch import Tensor

    from deepvis_app.nets.network import Network
    from deepvis_app.nets.trust import Trust

    Key = tuple[str, int, str]  # a file, when it was written, a layer

    Floats = NDArray[np.float32]

BATCH = 32  # pictures at a time: a piece that is short beside a frame
MOST_PICTURES = 1000
TOP = 9


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """A layer at one checkpoint. `scores` (N, U): each unit's highest activation on each picture.

    `weights` (U, h, w): each unit's weights as one picture, see `unit_pictures`; None where the
    layer has none. `kernels` (U, 3, h, w): of a first layer that sees colours.
    """

    step: int
    fingerprint: str  # of the network with these weights
    scores: Floats
    weights: Floats | None = None
    kernels: Floats | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Timeline:
    """A layer through the checkpoints of a run, first to last, on pictures of known classes."""

    layer: str
    moments: tuple[Moment, ...]
    classes: NDArray[np.int64]  # (N,) of the pictures
    labels: tuple[str, ...] = ()
    pictures: NDArray[np.uint8] | None = None  # (N, H, W, 3), None where they are none

    @property
    def steps(self) -> NDArray[np.int64]:
        """(S,) steps of the checkpoints."""
        return np.array([moment.step for moment in self.moments], np.int64)

    @property
    def unit_count(self) -> int:
        return self.moments[0].scores.shape[1] if self.moments else 0

    def top(self, unit: int, place: int, count: int = TOP) -> NDArray[np.int64]:
        """Return the pictures that excite a unit most at a checkpoint, the strongest first.

        It is empty where the unit gives the same on all.
        """
        scores = self.moments[place].scores[:, unit]
        if not np.isfinite(scores).any() or scores.max() == scores.min():
            return np.empty(0, np.int64)
        return np.argsort(-scores, kind="stable")[:count]


@dataclass(frozen=True, slots=True, eq=False)
class Becoming:
    """How near a unit is to what it is at the end, by checkpoint. All (S,) float64.

    `weights`: cosine of its weights with the final ones, NaN where the layer has none. `answers`:
    Pearson's correlation of its scores over the pictures with the final ones. `selectivity`: d′ of
    the class that it tells best at the end, `best`, from all others.
    """

    weights: NDArray[np.float64]
    answers: NDArray[np.float64]
    selectivity: NDArray[np.float64]
    best: int | None


@dataclass(frozen=True, slots=True)
class Reached:
    """The first checkpoints from which on a measure has gone half and 90 % of its way, for good.

    None: it ends where it began, or is not known.
    """

    half: int | None
    most: int | None


@dataclass(frozen=True, slots=True, eq=False)
class Progress:
    """`step` of `total` passes are done; `preview` is what is known by now."""

    step: int
    total: int
    preview: Timeline
    state: None = field(default=None)


def timeline_steps(
    folder: Path,
    layer: str,
    pictures: Tensor,
    classes: NDArray[np.int64],
    labels: tuple[str, ...] = (),
    *,
    known: MutableMapping[Key, Moment] | None = None,
    network: Network | None = None,
    shown: NDArray[np.uint8] | None = None,
    trust: Trust = False,
) -> Generator[Progress | None, None, Timeline]:
    """Look at a layer at every checkpoint of a run, one batch of pictures a piece.

    `pictures` (N, C, H, W) are the network's inputs, of which the first `MOST_PICTURES` are used,
    `classes` (N,) what they show. Yields `Progress` after a checkpoint, None within one. What is
    `known` of a checkpoint is not found again. `network` is one of the run's, which takes other
    weights; it is loaded unless given. `shown` (N, H, W, 3) are the pictures as one sees them.
    Raises `UserError` where there is no checkpoint or no such layer.
    """
    files = checkpoints(folder)
    if not files:
        raise UserError(f"{folder.name} has no checkpoint", "Wait until its first one is written")
    if network is None:
        network = load_network(RunNetwork(folder, next(reversed(files))).spec, trust=trust)
    network.layer(layer)  # raises, in words
    pictures, classes = pictures[:MOST_PICTURES], classes[:MOST_PICTURES]
    known = {} if known is None else known
    found: list[Moment] = []
    yield None
    for done, (step, file) in enumerate(files.items(), 1):
        key = str(file), file.stat().st_mtime_ns, layer
        if key not in known:
            fingerprint = network.take_weights(read_run_weights(file)[0])
            known[key] = yield from _moment(network, layer, step, fingerprint, pictures)
        found.append(known[key])
        yield Progress(done, len(files), Timeline(layer, tuple(found), classes, labels, shown))
    return Timeline(layer, tuple(found), classes, labels, shown)


def _moment(
    network: Network, layer: str, step: int, fingerprint: str, pictures: Tensor
) -> Generator[None, None, Moment]:
    scores = []
    for batch in pictures.split(BATCH):
        scores.append(network.activations(batch, [layer])[layer].flatten(2).amax(2).float())
        yield
    weight = weight_of(network, layer)
    pictured = kernels = None
    if weight is not None:
        pictured = unit_pictures(weight, network.input_shape).float().numpy().copy()
        if weight.ndim == 4 and weight.shape[1] == 3:
            kernels = weight.float().numpy().copy()
    return Moment(step, fingerprint, torch.cat(scores).numpy(), pictured, kernels)


def becoming(timeline: Timeline, unit: int) -> Becoming:
    """Return how near a unit was, at every checkpoint, to what it is at the last one."""
    moments, classes = timeline.moments, timeline.classes
    scores = np.array([moment.scores[:, unit] for moment in moments], np.float64)  # (S, N)
    answers = np.array([correlation(one, scores[-1]) for one in scores])
    weights = np.full(len(moments), np.nan)
    last = moments[-1].weights
    if last is not None:
        weights = np.array(
            [np.nan if m.weights is None else cosine(m.weights[unit], last[unit]) for m in moments]
        )
    best = best_class(scores[-1], classes)
    told = [np.nan if best is None else d_prime(one, classes == best) for one in scores]
    return Becoming(weights, answers, np.array(told), best)


def reached(steps: NDArray[np.int64], values: NDArray[np.float64]) -> Reached:
    """Return from which step on a measure (S,) has gone half and 90 % of its way, for good.

    Its way leads from the first to the last finite value.
    """
    is_known = np.isfinite(values)
    if is_known.sum() < 2:
        return Reached(None, None)
    steps, values = steps[is_known], values[is_known]
    begin, end = values[0], values[-1]
    if abs(end - begin) < 1e-6 * max(abs(end), abs(begin), 1e-12):
        return Reached(None, None)
    gone = (values - begin) / (end - begin)
    return Reached(*(int(steps[_since(gone >= share - 1e-9)]) for share in (0.5, 0.9)))


def _since(holds: NDArray[np.bool_]) -> int:
    """Return the first place from which on it holds everywhere; it does at the last one."""
    broken = np.flatnonzero(~holds)
    return 0 if not len(broken) else int(broken[-1]) + 1


def cosine(one: NDArray[np.floating], other: NDArray[np.floating]) -> float:
    """Return the cosine of two arrays as vectors; NaN where one is zero."""
    a, b = one.ravel().astype(np.float64), other.ravel().astype(np.float64)
    length = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b / length) if length > 0 else float("nan")


def correlation(one: NDArray[np.floating], other: NDArray[np.floating]) -> float:
    """Return Pearson's correlation (N,) with (N,); NaN where one is constant."""
    return cosine(one - one.mean(), other - other.mean())


def d_prime(scores: NDArray[np.floating], is_own: NDArray[np.bool_]) -> float:
    """Return the distance of a class's mean score from all others', in standard deviations.

    Of these the root of the mean of both variances is taken. NaN where it is not defined.
    """
    own, rest = scores[is_own].astype(np.float64), scores[~is_own].astype(np.float64)
    if not len(own) or not len(rest):
        return float("nan")
    deviation = np.sqrt((own.var() + rest.var()) / 2)
    return float((own.mean() - rest.mean()) / deviation) if deviation > 0 else float("nan")


def best_class(scores: NDArray[np.floating], classes: NDArray[np.int64]) -> int | None:
    """Return the class that scores highest above all others by d′; None: there is none."""
    told = {int(c): d_prime(scores, classes == c) for c in np.unique(classes)}
    told = {c: value for c, value in told.items() if np.isfinite(value)}
    return max(told, key=lambda c: told[c]) if told else None
