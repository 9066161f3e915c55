"""On a network of whole numbers everything is exact: a scan against counting one by one."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pytest

from deepvis_app.corpus import Score, load_corpus, scan
from deepvis_app.corpus.bins import BINS, edges
from deepvis_app.corpus.measure import SAMPLE_EVERY
from deepvis_app.corpus.selectivity import selectivity_index
from deepvis_app.corpus.state import merge
from deepvis_app.nets import Unit
from tests.corpus import brute
from tests.corpus.tiny import LAYERS, Pictures, Whole, bare_maps, whole_network

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from deepvis_app.corpus import Corpus

BATCH, K = 4, 9


@pytest.fixture(scope="module")
def pictures() -> Pictures:
    return Pictures(203, classes=("a", "b", "c", "d", "e"))


@pytest.fixture(scope="module")
def maps(pictures: Pictures) -> dict[str, NDArray[np.float32]]:
    return bare_maps(Whole().eval(), pictures.images)


@pytest.fixture(scope="module")
def corpus(pictures: Pictures, tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return scan(whole_network(), pictures, out=tmp_path_factory.mktemp("corpus"))


def kept(corpus: Corpus, pictures: Pictures) -> tuple[NDArray[np.int64], list[int]]:
    """Return the numbers of the pictures, copies left out, and their ids."""
    rows = np.array([int(name) for name in corpus.plan.names])
    first: dict[bytes, int] = {}
    for number, image in enumerate(pictures.images):
        first.setdefault(image.tobytes(), number)
    assert rows.tolist() == list(first.values())
    return rows, [int(one) for one in corpus.plan.ids]


@pytest.mark.parametrize("layer", LAYERS)
def test_scores(
    layer: str, corpus: Corpus, pictures: Pictures, maps: dict[str, NDArray[np.float32]]
) -> None:
    rows, ids = kept(corpus, pictures)
    own = maps[layer][rows]
    flat = own.reshape(*own.shape[:2], -1).astype(np.float64)
    scores, places = flat.max(2), flat.argmax(2)  # numpy's argmax is the first one
    state, labels = corpus.stats(layer), pictures.labels[rows]
    is_signed = bool(own.min() < 0)
    assert (state.bottom is None) is not is_signed
    assert state.pictures == len(rows)
    assert (state.count == len(rows)).all()
    assert not state.nonfinite.any()
    np.testing.assert_array_equal(state.total, scores.sum(0))
    np.testing.assert_array_equal(state.squares, (scores**2).sum(0))
    np.testing.assert_array_equal(state.lowest, scores.min(0))
    np.testing.assert_array_equal(state.highest, scores.max(0))
    np.testing.assert_array_equal(state.active, (scores > 0).sum(0))
    np.testing.assert_allclose(state.mean, scores.mean(0), rtol=1e-12)
    np.testing.assert_allclose(state.deviation, scores.std(0), rtol=1e-9, atol=1e-9)
    assert state.products is not None
    np.testing.assert_array_equal(state.products, scores.T @ scores)
    covariance = corpus.covariance(layer)
    np.testing.assert_allclose(covariance, np.cov(scores.T, bias=True), rtol=1e-9, atol=1e-9)
    looked_at = np.arange(len(rows)) // BATCH % SAMPLE_EVERY == 0
    np.testing.assert_allclose(state.sparsity, (flat[looked_at] <= 0).mean((0, 2)), rtol=1e-12)
    np.testing.assert_allclose(state.activation, flat.mean((0, 2)), rtol=1e-12)
    for unit in range(len(state.count)):
        has_place = flat.shape[2] > 1
        at = places[:, unit] if has_place else np.full(len(rows), -1)
        wanted = brute.tops(scores[:, unit].tolist(), at.tolist(), ids, K)
        wanted = wanted if is_signed else [one for one in wanted if one[0] > 0]
        listed = corpus.top(Unit(layer, unit))
        width = own.shape[3]
        positions = [divmod(place, width) if has_place else None for _, _, place in wanted]
        assert [(p.value, p.picture, p.position) for p in listed] == [
            (value, picture, position)
            for (value, picture, _), position in zip(wanted, positions, strict=True)
        ]
        for patch in listed:
            number = int(patch.path.name)
            assert patch.label == pictures.classes[pictures.labels[number]]
        counted = {
            _bin(*edges()[n : n + 2]): int(state.histogram[unit, n])
            for n in np.flatnonzero(state.histogram[unit])
        }
        assert counted == brute.histogram(scores[:, unit])
        if is_signed:
            lows = flat.min(2)[:, unit].tolist()
            wanted = brute.tops(lows, at.tolist(), ids, K, lowest=True)
            found = corpus.bottom(Unit(layer, unit))
            assert [(p.value, p.picture) for p in found] == [one[:2] for one in wanted]
        _check_classes(corpus, Unit(layer, unit), scores[:, unit], labels)
    assert state.histogram.shape[1] == BINS
    np.testing.assert_allclose(
        selectivity_index(state),
        [
            brute.selectivity(s, labels) if (s > 0).sum() >= 10 else np.nan
            for s in scores.T
        ],
    )  # fmt: skip


def _bin(low: float, high: float) -> tuple[float, float]:
    """Return a bin's edges, the one nearer to zero first; the outermost one's as if it had some."""
    if low < 0 < high:
        return 0.0, 0.0
    near, far = (low, high) if low >= 0 else (high, low)
    return (near, far if np.isfinite(far) else near * 16 / 15)


def _check_classes(
    corpus: Corpus, unit: Unit, scores: NDArray[np.float64], labels: NDArray[np.int64]
) -> None:
    for row in corpus.classes(unit):
        own = labels == corpus.plan.classes.index(row.name)
        assert row.pictures == own.sum()
        assert row.mean == pytest.approx(scores[own].mean())
        assert row.d_prime == pytest.approx(brute.d_prime(scores, own), nan_ok=True, abs=1e-9)
        assert row.is_exact
        assert row.auc == pytest.approx(brute.auc(scores, own))
        assert (row.hits, row.false_alarms) == pytest.approx(brute.rates(scores, own))


def test_dead_and_constant_units(corpus: Corpus) -> None:
    state = corpus.stats("two")
    assert state.dead.tolist() == [False, False, True, False]
    assert corpus.top(Unit("two", 2)) == ()
    assert state.silent[2] == 1
    constant = corpus.top(Unit("two", 3))
    assert [patch.value for patch in constant] == [3.0] * K
    assert [patch.picture for patch in constant] == sorted(map(int, corpus.plan.ids))[:K]
    assert {patch.position for patch in constant} == {(0, 0)}
    related = corpus.correlation("two")
    assert related is not None
    assert np.isnan(related[2]).all()
    assert np.isnan(related[3]).all()


def test_samples_are_of_every_octave_those_of_lowest_priority(corpus: Corpus) -> None:
    state = corpus.stats("deep")
    scores = corpus.scores("deep")
    assert scores is not None
    table = scores.values.astype(np.float32)
    for unit in range(table.shape[1]):
        mine = state.samples.unit == unit
        octaves = Counter(np.floor(np.log2(np.abs(v))) * np.sign(v) + 100 * np.sign(v)
                          for v in table[:, unit] if v)  # fmt: skip
        octaves[np.float32(0)] = int((table[:, unit] == 0).sum())
        drawn = Counter(state.samples.octave[mine].tolist())
        assert sorted(drawn.values()) == sorted(min(n, 4) for n in octaves.values() if n)
        for picture, value in zip(
            state.samples.picture[mine], state.samples.value[mine], strict=True
        ):
            assert table[corpus.plan.row(int(picture)), unit] == value


def test_a_table_of_all_scores(
    corpus: Corpus, pictures: Pictures, maps: dict[str, NDArray[np.float32]]
) -> None:
    rows, _ = kept(corpus, pictures)
    for layer in LAYERS:
        own = maps[layer][rows].reshape(len(rows), maps[layer].shape[1], -1)
        scores = corpus.scores(layer)
        assert scores is not None
        np.testing.assert_array_equal(scores.values, own.max(2))
        if own.shape[2] > 1:
            np.testing.assert_array_equal(scores.places, own.argmax(2))


def test_the_band_around_a_quantile(corpus: Corpus) -> None:
    scores = corpus.scores("deep", 1)
    assert scores is not None
    values = np.sort(scores.values.astype(np.float64))
    count = len(values)
    middle = [patch.value for patch in corpus.band(Unit("deep", 1), 0.5, 5)]
    at = (count - 1) // 2
    assert middle == values[at - 2 : at + 3][::-1].tolist()
    assert [p.value for p in corpus.band(Unit("deep", 1), 1.0, 3)] == values[-3:][::-1].tolist()
    assert [p.value for p in corpus.band(Unit("deep", 1), 0.0, 3)] == values[:3][::-1].tolist()


@pytest.mark.parametrize("score", list(Score))
def test_other_scores(score: Score, tmp_path: Path) -> None:
    pictures = Pictures(37)
    found = scan(whole_network(), pictures, out=tmp_path, score=score.value, batch=3)
    maps = bare_maps(Whole().eval(), pictures.images[[int(n) for n in found.plan.names]])
    for layer in ("two", "deep", "last"):
        flat = maps[layer].reshape(*maps[layer].shape[:2], -1)
        table = found.scores(layer)
        assert table is not None
        if score is Score.MEAN:
            np.testing.assert_allclose(found.stats(layer).mean, flat.mean(2).mean(0), rtol=1e-5)
        if score is Score.MAX:
            np.testing.assert_array_equal(found.stats(layer).total, flat.max(2).sum(0))
    if score is Score.RELEVANCE:
        last = maps["last"][:, :, 0, 0]
        best = np.where(last == last.max(1, keepdims=True), last, 0)
        np.testing.assert_array_equal(found.stats("last").total, best.sum(0))


@pytest.mark.parametrize("top_k", [1, 9, 100])
@pytest.mark.parametrize("count", [1, 5])
def test_few_pictures(count: int, top_k: int, tmp_path: Path) -> None:
    pictures = Pictures(count, seed=3)
    found = scan(whole_network(), pictures, out=tmp_path, top_k=top_k)
    maps = bare_maps(Whole().eval(), pictures.images[[int(n) for n in found.plan.names]])
    scores = maps["deep"].reshape(*maps["deep"].shape[:2], -1).max(2)
    assert found.total == found.scanned == len(scores)
    for unit, own in enumerate(scores.T):
        wanted = sorted(own.tolist(), reverse=True)[:top_k]
        assert [patch.value for patch in found.top(Unit("deep", unit))] == wanted
        assert found.stats("deep").top.value.shape[1] == top_k


def test_merged_is_scanned_together(tmp_path: Path) -> None:
    """64 pictures are whole rounds of those batches whose places are counted."""
    every = Pictures(64 + 40, seed=5)
    network = whole_network()
    together = scan(network, every, out=tmp_path / "all", batch=2)
    parts = [
        scan(network, every.taken(*part), out=tmp_path / str(part[0]), batch=2)
        for part in ((0, 64), (64, 104))
    ]
    assert together.total == sum(part.total for part in parts)  # none is in both
    for layer in LAYERS:
        one, other = (part.stats(layer) for part in parts)
        # Classes have the same numbers in all three.
        assert brute.same(merge(one, other), merge(other, one)) == []
        assert brute.same(merge(one, other), together.stats(layer)) == []


def test_a_second_look_at_the_same_files(corpus: Corpus) -> None:
    again = load_corpus(corpus.path)
    assert again.is_complete
    assert brute.same(again.stats("both"), corpus.stats("both")) == []
