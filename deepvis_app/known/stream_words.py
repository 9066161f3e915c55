"""What is said of the stream: how it runs, and what it waits for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.engine.status import Phase

if TYPE_CHECKING:
    from deepvis_app.engine.status import EngineStatus

AT_WORK_S = 2.0  # of the network at one picture: then it is said
MOST_LETTERS = 40  # of a network's name in the status


def short_name(spec: str) -> str:
    """Return what a spec is called where there is little room: the end of a path."""
    name = spec.rstrip("/").rsplit("/", 1)[-1] or spec
    return name if len(name) <= MOST_LETTERS else f"{name[: MOST_LETTERS - 1]}…"


def state_text(status: EngineStatus, now_s: float) -> tuple[str, str]:
    """Return what the status line says of stream and network, and its tone."""
    words, tone = _stream_text(status, now_s)
    network = status.network
    passed_s = now_s - network.since_s if network.phase is Phase.OPENING else 0.0
    if passed_s < AT_WORK_S:
        return words, tone
    what = f"{short_name(network.spec)} for {passed_s:.0f} s"
    if network.network is None or status.at_work_s > AT_WORK_S:  # there is no room for both
        return f"Loading {what}", "warning"
    return f"{words} · loading {what}", tone


def _stream_text(status: EngineStatus, now_s: float) -> tuple[str, str]:
    if status.at_work_s > AT_WORK_S:
        return f"The network has been at work for {status.at_work_s:.0f} s", "warning"
    if status.fault is not None:
        return "Network failed", "bad"
    if status.source.phase is Phase.FAILED:
        return "No source", "bad"
    if status.source.phase is Phase.LOST:
        return "Waiting for the source", "warning"
    if status.network.network is None:
        loading = status.network.phase is Phase.OPENING
        return ("Loading network", "warning") if loading else ("No network", "bad")
    if status.frozen:
        return "Frozen", "warning"
    if status.source.broken is not None:
        return "Picture cannot be read", "warning"
    if status.source.phase is Phase.ENDED:
        return "End of the source", "muted"
    if status.source.phase is Phase.OPENING:
        passed_s = now_s - status.source.since_s
        is_alone = status.network.phase is not Phase.OPENING  # there is no room for two times
        since = f" for {passed_s:.0f} s" if passed_s >= AT_WORK_S and is_alone else ""
        return f"Opening source{since}", "warning"
    return "Live", "good"


def waiting_text(status: EngineStatus) -> str | None:
    """Return why what is shown is not of the present; None: it is."""
    if status.fault is not None:
        return "network failed"
    if status.source.broken is not None:
        return "not this picture"
    if status.source.phase is Phase.LOST:
        return "waiting for the source"
    if status.source.phase is Phase.FAILED:
        return "the last picture: the source failed"
    return None
