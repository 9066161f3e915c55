"""The probe against scikit-learn and by hand, what it finds of what was planted, and chance."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import Ridge
from threadpoolctl import threadpool_limits

from deepvis_app.corpus.concepts.concept import learn
from deepvis_app.corpus.concepts.held_out import FOLDS, folds_of, held_out, shuffled
from deepvis_app.corpus.concepts.probe import RIDGES, Standard, probe
from deepvis_app.corpus.concepts.taught import LEAST, taught
from deepvis_app.errors import UserError
from deepvis_app.nets import Directions
from deepvis_app.nets.direction_figures import direction_figures
from deepvis_app.wilson import wilson

if TYPE_CHECKING:
    from collections.abc import Iterator

UNITS = 64


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    with threadpool_limits(1):
        yield


def planted(
    count: int, seed: int = 0, strength: float = 3.0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return codes, half of which have a direction more of a layer with correlated units."""
    chance = np.random.default_rng(seed)
    way = chance.normal(size=UNITS)
    way /= np.linalg.norm(way)
    mixed = chance.normal(size=(12, UNITS)) / np.sqrt(12)
    labels = np.arange(2 * count) < count
    noise = chance.normal(size=(2 * count, 12)) @ mixed + chance.normal(size=(2 * count, UNITS))
    codes = 5 + 2 * (noise + strength * labels[:, None] * way)
    return codes.astype(np.float32), labels, way


def unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.linalg.norm(vector)


@pytest.mark.parametrize("count", [20, 200])  # fewer pictures than units, and more
@pytest.mark.parametrize("ridge", [0.03, 1.0])
def test_the_probe_is_ridge_regression_and_shrunk_discriminant_analysis(count: int, ridge: float):
    codes, labels, _ = planted(count)
    standard = Standard.of(codes)(codes)
    weight, bias = probe(standard, labels, ridge)
    scores = standard @ weight + bias
    assert scores[labels].mean() == pytest.approx(1)
    assert scores[~labels].mean() == pytest.approx(-1)

    number = len(codes)
    variances = np.linalg.eigvalsh(np.cov(standard.T, bias=True))
    penalty = ridge * variances.sum() / min(number - 1, UNITS)
    by_ridge = Ridge(alpha=number * penalty).fit(standard, np.where(labels, 1.0, -1.0))
    np.testing.assert_allclose(unit(weight), unit(by_ridge.coef_), atol=1e-6)

    within = np.mean([np.cov(standard[labels == side].T, bias=True) for side in (0, 1)], 0)
    share = penalty / (penalty + np.trace(within) / UNITS)
    by_lda = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=share).fit(standard, labels)
    np.testing.assert_allclose(unit(weight), unit(by_lda.coef_[0]), atol=1e-6)
    np.testing.assert_array_equal(scores > 0, by_lda.predict(standard))  # sides are as frequent


def test_standardising_is_folded_into_weight_and_bias():
    codes, labels, _ = planted(20)
    concept = learn(taught(codes, labels))
    standard = Standard.of(codes)
    weight, bias = probe(standard(codes), labels, concept.ridge)
    by_hand = standard(codes) @ weight + bias
    directions = Directions(concept.weight[None], [concept.bias])
    read = directions.on_codes(torch.from_numpy(codes))[:, 0].numpy()
    np.testing.assert_allclose(read, by_hand, atol=2e-5)
    np.testing.assert_allclose(concept.scores(codes), by_hand, atol=2e-5)


def test_a_pictures_score_is_the_mean_of_its_map():
    chance = np.random.default_rng(1)
    maps = chance.normal(size=(40, UNITS, 5, 7)).astype(np.float32)
    concept = learn(taught(maps.mean((2, 3)), np.arange(40) % 2 == 0))
    directions = Directions(concept.weight[None], [concept.bias])
    of_maps = directions.read(torch.from_numpy(maps))[:, 0].mean((1, 2)).numpy()
    np.testing.assert_allclose(of_maps, concept.scores(maps.mean((2, 3))), atol=1e-4)


def test_what_was_planted_is_found():
    codes, labels, way = planted(400)
    concept = learn(taught(codes, labels))
    # What decides best between two equal clouds is the way between them by the inverse spread.
    around = np.cov((codes - 2 * 3 * labels[:, None] * way).T)
    best = unit(np.linalg.solve(around, way))
    assert unit(concept.weight) @ best > 0.97
    possible = codes @ best
    bound = (possible[labels].mean() + possible[~labels].mean()) / 2
    assert concept.judged is not None
    assert concept.judged.accuracy > ((possible > bound) == labels).mean() - 0.04


def test_few_pictures_are_enough_for_what_is_plain():
    codes, labels, _ = planted(LEAST, strength=8.0)
    concept = learn(taught(codes, labels))
    assert concept.judged is not None
    assert concept.judged.accuracy > 0.9
    assert concept.judged.is_better
    assert concept.pictures == concept.moments == (LEAST, LEAST)


def test_holding_out_is_what_a_loop_over_the_folds_gives():
    codes, labels, _ = planted(23, strength=2.0)
    moments = np.arange(46) // 2
    standard = Standard.of(codes)(codes)
    folds = folds_of(labels, moments)
    found = held_out(standard, labels[:, None], folds)

    def by_ridge(out: np.ndarray, judged: np.ndarray) -> np.ndarray:
        rows = ~out
        scores = [
            standard[judged] @ weight + bias
            for weight, bias in (probe(standard[rows], labels[rows], r) for r in RIDGES)
        ]
        return np.stack(scores)

    def chosen(pairs: list[tuple[np.ndarray, np.ndarray]]) -> int:
        wanted = np.concatenate([np.where(labels[judged], 1, -1) for judged, _ in pairs])
        errors = (np.concatenate([scores for _, scores in pairs], 1) - wanted) ** 2
        best = errors.mean(1).argmin()
        more = errors - errors[best]
        close = more.mean(1) <= 2 * more.std(1, ddof=1) / np.sqrt(len(wanted))
        usual = RIDGES.index(1.0)
        return min(np.flatnonzero(close), key=lambda k: abs(k - usual))

    for fold in range(FOLDS):
        others = [k for k in range(FOLDS) if k != fold]
        pairs = [(folds == k, by_ridge((folds == fold) | (folds == k), folds == k)) for k in others]
        own = by_ridge(folds == fold, folds == fold)[chosen(pairs)]
        np.testing.assert_allclose(found.scores[folds == fold, 0], own, atol=1e-8)
    whole = [(folds == k, by_ridge(folds == k, folds == k)) for k in range(FOLDS)]
    assert found.ridge == RIDGES[chosen(whole)]


def test_folds_are_runs_of_whole_moments_of_both_sides():
    chance = np.random.default_rng(0)
    for _ in range(50):
        sizes = chance.integers(1, 9, chance.integers(4, 14))
        moments = np.repeat(np.arange(len(sizes)), sizes)
        sides = np.arange(len(sizes)) % 2 == 0
        labels = sides[moments]
        folds = folds_of(labels, moments)
        fewest = min(sides.sum(), (~sides).sum())
        assert set(folds) == set(range(min(FOLDS, max(fewest // 2, 2))))
        for moment in range(len(sizes)):
            assert len(set(folds[moments == moment])) == 1
        for side in (True, False):
            own = folds[labels == side]
            assert set(own) == set(folds)
            assert (np.diff(own) >= 0).all()


def test_shuffling_changes_sides_of_whole_moments_within_each_fold():
    moments = np.repeat(np.arange(14), 4)
    labels = moments % 2 == 0
    folds = folds_of(labels, moments)
    assert folds.max() == 2
    found = shuffled(labels, moments, folds, 60, 0)
    assert found.shape == (56, 60)
    assert len({column.tobytes() for column in found.T}) > 50
    for column in found.T:
        assert all(len(set(column[moments == moment])) == 1 for moment in range(14))
        for fold in range(3):
            assert column[folds == fold].sum() == labels[folds == fold].sum()


def test_any_shuffling_is_as_likely_as_another():
    moments = np.arange(8)
    labels = moments < 4
    folds = folds_of(labels, moments)
    assert list(folds) == [0, 0, 1, 1, 0, 0, 1, 1]
    found = shuffled(labels, moments, folds, 3600, 1)
    kinds, counts = np.unique(found, axis=1, return_counts=True)
    assert kinds.shape[1] == 36
    assert counts.min() > 60  # of 100 that are expected
    assert counts.max() < 140


def test_the_control_is_near_a_half_and_what_means_nothing_is_no_better():
    better = []
    for seed in range(40):
        codes = np.random.default_rng(seed).normal(size=(40, UNITS)).astype(np.float32)
        judged = learn(taught(codes, np.arange(40) < 20)).judged
        assert judged is not None
        assert abs(judged.usual - 0.5) < 0.06
        better.append(judged.is_better)
    assert np.mean(better) <= 0.125  # one of twenty is to be expected


def test_frames_of_one_moment_do_not_vouch_for_each_other():
    chance = np.random.default_rng(3)
    moments = np.repeat(np.arange(16), 10)
    scene = chance.normal(size=(16, UNITS))
    codes = (scene[moments] + 0.05 * chance.normal(size=(160, UNITS))).astype(np.float32)
    labels = moments % 2 == 0  # by scenes that have nothing in common
    mixed = chance.permutation(160)  # frames of each scene in every fold
    naive = learn(taught(codes[mixed], labels[mixed])).judged
    honest = learn(taught(codes, labels, moments)).judged
    assert naive is not None
    assert honest is not None
    assert naive.accuracy > 0.95
    assert honest.accuracy < 0.75
    assert not honest.is_better
    assert honest.high - honest.low > 2 * (naive.high - naive.low)


def test_a_camera_that_does_not_move_shows_one_moment():
    chance = np.random.default_rng(5)
    views = chance.normal(size=(6, UNITS))  # three of it, three of others
    frames = np.repeat(np.arange(6), 20)
    codes = (views[frames] + 0.1 * chance.normal(size=(120, UNITS))).astype(np.float32)
    seconds = np.arange(120) // 5
    concept = learn(taught(codes, frames < 3, seconds))
    assert concept.moments == (3, 3)
    assert concept.judged is not None
    assert not concept.judged.is_better
    still = learn(taught(codes[40:80], frames[40:80] < 3, seconds[40:80]))
    assert still.moments == (1, 1)
    assert still.judged is None
    drifting = views[0] + np.linspace(0, 4, 120)[:, None] * views[1]  # slowly to somewhere else
    both = np.concatenate([drifting, drifting + 2 * views[2]]).astype(np.float32)
    moved = learn(taught(both, np.arange(240) < 120, np.arange(240) // 5))
    assert 3 < moved.moments[0] < 24


def test_bounds_are_wilsons_of_moments():
    codes, labels, _ = planted(30, strength=2.0)
    moments = np.arange(60) // 3
    judged = learn(taught(codes, labels, moments)).judged
    assert judged is not None
    assert judged.accuracy == pytest.approx((judged.inside + judged.outside) / 2)
    low, high = wilson(20 * judged.accuracy, 20)
    assert (judged.low, judged.high) == (pytest.approx(low), pytest.approx(high))
    right = (judged.scores > 0) == labels
    assert judged.inside == pytest.approx(right[labels].mean())
    assert judged.chance == (1 + (judged.control >= judged.accuracy - 1e-9).sum()) / 101


def test_one_moment_of_a_side_cannot_be_judged():
    codes, labels, _ = planted(LEAST)
    concept = learn(taught(codes, labels, np.where(labels, 0, np.arange(2 * LEAST))))
    assert concept.judged is None
    assert concept.moments == (1, LEAST)
    assert ((concept.scores(codes) > 0) == labels).mean() > 0.9


def test_two_moments_of_a_side_are_judged_but_prove_nothing():
    codes, labels, _ = planted(LEAST, strength=8.0)
    judged = learn(taught(codes, labels, np.arange(2 * LEAST) // (LEAST // 2))).judged
    assert judged is not None
    assert judged.accuracy > 0.9
    assert not judged.is_better


def test_figures_are_those_of_any_direction():
    codes, labels, _ = planted(25)
    concept = learn(taught(codes, labels))
    figures = direction_figures(
        Directions(concept.weight[None], [concept.bias]), torch.from_numpy(codes)
    )
    assert concept.explained == pytest.approx(float(figures.explained[0]), rel=1e-4)
    assert concept.nearest == figures.nearest[0]
    assert concept.cosine == pytest.approx(float(figures.cosine[0]), rel=1e-5)


def test_the_same_pictures_give_the_same_concept():
    codes, labels, _ = planted(20)
    one, other = (learn(taught(codes, labels)) for _ in range(2))
    np.testing.assert_array_equal(one.weight, other.weight)
    assert one.bias == other.bias
    assert one.judged is not None
    assert other.judged is not None
    np.testing.assert_array_equal(one.judged.control, other.judged.control)


def test_sides_need_not_be_equal():
    codes, labels, _ = planted(100, strength=5.0)
    kept = np.r_[:12, 100:200]
    concept = learn(taught(codes[kept], labels[kept]))
    assert concept.judged is not None
    assert min(concept.judged.inside, concept.judged.outside) > 0.8
    fresh, sides, _ = planted(100, strength=5.0)
    right = (concept.scores(fresh) > 0) == sides
    assert min(right[sides].mean(), right[~sides].mean()) > 0.85


def test_a_unit_that_never_changes_does_no_harm():
    codes, labels, _ = planted(20)
    codes[:, 7] = 3.0
    concept = learn(taught(codes, labels))
    assert concept.weight[7] == pytest.approx(0, abs=1e-6)
    assert np.isfinite(concept.weight).all()


def test_what_will_not_do_is_said_in_a_line():
    codes, labels, _ = planted(20)
    numbers = np.arange(40)
    cases = [
        (
            slice(20),
            "20 pictures show the concept and none does not",
            "Show 10 more of what it is not",
        ),
        (slice(20, 40), "No picture shows the concept and 20 do not", "10 more of what it is$"),
        (slice(14, 30), "6 pictures show the concept and 10 do not", "Show 4 more of what it is$"),
        (slice(0), "No picture shows the concept and none does not", "what it is and 10 more"),
    ]
    for given, cause, remedy in cases:
        with pytest.raises(UserError, match=cause) as raised:
            taught(codes[given], labels[given])
        assert raised.value.remedy is not None
        assert re.search(remedy, raised.value.remedy)
    numbers[39] = numbers[0]
    with pytest.raises(UserError, match="One picture is on both sides"):
        taught(codes, labels, ids=numbers)
    numbers[20:] = numbers[:20]
    with pytest.raises(UserError, match="20 pictures are on both sides"):
        taught(codes, labels, ids=numbers)
    broken = codes.copy()
    broken[:15, 3] = np.nan
    with pytest.raises(UserError, match="NaN or infinity on 15 of 40 pictures"):
        taught(broken, labels)
    with pytest.raises(UserError, match="the same on all"):
        taught(np.ones((40, 5)), labels)


def test_pictures_without_numbers_are_left_out():
    codes, labels, _ = planted(20)
    codes[3, 0], codes[25, 1] = np.inf, np.nan
    found = taught(codes, labels)
    assert (len(found), found.left_out) == (38, 2)
    assert learn(found).pictures == (19, 19)


@pytest.mark.filterwarnings("error")
def test_sides_with_the_same_mean_are_told_apart_by_nothing():
    labels = np.arange(24) < 12
    codes = np.tile(np.random.default_rng(0).normal(size=(12, 5)), (2, 1)).astype(np.float32)
    folds = folds_of(labels, np.arange(24) % 12)  # each fold holds the same of both sides
    found = held_out(Standard.of(codes)(codes), labels[:, None], folds)
    assert not found.scores.any()
    assert [float(share[0]) for share in found.hits()] == [0.0, 1.0]  # half of all are right
    with pytest.raises(UserError, match="the same on both sides"):
        learn(taught(codes, labels))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("size", [1e-30, 1e30])
def test_however_large_codes_are_a_concept_is_the_same(size: float):
    codes, labels, _ = planted(20)
    usual = learn(taught(codes, labels))
    other = learn(taught(codes * np.float32(size), labels))
    assert other.judged is not None
    assert usual.judged is not None
    assert other.judged.accuracy == usual.judged.accuracy
    assert other.cosine == pytest.approx(usual.cosine, abs=1e-3)
    words = f"near unit {usual.nearest}: cos {usual.cosine:.2f}"
    assert words in Directions(other.weight[None]).words(0)
