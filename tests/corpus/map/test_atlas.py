"""Cells of a map, what they stand for, what the network said of them, and two classes compared."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from sklearn.covariance import empirical_covariance, shrunk_covariance
from torch.nn import functional

from deepvis_app.corpus import Score, scan
from deepvis_app.corpus.codes import Codes, codes_of
from deepvis_app.corpus.map.atlas import AtlasSettings, atlas_of
from deepvis_app.corpus.map.cells import Grid, grid_over
from deepvis_app.corpus.map.compared import compared
from deepvis_app.corpus.map.embedding import Embedding, embed_codes, line_of
from deepvis_app.corpus.map.said import Said, cell_facts, class_scores, said_of
from deepvis_app.corpus.map.settings import MapSettings
from deepvis_app.corpus.map.whitening import SHRINKAGE, Whitening
from deepvis_app.errors import UserError
from deepvis_app.nets.outputs import Scale, probabilities
from tests.corpus.tiny import Pictures, bare_maps, whole_network

if TYPE_CHECKING:
    from pathlib import Path

    from deepvis_app.corpus import Corpus


def codes_from(values: np.ndarray, labels: np.ndarray | None = None) -> Codes:
    rows = np.arange(len(values))
    labels = np.full(len(values), -1) if labels is None else labels
    classes = tuple("abcdefgh"[: int(labels.max(initial=-1)) + 1])
    return Codes("layer", rows.astype(np.uint64) + 7, rows, values, labels, classes)


def map_of(codes: Codes, points: np.ndarray) -> Embedding:
    embedding = embed_codes(codes, MapSettings("pca"))
    return replace(embedding, points=points.astype(np.float32))


# Cells


def test_every_point_is_in_the_square_that_is_around_it() -> None:
    points = np.random.default_rng(0).normal(size=(400, 2)) * (1, 0.4)
    grid = grid_over(points, 8)
    squares = grid.squares(points, 1)
    assert sorted(np.concatenate([one.places for one in squares])) == list(range(400))
    assert (grid.columns, grid.rows) == (8, 4)
    outside = 0
    for square in squares:
        away = np.abs(points[square.places] - square.middle).max(1)
        is_border = square.row in (0, grid.rows - 1) or square.column in (0, grid.columns - 1)
        assert is_border or (away <= grid.side / 2 + 1e-9).all()
        outside += int((away > grid.side / 2 + 1e-9).sum())
    assert 0 < outside < 20  # what is trimmed counts with the border's cells


def test_the_grid_reaches_a_tenth_over_the_percentiles_and_never_over_the_points() -> None:
    x = np.linspace(0, 100, 101)
    far = np.stack([np.append(x, 1000), np.append(x, 50)], 1)
    grid = grid_over(far, 10)
    low, high = np.percentile(far[:, 0], (1, 99))
    right = grid.low[0] + grid.columns * grid.side
    assert right == pytest.approx(high + 0.1 * (high - low))
    assert grid.low[0] == pytest.approx(0)  # the points' own border is nearer than a tenth
    assert grid.side == pytest.approx((right - 0) / 10)


def test_the_fullest_cells_go_first_then_those_in_the_middle() -> None:
    middles = [(column + 0.5, row + 0.5) for row in range(5) for column in range(5)]
    points = np.array([*middles, (0.4, 0.4), (4.6, 0.3), (4.4, 0.4)])
    squares = Grid((0.0, 0.0), 1.0, 5, 5).squares(points, 1)
    assert [(s.row, s.column, len(s.places)) for s in squares[:3]] == [
        (4, 4, 3), (4, 0, 2), (2, 2, 1),
    ]  # fmt: skip
    assert squares[2].middle == (2.5, 2.5)
    assert [s.places.tolist() for s in squares[:2]] == [[4, 26, 27], [0, 25]]
    assert len(Grid((0.0, 0.0), 1.0, 5, 5).squares(points, 2)) == 2


def test_points_in_a_line_or_all_in_one_place_have_cells_too() -> None:
    line = np.stack([np.linspace(-1, 1, 50), np.zeros(50)], 1)
    grid = grid_over(line, 5)
    assert (grid.rows, grid.columns) == (1, 5)
    assert sum(len(s.places) for s in grid.squares(line, 1)) == 50
    assert len(grid_over(np.zeros((9, 2)), 5).squares(np.zeros((9, 2)), 1)) == 1


# Whitening


@pytest.mark.parametrize("count", [12, 300])  # fewer codes than units, and more
def test_whitening_is_the_inverse_of_the_shrunk_second_moment(count: int) -> None:
    chance = np.random.default_rng(3)
    codes = np.maximum(chance.normal(size=(count, 24)) @ chance.normal(size=(24, 24)) + 1, 0)
    codes[:, 5] = 0  # a silent unit
    codes[:, 6] = codes[:, 7]  # and copies
    moment = empirical_covariance(codes, assume_centered=True)
    inverse = np.linalg.inv(shrunk_covariance(moment, SHRINKAGE))
    found = Whitening(codes.astype(np.float32))
    queries = codes[:4] + chance.normal(size=(4, 24))
    np.testing.assert_allclose(found(queries), queries @ inverse, rtol=1e-4, atol=1e-5)
    directions = found.directions(queries)
    np.testing.assert_allclose(np.linalg.norm(directions, axis=1), 1)
    root = np.linalg.cholesky(inverse)
    whitened = codes @ root
    lengths = np.linalg.norm(whitened, axis=1)
    cosines = whitened @ whitened.T / np.outer(lengths, lengths)
    np.testing.assert_allclose(found.cosines(codes[:5], codes), cosines[:5], atol=1e-4)


def test_codes_of_zero_cannot_be_whitened_and_have_no_direction() -> None:
    with pytest.raises(UserError, match="All pictures have a code of zero"):
        Whitening(np.zeros((20, 3)))
    white = Whitening(np.eye(3))
    assert not white.directions(np.zeros((1, 3))).any()
    assert not white.cosines(np.zeros((1, 3)), np.eye(3)).any()


# The atlas


def test_a_cell_stands_for_the_mean_of_its_pictures_and_is_told_from_all() -> None:
    chance = np.random.default_rng(0)
    own = np.arange(200) % 4
    values = np.full((200, 6), 5.0)  # what is common to all
    values[:, :4] = chance.random((200, 4)) * 0.1
    values[np.arange(200), own] += 1
    corners = np.array([(-0.9, -0.9), (0.9, -0.9), (-0.9, 0.9), (0.9, 0.9)])
    points = corners[own] + chance.random((200, 2)) * 0.02
    atlas = atlas_of(map_of(codes_from(values.astype(np.float32)), points), AtlasSettings(4, 5))
    assert len(atlas) == 4
    assert atlas.pictures == 200
    for cell, code, direction in zip(atlas.cells, atlas.codes, atlas.directions, strict=True):
        (group,) = set(own[cell.places].tolist())
        np.testing.assert_allclose(code, values[cell.places].mean(0), rtol=1e-5)
        assert direction.argmax() == group
        assert direction[group] > 0.8
        assert abs(direction[4:]).max() < 0.3 < abs(code[4:]).min()
        assert {tuple(corners[group])} == {tuple(np.sign(cell.middle) * 0.9)}


@pytest.mark.parametrize(("count", "cells"), [(30, 4), (500, 10), (40_000, 20)])
def test_where_nobody_says_how_many_cells_have_a_few_pictures(count: int, cells: int) -> None:
    chance = np.random.default_rng(0)
    codes = codes_from(chance.random((count, 3)).astype(np.float32))
    atlas = atlas_of(map_of(codes, chance.uniform(-1, 1, (count, 2))), AtlasSettings(least=1))
    assert (atlas.grid.columns, atlas.grid.rows) == (cells, cells)


def test_few_pictures_have_as_many_cells_as_have_enough_of_them() -> None:
    codes = codes_from(np.random.default_rng(0).random((12, 4)).astype(np.float32))
    rows, columns = np.mgrid[:3, :4]
    spread = map_of(codes, np.stack([columns.ravel(), rows.ravel()], 1))  # one a cell of 4 x 3
    atlas = atlas_of(spread)
    assert 1 <= atlas.grid.columns < 4
    assert min(len(cell.places) for cell in atlas.cells) >= 3
    for count in range(atlas.grid.columns + 1, 5):
        with pytest.raises(UserError, match="No cell has 3 pictures"):
            atlas_of(spread, AtlasSettings(count))
    with pytest.raises(UserError, match="No cell has 13 pictures: the map has 12"):
        atlas_of(spread, AtlasSettings(least=13))


def test_what_no_atlas_can_be_made_of_is_said() -> None:
    codes = codes_from(np.random.default_rng(0).random((30, 4)).astype(np.float32))
    points = np.random.default_rng(1).random((30, 2))
    with pytest.raises(UserError, match=r"No cell has 20 pictures\. Use fewer cells"):
        atlas_of(map_of(codes, points), AtlasSettings(10, 20))
    for wrong in ({"cells": -1}, {"cells": 101}, {"least": 0}):
        with pytest.raises(UserError, match="to 100"):
            AtlasSettings(**wrong)


# What the network said


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return scan(whole_network(), Pictures(40), out=tmp_path_factory.mktemp("scan"))


def test_what_was_said_is_the_networks_softmax_on_each_picture(corpus: Corpus) -> None:
    network = whole_network()
    codes = codes_of(corpus, "both")
    said = said_of(corpus, codes, network.output_layer, network.scale, ())
    numbers = [int(corpus.plan.names[row]) for row in codes.rows]
    scores = bare_maps(network.module, Pictures(40).images)["last"][numbers, :, 0, 0]
    shares = functional.softmax(torch.from_numpy(scores), 1).numpy()
    assert said.names == ("class 0", "class 1", "class 2")
    np.testing.assert_array_equal(said.best, scores.argmax(1))
    np.testing.assert_allclose(said.sure, shares.max(1), rtol=1e-5)
    np.testing.assert_array_equal(class_scores(corpus, codes, "last", 1), scores[:, 1])


@pytest.mark.parametrize("scale", [Scale.SOFTMAX, Scale.SIGMOID, Scale.GIVEN, Scale.NUMBER, None])
def test_how_sure_the_network_was_is_what_is_shown_of_its_scores(
    corpus: Corpus, scale: Scale | None
) -> None:
    codes = codes_of(corpus, "both")
    found = said_of(corpus, codes, "last", scale, ())
    scores = np.stack([class_scores(corpus, codes, "last", n) for n in range(3)], 1)
    if scale is None or not scale.is_probability:
        assert np.isnan(found.sure).all()
        return
    shown = probabilities(torch.from_numpy(scores), scale).numpy()
    own = shown[np.arange(len(codes)), found.best]
    np.testing.assert_allclose(found.sure, own, rtol=1e-5)


def test_where_the_class_scores_were_not_scanned_nothing_is_said(tmp_path: Path) -> None:
    network = whole_network()
    part = scan(network, Pictures(20), layers=["both"], out=tmp_path / "part")
    by_relevance = scan(network, Pictures(20), score=Score.RELEVANCE, out=tmp_path / "relevance")
    for one in (part, by_relevance):
        codes = codes_of(one, "both")
        said = said_of(one, codes, "last", network.scale, ())
        assert set(said.best.tolist()) == {-1}
        assert np.isnan(said.sure).all()
        assert cell_facts(codes, said, np.arange(3)).sure is None
        with pytest.raises(UserError, match="has no class scores"):
            class_scores(one, codes, "last", 0)
    assert set(said_of(part, codes, None, None, ()).best.tolist()) == {-1}


def test_where_the_pictures_have_kinds_what_is_said_is_a_kind(tmp_path: Path) -> None:
    names = ("tabby", "Persian cat", "beagle")
    scanned = scan(whole_network(), Pictures(20, classes=names), out=tmp_path / "kinds")
    codes = replace(codes_of(scanned, "both"), classes=("cats", "dogs"))
    said = said_of(scanned, codes, "last", None, names)
    own = said_of(scanned, codes_of(scanned, "both"), "last", None, names)
    assert own.names == names
    assert len(set(own.best.tolist())) > 1
    kinds = {"tabby": "cats", "Persian cat": "cats", "beagle": "dogs"}
    found = [said.names[number] for number in said.best]
    assert found == [kinds[names[number]] for number in own.best]


def test_facts_of_a_cell_by_hand() -> None:
    codes = codes_from(np.random.default_rng(0).random((6, 2)), np.array([0, 1, 1, -1, 2, 1]))
    sure = np.array([0.5, 0.9, np.nan, 0.1, 0.3, 0.3], np.float32)
    said = Said(tuple("vwxyz"), np.array([4, 4, -1, 2, 2, 2]), sure)
    facts = cell_facts(codes, said, np.array([0, 1, 2, 3]))
    assert facts.count == 4
    assert facts.classes == (("b", 2), ("a", 1))
    assert facts.said == (("z", 2), ("x", 1))
    assert facts.sure == pytest.approx(0.5)


# Two classes


def test_columns_go_from_one_class_to_the_other() -> None:
    chance = np.random.default_rng(5)
    first, second = chance.normal(size=(2, 1000)).astype(np.float32)
    first[3] = np.nan
    values = chance.random((1000, 5)).astype(np.float32)
    found = compared(codes_from(values), first, second, columns=5, rows=2)
    highest = np.fmax(first, second)
    highest[3] = -np.inf
    assert set(found.places.tolist()) == set(np.argsort(-highest)[:100].tolist())
    wanted = (second - first)[found.places]
    np.testing.assert_allclose(found.differences, wanted)
    assert found.reach == pytest.approx(np.percentile(np.abs(wanted), 99), rel=1e-5)
    edges = np.linspace(-1, 1, 6) * found.reach
    for number, cell in enumerate(found.atlas.cells):
        own = (second - first)[cell.places]
        assert found.mean(number) == pytest.approx(own.mean(), rel=1e-4)
        inside = np.clip(own, -found.reach, found.reach)
        assert edges[cell.column] - 1e-4 <= inside.min()
        assert inside.max() <= edges[cell.column + 1] + 1e-4
    assert sum(len(cell.places) for cell in found.atlas.cells) > 95


def test_classes_that_cannot_be_compared() -> None:
    codes = codes_from(np.random.default_rng(0).random((40, 3)))
    nothing, one = np.full(40, np.nan, np.float32), np.ones(40, np.float32)
    with pytest.raises(UserError, match="The class scores of 0 pictures are known, 10 are needed"):
        compared(codes, nothing, one)
    with pytest.raises(UserError, match="Both classes score alike on all pictures"):
        compared(codes, one, one)


def test_on_a_line_neighbours_are_alike() -> None:
    chance = np.random.default_rng(0)
    group = np.arange(120) % 3
    values = chance.normal(size=(120, 6)) * 0.1
    values[np.arange(120), group] += 3
    line = line_of(codes_from(values.astype(np.float32)))
    assert sorted(line.tolist()) == pytest.approx(((2 * np.arange(120) + 1) / 120 - 1).tolist())
    in_order = group[np.argsort(line)]
    assert (in_order[1:] != in_order[:-1]).sum() < 8  # three runs, but for a few
    np.testing.assert_array_equal(line, line_of(codes_from(values.astype(np.float32))))
