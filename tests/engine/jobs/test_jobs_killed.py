"""Two hundred jobs, and a process that is killed again and again."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.alone import run_alone


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize(
    ("rounds", "seed"),
    [(2, 0), pytest.param(25, 1, marks=[pytest.mark.slow(seconds=60), pytest.mark.timeout(900)])],
)
def test_a_killed_process_leaves_a_sound_store(tmp_path: Path, rounds: int, seed: int) -> None:
    program = Path(__file__).with_name("killed.py")
    done = run_alone(str(program), str(tmp_path / "store"), str(rounds), str(seed))
    assert done.returncode == 0, done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(told) == rounds
    before: set[str] = set()
    for one in told:
        assert one["damaged"] == []
        assert one["left_over"] == 0
        assert one["unreadable"] == []
        assert one["offered"] == one["listed"]
        assert before <= set(one["pictures"])  # what was finished stays
        before = set(one["pictures"])
    assert before
    assert max(one["offered"] for one in told) > 0
