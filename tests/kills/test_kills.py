"""After a kill at any moment all is there that was said to be kept; the next start is silent."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from tests.alone import run_alone
from tests.kills.works import WORKS, Files, Jobs, Recording

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize(
    "times", [4, pytest.param(60, marks=[pytest.mark.slow(seconds=140), pytest.mark.timeout(900)])]
)
def test_nothing_that_was_kept_is_lost(times: int) -> None:
    done = run_alone("-m", "tests.kills", "--times", str(times))
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["kills"] == dict.fromkeys(WORKS, times // len(WORKS))
    assert min(told["reports"].values()) > 0


def test_what_is_lost_is_seen(tmp_path: Path) -> None:
    told = [{"file": "a.mp4", "at_s": 1.5}]
    assert Recording().faults(tmp_path, told) == ["a.mp4 plays up to -1.00 of 1.50 s"]
    job = {"uid": "a"}
    lost, forgotten = Jobs().faults(tmp_path / "store", [{"picture": "k"}, {"job": job}])
    assert (lost, forgotten) == ("lost: k", "a job is forgotten: a")
    written = [{"session": 3}, {"settings": 2000}, {"session": 1}]
    assert Files().faults(tmp_path, written) == [
        "session 0 is there, 3 was written",
        "settings 1000 is there, 2000 was written",  # the default
    ]
