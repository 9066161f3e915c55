"""A unit held at a value: what comes behind is as with a hook that one writes by hand."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, NamedTuple

import pytest
import torch
from torch import Tensor, nn

from deepvis_app.errors import UserError
from deepvis_app.nets import Network, Unit, load_network
from deepvis_app.nets.taps import hook_count

if TYPE_CHECKING:
    from collections.abc import Callable


def noise(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


class Plain(nn.Module):
    """Convolution, ReLU in place, concatenation, a shared module, a linear layer."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first = nn.Conv2d(3, 6, 3, padding=1)
        self.relu = nn.ReLU(inplace=True)
        self.shared = nn.Conv2d(6, 6, 1)
        self.beside = nn.Conv2d(6, 4, 1)
        self.join = Join()
        self.head = nn.Linear(10, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu(self.first(x))
        x = self.shared(x)
        x = self.shared(torch.tanh(x))
        x = self.join(x, self.beside(x))
        return self.head(x.mean((2, 3)))


class Join(nn.Module):
    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        return torch.cat([a, b], 1)


def by_hand(
    module: nn.Module, part: nn.Module, call: int, index: int, value: float, x: Tensor
) -> Tensor:
    """Run with the hook that one would write: clone, overwrite a channel, hand on."""
    calls = 0

    def hook(_module: nn.Module, _args: object, output: Tensor) -> Tensor | None:
        nonlocal calls
        calls += 1
        if calls != call:
            return None
        output = output.clone()
        output[:, index] = value
        return output

    handle = part.register_forward_hook(hook)
    try:
        with torch.no_grad():
            found: Tensor = module(x)
            return found
    finally:
        handle.remove()


@pytest.mark.parametrize("value", [0.0, 1.5])
@pytest.mark.parametrize(
    ("layer", "name", "call", "index"),
    [
        ("first", "first", 1, 2),
        ("relu", "relu", 1, 4),
        ("shared", "shared", 1, 1),
        ("shared:2", "shared", 2, 1),
        ("join", "join", 1, 7),
        ("head", "head", 1, 3),
    ],
)
@pytest.mark.parametrize("grad", [False, True])
def test_it_is_as_with_a_hook_by_hand(
    layer: str, name: str, call: int, index: int, value: float, grad: bool
) -> None:
    module = Plain().eval()
    net, x = Network(module, (3, 8, 8)), noise(2, 3, 8, 8)
    bare = module(x.clone())
    expected = by_hand(module, getattr(module, name), call, index, value, x)
    with torch.set_grad_enabled(grad), net.ablated(Unit(layer, index), value):
        for _ in range(2):  # the second pass counts calls anew
            found = net.forward(x, [layer, "head"])
            assert found.logits is not None
            torch.testing.assert_close(found.logits, expected)
            assert (found.activations[layer][:, index] == value).all()
    assert not torch.allclose(expected, bare)
    assert hook_count(module) == 0
    torch.testing.assert_close(net.forward(x).logits, bare)


def test_other_units_of_the_layer_stay() -> None:
    module = Plain().eval()
    net, x = Network(module, (3, 8, 8)), noise(1, 3, 8, 8)
    bare = net.activations(x, ["shared:2"])["shared:2"]
    with net.ablated(Unit("shared:2", 0)):
        held = net.activations(x, ["shared:2"])["shared:2"]
    assert (held[:, 0] == 0).all()
    torch.testing.assert_close(held[:, 1:], bare[:, 1:])


def test_gradients_go_through_what_is_left() -> None:
    module = Plain().eval()
    net, x = Network(module, (3, 8, 8)), noise(1, 3, 8, 8).requires_grad_()
    with net.ablated(Unit("relu", 1), 0.7):
        logits = net.forward(x).logits
    assert logits is not None
    (found,) = torch.autograd.grad(logits[0, 2], x)
    y = module.first(x).relu()
    y = torch.cat([y[:, :1], torch.full_like(y[:, 1:2], 0.7), y[:, 2:]], 1)
    y = module.shared(torch.tanh(module.shared(y)))
    y = module.head(torch.cat([y, module.beside(y)], 1).mean((2, 3)))
    (expected,) = torch.autograd.grad(y[0, 2], x)
    torch.testing.assert_close(found, expected)


class Ignored(nn.Module):
    """Goes on with what a ReLU in place has written, not with what it returns."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first, self.relu = nn.Conv2d(3, 4, 1), nn.ReLU(inplace=True)
        self.head = nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x)
        self.relu(x)
        return self.head(x.mean((2, 3)))


def test_who_goes_on_with_the_input_of_a_relu_in_place_sees_it_too() -> None:
    module = Ignored().eval()
    net, x = Network(module, (3, 8, 8)), noise(1, 3, 8, 8)
    with torch.no_grad():
        y = module.first(x).relu()
        y[:, 2] = 0.25
        expected = module.head(y.mean((2, 3)))
    with torch.no_grad(), net.ablated(Unit("relu", 2), 0.25):
        torch.testing.assert_close(net.forward(x).logits, expected)


class Residual(nn.Module):
    """A unit that passes on its input as it is, which goes on beside it as well."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first, self.norm = nn.Conv2d(3, 4, 1), nn.Flatten(2)
        self.head = nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x)
        return self.head(self.norm(x).mean(2) + x.amax((2, 3)))


def test_a_view_of_a_value_leaves_the_value_alone() -> None:
    module = Residual().eval()
    net, x = Network(module, (3, 8, 8)), noise(1, 3, 8, 8)
    names = [info.name for info in net.layers]
    if "norm" not in names:  # it goes by the name of what it views
        names.append("first")
    layer = "norm" if "norm" in [info.name for info in net.layers] else "first"
    with torch.no_grad():
        y = module.first(x)
        flat, beside = y.flatten(2).clone(), y.clone()
        flat[:, 1] = 0
        if layer == "first":
            beside[:, 1] = 0
        expected = module.head(flat.mean(2) + beside.amax((2, 3)))
    with torch.no_grad(), net.ablated(Unit(layer, 1)):
        torch.testing.assert_close(net.forward(x).logits, expected)


class Block(nn.Module):
    """Hands on what its ReLU gives, by whose own name others go on with it."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.relu = nn.Conv2d(3, 3, 1), nn.ReLU()
        self.kept: Tensor | None = None

    def forward(self, x: Tensor) -> Tensor:
        self.kept = self.relu(self.conv(self.relu(x)))
        return self.kept


class Skipping(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.block, self.head = Block(), nn.Linear(6, 2)

    def forward(self, x: Tensor) -> Tensor:
        y = self.block(x)
        assert self.block.kept is not None
        return self.head(torch.cat([y, self.block.kept], 1).mean((2, 3)))


def test_the_same_values_under_another_name_are_held_too() -> None:
    module = Skipping().eval()
    net, x = Network(module, (3, 8, 8)), noise(1, 3, 8, 8)
    with torch.no_grad():
        y = module.block(x).clone()
        y[:, 1] = 2.0
        expected = module.head(torch.cat([y, y], 1).mean((2, 3)))
    with torch.no_grad(), net.ablated(Unit("block", 1), 2.0):
        torch.testing.assert_close(net.forward(x).logits, expected)


class Pair(NamedTuple):
    a: Tensor
    b: Tensor


class Parts(nn.Module):
    """Gives a tuple, a named tuple or a dict."""

    def __init__(self, make: Callable[[Tensor, Tensor], object]) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.make, self.a, self.b = make, nn.Conv2d(3, 4, 1), nn.Conv2d(3, 4, 3, padding=1)

    def forward(self, x: Tensor) -> object:
        return self.make(torch.tanh(self.a(x)), torch.sigmoid(self.b(x)))


class OfParts(nn.Module):
    def __init__(self, make: Callable[[Tensor, Tensor], object]) -> None:
        super().__init__()
        self.parts, self.head = Parts(make), nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        given = self.parts(x)
        a, b = given.values() if isinstance(given, dict) else given
        return self.head((a + 2 * b).mean((2, 3)))


@pytest.mark.parametrize(
    ("make", "layer"),
    [
        (lambda a, b: (a, b), "parts/1"),
        (lambda a, b: [a, b], "parts/1"),
        (Pair, "parts/1"),
        (lambda a, b: {"one": a, "two": b}, "parts/two"),
    ],
)
def test_a_part_of_an_output(make: Callable[[Tensor, Tensor], object], layer: str) -> None:
    module = OfParts(make).eval()
    net, x = Network(module, (3, 8, 8)), noise(1, 3, 8, 8)
    with torch.no_grad():
        a, b = torch.tanh(module.parts.a(x)), torch.sigmoid(module.parts.b(x))
        b[:, 3] = 0
        expected = module.head((a + 2 * b).mean((2, 3)))
    with torch.no_grad(), net.ablated(Unit(layer, 3)):
        torch.testing.assert_close(net.forward(x).logits, expected)


class Mixing(nn.Module):
    """Attention without a projection of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.value = nn.Linear(8, 8)

    def forward(self, x: Tensor) -> Tensor:
        return x + torch.softmax(x @ x.mT, -1) @ self.value(x)


class Tokens(nn.Module):
    """Patches as tokens (N, 1 + T, C), the first a class token, with a layer of attention."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.patch = nn.Conv2d(3, 8, 4, stride=4)
        self.start = nn.Parameter(torch.randn(1, 1, 8))
        self.block = Mixing()
        self.head = nn.Linear(8, 3)

    def forward(self, x: Tensor) -> Tensor:
        tokens = self.patch(x).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.start.expand(len(x), -1, -1), tokens], 1)
        return self.head(self.block(self.block(tokens)).mean(1))


def test_a_unit_of_tokens_is_held_at_all_places_and_the_class_token_stays() -> None:
    module = Tokens().eval()
    net, x = Network(module, (3, 16, 16)), noise(1, 3, 16, 16)
    assert {"block", "block/class", "block:2"} <= {info.name for info in net.layers}

    def expected(places: slice) -> Tensor:
        tokens = module.patch(x).flatten(2).transpose(1, 2)
        tokens = torch.cat([module.start, tokens], 1)
        tokens = module.block(tokens).clone()
        tokens[:, places, 5] = -0.5
        return module.head(module.block(tokens).mean(1))

    with torch.no_grad():
        for layer, places in (("block", slice(1, None)), ("block/class", slice(0, 1))):
            with net.ablated(Unit(layer, 5), -0.5):
                torch.testing.assert_close(net.forward(x).logits, expected(places))
            assert not torch.allclose(net.forward(x).logits, expected(places))


def test_other_threads_run_the_whole_network() -> None:
    module = Plain().eval()
    net, x = Network(module, (3, 8, 8)), noise(1, 3, 8, 8)
    with torch.no_grad():
        bare, found = module(x.clone()), []
    with torch.no_grad(), net.ablated(Unit("relu", 1), 5.0):
        net.forward(x)
        thread = threading.Thread(target=lambda: found.append(net.forward(x).logits))
        thread.start()
        thread.join()
    torch.testing.assert_close(found[0], bare)


def test_two_units_at_once() -> None:
    module = Plain().eval()
    net, x = Network(module, (3, 8, 8)), noise(1, 3, 8, 8)
    with torch.no_grad():
        y = module.first(x).relu()
        y[:, 0], y[:, 3] = 0.0, 1.0
        y = module.shared(torch.tanh(module.shared(y)))
        expected = module.head(torch.cat([y, module.beside(y)], 1).mean((2, 3)))
        with net.ablated(Unit("relu", 0)), net.ablated(Unit("relu", 3), 1.0):
            torch.testing.assert_close(net.forward(x).logits, expected)


def test_it_comes_off_after_an_error() -> None:
    module = Plain().eval()
    net, x = Network(module, (3, 8, 8)), noise(1, 3, 8, 8)
    bare = module(x.clone())
    with pytest.raises(RuntimeError, match="stop"), net.ablated(Unit("first", 0)):
        raise RuntimeError("stop")
    assert hook_count(module) == 0
    assert not any(m._forward_pre_hooks for m in module.modules())
    torch.testing.assert_close(net.forward(x).logits, bare)
    with pytest.raises(UserError, match="has no unit 6"):
        net.ablated(Unit("first", 6))


def test_the_bundled_network_answers_to_what_is_left() -> None:
    net = load_network("pocket")
    x = noise(1, *net.input_shape)
    module = net.module
    part = dict(module.named_modules())["conv3b"]
    expected = by_hand(module, part, 1, 11, 0.0, x)
    with torch.no_grad(), net.ablated(Unit("conv3b", 11)):
        torch.testing.assert_close(net.forward(x).logits, expected)
