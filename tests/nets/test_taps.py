"""Taps see true values, leave the network as it was, and always come off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from deepvis_app.errors import UserError
from deepvis_app.nets import Network
from deepvis_app.nets.taps import Site, Taps, evaluating, hook_count, tensors

if TYPE_CHECKING:
    from collections.abc import Callable


class Written(nn.Module):
    """Convolutions whose outputs are written in place in many ways."""

    def __init__(self, write: Callable[[Tensor, Tensor], Tensor]) -> None:
        super().__init__()
        self.write = write
        self.first = nn.Conv2d(3, 4, 3, padding=1)
        self.second = nn.Conv2d(4, 4, 3, padding=1)
        self.head = nn.Conv2d(4, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        first = self.first(x)
        return self.head(self.write(first, self.second(first))).mean((2, 3))


def by_base(first: Tensor, second: Tensor) -> Tensor:
    second[:, :2].zero_()
    return second + first


def by_view(first: Tensor, second: Tensor) -> Tensor:
    second.flatten(2).mul_(2.0)
    return second + first


def added(first: Tensor, second: Tensor) -> Tensor:
    second += first
    return F.relu(second, inplace=True)


def both(first: Tensor, second: Tensor) -> Tensor:
    first.mul_(2.0)
    return F.relu_(second) + first


WRITES = [by_base, by_view, added, both]


@pytest.fixture
def x() -> Tensor:
    return torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))


def written(write: Callable[[Tensor, Tensor], Tensor]) -> Written:
    torch.manual_seed(0)
    return Written(write).eval()


def truth(module: Written, x: Tensor) -> dict[str, Tensor]:
    first = module.first(x)
    return {"first": first, "second": module.second(first.clone())}


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("grad", [False, True])
def test_values_written_in_place_later_are_seen_as_they_were(
    write: Callable[[Tensor, Tensor], Tensor], grad: bool, x: Tensor
) -> None:
    module = written(write)
    net = Network(module, (3, 8, 8))
    with torch.set_grad_enabled(grad):
        result = net.forward(x, ["first", "second"])
        for name, value in truth(module, x).items():
            assert torch.equal(result.activations[name], value)
        assert torch.equal(result.logits, module(x))


@pytest.mark.parametrize("write", WRITES)
def test_kept_values_lie_on_the_way_to_the_output(
    write: Callable[[Tensor, Tensor], Tensor], x: Tensor
) -> None:
    module = written(write)
    result = Network(module, (3, 8, 8)).forward(x, ["second"])
    (slope,) = torch.autograd.grad(result.logits[:, 0].sum(), result.raw["second"])
    step = torch.randn_like(slope) * 1e-3
    second = truth(module, x)["second"]
    with torch.no_grad():  # the same by a finite difference
        far, near = (
            module.head(write(module.first(x), second + s)).mean((2, 3))[:, 0].sum()
            for s in (step, -step)
        )
    torch.testing.assert_close((slope * step).sum() * 2, far - near, rtol=2e-2, atol=1e-5)


class Sometimes(nn.Module):
    """Writes in place only on bright pictures, which the probe's noise is not."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 1)
        self.same = nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x)
        z = self.same(y * 1.0)
        return y.relu_() + z.sub_(1.0) if x.mean() > 1 else y + z


@pytest.mark.parametrize("grad", [False, True])
def test_an_unforeseen_write_is_noticed_and_healed(grad: bool) -> None:
    module = Sometimes().eval()
    net = Network(module, (1, 4, 4))
    x = torch.full((1, 1, 4, 4), 9.0)
    with torch.set_grad_enabled(grad):
        for _ in range(2):
            kept = net.forward(x, ["conv", "same"])
            assert torch.equal(kept.activations["conv"], module.conv(x))
            assert torch.equal(kept.activations["same"], module.conv(x))


class Aliased(nn.Module):
    """What `same` returns is also known as `y`, which is written later."""

    def __init__(self) -> None:
        super().__init__()
        self.same = nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        y = x * 2
        z = self.same(y)
        y.add_(1.0)
        return z.mean((2, 3))


@pytest.mark.parametrize("grad", [False, True])
def test_a_value_with_two_names_changes_neither_output_nor_tap(grad: bool) -> None:
    x = torch.rand(1, 2, 3, 3, requires_grad=grad)
    net = Network(Aliased(), (2, 3, 3))
    with torch.set_grad_enabled(grad):
        result = net.forward(x, ["same"])
    assert torch.equal(result.activations["same"], x * 2)
    assert torch.equal(result.logits, net.module(x))


def test_memory_is_only_copied_where_it_must_be(x: Tensor) -> None:
    module = written(added)
    net = Network(module, (3, 8, 8))
    given: list[Tensor] = []
    handle = module.second.register_forward_pre_hook(lambda _m, args: given.append(args[0]))
    with torch.no_grad():
        kept = net.forward(x, ["first", "second", "head"]).raw["first"]
    handle.remove()
    assert kept is given[0]
    assert {s.path for s in net._overwritten} == {"second"}


class Breaks(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 1)
        self.breaks = False

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x)
        if self.breaks:
            raise ZeroDivisionError("broken")
        return y


@pytest.mark.parametrize("fault", [ZeroDivisionError, KeyboardInterrupt])
def test_taps_come_off_whatever_happens(fault: type[BaseException], x: Tensor) -> None:
    module = Breaks()
    net = Network(module, (3, 8, 8))
    before = hook_count(module)
    module.breaks = True
    with pytest.raises(ZeroDivisionError):
        net.forward(x, ["conv"])
    assert hook_count(module) == before == 0
    taps = Taps(net._modules, [Site("conv")])
    with pytest.raises(fault), taps:
        raise fault_while(hook_count(module) == 1, fault)
    assert hook_count(module) == 0
    assert module.training


def fault_while(condition: bool, fault: type[BaseException]) -> BaseException:
    assert condition
    return fault()


def test_taps_that_cannot_all_be_set_leave_none() -> None:
    module = Breaks()
    with pytest.raises(KeyError), Taps({"conv": module.conv}, [Site("conv"), Site("none")]):
        pass
    assert hook_count(module) == 0


def test_stopping_early_runs_nothing_after_the_deepest_layer(x: Tensor) -> None:
    module = written(added)
    net = Network(module, (3, 8, 8))
    seen: list[str] = []
    handle = module.head.register_forward_hook(lambda *_: seen.append("head"))
    result = net.forward(x, ["first", "second"], stop_early=True)
    assert seen == []
    assert result.logits is None
    assert torch.equal(result.activations["second"], truth(module, x)["second"])
    net.forward(x, ["first", "second"])
    assert seen == ["head"]
    handle.remove()


class Swallows(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Conv2d(3, 2, 1)
        self.b = nn.Conv2d(2, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        try:
            return self.b(self.a(x))
        except Exception:  # noqa: BLE001 - what some models do
            return x


def test_a_models_own_except_does_not_catch_the_stop(x: Tensor) -> None:
    result = Network(Swallows(), (3, 8, 8)).forward(x, ["a"], stop_early=True)
    assert result.logits is None
    assert set(result.activations) == {"a"}


class Chooses(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.dim = nn.Conv2d(1, 2, 1)
        self.bright = nn.Conv2d(1, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.bright(x) if x.mean() > 1 else self.dim(x)


def test_a_layer_that_an_input_does_not_pass_is_named() -> None:
    net = Network(Chooses(), (1, 4, 4))
    with pytest.raises(UserError, match="did not run its layer dim"):
        net.forward(torch.full((1, 1, 4, 4), 5.0), ["dim"])


def test_every_module_gets_its_own_mode_back(x: Tensor) -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4), nn.Dropout(0.5)).train()
    module[1].eval()
    statistics = module[1].running_mean.clone()
    net = Network(module, (3, 8, 8))
    net.forward(x, ["2"])
    assert [m.training for m in module.modules()] == [True, True, False, True]
    assert torch.equal(module[1].running_mean, statistics)
    with pytest.raises(ValueError, match="any"), evaluating(module.modules()):
        raise ValueError("any" if not module.training else "still training")
    assert module.training


def test_reducers_see_fresh_values_and_spare_the_copy(x: Tensor) -> None:
    module = written(added)
    net = Network(module, (3, 8, 8))
    with torch.no_grad():
        result = net.forward(x, ["first"], reduce={"second": lambda maps: maps.mean((2, 3))})
        expected = truth(module, x)["second"].mean((2, 3))
    assert torch.equal(result.activations["second"], expected)
    assert set(result.raw) == {"first"}


def test_nested_outputs_are_found_by_their_keys() -> None:
    a, b, c = (torch.rand(1) for _ in range(3))
    found = dict(tensors({"x": (a, [b, None]), "y": {"z": c}, "n": 3}))
    assert found == {("x", 0): a, ("x", 1, 0): b, ("y", "z"): c}


class _Padded(nn.Module):
    """Calls its part by name, with what no module gives."""

    def __init__(self) -> None:
        super().__init__()
        self.part = nn.Conv2d(3, 4, 3)

    def forward(self, x: Tensor) -> Tensor:
        padded = F.pad(x, (1, 1, 1, 1), value=2.0)
        found = self.part(input=padded)
        padded.zero_()  # what the part was given is overwritten
        return self.part(found[:, :3])


def test_what_enters_a_module_is_tapped_whatever_becomes_of_it() -> None:
    torch.manual_seed(0)
    network = Network(_Padded().eval(), (3, 8, 8))
    x = torch.rand(1, 3, 8, 8)
    first = Site("part", 1, ("input",), enters=True)
    second = Site("part", 2, (0,), enters=True)
    with torch.no_grad():
        found = network.forward(x, ["part"], sites=(first, second))
        padded = F.pad(x, (1, 1, 1, 1), value=2.0)
        given = network.module.part(padded)
    assert torch.equal(found.at[first], padded)
    assert torch.equal(found.at[second], given[:, :3])
    assert torch.equal(found.activations["part"], given)
    assert hook_count(network.module) == 0


def test_a_site_that_is_not_passed_is_named() -> None:
    network = Network(_Padded().eval(), (3, 8, 8))
    with pytest.raises(UserError, match="did not run its layer part"):
        network.forward(torch.rand(1, 3, 8, 8), sites=(Site("part", 3, (0,), enters=True),))


def test_all_that_enters_and_leaves_is_heard_in_order() -> None:
    network = Network(_Padded().eval(), (3, 8, 8))
    heard: list[Site] = []
    with torch.no_grad():
        network.listened(torch.rand(1, 3, 8, 8), lambda site, _: heard.append(site))
    assert heard == [
        Site("", 1, (0,), enters=True),
        Site("part", 1, ("input",), enters=True),
        Site("part"),
        Site("part", 2, (0,), enters=True),
        Site("part", 2),
        Site(""),
    ]
    assert hook_count(network.module) == 0
