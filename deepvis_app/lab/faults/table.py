"""How often faults are named and sound trainings are left in peace: the table, and how it is made.

Bounds of the rules were chosen on trainings of `TUNED` and on the sound ones of seed 1; those of
the table, faults of `SEEDS` and sound ones of `HEALTHY_SEEDS`, were never looked at for that.
"""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from deepvis_app.lab.diagnoses import Severity, diagnose
from deepvis_app.lab.faults.cutting import until
from deepvis_app.lab.faults.healthy import Case, healthy
from deepvis_app.lab.faults.kinds import FAULTS, faulty
from deepvis_app.lab.faults.loop import learn
from deepvis_app.lab.log.read import read_log
from deepvis_app.wilson import wilson

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from deepvis_app.lab.log.run import Run

TUNED = (100, 101)
SEEDS, HEALTHY_SEEDS = (1, 2, 3), (2, 3)
SHORT_HEALTHY = 6  # of the sound trainings of one seed, every sixth in the short form
LOOKS = 10  # moments of a run at which it is asked whether a fault was named by then
NAMES = {fault.name: fault.names for fault in FAULTS}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was said of one training."""

    case: str
    fault: str  # "": it was sound
    named: tuple[str, ...]  # alarms and warnings, worst first
    hints: tuple[str, ...]
    evidence: tuple[str, ...]  # of what was named
    steps: int
    delay: int | None  # steps until the fault was named; None: it never was
    seconds: float

    @property
    def detected(self) -> bool:
        """Whether one of the fault's own names is among those said."""
        return any(name in NAMES[self.fault] for name in self.named)

    @property
    def first(self) -> bool:
        """Whether it is what was said first."""
        return bool(self.named) and self.named[0] in NAMES[self.fault]


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of fault."""

    fault: str
    what: str
    runs: int
    detected: int
    first: int
    low: float  # Wilson's lower bound of the share detected, 95 %
    delay: float | None  # middle of the steps until it was named, as a share of the run


@dataclass(frozen=True, slots=True)
class Figures:
    """The table. Shares have Wilson's 95 % bounds."""

    rows: tuple[Row, ...]
    faulty: int
    detected: int
    detected_bounds: tuple[float, float]
    first: int
    healthy: int
    alarmed: int
    alarmed_bounds: tuple[float, float]
    hinted: int
    confusion: dict[str, dict[str, int]]  # injected ("healthy" among them) -> named -> runs
    seeds: tuple[int, ...]
    tuned: tuple[int, ...]


def cases(*, short: bool = False) -> list[Case]:
    """Return all trainings of the table; in the short form each fault once and fewer sound ones."""
    if short:
        once = {case.fault: case for case in reversed(faulty(SEEDS[0]))}
        return [*once.values(), *healthy(HEALTHY_SEEDS[0])[::SHORT_HEALTHY]]
    faults = [case for seed in SEEDS for case in faulty(seed)]
    return [*faults, *(case for seed in HEALTHY_SEEDS for case in healthy(seed))]


def outcome(case: Case) -> Outcome:
    """Run a training, read its log and judge it."""
    started = time.process_time()
    with tempfile.TemporaryDirectory(prefix="deepvis-fault-") as name:
        folder = Path(name, "run")
        learn(case.make(), folder)
        run = read_log(folder)
        return judge(case, run, time.process_time() - started)


def judge(case: Case, run: Run, seconds: float = 0.0) -> Outcome:
    """Judge a training's run."""
    found = diagnose(run)
    said = [each for each in found if each.severity is not Severity.HINT]
    hints = [each.name for each in found if each.severity is Severity.HINT]
    return Outcome(
        case.name, case.fault, tuple(each.name for each in said), tuple(hints),
        tuple(each.evidence for each in said), run.step,
        _delay(run, NAMES[case.fault]) if case.fault else None, seconds,
    )  # fmt: skip


def _delay(run: Run, names: Sequence[str]) -> int | None:
    for number in range(LOOKS + 1):
        step = max(1, round(run.step * number / LOOKS))
        found = {each.name for each in diagnose(until(run, step))}
        if found & set(names):
            return step
    return None


def figures(outcomes: Iterable[Outcome]) -> Figures:
    """Count what was said."""
    every = list(outcomes)
    broken = [each for each in every if each.fault]
    sound = [each for each in every if not each.fault]
    detected = sum(each.detected for each in broken)
    alarmed = sum(bool(each.named) for each in sound)
    confusion: dict[str, Counter[str]] = {}
    for each in every:
        counts = confusion.setdefault(each.fault or "healthy", Counter())
        counts.update(set(each.named) or {"nothing"})
    return Figures(
        tuple(_row(name, [each for each in broken if each.fault == name]) for name in NAMES),
        len(broken), detected, wilson(detected, len(broken)), sum(each.first for each in broken),
        len(sound), alarmed, wilson(alarmed, len(sound)), sum(bool(each.hints) for each in sound),
        {name: dict(counts.most_common()) for name, counts in confusion.items()},
        tuple(sorted({int(each.case.rpartition("/")[2]) for each in every})), TUNED,
    )  # fmt: skip


def _row(name: str, found: list[Outcome]) -> Row:
    detected = sum(each.detected for each in found)
    delays = [each.delay / max(each.steps, 1) for each in found if each.delay is not None]
    what = next(fault.what for fault in FAULTS if fault.name == name)
    return Row(
        name, what, len(found), detected, sum(each.first for each in found),
        wilson(detected, len(found))[0], median(delays) if delays else None,
    )  # fmt: skip
