"""How a network learns: what its training says of itself, and what is wrong with it."""

from typing import TYPE_CHECKING, Any

from deepvis_app.lab.diagnoses import diagnose, judged
from deepvis_app.lab.events.files import find_runs
from deepvis_app.lab.log.read import follow_log, read_log
from deepvis_app.lab.log.run import Run

if TYPE_CHECKING:
    from deepvis_app.lab.monitor import Monitor

__all__ = ["Monitor", "Run", "diagnose", "find_runs", "follow_log", "judged", "read_log"]


def __getattr__(name: str) -> Any:
    if name != "Monitor":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from deepvis_app.lab.monitor import Monitor  # it needs torch, and logs are read without

    return Monitor
