"""A fault of C code in a test is told with its place, whatever the tests before it did."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = """
import faulthandler, os, signal
def test_has_faults_told_elsewhere(tmp_path):
    faulthandler.enable((tmp_path / "trace").open("w"))
def test_ends_the_process():
    os.kill(os.getpid(), signal.SIGSEGV)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
def test_a_fault_is_told_after_a_test_that_had_it_told_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(Path(__file__).with_name("conftest.py").read_text())
    (tmp_path / "test_it.py").write_text(TESTS)
    command = [sys.executable, "-m", "pytest", "-q", "-c", os.devnull, "-p", "no:cacheprovider"]
    ended = subprocess.run(
        [*command, "-p", "no:pytest-qt", "-p", "no:xvfb", str(tmp_path)],
        cwd=tmp_path, text=True, capture_output=True, timeout=100, check=False,
    )  # fmt: skip
    assert ended.returncode == -signal.SIGSEGV, ended.stdout
    assert "test_ends_the_process" in ended.stderr
