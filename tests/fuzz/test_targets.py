"""Sound files open, spoilt ones end in one clear line, and what was once found stays mended.

Here for a few seconds; for a minute in the whole check, and as long as one likes by
`python -m tests.fuzz`.
"""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.fuzz.runner import campaign
from tests.fuzz.targets import TARGETS

if TYPE_CHECKING:
    from tests.fuzz.runner import Opener

FOUND = Path(__file__).with_name("found")  # TARGET/…/NAME, the name as it has to be
FINDS = sorted(path for path in FOUND.rglob("*") if path.is_file())
SLOW = {"exported", "model-folders"}  # take seconds to begin
SECONDS = 5.0


@pytest.mark.parametrize(
    "target",
    [pytest.param(name, marks=[pytest.mark.slow] if name in SLOW else []) for name in TARGETS],
)
def test_sound_files_open(opener: Opener, target: str) -> None:
    assert opener.begin(target) == ""


@pytest.mark.parametrize("file", FINDS, ids=[str(file.relative_to(FOUND)) for file in FINDS])
def test_a_find_stays_mended(opener: Opener, file: Path) -> None:
    target = file.relative_to(FOUND).parts[0]
    assert opener.open(target, file) is None


def test_spoilt_files_end_in_one_line(opener: Opener) -> None:
    tally = campaign(opener, [*TARGETS.keys() - SLOW], SECONDS, datetime.date.today().toordinal())
    assert not tally.finds, "\n".join(map(str, tally.finds.values()))
    assert sum(tally.opened.values()) > 100
