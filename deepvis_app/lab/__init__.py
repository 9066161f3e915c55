"""How a network learns: what its training says of itself, and what is wrong with it."""

from deepvis_app.lab.events.files import find_runs
from deepvis_app.lab.log.read import follow_log, read_log
from deepvis_app.lab.log.run import Run
from deepvis_app.lab.monitor import Monitor

__all__ = ["Monitor", "Run", "find_runs", "follow_log", "read_log"]
