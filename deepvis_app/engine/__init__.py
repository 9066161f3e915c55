"""The only room that starts threads: mailboxes, capture, the device worker, live loop, jobs."""

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
