"""What is concluded from scanned pictures, without a window: against bare PyTorch and numpy."""

from __future__ import annotations

from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from deepvis_app.corpus import scan
from deepvis_app.corpus.bins import BINS, bins_of
from deepvis_app.corpus.corpus import Patch
from deepvis_app.corpus.progress import ScanProgress
from deepvis_app.engine.jobs import JobState
from deepvis_app.engine.jobs.kinds.scanning import ScanRequest, ScanStatus
from deepvis_app.engine.kept.corpora import Corpora
from deepvis_app.errors import UserError
from deepvis_app.explain import Method, Rendering, attribute, render_map
from deepvis_app.known.best_crops import LayerCrops, best_of, small
from deepvis_app.known.corpora import KnownCorpora
from deepvis_app.known.looks import Backward, Forward, Looks
from deepvis_app.known.one_by_one import OneByOne
from deepvis_app.known.patches import crop, differs, key_of, name_of, nth, window
from deepvis_app.known.unit_pictures import (
    Spread,
    UnitClasses,
    Wish,
    unit_classes,
    unit_pictures,
)
from deepvis_app.nets import Box, Network, Preprocessing, Unit
from deepvis_app.nets.layers import ReceptiveField
from deepvis_app.state.pictures import PictureOptions
from deepvis_app.ui.panels.grid.records import count_text, shares_of
from deepvis_app.ui.panels.pictures import telling
from deepvis_app.ui.panels.pictures.shelf import scan_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from deepvis_app.corpus import Corpus

SIDE = 32
CONV, RELU = "conv2", "relu2"
PICTURES = 24


class Small(nn.Module):
    """Two convolutions without much padding; the last unit of the second can never fire."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.relu1 = nn.Conv2d(3, 6, 5, stride=2, padding=2), nn.ReLU()
        self.conv2, self.relu2 = nn.Conv2d(6, 5, 3, padding=1), nn.ReLU()
        self.pool, self.logits = nn.AdaptiveAvgPool2d(1), nn.Linear(5, 4)
        generator = torch.Generator().manual_seed(3)
        for parameter in self.parameters():
            nn.init.normal_(parameter, 0, 0.4, generator=generator)
        with torch.no_grad():
            self.conv2.weight[4] = 0
            self.conv2.bias[4] = -1

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.relu2(self.conv2(self.relu1(self.conv1(x))))
        logits: torch.Tensor = self.logits(self.pool(x).flatten(1))
        return logits


def drawn(seed: int) -> NDArray[np.uint8]:
    """Return a picture with a few bright blocks on noise, twice as wide as it is high."""
    numbers = np.random.default_rng(seed)
    image = numbers.integers(0, 60, (40, 60, 3), np.uint8)
    for _ in range(3):
        top, left = numbers.integers(0, 30), numbers.integers(0, 50)
        image[top : top + 10, left : left + 10] = numbers.integers(0, 256, 3)
    return image


@pytest.fixture(scope="module")
def network() -> Network:
    labels = ["tench", "goldfish, Carassius auratus", "great white shark", "cock"]
    return Network(
        Small().eval(),
        input_shape=(3, SIDE, SIDE),
        preprocessing=Preprocessing(mean=(0.4, 0.4, 0.4), std=(0.2, 0.2, 0.2)),
        labels=labels,
        name="Small",
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drawn")
    for number in range(PICTURES):
        Image.fromarray(drawn(number)).save(folder / f"n0144{number:04}_tench.png")
    return folder


@pytest.fixture(scope="module")
def corpus(network: Network, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return scan(network, folder, out=tmp_path_factory.mktemp("corpus") / "c", name="drawn")


@pytest.fixture(scope="module")
def truth(network: Network, folder: Path) -> dict[Path, NDArray[np.float32]]:
    """Maps (5, 16, 16) of every picture, by bare PyTorch."""
    module, found = Small().eval(), {}
    for path in folder.iterdir():
        x = network.prepare(np.asarray(Image.open(path).convert("RGB")))[None]
        with torch.no_grad():
            found[path] = module.relu2(module.conv2(module.relu1(module.conv1(x))))[0].numpy()
    return found


class AtOnce:
    """As an `Engine`, answering before it returns; counts what it is asked."""

    def __init__(self, network: Network) -> None:
        self._network, self.read_count, self.asked_count = network, 0, 0

    def read(self, question: Callable[[], Any]) -> Future[Any]:
        self.read_count += 1
        return answered(question)

    def ask_network(self, question: Callable[[Network], Any]) -> Future[Any]:
        self.asked_count += 1
        return answered(lambda: question(self._network))


def answered(question: Callable[[], Any], *, is_order: bool = False) -> Future[Any]:
    future: Future[Any] = Future()
    try:
        future.set_result(question())
    except UserError as error:
        future.set_exception(error)
    return future


def patch(path: str = "a.png", *, label: str = "", **fields: Any) -> Patch:
    usual = {
        "value": 1.0, "position": (0, 0), "box": Box(0, 0, 4, 4), "at_edge": False, "picture": 1,
        "size": 0, "changed_ns": 0,
    }  # fmt: skip
    return Patch(path=Path(path), label=label, **{**usual, **fields})


# Crops


def test_a_crop_is_the_slice_of_what_the_network_sees(
    network: Network, corpus: Corpus, truth: dict[Path, NDArray[np.float32]]
) -> None:
    found = unit_pictures(corpus, Wish(Unit(RELU, 1)))
    for each in found.patches:
        values = truth[each.path][1]
        assert each.value == pytest.approx(float(values.max()), rel=1e-4)
        i, j = np.unravel_index(int(values.argmax()), values.shape)
        assert each.position == (i, j)
        # Place i of conv2 sees i - 1 to i + 1 of conv1, and these 2 i - 4 to 2 i + 4 of the input.
        where = window(each, found.field, found.input_size)
        assert where == (2 * i - 4, 2 * j - 4, 2 * i + 5, 2 * j + 5)
        view = network.view(np.asarray(Image.open(each.path).convert("RGB")))[0]
        part = crop(view, where)
        top, left = max(2 * i - 4, 0), max(2 * j - 4, 0)
        assert np.array_equal(part.picture, view[top : 2 * i + 5, left : 2 * j + 5])
        assert part.inside[0] == pytest.approx((top - where[0]) / 9)
        assert each.at_edge == (where[0] < 0 or where[1] < 0 or max(where[2:]) > SIDE)


def test_what_lies_beyond_the_picture_is_told_in_shares_of_the_field() -> None:
    view = np.arange(10 * 10 * 3, dtype=np.uint8).reshape(10, 10, 3)
    part = crop(view, (-5, 4, 5, 24))
    assert np.array_equal(part.picture, view[0:5, 4:10])
    assert part.inside == (0.5, 0.0, 1.0, 0.3)
    assert part.shape == 0.5


def test_along_a_side_that_the_field_is_as_long_as_the_clipped_box_is_shown() -> None:
    field = ReceptiveField(size=(40, 8), stride=(4, 4), start=(-20, -4))
    box = field.box((3, 0), (32, 32))
    where = window(patch(position=(3, 0), box=box), field, (32, 32))
    assert where == (0, -4, 32, 4)


def test_a_dense_layer_s_unit_sees_the_whole() -> None:
    whole = patch(position=None, box=Box(0, 0, 32, 32))
    assert window(whole, ReceptiveField(whole=True), (32, 32)) == (0, 0, 32, 32)


# Names


@pytest.mark.parametrize(
    ("path", "label", "name"),
    [
        ("n01440764_tench.JPEG", "fishes", "fishes"),
        ("holiday.jpg", "", "holiday"),
        ("n0144_tench.png", "", "n0144_tench"),
    ],
)
def test_a_picture_is_called_by_its_class_or_its_file(path: str, label: str, name: str) -> None:
    assert name_of(patch(path, label=label)) == name


def test_labels_differ_only_where_both_are_classes_of_the_network() -> None:
    classes = {key_of(label) for label in ("goldfish, Carassius auratus", "red-breasted merganser")}
    assert differs("goldfish", "red-breasted merganser", classes)
    assert not differs("Red breasted_merganser", "red-breasted merganser", classes)
    assert not differs("holiday", "goldfish", classes)


def test_ranks_are_said_as_one_says_them() -> None:
    said = [nth(rank) for rank in (1, 2, 3, 4, 11, 12, 13, 21, 102, 111)]
    assert said == ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "102nd", "111th"]


# A unit's pictures


def best_first(truth: dict[Path, NDArray[np.float32]], unit: int) -> list[tuple[float, Path]]:
    scores = [(float(values[unit].max()), path) for path, values in truth.items()]
    return sorted(scores, key=lambda pair: -pair[0])


def test_the_nine_are_the_highest_and_their_ranks_are_counted(
    corpus: Corpus, truth: dict[Path, NDArray[np.float32]]
) -> None:
    found = unit_pictures(corpus, Wish(Unit(RELU, 0)))
    assert [p.path for p in found.patches] == [path for _, path in best_first(truth, 0)[:9]]
    assert found.ranks == tuple(range(1, 10))
    assert found.spread.pictures == PICTURES
    values = [value for value, _ in best_first(truth, 0)]
    assert found.spread.median == pytest.approx(np.median(values), rel=2e-3)
    assert found.spread.above(values[4]) == 4


def test_a_band_stands_amid_the_order(
    corpus: Corpus, truth: dict[Path, NDArray[np.float32]]
) -> None:
    found = unit_pictures(corpus, Wish(Unit(RELU, 0), band=0.5, count=4))
    middle = [path for _, path in best_first(truth, 0)]
    places = [middle.index(p.path) for p in found.patches]
    assert places == sorted(places)
    assert np.mean(places) == pytest.approx((PICTURES - 1) / 2, abs=1)
    assert found.ranks == tuple(place + 1 for place in places)


def test_inner_places_leave_out_those_at_the_border(
    corpus: Corpus, truth: dict[Path, NDArray[np.float32]]
) -> None:
    found = unit_pictures(corpus, Wish(Unit(RELU, 1), wants_inner=True))
    wanted = []
    for _, path in best_first(truth, 1):
        values = truth[path][1]
        place = np.unravel_index(int(values.argmax()), values.shape)
        if values.max() > 0 and all(2 * at - 4 >= 0 and 2 * at + 5 <= SIDE for at in place):
            wanted.append(path)
    assert [p.path for p in found.patches] == wanted[:9]
    assert 0 < len(wanted) < PICTURES


def test_varied_leaves_out_near_copies(network: Network, tmp_path: Path) -> None:
    pictures = tmp_path / "p"
    pictures.mkdir()
    for number in range(6):
        image = drawn(number // 3)  # three of each, but for one pixel
        image[0, number] += 1
        Image.fromarray(image).save(pictures / f"{number}.png")
    corpus = scan(network, pictures, out=tmp_path / "c")
    plain = unit_pictures(corpus, Wish(Unit(RELU, 0)))
    varied = unit_pictures(corpus, Wish(Unit(RELU, 0), is_varied=True))
    assert len(plain.patches) == 6
    assert sorted(int(p.path.stem) // 3 for p in varied.patches) == [0, 1]
    assert varied.patches[0].path == plain.patches[0].path


def test_a_unit_that_never_fires_is_said_to_with_a_bound(corpus: Corpus) -> None:
    found = unit_pictures(corpus, Wish(Unit(RELU, 4)))
    assert found.patches == ()
    assert telling.message(found) == (
        f"Zero on all {PICTURES} pictures. "
        f"At 95\u2009% confidence it fires on at most 3 of {PICTURES}."
    )


def test_one_picture_is_told_as_one(network: Network, folder: Path, tmp_path: Path) -> None:
    one = [min(folder.rglob("*.png"))]
    corpus = scan(network, one, out=tmp_path / "one")
    silent = unit_pictures(corpus, Wish(Unit(RELU, 4)))
    assert telling.message(silent) == "Zero on the one picture."
    signed = next(part.name for part in corpus.manner.parts if part.is_signed)
    assert not corpus.stats(signed).dead.any()  # it may give anything on another
    assert telling.message(unit_pictures(corpus, Wish(Unit(signed, 0)))) == ""


def test_a_changed_and_a_missing_file_are_known(network: Network, tmp_path: Path) -> None:
    pictures = tmp_path / "p"
    pictures.mkdir()
    for number in range(3):
        Image.fromarray(drawn(number)).save(pictures / f"{number}.png")
    corpus = scan(network, pictures, out=tmp_path / "c")
    Image.fromarray(drawn(9)).save(pictures / "0.png")
    (pictures / "1.png").unlink()
    found = unit_pictures(corpus, Wish(Unit(RELU, 0)))
    changed = {
        p.path.name for p, is_so in zip(found.patches, found.has_changed, strict=True) if is_so
    }
    gone = {p.path.name for p, is_so in zip(found.patches, found.is_gone, strict=True) if is_so}
    assert (changed, gone) == ({"0.png"}, {"1.png"})
    best = best_of(corpus, RELU)
    crops = LayerCrops(AtOnce(network), network, best)  # type: ignore[arg-type]
    for _ in range(9):
        crops.tick((), (20, 20))
    mosaic = crops.mosaic(range(4), (20, 20), 4)
    seen = {
        source.path.name
        for place, source in enumerate(best.sources[:4])
        if source is not None and mosaic.pixels[:, 21 * place : 21 * place + 20, 3].any()
    }
    assert seen <= {"2.png"}


def test_classes_are_told_where_there_are_enough(network: Network, tmp_path: Path) -> None:
    for name in range(5):
        (tmp_path / "p" / f"class {name}").mkdir(parents=True)
        for number in range(5):
            image = drawn(50 * name + number)
            Image.fromarray(image).save(tmp_path / "p" / f"class {name}" / f"{number}.png")
    corpus = scan(network, tmp_path / "p", out=tmp_path / "c")
    found = unit_classes(corpus, Unit(RELU, 0))
    assert found.why_not == ""
    scores = {
        p.path: p.value
        for p in unit_pictures(corpus, Wish(Unit(RELU, 0), count=25, band=0.5)).patches
    }
    row = found.rows[0]
    own = np.array([v for path, v in scores.items() if path.parent.name == row.name])
    rest = np.array([v for path, v in scores.items() if path.parent.name != row.name])
    d_prime = (own.mean() - rest.mean()) / np.sqrt((own.var() + rest.var()) / 2)
    assert row.d_prime == pytest.approx(d_prime, rel=1e-2)
    line = telling.class_lines(found.rows)[0]
    assert (line.name, line.share) == (f"{row.name} (5)", 1.0)


def test_names_of_files_make_no_classes(corpus: Corpus) -> None:
    found = unit_classes(corpus, Unit(RELU, 0))
    assert found.rows == ()
    _, sentence = telling.classes_words(found)
    assert "1 of 1 classes" in sentence
    assert telling.classes_words(UnitClasses((), 0.391))[0] == "selectivity 0.39"
    of_kinds = UnitClasses((), 0.391, are_kinds=True)
    assert telling.classes_words(of_kinds)[0] == "kinds of classes · selectivity 0.39"


# How scores are spread


def spread(scores: list[float], *, kept: bool = True) -> Spread:
    values = np.sort(np.array(scores, np.float32))
    histogram = np.bincount(bins_of(values), minlength=BINS)
    return Spread(
        values if kept else None, histogram, len(values), int((values > 0).sum()),
        float(values.min()), float(values.max()), float(np.median(values)), is_dead=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("live", "words"),
    [
        (11.0, "live: highest of all"),
        (10.0, "live: as the highest"),
        (9.5, "live: 2nd highest"),
        (0.5, "live: above 0\u2009%"),
        (float("nan"), ""),
        (None, ""),
    ],
)
def test_the_live_value_is_placed_among_the_scores(live: float | None, words: str) -> None:
    assert telling.live_words(spread([float(n) for n in range(1, 11)]), live) == words


def test_without_scores_the_place_is_told_by_the_bins() -> None:
    found = spread([1.0] * 30 + [100.0] * 10, kept=False)
    assert telling.live_words(found, 50.0) == "live: above about 75\u2009%"


def test_bars_are_counts_between_zero_and_the_highest() -> None:
    scores = np.random.default_rng(0).gamma(2.0, 3.0, 400)
    counts, ends = telling.bars_of(spread(scores.tolist()))
    assert counts is not None
    wanted = np.histogram(
        scores.astype(np.float32), telling.BARS, (0, float(np.float32(scores.max())))
    )[0]
    assert np.array_equal(counts, wanted)
    assert ends == (0.0, pytest.approx(scores.max()))
    rough, _ = telling.bars_of(spread(scores.tolist(), kept=False))
    assert rough is not None
    assert rough.sum() == pytest.approx(400)
    assert np.abs(np.cumsum(rough) - np.cumsum(counts)).max() < 40  # a bin is up to 12 % wide


# What the network makes of them


def looked(looks: Looks, path: Path, *, backward: Any = (), forward: Any = ()) -> None:
    looks.want([path], backward, forward)
    for _ in range(6):
        looks.tick()


@pytest.mark.parametrize("method", [Method.GUIDED, Method.DECONV])
def test_the_map_is_that_of_attribute_from_the_same_place(
    network: Network, corpus: Corpus, method: Method
) -> None:
    each = unit_pictures(corpus, Wish(Unit(RELU, 1))).patches[0]
    looks = Looks(AtOnce(network))  # type: ignore[arg-type]
    looks.set_network(network)
    question = Backward(each.path, Unit(RELU, 1), each.position, method)
    looked(looks, each.path, backward=[question])
    image = np.asarray(Image.open(each.path).convert("RGB"))
    assert each.position is not None
    wanted = attribute(network, network.prepare(image), Unit(RELU, 1), method, each.position)
    found = looks.map(question)
    assert found is not None
    assert np.array_equal(found, render_map(wanted.numpy(), Rendering.RAW))
    assert np.array_equal(looks.picture(each.path), network.view(image)[0])  # type: ignore[arg-type]


def test_what_the_network_says_and_where_the_unit_is_silent(
    network: Network, corpus: Corpus
) -> None:
    each = unit_pictures(corpus, Wish(Unit(RELU, 1))).patches[0]
    looks = Looks(AtOnce(network))  # type: ignore[arg-type]
    looks.set_network(network)
    looked(looks, each.path, forward=[Forward(each.path, Unit(RELU, 1))])
    passed = looks.passed(Forward(each.path, Unit(RELU, 1)))
    assert passed is not None
    image = np.asarray(Image.open(each.path).convert("RGB"))
    with torch.no_grad():
        scores = Small().eval()(network.prepare(image)[None]).softmax(1)[0]
    assert passed.best == int(scores.argmax())
    assert passed.score == pytest.approx(float(scores.max()), abs=1e-5)
    view = network.view(image)[0].astype(int)
    assert (passed.masked <= view).all()
    assert passed.masked.sum() < view.sum()


def test_a_place_from_which_nothing_comes_back_is_said(network: Network, corpus: Corpus) -> None:
    path = unit_pictures(corpus, Wish(Unit(RELU, 1))).patches[0].path
    looks = Looks(AtOnce(network))  # type: ignore[arg-type]
    looks.set_network(network)
    question = Backward(path, Unit(RELU, 4), (3, 3), Method.GUIDED)
    looked(looks, path, backward=[question])
    fault = looks.map_fault(question)
    assert fault is not None
    assert fault.cause == "Nothing comes back"


def test_a_picture_that_is_gone_is_a_fault_and_is_not_asked_for_again(
    network: Network, tmp_path: Path
) -> None:
    engine = AtOnce(network)
    looks = Looks(engine)  # type: ignore[arg-type]
    looks.set_network(network)
    looked(looks, tmp_path / "gone.png")
    assert looks.fault(tmp_path / "gone.png") is not None
    assert (engine.read_count, engine.asked_count) == (1, 0)


def test_answers_come_one_by_one_and_the_oldest_go() -> None:
    waiting: dict[str, Future[str]] = {}

    def ask(key: str) -> Future[str]:
        waiting[key] = Future()
        return waiting[key]

    known: OneByOne[str, str] = OneByOne(ask, most=2)
    known.want("abc")
    assert not known.tick()
    assert list(waiting) == ["a"]
    known.want("xa")  # what is wanted now goes before what was
    waiting["a"].set_result("A")
    assert known.tick()
    assert (known.get("a"), list(waiting)) == ("A", ["a", "x"])
    waiting["x"].set_exception(UserError("cause", "remedy"))
    known.tick()
    assert known.get("x") is None
    assert known.fault("x") is not None
    known.want("y")
    known.tick()
    waiting["y"].set_result("Y")
    known.tick()
    assert (known.get("a"), known.get("y")) == (None, "Y")


# A layer's best ones


def test_tiles_are_the_crops_averaged_and_each_picture_is_read_once(
    network: Network, corpus: Corpus, truth: dict[Path, NDArray[np.float32]]
) -> None:
    best, engine = best_of(corpus, RELU), AtOnce(network)
    assert best.sources[4] is None
    assert best.record[:4] == pytest.approx(
        [max(values[unit].max() for values in truth.values()) for unit in range(4)], rel=1e-4
    )
    crops = LayerCrops(engine, network, best)  # type: ignore[arg-type]
    for _ in range(12):
        crops.tick((2,), (24, 24))
    distinct = {source for source in best.sources if source is not None}
    assert engine.read_count == engine.asked_count == len(distinct)
    mosaic = crops.mosaic([2, 4], (24, 24), 2)
    each = unit_pictures(corpus, Wish(Unit(RELU, 2))).patches[0]
    view = network.view(np.asarray(Image.open(each.path).convert("RGB")))[0]
    where = window(each, best_field(corpus), (SIDE, SIDE))
    assert np.array_equal(mosaic.pixels[:24, :24], small(view, where, (24, 24)))
    assert not mosaic.pixels[:, 25:].any()


def best_field(corpus: Corpus) -> ReceptiveField | None:
    return corpus.manner.part(RELU).field


def test_a_tile_is_the_mean_of_what_lies_under_it_and_free_beyond_the_picture() -> None:
    view = np.random.default_rng(1).integers(0, 256, (16, 16, 3), np.uint8)
    tile = small(view, (-8, 0, 8, 16), (8, 8))  # the upper half is beyond
    assert not tile[:4].any()
    means = view[:8].reshape(4, 2, 8, 2, 3).mean((1, 3))
    assert np.abs(tile[4:, :, :3] - means).max() <= 1
    assert (tile[4:, :, 3] == 255).all()


def test_shares_of_records_stand_between_nothing_and_all() -> None:
    maxima = np.array([1, 5, -2, np.nan, 3], np.float32)
    record = np.array([4, 4, 4, 4, 0], np.float32)
    assert shares_of(maxima, record).tolist() == [0.25, 1.0, 0.0, 0.0, 0.0]


def test_the_foot_says_what_the_tiles_are(corpus: Corpus) -> None:
    best = best_of(corpus, RELU)
    assert count_text(best, 3, by_record=True) == (
        f"Each unit’s strongest picture of {PICTURES} · faint: now far below its record · "
        "3 of 5 shown"
    )


# Which corpora there are


def test_a_corpus_is_renamed_hidden_and_removed(
    network: Network, folder: Path, tmp_path: Path
) -> None:
    home = Corpora(tmp_path / "corpora")
    known = KnownCorpora(home, answered, PictureOptions())
    known.set_network(network.fingerprint)
    path = known.place_for(str(folder))
    scan(network, folder, out=path, name="drawn")
    known.tick()
    known.refresh()
    known.tick()
    assert [info.name for info in known.of_network] == ["drawn"]
    known.rename(path, "other")
    for _ in range(2):
        known.tick()
    assert [info.name for info in known.of_network] == ["other"]
    known.hide(path)
    assert known.present is None
    known.show(path)
    assert known.present is not None
    known.hide(path)
    known.remove(path)
    for _ in range(2):
        known.tick()
    assert not path.exists()
    assert known.fault is None


def status(state: JobState = JobState.RUNNING, **fields: Any) -> ScanStatus:
    request = ScanRequest("/pictures", "/corpora/holiday", "holiday")
    return ScanStatus(1, "Scan of holiday", request, state, **fields)


@pytest.mark.parametrize(
    ("scan_status", "words"),
    [
        (
            status(step=1240, total=2000, seconds_left=21),
            "Scanning holiday 1\u2009240 of 2\u2009000 · 21 s left",
        ),
        (status(JobState.PAUSED, step=3, total=9), "Scanning holiday 3 of 9 · paused"),
        (status(JobState.WAITING), "Scan of holiday waits"),
        (
            status(
                step=64, total=900,
                previews={status().request: ScanProgress(64, 900, phase="listing")},
            ),
            "Looking at holiday 64 of 900",
        ),
    ],
)  # fmt: skip
def test_how_far_a_scan_is(scan_status: ScanStatus, words: str) -> None:
    assert scan_text(scan_status) == words
