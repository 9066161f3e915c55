"""From a dictionary that is learned to directions that read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from deepvis_app.corpus.dictionaries.read_out import gains_of, read_out_steps
from deepvis_app.corpus.dictionaries.sums import Sums, chunks
from deepvis_app.nets.directions import Directions
from deepvis_app.pieces import retold

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis_app.corpus.dictionaries.learners import Learner
    from deepvis_app.corpus.dictionaries.patches import LayerCodes
    from deepvis_app.corpus.dictionaries.walk import Beside, Pieces, Walk

    Floats = NDArray[np.float32]
    Doubles = NDArray[np.float64]

LEAST_BATCHES = 300  # few codes are gone over more often
PROBE = 64  # held-out codes that the curve is measured on
PROBE_EVERY = 8  # batches
AT_A_TIME = 64  # codes whose amounts are found at a time


class ReadOut(NamedTuple):
    """Directions, which atoms of the dictionary they find, and those in the held-out codes."""

    directions: Directions
    atoms: Doubles  # (D, C)
    amounts: Floats  # (held out, D)


def batch_count(learned: int, learner: Learner | type[Learner]) -> int:
    """Return from how many batches a dictionary is learned."""
    return max(learner.passes * (learned // learner.batch), LEAST_BATCHES)


def learning_steps(codes: LayerCodes, learner: Learner, seed: int, walk: Walk) -> Pieces[None]:
    """Learn from all codes, in an order drawn anew each time, and measure on the way."""
    learned, probe = codes.learned, codes.held_out[:PROBE]
    chance = np.random.default_rng(seed)
    batch = min(learner.batch, len(learned))
    order = np.zeros(0, np.int64)
    for count in range(batch_count(len(learned), learner)):
        if len(order) < batch:
            order = chance.permutation(len(learned))
        now, order = order[:batch], order[batch:]
        learner.learn(learned[now])
        yield walk.on("learning")
        if count % PROBE_EVERY == 0:
            walk.missed = _missed(learner, probe)
            yield None
    walk.missed = _missed(learner, probe)


def _missed(learner: Learner, probe: Floats) -> float:
    rest = probe - learner.offset - learner.amounts(probe) @ learner.atoms
    away = probe - probe.mean(0, dtype=np.float64)
    return float(np.square(rest).sum() / max(float(np.square(away).sum()), 1e-300))


def reading_steps(
    codes: LayerCodes, learner: Learner, seed: int, walk: Walk, beside: Beside
) -> Pieces[ReadOut | None]:
    """Fit read-outs to what a dictionary finds in codes, see `read_out_steps`.

    Their activations are in units of the layer along an atom of length 1. Those of atoms that no
    code needs are left out; None: all are.
    """
    learned = codes.learned
    amounts = yield from _amounts(learner, learned, walk)
    guess = Sums.of(learned.shape[1], amounts.shape[1])
    for part in chunks(len(learned), learned.shape[1] * sum(guess.xy.shape)):
        guess.add(learned[part], amounts[part])
        yield None
    begun = yield from beside(guess.regression)
    weight, bias = yield from retold(
        read_out_steps(learned, amounts, *begun, seed), lambda _: walk.on("read-outs")
    )
    atoms = learner.atoms
    given = Sums.of(len(weight), learned.shape[1])
    for part in chunks(len(learned), len(weight) * (len(weight) + 2 * learned.shape[1])):
        found = np.maximum(learned[part] @ weight.T + bias, 0)
        given.add(found, learned[part] - learner.offset)
        yield None
    gains = yield from beside(lambda: gains_of(given.xx, given.xy.T, atoms))
    kept = np.flatnonzero((gains > 0) & weight.any(1))
    if not len(kept):
        return None
    directions = Directions(
        weight[kept] * gains[kept, None],
        bias[kept] * gains[kept],
        relu=True,
        decoder=atoms[kept],
        decoder_bias=learner.offset if learner.offset.any() else None,
    )
    own = yield from _amounts(learner, codes.held_out, walk)
    return ReadOut(directions, atoms[kept], own[:, kept])


def _amounts(learner: Learner, codes: Floats, walk: Walk) -> Pieces[Floats]:
    found: list[Floats] = []
    for first in range(0, len(codes), AT_A_TIME):
        found.append(learner.amounts(codes[first : first + AT_A_TIME]).astype(np.float32))
        yield walk.on("read-outs")
    return np.concatenate(found)
