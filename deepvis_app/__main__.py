"""`python -m deepvis_app` is the command `deepvis`."""

from __future__ import annotations

import multiprocessing
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deepvis_app.options import RunOptions


def open_window(options: RunOptions) -> int:
    """Open the window and return the exit code once it is closed. Qt is imported only here."""
    from deepvis_app.ui.running import run

    return run(options)


def main() -> int:
    """Run the command line; the exit code."""
    multiprocessing.freeze_support()  # a child of a frozen app begins here, too
    from deepvis_app.cli.main import run_command_line  # children import this module, not that one

    return run_command_line(open_window)


if __name__ == "__main__":
    sys.exit(main())
