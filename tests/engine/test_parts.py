"""Devices, rates, handles: the small parts."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from deepvis_app.engine.device.device import choose_device, device_names
from deepvis_app.engine.handle import Handle
from deepvis_app.engine.rate import RateMeter
from deepvis_app.errors import UserError


def test_auto_is_the_first_of_what_can_be_chosen() -> None:
    assert device_names()[-1] == "cpu"
    assert choose_device("auto").name == device_names()[0]


def test_a_missing_device_is_named_with_those_that_are_here() -> None:
    with pytest.raises(UserError, match=r"no device 'cuda:99'.*Choose one of .*cpu"):
        choose_device("cuda:99")


def test_upload_to_the_cpu_keeps_values_in_channels_last_order() -> None:
    x = torch.rand(3, 5, 7)
    for order in (x, x.permute(1, 2, 0).contiguous().permute(2, 0, 1)):
        there = choose_device("cpu").upload(order)
        assert (there == x).all()
        assert there.stride() == (105, 1, 21, 3)


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device is here")
def test_upload_to_cuda_keeps_values() -> None:
    x = torch.rand(3, 5, 7)
    device = choose_device("cuda")
    assert (device.upload(x).cpu() == x).all()
    assert device.autocast is torch.float16


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_rate_is_events_a_second_over_the_last_second() -> None:
    clock = Clock()
    meter = RateMeter(clock)
    assert meter.rate() == 0
    for _ in range(100):
        clock.now_s += 1 / 25
        meter.count()
    assert meter.rate() == pytest.approx(25)
    for _ in range(100):
        clock.now_s += 1 / 50
        meter.count()
    assert meter.rate() == pytest.approx(50)


def test_a_slow_rate_is_told_too_and_a_stop_fades_to_nothing() -> None:
    clock = Clock()
    meter = RateMeter(clock)
    for _ in range(5):
        meter.count()
        clock.now_s += 2.0
    assert meter.rate() == pytest.approx(0.5)
    rates = []
    for _ in range(10):
        clock.now_s += 1.0
        rates.append(meter.rate())
    assert rates == sorted(rates, reverse=True)
    assert rates[-1] == 0


def test_only_the_first_outcome_of_a_handle_counts() -> None:
    handle = Handle(Path("a"))
    assert (handle.done, handle.path, handle.wait(0)) == (False, None, False)
    handle.finish()
    handle.finish(UserError("late"))
    assert (handle.done, handle.path, handle.error) == (True, Path("a"), None)
    failed = Handle(Path("b"))
    failed.finish(UserError("no"))
    assert (failed.path, str(failed.error)) == (None, "no.")


def test_one_late_event_hardly_changes_the_rate() -> None:
    clock = Clock()
    meter = RateMeter(clock)
    for _ in range(60):
        clock.now_s += 1 / 30
        meter.count()
    clock.now_s += 0.2
    assert 24 < meter.rate() < 30
