"""Codes of a corpus, their principal components, and where t-SNE puts them."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.manifold import TSNE, trustworthiness

from deepvis_app.corpus import embed, load_corpus, scan
from deepvis_app.corpus.codes import Codes, codes_of
from deepvis_app.corpus.folder import Scores
from deepvis_app.corpus.map.embedding import embed_codes, embed_steps
from deepvis_app.corpus.map.kept import kept_maps, read_map, write_map
from deepvis_app.corpus.map.reduction import reduction_of, scaled
from deepvis_app.corpus.map.settings import MapSettings
from deepvis_app.errors import UserError
from tests.corpus.tiny import Pictures, bare_maps, whole_network

if TYPE_CHECKING:
    from pathlib import Path

    from deepvis_app.corpus import Corpus


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return scan(whole_network(), Pictures(40), out=tmp_path_factory.mktemp("scan"))


def codes_from(values: np.ndarray, labels: np.ndarray | None = None) -> Codes:
    rows = np.arange(len(values))
    labels = np.full(len(values), -1) if labels is None else labels
    classes = tuple(map(str, range(int(labels.max(initial=-1)) + 1)))
    return Codes("layer", rows.astype(np.uint64) + 7, rows, values, labels, classes)


@pytest.fixture(scope="module")
def digits() -> Codes:
    found = load_digits()
    return codes_from(found.data[:500].astype(np.float32), found.target[:500].astype(np.int64))


# Codes


def test_codes_are_each_pictures_scores_in_order_of_ids(corpus: Corpus) -> None:
    codes = codes_of(corpus, "both")
    pictures = Pictures(40)
    images = pictures.images
    highest = bare_maps(whole_network().module, images)["both"].max((2, 3))
    assert list(codes.ids) == sorted(corpus.plan.ids.tolist())
    numbers = [int(corpus.plan.names[row]) for row in codes.rows]
    np.testing.assert_array_equal(codes.values, highest[numbers])
    names = [codes.classes[label] for label in codes.labels]
    assert names == [pictures.classes[pictures.labels[number]] for number in numbers]
    assert codes.left_out == 0


def test_places_are_found_by_ids_and_unknown_ones_left_out(corpus: Corpus) -> None:
    codes = codes_of(corpus, "both")
    ids = [int(codes.ids[5]), 1, int(codes.ids[2])]
    assert codes.where(ids).tolist() == [5, 2]


def with_scores(corpus: Corpus, values: np.ndarray | None) -> Corpus:
    twin = load_corpus(corpus.path)
    scores = None if values is None else Scores(np.arange(len(values)), values, None)
    twin.scores = lambda layer, unit=None: scores  # type: ignore[assignment, misc]
    return twin


def test_codes_that_are_not_finite_are_left_out(corpus: Corpus) -> None:
    values = np.random.default_rng(0).random((len(corpus.plan), 4)).astype(np.float32)
    values[3, 1], values[8, 0] = np.nan, np.inf
    codes = codes_of(with_scores(corpus, values), "both")
    assert codes.left_out == 2
    assert len(codes) == len(corpus.plan) - 2
    assert not {3, 8} & set(codes.rows.tolist())


def test_too_few_pictures_have_no_map(corpus: Corpus) -> None:
    values = np.ones((9, 4), np.float32)
    with pytest.raises(UserError, match=r"has 9 pictures that were scanned, a map needs 10"):
        codes_of(with_scores(corpus, values), "both")
    with pytest.raises(UserError, match=r"has 1 picture that was scanned, a map needs 10"):
        codes_of(with_scores(corpus, values[:1]), "both")
    values = np.full((20, 4), np.nan, np.float32)
    with pytest.raises(UserError, match=r"both gave NaN or infinity on 20 of 20 pictures"):
        codes_of(with_scores(corpus, values), "both")


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("value", [np.nan, 1])
def test_where_no_picture_has_one_of_imagenets_classes_nothing_is_counted(
    corpus: Corpus, value: float
) -> None:
    """Neither where none has finite codes, nor where those that have have no class."""
    found = with_scores(corpus, np.full((20, 4), value, np.float32))
    kinds = ("cats",), np.zeros(len(corpus.plan.classes), np.int64)
    found.kinds_of_classes = kinds
    found.plan = replace(found.plan, labels=np.full(len(found.plan), -1))
    if np.isnan(value):
        with pytest.raises(UserError, match="gave NaN or infinity on 20 of 20 pictures"):
            codes_of(found, "both")
    else:
        assert set(codes_of(found, "both").labels) == {-1}


def test_scores_that_were_not_kept_are_said(corpus: Corpus) -> None:
    with pytest.raises(UserError, match="did not keep what both gave"):
        codes_of(with_scores(corpus, None), "both")
    with pytest.raises(UserError, match="nothing was not scanned"):
        codes_of(corpus, "nothing")


# Principal components


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_components_are_those_of_the_singular_values(digits: Codes, metric: str) -> None:
    found = reduction_of(digits.values, metric, 10)
    values = digits.values.astype(np.float64)
    if metric == "cosine":
        values = values / np.linalg.norm(values, axis=1, keepdims=True)
    around = values - values.mean(0)
    _, sizes, axes = np.linalg.svd(around, full_matrices=False)
    np.testing.assert_allclose(np.abs((found.axes * axes[:10]).sum(1)), 1, atol=1e-4)
    np.testing.assert_allclose(found.explained, (sizes[:10] ** 2).sum() / (sizes**2).sum(), 1e-5)
    expected = np.abs(around @ axes[:10].T)
    np.testing.assert_allclose(np.abs(found(digits.values)), expected, atol=2e-3 * expected.max())


def test_a_code_of_zeros_stays_one() -> None:
    found = scaled(np.array([[0, 0], [3, 4]]), "cosine")
    np.testing.assert_allclose(found, [[0, 0], [0.6, 0.8]], 1e-6)


def test_equal_codes_have_no_map() -> None:
    with pytest.raises(UserError, match="All pictures have the same code"):
        embed_codes(codes_from(np.ones((20, 5), np.float32)))


def test_codes_that_differ_in_size_alone_have_no_map_by_cosine_and_that_is_said() -> None:
    codes = codes_from(np.linspace(1, 2, 20, dtype=np.float32)[:, None] * [[1, 2]])
    with pytest.raises(UserError, match="differ in their size alone") as told:
        embed_codes(codes, MapSettings("pca"))
    assert "--metric" not in told.value.in_window
    assert np.isfinite(embed_codes(codes, MapSettings("pca", "euclidean")).points).all()


def test_codes_of_another_width_are_refused(digits: Codes) -> None:
    with pytest.raises(UserError, match="These codes have 3 numbers, the map's 64"):
        reduction_of(digits.values, "cosine", 10)(np.ones((1, 3)))


# Laid out


def test_pca_is_the_first_two_components(digits: Codes) -> None:
    embedding = embed_codes(digits, MapSettings("pca"))
    first = embedding.reduction(digits.values)[:, :2]
    related = np.corrcoef(np.hstack([embedding.points, first]).T)
    np.testing.assert_allclose(np.diag(related[:2, 2:]), 1, atol=1e-5)
    assert np.isclose(np.linalg.norm(embedding.points, axis=1).max(), 1)


def test_a_single_unit_has_a_map_too() -> None:
    values = np.random.default_rng(0).random((30, 1)).astype(np.float32)
    points = embed_codes(codes_from(values), MapSettings("pca", "euclidean")).points
    assert np.isfinite(points).all()
    assert np.isclose(abs(np.corrcoef(points[:, 0], values[:, 0])[0, 1]), 1)


def test_tsne_is_as_trustworthy_as_that_of_scikit_learn_and_always_the_same(digits: Codes) -> None:
    settings = MapSettings("tsne", "euclidean")
    steps = embed_steps(digits, settings)
    laid = []
    while True:
        try:
            laid.append(next(steps))
        except StopIteration as stop:
            embedding = stop.value
            break
    assert laid[-1].step == laid[-1].total
    assert all(one.points.shape == (500, 2) for one in laid)
    theirs = TSNE(init="pca", random_state=0, n_jobs=1).fit_transform(digits.values)
    ours, reference = (
        trustworthiness(digits.values, points, n_neighbors=10)
        for points in (embedding.points, theirs)
    )
    assert ours >= reference - 0.01
    again = embed_codes(digits, settings)
    assert again.points.tobytes() == embedding.points.tobytes()
    assert again.divergence == embedding.divergence > 0


def test_a_corpus_of_ten_has_a_map(corpus: Corpus) -> None:
    values = np.random.default_rng(0).random((10, 4)).astype(np.float32)
    embedding = embed(with_scores(corpus, values), "both")
    assert embedding.points.shape == (10, 2)
    assert np.isfinite(embedding.points).all()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"method": "umap"}, 'There is no method "umap"'),
        ({"metric": "city"}, 'There is no metric "city"'),
        ({"components": 1}, "components are 2 to 500"),
        ({"perplexity": 1.0}, "The perplexity is 2 to 500"),
        ({"perplexity": float("nan")}, "The perplexity is 2 to 500"),
    ],
)
def test_settings_that_cannot_be_are_refused(words: dict[str, object], said: str) -> None:
    with pytest.raises(UserError, match=said):
        MapSettings(**words)  # type: ignore[arg-type]


def test_nothing_is_imported_before_it_is_needed() -> None:
    program = (
        "import sys, deepvis_app.corpus; "
        "print([name for name in ('openTSNE', 'sklearn') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


# Kept


def test_a_map_is_found_again_by_its_codes_and_settings(corpus: Corpus) -> None:
    codes, settings = codes_of(corpus, "both"), MapSettings("pca")
    assert read_map(corpus, codes, settings) is None
    made = embed_codes(codes, settings)
    path = write_map(corpus, made, "mine")
    found = read_map(corpus, codes, settings)
    assert found is not None
    np.testing.assert_array_equal(found.points, made.points)
    np.testing.assert_array_equal(found.reduction.axes, made.reduction.axes)
    assert np.isnan(found.divergence)
    one = found.place(codes.values[:3])
    np.testing.assert_array_equal(one[0], made.place(codes.values[:3])[0])
    assert [(one.name, one.layer, one.count) for one in kept_maps(corpus)] == [("mine", "both", 40)]
    assert read_map(corpus, codes, MapSettings("pca", seed=1)) is None
    assert read_map(corpus, codes_of(corpus, "deep"), settings) is None
    damage(path)
    assert read_map(corpus, codes, settings) is None
    assert kept_maps(corpus) == ()


def damage(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
