"""Work that must not share the interpreter with the window: in a process of its own, watched."""

from deepvis_app.engine.process.child import Child, ChildState
from deepvis_app.engine.process.trainer import TrainerProcess, TrainerStatus

__all__ = ["Child", "ChildState", "TrainerProcess", "TrainerStatus"]
