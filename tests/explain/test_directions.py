"""A direction equal to a unit vector is explained as its channel is, to the bit."""

from __future__ import annotations

import pytest
import torch

from deepvis_app.explain import attribute
from deepvis_app.explain.gradcam import gradcam_layer
from deepvis_app.nets import Directions, Network, Unit, load_network

LAYER, UNIT = "relu3b", 5
ANSWERS = [
    ("gradient", {}), ("gradient-x-input", {}), ("deconv", {}), ("guided", {}), ("gradcam", {}),
    ("occlusion", {"patch": 40, "stride": 24}), ("integrated-gradients", {"steps": 4}),
]  # fmt: skip


@pytest.fixture(scope="module")
def networks() -> tuple[Network, Network]:
    network = load_network("pocket")
    count = network.layer(LAYER).unit_count
    return network, network.with_directions(LAYER, Directions(torch.eye(count)), name="e")


@pytest.mark.parametrize(("method", "options"), ANSWERS)
@pytest.mark.parametrize("seed", ["map", "max"])
def test_a_unit_vector_is_explained_as_the_channel(
    networks: tuple[Network, Network], method: str, options: dict[str, int], seed: str
):
    network, twin = networks
    x = torch.randn(network.input_shape, generator=torch.Generator().manual_seed(3))
    wanted = attribute(network, x, Unit(LAYER, UNIT), method, seed=seed, **options)
    found = attribute(twin, x, Unit(f"{LAYER}~e", UNIT), method, seed=seed, **options)
    assert wanted.any()
    assert (torch.as_tensor(found) == torch.as_tensor(wanted)).all()


def test_grad_cam_weighs_the_layer_that_it_weighs_for_the_channel(
    networks: tuple[Network, Network],
):
    network, twin = networks
    assert gradcam_layer(twin, f"{LAYER}~e") == gradcam_layer(network, LAYER)
    last = network.output_layer
    assert last is not None
    assert gradcam_layer(twin, last) == gradcam_layer(network, last)


def test_a_direction_of_two_channels_has_the_sum_of_their_gradients(
    networks: tuple[Network, Network],
):
    network, _ = networks
    row = torch.zeros(1, network.layer(LAYER).unit_count)
    row[0, 3], row[0, 7] = 2.0, -1.0
    twin = network.with_directions(LAYER, Directions(row), name="two")
    x = torch.randn(network.input_shape, generator=torch.Generator().manual_seed(3))
    found = attribute(twin, x, Unit(f"{LAYER}~two", 0), "gradient", seed="sum")
    parts = [attribute(network, x, Unit(LAYER, k), "gradient", seed="sum") for k in (3, 7)]
    torch.testing.assert_close(
        torch.as_tensor(found),
        2 * torch.as_tensor(parts[0]) - torch.as_tensor(parts[1]),
        rtol=1e-4, atol=1e-5,
    )  # fmt: skip
