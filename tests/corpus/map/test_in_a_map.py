"""Placing codes in a map, drawing a line around points, a grid of them, and figures of trust."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from deepvis_app.corpus.codes import Codes
from deepvis_app.corpus.map import validation
from deepvis_app.corpus.map.embedding import embed_codes
from deepvis_app.corpus.map.placement import FEW, NEAREST, Placer, weighted_median, weights_of
from deepvis_app.corpus.map.reduction import reduction_of
from deepvis_app.corpus.map.selecting import class_counts, inside, shared_units
from deepvis_app.corpus.map.settings import MapSettings
from deepvis_app.corpus.map.snap import MOST_ASSIGNED, snapped
from deepvis_app.corpus.map.validation import Hits, hits_of, map_figures, placement_figures
from deepvis_app.errors import UserError

GROUPS = 8


def clustered(count: int, seed: int = 0, units: int = 24) -> Codes:
    """Return codes of groups that are far apart."""
    chance = np.random.default_rng(seed)
    labels = np.arange(count) % GROUPS
    middles = np.maximum(chance.normal(size=(GROUPS, units)), 0) * 4
    values = middles[labels] + chance.random((count, units))
    rows = np.arange(count)
    names = tuple("abcdefgh")
    return Codes("layer", rows.astype(np.uint64), rows, values.astype(np.float32), labels, names)


# Placement


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_neighbours_are_the_nearest_of_all(metric: str) -> None:
    codes = clustered(400)
    embedding = embed_codes(codes, MapSettings("pca", metric))
    query = clustered(1, seed=5).values[0]
    placed = embedding.placed(query)
    values, own = codes.values.astype(np.float64), query.astype(np.float64)
    if metric == "cosine":
        lengths = np.linalg.norm(values, axis=1) * np.linalg.norm(own)
        distances = 1 - values @ own / lengths
    else:
        distances = np.linalg.norm(values - own, axis=1)
    order = np.argsort(distances)[:NEAREST]
    assert placed.nearest.tolist() == order.tolist()
    np.testing.assert_allclose(placed.distances, distances[order], rtol=1e-3, atol=1e-6)


def test_of_many_codes_the_true_neighbours_are_found() -> None:
    codes = clustered(4 * FEW, units=64)
    reduction = reduction_of(codes.values, "cosine", 50)
    points = np.zeros((len(codes), 2), np.float32)
    placer = Placer(codes.values, points, reduction)
    queries = clustered(40, seed=0, units=64).values + 0.01
    scaled = reduction.scaled(queries)
    distances = 1 - scaled @ reduction.scaled(codes.values).T
    true = np.argsort(distances, axis=1)[:, :NEAREST]
    hits = [len(set(placer(q).nearest) & set(t)) for q, t in zip(queries, true, strict=True)]
    assert sum(hits) >= 0.9 * NEAREST * len(queries)


def test_a_picture_of_the_map_is_where_it_was_and_like_others() -> None:
    codes = clustered(200)
    embedding = embed_codes(codes, MapSettings("pca"))
    placed = embedding.placed(codes.values[17])
    assert placed.nearest[0] == 17
    np.testing.assert_array_equal(placed.point, embedding.points[17])
    assert not placed.is_unlike_all


def test_what_is_unlike_all_pictures_is_said() -> None:
    codes = clustered(200)
    embedding = embed_codes(codes, MapSettings("pca"))
    strange = np.where(codes.values.mean(0) < 0.6, 9.0, 0.0)
    placed = embedding.placed(strange)
    assert placed.is_unlike_all
    assert placed.distance > placed.limit >= 1


def test_the_median_of_weights_by_hand() -> None:
    points = np.array([(0, 5), (1, 4), (2, 3), (9, 0)], np.float32)
    assert weighted_median(points, np.array([1.0, 1, 1, 1])) == (1, 3)
    assert weighted_median(points, np.array([1.0, 1, 1, 5])) == (9, 0)
    assert weighted_median(points, np.array([3.0, 1, 3, 1])) == (1, 3)
    np.testing.assert_allclose(weights_of(np.array([1.0, 2, 4])), [1, 0.5, 0.25])


def test_codes_that_do_not_fit_the_map_are_refused() -> None:
    embedding = embed_codes(clustered(50), MapSettings("pca"))
    with pytest.raises(UserError, match="This code has 3 numbers, the map's 24"):
        embedding.place(np.ones((1, 3)))
    with pytest.raises(UserError, match="NaN or infinity"):
        embedding.place(np.full((1, 24), np.nan))


# Grid


def test_every_picture_has_a_cell_of_its_own_and_the_sum_of_ways_is_least() -> None:
    points = np.random.default_rng(3).random((7, 2))
    cells = snapped(points)
    assert len(set(map(tuple, cells.tolist()))) == 7
    away = (points - points.min(0)) / np.ptp(points, axis=0)
    grid = [(row, column) for row in range(3) for column in range(3)]
    middles = np.array([((c + 0.5) / 3, 1 - (r + 0.5) / 3) for r, c in grid])
    costs = ((away[:, None] - middles) ** 2).sum(2)
    ways = np.array(list(permutations(range(9), 7)))
    best = costs[np.arange(7), ways].sum(1).min()
    own = sum(costs[n, grid.index((int(r), int(c)))] for n, (r, c) in enumerate(cells))
    assert own == pytest.approx(best)


def test_a_grid_that_is_one_stays_as_it_is() -> None:
    rows, columns = np.divmod(np.arange(36), 6)
    points = np.stack([columns, -rows], 1).astype(float)
    np.testing.assert_array_equal(snapped(points), np.stack([rows, columns], 1))


def test_more_points_keep_their_order() -> None:
    count = MOST_ASSIGNED + 213
    points = np.random.default_rng(0).random((count, 2))
    cells = snapped(points)
    assert len(set(map(tuple, cells.tolist()))) == count
    assert cells.min() == 0
    assert cells.max() < 42
    assert np.corrcoef(points[:, 0], cells[:, 1])[0, 1] > 0.97
    assert np.corrcoef(points[:, 1], cells[:, 0])[0, 1] < -0.97


# Lasso


def test_inside_is_where_the_outline_winds_around() -> None:
    chance = np.random.default_rng(1)
    angles = np.sort(chance.random(12)) * 2 * np.pi
    reach = 0.3 + 0.7 * chance.random(12)
    outline = np.stack([reach * np.cos(angles), reach * np.sin(angles)], 1)
    points = chance.random((500, 2)) * 2 - 1
    towards = outline[None] - points[:, None]
    bearing = np.arctan2(towards[..., 1], towards[..., 0])
    turns = np.diff(np.concatenate([bearing, bearing[:, :1]], 1), axis=1)
    winding = ((turns + np.pi) % (2 * np.pi) - np.pi).sum(1)
    found = inside(points, [tuple(corner) for corner in outline.tolist()])
    np.testing.assert_array_equal(found, np.abs(winding) > np.pi)
    assert 50 < found.sum() < 450


def test_one_point_is_a_selection_and_a_line_is_none() -> None:
    points = np.array([(0.0, 0.0), (2.0, 0.0)])
    assert inside(points, [(-1, -1), (1, -1), (0, 1)]).tolist() == [True, False]
    assert not inside(points, [(-1, 0), (3, 0)]).any()


def test_units_that_pictures_share_by_hand() -> None:
    values = np.array([(4, 1, 0), (4, 1, 2), (0, 1, 0), (0, 1, 2)], np.float32)
    codes = Codes(
        "l",
        np.arange(4, dtype=np.uint64),
        np.arange(4),
        values,
        np.array([1, 0, 1, -1]),
        ("a", "b"),
    )
    (found,) = shared_units(codes, np.array([0, 1]))
    assert (found.unit, found.deviations, found.mean) == (0, 1.0, 4.0)
    found, second = shared_units(codes, np.array([1]))
    assert (found.deviations, second.unit, second.deviations) == (1.0, 2, 1.0)
    assert shared_units(codes, np.arange(4)) == shared_units(codes, np.zeros(0, int)) == ()
    assert class_counts(codes, np.array([0, 2, 1, 3])) == (("b", 2), ("a", 1))


# Trust


def test_planted_groups_are_found_and_shuffled_ones_are_chance(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(validation, "ENOUGH", 72)  # three tenths; all ten take long
    codes = clustered(240)
    found = placement_figures(codes, MapSettings(perplexity=10))
    assert found.held_out == 72
    assert found.placed > 0.9 * GROUPS
    assert found.codes > 0.99 * GROUPS
    assert found.kept >= 0.9
    assert found.shuffled == pytest.approx(1, abs=0.2)


def test_without_classes_there_is_nothing_to_count() -> None:
    codes = clustered(30)
    none = Codes("l", codes.ids, codes.rows, codes.values, np.full(30, -1), ())
    assert np.isnan(placement_figures(none, MapSettings("pca")).placed)


def test_hits_over_chance_by_hand() -> None:
    near = np.array([[0, 0, 1, 1], [1, 1, 1, 1], [0, 0, 0, 0]])
    hits = hits_of(near, np.array([0, 1, -1]), np.array([0] * 5 + [1] * 3 + [-1] * 2))
    assert hits.shares.tolist() == [0.5, 1.0]
    assert hits.chances.tolist() == [0.5, 0.3]
    assert hits.over_chance == pytest.approx(1.5 / 0.8)
    assert np.isnan(Hits(np.zeros(0), np.zeros(0)).over_chance)


def test_a_map_that_is_the_codes_themselves_is_to_be_trusted_wholly() -> None:
    values = np.random.default_rng(0).random((60, 2)).astype(np.float32)
    rows = np.arange(60)
    codes = Codes("l", rows.astype(np.uint64), rows, values, np.full(60, -1), ())
    found = map_figures(embed_codes(codes, MapSettings("pca", "euclidean")))
    assert (found.trustworthiness, found.recall) == (1.0, 1.0)
