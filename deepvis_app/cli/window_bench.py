"""What the real window costs the live loop, in a process of its own as a person would start it."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from deepvis_app.cli.startup import DEEPVIS, REMEDY, environment_with
from deepvis_app.errors import UserError

LATE_S = 240  # for the start, after which so many seconds are measured


@dataclass(frozen=True, slots=True)
class WindowFigures:
    """What a run gave, medians over turns of a second.

    `ours` are the frames a second that the window shows at 1440x900, `bare` those of the live loop
    with the same request while nothing is shown; `gui_ms` is the time of the processor that the
    window's thread takes for each frame it shows.
    """

    ours: float
    bare: float
    ratio: float
    gui_ms: float
    turns: int


Turn = Mapping[str, float]


def measure_window(seconds: float, options: Sequence[str] = ()) -> WindowFigures:
    """Have the window show a film for so long. Raises `UserError` where it does not hold."""
    with tempfile.TemporaryDirectory() as folder:
        kinds = ("CONFIG", "CACHE", "PICTURES")
        folders = {f"DEEPVIS_{kind}_DIR": str(Path(folder, kind.lower())) for kind in kinds}
        command = [*DEEPVIS, "run", "--measure", str(seconds), "--source", "demo", *options]
        try:
            ran = subprocess.run(
                command, env=environment_with(**folders), text=True, capture_output=True,
                timeout=3 * seconds + LATE_S, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise UserError("The window did not end in time", REMEDY) from None
    if ran.returncode:
        last = ran.stderr.strip().splitlines() or [f"code {ran.returncode}"]
        raise UserError(f"The window did not hold: {last[-1]}", REMEDY)
    turns = [json.loads(line) for line in ran.stdout.splitlines() if line[:1] == "{"]
    for failed in (turn["why"] for turn in turns if "why" in turn):
        raise UserError(f"The window showed no picture: {failed.rstrip('.')}", REMEDY)
    return figures(turns)


def figures(turns: Sequence[Turn]) -> WindowFigures:
    """Return what the turns tell together."""
    shown = [turn for turn in turns if turn["shown"] > 0 and turn["loop"] > 0]
    if not shown:
        raise UserError("The window showed no picture", REMEDY)
    return WindowFigures(
        ours=median(turn["shown"] for turn in shown),
        bare=median(turn["loop"] for turn in shown),
        ratio=median(turn["shown"] / turn["loop"] for turn in shown),
        gui_ms=median(turn["gui_ms"] for turn in shown),
        turns=len(shown),
    )
