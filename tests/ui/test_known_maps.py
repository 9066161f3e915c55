"""What is known of a map, without a window: against plain calls, numpy and the pictures' files."""

from __future__ import annotations

import csv
import io
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from deepvis_app.corpus import scan
from deepvis_app.corpus.codes import codes_of
from deepvis_app.corpus.map.embedding import embed_codes
from deepvis_app.corpus.map.kept import write_map
from deepvis_app.corpus.map.said import class_scores, said_of
from deepvis_app.corpus.map.selecting import shared_units
from deepvis_app.corpus.map.settings import MapSettings
from deepvis_app.corpus.pictures import Entry, FileSource
from deepvis_app.engine.kept.corpora import Corpora
from deepvis_app.known.corpora import KnownCorpora
from deepvis_app.known.kept_pictures import Answer, at_once
from deepvis_app.known.map_colours import OTHERS, class_colours, prediction_colours, unit_colours
from deepvis_app.known.map_facts import MapFacts, MapWish, grid_points, laid_out, read_codes
from deepvis_app.known.map_members import enclosed, members_of, named, table
from deepvis_app.known.map_pictures import (
    AT_ONCE,
    MISSING,
    LivePicture,
    MapThumbs,
    content_id,
    squared,
    thumbs,
)
from deepvis_app.known.maps import KEPT, KnownMaps
from deepvis_app.known.newest import Newest
from deepvis_app.nets import Unit
from deepvis_app.state.pictures import PictureOptions
from tests.corpus.tiny import SIZE, whole_network

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

COUNT = 36
LAYER, OTHER, OUTPUT = "both", "deep", "last"
TSNE, PCA = MapSettings(perplexity=5), MapSettings("pca")
LABELS = ("tench", "cock", "hen")


class Held:
    """Does what it is asked when a test says so, as a thread would."""

    def __init__(self) -> None:
        self.asked: list[tuple[Future[Any], Callable[[], Any]]] = []

    def __call__(self, question: Callable[[], Any], **_: object) -> Future[Any]:
        future: Future[Any] = Future()
        self.asked.append((future, question))
        return future

    def answer(self) -> None:
        asked, self.asked = self.asked, []
        for future, question in asked:
            try:
                future.set_result(question())
            except Exception as error:  # noqa: BLE001 - as a thread would
                future.set_exception(error)


def apart_now(function: Callable[[], Any]) -> Future[Any]:
    held = Held()
    future = held(function)
    held.answer()
    return future


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a subfolder for each class."""
    chance, folder = np.random.default_rng(1), tmp_path / "classes"
    for number in range(COUNT):
        label = LABELS[(0, 0, 1)[number % 7] if number % 7 < 3 else 2]  # no two as frequent
        (folder / label).mkdir(parents=True, exist_ok=True)
        image = chance.integers(0, 4, (SIZE, SIZE + 2, 3), np.uint8)
        Image.fromarray(image).save(folder / label / f"picture {number:02}.png")
    return folder


@pytest.fixture
def home(tmp_path: Path) -> Corpora:
    return Corpora(tmp_path / "corpora")


@pytest.fixture
def corpus(home: Corpora, folder: Path):
    return scan(whole_network(), folder, out=home.folder / "c", name="mine")


def known_corpora(home: Corpora) -> KnownCorpora:
    known = KnownCorpora(home, at_once, PictureOptions())
    known.set_network(whole_network().fingerprint)
    known.tick()
    return known


def facts_of(corpus, settings: MapSettings = PCA, layer: str = LAYER) -> MapFacts:
    of, kept = read_codes(layer, settings, None, corpus)
    return laid_out(MapWish(corpus.path, layer, settings), of, kept, None)


# The map


def until(maps: KnownMaps, layer: str, settings: MapSettings, times: int = 5) -> KnownMaps:
    for _ in range(times):
        maps.tick(layer, settings)
    return maps


def test_principal_components_stand_in_until_there_is_a_map(home, corpus) -> None:
    maps = until(KnownMaps(known_corpora(home), apart_now), LAYER, TSNE)
    assert maps.found is not None
    assert maps.is_current
    assert not maps.found.is_final
    codes = codes_of(corpus, LAYER)
    np.testing.assert_array_equal(maps.found.points, embed_codes(codes, PCA).points)
    write_map(corpus, embed_codes(codes, TSNE))
    placer, version = maps.found.placer, maps.version
    assert until(maps, LAYER, TSNE).version == version  # nobody has said that there is one
    maps.look_again()
    until(maps, LAYER, TSNE)
    assert maps.found.is_final
    np.testing.assert_array_equal(maps.found.points, embed_codes(codes, TSNE).points)
    place = maps.found.placer(codes.values[4])
    np.testing.assert_array_equal(place.nearest, placer(codes.values[4]).nearest)
    np.testing.assert_array_equal(np.float32(place.point), maps.found.points[4])


def test_maps_of_two_layers_are_kept_and_there_at_once(home, corpus) -> None:
    maps = until(KnownMaps(known_corpora(home), apart_now), LAYER, PCA)
    first = maps.found
    until(maps, OTHER, PCA)
    assert maps.found.wish.layer == OTHER
    maps.tick(LAYER, PCA)
    assert maps.found is first
    until(maps, OUTPUT, PCA)
    assert len(maps._maps) == KEPT
    maps.tick(OTHER, PCA)
    assert not maps.is_current  # the one before it stays in view meanwhile
    assert maps.found.wish.layer == OUTPUT


def test_nothing_is_read_or_made_on_the_window_s_thread(home, corpus) -> None:
    corpora, work = known_corpora(home), Held()
    reading = corpora._read = Held()
    maps = KnownMaps(corpora, work)
    maps.tick(LAYER, PCA)
    assert (len(reading.asked), len(work.asked), maps.found) == (1, 0, None)
    reading.answer()
    maps.tick(LAYER, PCA)
    assert (len(work.asked), maps.found) == (1, None)
    work.answer()
    maps.tick(LAYER, PCA)
    assert maps.found is not None
    assert maps.grid(maps.found, 1.0) is None
    work.answer()
    assert maps.grid(maps.found, 1.0) is not None
    assert not reading.asked


def test_what_stands_in_the_way_is_said(home, corpus, tmp_path, folder) -> None:
    corpora = known_corpora(home)
    maps = until(KnownMaps(corpora, apart_now), "nowhere", PCA)
    assert (maps.found, maps.fault, maps.wish) == (None, None, None)
    (home.folder / "few").mkdir()
    some = sorted(folder.rglob("*.png"))[:7]
    scan(whole_network(), some, out=home.folder / "few")
    corpora.refresh()
    corpora.tick()
    corpora.choose(home.folder / "few")
    until(maps, LAYER, PCA)
    assert "has 7 pictures that were scanned, a map needs 10" in str(maps.fault)
    assert maps.found is None
    corpora.choose(home.folder / "c")
    until(maps, LAYER, PCA)
    assert maps.fault is None
    assert len(maps.found) == COUNT


def test_equal_codes_have_no_map_and_are_not_asked_for_again(home, tmp_path) -> None:
    folder = tmp_path / "dull"
    folder.mkdir()
    for number in range(12):  # contents that differ in nothing the network sees
        image = np.full((SIZE, SIZE, 3), 2, np.uint8)
        Image.fromarray(image).save(folder / f"{number}.png", pnginfo=_note(number))
    scan(whole_network(), folder, out=home.folder / "dull")
    asked: list[object] = []

    def counted(function):
        asked.append(function)
        return apart_now(function)

    maps = until(KnownMaps(known_corpora(home), counted), LAYER, PCA, 9)
    assert "All pictures have the same code" in str(maps.fault)
    assert len(asked) == 1


def _note(number: int):
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("number", str(number))
    return info


def test_pictures_that_are_scanned_later_make_another_map(home, corpus, folder) -> None:
    corpora = known_corpora(home)
    maps = until(KnownMaps(corpora, apart_now), LAYER, PCA)
    image = np.random.default_rng(99).integers(0, 4, (SIZE, SIZE, 3), np.uint8)
    Image.fromarray(image).save(folder / "hen" / "late.png")
    scan(whole_network(), folder, out=corpus.path)
    corpora.refresh()
    corpora.tick()
    until(maps, LAYER, PCA)
    assert len(maps.found) == COUNT + 1


def test_a_grid_has_a_square_cell_for_each_and_the_shape_of_the_page() -> None:
    points = np.random.default_rng(0).random((60, 2)).astype(np.float32)
    found = grid_points(points, 2.0)
    assert len(np.unique(found, axis=0)) == 60
    xs, ys = np.unique(found[:, 0]), np.unique(found[:, 1])
    np.testing.assert_allclose(np.diff(xs), xs[1] - xs[0], rtol=1e-4)
    np.testing.assert_allclose(np.diff(ys), xs[1] - xs[0], rtol=1e-4)
    assert 1.6 < len(xs) / len(ys) < 2.4
    assert np.abs(found).max() < 1


# Colours


SHADES = np.arange(12, dtype=np.uint8).reshape(4, 3)  # three classes, and all others


def test_classes_have_colours_by_how_frequent_they_are(corpus) -> None:
    facts = facts_of(corpus)
    found = class_colours(facts, SHADES)
    names = [facts.class_of(place) for place in range(COUNT)]
    order = sorted(set(names), key=lambda name: -names.count(name))
    assert [(key.name, key.count) for key in found.legend] == [(n, names.count(n)) for n in order]
    for place, name in enumerate(names):
        assert found.rgb[place].tolist() == SHADES[order.index(name)].tolist()
    few = class_colours(facts, SHADES[2:])
    assert [key.name for key in few.legend] == [order[0], OTHERS]
    assert sum(key.count for key in few.legend) == COUNT


def test_without_classes_it_is_said(home, tmp_path) -> None:
    folder = tmp_path / "plain"
    folder.mkdir()
    for number in range(12):
        image = np.random.default_rng(number).integers(0, 4, (SIZE, SIZE, 3), np.uint8)
        Image.fromarray(image).save(folder / f"{number}.png")
    corpus = scan(whole_network(), folder, out=tmp_path / "c", name="plain")
    found = class_colours(facts_of(corpus), SHADES)
    assert found.rgb is None
    assert found.why_not.startswith("plain: no classes are known")


def test_predictions_are_the_best_class_of_the_output_in_the_colours_of_the_classes(
    corpus,
) -> None:
    facts = facts_of(corpus)
    labels = ("cock", "something else", "hen")
    found = prediction_colours(facts, OUTPUT, labels, SHADES, corpus)
    scores = codes_of(corpus, OUTPUT)
    assert (scores.ids == facts.codes.ids).all()
    best = scores.values.argmax(1)
    counts = {key.name: key.count for key in found.legend}
    assert counts == {labels[n]: int((best == n).sum()) for n in set(best.tolist())}
    by_class = {key.name: key.rgb for key in class_colours(facts, SHADES).legend}
    for key in found.legend:
        rows = found.rgb[best == labels.index(key.name)]
        assert (rows == key.rgb).all()
        assert by_class.get(key.name, key.rgb) == key.rgb
    assert len({key.rgb for key in found.legend}) == len(found.legend)


def test_a_unit_s_colours_go_from_zero_to_its_highest(corpus) -> None:
    facts, palette = facts_of(corpus), np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, 1)
    found = unit_colours(facts, Unit(LAYER, 4), palette, corpus)
    values = facts.codes.values[:, 4].astype(np.float32)
    np.testing.assert_array_equal(found.values, values)
    assert (found.low, found.high, found.is_signed) == (0, values.max(), False)
    np.testing.assert_array_equal(found.rgb[:, 0], np.round(values / values.max() * 254))
    others = codes_of(corpus, OUTPUT).values.astype(np.float32)
    unit = int(others.min(0).argmin())
    signed, own = unit_colours(facts, Unit(OUTPUT, unit), palette, corpus), others[:, unit]
    np.testing.assert_array_equal(signed.values, own)
    reach = np.abs(own).max()
    assert own.min() < 0
    assert (signed.low, signed.high) == (-reach, reach)
    np.testing.assert_array_equal(signed.rgb[:, 0], np.round((own + reach) / (2 * reach) * 254))


def test_colours_are_each_pictures_own_while_a_scan_goes_on(corpus, folder) -> None:
    """The map is of the pictures of before; by now some are gone and others have come."""
    facts, palette = facts_of(corpus), np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, 1)
    before = codes_of(corpus, OUTPUT)
    facts.path(0).unlink()
    for number in range(3 * COUNT):
        image = np.random.default_rng(100 + number).integers(0, 4, (SIZE, SIZE, 3), np.uint8)
        Image.fromarray(image).save(folder / "hen" / f"a {number:03}.png")
    after = scan(whole_network(), folder, out=corpus.path)
    assert len(after.plan) > len(facts.of.plan)
    is_there = np.isin(facts.codes.ids, after.plan.ids)
    assert is_there.sum() >= COUNT - 1
    assert is_there[1:].all()
    values = unit_colours(facts, Unit(LAYER, 4), palette, after).values
    np.testing.assert_array_equal(values[is_there], facts.codes.values[is_there, 4])
    assert np.isnan(values[~is_there]).all()
    best = before.values.argmax(1)
    said = said_of(after, facts.codes, OUTPUT, None, ())
    np.testing.assert_array_equal(said.best, np.where(is_there, best, -1))
    score = class_scores(after, facts.codes, OUTPUT, 1)
    np.testing.assert_array_equal(score[is_there], before.values[is_there, 1])


# Pictures


def test_thumbnails_are_the_middle_of_the_files_and_grey_where_these_are_others(
    corpus, folder
) -> None:
    facts = facts_of(corpus)
    gone, changed = facts.path(3), facts.path(5)
    gone.unlink()
    Image.fromarray(np.zeros((4, 4, 3), np.uint8)).save(changed)
    found = thumbs(facts, np.array([2, 3, 4, 5]), 8)
    assert found.lost.tolist() == [False, True, False, True]
    assert (found.pictures[[1, 3]] == MISSING).all()
    for number, place in ((0, 2), (2, 4)):
        image = np.asarray(Image.open(facts.path(place)))
        np.testing.assert_array_equal(found.pictures[number], squared(image, 8))
    assert image.shape == (SIZE, SIZE + 2, 3)
    np.testing.assert_array_equal(squared(image, SIZE), image[:, 1:-1])


def test_thumbnails_come_a_few_at_a_time_and_those_of_another_map_are_dropped(corpus) -> None:
    reading, facts, other = Held(), facts_of(corpus), facts_of(corpus, layer=OTHER)
    source, wanted = MapThumbs(reading), np.arange(COUNT)
    assert not source.is_busy
    assert source.take(facts) is None
    source.ask(facts, wanted, 8)
    assert source.is_busy
    assert source.take(facts) is None
    reading.answer()
    assert not source.is_busy
    np.testing.assert_array_equal(source.take(facts).places, wanted[:AT_ONCE])
    source.ask(facts, wanted[AT_ONCE:], 8)
    reading.answer()
    assert source.take(other) is None
    source.ask(other, wanted[:0], 8)
    assert not reading.asked  # nothing is wanted


def test_the_live_picture_is_known_by_its_content(corpus, folder, tmp_path) -> None:
    facts = facts_of(corpus)
    path = facts.path(7)
    own = FileSource(path.parent).identify(Entry(path.name)).id
    assert own == int(facts.codes.ids[7])
    copy = tmp_path / "elsewhere.png"
    copy.write_bytes(path.read_bytes())
    assert content_id(str(copy), copy.name) == own
    assert content_id(str(path.parent), f"{path.name} · hen") == own
    assert content_id(f"{tmp_path / 'x.png'}\n{path}", path.name) == own
    for spec, title in (("camera:0", "Camera"), ("demo", "Demo"), (str(tmp_path), "none.png")):
        assert content_id(spec, title) is None
    reading = Held()
    live = LivePicture(reading)
    assert live.id_of(str(path), path.name) is None
    reading.answer()
    assert live.id_of(str(path), path.name) == own
    assert live.id_of("demo", "Demo") is None
    reading.answer()
    assert live.id_of("demo", "Demo") is None
    assert not reading.asked


# Members


def test_members_are_found_by_ids_with_what_they_share(corpus) -> None:
    facts = facts_of(corpus)
    ids = [int(one) for one in facts.codes.ids[[4, 9, 11, 30]]]
    found = members_of(facts, [*ids, 1])
    assert sorted(found.places.tolist()) == [4, 9, 11, 30]
    assert found.others == 1
    assert found.shared == shared_units(facts.codes, np.array([4, 9, 11, 30]), 12)
    names = [facts.class_of(place) for place in found.places]
    assert found.main_count == max(map(names.count, names)) == names.count(found.main)
    middle = np.median(facts.points[[4, 9, 11, 30]], 0)
    away = np.linalg.norm(facts.points[found.places] - middle, axis=1)
    assert (np.diff(away) >= 0).all()
    elsewhere = members_of(facts_of(corpus, layer=OTHER), ids)
    assert sorted(elsewhere.places.tolist()) == [4, 9, 11, 30]  # on another layer's map, too


def test_pictures_are_found_by_the_words_of_name_or_class(corpus) -> None:
    facts = facts_of(corpus)
    hens = [place for place in range(COUNT) if facts.class_of(place) == "hen"]
    assert named(facts, "HEN").tolist() == hens
    (one,) = named(facts, "hen 05").tolist()
    assert facts.path(one).name == "picture 05.png"
    assert not len(named(facts, "no such"))
    assert not len(named(facts, " ,"))


def test_what_is_enclosed_becomes_a_table(corpus) -> None:
    facts = facts_of(corpus)
    x, y = facts.points[6].tolist()
    corners = np.array([(x - 1e-3, y - 1e-3), (x + 1e-3, y - 1e-3), (x, y + 1e-3)])
    places = enclosed(facts.points, corners)
    assert 6 in places
    head, *rows = csv.reader(io.StringIO(table(facts, np.array([6, 2]))))
    assert head == ["id", "path", "class", "x", "y"]
    assert rows[0][:3] == [str(int(facts.codes.ids[6])), str(facts.path(6)), facts.class_of(6)]
    np.testing.assert_allclose([float(rows[0][3]), float(rows[0][4])], [x, y])
    assert len(rows) == 2


# One wish at a time


def test_of_wishes_the_newest_is_asked_next() -> None:
    held, newest = Held(), Newest[int]()

    def ask(value: int):
        return lambda: Answer(held(lambda: value), lambda future: future.result())

    assert not newest.tick("a", ask(1))
    assert not newest.tick("b", ask(2))
    assert not newest.tick("c", ask(3))
    assert len(held.asked) == 1
    held.answer()
    assert newest.tick("c", ask(3))
    assert (newest.of, newest.value, newest.get("c")) == ("a", 1, None)
    held.answer()
    assert newest.tick("c", ask(3))
    assert newest.get("c") == 3
    assert not newest.tick("c", ask(3))
    assert newest.tick(None, ask(4))
    assert newest.value is None
    assert not newest.tick(None, ask(4))
