"""Dictionaries learned from codes, some at a time: by sparse coding, by non-negative factors."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Protocol

import numpy as np
from threadpoolctl import ThreadpoolController

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Doubles = NDArray[np.float64]
    Codes = NDArray[np.floating]

TINY = 1e-12


class Learner(Protocol):
    """Learns K atoms such that codes (n, C) are about `offset + amounts @ atoms`.

    Each atom is of length 1. No amount is below zero.
    """

    batch: int  # codes that are learned from at a time
    passes: int  # over all codes
    offset: Doubles  # (C,)

    def learn(self, codes: Codes) -> None: ...

    @property
    def atoms(self) -> Doubles: ...

    def amounts(self, codes: Codes) -> Doubles: ...


class SparseLearner:
    """Sparse coding: few atoms at each place, by scikit-learn's `MiniBatchDictionaryLearning`.

    Online dictionary learning (Mairal et al., "Online Dictionary Learning for Sparse Coding",
    2009):
    `min 1/2 |x - S·D|² + sparsity · |S|₁` with no amount below zero (as a ReLU's) and atoms of
    length 1, where x is a code without the mean, in units of the root mean square length of all. So
    an atom is used at a place only where it takes away more than `sparsity` of a usual code. It
    starts from codes drawn at random.

    Measured on 64 channels that mix 96 sparse features (`planted_codes`): every `sparsity` from .1
    to .3 finds them with a mean cosine above .95, for 3 to 10 features a place, with and without
    noise, of signed mixtures and of positive ones.
    """

    batch, passes = 64, 2

    def __init__(
        self, start: Codes, offset: Doubles, scale: float, sparsity: float, seed: int
    ) -> None:
        from sklearn.decomposition import MiniBatchDictionaryLearning

        self.offset, self._scale, self._sparsity = offset, scale, sparsity
        away = start - offset
        self._start = away / np.linalg.norm(away, axis=1, keepdims=True)
        self._model = MiniBatchDictionaryLearning(
            len(start),
            alpha=sparsity,
            batch_size=self.batch,
            fit_algorithm="cd",
            positive_code=True,
            dict_init=self._start,
            random_state=seed,
        )
        self._has_learned = False

    def learn(self, codes: Codes) -> None:
        with _alone():
            self._model.partial_fit((codes - self.offset) / self._scale)
        self._has_learned = True

    @property
    def atoms(self) -> Doubles:
        found = self._model.components_ if self._has_learned else self._start
        lengths = np.linalg.norm(found, axis=1, keepdims=True)
        atoms: Doubles = found / np.maximum(lengths, TINY)
        return atoms

    def amounts(self, codes: Codes) -> Doubles:
        from sklearn.decomposition import sparse_encode

        with _alone():
            found: Doubles = sparse_encode(
                (codes - self.offset) / self._scale,
                self.atoms,
                algorithm="lasso_cd",
                alpha=self._sparsity,
                positive=True,
            )
        return found * self._scale


class FactorLearner:
    """Non-negative factors: parts that only add up, by scikit-learn's `MiniBatchNMF`.

    `min |x - S·D|²` with nothing below zero in S and D (Lee and Seung, "Learning the parts of
    objects by non-negative matrix factorization", 1999), as CRAFT takes it for concepts (Fel et
    al.,
    2023). It gives sparse factors by itself, and cannot be told how sparse.
    """

    batch, passes = 128, 2

    def __init__(self, count: int, width: int, scale: float, seed: int) -> None:
        from sklearn.decomposition import MiniBatchNMF

        self.offset = np.zeros(width)
        self._scale = scale
        self._model = MiniBatchNMF(count, init="random", batch_size=self.batch, random_state=seed)

    def learn(self, codes: Codes) -> None:
        with _alone():
            self._model.partial_fit(codes.astype(np.float64) / self._scale)

    @property
    def atoms(self) -> Doubles:
        atoms: Doubles = self._model.components_ / self._lengths
        return atoms

    @property
    def _lengths(self) -> Doubles:
        found: Doubles = np.linalg.norm(self._model.components_, axis=1, keepdims=True)
        return np.maximum(found, TINY)

    def amounts(self, codes: Codes) -> Doubles:
        with _alone():
            found: Doubles = self._model.transform(codes.astype(np.float64) / self._scale)
        return found * self._lengths.T * self._scale


@cache
def _pools() -> ThreadpoolController:
    return ThreadpoolController()


@contextmanager
def _alone() -> Iterator[None]:
    """Have sums be the same however many cores there are; small matrices are faster so, too.

    That a code was not followed to the last digit is no news, nor that a batch was all zero.
    """
    from sklearn.exceptions import ConvergenceWarning

    with (
        _pools().limit(limits=1, user_api="blas"),
        warnings.catch_warnings(),
        np.errstate(divide="ignore", invalid="ignore"),
    ):
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield
