"""Weights of units, against bare PyTorch and plain hooks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
import torchvision
from torch import Tensor, nn
from torch.nn import functional

from deepvis_app.corpus.weights import WeightBook
from deepvis_app.errors import UserError
from deepvis_app.nets import Network, Preprocessing, Unit
from tests.corpus.weighing import by_hand, hooked, picture, settled, size, weighed

if TYPE_CHECKING:
    from collections.abc import Callable

CLOSE = 1e-4  # relative, of all that is added up


@pytest.fixture(scope="module")
def network() -> Network:
    return by_hand()


@pytest.fixture(scope="module")
def book(network: Network) -> WeightBook:
    return WeightBook(network)


def test_every_unit_at_every_place_is_the_sum_of_its_parts(
    network: Network, book: WeightBook
) -> None:
    x = picture(network)
    before = {  # the value before any activation, by a plain hook or from hooked values
        "first": hooked(network, "first", x),
        "norm": hooked(network, "norm", x),
        "relu": hooked(network, "norm", x),
        "join.left": hooked(network, "left", x),
        "join.right": hooked(network, "right", x),
        "join": torch.cat([hooked(network, "left", x), hooked(network, "right", x)], 1),
        "round": hooked(network, "round", x),
        "block.norm": hooked(network, "block.norm", x),
        "block": hooked(network, "block.norm", x) + functional.relu(hooked(network, "round", x)),
        "head": hooked(network, "head", x)[..., None, None],
    }
    names = {info.name for info in network.layers}
    for layer, truth in before.items():
        layer = layer if layer in names else layer.removeprefix("join.")
        for index in range(truth.shape[1]):
            weights = book.unit(Unit(layer, index))
            for place in range(0, truth[0, 0].numel(), 5):
                found = weighed(network, weights, x, place)
                wanted = float(truth[0, index].flatten()[place])
                assert abs(found.total - wanted) < CLOSE * size(found), (layer, index, place)


def test_what_the_activation_makes_of_the_sum_is_the_layers_value(
    network: Network, book: WeightBook
) -> None:
    x = picture(network, 3)
    for layer in ("relu", "join", "block", "norm"):
        values = network.activations(x, [layer])[layer][0]
        for index in range(len(values)):
            weights = book.unit(Unit(layer, index))
            for place in (0, 7, values[0].numel() - 1):
                found = weighed(network, weights, x, place)
                made = weights.activate(found.total, place)
                wanted = float(values[index].flatten()[place])
                assert abs(made - wanted) < CLOSE * size(found), (layer, index, place)
    assert book.unit(Unit("join", 0)).after == ("LeakyReLU",)
    assert book.unit(Unit("relu", 0)).after == ("ReLU",)
    assert book.unit(Unit("norm", 0)).after == ()


def test_each_part_is_what_its_input_alone_gives(network: Network, book: WeightBook) -> None:
    x = picture(network)
    with torch.no_grad():
        given = network.forward(x, ["relu"]).activations["relu"]
        conv = network.module.get_submodule("left")
        for index in (0, 4):
            weights = book.unit(Unit("join", index))
            (incoming,) = weights.incoming
            place = 17
            found = weighed(network, weights, x, place)
            assert incoming.inputs.layers == ("relu",)
            for number, unit in enumerate(incoming.inputs.units):
                alone = torch.zeros_like(given)
                alone[:, unit] = given[:, unit]
                part = conv(alone)[0, index] - conv.bias[index]
                wanted = float(part.flatten()[place])
                assert found.parts[0][number] == pytest.approx(wanted, abs=1e-5)


def test_the_kernels_are_the_modules_weights_with_batch_norm_folded(
    network: Network, book: WeightBook
) -> None:
    first, norm = (network.module.get_submodule(name) for name in ("first", "norm"))
    (incoming,) = book.unit(Unit("first", 5)).incoming
    assert np.array_equal(incoming.kernels, first.weight[5].detach().numpy())
    factor = (norm.weight[5] / torch.sqrt(norm.running_var[5] + norm.eps)).detach()
    (folded,) = book.unit(Unit("norm", 5)).incoming
    wanted = (first.weight[5].detach() * factor).numpy()
    np.testing.assert_allclose(folded.kernels, wanted, rtol=1e-5, atol=1e-7)
    bias = float(((first.bias[5] - norm.running_mean[5]) * factor + norm.bias[5]).detach())
    assert folded.bias == pytest.approx(bias, rel=1e-5)
    np.testing.assert_allclose(folded.norms, np.linalg.norm(wanted.reshape(3, -1), axis=1), 1e-5)


def test_a_units_index_says_which_part_of_a_concat_it_is(book: WeightBook) -> None:
    left, right = (book.unit(Unit("join", index)).incoming[0] for index in (5, 6))
    assert left.kernels.shape == (4, 3, 3)
    assert left.inputs.units.tolist() == [4, 5, 6, 7]  # the second group
    assert right.kernels.shape == (8, 1, 3)


def test_a_residual_sum_has_what_is_added_as_an_input_of_weight_one(book: WeightBook) -> None:
    conv, added = book.unit(Unit("block", 3)).incoming
    assert conv.kernels.shape == (10, 3, 3)
    assert added.kernels.tolist() == [[[1.0]]]
    assert added.inputs.layers == ("round",)
    assert added.inputs.units.tolist() == [3]
    assert added.inputs.through == ("ReLU",)  # called as a function, listed nowhere


def test_what_has_no_weights_says_so_and_names_the_layer_before_it(book: WeightBook) -> None:
    with pytest.raises(UserError) as told:
        book.unit(Unit("pool", 0))
    assert (told.value.cause, told.value.remedy) == (
        "A pooling layer has no weights",
        "block before it has",
    )
    with pytest.raises(UserError, match="has no unit 99"):
        book.unit(Unit("first", 99))


def test_outgoing_weights_are_the_columns_of_what_reads_the_unit(
    network: Network, book: WeightBook
) -> None:
    module = network.module
    left, right = book.outgoing(Unit("relu", 5))
    (lefts, rights) = (module.get_submodule(n).weight.detach().numpy() for n in ("left", "right"))
    assert np.array_equal(left.kernels, lefts[3:, 1])  # unit 5 is the second of the second group
    assert np.array_equal(right.kernels, rights[:, 5])
    assert left.units.tolist() == [3, 4, 5]
    (joined,) = book.outgoing(Unit("join", 7))
    assert joined.layer == "round"
    wanted = module.get_submodule("round").weight[:, 7].detach().numpy()
    assert np.array_equal(joined.kernels, wanted)
    np.testing.assert_allclose(joined.sums, wanted.sum((1, 2)), atol=1e-6)


def test_outgoing_to_classes_goes_through_pooling_and_has_their_bias(
    network: Network, book: WeightBook
) -> None:
    (scores,) = book.outgoing(Unit("block", 4))
    head = network.module.get_submodule("head")
    assert scores.gives_scores
    assert scores.layer == "head"
    assert np.array_equal(scores.sums, head.weight[:, 4].detach().numpy())
    assert np.array_equal(scores.bias, head.bias.detach().numpy())
    assert book.outgoing(Unit("head", 0)) == ()


def test_a_summand_goes_on_behind_the_sum(book: WeightBook) -> None:
    (scores,) = book.outgoing(Unit("block.norm", 4))
    assert scores.layer == "head"


def test_a_layers_spread_is_that_of_its_modules_weights(network: Network, book: WeightBook) -> None:
    conv = network.module.get_submodule("round")
    spread = book.layer("round")
    weight = conv.weight.detach().numpy()
    assert np.array_equal(np.sort(spread.values), np.sort(weight.ravel()))
    np.testing.assert_allclose(spread.norms, np.linalg.norm(weight.reshape(10, -1), axis=1), 1e-6)
    np.testing.assert_allclose(spread.biases, conv.bias.detach().numpy(), 1e-6)
    assert spread.sampled == 10
    with pytest.raises(UserError, match="A pooling layer has no weights"):
        book.layer("pool")


def test_the_order_takes_what_inputs_usually_give_into_account(book: WeightBook) -> None:
    weights = book.unit(Unit("first", 0))
    assert np.array_equal(weights.strength(), weights.incoming[0].norms)
    joined = book.unit(Unit("join", 5))  # reads units 4 to 7
    rms = np.array([9, 9, 9, 9, 0, 0, 2, 0], np.float32)
    wanted = joined.incoming[0].norms * rms[4:]
    np.testing.assert_allclose(joined.strength({"relu": rms}), wanted)


# Fully connected networks


class Plain(nn.Module):
    """A picture in, one hidden layer, as the first networks were."""

    def __init__(self, channels: int = 1) -> None:
        super().__init__()
        self.hidden = nn.Linear(channels * 6 * 7, 4)
        self.out = nn.Linear(4, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(torch.sigmoid(self.hidden(x.flatten(1))))


@pytest.mark.parametrize("channels", [1, 3])
def test_a_connected_layer_on_the_picture_has_rows_that_are_pictures(channels: int) -> None:
    torch.manual_seed(0)
    way = Preprocessing.default(channels)
    network = Network(Plain(channels).eval(), (channels, 6, 7), way, labels=["a", "b", "c"])
    book = WeightBook(network)
    weights = book.unit(Unit("hidden", 2))
    (incoming,) = weights.incoming
    wanted = network.module.hidden.weight[2].detach().reshape(channels, 6, 7).numpy()
    assert np.array_equal(incoming.kernels, wanted)
    assert book.first_layer() == "hidden"
    assert np.array_equal(book.filters("hidden")[2], wanted)
    x = picture(network)
    found = weighed(network, weights, x, 0)
    assert found.total == pytest.approx(float(hooked(network, "hidden", x)[0, 2]), rel=1e-4)
    assert np.array_equal(found.seen[0], x[0].numpy())
    (out,) = book.outgoing(Unit("hidden", 2))
    assert out.gives_scores
    assert np.array_equal(out.sums, network.module.out.weight[:, 2].detach().numpy())
    assert np.array_equal(out.bias, network.module.out.bias.detach().numpy())


def test_a_flattened_map_is_one_input_a_unit() -> None:
    """As in AlexNet: the kernel of a connected layer is as large as the pooled map it reads."""
    torch.manual_seed(0)
    module = nn.Sequential(
        nn.Conv2d(1, 5, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(60, 3)
    ).eval()
    network = Network(module, (1, 6, 8), Preprocessing.default(1))
    book = WeightBook(network)
    weights = book.unit(Unit("4", 1))
    (incoming,) = weights.incoming
    wanted = module[4].weight[1].detach().reshape(5, 3, 4)
    assert incoming.inputs.layers == ("1",)
    assert incoming.inputs.units.tolist() == [0, 1, 2, 3, 4]
    assert np.array_equal(np.sort(incoming.kernels[2].ravel()), np.sort(wanted[2].ravel()))
    (out,) = book.outgoing(Unit("2", 2))
    columns = module[4].weight.detach().reshape(3, 5, 3, 4)[:, 2]
    assert np.array_equal(out.kernels, columns.numpy())
    x = picture(network)
    found = weighed(network, weights, x, 0)
    assert found.total == pytest.approx(float(hooked(network, "4", x)[0, 1]), rel=1e-4, abs=1e-5)
    pooled = hooked(network, "2", x)[0]
    np.testing.assert_allclose(
        found.parts[0], (pooled * wanted).sum((1, 2)).numpy(), rtol=1e-4, atol=1e-6
    )


def test_one_dimensional_convolutions_add_up_too() -> None:
    class Along(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv1d(3, 4, 3, stride=2, padding=1, dilation=2)

        def forward(self, x: Tensor) -> Tensor:
            return self.conv(x.flatten(2))

    torch.manual_seed(0)
    network = Network(Along().eval(), (3, 4, 5))
    book, x = WeightBook(network), picture(network)
    truth = hooked(network, "conv", x)[0]
    for place in range(truth.shape[1]):
        found = weighed(network, book.unit(Unit("conv", 1)), x, place)
        assert found.total == pytest.approx(float(truth[1, place]), rel=1e-4, abs=1e-5)


def test_a_write_in_place_is_not_followed() -> None:
    class Written(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(1, 2, 3)
            self.end = nn.Identity()

        def forward(self, x: Tensor) -> Tensor:
            x = self.conv(x)
            x[:, :1] = 0.0
            return self.end(x)

    network = Network(Written().eval(), (1, 6, 6), Preprocessing.default(1))
    book = WeightBook(network)
    with pytest.raises(UserError, match="A write in place has no fixed weights"):
        book.unit(Unit("end", 0))
    assert book.unit(Unit("conv", 0)).incoming  # what it gave before that


def test_an_activation_with_a_weight_for_each_unit() -> None:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(1, 3, 3), nn.PReLU(3)).eval()
    with torch.no_grad():
        module[1].weight.copy_(torch.tensor([0.1, -0.5, 2.0]))
    network = Network(module, (1, 6, 6), Preprocessing.default(1))
    book, x = WeightBook(network), picture(network)
    values = network.activations(x, ["1"])["1"][0]
    for index in range(3):
        weights = book.unit(Unit("1", index))
        for place in range(16):
            found = weighed(network, weights, x, place)
            made = weights.activate(found.total, place)
            assert made == pytest.approx(float(values[index].flatten()[place]), abs=1e-5)


# Known architectures

ARCHITECTURES: dict[str, Callable[[], nn.Module]] = {
    "squeezenet": lambda: torchvision.models.squeezenet1_0(weights=None),
    "resnet": lambda: torchvision.models.resnet18(weights=None),
    "mobilenet": lambda: torchvision.models.mobilenet_v3_small(weights=None),
    "shufflenet": lambda: torchvision.models.shufflenet_v2_x0_5(weights=None),
}
NONE_OF = {  # how many layers have no weights, and why: counted by hand from the sources
    "squeezenet": {"A pooling layer has no weights": 4},
    "resnet": {"A pooling layer has no weights": 2},
}


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_sums_of_a_known_architecture_are_its_own_values(name: str) -> None:
    torch.manual_seed(0)
    network = Network(settled(ARCHITECTURES[name]()), (3, 96, 96))
    book, x = WeightBook(network), picture(network)
    generator = np.random.default_rng(0)
    values = network.activations(x)
    causes: dict[str, int] = {}
    for info in network.layers:
        unit = Unit(info.name, int(generator.integers(info.unit_count)))
        try:
            weights = book.unit(unit)
        except UserError as error:
            causes[error.cause] = causes.get(error.cause, 0) + 1
            continue
        place = int(generator.integers(values[info.name][0, 0].numel()))
        found = weighed(network, weights, x, place)
        made = weights.activate(found.total, place)
        wanted = float(values[info.name][0, unit.index].flatten()[place])
        assert abs(made - wanted) < CLOSE * size(found), info.name
    if name in NONE_OF:
        assert causes == NONE_OF[name]
    assert sum(causes.values()) < len(network.layers) / 3


def test_squeezenets_fire_reads_its_squeeze_and_goes_to_the_next() -> None:
    torch.manual_seed(0)
    network = Network(torchvision.models.squeezenet1_0(weights=None).eval(), (3, 96, 96))
    book = WeightBook(network)
    below, above = (book.unit(Unit("features.12", index)).incoming[0] for index in (255, 256))
    assert below.kernels.shape == (64, 1, 1)
    assert above.kernels.shape == (64, 3, 3)
    assert above.inputs.layers == ("features.12.squeeze_activation",)
    module = network.module.features[12]
    assert np.array_equal(above.kernels, module.expand3x3.weight[0].detach().numpy())
    (scores,) = book.outgoing(Unit("features.12", 300))
    assert scores.gives_scores
    wanted = network.module.classifier[1].weight[:, 300].detach().numpy()
    assert np.array_equal(scores.kernels, wanted)
    assert book.first_layer() == "features.0"
    assert np.array_equal(
        book.filters("features.0"), network.module.features[0].weight.detach().numpy()
    )


def test_in_inference_mode_the_same_is_found() -> None:
    """As on the thread of the live view: torch counts no writes there."""
    network, x = by_hand(), picture(by_hand())
    with torch.inference_mode():
        weights = WeightBook(network).unit(Unit("relu", 3))
        found = weighed(network, weights, x, 7)
    wanted = float(hooked(network, "norm", x)[0, 3].flatten()[7])
    assert abs(found.total - wanted) < CLOSE * size(found)
