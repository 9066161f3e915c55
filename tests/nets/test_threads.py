"""Networks on one module, run by several threads at once."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
import torch
from torch import Tensor, nn

from deepvis_app.errors import UserError
from deepvis_app.nets import Network
from deepvis_app.nets.taps import hook_count

if TYPE_CHECKING:
    from collections.abc import Callable

SHAPE = (3, 16, 16)
WAIT_S = 20


class Meeting(nn.Module):
    """Waits in the middle of a pass for the other thread, when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.barrier: threading.Barrier | None = None

    def forward(self, x: Tensor) -> Tensor:
        if self.barrier is not None:
            self.barrier.wait(WAIT_S)
        return x


def module() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 4, 3), Meeting(), nn.ReLU(), nn.Dropout(), nn.Flatten(), nn.Linear(784, 5)
    )


def in_two_threads(*work: Callable[[], object]) -> list[object]:
    found: list[object] = [None] * len(work)

    def run(number: int) -> None:
        try:
            found[number] = work[number]()
        except (UserError, RuntimeError) as error:
            found[number] = error

    threads = [threading.Thread(target=run, args=(k,)) for k in range(len(work))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT_S)
    return found


@pytest.mark.parametrize("layers", [("0", "0"), ("0", "5"), ("5", "2")])
@pytest.mark.parametrize("shared", ["module", "network"])
def test_passes_at_the_same_time_see_their_own_values(layers: tuple[str, str], shared: str) -> None:
    part = module().eval()
    first = Network(part, SHAPE)
    second = first if shared == "network" else Network(part, SHAPE)
    pictures = [torch.zeros(1, *SHAPE), torch.ones(1, *SHAPE)]
    pairs = list(zip((first, second), pictures, layers, strict=True))
    with torch.no_grad():
        wanted = [part[: int(layer) + 1](x).flatten() for _, x, layer in pairs]
    # Both are past the first convolution before either goes on.
    part[1].barrier = threading.Barrier(2) if "0" not in layers else None
    for _ in range(20):
        found = in_two_threads(
            *(lambda n=net, x=x, layer=layer: n.activations(x, [layer]) for net, x, layer in pairs)
        )
        for (_, _, layer), got, value in zip(pairs, found, wanted, strict=True):
            assert torch.equal(got[layer].flatten(), value)
    assert hook_count(part) == 0


def test_a_module_in_training_mode_is_run_by_one_thread_or_said_not_to_be() -> None:
    part = module().train()
    nets = [Network(part, SHAPE), Network(part, SHAPE)]
    x = torch.ones(1, *SHAPE)
    wanted = nets[0].activations(x, ["5"])["5"]
    gate, inside = threading.Event(), threading.Event()

    def wait(*_: object) -> None:
        inside.set()
        gate.wait(WAIT_S)

    handle = part[1].register_forward_hook(wait)
    found: list[object] = []
    first = threading.Thread(target=lambda: found.append(nets[0].activations(x, ["5"])["5"]))
    first.start()
    assert inside.wait(WAIT_S)
    with pytest.raises(UserError, match=r"training mode.*eval\(\)"):
        nets[1].activations(x, ["5"])
    gate.set()
    first.join(WAIT_S)
    handle.remove()
    assert torch.equal(found[0], wanted)
    assert all(each.training for each in part.modules())
    assert torch.equal(nets[1].activations(x, ["5"])["5"], wanted)  # nothing is left behind


def test_a_pass_within_a_pass_keeps_both_apart() -> None:
    part = module().train()
    net = Network(part, SHAPE)
    inner: list[Tensor] = []
    x = torch.ones(1, *SHAPE)

    def ask_again(maps: Tensor) -> Tensor:
        inner.append(net.activations(2 * x, ["0"])["0"])
        return maps.clone()

    outer = net.forward(x, ["5"], reduce={"0": ask_again})
    with torch.no_grad():
        assert torch.equal(outer.activations["0"], part[0](x))
        assert torch.equal(inner[0], part[0](2 * x))
    assert all(each.training for each in part.modules())


def test_a_network_is_probed_while_another_thread_runs_its_module() -> None:
    part = module().eval()
    net, stop = Network(part, SHAPE), threading.Event()
    names = [info.name for info in net.layers]

    def run() -> None:
        while not stop.is_set():
            net.activations(torch.zeros(1, *SHAPE))

    thread = threading.Thread(target=run)
    thread.start()
    try:
        for _ in range(10):
            assert [info.name for info in Network(part, SHAPE).layers] == names
    finally:
        stop.set()
        thread.join(WAIT_S)


class Visited(nn.Module):
    """Has another thread run the whole network in the middle of this thread's passes."""

    def __init__(self, runs: Callable[[Tensor], object]) -> None:
        super().__init__()
        self.runs, self.home = runs, threading.get_ident()

    def forward(self, x: Tensor) -> Tensor:
        if threading.get_ident() == self.home:
            with torch.no_grad():
                in_two_threads(lambda: self.runs(torch.zeros(1, *SHAPE)))
        return x


def test_another_threads_pass_is_not_taken_for_the_probes_own() -> None:
    part = module().eval()
    part[1] = Visited(lambda x: part(x))
    net = Network(part, SHAPE)
    assert net.behaviour.severed == ()
    assert net.behaviour.is_plain
    assert not net.behaviour.runs_alone
