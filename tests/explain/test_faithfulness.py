"""Deletion and insertion curves on networks whose scores are known."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from deepvis_app.errors import UserError
from deepvis_app.explain import deletion_insertion_steps
from deepvis_app.explain.faithfulness import importance
from deepvis_app.nets import Network, Preprocessing, Unit
from tests.explain.steps import finished

BARE = Preprocessing(mean=(0.0,), std=(1.0,))


class Weighted(nn.Module):
    """A hidden unit that is the weighted sum of a 1 × 4 picture, and two classes."""

    def __init__(self) -> None:
        super().__init__()
        self.sum = nn.Conv2d(1, 2, (1, 4), bias=False)
        self.sum.weight.data = torch.tensor([[[[4.0, 3.0, 2.0, 1.0]]], [[[0.0] * 4]]])
        self.flat = nn.Flatten()
        self.head = nn.Linear(2, 3, bias=False)
        self.head.weight.data = torch.tensor([[1.0, 0.0], [0.0, 0.0], [0.0, 0.0]])

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.flat(self.sum(x)))


def test_the_curves_by_hand() -> None:
    network = Network(Weighted(), (1, 1, 4), BARE)
    x = torch.ones(1, 1, 4)
    true = np.array([[[4.0, 3.0, 2.0, 1.0]]], np.float32)
    options = {"steps": 4, "fill": "black", "start": "black"}
    seen, found = finished(deletion_insertion_steps(network, x, Unit("sum", 0), true, **options))
    np.testing.assert_allclose(found.fraction, [0, 0.25, 0.5, 0.75, 1])
    np.testing.assert_allclose(found.deletion, [1, 0.6, 0.3, 0.1, 0], atol=1e-6)
    np.testing.assert_allclose(found.insertion, [0, 0.4, 0.7, 0.9, 1], atol=1e-6)
    assert found.deletion_area == pytest.approx((0.5 + 0.6 + 0.3 + 0.1) / 4)
    assert found.insertion_area == pytest.approx((0.4 + 0.7 + 0.9 + 0.5) / 4)
    assert seen[-1].step == seen[-1].total == 10
    assert np.isnan(seen[0].deletion[-1])
    np.testing.assert_array_equal(seen[-1].deletion, found.deletion)
    # The wrong way round, it falls late.
    false = finished(deletion_insertion_steps(network, x, Unit("sum", 0), -true, **options))[1]
    np.testing.assert_allclose(false.deletion, [1, 0.9, 0.7, 0.4, 0], atol=1e-6)


def test_a_class_is_measured_by_its_probability() -> None:
    network = Network(Weighted(), (1, 1, 4), BARE)
    x = torch.ones(1, 1, 4)
    steps = deletion_insertion_steps(
        network, x, Unit("head", 0), np.ones((3, 1, 4)), steps=2, fill="black", start="black"
    )
    with pytest.raises(UserError, match="does not fit"):
        next(deletion_insertion_steps(network, x, Unit("head", 0), np.ones((3, 4, 1))))
    found = finished(steps)[1]
    right = [np.exp(a) / (np.exp(a) + 2) for a in (10.0, 3.0, 0.0)]  # ties in reading order
    np.testing.assert_allclose(found.deletion, right, rtol=1e-5)


def test_importance() -> None:
    one = np.array([[[1.0, -2.0, np.nan]]], np.float32)
    assert importance(one).tolist() == [[1.0, -2.0, 0.0]]
    assert importance(np.array([[[3.0]], [[-4.0]]])).tolist() == [[5.0]]
