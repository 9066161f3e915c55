"""The table of units as text: for the clipboard and for files."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.ui.panels.grid.table.columns import PICTURES
from deepvis_app.ui.panels.grid.table.rows import NOTHING, TWINS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from deepvis_app.ui.panels.grid.table.columns import Column
    from deepvis_app.ui.panels.grid.table.rows import UnitRows


def table_text(
    rows: UnitRows, order: Iterable[int], columns: Iterable[Column], separator: str
) -> str:
    """Return rows as they stand, a line a unit, with every column that is no picture."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, lineterminator="\n")
    shown = [column for column in columns if column.kind not in PICTURES]
    writer.writerow(["Layer", *(_head(column) for column in shown)])
    for row in order:
        writer.writerow([rows.at(row).layer, *(_cell(rows, row, column) for column in shown)])
    return out.getvalue()


def _head(column: Column) -> str:
    return f"{column.title} (%)" if column.percent else column.title


def _cell(rows: UnitRows, row: int, column: Column) -> str:
    """Return a cell's number as it is, not as it is shown; "" where it is not known."""
    if column.key in rows.values and column.key not in ("unit", *TWINS):
        value = float(rows.values[column.key][row])
        return f"{value:.6g}" if np.isfinite(value) else ""
    text = rows.text(row, column.key)
    return "" if text == NOTHING else text
