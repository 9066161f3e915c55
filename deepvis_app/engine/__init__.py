"""The only room that starts threads: mailboxes, capture, the device worker, live loop, jobs.

A name is imported when it is first asked for: a training's process needs little of this room.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from deepvis_app.engine.engine import Engine
    from deepvis_app.engine.handle import Handle
    from deepvis_app.engine.jobs import Jobs, JobState, JobStatus
    from deepvis_app.engine.jobs.kinds.synthesis import Purpose, SynthesisRequest, SynthesisStatus
    from deepvis_app.engine.kept.gallery import Gallery, StoredPicture
    from deepvis_app.engine.readers import (
        Brush,
        ExplanationReader,
        ExplanationReading,
        GridReader,
        GridReading,
        Reader,
        StripReader,
        StripReading,
        Thumb,
        UnitOrder,
        UnitReader,
        UnitReading,
        Why,
    )
    from deepvis_app.engine.request import LiveRequest
    from deepvis_app.engine.scribe import Scribe
    from deepvis_app.engine.snapshot import Snapshot
    from deepvis_app.engine.status import (
        EngineStatus,
        NetworkStatus,
        Phase,
        Progress,
        Rates,
        SourceStatus,
    )

__all__ = [
    "Brush",
    "Engine",
    "EngineStatus",
    "ExplanationReader",
    "ExplanationReading",
    "Gallery",
    "GridReader",
    "GridReading",
    "Handle",
    "JobState",
    "JobStatus",
    "Jobs",
    "LiveRequest",
    "NetworkStatus",
    "Phase",
    "Progress",
    "Purpose",
    "Rates",
    "Reader",
    "Scribe",
    "Snapshot",
    "SourceStatus",
    "StoredPicture",
    "StripReader",
    "StripReading",
    "SynthesisRequest",
    "SynthesisStatus",
    "Thumb",
    "UnitOrder",
    "UnitReader",
    "UnitReading",
    "Why",
]

_HOMES = {
    "deepvis_app.engine.engine": ("Engine",),
    "deepvis_app.engine.handle": ("Handle",),
    "deepvis_app.engine.jobs": (
        "JobState",
        "JobStatus",
        "Jobs",
    ),
    "deepvis_app.engine.jobs.kinds.synthesis": (
        "Purpose",
        "SynthesisRequest",
        "SynthesisStatus",
    ),
    "deepvis_app.engine.kept.gallery": (
        "Gallery",
        "StoredPicture",
    ),
    "deepvis_app.engine.readers": (
        "Brush",
        "ExplanationReader",
        "ExplanationReading",
        "GridReader",
        "GridReading",
        "Reader",
        "StripReader",
        "StripReading",
        "Thumb",
        "UnitOrder",
        "UnitReader",
        "UnitReading",
        "Why",
    ),
    "deepvis_app.engine.request": ("LiveRequest",),
    "deepvis_app.engine.scribe": ("Scribe",),
    "deepvis_app.engine.snapshot": ("Snapshot",),
    "deepvis_app.engine.status": (
        "EngineStatus",
        "NetworkStatus",
        "Phase",
        "Progress",
        "Rates",
        "SourceStatus",
    ),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value
