"""`deepvis bench diagnoses`: faults put into trainings, and what is said of them."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from deepvis_app.cli.console import bar, plain_table, wide_console
from deepvis_app.lab.faults.table import Figures, Outcome, cases, figures, outcome

if TYPE_CHECKING:
    from pathlib import Path

WANTED_DETECTED, WANTED_ALARMED = 0.90, 0.05


def measure(*, short: bool, kept: Path | None) -> tuple[Figures, list[Outcome]]:
    """Run the trainings of the table in turn; `kept` is a file of those done, to go on from."""
    done = _read(kept)
    wanted = cases(short=short)
    with bar() as bars:
        task = bars.add_task("trainings", total=len(wanted))
        for case in wanted:
            if case.name not in done:
                done[case.name] = outcome(case)
                if kept is not None:
                    with kept.open("a") as file:
                        file.write(json.dumps(asdict(done[case.name])) + "\n")
            bars.advance(task)
    found = [done[case.name] for case in wanted]
    return figures(found), found


def _read(kept: Path | None) -> dict[str, Outcome]:
    if kept is None or not kept.exists():
        return {}
    rows = [json.loads(line) for line in kept.read_text().splitlines()]
    lists = ("named", "hints", "evidence")
    return {row["case"]: Outcome(**row | {key: tuple(row[key]) for key in lists}) for row in rows}


def as_data(found: Figures, outcomes: list[Outcome]) -> dict[str, Any]:
    """Return all of it as plain data."""
    wrong = [asdict(each) for each in outcomes if is_wrong(each)]
    return {"bench": "diagnoses", **asdict(found), "wrong": wrong}


def is_wrong(each: Outcome) -> bool:
    """Whether a fault was missed, or a sound training alarmed on."""
    return not each.detected if each.fault else bool(each.named)


def is_met(found: Figures) -> bool:
    """Whether what is wanted was reached."""
    detected = found.detected / max(found.faulty, 1)
    return detected >= WANTED_DETECTED and found.alarmed <= WANTED_ALARMED * found.healthy


def show(found: Figures, outcomes: list[Outcome]) -> None:
    """Print the table for people."""
    console = wide_console()
    rows = [
        (row.fault, row.runs, row.detected, row.first, percent(row.low), delay_of(row.delay))
        for row in found.rows
    ]
    heads = ("injected", "runs", "named", "first", "at_least", "seen_after")
    console.print(plain_table(heads, rows, right=" ".join(heads[1:])))
    console.print()
    for line in summary(found):
        console.print(line)
    for each in filter(is_wrong, outcomes):
        said = ", ".join(each.named) or "nothing"
        console.print(f"{each.case}: {said}", style="dim")


def summary(found: Figures) -> list[str]:
    """Return what the table says in all, a line each."""
    low, high = found.detected_bounds
    _, most = found.alarmed_bounds
    return [
        f"Faults named: {found.detected} of {found.faulty} "
        f"({percent(found.detected / max(found.faulty, 1))}; 95 % bounds {percent(low)} to "
        f"{percent(high)}; wanted ≥ 90 %); named first: {found.first}.",
        f"Sound trainings alarmed or warned on: {found.alarmed} of {found.healthy} "
        f"(95 % bound ≤ {percent(most)}; wanted ≤ 5 %); hints on {found.hinted}.",
    ]


def as_markdown(found: Figures) -> str:
    """Return the table and the confusion matrix for the documentation."""
    lines = ["| injected | how | runs | detected | named first | at least | seen after |"]
    lines.append("|--|--|--:|--:|--:|--:|--:|")
    lines += [
        f"| {row.fault} | {row.what} | {row.runs} | {row.detected} | {row.first} "
        f"| {percent(row.low)} | {delay_of(row.delay)} |"
        for row in found.rows
    ]
    lines += ["", *(f"{line}  " for line in summary(found))]
    lines += ["", "| injected | named, in how many of its runs |", "|--|--|"]
    for name, counts in found.confusion.items():
        said = ", ".join(f"`{other}` {count}" for other, count in counts.items())
        lines.append(f"| {name} | {said} |")
    return "\n".join(lines)


def percent(share: float) -> str:
    """Return a share as per cent, without decimals where there is no use in them."""
    return f"{share:.0%}" if share in (0, 1) else f"{100 * share:.1f} %"


def delay_of(share: float | None) -> str:
    """Return a middle delay as a share of the run."""
    return "–" if share is None else f"{share:.0%} of the run"
