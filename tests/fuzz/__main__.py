"""`python -m tests.fuzz --minutes 30 [--target NAME …] [--seed N]`: open spoilt files for so long.

`--target NAME --seed N --once` opens one input again. Ends with 1 where anything went wrong.
"""

from __future__ import annotations

import argparse
import datetime
import sys
import tempfile
from pathlib import Path

from tests.fuzz.runner import Opener, campaign
from tests.fuzz.targets import TARGETS


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m tests.fuzz")
    options.add_argument("--minutes", type=float, default=1.0)
    options.add_argument("--target", action="append", choices=list(TARGETS))
    options.add_argument("--seed", type=int, default=datetime.date.today().toordinal())
    options.add_argument("--once", action="store_true", help="open the input of this seed alone")
    options.add_argument(
        "--keep", type=Path, default=Path(tempfile.gettempdir(), "deepvis-fuzz"),
        help="folder for what is found",
    )  # fmt: skip
    given = options.parse_args()
    targets = given.target or list(TARGETS)
    with Opener(given.keep) as opener:
        if given.once:
            finds = [opener.open(target, given.seed) for target in targets]
            say("\n".join(str(find or "nothing wrong") for find in finds))
            return any(finds)
        say(f"the same again: python -m tests.fuzz --minutes {given.minutes:g} --seed {given.seed}")
        tally = campaign(opener, targets, 60 * given.minutes, given.seed, say)
    say(str(tally))
    return bool(tally.finds)


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
