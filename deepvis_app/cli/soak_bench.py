"""How memory grows while the window is used, in a process of its own as a person would start it."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from statistics import linear_regression, mean

from deepvis_app.cli.startup import DEEPVIS, REMEDY, environment_with
from deepvis_app.errors import UserError

TARGET_MB_H = 20.0
WARM_UP = 0.25  # of the run: what is loaded and kept for good is no growth
LEAST = 3  # samples after it
LATE_S = 240  # after the time is up, the window must have closed


@dataclass(frozen=True, slots=True)
class SoakFigures:
    """What a run gave, after its warm-up: growth of own memory in MB an hour, and what else grows.

    The growth has its standard error: of less than twice that nothing can be said. The other
    figures are (first, last): memory in MB, threads, open files, objects.
    """

    ours: float
    error: float
    minutes: float
    samples: int
    own_mb: tuple[float, float]
    rss_mb: tuple[float, float]
    threads: tuple[int, int]
    files: tuple[int, int]
    qt_objects: tuple[int, int]
    python_objects: tuple[int, int]


Sample = dict[str, float]


def measure_soak(minutes: float, seed: int) -> SoakFigures:
    """Have the window used at random for so long. Raises `UserError` where it does not hold."""
    with tempfile.TemporaryDirectory() as folder:
        kinds = ("CONFIG", "CACHE", "PICTURES")
        folders = {f"DEEPVIS_{kind}_DIR": str(Path(folder, kind.lower())) for kind in kinds}
        command = [*DEEPVIS, "run", "--soak", str(minutes * 60), "--soak-seed", str(seed)]
        with tempfile.TemporaryFile("w+") as said:
            try:
                ran = subprocess.run(
                    command, env=environment_with(**folders), text=True,
                    stdout=subprocess.PIPE, stderr=said,
                    timeout=minutes * 60 + LATE_S, check=False,
                )  # fmt: skip
            except subprocess.TimeoutExpired:
                raise UserError("The window did not end in time", REMEDY) from None
            said.seek(0)
            errors = said.read().strip().splitlines()
    if ran.returncode:
        last = errors[-1] if errors else f"code {ran.returncode}"
        raise UserError(
            f"The window did not hold: {last}", f"{REMEDY}; --seed {seed} does it again"
        )
    return figures([json.loads(line) for line in ran.stdout.splitlines() if line[:1] == "{"])


def figures(samples: Sequence[Sample]) -> SoakFigures:
    """Return what samples tell of growth: the slope of a straight line through the later ones."""
    late = [one for one in samples if one["at_s"] >= WARM_UP * samples[-1]["at_s"]]
    if len(late) < LEAST:
        raise UserError(f"{len(late)} readings are too few for a figure", "Soak for longer")
    slope, error = growth([s["at_s"] / 3600 for s in late], [s["own_mb"] for s in late])
    first, last = late[0], late[-1]

    def counts(name: str) -> tuple[int, int]:
        return int(first[name]), int(last[name])

    return SoakFigures(
        ours=slope,
        error=error,
        minutes=last["at_s"] / 60,
        samples=len(late),
        own_mb=(first["own_mb"], last["own_mb"]),
        rss_mb=(first["rss_mb"], last["rss_mb"]),
        threads=counts("threads"),
        files=counts("files"),
        qt_objects=counts("qt"),
        python_objects=counts("python"),
    )


def growth(at: Sequence[float], memory: Sequence[float]) -> tuple[float, float]:
    """Return the slope of a straight line through at least 3 readings, and its standard error."""
    line = linear_regression(at, memory)
    middle = mean(at)
    spread = sum((x - middle) ** 2 for x in at)
    rest = sum((y - line.slope * x - line.intercept) ** 2 for x, y in zip(at, memory, strict=True))
    return line.slope, sqrt(rest / (len(at) - 2) / spread)
