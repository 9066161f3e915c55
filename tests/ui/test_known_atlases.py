"""What is known of a map's atlas, without a window: against plain calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from deepvis_app.corpus import Score, scan
from deepvis_app.corpus.codes import codes_of
from deepvis_app.corpus.map.atlas import AtlasSettings, atlas_of
from deepvis_app.corpus.map.compared import compared
from deepvis_app.corpus.map.embedding import embed_codes
from deepvis_app.corpus.map.said import cell_facts, class_scores, said_of
from deepvis_app.corpus.map.settings import MapSettings
from deepvis_app.engine.jobs import JobState
from deepvis_app.engine.jobs.kinds.atlas import AtlasRequest, AtlasStatus
from deepvis_app.engine.kept.corpora import Corpora
from deepvis_app.engine.kept.gallery import Gallery
from deepvis_app.known.atlas_pictures import MOST_ASKED, AtlasPictures
from deepvis_app.known.atlases import AtlasFacts, AtlasWish, KnownAtlases, Output
from deepvis_app.known.corpora import KnownCorpora
from deepvis_app.known.kept_pictures import KeptPictures, at_once
from deepvis_app.known.map_facts import MapFacts, MapWish, laid_out, read_codes
from deepvis_app.state.pictures import PictureOptions
from deepvis_app.store import Store
from deepvis_app.synth import legible, synthesize
from deepvis_app.synth.icons import icon_recipe
from tests.corpus.tiny import Pictures, whole_network
from tests.ui.test_known_maps import Held, apart_now

if TYPE_CHECKING:
    from pathlib import Path

    from deepvis_app.corpus import Corpus

MEAN = (0, 0, 0)
LAYER, PCA = "both", MapSettings("pca")
WISH = AtlasWish(AtlasSettings(6, 2))


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    return scan(whole_network(), Pictures(40), out=tmp_path / "corpora" / "c", name="mine")


@pytest.fixture
def corpora(tmp_path: Path, corpus: Corpus) -> KnownCorpora:
    known = KnownCorpora(Corpora(tmp_path / "corpora"), at_once, PictureOptions())
    known.set_network(whole_network().fingerprint)
    known.tick()
    return known


def facts_of(corpus: Corpus) -> MapFacts:
    of, kept = read_codes(LAYER, PCA, None, corpus)
    return laid_out(MapWish(corpus.path, LAYER, PCA), of, kept, None)


def found(corpora: KnownCorpora, facts: MapFacts, wish: AtlasWish = WISH) -> KnownAtlases:
    atlases = KnownAtlases(corpora, apart_now)
    output = Output.of(whole_network())
    for _ in range(3):
        atlases.tick(facts, wish, output)
    return atlases


def test_cells_and_all_that_is_told_of_them(corpus: Corpus, corpora: KnownCorpora) -> None:
    facts = facts_of(corpus)
    atlas = found(corpora, facts).found
    assert atlas is not None
    codes = codes_of(corpus, LAYER)
    truth = atlas_of(embed_codes(codes, PCA), WISH.settings)
    network = whole_network()
    said = said_of(corpus, codes, network.output_layer, network.scale, network.labels)
    assert len(atlas) == len(truth) > 2
    np.testing.assert_array_equal(atlas.request.directions.values, truth.directions)
    for number, cell in enumerate(truth.cells):
        assert atlas.told[number] == cell_facts(codes, said, cell.places)
        typical = atlas.typical[number]
        assert sorted(typical.tolist()) == cell.places.tolist()
        own = codes.values[typical].astype(np.float64)
        along = own @ truth.directions[number] / np.linalg.norm(own, axis=1)
        assert (np.diff(along) <= 1e-12).all()
    assert atlas.request.recipe == icon_recipe(network.input_shape[1:])
    assert atlas.points is None
    marked = atlas.cell_of(truth.cells[1].places[:1])
    assert np.flatnonzero(marked).tolist() == [1]


def test_nothing_waits_and_the_newest_wish_is_answered(
    corpus: Corpus, corpora: KnownCorpora
) -> None:
    facts, held = facts_of(corpus), Held()
    atlases, output = KnownAtlases(corpora, held), Output.of(whole_network())
    other = AtlasWish(AtlasSettings(2, 2))
    assert not atlases.tick(facts, WISH, output)
    assert not atlases.tick(facts, other, output)  # while the first is being made
    assert atlases.found is None
    held.answer()
    assert atlases.tick(facts, other, output)
    assert atlases.found is not None
    assert atlases.found.wish == WISH
    held.answer()
    atlases.tick(facts, other, output)
    held.answer()
    assert atlases.tick(facts, other, output)
    assert atlases.found.wish == other
    assert atlases.tick(None, other, output)
    assert atlases.found is None


def test_two_classes_stand_from_one_to_the_other(corpus: Corpus, corpora: KnownCorpora) -> None:
    facts = facts_of(corpus)
    atlas = found(corpora, facts, AtlasWish(WISH.settings, (0, 2))).found
    assert atlas is not None
    codes = codes_of(corpus, LAYER)
    scores = [class_scores(corpus, codes, "last", number) for number in (0, 2)]
    truth = compared(codes, *scores, settings=PCA)
    assert atlas.comparison is not None
    assert atlas.points is not None
    np.testing.assert_array_equal(atlas.points[truth.places], truth.points)
    assert np.isnan(np.delete(atlas.points, truth.places, 0)).all()
    order = np.argsort(truth.points[:, 0])
    difference = (scores[1] - scores[0])[truth.places][order]
    inside = np.abs(difference) <= truth.reach
    assert (np.diff(difference[inside]) >= -1e-5).all()


def test_why_there_is_no_atlas_is_said(
    corpus: Corpus, corpora: KnownCorpora, tmp_path: Path
) -> None:
    facts = facts_of(corpus)
    atlases = found(corpora, facts, AtlasWish(AtlasSettings(30, 40)))
    assert atlases.found is None
    assert str(atlases.fault).startswith("No cell has 40 pictures")
    other = scan(
        whole_network(), Pictures(20), score=Score.RELEVANCE, out=tmp_path / "corpora" / "r"
    )
    assert "was scored by relevance" in str(found(corpora, facts_of(other)).fault)
    part = scan(whole_network(), Pictures(20), layers=[LAYER], out=tmp_path / "corpora" / "p")
    assert found(corpora, facts_of(part)).found is not None  # what was said is not known
    wish = AtlasWish(WISH.settings, (0, 1))
    assert "has no class scores" in str(found(corpora, facts_of(part), wish).fault)


# Their pictures


def status_of(request: AtlasRequest, **more: Any) -> AtlasStatus:
    return AtlasStatus(1, "Atlas", request, more.pop("state", JobState.RUNNING), **more)


@pytest.fixture
def atlas(corpus: Corpus, corpora: KnownCorpora) -> AtlasFacts:
    facts = found(corpora, facts_of(corpus)).found
    assert facts is not None
    return facts


def test_pictures_are_looked_up_and_taken_as_they_are_made(
    atlas: AtlasFacts, tmp_path: Path
) -> None:
    network = whole_network()
    gallery = Gallery(Store(tmp_path / "store"))
    recipe = atlas.request.recipe.with_value("stop.steps", 2)
    request = AtlasRequest.of(LAYER, atlas.request.directions.values, recipe)
    made = [synthesize(network, request.sample(cell).objective, recipe) for cell in (0, 1)]
    gallery.keep("f", "net", made[1])
    kept = KeptPictures(gallery, lambda _: None)
    pictures = AtlasPictures(kept, "f", request, MEAN)
    assert pictures.missing() == ()
    pictures.tick()
    assert pictures.is_looked_up
    assert pictures.missing() == tuple(cell for cell in request.cells if cell != 1)
    assert pictures.picture(1) is pictures.picture(1)
    np.testing.assert_array_equal(pictures.picture(1), legible(made[1].image, MEAN))
    version, growing = pictures.version, np.zeros((4, 4, 3), np.uint8)
    pictures.take([status_of(request, previews={0: growing})])
    assert pictures.picture(0) is growing
    assert pictures.version > version
    gallery.keep("f", "net", made[0])
    pictures.take([status_of(request, results={0: "key"})])
    assert not pictures.is_looked_up
    pictures.tick()
    np.testing.assert_array_equal(pictures.picture(0), legible(made[0].image, MEAN))
    assert pictures.made == 2
    # What another atlas makes is none of this one's.
    others = AtlasRequest.of(LAYER, np.ones((1, 6)), recipe)
    pictures.take([status_of(others, previews={3: growing})])
    assert pictures.picture(3) is None


def test_few_are_asked_for_at_a_time(atlas: AtlasFacts) -> None:
    held = Held()
    request = AtlasRequest.of(LAYER, np.random.default_rng(0).random((30, 6)), atlas.request.recipe)
    kept = KeptPictures(Gallery.__new__(Gallery), lambda _: None, look_up=held)
    pictures = AtlasPictures(kept, "f", request, MEAN)
    pictures.tick()
    assert len(held.asked) == MOST_ASKED


def test_without_a_store_what_was_seen_last_stays(atlas: AtlasFacts) -> None:
    pictures = AtlasPictures(KeptPictures(None, lambda _: None), "f", atlas.request, MEAN)
    pictures.tick()
    shown = np.zeros((4, 4, 3), np.uint8)
    pictures.take([status_of(atlas.request, previews={1: shown})])
    pictures.take([status_of(atlas.request, previews={2: shown + 1})])
    assert pictures.picture(1) is shown
    assert pictures.made == 1
    pictures.take([status_of(atlas.request, state=JobState.CANCELLED)])
    assert pictures.picture(2) is None
    whole = status_of(atlas.request, previews={0: shown, 2: shown}, state=JobState.DONE)
    pictures.take([whole])
    assert pictures.made == 3
    assert pictures.missing() == tuple(c for c in atlas.request.cells if c > 2)
