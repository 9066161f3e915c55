"""A network that fails on some pictures: said steadily, not on and off at every other frame."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deepvis_app.engine.status import EngineStatus

LASTS_S = 1.0  # a fault is gone after so long without one: some come at every other frame


class LastingFault:
    """Keeps the last fault of a network in its status until the network has worked for a while."""

    def __init__(self) -> None:
        self._failed: EngineStatus | None = None
        self._seen_s = 0.0

    def hold(self, status: EngineStatus, now_s: float) -> EngineStatus:
        """Return the status with the fault that still lasts; `now_s` runs steadily."""
        if status.fault is not None:
            self._failed, self._seen_s = status, now_s
        failed = self._failed
        if failed is None or status.fault is not None:
            return status
        if failed.network.network is not status.network.network or now_s - self._seen_s > LASTS_S:
            self._failed = None
            return status
        return replace(status, fault=failed.fault)
