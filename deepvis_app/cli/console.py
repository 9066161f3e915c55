"""Tables for people in a terminal and for programs in a pipe."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text


def wide_console() -> Console:
    """Return a console that never folds or shortens rows where a program reads the output."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=10_000)


def plain_table(
    headings: Sequence[str], rows: Iterable[Sequence[object]], right: str = ""
) -> Table:
    """Return a table without lines; `right` names the headings of columns to align there."""
    table = Table(box=None, pad_edge=False, header_style="bold", show_header=any(headings))
    for heading in headings:
        on_the_right = heading in right.split()
        table.add_column(heading, justify="right" if on_the_right else "left", no_wrap=True)
    for row in rows:
        table.add_row(*(Text(in_words(value)) for value in row))
    return table


def in_words(value: object) -> str:
    """Return a figure, a list or a word as it is shown; None is a dash."""
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:g}"
    return ", ".join(map(in_words, value)) if isinstance(value, list | tuple) else str(value)
