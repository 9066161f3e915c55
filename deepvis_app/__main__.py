"""`python -m deepvis_app` is the command `deepvis`."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

# Read once, when torch is imported. Its threads wait for each other by spinning, which takes the
# processor from the very thread that they wait for as soon as anything else runs here, too.
os.environ.setdefault("GOMP_SPINCOUNT", "5000")

from deepvis_app.cli.main import run_command_line

if TYPE_CHECKING:
    from deepvis_app.options import RunOptions


def open_window(options: RunOptions) -> int:
    """Open the window and return the exit code once it is closed. Qt is imported only here."""
    from deepvis_app.ui.app import run

    return run(options)


def main() -> int:
    """Run the command line; the exit code."""
    return run_command_line(open_window)


if __name__ == "__main__":
    sys.exit(main())
