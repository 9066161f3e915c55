"""Networks that are no plain chain of layers: what is found of them, and that numbers are right."""

from __future__ import annotations

import copy
import random
import threading
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
import torchvision
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812
from torch.utils import checkpoint

from deepvis_app.errors import UserError
from deepvis_app.nets import Network
from deepvis_app.nets.behaviour import Behaviour
from deepvis_app.nets.checkpoints import plain_checkpoints

if TYPE_CHECKING:
    from collections.abc import Callable

    Forward = Callable[["Base", Tensor], Tensor]

SHAPE = (3, 10, 12)


class Base(nn.Module):
    """A convolution, a batch norm, a ReLU and a head; `way` is how they are put together."""

    def __init__(self, way: Forward) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.norm = nn.BatchNorm2d(8)
        self.norm.running_mean.uniform_(-0.1, 0.1)  # type: ignore[union-attr]
        self.relu = nn.ReLU()
        self.head = nn.Linear(8, 5)
        self.alone = nn.BatchNorm2d(8, track_running_stats=False)
        self.generator = torch.Generator().manual_seed(1)
        self.numbers = np.random.default_rng(0)
        self.count = 0
        self.way = way

    def body(self, x: Tensor) -> Tensor:
        found: Tensor = self.relu(self.norm(self.conv(x)))
        return found

    def top(self, maps: Tensor) -> Tensor:
        scores: Tensor = self.head(maps.mean((2, 3)))
        return scores

    def forward(self, x: Tensor) -> Tensor:
        return self.way(self, x)


def frozen(net: Base, x: Tensor) -> Tensor:
    with torch.no_grad():
        maps = net.body(x)
    return net.top(maps)


def inferred(net: Base, x: Tensor) -> Tensor:
    with torch.inference_mode():
        maps = net.body(x)
    return net.top(maps)


def written_behind(net: Base, x: Tensor) -> Tensor:
    x.data.mul_(2)
    return net.top(net.body(x))


def batch_normed(net: Base, x: Tensor) -> Tensor:
    norm = net.norm
    maps = F.batch_norm(net.conv(x), norm.running_mean, norm.running_var, training=True)
    return net.top(F.relu(maps))


def counted(net: Base, x: Tensor) -> Tensor:
    net.count += 1
    return net.top(net.body(x)) * net.count


def chosen(net: Base, x: Tensor) -> Tensor:
    best = net.body(x).argmax(1)
    return net.top(F.one_hot(best, 8).permute(0, 3, 1, 2).float())


WRITING: dict[str, Forward] = {
    "multiplied": lambda net, x: net.top(net.body(x.mul_(2))),
    "centred": lambda net, x: net.top(net.body(x.sub_(x.mean((1, 2, 3), keepdim=True)))),
    "relu in place": lambda net, x: net.top(net.body(F.relu(x, inplace=True))),
    "unseen by torch": written_behind,
}
RANDOM: dict[str, Forward] = {
    "dropout": lambda net, x: F.dropout(net.top(net.body(x))),
    "noise": lambda net, x: net.top(net.body(x + torch.randn_like(x))),
    "bernoulli": lambda net, x: net.top(net.body(x) * torch.bernoulli(torch.full((8, 1, 1), 0.5))),
    "python's": lambda net, x: net.top(net.body(x * random.random())),
    "numpy's": lambda net, x: net.top(net.body(x * np.random.rand())),  # noqa: NPY002
    "its own": lambda net, x: net.top(net.body(x + torch.rand(x.shape, generator=net.generator))),
    "its own of numpy": lambda net, x: net.top(net.body(x * net.numbers.random())),
    "depth": lambda net, x: net.top(
        torchvision.ops.stochastic_depth(net.body(x), 0.5, "row", training=True)
    ),
    "before softmax": lambda net, x: (net.top(net.body(x)) + torch.randn(5)).softmax(1),
}
MIXING: dict[str, Forward] = {
    "batch norm": lambda net, x: net.top(net.alone(net.body(x))),
    "batch norm's function": batch_normed,
    "softmax over the batch": lambda net, x: net.top(net.body(x)).softmax(0),
    "deviation": lambda net, x: net.top(net.body(x) + net.body(x).std(0, unbiased=False).mean()),
    "scaled by the largest": lambda net, x: net.top(net.body(x / x.max())),
}
CUTTING: dict[str, tuple[Forward, tuple[str, ...]]] = {
    "no_grad": (frozen, ("conv", "norm", "relu", "head")),
    "inference_mode": (inferred, ("conv", "norm", "relu", "head")),
    "detach": (lambda net, x: net.top(net.body(x).detach()), ("head",)),
    "numpy": (lambda net, x: net.top(torch.tensor(net.body(x).detach().numpy())), ("head",)),
    "argmax": (chosen, ("head",)),
    "round": (lambda net, x: net.top((net.body(x) * 8).round()), ("head",)),
}
CHECKPOINTED: dict[str, Forward] = {
    "reentrant": lambda net, x: net.top(
        checkpoint.checkpoint(net.body, x, use_reentrant=True)  # type: ignore[arg-type]
    ),
    "not reentrant": lambda net, x: net.top(
        checkpoint.checkpoint(net.body, x, use_reentrant=False)  # type: ignore[arg-type]
    ),
    "sequential": lambda net, x: net.top(
        checkpoint.checkpoint_sequential([net.conv, net.norm, net.relu], 2, x, use_reentrant=False)
    ),
    "only with gradients": lambda net, x: (
        net.top(checkpoint.checkpoint(net.body, x, use_reentrant=True))  # type: ignore[arg-type]
        if x.requires_grad
        else net.top(net.body(x))
    ),
}
PLAIN: dict[str, Forward] = {
    "plain": lambda net, x: net.top(net.body(x)),
    "noise without use": lambda net, x: (torch.rand(3), net.top(net.body(x)))[1],
    "straight through": lambda net, x: net.top(net.body(x + (x.round() - x).detach())),
    "dropout": lambda net, x: net.top(F.dropout(net.body(x), training=net.training)),
}


class Tokens(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(2).transpose(1, 2)


def noise(count: int = 3) -> Tensor:
    return torch.randn(count, *SHAPE, generator=torch.Generator().manual_seed(9))


def fresh(module: Base) -> Base:
    """A copy in evaluation mode that nobody has run."""
    return copy.deepcopy(module).eval()


@pytest.mark.parametrize("way", PLAIN.values(), ids=PLAIN)
def test_a_usual_network_is_called_as_it_is(way: Forward) -> None:
    network = Network(Base(way), SHAPE)
    assert network.behaviour == Behaviour()
    assert network.behaviour.sentences("Base") == ()


@pytest.mark.parametrize("name", ["squeezenet1_0", "mobilenet_v3_small"])
def test_known_networks_are_usual(name: str) -> None:
    module = getattr(torchvision.models, name)(weights=None)
    assert Network(module, (3, 64, 64)).behaviour == Behaviour()


def test_attention_that_is_quicker_without_gradients_is_usual() -> None:
    encoder = nn.TransformerEncoderLayer(10, 2, 16, batch_first=True)
    module = nn.Sequential(nn.Conv2d(3, 10, 2, 2), Tokens(), encoder)
    assert Network(module, SHAPE).behaviour == Behaviour()


@pytest.mark.parametrize("way", WRITING.values(), ids=WRITING)
def test_a_network_that_writes_into_its_input_gets_copies(way: Forward) -> None:
    module = Base(way)
    truth = fresh(module)
    network = Network(module, SHAPE)
    assert network.behaviour == Behaviour(writes_input=True)
    x = noise()
    right = truth(x.clone())
    for _ in range(2):  # the caller's pictures are as they were, so the second pass is the first
        assert torch.equal(network.forward(x).logits, right)
    assert torch.equal(x, noise())
    leaf, own = noise().requires_grad_(), noise().requires_grad_()
    (found,) = torch.autograd.grad(network.forward(leaf).logits.sum(), leaf)
    (wanted,) = torch.autograd.grad(truth(own.clone()).sum(), own)
    torch.testing.assert_close(found, wanted)


@pytest.mark.parametrize("way", RANDOM.values(), ids=RANDOM)
def test_a_random_network_draws_the_same_noise_in_every_pass(way: Forward) -> None:
    module = Base(way)
    truth = fresh(module)
    truth.generator.manual_seed(1)
    network = Network(module, SHAPE)
    assert network.behaviour == Behaviour(is_random=True)
    assert "random even in evaluation mode" in network.behaviour.sentences("Base")[0]
    x = noise()
    torch.manual_seed(5)
    state = torch.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate()  # type: ignore[index]  # noqa: NPY002
    alone = [network.forward(one).logits for one in x.split(1)]
    assert torch.equal(network.forward(x).logits, torch.cat(alone))
    assert torch.equal(network.forward(x[1:2], ["relu"]).logits, alone[1])
    after = torch.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate()  # type: ignore[index]  # noqa: NPY002
    assert torch.equal(state[0], after[0])
    assert state[1:] == after[1:]
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002
    torch.manual_seed(0)
    with torch.no_grad():
        torch.testing.assert_close(alone[0].detach(), truth(x[:1]))


@pytest.mark.parametrize("way", MIXING.values(), ids=MIXING)
def test_pictures_that_influence_one_another_are_run_alone(way: Forward) -> None:
    module = Base(way)
    truth = fresh(module)
    before = copy.deepcopy(module.state_dict())
    network = Network(module, SHAPE)
    assert network.behaviour.mixes_batch
    assert not network.behaviour.is_random
    assert "influence one another" in network.behaviour.sentences("Base")[0]
    x = noise()
    found = network.forward(x, [network.layers[0].name])
    with torch.no_grad():
        right = torch.cat([copy.deepcopy(truth)(one) for one in x.split(1)])
    torch.testing.assert_close(found.logits.detach(), right)
    assert len(found.activations[network.layers[0].name]) == 3
    for name, value in module.state_dict().items():  # no running statistics were written
        assert torch.equal(value, before[name]), name


def test_a_network_that_needs_a_batch_is_refused_with_the_reason() -> None:
    class Vectors(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.head = nn.Linear(8, 5)

        def forward(self, x: Tensor) -> Tensor:
            return F.batch_norm(self.head(x.flatten(1)), None, None, training=True)

    with pytest.raises(UserError, match="statistics of its batch even in evaluation mode"):
        Network(Vectors(), (2, 2, 2))


def test_what_a_network_keeps_in_attributes_is_that_of_a_fresh_copy() -> None:
    module = Base(counted)
    truth = fresh(module)
    network = Network(module, SHAPE)
    assert network.behaviour == Behaviour(keeps_attributes=True, has_memory=True)
    assert "as if it were the first" in network.behaviour.sentences("Base")[0]
    x = noise()
    right = truth(x)
    for _ in range(2):
        assert torch.equal(network.forward(x).logits, right)
    assert module.count == 0


def test_a_network_that_cannot_be_held_still_is_told_of() -> None:
    class Clock(Base):
        ticks = 0  # of the class, which nobody puts back

    def way(net: Base, x: Tensor) -> Tensor:
        Clock.ticks += 1
        return net.top(net.body(x)) * Clock.ticks

    network = Network(Clock(way), SHAPE)
    assert network.behaviour.is_unsteady
    assert "at every pass" in network.behaviour.sentences("Clock")[0]


@pytest.mark.parametrize(("way", "severed"), CUTTING.values(), ids=CUTTING)
def test_layers_without_a_way_back_are_named(way: Forward, severed: tuple[str, ...]) -> None:
    behaviour = Network(Base(way), SHAPE).behaviour
    assert behaviour == Behaviour(severed=severed)
    assert f"cuts gradients (no_grad, detach, rounding or the like) before {severed[0]}" in (
        behaviour.cut("head")
    )
    assert behaviour.cut("elsewhere") == ""
    assert "occlusion" in behaviour.sentences("Base")[0]


@pytest.mark.parametrize("way", [frozen, inferred], ids=["no_grad", "inference_mode"])
def test_what_comes_behind_a_cut_has_its_gradients(way: Forward) -> None:
    module = Base(way)
    network = Network(module, SHAPE)
    with torch.enable_grad():
        found = network.forward(noise(1), ["relu", "head"])
        (gradient,) = torch.autograd.grad(found.logits[0, 2], found.raw["relu"])
    # The head is linear in the mean of the maps, so the gradient is its weight over the places.
    by_hand = (module.head.weight[2] / 120)[None, :, None, None].expand(1, 8, 10, 12)
    torch.testing.assert_close(gradient, by_hand.detach())
    assert all(p.requires_grad for p in module.parameters())


def test_a_layer_is_not_severed_where_another_way_is_left() -> None:
    def way(net: Base, x: Tensor) -> Tensor:
        with torch.no_grad():
            guide = net.body(x)
        return net.top(net.conv(x) + guide)

    behaviour = Network(Base(way), SHAPE).behaviour
    assert "head" not in behaviour.severed
    assert "relu" in behaviour.severed


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("way", CHECKPOINTED.values(), ids=CHECKPOINTED)
def test_checkpointed_parts_are_called_plainly(way: Forward, training: bool) -> None:
    module = Base(way).train(training)
    truth = Base(PLAIN["plain"]).eval()
    usual = vars(checkpoint.CheckpointFunction).get("apply")
    network = Network(module, SHAPE)
    assert network.behaviour == Behaviour(has_checkpoints=True)
    leaf, own = noise().requires_grad_(), noise().requires_grad_()
    scores = network.forward(leaf, ["relu"]).logits
    (found,) = torch.autograd.grad(scores[:, 1].sum(), leaf)
    (wanted,) = torch.autograd.grad(truth(own)[:, 1].sum(), own)
    torch.testing.assert_close(found, wanted)
    assert module.training is training
    assert vars(checkpoint.CheckpointFunction).get("apply") is usual


@pytest.mark.parametrize("reentrant", [False, True])
def test_another_thread_checkpoints_as_before(reentrant: bool) -> None:
    calls: list[str] = []

    def part(x: Tensor) -> Tensor:
        calls.append(threading.current_thread().name)
        return x.sin()

    def passes() -> None:
        x = torch.ones(2, requires_grad=True)
        checkpoint.checkpoint(part, x, use_reentrant=reentrant).sum().backward()  # type: ignore[union-attr]

    def run(name: str) -> None:
        thread = threading.Thread(target=passes, name=name)
        thread.start()
        thread.join()

    with plain_checkpoints() as met:
        run("other")
        passes()
    assert met.count == 1
    own = threading.current_thread().name
    assert sorted(calls) == sorted([own, "other", "other"])  # the other ran its part once more
    run("later")
    assert calls.count("later") == 2


def test_a_replica_behaves_alike() -> None:
    network = Network(Base(RANDOM["its own"]), SHAPE)
    twin: Any = network.replica("cpu")
    x = noise()
    torch.testing.assert_close(twin.forward(x).logits, network.forward(x).logits)


def compiled_itself(net: Base) -> nn.Module:
    net.compile(backend="eager")
    net.conv.compile(backend="eager")
    return net


def compiled_inside(net: Base) -> nn.Module:
    return nn.Sequential(torch.compile(net, backend="eager"))


@pytest.mark.parametrize("make", [compiled_itself, compiled_inside])
def test_a_compiled_network_is_looked_into_as_plain_code(
    make: Callable[[Base], nn.Module],
) -> None:
    plain = Base(lambda net, x: net.top(net.body(x))).eval()
    compiling = torch._dynamo.utils.counters["frames"]  # type: ignore[attr-defined]
    x, before = torch.randn(2, *SHAPE), dict(compiling)
    net = Network(make(copy.deepcopy(plain)), SHAPE)
    name = next(info.name for info in net.layers if info.name.endswith("conv"))
    torch.testing.assert_close(net.activations(x, [name])[name], plain.conv(x))
    torch.testing.assert_close(net.forward(x).logits, plain(x))
    assert dict(compiling) == before  # none of it was compiled for the taps


def test_quantised_layers_have_no_way_back_and_that_is_said() -> None:
    plain = Base(lambda net, x: net.top(net.body(x))).eval()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch says that it will drop these one day
        module = torch.ao.quantization.quantize_dynamic(plain, {nn.Linear})
    net, x = Network(module, SHAPE), torch.randn(1, *SHAPE)
    torch.testing.assert_close(net.forward(x).logits, module(x))
    assert net.behaviour.severed == ("head",)
    assert net.behaviour.cut("conv") == ""


def test_weights_without_numbers_are_said_to_be_such() -> None:
    with torch.device("meta"):
        module = nn.Conv2d(3, 4, 3)
    with pytest.raises(UserError, match="meta device"):
        Network(module, SHAPE)


def hooked_once(net: Base, x: Tensor) -> Tensor:
    """Set hooks at the first call, as vision models of transformers that collect values."""
    if not hasattr(net, "is_hooked"):
        net.is_hooked = True
        net.conv.register_forward_hook(lambda _module, _args, output: net.seen.append(output))
    net.seen = []  # type: ignore[assignment]
    scores = net.top(net.body(x))
    return scores + sum(y.mean((1, 2, 3))[:, None] for y in net.seen)


def test_hooks_that_a_pass_sets_are_set_once_and_the_module_is_as_before() -> None:
    module = Base(hooked_once).eval()
    truth, x = copy.deepcopy(module), torch.randn(2, *SHAPE)
    net = Network(module, SHAPE)
    assert not module.conv._forward_hooks
    assert not hasattr(module, "is_hooked")
    for _ in range(3):
        torch.testing.assert_close(net.forward(x, ["conv"]).logits, truth(x))
    torch.testing.assert_close(module(x), truth(x))
