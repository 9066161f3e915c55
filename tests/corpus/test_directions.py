"""A scan of directions equal to unit vectors is the scan of the channels; weights of directions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from deepvis_app.corpus import scan
from deepvis_app.corpus.alike import weights_of
from deepvis_app.corpus.weights import WeightBook
from deepvis_app.nets import Activation, Directions, Unit, load_network
from tests.corpus.tiny import Pictures, whole_network

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("layer", ["two", "deep", "last"])
def test_unit_vectors_are_scanned_as_the_channels(tmp_path: Path, layer: str):
    network = whole_network()
    count = network.layer(layer).unit_count
    twin = network.with_directions(layer, Directions(torch.eye(count)), name="e")
    corpus = scan(twin, Pictures(40), layers=[layer, f"{layer}~e"], top_k=5, out=tmp_path / "c")
    for index in range(count):
        own, found = corpus.top(Unit(layer, index)), corpus.top(Unit(f"{layer}~e", index))
        told = [[(p.picture, p.value, p.position, p.box) for p in each] for each in (own, found)]
        assert told[0] == told[1]
    own, found = corpus.stats(layer), corpus.stats(f"{layer}~e")
    for name in ("mean", "dead", "histogram"):
        assert np.array_equal(getattr(own, name), getattr(found, name), equal_nan=True)
    scores = corpus.scores(layer), corpus.scores(f"{layer}~e")
    assert np.array_equal(scores[0].values, scores[1].values)


def test_weights_are_the_rows_over_the_layers_units():
    network = load_network("pocket")
    layer = "relu3b"
    count = network.layer(layer).unit_count
    generator = torch.Generator().manual_seed(0)
    weight, bias = torch.randn(4, count, generator=generator), torch.arange(4.0)
    twin = network.with_directions(layer, Directions(weight, bias, relu=True), name="d")
    book, name = WeightBook(twin), f"{layer}~d"
    found = book.unit(Unit(name, 2))
    (incoming,) = found.incoming
    assert incoming.inputs.layers == (layer,)
    assert incoming.inputs.units.tolist() == list(range(count))
    assert np.array_equal(incoming.kernels[:, 0, 0], weight[2].numpy())
    assert (found.bias, found.after) == (2.0, ("ReLU",))
    x = torch.randn(1, *network.input_shape, generator=generator)
    maps = twin.activations(x, [layer, name])
    forward = twin.forward(x, [layer])
    place = 3 * maps[name].shape[3] + 4
    weighed = found.weigh({incoming.site: forward.raw[layer]}, place)
    assert np.allclose(weighed.parts[0], weight[2] * maps[layer][0, :, 3, 4], atol=1e-5)
    assert found.activate(weighed.total, place) == pytest.approx(
        float(maps[name][0, 2, 3, 4]), abs=1e-4
    )
    assert book.outgoing(Unit(name, 2)) == ()
    assert book.weighted_before(name) == layer
    spread = book.layer(name)
    assert np.allclose(spread.norms, weight.norm(dim=1))
    assert WeightBook(twin).unit(Unit(layer, 3)).incoming[0].inputs.layers != (name,)
    assert weights_of(twin, name)[1].shape == weight.shape


def test_what_a_sparse_activation_makes_of_a_sum_is_said_of_the_direction_alone():
    network = load_network("pocket")
    count = network.layer("relu3b").unit_count
    rows = Directions(torch.ones(3, count), activation=Activation("topk", k=1))
    twin = network.with_directions("relu3b", rows, name="d")
    found = WeightBook(twin).unit(Unit("relu3b~d", 1))
    assert found.after == ("top 1",)
    assert found.activate(0.5, 0) == 0.5
    assert found.activate(-0.5, 0) == 0.0
