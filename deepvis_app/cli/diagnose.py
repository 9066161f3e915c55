"""`deepvis diagnose`: what is wrong with a training, from its log."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deepvis_app.cli.parameters import Json
from deepvis_app.errors import sentence

if TYPE_CHECKING:
    from rich.console import Console

    from deepvis_app.lab.diagnoses import Finding, Judged
    from deepvis_app.lab.log.run import Run

_MARKS = {"alarm": ("!!", "red"), "warning": ("! ", "yellow"), "hint": ("· ", "dim")}


def _print_rules(wanted: bool) -> None:
    if wanted:
        print(rules_as_markdown())
        raise typer.Exit


def rules_as_markdown() -> str:
    """Return all rules as the documentation has them."""
    from deepvis_app.lab.diagnoses import RULES

    parts = []
    for rule in RULES:
        lines = [
            f"### {rule.title}",
            "",
            f"`{rule.name}`",
            "",
            f"* looks at: {rule.evidence}",
            f"* speaks: {rule.threshold}",
            *([f"* not when: {rule.not_when}"] if rule.not_when else []),
            f"* remedy: {rule.remedy}",
            f"* source: {rule.source}",
        ]
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def diagnose(
    log: Annotated[
        Path,
        typer.Argument(
            metavar="LOG", help="A run's folder, or TensorBoard's event file or folder."
        ),
    ],
    strict: Annotated[
        bool, typer.Option("--strict", help="End with 1 where something is an alarm.")
    ] = False,
    rules: Annotated[  # noqa: ARG001 - prints and ends
        bool,
        typer.Option("--rules", callback=_print_rules, is_eager=True, help="Print all rules."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Say what is wrong with a training, from its log: named, with evidence and a remedy.

    Running trainings, finished ones and TensorBoard's logs alike; of these only losses and
    accuracies are judged.
    """
    from deepvis_app.lab.diagnoses import Severity, judged
    from deepvis_app.lab.log.read import read_log

    run = read_log(log)
    answer = judged(run)
    if as_json:
        about = {"log": str(log), "kind": run.kind, "state": run.state, "step": run.step}
        print(json.dumps({**about, **answer.data(), "faults": list(run.faults)}, indent=2))
    else:
        _show(run, answer)
    if strict and any(each.severity is Severity.ALARM for each in answer.findings):
        raise typer.Exit(1)


def _show(run: Run, answer: Judged) -> None:
    from deepvis_app.cli.console import wide_console
    from deepvis_app.lab.diagnoses import RULES, TITLES

    console = wide_console()
    state = "" if run.state == "unknown" else f", {run.state}"
    console.print(f"{run.path} · step {run.step}{state}", style="bold")
    for fault in run.faults:
        console.print(f"The log: {fault}", style="dim")
    for each in answer.findings:
        _show_finding(console, each)
    if answer.healthy:
        console.print(f"Healthy: none of {answer.asked} rules alarms or warns.", style="green")
    if answer.no_data:
        console.print(f"\nNot judged, {len(answer.no_data)} of {len(RULES)} rules:", style="dim")
        reasons: dict[str, list[str]] = {}
        for name, reason in answer.no_data.items():
            reasons.setdefault(reason, []).append(TITLES[name])
        for reason, named in reasons.items():
            console.print(f"  {reason}: {', '.join(named)}", style="dim")


def _show_finding(console: Console, each: Finding) -> None:
    from rich.text import Text

    from deepvis_app.lab.diagnoses import TITLES

    mark, style = _MARKS[each.severity.value]
    where = f" · {each.layer}" if each.layer else ""
    cause = f" · follows from: {TITLES[each.cause]}" if each.cause else ""
    console.print(Text(f"{mark} {each.title}{where} · from step {each.step}{cause}", style))
    console.print(Text(f"   {each.evidence} {sentence(each.remedy)}"))
