"""The zoo's networks, weights at random, against captum: to 1e-5 of the largest value.

captum hangs its rules on ReLU modules, so it is an oracle only where every ReLU is one. Where a
network calls functions instead, the oracle is captum on a copy in which each call is a module.
"""

from __future__ import annotations

import copy
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
import torch
import torchvision
from captum.attr import (
    Deconvolution,
    GuidedBackprop,
    LayerAttribution,
    LayerGradCam,
    NeuronGuidedBackprop,
    Occlusion,
    Saliency,
)
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from deepvis_app.explain import attribute, defined, gradcam_layer, rule
from deepvis_app.nets import Network, Unit
from deepvis_app.nets.taps import hook_count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = [
    pytest.mark.slow(seconds=10),
    pytest.mark.filterwarnings("ignore::UserWarning"),  # captum's, of its hooks
    pytest.mark.timeout(600),
]

CLASS = 281
# Name, side of the input, and a convolution in the middle.
WITH_MODULES = [
    ("alexnet", 224, "features.6"),
    ("vgg11", 224, "features.8"),
    ("squeezenet1_0", 224, "features.7.expand3x3"),
    ("resnet18", 224, "layer3.0.conv1"),
]
WITH_FUNCTIONS = [
    ("googlenet", 224, "inception4a.branch2.1.conv"),
    ("inception_v3", 299, "Mixed_6b.branch7x7_2.conv"),
    ("densenet121", 224, "features.denseblock3.denselayer1.conv1"),
]


def zoo(name: str) -> nn.Module:
    """Return a network with seeded weights whose activations neither vanish nor explode."""
    torch.manual_seed(0)
    options: dict[str, Any] = {}
    if name in ("googlenet", "inception_v3"):
        options = {"init_weights": False, "aux_logits": False}
    module: nn.Module = torchvision.models.get_model(name, weights=None, **options).eval()
    for part in module.modules():
        if isinstance(part, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(part.weight, nonlinearity="relu")
    return module.requires_grad_(False)


def picture(side: int) -> Tensor:
    return torch.randn(1, 3, side, side, generator=torch.Generator().manual_seed(5))


def close(found: Tensor, right: Tensor) -> None:
    peak = float(right.abs().max())
    assert peak > 0
    assert float((found - right).abs().max()) <= 1e-5 * peak


class _Modules(TorchFunctionMode):
    """Sends the n-th call of a functional ReLU to the n-th of its own modules."""

    def __init__(self, relus: nn.ModuleList) -> None:
        super().__init__()
        self._relus, self._inside = relus, False
        self.calls = 0

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if getattr(func, "__name__", "") not in ("relu", "relu_"):
            return func(*args, **(kwargs or {}))
        if self.calls == len(self._relus):
            self._relus.append(nn.ReLU())
        self.calls += 1
        return self._relus[self.calls - 1](args[0])  # the mode is off in here


class Reference(nn.Module):
    """A copy of a network in which every ReLU, function or module, is a module of its own."""

    def __init__(self, module: nn.Module, x: Tensor) -> None:
        super().__init__()
        self.module = copy.deepcopy(module)
        for part in list(self.module.modules()):
            for name, child in part.named_children():
                if isinstance(child, nn.ReLU):
                    setattr(part, name, _Called())
        self.relus = nn.ModuleList()
        with torch.no_grad():
            self(x)

    def forward(self, x: Tensor) -> Tensor:
        with _Modules(self.relus):
            return self.module(x)


class _Called(nn.Module):
    """A ReLU that is no nn.ReLU, so that captum hangs no rule on it."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(x)


def compare(
    network: Network, oracle: nn.Module, find: Callable[[str], nn.Module], path: str, x: Tensor
) -> None:
    """Compare gradient, deconvnet, guided (class and hidden unit) and Grad-CAM."""
    unit = Unit(network.output_layer or "", CLASS)
    leaf = x.clone().requires_grad_()
    right = Saliency(oracle).attribute(leaf, CLASS, abs=False)
    close(attribute(network, x, unit, "gradient", "logit"), right)
    right = Deconvolution(oracle).attribute(leaf, CLASS)
    close(attribute(network, x, unit, "deconv", "logit"), right)
    right = GuidedBackprop(oracle).attribute(leaf, CLASS)
    close(attribute(network, x, unit, "guided", "logit"), right)
    right = NeuronGuidedBackprop(oracle, find(path)).attribute(leaf, (3, 5, 4))
    close(attribute(network, x, Unit(path, 3), "guided", (5, 4)), right)
    weighed = find(gradcam_layer(network, unit.layer))
    small = LayerGradCam(oracle, weighed).attribute(leaf, CLASS, relu_attributions=True)
    right = LayerAttribution.interpolate(small, tuple(x.shape[2:]), "bilinear")
    close(attribute(network, x, unit, "gradcam", "logit"), right)
    assert hook_count(network.module) == 0


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Sums in one order, and no other test's threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize(("name", "side", "path"), WITH_MODULES)
def test_networks_whose_relus_are_modules(name: str, side: int, path: str) -> None:
    module, x = zoo(name), picture(side)
    network = Network(module, (3, side, side), name=name)
    oracle = copy.deepcopy(module)
    compare(network, oracle, oracle.get_submodule, path, x)
    settings = {"patch": 96, "stride": 64, "fill": "mean"}
    cover = x.mean((2, 3), keepdim=True).expand_as(x)
    right = Occlusion(oracle).attribute(x, (3, 96, 96), (3, 64, 64), cover, target=CLASS)
    unit = Unit(network.output_layer or "", CLASS)
    close(attribute(network, x, unit, "occlusion", "logit", **settings), right[:, :1])


@pytest.mark.parametrize(("name", "side", "path"), WITH_FUNCTIONS)
def test_networks_whose_relus_are_functions(name: str, side: int, path: str) -> None:
    module, x = zoo(name), picture(side)
    network = Network(module, (3, side, side), name=name)
    reference = Reference(module, x)
    with torch.no_grad():
        assert torch.equal(reference(x), module(x))
    with rule("guided") as report:
        network.forward(x)
    assert report.relus == len(reference.relus) > 50
    compare(network, reference, reference.module.get_submodule, path, x)
    # This is what the references are for: captum on the network itself is wrong.
    unit, leaf = Unit(network.output_layer or "", CLASS), x.clone().requires_grad_()
    wrong = GuidedBackprop(copy.deepcopy(module)).attribute(leaf, CLASS)
    found = attribute(network, x, unit, "guided", "logit")
    assert float((found - wrong).abs().max()) > 0.05 * float(found.abs().max())


@pytest.mark.slow(seconds=25)
def test_what_is_defined_across_the_zoo() -> None:
    for name, activation in {"mobilenet_v2": "ReLU6", "efficientnet_b0": "SiLU"}.items():
        network = Network(zoo(name), (3, 64, 64), name=name)
        told = defined(network, "guided")
        assert told.endswith(f"{name} has none: its activation is {activation}")
        assert defined(network, "gradcam") == ""
        assert gradcam_layer(network, network.output_layer or "")
    counts = Counter(
        defined(Network(zoo(name), (3, 96, 96), name=name), method) == ""
        for name in ("alexnet", "vgg11", "squeezenet1_0")
        for method in ("guided", "deconv", "deeplift", "lrp", "shapley")
    )
    assert counts == {True: 15}
