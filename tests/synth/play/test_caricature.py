"""Caricatures: the code grows, the input stays in sight, and what is told is so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from deepvis_app.errors import UserError
from deepvis_app.synth.play import CaricatureSpec, caricature
from deepvis_app.synth.play.caricature import caricature_steps
from tests.synth.play.toys import chain, picture, tokens

if TYPE_CHECKING:
    from deepvis_app.nets import Network


def growth(net: Network, seen: np.ndarray, made: np.ndarray, layer: str) -> float:
    """Return <code, wanted> / <wanted, wanted> of the positive part of the input's code."""
    found, wanted = (net.activations(net.normalise(p)[None], [layer])[layer] for p in (made, seen))
    wanted = wanted.clamp(min=0)
    return float((found * wanted).sum() / wanted.square().sum())


@pytest.mark.parametrize("cosine", [0, 2])
def test_the_code_grows_and_is_that_of_the_picture_given(cosine: float) -> None:
    net, seen = chain(), picture(chain())
    played = caricature(net, seen, "4", steps=40, cosine=cosine)
    assert played.facts["growth"] == pytest.approx(growth(net, seen, played.image, "4"), rel=1e-4)
    assert played.facts["growth"] > 1.1
    change = np.sqrt(np.mean((played.image.astype(float) - seen) ** 2))
    assert played.facts["change"] == pytest.approx(change, rel=1e-3)
    assert set(played.arrays) == {"scores_before", "scores_after"}


def test_more_strength_goes_further() -> None:
    net, seen = chain(), picture(chain())
    weak, strong = (caricature(net, seen, "4", steps=40, strength=s).facts for s in (0.2, 5))
    assert strong["growth"] > weak["growth"]
    assert strong["change"] > weak["change"]


def test_it_goes_on_from_a_checkpoint() -> None:
    net, seen = chain(), {"input": picture(chain())}
    spec = CaricatureSpec(layer="4", steps=12)

    def run(resume: Any) -> tuple[Any, list[Any]]:
        steps, states = caricature_steps(net, seen, spec, 3, resume), []
        while True:
            try:
                told = next(steps)
            except StopIteration as end:
                return end.value, states
            states += [told.state()] if told is not None else []

    whole, states = run(None)
    resumed, _ = run(states[4])
    np.testing.assert_array_equal(resumed.x, whole.x)
    np.testing.assert_array_equal(resumed.curve, whole.curve)


def test_networks_of_one_channel_and_of_tokens() -> None:
    for net in (chain(1), tokens()):
        played = caricature(net, picture(net), steps=24, strength=5)
        assert played.facts["growth"] > 1.0


def test_a_layer_that_is_nowhere_above_zero_counts_as_a_whole() -> None:
    net = chain()
    with torch.no_grad():
        net.module[7].bias.fill_(-50)
    played = caricature(net, picture(net), "7", steps=10)
    assert np.isfinite(played.facts["growth"])
    with torch.no_grad():
        net.module[3].bias.fill_(-50)
    with pytest.raises(UserError, match="4 is zero"):
        caricature(net, picture(net), "4")
