"""Gradient, deconvnet, guided and Grad-CAM against captum, and against sums done by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from captum.attr import (
    Deconvolution,
    GuidedBackprop,
    InputXGradient,
    LayerAttribution,
    LayerGradCam,
    NeuronDeconvolution,
    NeuronGradient,
    NeuronGuidedBackprop,
    Saliency,
)
from torch import Tensor, nn

from deepvis_app.errors import UserError
from deepvis_app.explain import METHODS, Method, attribute, caveat, defined, rule
from deepvis_app.nets import Network, Unit
from deepvis_app.nets.taps import hook_count

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # captum's, of its hooks


def close(found: Tensor, right: Tensor) -> None:
    """Agree to 1e-5 of the largest value, which must not be zero."""
    peak = float(right.abs().max())
    assert peak > 0
    assert float((found - right).abs().max()) <= 1e-5 * peak


CLASSES: dict[str, Callable[[nn.Module, Tensor, int], Tensor]] = {
    "gradient": lambda net, x, k: Saliency(net).attribute(x, k, abs=False),
    "gradient-x-input": lambda net, x, k: InputXGradient(net).attribute(x, k),
    "deconv": lambda net, x, k: Deconvolution(net).attribute(x, k),
    "guided": lambda net, x, k: GuidedBackprop(net).attribute(x, k),
}


@pytest.mark.parametrize("method", CLASSES)
def test_a_class_as_captum_has_it(
    network: Network, reference: nn.Module, x: Tensor, method: str
) -> None:
    hooks = hook_count(network.module)
    found = attribute(network, x, Unit("head", 2), method, "logit")
    close(found, CLASSES[method](reference, x.clone().requires_grad_(), 2))
    close(attribute(network, x[1], Unit("head", 2), method, "sum"), found[1])
    assert hook_count(network.module) == hooks == 0


NEURONS = {
    "gradient": NeuronGradient,
    "deconv": NeuronDeconvolution,
    "guided": NeuronGuidedBackprop,
}


@pytest.mark.parametrize("method", NEURONS)
def test_a_hidden_unit_as_captum_has_it(
    network: Network, reference: nn.Module, x: Tensor, method: str
) -> None:
    captum = NEURONS[method](reference, reference.get_submodule("second"))
    right = captum.attribute(x.clone().requires_grad_(), (4, 3, 2))
    close(attribute(network, x, Unit("second", 4), method, (3, 2)), right)
    close(attribute(network, x, Unit("second", 4, (3, 2)), method, "max"), right)


def test_gradcam_as_captum_has_it(network: Network, reference: nn.Module, x: Tensor) -> None:
    captum = LayerGradCam(reference, reference.get_submodule("second"))
    small = captum.attribute(x.clone().requires_grad_(), 1, relu_attributions=True)
    right = LayerAttribution.interpolate(small, (12, 10), "bilinear")
    found = attribute(network, x, Unit("head", 1), "gradcam", "logit", layer="second")
    assert found.shape == (2, 1, 12, 10)
    close(found, right)
    # Unasked, it weighs the deepest layer with maps.
    pool = LayerGradCam(reference, reference.get_submodule("pool"))
    small = pool.attribute(x.clone().requires_grad_(), 1, relu_attributions=True)
    right = LayerAttribution.interpolate(small, (12, 10), "bilinear")
    close(attribute(network, x, Unit("head", 1), "gradcam", "logit"), right)


class ByHand(nn.Module):
    """y = 2 relu(x0 + x1) - 3 relu(x0 - x1), x the two values of a 1 × 1 × 2 picture."""

    def __init__(self) -> None:
        super().__init__()
        self.mix = nn.Conv2d(1, 2, (1, 2), bias=False)
        self.mix.weight.data = torch.tensor([[[[1.0, 1.0]]], [[[1.0, -1.0]]]])
        self.relu = nn.ReLU()
        self.out = nn.Linear(2, 2, bias=False)
        self.out.weight.data = torch.tensor([[2.0, -3.0], [1.0, 1.0]])

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.relu(self.mix(x)).flatten(1))


@pytest.mark.parametrize(
    ("picture", "gradient", "deconv", "guided"),
    [
        # Both ReLUs on: 2 (1, 1) - 3 (1, -1). Rules let the positive 2 through alone.
        ((5.0, 1.0), (-1.0, 5.0), (2.0, 2.0), (2.0, 2.0)),
        # The first off: only -3 (1, -1) is left; deconvnet does not ask whether it is on.
        ((1.0, -5.0), (-3.0, 3.0), (2.0, 2.0), (0.0, 0.0)),
        # The second off: 2 (1, 1).
        ((1.0, 5.0), (2.0, 2.0), (2.0, 2.0), (2.0, 2.0)),
    ],
)
def test_the_rules_by_hand(
    picture: tuple[float, float],
    gradient: tuple[float, float],
    deconv: tuple[float, float],
    guided: tuple[float, float],
) -> None:
    network = Network(ByHand(), (1, 1, 2))
    x = torch.tensor(picture).view(1, 1, 2)
    for method, right in (("gradient", gradient), ("deconv", deconv), ("guided", guided)):
        found = attribute(network, x, Unit("out", 0), method, "logit")
        assert tuple(found.flatten().tolist()) == right
    product = attribute(network, x, Unit("out", 0), "gradient-x-input", "logit")
    assert tuple(product.flatten().tolist()) == tuple(
        g * v for g, v in zip(gradient, picture, strict=True)
    )


def test_the_rule_counts_relus(network: Network, x: Tensor) -> None:
    for method, met in (("guided", 3), ("deconv", 3), ("gradient", 0), ("gradcam", 0)):
        with rule(method) as report:
            network.forward(x.clone().requires_grad_(), ["head"])
        assert report.relus == met


class Smooth(nn.Module):
    def __init__(self, *activations: nn.Module) -> None:
        super().__init__()
        convolutions = [nn.Conv2d(3, 3, 3, padding=1) for _ in activations]
        pairs = zip(convolutions, activations, strict=True)
        self.body = nn.Sequential(*(part for pair in pairs for part in pair))

    def forward(self, x: Tensor) -> Tensor:
        return self.body(x).mean((2, 3))


def test_rules_are_not_defined_without_relus(x: Tensor) -> None:
    network = Network(Smooth(nn.GELU(), nn.ReLU6()), (3, 12, 10), name="Smooth")
    for method in ("guided", "deconv"):
        assert "Smooth has none: its activation is GELU and ReLU6" in defined(network, method)
        with pytest.raises(UserError, match="GELU"):
            attribute(network, x, Unit("body.1", 0), method)
    for method in ("gradient", "gradient-x-input", "gradcam"):
        assert defined(network, method) == ""
    assert "GELU" in defined(network, "deeplift")


def test_mixed_activations_are_told(plain: Network) -> None:
    network = Network(Smooth(nn.SiLU(), nn.ReLU()), (3, 12, 10), name="Mixed")
    assert defined(network, "guided") == ""
    assert "also has SiLU" in caveat(network, "guided")
    assert caveat(network, "gradient") == caveat(plain, "guided") == ""


def test_a_network_without_maps_has_no_gradcam() -> None:
    network = Network(nn.Sequential(nn.Flatten(), nn.Linear(12, 3)), (3, 2, 2), name="Flat")
    assert "no layer with maps" in defined(network, "gradcam")


def test_gradcam_of_the_first_layer_says_so(plain: Network, x: Tensor) -> None:
    with pytest.raises(UserError, match="No layer with maps comes before first"):
        attribute(plain, x, Unit("first", 0), "gradcam")


def test_wrong_names_are_told(plain: Network, x: Tensor) -> None:
    with pytest.raises(UserError, match=r"no method 'guide'.*guided"):
        attribute(plain, x, Unit("head", 0), "guide")
    with pytest.raises(UserError, match=r"guided has no option 'layer'. Leave it out"):
        attribute(plain, x, Unit("head", 0), "guided", layer="first")


def test_every_method_tells_what_it_is() -> None:
    for method in Method:
        assert method.title
        assert method.sentence.endswith(").")
        assert method.value in METHODS
