"""Runs as the window asks for them: those in the runs folder, and logs from elsewhere.

Logs are read, and judged, on the engine's reading thread; nothing here waits for a disk.
"""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from deepvis_app.errors import UserError, one_line, short_text
from deepvis_app.known.lines import SHARE, line_of
from deepvis_app.lab.log.writer import log_files
from deepvis_app.lab.trainer.lock import holder_of
from deepvis_app.lab.trainer.plan import TrainPlan
from deepvis_app.nets.run_folders import LAST, PLAN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from concurrent.futures import Future
    from typing import Protocol

    from deepvis_app.known.lines import Line
    from deepvis_app.lab.diagnoses import Judged
    from deepvis_app.lab.log.read import FollowedLog
    from deepvis_app.lab.log.run import Run
    from deepvis_app.state.learn import LearnOptions

    T = TypeVar("T")

    class Read(Protocol):
        """Has a question answered on a thread that reads files."""

        def __call__(self, question: Callable[[], T], *, is_order: bool = False) -> Future[T]: ...


LIST_S = 1.0  # between two looks at the runs folder
RUNNING_S, RESTING_S = 0.25, 2.0  # between two looks at a log that grows, or that rests
LONG = 25_000  # steps of a log from which on it is looked at more seldom
JUDGE_S = 1.0  # between two judgements of a run
MOST_NAME = 120  # letters
CURVES = ("loss", "val_loss", "accuracy", "val_accuracy", "train_loss", "train_accuracy")


@dataclass(frozen=True, slots=True, eq=False)
class Followed:
    """A run as it was read last; `lines` by standard name or tag.

    `is_gone`: its folder was removed since, and this is what is still known. `fault`: why there is
    nothing newer. Of a run by deepvis' own trainer there is a `plan`; `is_held`: another process
    trains it at this moment; `can_go_on`: there are weights to go on from.
    """

    path: str
    run: Run | None = None
    lines: Mapping[str, Line] = field(default_factory=dict)
    judged: Judged | None = None
    is_gone: bool = False
    has_more: bool = False  # than was read so far
    fault: UserError | None = None
    plan: TrainPlan | None = None
    is_held: bool = False
    can_go_on: bool = False

    @property
    def name(self) -> str:
        return Path(self.path).name


@dataclass(frozen=True, slots=True)
class Ask:
    """How a run is to be read."""

    smooth: int
    tags: tuple[str, ...]
    is_ours: bool = False  # this window trains it


@dataclass(frozen=True, slots=True, eq=False)
class _Order:
    """Something that is done to a folder, and what follows of it."""

    future: Future[None]
    then: Callable[[], None]
    otherwise: Callable[[], None]


class KnownRuns:
    """For the main thread. `version` grows whenever something is known that was not."""

    def __init__(
        self,
        home: Path,
        read: Read,
        options: LearnOptions,
        follow: Callable[[str], FollowedLog],
        judge: Callable[[Run], Judged] | None = None,
        is_ours: Callable[[str], bool] = lambda _path: False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.home, self._is_ours = home, is_ours
        self._read, self._options, self._clock = read, options, clock
        self._reader = _Reader(follow, judge, clock)
        self._listing: Future[tuple[str, ...]] | None = None
        self._reading: Future[Followed] | None = None
        self._asked = ""  # the run that is being read
        self._listed_s = -LIST_S
        self._read_s: dict[str, float] = {}
        self._orders: list[_Order] = []
        self._removed: set[str] = set()
        self._followed: dict[str, Followed] = {}
        self.own: tuple[str, ...] = ()  # the runs folder's, the newest first
        self.is_listed = False
        self.version = 0
        self.fault: UserError | None = None  # of the last order
        options.events.smooth.connect(self._read_anew)
        options.events.tags.connect(self._read_anew)

    # What there is

    @property
    def paths(self) -> tuple[str, ...]:
        """Return all runs: opened logs, then the newest first; what is gone stays in its place."""
        gone = (path for path, one in self._followed.items() if one.is_gone)
        found = dict.fromkeys((*self._options.opened, *self.own, *gone))
        return tuple(path for path in found if path not in self._removed)

    @property
    def chosen(self) -> Followed | None:
        """Return the run that is looked at: the chosen one, else the first; None: there is none."""
        paths = self.paths
        if self._options.chosen in paths:
            return self.get(self._options.chosen)
        return self.get(paths[0]) if paths else None

    @property
    def shown(self) -> tuple[Followed, ...]:
        """Return all runs as they are known by now."""
        return tuple(self.get(path) for path in self.paths)

    def get(self, path: str) -> Followed:
        return self._followed.get(path) or Followed(path)

    # What is done with them

    def open_log(self, path: str) -> None:
        """Have a log from elsewhere among the runs, and look at it."""
        if path not in self.own and path not in self._options.opened:
            self._options.opened = (path, *self._options.opened)
        self._removed.discard(path)
        self._options.chosen = path
        self._news()

    def take_in(self, path: str) -> None:
        """A run was started: list it now, not only once the folder is looked at."""
        if path not in self.own:
            self.own = (path, *self.own)
        self._removed.discard(path)
        self._listed_s = -LIST_S
        self._news()

    def close_log(self, path: str) -> None:
        """Have a log from elsewhere, or what is left of a run that is gone, in the list no more."""
        self._options.forget(path)
        self._followed.pop(path, None)
        self._read(lambda: self._reader.forget(path), is_order=True)
        self._news()

    def hide(self, path: str) -> None:
        """Do not list a run until it is shown again, or removed."""
        self._removed.add(path)
        self._news()

    def show(self, path: str) -> None:
        self._removed.discard(path)
        self._news()

    def remove(self, path: str) -> None:
        """Remove a run's folder, soon; it is listed again if that fails."""

        def remove() -> None:
            self._reader.forget(path)
            try:
                shutil.rmtree(path)
            except FileNotFoundError:
                return
            except OSError as error:
                raise UserError(
                    f"The run {Path(path).name} could not be removed ({one_line(error)})",
                    "Look whether another program has its files open, or may write there",
                ) from error

        self._followed.pop(path, None)
        self._order(remove, lambda: self._options.forget(path), lambda: self.show(path))

    def rename(self, path: str, name: str) -> None:
        """Call a run something else, soon: its folder has another name then."""
        new = Path(path).parent / folder_name(name)

        def rename() -> None:
            self._reader.forget(path)
            if new.exists():
                raise UserError(f"There is a run called {name} already", "Choose another name")
            try:
                Path(path).rename(new)
            except OSError as error:
                raise UserError(
                    f"The run {Path(path).name} cannot be renamed ({one_line(error)})",
                    "Choose another name",
                ) from error

        self._order(rename, lambda: self._call(path, str(new)))

    def _call(self, old: str, new: str) -> None:
        """A run's folder has another name."""
        self.own = tuple(new if path == old else path for path in self.own)
        self._followed.pop(old, None)
        self._options.call(old, new)

    def _order(
        self,
        action: Callable[[], None],
        then: Callable[[], None],
        otherwise: Callable[[], None] = lambda: None,
    ) -> None:
        self._orders.append(_Order(self._read(action, is_order=True), then, otherwise))

    # In every round

    def tick(self, is_open: bool) -> bool:
        """Take the answers that are there; ask for more while the page is open.

        Returns whether anything is known that was not.
        """
        before = self.version
        self._take_orders()
        self._take_listing()
        self._take_reading()
        if is_open:
            self._ask()
        return self.version != before

    def _ask(self) -> None:
        now_s = self._clock()
        if self._listing is None and now_s - self._listed_s >= LIST_S:
            self._listed_s = now_s
            self._listing = self._read(lambda: own_runs(self.home))
        if self._reading is None and (path := self._due(now_s)):
            self._read_s[path], self._asked = now_s, path
            old = self.get(path)
            tags = tuple(self._options.tags.values())
            ask = Ask(self._options.smooth, tags, self._is_ours(path))
            self._reading = self._read(lambda: self._reader.read(old, ask))

    def _due(self, now_s: float) -> str:
        """Return the run that is to be read next, "" for none: the one looked at goes first."""
        over: dict[str, float] = {}
        for path in self.paths:
            one = self.get(path)
            grows = one.run is not None and one.run.state in ("running", "paused")
            every = RUNNING_S * _weight(one) if grows else RESTING_S
            since = now_s - self._read_s.get(path, -RESTING_S)
            if (since >= every or one.has_more) and not one.is_gone:
                over[path] = since / every + (1e6 if path == self._options.chosen else 0)
        return max(over, key=lambda path: over[path], default="")

    def _take_listing(self) -> None:
        if self._listing is None or not self._listing.done():
            return
        found, self._listing = self._listing.result(), None
        begun = {path for path in self.own if self._is_ours(path)}  # its folder is made soon
        known, there = set(self.own), {*found, *begun}
        # A log's time changes as it grows: what is listed already keeps its place.
        listing = (*(p for p in found if p not in known), *(p for p in self.own if p in there))
        if listing == self.own and self.is_listed:
            return
        for path in known - there:
            self._lose(path)
        self.own, self.is_listed = listing, True
        self._news()

    def _lose(self, path: str) -> None:
        """A run's folder is not there any more: what is known of it stays."""
        one = self._followed.get(path)
        if one is not None and path not in self._removed:
            self._followed[path] = replace(one, is_gone=True)

    def _take_reading(self) -> None:
        if self._reading is None or not self._reading.done():
            return
        reading, self._reading = self._reading, None
        one = reading.result()
        if one.path not in self.paths or one is self._followed.get(one.path):
            return
        self._followed[one.path] = one
        self._news()

    def _take_orders(self) -> None:
        done = [order for order in self._orders if order.future.done()]
        if not done:
            return
        self._orders = [order for order in self._orders if order not in done]
        for order in done:
            try:
                order.future.result()
            except UserError as error:
                self.fault = error
                order.otherwise()
            else:
                order.then()
        self._listed_s = -LIST_S
        self._news()

    def _read_anew(self, *_: object) -> None:
        """Curves are wanted otherwise: read what is known already once more."""
        self._read_s.clear()

    def _news(self) -> None:
        self.version += 1


class _Reader:
    """The logs that are open; for the reading thread alone."""

    def __init__(
        self,
        follow: Callable[[str], FollowedLog],
        judge: Callable[[Run], Judged] | None,
        clock: Callable[[], float],
    ) -> None:
        self._follow, self._judge, self._clock = follow, judge, clock
        self._logs: dict[str, FollowedLog] = {}
        self._judged: dict[str, tuple[Run, float]] = {}  # which was judged last, and when

    def forget(self, path: str) -> None:
        self._logs.pop(path, None)
        self._judged.pop(path, None)

    def read(self, old: Followed, ask: Ask) -> Followed:
        """Return a run as it is by now; `old` itself where nothing is new."""
        path = old.path
        try:
            log = self._logs.get(path)
            if log is None:
                log = self._logs[path] = self._follow(path)
            run = log.update()
        except UserError as error:
            self.forget(path)
            if not Path(path).exists():
                begins = ask.is_ours and old.run is None  # its folder is made soon
                return old if begins else replace(old, is_gone=True)
            told = old.fault is not None and old.fault.args == error.args
            return old if told else replace(old, fault=error)
        lines = _lines(run, old.lines, ask)
        judged = old.judged if log.has_more else self._judgement(path, run, old.judged)
        folder = Path(path)
        plan = old.plan or _plan(folder)
        new = Followed(
            path, run, lines, judged, not folder.exists(), log.has_more, None, plan,
            _is_held(folder, run, ask) if plan else False,
            plan is not None and _can_go_on(folder, run),
        )  # fmt: skip
        return old if _same(new, old) else new

    def _judgement(self, path: str, run: Run, old: Judged | None) -> Judged | None:
        last, at_s = self._judged.get(path, (None, -JUDGE_S))
        now_s = self._clock()
        waits = now_s - at_s < JUDGE_S and run.state == "running"
        if self._judge is None or run is last or waits:
            return old
        self._judged[path] = run, now_s
        return self._judge(run)


def _weight(one: Followed) -> float:
    """Return how many times as seldom a long log is looked at: each look takes all its values."""
    return 1.0 if one.run is None else max(1.0, one.run.step / LONG)


def _same(new: Followed, old: Followed) -> bool:
    facts = ("run", "judged", "is_gone", "has_more", "fault", "plan", "is_held", "can_go_on")
    return new.lines == old.lines and all(getattr(new, f) is getattr(old, f) for f in facts)


def _plan(folder: Path) -> TrainPlan | None:
    """Return what a run was begun with; None: deepvis did not train it, or it cannot be read."""
    try:
        return TrainPlan.read(folder / PLAN) if (folder / PLAN).is_file() else None
    except (UserError, OSError):
        return None


def _is_held(folder: Path, run: Run, ask: Ask) -> bool:
    """Tell whether another process trains a run; to ask takes its lock for a moment."""
    return run.state in ("running", "paused") and not ask.is_ours and holder_of(folder) is not None


def _can_go_on(folder: Path, run: Run) -> bool:
    return bool(run.checkpoints) or (folder / LAST).is_file()


def folder_name(name: str) -> str:
    """Return a name for a folder. Raises `UserError` for what cannot be one."""
    plain = name.strip()
    if not plain or plain.startswith(".") or len(plain) > MOST_NAME or set(plain) & set("/\\\0:"):
        raise UserError(
            f"“{short_text(name)}” cannot be the name of a run", "Use letters and digits"
        )
    return plain


def own_runs(home: Path) -> tuple[str, ...]:
    """Return the folders of runs within one, the newest first; () where it cannot be read."""
    found = []
    try:
        for folder in home.iterdir():
            files = (folder / PLAN, *log_files(folder)[:1])
            stamps = [at for file in files if (at := _stamp(file)) is not None]
            if stamps:
                found.append((min(stamps), str(folder)))
    except OSError:
        return ()
    return tuple(path for _, path in sorted(found, reverse=True))


def _stamp(path: Path) -> float | None:
    try:
        return path.stat().st_mtime
    except OSError:
        return None


def _lines(run: Run, old: Mapping[str, Line], ask: Ask) -> Mapping[str, Line]:
    """Return what is drawn of a run; lines of scalars that have not grown are the old ones."""
    lines = {}
    for name in dict.fromkeys((*CURVES, *ask.tags)):
        series = run.scalar(name)
        if series is None or not len(series):
            continue
        known = old.get(name)
        same = known is not None and known.series is series
        fresh = known if same and known is not None and _fits(known, ask.smooth) else None
        lines[name] = fresh or line_of(series, ask.smooth)
    return lines


def _fits(line: Line, smooth: int) -> bool:
    count = len(line.series.values)
    return line.window == min(smooth or max(count // SHARE, 1), max(count, 1))
