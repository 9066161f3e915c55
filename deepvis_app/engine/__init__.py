"""The only room that starts threads: mailboxes, capture, the device worker, the live loop."""

from deepvis_app.engine.engine import Engine
from deepvis_app.engine.handle import Handle
from deepvis_app.engine.request import GridRequest, LiveRequest, StripRequest, UnitOrder
from deepvis_app.engine.snapshot import GridReading, Snapshot, Thumb, UnitReading
from deepvis_app.engine.status import (
    EngineStatus,
    NetworkStatus,
    Phase,
    Progress,
    Rates,
    SourceStatus,
)

__all__ = [
    "Engine",
    "EngineStatus",
    "GridReading",
    "GridRequest",
    "Handle",
    "LiveRequest",
    "NetworkStatus",
    "Phase",
    "Progress",
    "Rates",
    "Snapshot",
    "SourceStatus",
    "StripRequest",
    "Thumb",
    "UnitOrder",
    "UnitReading",
]
