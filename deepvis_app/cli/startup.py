"""How long from the command to live activations on the screen."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence

from deepvis_app.errors import UserError

DEEPVIS = (sys.executable, "-m", "deepvis_app")
TIMEOUT_S = 120
REMEDY = "Look what is wrong: deepvis doctor"


def seconds_to_first_picture(options: Sequence[str] = ()) -> float:
    """Start `deepvis run` in a process of its own and return the seconds until it painted.

    Measured from outside, so Python's own start counts. A private settings folder keeps the user's
    session as it is. Where there is no screen, Qt paints off screen. Raises `UserError` when the
    window did not come.
    """
    command = [*DEEPVIS, "run", "--exit-after-first-picture", *options]
    with tempfile.TemporaryDirectory() as folder:
        environment = environment_with(DEEPVIS_CONFIG_DIR=folder)
        started_at = time.time()
        try:
            ran = subprocess.run(
                command,
                env=environment,
                text=True,
                capture_output=True,
                timeout=TIMEOUT_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise UserError(f"The window showed no picture in {TIMEOUT_S} s", REMEDY) from None
    painted_at = _painted_at(ran.stdout)
    if painted_at is None:
        said = ran.stderr.strip().splitlines() or [f"it ended with code {ran.returncode}"]
        raise UserError(f"The window showed no picture: {said[-1]}", REMEDY)
    return painted_at - started_at


def environment_with(**folders: str) -> dict[str, str]:
    """Return the environment of a window with folders of its own, off screen without a screen."""
    environment = {**os.environ, **folders}
    if not {"DISPLAY", "WAYLAND_DISPLAY"} & environment.keys():
        environment.setdefault("QT_QPA_PLATFORM", "offscreen")
    return environment


def _painted_at(output: str) -> float | None:
    """Return the time that the window printed, None when it printed none."""
    for line in output.splitlines():
        with contextlib.suppress(ValueError, TypeError, KeyError):
            return float(json.loads(line)["first_picture_at"])
    return None
