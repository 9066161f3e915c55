"""`python -m tests.kills --times 200 [--seed N]`: kill work at random moments, and look after it.

Work runs in forked children: this process has no thread, and torch is imported once. Each kill's
faults are printed, then a line of JSON with kills, reports and faults by work; ends with 1 where
there were faults.
"""

from __future__ import annotations

import argparse
import datetime
import json
import logging
import os
import random
import select
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from tests.kills.works import WORKS, data_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.kills.works import Work

BEGIN_S = 60.0  # until the first report


def forked(action: Callable[[int], object]) -> tuple[int, int]:
    """Run `action` in a child, with a pipe's end to write to; return the other end and its id."""
    heard, said = os.pipe()
    child = os.fork()
    if child:
        os.close(said)
        return heard, child
    os.close(heard)
    code = 1
    try:
        action(said)
        code = 0
    finally:
        os._exit(code)


def read_until(heard: int, end: float) -> bytes:
    """Return what comes before `end`, at the latest; less where the writer has ended."""
    data = b""
    while (left_s := end - time.monotonic()) > 0 and select.select([heard], [], [], left_s)[0]:
        if not (part := os.read(heard, 1 << 16)):
            break
        data += part
    return data


def killed(work: Work, folder: Path, seed: int, chance: random.Random) -> list[Any]:
    """Let work live, kill it, and return what it had reported."""

    def live(said: int) -> None:
        work.live(folder, seed, lambda value: os.write(said, json.dumps(value).encode() + b"\n"))

    heard, child = forked(live)
    select.select([heard], [], [], BEGIN_S)
    data = read_until(heard, time.monotonic() + work.longest_s * chance.random())
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    data += read_until(heard, time.monotonic() + BEGIN_S)
    os.close(heard)
    return data_of(data)


def faults(work: Work, folder: Path, told: list[Any]) -> list[str]:
    """Look after a kill, in a process of its own: it may start threads."""
    heard, child = forked(
        lambda said: os.write(said, json.dumps(work.faults(folder, told)).encode())
    )
    data = read_until(heard, time.monotonic() + BEGIN_S)
    os.close(heard)
    code = os.waitpid(child, 0)[1]
    return list(json.loads(data)) if code == 0 else [f"looking failed: {code}"]


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m tests.kills")
    options.add_argument("--times", type=int, default=200)
    options.add_argument("--work", action="append", choices=list(WORKS))
    options.add_argument("--seed", type=int, default=datetime.date.today().toordinal())
    given = options.parse_args()
    torch.set_num_threads(1)
    logging.basicConfig(level=logging.WARNING)
    chance = random.Random(given.seed)
    names = given.work or list(WORKS)
    told: dict[str, list[Any]] = {name: [] for name in names}
    kills, wrong = Counter[str](), Counter[str]()
    with tempfile.TemporaryDirectory(prefix="deepvis-kills-") as place:
        for number in range(given.times):
            name = names[number % len(names)]
            folder = Path(place, name)
            folder.mkdir(exist_ok=True)
            os.environ["DEEPVIS_CONFIG_DIR"] = str(folder)
            told[name] += killed(WORKS[name], folder, given.seed + number, chance)
            kills[name] += 1
            for fault in faults(WORKS[name], folder, told[name]):
                wrong[name] += 1
                say(f"{name}, kill {number}: {fault}")
    reports = {name: len(told[name]) for name in names}
    say(json.dumps({"kills": kills, "reports": reports, "faults": wrong}))
    return bool(wrong)


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
