"""Networks: layers and their names, pictures of outputs of any kind, errors, copies, identity."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
import torchvision
from torch import Tensor, nn

from deepvis_app.errors import UserError
from deepvis_app.nets import Network, Preprocessing, Unit
from deepvis_app.nets.taps import hook_count

if TYPE_CHECKING:
    from collections.abc import Callable


class Gives(nn.Module):
    """A convolution and a part that gives whatever a function makes of its output."""

    class Part(nn.Module):
        def __init__(self, action: Callable[[Tensor], Any]) -> None:
            super().__init__()
            self.action = action

        def forward(self, x: Tensor) -> Any:
            return self.action(x)

    def __init__(self, action: Callable[[Tensor], Any]) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 2, stride=2)
        self.part = self.Part(action)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x)
        self.part(y)
        return y.mean((2, 3))


def tiny(classes: int = 5) -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1),
        nn.ReLU(inplace=True),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(4, classes),
    )


# Layers


def test_layers_stand_in_the_order_of_execution_without_doubles() -> None:
    net = Network(torchvision.models.resnet18(weights=None), (3, 64, 64))
    names = [info.name for info in net.layers]
    assert names[:4] == ["conv1", "bn1", "relu", "maxpool"]
    assert names[4:9] == [f"layer1.0.{n}" for n in ("conv1", "bn1", "relu", "conv2", "bn2")]
    assert names[9] == "layer1.0"  # not "layer1.0.relu:2", which is the same
    assert names[-2:] == ["avgpool", "fc"]
    assert net.layer("layer1").name == "layer1.1"  # a stage is its last block
    assert net.layer("layer1.0.relu:2").name == "layer1.0"
    assert net.output_layer == "fc"
    assert [info.kind for info in net.layers[:3]] == ["Conv2d", "BatchNorm2d", "ReLU"]


class Again(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(self.conv(x) + 1) * 2


def test_calls_of_one_module_are_layers_of_their_own() -> None:
    module = Again()
    net = Network(module, (3, 6, 6))
    assert [info.name for info in net.layers] == ["conv", "conv:2", "output"]
    x = torch.rand(1, 3, 6, 6)
    with torch.no_grad():
        once = module.conv(x)
        twice = module.conv(once + 1)
    seen = net.activations(x)
    assert torch.equal(seen["conv"], once)
    assert torch.equal(seen["conv:2"], twice)
    assert torch.equal(seen["output"], twice * 2)


def test_a_module_named_output_keeps_its_name() -> None:
    module = Again()
    module.output = nn.Conv2d(3, 2, 1)
    module.forward = lambda x: module.output(module.conv(x)) + 1  # type: ignore[method-assign]
    names = [info.name for info in Network(module, (3, 6, 6)).layers]
    assert names == ["conv", "output", "network output"]


def test_an_unknown_layer_is_answered_with_near_names() -> None:
    net = Network(tiny(), (3, 8, 8))
    with pytest.raises(UserError, match="no layer '9'"):
        net.layer("9")
    net = Network(torchvision.models.resnet18(weights=None), (3, 64, 64))
    with pytest.raises(UserError, match=r"layer2\.1"):
        net.layer("layer2.1.")


def test_only_the_wished_layers_are_listed_but_all_can_be_tapped() -> None:
    net = Network(tiny(), (3, 8, 8), layer_names=["4", "0"])
    assert [info.name for info in net.layers] == ["0", "4"]
    assert net.output_layer == "4"
    assert set(net.activations(torch.rand(1, 3, 8, 8))) == {"0", "4"}
    assert net.activations(torch.rand(1, 3, 8, 8), ["1"])["1"].min() >= 0
    with pytest.raises(UserError, match="no layer 'none'"):
        Network(tiny(), (3, 8, 8), layer_names=["none"])


# Passes


def test_gradients_flow_where_they_are_enabled_and_only_there() -> None:
    net = Network(tiny(), (3, 8, 8))
    x = torch.rand(1, 3, 8, 8, requires_grad=True)
    kept = net.forward(x, ["0"]).activations["0"]
    kept[0, 1, 4, 4].backward()
    expected = torch.zeros(3, 8, 8)
    expected[:, 3:6, 3:6] = net.module[0].weight[1].detach()
    torch.testing.assert_close(x.grad[0], expected)
    assert not net.activations(x)["0"].requires_grad


def test_a_batch_gives_what_its_pictures_give_alone() -> None:
    net = Network(tiny(), (3, 8, 8))
    x = torch.rand(3, 3, 8, 8)
    together = net.activations(x)
    for k in range(3):
        for name, maps in net.activations(x[k : k + 1]).items():
            torch.testing.assert_close(maps[0], together[name][k])


@pytest.mark.parametrize("shape", [(3, 8, 8), (1, 4, 8, 8), (1, 8)])
def test_an_input_of_a_wrong_shape_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(UserError, match=r"Inputs are \(N, 3, 8, 8\)"):
        Network(tiny(), (3, 8, 8)).forward(torch.rand(shape))


def test_double_precision_weights_get_double_precision_inputs() -> None:
    net = Network(tiny().double(), (3, 8, 8))
    assert net.forward(torch.rand(1, 3, 8, 8)).logits.dtype is torch.float64


class InferenceOnly(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 1)
        self.relu = nn.ReLU(inplace=True)

    @torch.inference_mode()
    def forward(self, x: Tensor) -> Tensor:
        return self.relu(self.conv(x)).mean((2, 3))


def test_a_model_that_runs_in_inference_mode_is_seen_rightly() -> None:
    net = Network(InferenceOnly(), (3, 4, 4))
    x = torch.randn(1, 3, 4, 4)
    seen = net.activations(x)
    with torch.no_grad():
        assert torch.equal(seen["conv"], net.module.conv(x))
    assert seen["conv"].min() < 0 <= seen["relu"].min()


@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:.*torch.jit:FutureWarning")
def test_scripted_parts_are_passed_over() -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, 1), torch.jit.script(nn.ReLU()), nn.Conv2d(4, 2, 1))
    net = Network(module, (3, 4, 4))
    assert [info.name for info in net.layers] == ["0", "2"]


@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:.*torch.jit:FutureWarning")
def test_a_wholly_scripted_model_is_refused_with_the_way_out() -> None:
    with pytest.raises(UserError, match=r"torch\.export"):
        Network(torch.jit.script(nn.Conv2d(3, 4, 1)), (3, 4, 4))


@pytest.mark.slow(seconds=10)
def test_a_compiled_model_is_looked_into_as_it_was_before() -> None:
    module = tiny()
    assert Network(torch.compile(module), (3, 8, 8)).module is module


def test_outputs_that_are_no_scores_give_no_logits() -> None:
    class Segments(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 1)

        def forward(self, x: Tensor) -> dict[str, Tensor]:
            return {"out": self.conv(x) * 2, "aux": x.mean((2, 3))}

    net = Network(Segments(), (3, 4, 4))
    assert net.output_layer is None
    assert net.forward(torch.rand(1, 3, 4, 4)).logits is None
    assert net.layer("output/out").shape == (4, 4, 4)


def test_the_first_of_several_outputs_gives_the_logits() -> None:
    module = Gives(lambda y: y * 2)
    plain = module.forward
    module.forward = lambda x: (plain(x), x)  # type: ignore[method-assign]
    net = Network(module, (3, 12, 8), labels=list("abcd"))
    assert net.output_layer == "output/0"
    assert net.forward(torch.rand(2, 3, 12, 8)).logits.shape == (2, 4)


# Errors


def test_a_wrong_number_of_labels_is_refused_with_both_numbers() -> None:
    with pytest.raises(UserError, match="3 labels, but the network has 5 classes"):
        Network(tiny(), (3, 8, 8), labels=["a", "b", "c"])


def test_a_model_that_cannot_run_is_refused_in_its_own_words() -> None:
    module = tiny().train()
    with pytest.raises(UserError, match="3 channels") as caught:
        Network(module, (5, 8, 8))
    assert "input shape" in caught.value.remedy
    assert hook_count(module) == 0
    assert module.training


@pytest.mark.parametrize("shape", [(3, 8), (3, 0, 8)])
def test_a_senseless_input_shape_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(UserError, match=r"\(C, H, W\)"):
        Network(tiny(), shape)  # type: ignore[arg-type]


def test_a_lack_of_memory_is_left_to_the_caller() -> None:
    def greedy(_y: Tensor) -> None:
        raise torch.OutOfMemoryError("no memory")

    with pytest.raises(torch.OutOfMemoryError):
        Network(Gives(greedy), (3, 12, 8))


def test_spoiled_weights_load_and_are_named() -> None:
    module = tiny()
    assert Network(module, (3, 8, 8)).nonfinite_weights() == ()
    module[0].weight.data[0, 0, 0, 0] = torch.nan
    module[4].bias.data[1] = torch.inf
    assert Network(module, (3, 8, 8)).nonfinite_weights() == ("0.weight", "4.bias")


def test_the_probe_leaves_no_trace() -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, 1), nn.Dropout(), nn.BatchNorm2d(4)).train()
    module.forward = lambda x: nn.functional.dropout(x, 0.5)  # type: ignore[method-assign]
    state = copy.deepcopy(module.state_dict())
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    Network(module, (3, 4, 4))
    assert torch.equal(torch.rand(4), expected)
    assert hook_count(module) == 0
    assert module.training
    assert all(torch.equal(v, state[k]) for k, v in module.state_dict().items())


# Classes


def test_units_of_class_layers_have_the_class_label() -> None:
    module = torchvision.models.squeezenet1_1(weights=None, num_classes=7)
    labels = [f"class {k}" for k in range(7)]
    net = Network(module, (3, 64, 64), labels=labels)
    for layer in ("classifier.1", "classifier.2", "classifier.3", "classifier", "output"):
        assert net.unit_label(Unit(layer, 4)) == "class 4"
    assert net.unit_label(Unit("features.0", 4)) is None
    assert net.output_layer == "classifier.3"
    assert Network(module, (3, 64, 64)).unit_label(Unit("classifier.1", 4)) is None


# Identity and copies


def test_the_fingerprint_changes_with_all_that_matters_and_nothing_else() -> None:
    def made(**options: Any) -> str:
        return Network(tiny(), (3, 8, 8), **options).fingerprint

    base = made()
    assert len(base) == 64
    assert made() == base == made(name="another name", spec="another")
    assert made(preprocessing=Preprocessing(resize=9)) != base
    assert Network(tiny(), (3, 9, 8)).fingerprint != base
    assert Network(tiny(6), (3, 8, 8)).fingerprint != base
    module = tiny()
    net = Network(module, (3, 8, 8))
    assert net.replica("cpu").fingerprint == net.fingerprint == base
    with torch.no_grad():
        module[4].weight[0, 0] += 1e-6
    assert net.fingerprint != base


def test_architectures_with_the_same_weights_differ() -> None:
    swapped = tiny()
    swapped[1] = nn.ELU()
    assert Network(swapped, (3, 8, 8)).fingerprint != Network(tiny(), (3, 8, 8)).fingerprint


def test_a_replica_has_weights_of_its_own() -> None:
    net = Network(tiny(), (3, 8, 8), name="Tiny", labels=list("abcde"))
    twin = net.replica("cpu")
    x = torch.rand(1, 3, 8, 8)
    before = net.forward(x).logits
    torch.testing.assert_close(twin.forward(x).logits, before)
    assert (twin.name, twin.labels, twin.layers) == (net.name, net.labels, net.layers)
    assert twin.module[0].weight.is_contiguous(memory_format=torch.channels_last)
    assert net.module[0].weight.is_contiguous()
    with torch.no_grad():
        twin.module[4].weight.zero_()
    assert torch.equal(net.forward(x).logits, before)
    assert twin.device == torch.device("cpu")


# Pictures in


def test_pictures_of_any_shape_become_inputs_of_the_networks_own() -> None:
    net = Network(tiny(), (3, 8, 12))
    image = np.full((50, 40, 3), 124, np.uint8)
    picture, placement = net.view(image)
    assert picture.shape == (8, 12, 3)
    assert (placement.left, placement.width) == (0, 40)
    assert placement.height == pytest.approx(40 * 8 / 12, abs=1)
    x = net.prepare(image)
    assert x.shape == (3, 8, 12)
    assert x[0] == pytest.approx((124 / 255 - 0.485) / 0.229, abs=1e-5)
    assert torch.equal(x, net.normalise(picture))


@pytest.mark.parametrize("channels", [1, 4])
def test_grey_and_transparent_inputs_are_made_of_colour_pictures(channels: int) -> None:
    net = Network(nn.Conv2d(channels, 2, 1), (channels, 6, 5))
    x = net.prepare(np.full((9, 9, 3), 51, np.uint8))
    assert x.shape == (channels, 6, 5)
    assert x[0] == pytest.approx(0.2)
    assert x[-1] == pytest.approx(0.2 if channels == 1 else 1.0)
