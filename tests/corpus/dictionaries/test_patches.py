"""Codes at places of pictures, against plain hooks; which places; and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from deepvis_app.corpus import Score, scan
from deepvis_app.corpus.dictionaries import DictionarySettings, LayerCodes, make_directions, patches
from deepvis_app.corpus.dictionaries.making import making_steps
from deepvis_app.corpus.dictionaries.patches import code_steps, inner_places
from deepvis_app.errors import UserError
from deepvis_app.nets import Directions, Network, load_network
from deepvis_app.pieces import finished
from tests.corpus.tiny import Pictures, Whole, bare_maps, whole_network

if TYPE_CHECKING:
    from pathlib import Path

    from deepvis_app.corpus import Corpus

COUNT = 30


class Scanned:
    """A scan of small pictures, and what each layer gives on them by bare hooks."""

    def __init__(self, folder: Path, module: nn.Module | None = None, **more: object) -> None:
        self.network = whole_network(module)
        self.pictures = Pictures(COUNT)
        self.corpus: Corpus = scan(self.network, self.pictures, out=folder / "corpus", **more)
        self.maps = bare_maps(self.network.module, self.pictures.images)

    def codes(self, layer: str, most: int = 200, **more: object) -> LayerCodes:
        more = {"source": self.pictures, **more}
        return finished(code_steps(self.network, self.corpus, layer, most, **more))

    def maps_of(self, picture: int, layer: str) -> np.ndarray:
        row = self.corpus.plan.row(picture)
        assert row is not None
        return self.maps[layer][int(self.corpus.plan.names[row])]


@pytest.fixture
def scanned(tmp_path: Path) -> Scanned:
    return Scanned(tmp_path)


@pytest.mark.parametrize("layer", ["two", "both", "deep"])
def test_each_code_is_what_all_units_give_at_one_place(scanned: Scanned, layer: str) -> None:
    codes = scanned.codes(layer)
    pictures = len(scanned.corpus.plan)
    assert codes.picture_count == pictures
    assert (codes.layer, codes.failed, len(codes) % pictures) == (layer, 0, 0)
    inner = inner_places(scanned.network.layer(layer), (9, 9))
    assert len(codes) == pictures * min(-(-200 // pictures), len(inner))
    for picture in np.unique(codes.pictures):
        flat = scanned.maps_of(int(picture), layer).reshape(codes.values.shape[1], -1).T
        own = codes.values[codes.pictures == picture]
        places = [np.flatnonzero((flat == code).all(1)) for code in own]
        assert all(set(at) & set(inner) for at in places)
    assert (np.diff(codes.pictures[:: len(codes) // pictures].astype(object)) > 0).all()


def test_more_directions_than_codes_are_refused_before_a_picture_is_read(scanned: Scanned) -> None:
    pictures = len(scanned.corpus.plan)
    learned = int((~scanned.codes("deep", 100).is_held_out).sum())
    each = len(scanned.codes("deep", 100)) // pictures
    assert learned == patches.learned_of(pictures, each)

    def unread(_: object) -> None:
        pytest.fail("a picture was read")

    steps = making_steps(
        scanned.network, scanned.corpus, "deep",
        DictionarySettings(count=learned + 1, codes=100), source=scanned.pictures, reader=unread,
    )  # fmt: skip
    with pytest.raises(UserError, match=f"{learned + 1} directions cannot be made of {learned} c"):
        finished(steps)


def test_places_are_drawn_by_the_picture_and_the_seed_alone(scanned: Scanned, tmp_path) -> None:
    one = scanned.codes("two", 90)
    assert (one.values == scanned.codes("two", 90).values).all()
    assert (one.values != scanned.codes("two", 90, seed=1).values).any()
    # Half of the pictures: each has the codes it had before.
    half = scanned.pictures.taken(0, COUNT // 2)
    corpus = scan(scanned.network, half, out=tmp_path / "half")
    count = len(corpus.plan)
    few = finished(code_steps(scanned.network, corpus, "two", count * 3, source=half))
    each = len(one) // one.picture_count
    assert each == len(few) // count == 3
    for picture in np.unique(few.pictures):
        own, before = (c.values[c.pictures == picture] for c in (few, one))
        assert (own == before).all()


def test_no_picture_is_passed_that_is_not_needed(scanned: Scanned, monkeypatch) -> None:
    monkeypatch.setattr(patches, "MOST_PICTURES", 12)
    codes = scanned.codes("two", 100)
    ids = np.sort(scanned.corpus.plan.ids)[:12]
    assert np.unique(codes.pictures).tolist() == ids.tolist()
    monkeypatch.setattr(patches, "MOST_BYTES", 4 * 4 * 40)
    assert len(scanned.codes("two", 100)) <= 40 + 12


def test_places_keep_away_from_padding() -> None:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(3, 4, 5, padding=2), nn.ReLU(), nn.Conv2d(4, 4, 5, padding=2))
    network = Network(module.eval(), (3, 24, 20))
    inner = inner_places(network.layer("1"), (24, 20))
    rows, columns = np.divmod(inner, 20)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (2, 21, 2, 17)
    deep = inner_places(network.layer("2"), (24, 20))
    assert (deep // 20).min() == (deep % 20).min() == 4
    # Where every place sees padding, a quarter of the map is left out at each side.
    module = nn.Sequential(nn.Conv2d(3, 4, 17, padding=8))
    network = Network(module.eval(), (3, 12, 12))
    rows, columns = np.divmod(inner_places(network.layer("0"), (12, 12)), 12)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (3, 8, 3, 8)


def test_of_a_layer_without_places_the_scores_are_the_codes(scanned: Scanned) -> None:
    codes = scanned.codes("last", source=None)  # no picture is read again
    for picture, code in zip(codes.pictures, codes.values, strict=True):
        np.testing.assert_allclose(code, scanned.maps_of(int(picture), "last").ravel(), rtol=1e-3)
    assert len(codes) == len(scanned.corpus.plan)


def test_scores_that_are_no_activations_are_not_taken_for_codes(tmp_path: Path) -> None:
    scanned = Scanned(tmp_path, score=Score.RELEVANCE)
    codes = scanned.codes("last")
    for picture, code in zip(codes.pictures, codes.values, strict=True):
        assert (code == scanned.maps_of(int(picture), "last").ravel()).all()


def test_tokens_with_a_place_are_the_codes(tmp_path: Path) -> None:
    class Tokens(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.patch, self.block = nn.Conv2d(3, 6, 3, stride=3), nn.Linear(6, 6)
            self.head = nn.Linear(6, 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            tokens = self.patch(x).flatten(2).transpose(1, 2)
            tokens = self.block(torch.cat([tokens.mean(1, keepdim=True), tokens], 1))
            return self.head(tokens[:, 0])

    torch.manual_seed(0)
    scanned = Scanned(tmp_path, Tokens(), layers=["block"])
    codes = scanned.codes("block", 9 * COUNT)
    for picture in np.unique(codes.pictures):
        flat = scanned.maps_of(int(picture), "block")[1:]  # hooks see (1 + 9 tokens, units)
        own = codes.values[codes.pictures == picture]
        np.testing.assert_allclose(own, flat, rtol=1e-4, atol=1e-5)


def test_directions_come_of_a_corpus_in_one_go(scanned: Scanned) -> None:
    settings = DictionarySettings(method="pca", count=3, codes=100)
    made = make_directions(
        scanned.network, scanned.corpus, "both", settings, source=scanned.pictures
    )
    twin = scanned.network.with_directions("both", made.directions, "pca")
    assert twin.layer("both~pca").unit_count == 3
    assert made.layer == "both"
    assert made.pictures == len(scanned.corpus.plan)


# What will not do


def said(scanned: Scanned, layer: str = "two", **settings: object) -> str:
    with pytest.raises(UserError) as raised:
        make_directions(
            scanned.network, scanned.corpus, layer,
            DictionarySettings(**{"count": 3, **settings}), source=scanned.pictures,
        )  # fmt: skip
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_what_will_not_do_is_said_in_a_line(scanned: Scanned, tmp_path: Path) -> None:
    assert "4 units, so it has no 5" in said(scanned, method="pca", count=5)
    assert "no layer" in said(scanned, "nothing").lower()
    assert "below zero" in said(scanned, "deep", method="nmf")
    assert "cannot be made of" in said(scanned, count=4000)
    with pytest.raises(UserError, match="came from a program"):
        make_directions(scanned.network, scanned.corpus, "two")
    network = scanned.network.with_directions("two", Directions(torch.eye(4)))
    with pytest.raises(UserError, match="itself directions"):
        finished(code_steps(network, scanned.corpus, network.directed[0].full_name))
    other = whole_network()
    with torch.no_grad():
        other.module.one.weight += 1
    with pytest.raises(UserError, match="another network"):
        finished(code_steps(other, scanned.corpus, "two"))
    few = Pictures(9)
    corpus = scan(scanned.network, few, out=tmp_path / "few")
    with pytest.raises(UserError, match=f"{len(corpus.plan)} pictures, directions need 10"):
        finished(code_steps(scanned.network, corpus, "two", source=few))


def test_codes_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    class Broken(Whole):
        """NaN wherever a picture begins with a 2."""

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return super().forward(x.where(x[:, :1, :1, :1] != 2, torch.nan))

    scanned = Scanned(tmp_path, Broken())
    assert "NaN or infinity" in said(scanned)
    assert "NaN or infinity" in said(scanned, "last")


def test_pictures_that_are_gone_are_counted_and_too_few_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    chance = np.random.default_rng(0)
    for number in range(14):
        image = chance.integers(0, 256, (70, 70, 3), np.uint8)
        Image.fromarray(image).save(folder / f"{number}.png")
    network = load_network("pocket")
    corpus = scan(network, folder, out=tmp_path / "corpus", layers=["conv1"])
    for number in range(3):
        (folder / f"{number}.png").unlink()
    Image.fromarray(np.zeros((70, 70, 3), np.uint8)).save(folder / "3.png")
    codes = finished(code_steps(network, corpus, "conv1", 100))
    assert (codes.picture_count, codes.failed) == (10, 4)
    (folder / "4.png").unlink()
    with pytest.raises(UserError, match="9 of the 14 pictures of pictures can be read"):
        finished(code_steps(network, corpus, "conv1", 100))
