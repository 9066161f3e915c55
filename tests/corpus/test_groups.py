"""Classes of one kind taken together, against sums and scores picked by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn
from torchvision.models._meta import _IMAGENET_CATEGORIES

from deepvis_app.corpus import scan
from deepvis_app.corpus.groups import groups_of
from deepvis_app.nets import Network, Unit

if TYPE_CHECKING:
    from pathlib import Path

NAMES = {
    "n02085620_Chihuahua": "dogs", "n02086646_Blenheim_spaniel": "dogs",
    "n02099601_golden_retriever": "dogs",
    "n02123045_tabby": "cats", "n02124075_Egyptian_cat": "cats", "n04409515_tennis_ball": "",
    "n02098105_soft-coated_wheaten_terrier": "dogs",
}  # fmt: skip


def test_every_class_of_imagenet_is_known_and_in_one_group_at_most() -> None:
    found = groups_of(_IMAGENET_CATEGORIES)
    assert found is not None
    names, group = found
    assert len(names) == 26
    kind = {
        label: names[g] if g >= 0 else ""
        for label, g in zip(_IMAGENET_CATEGORIES, group, strict=True)
    }
    dogs = _IMAGENET_CATEGORIES[151:269]  # the synset n02084071 in the order of the challenge
    assert [label for label in kind if kind[label] == "dogs"] == dogs
    assert kind["tabby"] == "cats"
    assert kind["crane bird"] == "birds"
    assert kind["crane"] == ""
    assert kind["street sign"] == ""


def test_classes_of_ones_own_make_no_groups() -> None:
    assert groups_of(("holiday", "garden", "tabby")) is None
    assert groups_of(()) is None


def test_kinds_are_the_sums_of_their_classes(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number, name in enumerate(NAMES):
        pixels = np.random.default_rng(number).integers(0, 256, (8, 8, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"{name}.png")
    torch.manual_seed(0)
    net = Network(nn.Sequential(nn.Conv2d(3, 3, 3), nn.ReLU()), (3, 8, 8))
    corpus = scan(net, folder, out=tmp_path / "corpus")
    assert set(corpus.plan.classes) >= {"tabby", "soft-coated wheaten terrier"}
    scores = {
        name: net.activations(
            net.prepare(np.asarray(Image.open(folder / f"{name}.png")))[None], ["0"]
        )["0"][0, 1].max()
        for name in NAMES
    }
    rows = {row.name: row for row in corpus.kinds(Unit("0", 1))}
    assert set(rows) == {"dogs", "cats"}
    for kind in ("dogs", "cats"):
        own = np.array([float(scores[n]) for n, k in NAMES.items() if k == kind])
        rest = np.array([float(scores[n]) for n, k in NAMES.items() if k != kind])
        row = rows[kind]
        assert row.pictures == len(own)
        assert row.mean == pytest.approx(own.mean(), rel=1e-5)
        spread = np.sqrt((own.var() + rest.var()) / 2)
        assert row.d_prime == pytest.approx((own.mean() - rest.mean()) / spread, rel=1e-4)
        pairs = np.sign(own[:, None] - rest).mean()
        assert row.auc == pytest.approx((pairs + 1) / 2)
    assert corpus.divided("0").why_not  # six classes of one picture, and two kinds
    assert not corpus.divided("0").is_by_kind
