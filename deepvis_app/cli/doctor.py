"""`deepvis doctor`: what is wrong with this installation, and the command that mends it."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from deepvis_app.cli.parameters import Json

if TYPE_CHECKING:
    from deepvis_app.cli.checks import Check

BROKEN = 1
MARKS = {"fine": ("ok", "green"), "note": ("note", "yellow"), "broken": ("BROKEN", "red")}


def doctor(as_json: Json = False) -> None:
    """Look at screen, device, cameras and folders; exit with 1 when something is broken."""
    from deepvis_app.cli.checks import Health, run_checks  # slow, and not for other commands

    found: list[Check] = []
    for check in run_checks():
        found.append(check)
        if not as_json:
            _show(check)
    if as_json:
        rows = [asdict(check) | {"health": check.health.value} for check in found]
        print(json.dumps(rows, indent=2, ensure_ascii=False))
    if any(check.health is Health.BROKEN for check in found):
        raise typer.Exit(BROKEN)


def _show(check: Check) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(soft_wrap=True, highlight=False)
    word, colour = MARKS[check.health.value]
    console.print(Text.assemble((f"{word:>6}", colour), f"  {check.what:<16} {check.detail}"))
    if check.remedy:
        console.print(Text.assemble(" " * 8, (f"-> {check.remedy}", "bold")))
