"""A fault that comes and goes is told as one; it ends with the network or when all works again."""

from __future__ import annotations

from unittest.mock import Mock

from deepvis_app.engine.status import EngineStatus, NetworkStatus
from deepvis_app.errors import UserError
from deepvis_app.known.lasting_fault import LASTS_S, LastingFault

FAULT = UserError("The network failed")


def test_a_fault_on_every_other_picture_is_one_fault_until_all_works() -> None:
    lasting = LastingFault()
    good, bad = EngineStatus(), EngineStatus(fault=FAULT)
    assert lasting.hold(good, 0.0).fault is None
    for turn in range(20):
        status = good if turn % 2 else bad
        assert lasting.hold(status, 1 + turn * 0.1).fault is FAULT
    last_s = 1 + 18 * 0.1
    assert lasting.hold(good, last_s + LASTS_S * 0.9).fault is FAULT
    assert lasting.hold(good, last_s + LASTS_S * 1.1).fault is None
    assert lasting.hold(good, last_s + LASTS_S * 1.2) is good


def test_another_network_has_not_failed() -> None:
    lasting = LastingFault()
    first, second = (EngineStatus(network=NetworkStatus(network=Mock())) for _ in range(2))
    failed = EngineStatus(network=first.network, fault=FAULT)
    assert lasting.hold(failed, 0.0).fault is FAULT
    assert lasting.hold(first, 0.1).fault is FAULT
    assert lasting.hold(second, 0.2).fault is None
