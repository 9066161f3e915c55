"""Directions as layers: against channels, formulas by hand and finite differences."""

from __future__ import annotations

import pickle

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from deepvis_app.errors import UserError
from deepvis_app.nets import Activation, Directions, Layout, Network, Unit, load_network

LAYER = "relu3b"


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.fixture(scope="module")
def pocket() -> Network:
    return load_network("pocket")


@pytest.fixture
def x(pocket: Network) -> Tensor:
    return noise(2, *pocket.input_shape)


def width(network: Network, layer: str = LAYER) -> int:
    return network.layer(layer).unit_count


class Tokens(nn.Module):
    """Patches as tokens with a class token, then a head."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.patch = nn.Conv2d(3, 10, 4, stride=4)
        self.block = nn.Linear(10, 10)
        self.head = nn.Linear(10, 3)

    def forward(self, x: Tensor) -> Tensor:
        tokens = self.patch(x).flatten(2).transpose(1, 2)
        tokens = self.block(torch.cat([tokens.mean(1, keepdim=True), tokens], 1))
        return self.head(tokens[:, 0])


# A layer like any other


def test_it_is_listed_behind_the_layer_it_reads_and_the_module_is_the_same(pocket: Network):
    rows = Directions(noise(5, width(pocket)))
    twin = pocket.with_directions(LAYER, rows, name="five")
    names = [info.name for info in twin.layers]
    assert names[names.index(LAYER) + 1] == f"{LAYER}~five"
    info, base = twin.layer(f"{LAYER}~five"), twin.layer(LAYER)
    assert (info.kind, info.unit_count, info.shape) == ("Directions", 5, (5, *base.map_size))
    assert info.receptive_field == base.receptive_field
    assert twin.module is pocket.module
    assert f"{LAYER}~five" not in [info.name for info in pocket.layers]
    assert [i.name for i in twin.own_layers] == [i.name for i in pocket.layers]
    assert twin.base_layer(f"{LAYER}~five") == LAYER
    again = twin.without_directions()
    assert [i.name for i in again.layers] == [i.name for i in pocket.layers]


def test_unit_vectors_give_the_channels_to_the_bit(pocket: Network, x: Tensor):
    twin = pocket.with_directions(LAYER, Directions(torch.eye(width(pocket))), name="same")
    found = twin.activations(x, [LAYER, f"{LAYER}~same"])
    assert torch.equal(found[LAYER], found[f"{LAYER}~same"])
    fast = twin.replica("cpu", channels_last=True)
    found = fast.activations(x, [LAYER, f"{LAYER}~same"])
    assert torch.equal(found[LAYER], found[f"{LAYER}~same"])
    assert found[LAYER].stride() == found[f"{LAYER}~same"].stride()


@pytest.mark.parametrize("channels_last", [False, True])
def test_maps_are_the_formula(pocket: Network, x: Tensor, channels_last: bool):
    weight, bias = noise(7, width(pocket)), noise(7, seed=1)
    twin = pocket.with_directions(LAYER, Directions(weight, bias, relu=True), name="seven")
    twin = twin.replica("cpu", channels_last=channels_last)
    found = twin.activations(x, [LAYER, f"{LAYER}~seven"])
    wanted = torch.einsum("nchw,dc->ndhw", found[LAYER], weight) + bias[:, None, None]
    torch.testing.assert_close(found[f"{LAYER}~seven"], wanted.relu(), rtol=1e-4, atol=1e-4)


def test_thumbnails_are_reduced_on_the_way(pocket: Network, x: Tensor):
    twin = pocket.with_directions(LAYER, Directions(noise(7, width(pocket))), name="seven")
    name = f"{LAYER}~seven"
    with torch.no_grad():
        seen = twin.forward(x, reduce={name: lambda maps: maps.amax((2, 3))}).activations[name]
    assert torch.equal(seen, twin.activations(x, [name])[name].amax((2, 3)))


def test_connected_layers_and_tokens_are_read_too():
    network = Network(Tokens().eval(), (3, 12, 16))
    weight, x = noise(4, 10), noise(2, 3, 12, 16)
    twin = network.with_directions("block", Directions(weight), name="a")
    assert twin.layer("block~a").layout is Layout.TOKENS
    found = twin.activations(x, ["block", "block~a"])
    assert found["block~a"].shape == (2, 4, 3, 4)
    wanted = torch.einsum("nchw,dc->ndhw", found["block"], weight)
    torch.testing.assert_close(found["block~a"], wanted)
    head = network.with_directions("head", Directions(noise(2, 3)), name="b")
    found = head.activations(x, ["head", "head~b"])
    assert found["head~b"].shape == (2, 2, 1, 1)
    torch.testing.assert_close(
        found["head~b"][:, :, 0, 0], found["head"][:, :, 0, 0] @ noise(2, 3).T
    )


def test_half_precision_reads_what_the_layer_gives(pocket: Network, x: Tensor):
    twin = pocket.with_directions(LAYER, Directions(torch.eye(width(pocket))), name="same")
    with torch.autocast("cpu", torch.bfloat16):
        found = twin.activations(x, [LAYER, f"{LAYER}~same"])
    assert found[LAYER].dtype == found[f"{LAYER}~same"].dtype
    assert torch.equal(found[LAYER], found[f"{LAYER}~same"])


def test_sparse_activations_are_those_of_the_papers():
    sums = noise(3, 6, 2, 2)
    found = Activation("topk", k=2)(sums)
    for picture, i, j in [(n, i, j) for n in range(3) for i in range(2) for j in range(2)]:
        own = sums[picture, :, i, j]
        best = sorted(range(6), key=lambda unit: -float(own[unit]))[:2]
        wanted = torch.tensor([max(float(own[k]), 0.0) if k in best else 0.0 for k in range(6)])
        assert torch.equal(found[picture, :, i, j], wanted)
    limits = (0.5, 0.1, 0.0, 1.0, 0.2, -1.0)
    found = Activation("jumprelu", threshold=limits)(sums)
    above = sums > torch.tensor(limits)[:, None, None]
    assert torch.equal(found, torch.where(above, sums.clamp_min(0), 0))


def test_the_gradient_is_that_of_finite_differences():
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(1, 4, 3), nn.Tanh(), nn.Conv2d(4, 2, 3)).double()
    network = Network(module.eval(), (1, 8, 8))
    rows = Directions(noise(3, 4), noise(3, seed=1), relu=True)
    twin = network.with_directions("1", rows, name="d")
    x = noise(1, 1, 8, 8).double()

    def score(x: Tensor) -> Tensor:
        return twin.forward(x, ["1~d"]).activations["1~d"].square().sum()

    assert torch.autograd.gradcheck(score, x.requires_grad_(), fast_mode=False)


# Held at a value


def test_a_held_direction_shows_the_value_and_moves_the_layer_least(pocket: Network, x: Tensor):
    weight, bias = noise(6, width(pocket)), noise(6, seed=1)
    twin = pocket.with_directions(LAYER, Directions(weight, bias), name="six")
    name, before = f"{LAYER}~six", pocket.activations(x)
    with twin.ablated(Unit(name, 4), 1.5):
        after = twin.activations(x)
    assert torch.allclose(after[name][:, 4], torch.full_like(after[name][:, 4], 1.5), atol=1e-4)
    moved = after[LAYER] - before[LAYER]
    way = weight[4] / weight[4].norm() ** 2
    sums = torch.einsum("nchw,c->nhw", before[LAYER], weight[4]) + bias[4]
    wanted = (1.5 - sums)[:, None] * way[:, None, None]
    torch.testing.assert_close(moved, wanted, rtol=1e-3, atol=1e-4)
    last = pocket.output_layer
    assert last is not None
    assert not torch.equal(after[last], before[last])
    assert torch.equal(pocket.activations(x)[last], before[last])


@pytest.mark.parametrize("layer", ["conv3b", LAYER, "conv1"])
def test_a_held_unit_vector_is_the_held_channel(pocket: Network, x: Tensor, layer: str):
    twin = pocket.with_directions(layer, Directions(torch.eye(width(pocket, layer))), name="e")
    with pocket.ablated(Unit(layer, 2)):
        wanted = pocket.activations(x)
    with twin.ablated(Unit(f"{layer}~e", 2)):
        found = twin.activations(x)
    for name, values in wanted.items():
        torch.testing.assert_close(found[name], values, rtol=1e-5, atol=1e-6)


def test_a_rectified_direction_held_at_zero_leaves_places_where_it_is_silent(
    pocket: Network, x: Tensor
):
    twin = pocket.with_directions(LAYER, Directions(noise(3, width(pocket)), relu=True), name="r")
    before = twin.activations(x, [LAYER, f"{LAYER}~r"])
    with twin.ablated(Unit(f"{LAYER}~r", 1)):
        after = twin.activations(x, [LAYER, f"{LAYER}~r"])
    silent = before[f"{LAYER}~r"][:, 1] == 0
    assert silent.any()
    assert not silent.all()
    same = (after[LAYER] == before[LAYER]).all(1)
    assert torch.equal(same, silent)
    assert float(after[f"{LAYER}~r"][:, 1].max()) < 1e-4


def test_tokens_are_held_where_they_are():
    network = Network(Tokens().eval(), (3, 12, 16))
    twin = network.with_directions("block", Directions(noise(4, 10)), name="a")
    x = noise(2, 3, 12, 16)
    with twin.ablated(Unit("block~a", 3), 0.25):
        found = twin.activations(x)
    assert torch.allclose(found["block~a"][:, 3], torch.full((2, 3, 4), 0.25), atol=1e-5)
    before = twin.activations(x)
    assert torch.equal(found["block/class"], before["block/class"])


# What is kept of them


def test_directions_are_told_apart_by_content(pocket: Network):
    one, other = Directions(noise(3, width(pocket))), Directions(noise(3, width(pocket), seed=1))
    plain = pocket.fingerprint
    named = [pocket.with_directions(LAYER, each, name="sae").fingerprint for each in (one, other)]
    assert len({plain, *named}) == 3
    twins = [pocket.with_directions(LAYER, d, name=d.by_content("sae")) for d in (one, other)]
    assert {twin.fingerprint for twin in twins} == {plain}  # what is kept of the network stays
    assert len({twin.layers[-1].name for twin in twins}) == 1
    added = [twin.directed[0].full_name for twin in twins]
    assert len(set(added)) == 2
    assert one.digest == Directions(one.weight.numpy(), names=("a", "b", "c")).digest
    assert one.digest != Directions(one.weight, relu=True).digest
    assert one.digest != Directions(one.weight, torch.zeros(3)).digest
    assert pocket.fingerprint == plain


def test_a_twin_can_be_handed_to_another_process(pocket: Network, x: Tensor):
    twin = pocket.with_directions(LAYER, Directions(noise(3, width(pocket))), name="d")
    wanted = twin.activations(x, [f"{LAYER}~d"])[f"{LAYER}~d"]
    assert twin.fingerprint  # found before, as a scan does
    again = pickle.loads(pickle.dumps(twin))
    assert torch.equal(again.activations(x, [f"{LAYER}~d"])[f"{LAYER}~d"], wanted)
    assert again.fingerprint == twin.fingerprint


def test_names_are_labels(pocket: Network):
    twin = pocket.with_directions(
        LAYER, Directions(noise(2, width(pocket)), names=["fur", "sky"]), name="d"
    )
    assert twin.unit_label(Unit(f"{LAYER}~d", 1)) == "sky"
    assert twin.is_labelled(f"{LAYER}~d")
    assert not twin.is_class(Unit(f"{LAYER}~d", 1))
    assert twin.unit_label(Unit(LAYER, 1)) is None


# What does not fit

WRONG = [
    (lambda c: Directions(torch.ones(2, c + 1)), "directions are of"),
    (lambda _: Directions(torch.ones(3)), "has the shape"),
    (lambda c: Directions(torch.empty(0, c)), "has the shape"),
    (lambda c: Directions(torch.full((2, c), torch.nan)), "NaN"),
    (lambda c: Directions(torch.zeros(2, c)), "Direction 0 is zero"),
    (lambda c: Directions(torch.ones(2, c), torch.ones(3)), "bias"),
    (lambda c: Directions(torch.ones(2, c), names=["one"]), "1 names for 2"),
    (lambda c: Directions([["a"] * c]), "no array of numbers"),
    (lambda c: Directions([[1.0] * c], ["a"]), "bias is no array of numbers"),
    (lambda c: Directions(torch.ones(2, c), activation=Activation("topk")), "k = 0"),
    (lambda c: Directions(torch.ones(2, c), activation=Activation("gelu")), "gelu"),
]


@pytest.mark.parametrize(("make", "words"), WRONG)
def test_what_does_not_fit_is_said_in_a_line(pocket: Network, make: object, words: str):
    with pytest.raises(UserError, match=words) as told:
        pocket.with_directions(LAYER, make(width(pocket)), name="d")  # type: ignore[operator]
    assert "\n" not in str(told.value)
    assert told.value.remedy


def test_wrong_names_and_layers_are_said_in_a_line(pocket: Network):
    rows = Directions(torch.eye(width(pocket)))
    twin = pocket.with_directions(LAYER, rows, name="d")
    with pytest.raises(UserError, match="already a layer"):
        twin.with_directions(LAYER, rows, name="d")
    with pytest.raises(UserError, match=r"no layer .nowhere"):
        pocket.with_directions("nowhere", rows)
    with pytest.raises(UserError, match="itself directions"):
        twin.with_directions(f"{LAYER}~d", rows)
    with pytest.raises(UserError, match="cannot be called"):
        pocket.with_directions(LAYER, rows, name="a b")
    with pytest.raises(UserError, match="of the network itself"):
        twin.without_directions(LAYER)


def test_an_inplace_relu_behind_the_layer_is_not_seen():
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(inplace=True), nn.Conv2d(4, 2, 3))
    network = Network(module.eval(), (3, 8, 8))
    twin = network.with_directions("0", Directions(torch.eye(4)), name="e")
    x = noise(1, 3, 8, 8)
    wanted = functional.conv2d(x, module[0].weight, module[0].bias)
    found = twin.activations(x, ["0~e", "1"])
    torch.testing.assert_close(found["0~e"], wanted)
    assert float(found["0~e"].min()) < 0


@pytest.mark.parametrize("size", [1e-25, 1e25])
def test_the_way_of_a_very_short_or_long_direction_is_its_pseudo_inverse(size: float):
    rows = Directions(noise(3, 4) * size)
    found = rows.gradients(torch.eye(4)[None, :, :, None])[0, :, :, 0]
    wanted = torch.linalg.pinv(noise(3, 4)[:, None].double()).squeeze(2) / size
    torch.testing.assert_close(found.double(), wanted, rtol=1e-5, atol=0)
