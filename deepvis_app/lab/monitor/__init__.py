"""Watching a training from inside somebody's own loop."""

from deepvis_app.lab.monitor.monitor import Monitor

__all__ = ["Monitor"]
