"""Seeds, the way back through layers, and what is left untouched."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from deepvis_app.errors import UserError
from deepvis_app.explain import (
    Explanation,
    Method,
    Seed,
    attribute,
    explain_pass,
    needed_layers,
    rule,
)
from deepvis_app.nets import Network, Unit
from deepvis_app.nets.taps import hook_count


def explained(
    network: Network,
    x: Tensor,
    unit: Unit,
    method: str = "gradient",
    seed: str | tuple[int, int] = "map",
    layers: tuple[str, ...] = (),
) -> Explanation:
    """Go the way that the live loop goes."""
    x = x[:1].clone().requires_grad_()
    with rule(method):
        forward = network.forward(x, [*needed_layers(network, unit, method), *layers])
    return explain_pass(network, x, forward, unit, method, seed, layers)


def test_what_is_no_number_is_said_to_be(plain: Network, x: Tensor) -> None:
    bad = torch.full_like(x, float("nan"))
    for method in ("gradient", "gradient-x-input"):
        found = explained(plain, bad, Unit("relus.0", 2), method, seed="map")
        assert not torch.tensor(found.map).isfinite().any()
        assert found.empty.startswith("The unit gives NaN or infinity on this picture"), method


def test_seeds_are_what_they_say(plain: Network, reference: nn.Module, x: Tensor) -> None:
    def right(score: object) -> tuple[float, Tensor]:
        leaf = x[:1].clone().requires_grad_()
        a = reference.relus[0](reference.first(leaf))[0, 2]  # type: ignore[operator]
        value = score(a)  # type: ignore[operator]
        return value.item(), torch.autograd.grad(value, leaf)[0][0]

    unit = Unit("relus.0", 2)
    cases = {
        "map": lambda a: (a**2).sum() / 2,
        "max": lambda a: a.max(),
        "sum": lambda a: a.sum(),
        (4, 6): lambda a: a[4, 6],
        "4,6": lambda a: a[4, 6],
    }
    for seed, score in cases.items():
        value, gradient = right(score)
        found = explained(plain, x, unit, seed=seed)
        assert found.score == pytest.approx(value, rel=1e-5)
        torch.testing.assert_close(torch.tensor(found.map), gradient)
        assert found.map.any()
        assert found.empty == ""
    value, gradient = right(lambda a: a[4, 6] ** 2 / 2)
    found = explained(plain, x, Unit("relus.0", 2, (4, 6)))
    assert found.score == pytest.approx(value, rel=1e-5)
    torch.testing.assert_close(torch.tensor(found.map), gradient)


def test_the_way_through_every_layer(network: Network, reference: nn.Module, x: Tensor) -> None:
    names = ("first", "second", "hidden", "head")
    found = explained(network, x, Unit("hidden", 3), "guided", "sum", names)
    # By hand, with the rule of guided backprop at each ReLU.
    first = reference.first(x[:1]).requires_grad_()
    second = reference.second(first.relu()).detach().requires_grad_()
    hidden = reference.hidden(reference.pool(second.relu()).flatten(1))
    (to_second,) = torch.autograd.grad(hidden[0, 3], second)
    to_second = to_second.clamp_min(0) * (second > 0)
    again = reference.second(first.relu())
    (to_first,) = torch.autograd.grad(again, first, to_second)
    to_first = to_first.clamp_min(0)
    torch.testing.assert_close(found.layers["second"], to_second[0])
    torch.testing.assert_close(found.layers["first"], to_first[0])
    assert found.layers["second"].any()
    one = torch.zeros(12, 1, 1)
    one[3] = 1
    assert torch.equal(found.layers["hidden"], one)
    assert found.layers["head"].shape == (5, 1, 1)
    assert not found.layers["head"].any()  # above the origin
    plain = explained(network, x, Unit("hidden", 3), "guided", "sum")
    assert (plain.map == found.map).all()


class Tokens(nn.Module):
    """A picture as 4 × 4 tokens that attend to each other."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.patches = nn.Conv2d(3, 8, 4, stride=4)
        self.block = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, activation="relu")
        self.norm = nn.LayerNorm(8)
        self.head = nn.Linear(8, 3)

    def forward(self, x: Tensor) -> Tensor:
        tokens = self.patches(x).flatten(2).transpose(1, 2)
        return self.head(self.norm(self.block(tokens)).mean(1))


def test_tokens_are_explained_as_maps() -> None:
    module = Tokens().eval()
    network = Network(module, (3, 16, 16))
    x = torch.randn(1, 3, 16, 16, generator=torch.Generator().manual_seed(1))
    leaf = x.clone().requires_grad_()
    tokens = module.norm(module.block(module.patches(leaf).flatten(2).transpose(1, 2)))
    (right,) = torch.autograd.grad(tokens[0, 1 * 4 + 2, 5], leaf)
    found = explained(network, x, Unit("norm", 5), seed=(1, 2), layers=("norm", "patches"))
    torch.testing.assert_close(torch.tensor(found.map), right[0], rtol=1e-4, atol=1e-6)
    one = torch.zeros(8, 4, 4)
    one[5, 1, 2] = 1
    assert torch.equal(found.layers["norm"], one)
    assert found.layers["patches"].shape == (8, 4, 4)
    assert found.layers["patches"].any()
    cam = explained(network, x, Unit("head", 1), "gradcam", "logit")
    assert cam.map.shape == (1, 16, 16)
    with rule("guided") as report:
        network.forward(x.requires_grad_())
    assert report.relus == 1


def test_weights_get_no_gradients_and_nothing_is_left(network: Network, x: Tensor) -> None:
    module = network.module
    computed: list[str] = []
    for place, parameter in enumerate(module.parameters()):
        parameter.requires_grad_(place % 2 == 0)
        if parameter.requires_grad:
            parameter.register_hook(lambda _, place=place: computed.append(str(place)))
    before = [p.requires_grad for p in module.parameters()]
    for method in Method:
        explained(network, x, Unit("head", 1), method.value, "logit")
        attribute(network, x, Unit("second", 1), method, "max")
    assert not computed
    assert [p.requires_grad for p in module.parameters()] == before
    assert all(p.grad is None for p in module.parameters())
    assert hook_count(module) == 0
    assert not any(m._forward_pre_hooks or m._backward_hooks for m in module.modules())


def test_methods_may_change_at_every_frame(network: Network, x: Tensor) -> None:
    unit = Unit("head", 4)
    alone = {m: explained(network, x, unit, m.value, "logit").map for m in Method}
    assert not (alone[Method.GUIDED] == alone[Method.DECONV]).all()
    assert not (alone[Method.GUIDED] == alone[Method.GRADIENT]).all()
    for turn in range(60):
        method = list(Method)[turn * 7 % 5]
        found = explained(network, x, unit, method.value, "logit")
        assert (found.map == alone[method]).all()
    assert hook_count(network.module) == 0


def test_a_batch_is_each_picture_by_itself(plain: Network, x: Tensor) -> None:
    for method in ("guided", "gradcam", "gradient-x-input"):
        both = attribute(plain, x, Unit("head", 0), method)
        each = [attribute(plain, one, Unit("head", 0), method) for one in x]
        torch.testing.assert_close(both, torch.stack(each))
        assert both.dtype == torch.float32


def test_it_works_without_gradients_around(plain: Network, x: Tensor) -> None:
    right = attribute(plain, x, Unit("head", 0), "guided")
    with torch.no_grad():
        assert torch.equal(attribute(plain, x, Unit("head", 0), "guided"), right)
    with torch.inference_mode():
        found = attribute(plain, x.clone(), Unit("head", 0), "guided")
    assert torch.equal(found, right)


class Hasty(nn.Module):
    """Writes its own input."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x: Tensor) -> Tensor:
        x.mul_(2.0)
        return self.conv(x).mean((2, 3))


def test_a_network_that_writes_its_input(x: Tensor) -> None:
    module = Hasty()
    network = Network(module, (3, 12, 10))
    given = x.clone()
    found = attribute(network, x, Unit("conv", 1), seed="sum")
    assert torch.equal(x, given)
    leaf = x.clone().requires_grad_()
    (right,) = torch.autograd.grad(module.conv(leaf * 2.0)[:, 1].sum(), leaf)
    torch.testing.assert_close(found, right)


def test_unknown_units_are_told(plain: Network, x: Tensor) -> None:
    for unit, seed, message in (
        (Unit("first", 6), "map", "first has no unit 6. Its units are 0 to 5"),
        (Unit("firts", 0), "map", "has no layer 'firts'. Use first"),
        (Unit("first", 0), "12,0", "have no place 12,0. Places go from 0,0 to 11,9"),
        (Unit("first", 0, (0, 10)), "map", "have no place 0,10"),
        (Unit("first", 0), "logit", "is no class"),
        (Unit("head", 0), "peak", "There is no seed 'peak'"),
    ):
        with pytest.raises(UserError, match=message.replace("(", r"\(")):
            attribute(plain, x, unit, seed=seed)


def test_seeds_are_read_back() -> None:
    for text in ("map", "max", "sum", "logit", "3,5"):
        assert str(Seed.parse(text)) == text
    assert Seed.parse((3, 5)) == Seed.parse("(3, 5)") == Seed.parse(Seed.parse("3,5"))


class Gate(nn.Module):
    """Unit 0 of `top` sees the picture through a ReLU that `bias` opens or shuts."""

    def __init__(self, bias: float, sign: float = 1.0) -> None:
        super().__init__()
        self.low = nn.Conv2d(1, 1, 1)
        self.low.weight.data.fill_(1.0)
        self.low.bias.data.fill_(bias)  # type: ignore[union-attr]
        self.relu = nn.ReLU()
        self.top = nn.Conv2d(1, 2, 1)
        self.top.weight.data.fill_(sign)
        self.top.bias.data.fill_(1.0)  # type: ignore[union-attr]
        self.last = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.top(self.relu(self.low(x)))).mean((2, 3))


def test_an_empty_map_says_why() -> None:
    x = torch.ones(1, 1, 2, 2)
    shut = Network(Gate(-5.0), (1, 2, 2))
    found = explained(shut, x, Unit("top", 0), "gradient", "max")
    assert not found.map.any()
    assert found.score == 1.0
    for method in ("gradient", "guided"):  # no rule is to blame: the gradient itself is zero
        found = explained(shut, x, Unit("top", 0), method, "max")
        assert found.empty.startswith("The gradient is zero everywhere on this picture")
    silent = explained(shut, x, Unit("relu", 0), "gradient", "map")
    assert "silent" in silent.empty
    against = Network(Gate(0.0, -0.1), (1, 2, 2))
    found = explained(against, x, Unit("top", 0), "guided", "max")
    assert "against" in found.empty
    assert explained(against, x, Unit("top", 0), "gradient", "max").empty == ""
    assert "weighed" in explained(against, x, Unit("top", 0), "gradcam", "max").empty
    grey = explained(Network(Gate(1.0), (1, 2, 2)), 0 * x, Unit("top", 0), "gradient-x-input")
    assert "mean colour" in grey.empty


def test_a_unit_that_sees_nothing_of_the_picture() -> None:
    class Deaf(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(1, 2, 1)

        def forward(self, x: Tensor) -> Tensor:
            return self.conv(x.detach()).mean((2, 3))

    module = Deaf().requires_grad_(False)
    found = explained(Network(module, (1, 2, 2)), torch.ones(1, 1, 2, 2), Unit("conv", 0))
    assert (
        "Deaf itself cuts gradients (no_grad, detach, rounding or the like) before" in found.empty
    )
    assert "occlusion" in found.empty
