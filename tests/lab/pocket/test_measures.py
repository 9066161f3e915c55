from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from torch import Tensor, nn

from deepvis_app.lab.pocket.measures import accuracy, dead_units, pass_times
from deepvis_app.lab.pocket.pictures import Pictures
from deepvis_app.nets import Network

if TYPE_CHECKING:
    from collections.abc import Sequence


class Fixed(nn.Module):
    """Gives the same scores whatever it sees."""

    def __init__(self, scores: Sequence[float]) -> None:
        super().__init__()
        self.scores = nn.Parameter(torch.tensor(scores))
        self.sides: set[int] = set()

    def forward(self, x: Tensor) -> Tensor:
        self.sides.add(x.shape[-1])
        return self.scores.expand(len(x), -1)


def blank(classes: Sequence[int]) -> Pictures:
    return Pictures(
        torch.zeros(len(classes), 64, 64, 3, dtype=torch.uint8), torch.tensor(list(classes))
    )


def test_accuracy_counts_first_and_first_five_guesses() -> None:
    ranks_2_0_1_3_4_last_5 = Fixed([5.0, 4.0, 6.0, 3.0, 2.0, 1.0])
    found = accuracy(ranks_2_0_1_3_4_last_5, blank([2, 2, 0, 4, 5, 5, 5, 3]))
    assert (found.top1, found.top5) == (2 / 8, 5 / 8)


def test_accuracy_over_many_batches() -> None:
    found = accuracy(Fixed([0.0, 1.0, 0.0, 0.0, 0.0]), blank([1] * 300 + [0] * 300))
    assert (found.top1, found.top5) == (0.5, 1.0)


def test_pictures_are_enlarged_when_asked() -> None:
    module = Fixed([0.0] * 5)
    accuracy(module, blank([0]), side=96)
    accuracy(module, blank([0]))
    assert module.sides == {96, 64}


def test_dead_units_fire_on_no_picture() -> None:
    convolution = nn.Conv2d(3, 4, 1)
    with torch.no_grad():
        convolution.weight.zero_()
        convolution.bias.copy_(torch.tensor([1.0, -1.0, 0.0, -1.0]))
        convolution.weight[3, 0] = 1.0  # fires on a red picture only
    network = Network(nn.Sequential(convolution, nn.ReLU()), (3, 64, 64))
    (name,) = [layer.name for layer in network.layers if layer.kind == "ReLU"]
    pictures = blank([0] * 300)
    assert dead_units(network, pictures) == {name: pytest.approx(0.75)}
    pictures.pixels[299, ..., 0] = 255
    assert dead_units(network, pictures) == {name: pytest.approx(0.5)}


def test_every_network_gets_a_time() -> None:
    module = nn.Conv2d(3, 32, 5)
    times = pass_times([(module, (3, 16, 16)), (module, (3, 64, 64))], rounds=3)
    assert len(times) == 2
    assert all(time_s > 0 for time_s in times)
