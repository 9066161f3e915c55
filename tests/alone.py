"""Python in a process of its own, with the code of this checkout."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def run_alone(*words: str, timeout_s: float = 850) -> subprocess.CompletedProcess[str]:
    """Run Python on one thread with the words that follow its name; return how it ended."""
    return subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
