"""The runner sees each kind of fault, and a seed gives the same input again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fuzz.runner import HANG_S, Find, Opener, campaign
from tests.fuzz.targets import FAULTS, TARGETS, Input

if TYPE_CHECKING:
    from pathlib import Path


def plant(opener: Opener, kind: str, folder: Path) -> Find | None:
    file = folder / kind
    file.write_text(kind)
    opener.hang_s = 1.0 if kind == "hang" else HANG_S
    try:
        return opener.open(FAULTS.name, file)
    finally:
        opener.hang_s = HANG_S


@pytest.mark.parametrize(
    ("planted", "kind", "what", "said"),
    [
        ("exception", "exception", "KeyError, targets.py:_fault: 'planted'", "in _fault"),
        ("exit", "exception", "SystemExit, targets.py:_fault: 3", "in _fault"),
        ("thread", "exception", "IndexError in a thread", ""),
        ("long", "exception", "no one line", ""),
        ("hang", "hang", "no answer in 1 s", "in _fault"),
        ("crash", "crash", "SIGABRT", "in _fault"),
        ("memory", "memory", "1.2 GB", ""),
    ],
)
def test_a_planted_fault_is_seen(
    opener: Opener, tmp_path: Path, planted: str, kind: str, what: str, said: str
) -> None:
    find = plant(opener, planted, tmp_path)
    assert find is not None
    assert (find.kind, find.what[: len(what)]) == (kind, what)
    assert find.folder is not None
    assert (find.folder / planted).read_text() == planted
    assert said in (find.folder / "log").read_text()


def test_what_is_meant_for_people_is_no_find(opener: Opener, tmp_path: Path) -> None:
    assert plant(opener, "user", tmp_path) is None
    assert plant(opener, "nothing", tmp_path) is None


@pytest.mark.parametrize("name", sorted({*TARGETS} - {"exported"}))  # which takes long to make
def test_a_seed_gives_the_same_input(name: str) -> None:
    target = TARGETS[name]
    inputs = [target.input(seed) for seed in range(30)]
    assert [target.input(seed) for seed in range(30)] == inputs
    assert len(set(inputs)) > 5
    sound = {Input(*each) for each in target.seeds().items()}
    assert len(set(inputs) - sound) > 5


def test_a_campaign_counts_and_tells_once(opener: Opener) -> None:
    told: list[str] = []
    tally = campaign(opener, [FAULTS.name], 0.5, 0, told.append)
    assert tally.opened[FAULTS.name] > sum(tally.times.values()) > 1  # some are spoilt to no fault
    assert len(told) == len(tally.finds) == 1
    assert told[0].startswith("exception: --target faults --seed ")
