"""Fixtures for all rooms: test data beside the checkout, private user folders, no stray threads."""

from __future__ import annotations

import datetime
import faulthandler
import logging
import os
import random
import signal
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from _pytest.faulthandler import fault_handler_stderr_fd_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@pytest.hookimpl(trylast=True)  # after pytest-xvfb, which starts a virtual screen where it can
def pytest_configure(config: pytest.Config) -> None:
    if "cuda" not in config.option.markexpr:  # so that results are the same on every machine
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
    screens = {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"}
    if sys.platform.startswith("linux") and not screens & os.environ.keys():
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    _hear_signals()


def _hear_signals() -> None:
    """Take signals as in a terminal: tests send them, `nohup` and a script's `&` ignore some."""
    for name in ("SIGINT", "SIGHUP", "SIGQUIT"):
        one = getattr(signal, name, None)
        if one is not None and signal.getsignal(one) is signal.SIG_IGN:
            is_interrupt = one == signal.SIGINT
            signal.signal(one, signal.default_int_handler if is_interrupt else signal.SIG_DFL)


# Slow tests, all or a sample: `-m slow`, and `--slow-sample SECONDS` beside it. The sample is drawn
# anew every day, so that all are run in time, and can be repeated by its seed.

USUAL_S = 6.0  # of a slow test that says nothing of how long it takes


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("slow tests")
    group.addoption("--slow-sample", type=float, metavar="SECONDS", help="of -m slow, a sample")
    group.addoption(
        "--slow-seed", type=int, default=datetime.date.today().toordinal(), metavar="SEED",
        help="which sample; by default the day's",
    )  # fmt: skip


def slow_sample(tests: Sequence[tuple[str, float]], budget_s: float, seed: int) -> set[str]:
    """Draw tests (id, seconds) that take at most `budget_s` together; the same for equal seeds.

    Each function gets its turn before another has a second one.
    """
    drawn = sorted(tests)
    random.Random(seed).shuffle(drawn)
    turns: dict[str, int] = {}
    order = []
    for name, cost_s in drawn:
        function = name.partition("[")[0]
        turns[function] = turns.get(function, 0) + 1
        order.append((turns[function], name, cost_s))
    chosen, left_s = set(), budget_s
    for _, name, cost_s in sorted(order, key=lambda each: each[0]):  # stable: as drawn
        if cost_s <= left_s:
            chosen.add(name)
            left_s -= cost_s
    return chosen


@pytest.hookimpl(trylast=True)  # what -m leaves
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    budget_s, seed = config.option.slow_sample, config.option.slow_seed
    if budget_s is None:
        return
    marks = {item.nodeid: item.get_closest_marker("slow") for item in items}
    unsaid = [
        item.nodeid
        for item in items
        if (mark := marks[item.nodeid])
        and "seconds" not in mark.kwargs
        and item.get_closest_marker("timeout")
    ]
    if unsaid:  # one that needs more than the usual time would be drawn as if it did not
        raise pytest.UsageError(f"{unsaid[0]}: slow(seconds=…) goes with a timeout of its own")
    costs = [
        (name, float(mark.kwargs.get("seconds", USUAL_S))) for name, mark in marks.items() if mark
    ]
    chosen = slow_sample(costs, budget_s, seed)
    left = [item for item in items if marks[item.nodeid] and item.nodeid not in chosen]
    config.hook.pytest_deselected(items=left)
    items[:] = [item for item in items if item not in left]


def pytest_report_header(config: pytest.Config) -> str | None:
    if config.option.slow_sample is None:
        return None
    same = f"--slow-sample {config.option.slow_sample:g} --slow-seed {config.option.slow_seed}"
    return f"a sample of the slow tests; the same again: pytest -m slow {same}"


SHARED = Path(__file__).parents[2] / "shared"


def _shared(name: str) -> Path:
    folder = SHARED / name
    if not folder.is_dir():
        pytest.skip(f"test data folder ../shared/{name} is not here")
    return folder


@pytest.fixture
def shared_nets() -> Path:
    """Folder with squeezenet1_0-imagenet.pth; skips where it is absent."""
    return _shared("nets")


@pytest.fixture
def shared_images() -> Path:
    """Folder with real photographs; skips where it is absent."""
    return _shared("images") / "imagenet-sample"


@pytest.fixture
def shared_cases() -> Path:
    """Folder with reproductions of faults; skips where it is absent."""
    return _shared("cases")


@pytest.fixture(autouse=True)
def private_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the user's own settings, cache, pictures, runs or directions."""
    for kind in ("CONFIG", "CACHE", "PICTURES", "RUNS", "DIRECTIONS"):
        monkeypatch.setenv(f"DEEPVIS_{kind}_DIR", str(tmp_path / kind.lower()))


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """A folder that any user may look into; see `tests.rights`."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o755)


@pytest.fixture(autouse=True)
def faults_are_told(pytestconfig: pytest.Config) -> Iterator[None]:
    """A fault of C code is told where it can be read, also after a test that had it elsewhere."""
    yield
    stderr = pytestconfig.stash.get(fault_handler_stderr_fd_key, None)
    if stderr is not None:
        faulthandler.enable(stderr)


@pytest.fixture(autouse=True)
def no_stray_threads() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    for thread in set(threading.enumerate()) - before:
        thread.join(5)
    stray = {t.name for t in threading.enumerate()} - {t.name for t in before}
    # torch keeps a helper thread of its own autograd engine; only named threads are ours.
    assert not {name for name in stray if name.startswith("deepvis")}, stray


@pytest.fixture(autouse=True)
def no_unexpected_log(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """A warning in the log fails the test unless the test reads it and calls `caplog.clear()`."""
    yield
    loud = [r.getMessage() for r in caplog.get_records("call") if r.levelno >= logging.WARNING]
    assert not loud, loud
