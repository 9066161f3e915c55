"""`deepvis doctor`: what is wrong with this installation, and the command that mends it."""

from __future__ import annotations

import json
from dataclasses import asdict

import typer
from rich.console import Console
from rich.text import Text

from deepvis_app.cli.checks import Check, Health, run_checks
from deepvis_app.cli.parameters import Json

BROKEN = 1
MARKS = {
    Health.FINE: ("ok", "green"),
    Health.NOTE: ("note", "yellow"),
    Health.BROKEN: ("BROKEN", "red"),
}


def doctor(as_json: Json = False) -> None:
    """Look at screen, device, cameras and folders; exit with 1 when something is broken."""
    console = Console(soft_wrap=True, highlight=False)
    found: list[Check] = []
    for check in run_checks():
        found.append(check)
        if not as_json:
            _show(console, check)
    if as_json:
        rows = [asdict(check) | {"health": check.health.value} for check in found]
        print(json.dumps(rows, indent=2, ensure_ascii=False))
    if any(check.health is Health.BROKEN for check in found):
        raise typer.Exit(BROKEN)


def _show(console: Console, check: Check) -> None:
    word, colour = MARKS[check.health]
    console.print(Text.assemble((f"{word:>6}", colour), f"  {check.what:<16} {check.detail}"))
    if check.remedy:
        console.print(Text.assemble(" " * 8, (f"-> {check.remedy}", "bold")))
