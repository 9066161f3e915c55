"""The first layer that gives NaN or infinity: looked for when it is seen, and not before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from torch import nn

from deepvis_app.engine.live import LiveProcessor
from deepvis_app.engine.nonfinite import AGAIN_S, HOLD_S, NotFinite, Watch, first_not_finite
from deepvis_app.engine.readers import GridReader, StripReader
from deepvis_app.engine.request import LiveRequest
from deepvis_app.nets.network import Network
from deepvis_app.nets.preprocessing import Preprocessing

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from deepvis_app.engine.device.device import Device

nan, inf = float("nan"), float("inf")


class Spoilt(nn.Module):
    """Three layers; what is set is put into the second one's input."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.c = (nn.Conv2d(n, 4, 1) for n in (3, 4, 4))
        self.second = 0.0
        self.passes = []  # a list: passes are run on copies of the module
        self.every = 1  # only each such pass is spoilt

    def forward(self, x: Tensor) -> Tensor:
        self.passes.append(None)
        x = self.a(x)
        if self.second == 0 or len(self.passes) % self.every:
            return self.c(self.b(x)).mean((2, 3))
        x = x.clone()
        x[:, :, 1, 2] = self.second
        return self.c(self.b(x)).mean((2, 3))


@pytest.fixture
def module() -> Spoilt:
    return Spoilt().eval()


@pytest.fixture
def network(module: Spoilt) -> Network:
    return Network(module, (3, 5, 6))


def test_the_first_layer_is_named_with_what_it_holds(network: Network, module: Spoilt) -> None:
    x = torch.rand(1, 3, 5, 6)
    assert first_not_finite(network, x) is None
    module.second = nan
    assert first_not_finite(network, x, 7) == NotFinite("b", 0, 4, 0, 4 * 30, 7)
    module.second = inf
    found = first_not_finite(network, x)
    assert found is not None
    assert (found.layer, found.nan + found.infinite) == ("b", 4)
    with torch.no_grad():
        module.a.bias[2] = -inf
    assert first_not_finite(network, x) == NotFinite("a", 2, 0, 30, 4 * 30, 0)


def test_an_input_that_is_no_number_is_named_itself(module: Spoilt) -> None:
    network = Network(module, (3, 5, 6), preprocessing=Preprocessing(mean=(0, 0, 0)))
    x = torch.rand(1, 3, 5, 6)
    x[0, 1, 2, 3] = nan
    assert first_not_finite(network, x) == NotFinite("", 1, 1, 0, 90, 0)


class Looks:
    """Answers with what is in the list, and counts."""

    def __init__(self, *answers: NotFinite | None) -> None:
        self.answers, self.count = list(answers), 0

    def __call__(self) -> NotFinite | None:
        self.count += 1
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


A, B = (NotFinite(name, 0, 1, 0, 9, 0) for name in "ab")


def test_it_looks_once_a_second_at_most_and_only_when_there_is_something() -> None:
    watch, looks = Watch(), Looks(A)
    for number in range(300):
        assert watch.see(True, number, number / 30, looks) is None
    assert looks.count == 0
    for number in range(300, 400):
        assert watch.see(False, number, number / 30, looks) is A
    assert looks.count == pytest.approx(100 / 30 / AGAIN_S, abs=1.1)


def test_flickering_is_one_answer_and_health_ends_it() -> None:
    watch, looks = Watch(), Looks(A)
    answers = [watch.see(bool(number % 2), number, number / 30, looks) for number in range(90)]
    assert set(answers) == {A}
    assert watch.see(True, 90, 3.0 + HOLD_S - 0.2, looks) is A
    assert watch.see(True, 91, 3.1 + HOLD_S, looks) is None


def test_a_new_answer_takes_the_old_ones_place() -> None:
    watch = Watch()
    assert watch.see(False, 0, 0.0, Looks(A)) is A
    assert watch.see(False, 1, 0.5, Looks(B)) is A
    assert watch.see(False, 2, 1.5, Looks(B)) is B
    assert watch.see(False, 3, 3.0, Looks(None)) is B  # this look has missed it


def test_a_picture_at_rest_is_looked_at_once_and_keeps_its_answer() -> None:
    watch, looks = Watch(), Looks(A)
    watch.see(False, "moving", 0.0, looks)
    for k in range(5):
        assert watch.see(False, "still", 0.1, looks, still=True) is A
        assert watch.see(True, "still", 100.0 + k, looks, still=True) is A  # another layer is shown
    assert looks.count == 2


def test_a_network_that_fails_at_the_look_is_no_failure(caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> NotFinite | None:
        raise RuntimeError("every seventh")

    assert Watch().see(False, 0, 0.0, fail) is None
    caplog.clear()


@pytest.mark.parametrize("shown", ["grid", "strip", "scores"])
@pytest.mark.parametrize("every", [1, 2])
def test_live_it_is_found_by_whatever_is_shown(
    network: Network,
    module: Spoilt,
    cpu: Device,
    make_frame: Callable[..., object],
    shown: str,
    every: int,
) -> None:
    grids = (GridReader("c", (8, 8), 4),) if shown == "grid" else ()
    strip = StripReader(("a", "b", "c") if shown == "strip" else ())
    request = LiveRequest(0, (*grids, strip))
    live = LiveProcessor(network, cpu)
    assert live.process(make_frame(0), request).not_finite is None
    before = len(module.passes)
    live.process(make_frame(1), request)
    assert len(module.passes) == before + 1  # healthy: nothing is looked for
    module.second, module.every = nan, every
    found = [live.process(make_frame(n), request).not_finite for n in (2, 3)]
    assert found[-1] is not None
    assert found[-1].layer == "b"
