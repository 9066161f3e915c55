"""Directions of a layer, made of the codes of a corpus: from pictures to read-outs and figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.corpus.dictionaries.components import component_steps
from deepvis_app.corpus.dictionaries.figures import figures_of
from deepvis_app.corpus.dictionaries.learners import FactorLearner, SparseLearner
from deepvis_app.corpus.dictionaries.patches import (
    checked_layer,
    code_steps,
    inner_places,
    learned_of,
    looked_at,
)
from deepvis_app.corpus.dictionaries.read_out import STEPS
from deepvis_app.corpus.dictionaries.reading import (
    AT_A_TIME,
    batch_count,
    learning_steps,
    reading_steps,
)
from deepvis_app.corpus.dictionaries.settings import DictionarySettings, Method
from deepvis_app.corpus.dictionaries.sums import Sums, chunks
from deepvis_app.corpus.dictionaries.walk import MakingProgress, Walk, at_once, moved
from deepvis_app.errors import UserError
from deepvis_app.nets.directions import Directions
from deepvis_app.pieces import finished, retold

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis_app.corpus.corpus import Corpus
    from deepvis_app.corpus.dictionaries.figures import DictionaryFigures
    from deepvis_app.corpus.dictionaries.learners import Learner
    from deepvis_app.corpus.dictionaries.patches import LayerCodes
    from deepvis_app.corpus.dictionaries.walk import Beside, Pieces
    from deepvis_app.corpus.shard import Reader
    from deepvis_app.nets.network import Network

    Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """Directions, and what is known of how they were made and what they are worth."""

    directions: Directions
    figures: DictionaryFigures
    settings: DictionarySettings
    layer: str
    learned: int  # codes that were learned from
    pictures: int  # of which all codes are
    failed: int = 0  # pictures that could not be read
    dropped: int = 0  # atoms that no code needs

    @property
    def sentence(self) -> str:
        """How they were made, on one line."""
        settings = self.settings
        how = f", sparsity {settings.sparsity:g}" if settings.method is Method.SPARSE else ""
        count = self.directions.count
        directions = "1 direction" if count == 1 else f"{count} directions"
        return (
            f"{settings.method.title} of {directions}{how}, from "
            f"{self.learned + self.figures.held_out} codes of {self.pictures} pictures"
        )


def make_directions(
    network: Network,
    corpus: Corpus,
    layer: str,
    settings: DictionarySettings | None = None,
    *,
    source: object = None,
) -> Made:
    """Make directions of a layer at once; see `making_steps`."""
    return finished(making_steps(network, corpus, layer, settings, source=source))


def making_steps(
    network: Network,
    corpus: Corpus,
    layer: str,
    settings: DictionarySettings | None = None,
    *,
    fingerprint: str = "",
    source: object = None,
    reader: Reader | None = None,
    beside: Beside = at_once,
) -> Pieces[Made]:
    """Gather codes of a layer (`code_steps`) and make directions of them (`directions_steps`).

    Raises `UserError`, before any picture is read where that can be told by then.
    """
    settings = settings or DictionarySettings()
    info = checked_layer(network, corpus, layer, fingerprint)
    _check_count(info.name, info.unit_count, settings)
    places = len(inner_places(info, network.input_shape[1:]))
    pictures, each = looked_at(info, places, len(corpus.plan), settings.codes)
    _check_learned(learned_of(pictures, each), settings)
    manner = corpus.manner
    is_signed = info.name in manner.layers and manner.part(info.name).is_signed
    if settings.method is Method.NMF and is_signed:
        raise _signed(info.name)
    gathering = code_steps(
        network, corpus, info.name, settings.codes, settings.seed,
        fingerprint=fingerprint, source=source, reader=reader,
    )  # fmt: skip
    later = _steps(settings.codes, settings)
    codes = yield from retold(
        gathering, lambda now: MakingProgress(now.step, now.total + later, "pictures")
    )
    before = codes.picture_count + codes.failed
    return (yield from moved(directions_steps(codes, settings, beside=beside), before))


def directions_steps(
    codes: LayerCodes, settings: DictionarySettings, *, beside: Beside = at_once
) -> Pieces[Made]:
    """Make directions of codes, in short steps; every fifth picture is kept apart for the figures.

    Principal components are read-outs without a ReLU, 0 for the mean. The others are a ReLU each
    of a sum that finds how much of an atom there is (`read_out_steps` says why, and how well); the
    decoder is the atoms and the mean. They come in order of the variance that each explains. Raises
    `UserError` for more directions than codes, for codes that are all the same or not finite, and
    for NMF where any is below zero.
    """
    _check_count(codes.layer, codes.values.shape[1], settings)
    _check_codes(codes, settings)
    learned, held_out, count = codes.learned, codes.held_out, settings.count
    walk = Walk(_steps(len(codes), settings))
    sums = Sums.of(learned.shape[1])
    for part in chunks(len(learned), learned.shape[1] ** 2):
        sums.add(learned[part])
        yield None
    if settings.method is Method.PCA:
        directions = yield from component_steps(sums, count, beside)
        yield walk.on("read-outs")
        figures, each = figures_of(directions, held_out)
    else:
        # What it imports takes a moment.
        learner = yield from beside(lambda: _learner(learned, sums, settings))
        yield from learning_steps(codes, learner, settings.seed, walk)
        found = yield from reading_steps(codes, learner, settings.seed, walk, beside)
        if found is None:
            is_sparse = settings.method is Method.SPARSE
            remedy = "Make the dictionary less sparse" if is_sparse else "Look at more places"
            raise UserError(
                f"No direction of {codes.layer} is needed anywhere",
                f"{remedy}, or choose another layer",
            )
        directions = found.directions
        figures, each = figures_of(directions, held_out, found.amounts, found.atoms)
    order = np.argsort(-each.explained, kind="stable")
    if settings.method is Method.PCA:
        order = np.arange(directions.count)
    return Made(
        _with(directions, order, each.by_name()), figures, settings, codes.layer, len(learned),
        codes.picture_count, codes.failed, count - directions.count,
    )  # fmt: skip


def _steps(count: int, settings: DictionarySettings) -> int:
    """Return in how many steps directions are made of so many codes."""
    if settings.method is Method.PCA:
        return 1
    kind = SparseLearner if settings.method is Method.SPARSE else FactorLearner
    return batch_count(count * 4 // 5, kind) + -(-count // AT_A_TIME) + STEPS


def _learner(learned: Floats, sums: Sums, settings: DictionarySettings) -> Learner:
    scale = float(np.sqrt(np.trace(sums.covariance)))
    if settings.method is Method.NMF:
        return FactorLearner(settings.count, learned.shape[1], scale, settings.seed)
    away = np.linalg.norm(learned - sums.mean, axis=1)
    chance = np.random.default_rng(settings.seed)
    start = chance.permutation(np.flatnonzero(away > 1e-6 * scale))[: settings.count]
    if len(start) < settings.count:
        raise UserError(
            f"{settings.count} directions cannot be made of {len(start)} codes that differ from "
            "their mean",
            "Make fewer directions, or take more pictures or places",
        )
    return SparseLearner(learned[start], sums.mean, scale, settings.sparsity, settings.seed)


def _with(
    directions: Directions, order: NDArray[np.int64], figures: dict[str, list[float]]
) -> Directions:
    """Return directions in another order, with the figures of each."""
    bias, decoder, names = directions.bias, directions.decoder, directions.names
    return Directions(
        directions.weight[order],
        None if bias is None else bias[order],
        names=[names[place] for place in order] if names else (),
        activation=directions.activation,
        decoder=None if decoder is None else decoder[order],
        decoder_bias=directions.decoder_bias,
        figures={name: [each[place] for place in order] for name, each in figures.items()},
    )


# What will not do


def _check_count(layer: str, units: int, settings: DictionarySettings) -> None:
    if settings.method is Method.PCA and settings.count > units:
        raise UserError(
            f"{layer} has {units} units, so it has no {settings.count} principal components",
            f"Make at most {units}, or a sparse dictionary",
        )


def _check_learned(codes: int, settings: DictionarySettings) -> None:
    if settings.count > codes:
        raise UserError(
            f"{settings.count} directions cannot be made of {codes} codes",
            "Make fewer directions, or take more pictures or places",
        )


def _check_codes(codes: LayerCodes, settings: DictionarySettings) -> None:
    learned, held_out = codes.learned, codes.held_out
    _check_learned(len(learned), settings)
    if not np.isfinite(codes.values).all():
        raise UserError(
            f"{codes.layer} gives NaN or infinity: no directions are made of that",
            "Choose an earlier layer, or mend the network's weights",
        )
    if np.ptp(learned, axis=0).max() == 0 or np.ptp(held_out, axis=0).max(initial=0) == 0:
        raise UserError(
            f"{codes.layer} gives the same at every place: there is nothing to make directions of",
            "Choose another layer or other pictures",
        )
    if settings.method is Method.NMF and float(codes.values.min()) < 0:
        raise _signed(codes.layer)


def _signed(layer: str) -> UserError:
    return UserError(
        f"{layer} gives values below zero too, and non-negative factors cannot add up to those",
        "Make a sparse dictionary, or choose the layer behind the ReLU",
    )
