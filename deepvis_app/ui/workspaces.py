"""What can fill the centre of the window."""

from __future__ import annotations

from deepvis_app.state.sight import WATCH as WATCH_KEY
from deepvis_app.ui.panel import Workspace

WATCH = Workspace(WATCH_KEY, "Watch", "All layers live, and the units of one")
