"""What the documentation says of diagnoses is what the code does."""

from __future__ import annotations

import re

from deepvis_app.cli import diagnoses_bench
from deepvis_app.cli.diagnose import rules_as_markdown
from deepvis_app.lab.faults import table
from deepvis_app.lab.faults.kinds import FAULTS
from tests.papers import ROOT


def test_the_rules_are_the_codes() -> None:
    paper = (ROOT / "resources/docs/diagnoses.md").read_text("utf-8")
    assert paper.rstrip().endswith(rules_as_markdown()), "anew: deepvis diagnose --rules"


def test_the_published_table_is_of_these_faults_and_meets_what_is_wanted() -> None:
    paper = (ROOT / "resources/docs/diagnoses.md").read_text("utf-8")
    rows = re.findall(r"^\| ([^|]+) \| [^|]+ \| (\d+) \| (\d+) \| \d+ \|", paper, re.M)
    wanted = {fault.name: len(fault.varieties) * len(table.SEEDS) for fault in FAULTS}
    assert {name: int(runs) for name, runs, _ in rows} == wanted
    named = sum(int(detected) for *_, detected in rows)
    assert f"Faults named: {named} of {sum(wanted.values())}" in paper
    assert named >= diagnoses_bench.WANTED_DETECTED * sum(wanted.values())
    alarmed = re.search(r"alarmed or warned on: (\d+) of (\d+)", paper)
    assert alarmed
    assert int(alarmed[1]) <= diagnoses_bench.WANTED_ALARMED * int(alarmed[2])
