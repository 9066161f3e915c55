"""`deepvis trust`: what code of files may run without being asked about again."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from deepvis_app.cli.parameters import Json
from deepvis_app.errors import UserError
from deepvis_app.trusted import Trusted, forget, load_trusted

SHOWN = 12  # letters of a digest, as many as tell them apart

app = typer.Typer(no_args_is_help=True, help="See and forget what code of files may run.")


@app.command("list")
def list_agreed(as_json: Json = False) -> None:
    """List what you agreed to run: the file, its factory, where the code lies, since when."""
    trusted = _trusted()
    if as_json:
        print(trusted.model_dump_json(indent=2))
        return
    if not trusted.code:
        print("Nothing was agreed to: every file that brings code is asked about")
        return
    from deepvis_app.cli.console import plain_table, wide_console

    rows = [
        (digest[:SHOWN], agreed.file, agreed.what, agreed.lies_in, agreed.on)
        for digest, agreed in trusted.code.items()
    ]
    headings = ("content", "file", "runs", "which lies in", "since")
    wide_console().print(plain_table(headings, rows))


@app.command("forget")
def forget_agreed(
    content: Annotated[
        list[str] | None, typer.Argument(help="As `deepvis trust list` writes it.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All of it.")] = False,
) -> None:
    """Ask again before this code runs."""
    known = _trusted().code
    if not content and not everything:
        raise UserError("Nothing is named", "Name what to forget, or give --all")
    chosen = set(known) if everything else set()
    for begin in content or ():
        found = [digest for digest in known if digest.startswith(begin)]
        if not begin or not found:
            raise UserError(f"Nothing that was agreed to begins with {begin!r}", "List it first")
        chosen |= set(found)
    forget(frozenset(chosen))
    print(f"Forgotten: {len(chosen)}")


def _trusted() -> Trusted:
    trusted, problems = load_trusted()
    for problem in problems:
        print(f"deepvis: {problem}", file=sys.stderr)
    return trusted
