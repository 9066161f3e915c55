"""How fast a map of pictures is drawn, in a window of its own, and how fast a code is placed."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.cli.startup import REMEDY, environment_with
from deepvis_app.corpus.map.placement import NEAREST, Placer
from deepvis_app.corpus.map.reduction import reduction_of
from deepvis_app.corpus.pictures import source_of
from deepvis_app.errors import UserError
from deepvis_app.frames.source import PictureError
from deepvis_app.known.map_pictures import squared

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

METER = (sys.executable, "-m", "deepvis_app.ui.kit.scatter.meter")
LATE_S = 180  # for all that is made before something is measured
SIDE, MOST = 64, 500  # of thumbnails, and how many different ones
CODES, NUMBERS, GROUPS = 100_000, 384, 100  # of a map, of each, what they are of
COMPONENTS = 50
CACHE_MB = 64  # more than a processor's caches hold


@dataclass(frozen=True, slots=True)
class MapFigures:
    """One measure: `ours`, the plain way's `bare`, and how many times faster ours is."""

    what: str
    ours: float
    bare: float | None
    unit: str
    ratio: float | None
    wanted: str


def measure_map(seconds: float, source: str | None, codes: int = CODES) -> list[MapFigures]:
    """Measure for about so many seconds in all. Raises `UserError` where the window fails.

    `source`: a folder whose pictures are the thumbnails; None: patterns.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "thumbnails.npy")
        np.save(file, thumbnails(source))
        found = _drawn(seconds / 10, file)
    return [*found, placed(codes)]


def thumbnails(source: str | None) -> NDArray[np.uint8]:
    """Return squares (k, 64, 64, 3), of a folder's first pictures that can be read, or patterns."""
    if source is None:
        rng = np.random.default_rng(0)
        coarse = rng.integers(0, 255, (MOST, 8, 8, 3)).astype(np.uint8)
        return coarse.repeat(SIDE // 8, 1).repeat(SIDE // 8, 2)
    pictures = source_of(source)
    found = []
    for entry in list(pictures.entries())[:MOST]:
        try:
            found.append(squared(pictures.read(entry.name, SIDE), SIDE))
        except PictureError:
            continue
    if not found:
        raise UserError(f"No picture of {source} can be read", "Give a folder of photographs")
    return np.stack(found)


def _drawn(seconds: float, file: Path) -> list[MapFigures]:
    """Have the map drawn by a process of its own, as a window is."""
    try:
        ran = subprocess.run(
            [*METER, str(seconds), str(file)], env=environment_with(), text=True,
            capture_output=True, timeout=10 * seconds + LATE_S, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise UserError("The map was not drawn in time", REMEDY) from None
    if ran.returncode:
        last = ran.stderr.strip().splitlines() or [f"code {ran.returncode}"]
        raise UserError(f"The map was not drawn: {last[-1]}", REMEDY)
    return [figures(line) for line in ran.stdout.splitlines() if line[:1] == "{"]


def figures(line: str) -> MapFigures:
    """Return what a line of the meter tells."""
    told = json.loads(line)
    ours, bare = told["ours"], told["bare"]
    faster = None if bare is None else bare / ours if told["unit"] == "ms" else ours / bare
    return MapFigures(told["what"], ours, bare, told["unit"], faster, told["wanted"])


def placed(count: int = CODES) -> MapFigures:
    """Return the milliseconds in which one code finds its place; bare: by all of the codes.

    Each code is a new one, and the processor's caches hold something else before, as they do
    after a network's pass.
    """
    rng = np.random.default_rng(0)
    codes, fresh = _codes(rng, count), _codes(rng, 60)
    points = rng.uniform(-1, 1, (count, 2)).astype(np.float32)
    placer = Placer(codes, points, reduction_of(codes, "cosine", COMPONENTS))
    unit = codes / np.linalg.norm(codes, axis=1, keepdims=True)
    others = np.ones(CACHE_MB * 2**18, np.float32)
    ours = [_ms(others, partial(placer, code)) for code in fresh]
    bare = [_ms(others, partial(_by_all, unit, code)) for code in fresh]
    ours_ms, bare_ms = median(ours), median(bare)
    what = f"placing a code, {count:,} x {NUMBERS}"
    return MapFigures(what, ours_ms, bare_ms, "ms", bare_ms / ours_ms, "<= 2")


def _codes(rng: np.random.Generator, count: int) -> Floats:
    """Return codes (count, NUMBERS) of groups, none below zero, as a layer's after a ReLU."""
    middles = np.random.default_rng(1).gamma(0.5, 1, (GROUPS, NUMBERS))
    codes = middles[rng.integers(0, GROUPS, count)]
    codes += rng.normal(0, 0.5, codes.shape)
    return np.maximum(codes, 0).astype(np.float32)


def _by_all(codes: Floats, code: Floats) -> NDArray[np.int64]:
    """Return the nearest of all codes by one product."""
    found: NDArray[np.int64] = np.argpartition(codes @ -code, NEAREST)[:NEAREST]
    return found


def _ms(others: Floats, do: Callable[[], object]) -> float:
    """Return how long something takes after other work."""
    others += 1
    began_s = time.perf_counter()
    do()
    return 1000 * (time.perf_counter() - began_s)
