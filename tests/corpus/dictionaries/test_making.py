"""Directions made of codes: against scikit-learn and numpy, and what is refused."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.decomposition import NMF, PCA

from deepvis_app.corpus.dictionaries import (
    DictionarySettings,
    LayerCodes,
    Made,
    making,
    read_out,
    reading,
)
from deepvis_app.corpus.dictionaries.figures import mean_correlation, units_missed
from deepvis_app.corpus.dictionaries.making import directions_steps
from deepvis_app.corpus.dictionaries.planted import planted_codes
from deepvis_app.corpus.dictionaries.read_out import gains_of, read_out_steps
from deepvis_app.corpus.dictionaries.sums import RIDGE, Sums
from deepvis_app.corpus.dictionaries.walk import MakingProgress
from deepvis_app.errors import UserError
from deepvis_app.pieces import finished


def coded(values: np.ndarray, each: int = 10) -> LayerCodes:
    pictures = np.arange(len(values), dtype=np.uint64) // np.uint64(each)
    return LayerCodes("layer", values.astype(np.float32), pictures)


def noisy(count: int = 500, units: int = 12, seed: int = 0) -> np.ndarray:
    chance = np.random.default_rng(seed)
    return chance.normal(size=(count, units)) @ chance.normal(size=(units, units)) + 2


def parts(count: int = 600, seed: int = 0) -> np.ndarray:
    """Return codes of 16 units that are sums of 6 parts without a unit in common."""
    chance = np.random.default_rng(seed)
    rows = np.kron(np.eye(6), chance.uniform(0.5, 1.5, (1, 3)))[:, :16]
    return chance.exponential(size=(count, 6)) * (chance.random((count, 6)) < 0.4) @ rows


def made(values: np.ndarray, **settings: object) -> Made:
    return finished(directions_steps(coded(values), DictionarySettings(**settings)))


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Learn for a moment only, where it does not matter how well."""
    monkeypatch.setattr(reading, "LEAST_BATCHES", 30)
    for module in (making, read_out):
        monkeypatch.setattr(module, "STEPS", 100)


def test_of_what_is_nearly_always_zero_nothing_is_made_and_nobody_warned(quick: None) -> None:
    values = np.zeros((900, 3))
    values[::91] = np.abs(noisy(10, 3))  # most batches have no other than zero
    codes = LayerCodes("layer", values.astype(np.float32), np.arange(900, dtype=np.uint64))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(UserError, match=r"is needed anywhere\. Look at more places"):
            finished(directions_steps(codes, DictionarySettings(method="nmf", count=3)))


def test_of_one_direction_it_is_said_that_it_is_one(quick: None) -> None:
    assert made(parts(), method="nmf", count=1).sentence.startswith("non-negative factors of 1 d")
    assert "of 1 direction, from" in made(noisy(), method="pca", count=1).sentence


# What is held out


def test_every_fifth_picture_is_kept_apart() -> None:
    codes = LayerCodes("a", np.zeros((60, 2), np.float32), np.repeat(np.arange(30)[::-1], 2))
    held = {int(picture) for picture in codes.pictures[codes.is_held_out]}
    assert held == {4, 9, 14, 19, 24, 29}
    assert (len(codes.learned), len(codes.held_out), codes.picture_count) == (48, 12, 30)


# Principal components


def test_components_are_those_of_scikit_learn() -> None:
    values = noisy()
    found = made(values, method="pca", count=5)
    codes = coded(values)
    theirs = PCA(5).fit(codes.learned.astype(float))
    ours = found.directions
    cosines = np.abs((ours.weight.double().numpy() * theirs.components_).sum(1))
    np.testing.assert_allclose(cosines, 1, atol=1e-5)
    given = ours.on_codes(torch.from_numpy(codes.held_out)).double().numpy()
    wanted = theirs.transform(codes.held_out.astype(float))
    np.testing.assert_allclose(np.abs(given), np.abs(wanted), atol=1e-3)
    rest = codes.held_out - theirs.inverse_transform(wanted)
    missed = (rest**2).sum() / ((codes.held_out - codes.held_out.mean(0)) ** 2).sum()
    assert found.figures.missed == pytest.approx(missed, rel=1e-3)
    assert not ours.relu
    assert ours.names == tuple(f"component {n}" for n in range(1, 6))
    mean = torch.from_numpy(codes.learned.mean(0, keepdims=True))
    assert ours.on_codes(mean).abs().max() < 1e-3
    assert (ours.weight.gather(1, ours.weight.abs().argmax(1)[:, None]) > 0).all()
    explained = np.array(ours.figures["explained"])
    np.testing.assert_allclose(explained, theirs.explained_variance_ratio_, atol=0.05)


def test_all_components_give_back_all() -> None:
    found = made(noisy(), method="pca", count=12)
    assert found.figures.missed < 1e-5
    assert found.figures.active == 12
    assert found.figures.units_missed == 0


def test_components_without_variance_are_left_out() -> None:
    values = noisy(units=4)
    values = np.hstack([values, values[:, :2]])
    found = made(values, method="pca", count=6)
    assert (found.directions.count, found.dropped) == (4, 2)
    assert found.figures.missed < 1e-5


# Non-negative factors


def test_factors_are_the_parts_that_add_up() -> None:
    values = parts()
    found = made(values, method="nmf", count=6)
    rows = found.directions.decoder
    assert rows is not None
    assert (rows >= 0).all()
    plain = NMF(6, init="nndsvda", max_iter=500, random_state=0).fit(coded(values).learned)
    theirs = plain.components_ / np.linalg.norm(plain.components_, axis=1, keepdims=True)
    assert (np.abs(rows.numpy() @ theirs.T).max(1) > 0.98).all()
    assert found.directions.relu
    assert found.figures.missed < 0.05
    assert found.figures.read > 0.98


def test_factors_of_codes_below_zero_are_refused() -> None:
    with pytest.raises(UserError, match="below zero"):
        made(noisy(), method="nmf", count=3)


# Sparse dictionaries


def test_parts_without_a_unit_in_common_are_found() -> None:
    found = made(parts(1500), count=6, sparsity=0.1)
    rows = found.directions.decoder
    assert rows is not None
    truth = np.kron(np.eye(6), np.ones((1, 3)))[:, :16] > 0
    for row in rows.abs().numpy():
        best = max(truth, key=lambda part: float((row[part] ** 2).sum()))
        assert float((row[best] ** 2).sum()) > 0.9
    explained = found.directions.figures["explained"]
    assert explained == tuple(sorted(explained, reverse=True))


@pytest.mark.slow(seconds=8)
def test_the_more_sparse_the_fewer_are_active_and_the_more_is_missed() -> None:
    codes = planted_codes(1, count=2000, units=16, features=24, active=3).codes
    figures = [
        finished(directions_steps(codes, DictionarySettings(count=24, sparsity=each))).figures
        for each in (0.03, 0.1, 0.3)
    ]
    assert figures[0].active > figures[1].active > figures[2].active
    assert figures[0].missed < figures[1].missed < figures[2].missed


@pytest.mark.usefixtures("quick")
def test_the_same_codes_give_the_same_directions_and_another_seed_others() -> None:
    values = parts(400)
    one, other = made(values, count=5), made(values, count=5)
    assert one.directions.digest == other.directions.digest
    assert made(values, count=5, seed=1).directions.digest != one.directions.digest


@pytest.mark.usefixtures("quick")
def test_the_figures_are_what_the_directions_do() -> None:
    values = parts()
    found, held = made(values, count=6), coded(values).held_out
    given = found.directions.on_codes(torch.from_numpy(held))
    rest = torch.from_numpy(held) - found.directions.reconstruction(given)
    spread = ((held - held.mean(0)) ** 2).sum()
    assert found.figures.missed == pytest.approx(float(rest.square().sum()) / spread, rel=1e-4)
    assert found.figures.active == pytest.approx(float((given != 0).sum(1).float().mean()))
    assert found.figures.held_out == len(held)
    assert "6 directions, sparsity 0.12, from 600 codes of 60 pictures" in found.sentence


@pytest.mark.usefixtures("quick")
def test_progress_is_counted_to_its_end_and_tells_what_is_missed() -> None:
    steps = list(directions_steps(coded(parts()), DictionarySettings(count=6)))
    told = [step for step in steps if step is not None]
    assert all(isinstance(step, MakingProgress) for step in told)
    assert [step.step for step in told] == sorted(step.step for step in told)
    assert told[-1].step >= 0.98 * told[-1].total
    known = [step.missed for step in told if step.missed == step.missed]
    assert known[-1] < known[0]


# The pieces


def test_units_at_a_place_are_the_furthest_from_their_mean() -> None:
    values = noisy(50, 5).astype(np.float32)
    away = values - values.mean(0)
    for count in range(6):
        rest = 0.0
        for row in away:
            order = sorted(range(5), key=lambda unit: -abs(row[unit]))
            rest += sum(row[unit] ** 2 for unit in order[count:])
        assert units_missed(values, count) == pytest.approx(rest / (away**2).sum(), rel=1e-4)


def test_a_regression_is_that_of_least_squares() -> None:
    x, y = np.random.default_rng(0).normal(size=(300, 4)), noisy(300, 3, seed=1)
    sums = Sums.of(4, 3)
    for part in (slice(0, 100), slice(100, 300)):
        sums.add(x[part], y[part])
    np.testing.assert_allclose(sums.covariance, np.cov(x.T, bias=True), rtol=1e-6)
    weight, bias = sums.regression()
    wide = np.hstack([x, np.ones((300, 1))])
    plain = np.linalg.lstsq(wide, y, rcond=None)[0]
    np.testing.assert_allclose(weight, plain[:-1].T, atol=100 * RIDGE)
    np.testing.assert_allclose(bias, plain[-1], atol=300 * RIDGE)


def test_gains_give_codes_back_best() -> None:
    chance = np.random.default_rng(0)
    given, atoms = chance.random((80, 4)), chance.normal(size=(4, 7))
    atoms /= np.linalg.norm(atoms, axis=1, keepdims=True)
    wanted = np.array([0.5, 2.0, 3.0, 1.0])
    away = (given * wanted) @ atoms + 0.01 * chance.normal(size=(80, 7))
    found = gains_of(given.T @ given, away.T @ given, atoms)
    columns = np.stack([np.outer(given[:, k], atoms[k]).ravel() for k in range(4)], 1)
    plain = np.linalg.lstsq(columns, away.ravel(), rcond=None)[0]
    np.testing.assert_allclose(found, plain, rtol=1e-5)
    assert gains_of(given.T @ given, -away.T @ given, atoms).tolist() == [0, 0, 0, 0]


def test_a_read_out_is_found_where_there_is_one() -> None:
    chance = np.random.default_rng(0)
    x = chance.normal(size=(4000, 6)).astype(np.float32)
    weight, bias = chance.normal(size=(3, 6)), np.array([-1.0, 0.0, -2.0])
    goal = np.maximum(x @ weight.T + bias, 0).astype(np.float32)
    sums = Sums.of(6, 3)
    sums.add(x, goal)
    begun = sums.regression()
    guess = mean_correlation(np.maximum(x @ begun[0].T + begun[1], 0), goal)
    rows, shift = finished(read_out_steps(x, goal, *begun, 0))
    found = mean_correlation(np.maximum(x @ rows.T + shift, 0), goal)
    assert guess < 0.99 < 0.998 < found
    np.testing.assert_allclose(rows, weight, atol=0.2)
    np.testing.assert_allclose(shift, bias, atol=0.3)


# What will not do


def test_what_will_not_do_is_said_in_a_line() -> None:
    values = parts(100)
    broken, flat = values.copy(), np.ones((100, 4))
    broken[3, 2] = np.nan
    for codes, settings, words in (
        (values, {"count": 100}, "100 directions cannot be made of 80 codes"),
        (values, {"method": "pca", "count": 17}, "16 units"),
        (broken, {"count": 4}, "NaN"),
        (broken, {"method": "pca", "count": 4}, "NaN"),
        (flat, {"count": 4}, "the same at every place"),
        (flat, {"method": "nmf", "count": 4}, "the same at every place"),
        (-values, {"method": "nmf", "count": 4}, "below zero"),
    ):
        with pytest.raises(UserError, match=words) as raised:
            made(codes, **settings)
        assert "\n" not in str(raised.value)


def test_too_few_codes_that_differ_are_too_few() -> None:
    values = np.zeros((200, 4))
    values[:20:10], values[10:20:10], values[49] = 1, -1, 1  # the last one is held out
    with pytest.raises(UserError, match="100 directions cannot be made of 2 codes that differ"):
        made(values, count=100)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"method": "ica"}, "method = 'ica'"),
        ({"count": 0}, "count = 0"),
        ({"sparsity": 0}, "sparsity = 0"),
        ({"sparsity": 2}, "sparsity = 2"),
        ({"codes": 5}, "codes = 5"),
        ({"colour": 1}, "colour = 1"),
    ],
)
def test_settings_that_cannot_be(settings: dict[str, object], words: str) -> None:
    with pytest.raises(UserError, match=words):
        DictionarySettings(**settings)


def test_a_made_one_can_be_told_of_by_name() -> None:
    found = made(parts(), method="pca", count=3)
    assert set(found.figures.by_name()) == {"missed", "active", "units_missed", "silent",
                                            "held_out"}  # fmt: skip
    assert "found_missed" in replace(found.figures, found_missed=0.5).by_name()
