"""A scan of a folder begun, or gone on with, by whoever offers to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from deepvis_app.engine.jobs import JobState
from deepvis_app.engine.jobs.kinds.scanning import ScanRequest, ScanStatus

if TYPE_CHECKING:
    from deepvis_app.engine.jobs import Jobs
    from deepvis_app.known.corpora import KnownCorpora


def scan_of(corpora: KnownCorpora, folder: str) -> ScanRequest:
    """Return what asks for a folder to be scanned by the present network. Raises `UserError`."""
    return ScanRequest(folder, str(corpora.place_for(folder)), Path(folder).name or folder)


def begin_scan(jobs: Jobs, corpora: KnownCorpora, request: ScanRequest) -> None:
    """Look at a corpus, and have it scanned; a scan of it that rests goes on."""
    corpora.choose(Path(request.out))
    own = (
        one
        for one in jobs.statuses()
        if isinstance(one, ScanStatus) and one.request.out == request.out
    )
    under_way = next((one for one in own if not one.state.is_final), None)
    if under_way is None:
        jobs.submit(request)
    elif under_way.state in (JobState.PAUSED, JobState.OFFERED):
        jobs.resume(under_way.id)
