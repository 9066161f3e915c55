"""Tables for people in a terminal and for programs in a pipe."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from deepvis_app.nets import Network


def wide_console() -> Console:
    """Return a console that never folds or shortens rows where a program reads the output."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=10_000)


@contextmanager
def bar() -> Iterator[Progress]:
    """Show bars on a terminal's stderr, gone when they are done."""
    console = Console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    with Progress(
        *columns,
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as bars:
        yield bars


def tell_behaviour(network: Network) -> None:
    """Print what one should know of a network's numbers to stderr, a line a fact."""
    for sentence in network.behaviour.sentences(network.name):
        print(f"deepvis: {sentence}", file=sys.stderr)


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
