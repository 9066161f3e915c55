"""`python killed_writes.py FOLDER`: one file is replaced again and again, by processes that end
at every line of the writing in turn; prints what is wrong, and how many of them there were.
"""

from __future__ import annotations

import itertools
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from deepvis_app import files

if TYPE_CHECKING:
    from types import FrameType

CONTENTS = ("old " * 1000, "new " * 5000)


def killed_at(path: Path, line: int) -> None:
    """Write the new content, and end without a word before the line `line` is run."""
    left = itertools.count(line, -1)

    def trace(frame: FrameType, event: str, _: object) -> object:
        if frame.f_code.co_filename != files.__file__:
            return None
        if event == "line" and next(left) == 0:
            os._exit(1)  # as a kill does: no `finally`, nothing flushed
        return trace

    sys.settrace(trace)
    files.write_whole(path, CONTENTS[1])
    os._exit(0)


def main() -> None:
    path = Path(sys.argv[1]) / "file.txt"
    files.ABANDONED_AFTER_S = -1  # nobody else writes here: what was left half goes at once
    for line in itertools.count():
        path.write_text(CONTENTS[0])
        child = os.fork()
        if child == 0:
            killed_at(path, line)
        has_ended = os.waitpid(child, 0)[1] == 0
        if path.read_text() not in CONTENTS:
            sys.stdout.write(f"killed at line {line}: {len(path.read_text())} letters\n")
        if has_ended:
            sys.stdout.write(f"{line}\n")
            return


main()
