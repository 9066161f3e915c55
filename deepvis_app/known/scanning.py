"""A scan of a folder begun, or gone on with, by whoever offers to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from deepvis_app.engine.jobs import JobState
from deepvis_app.engine.jobs.kinds.scanning import ScanRequest, ScanStatus

if TYPE_CHECKING:
    from deepvis_app.engine.jobs import Jobs
    from deepvis_app.engine.kept.corpora import CorpusInfo
    from deepvis_app.known.corpora import KnownCorpora
    from deepvis_app.nets import Network


def scan_of(corpora: KnownCorpora, folder: str, network: Network) -> ScanRequest:
    """Return what asks for a folder to be scanned by all layers of the present network.

    With directions on it that is another scan than without, in a corpus of its own: one that is
    there already has none of them. Raises `UserError`.
    """
    name = Path(folder).name or folder
    if not network.directed:
        return ScanRequest(folder, str(corpora.place_for(folder)), name)
    layers = tuple(info.name for info in network.layers)
    out = corpora.place_for(folder, layers)
    return ScanRequest(folder, str(out), f"{name}, with directions", layers)


def rescan_of(info: CorpusInfo, network: Network) -> ScanRequest:
    """Return what asks for whatever of a corpus is not scanned yet, in the manner it has."""
    has_all = set(info.layers) == {layer.name for layer in network.layers}
    return ScanRequest(
        info.source, str(info.path), info.name, score=info.score,
        layers=None if has_all else info.layers,
    )  # fmt: skip


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
