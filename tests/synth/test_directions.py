"""A preferred image of a direction equal to a unit vector is the channel's, to the bit."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from deepvis_app.nets import Directions, Unit, load_network
from deepvis_app.synth import PRESETS, synthesize

LAYER, UNIT = "conv3b", 5


@pytest.mark.parametrize("preset", ["yosinski-3", "fourier"])
def test_a_unit_vector_prefers_what_the_channel_prefers(preset: str):
    network = load_network("pocket")
    count = network.layer(LAYER).unit_count
    twin = network.with_directions(LAYER, Directions(torch.eye(count)), name="e")
    recipe = PRESETS[preset]
    short = recipe.model_validate({**recipe.model_dump(), "stop": {"steps": 6}})
    wanted = synthesize(network, Unit(LAYER, UNIT), short, seed=4)
    found = synthesize(twin, Unit(f"{LAYER}~e", UNIT), short, seed=4)
    assert len(wanted.trace) == 6
    assert list(found.trace) == list(wanted.trace)
    assert np.array_equal(found.image, wanted.image)
