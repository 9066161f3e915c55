"""The only room that starts threads: mailboxes, capture, the device worker, live loop, jobs."""

from deepvis_app.engine.engine import Engine
from deepvis_app.engine.handle import Handle
from deepvis_app.engine.jobs import Jobs, JobState, JobStatus
from deepvis_app.engine.jobs.kinds.synthesis import Purpose, SynthesisRequest, SynthesisStatus
from deepvis_app.engine.kept.gallery import Gallery, StoredPicture
from deepvis_app.engine.request import Brush, GridRequest, LiveRequest, StripRequest, UnitOrder
from deepvis_app.engine.scribe import Scribe
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
    "Brush",
    "Engine",
    "EngineStatus",
    "Gallery",
    "GridReading",
    "GridRequest",
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
    "Scribe",
    "Snapshot",
    "SourceStatus",
    "StoredPicture",
    "StripRequest",
    "SynthesisRequest",
    "SynthesisStatus",
    "Thumb",
    "UnitOrder",
    "UnitReading",
]
