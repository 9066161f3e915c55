"""What of the grids comes back at the next start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from deepvis_app.session import Text  # noqa: TC001 - pydantic reads it
from deepvis_app.state.unit_table import COLUMNS, Scope
from deepvis_app.ui.panels.grid.table.columns import BY_KEY

if TYPE_CHECKING:
    from deepvis_app.ui.desk import Desk


class GridSession(BaseModel):
    """How the table of units stands."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    columns: tuple[Text, ...] = COLUMNS
    sorted_by: Text = "unit"
    is_descending: bool = False
    scope: Scope = Scope.SHOWN


def left_off(desk: Desk) -> GridSession:
    """Return how it stands now."""
    table = desk.options.table
    return GridSession(
        columns=table.columns,
        sorted_by=table.sorted_by,
        is_descending=table.is_descending,
        scope=table.scope,
    )


def restore(desk: Desk, session: GridSession) -> None:
    """Let it stand as it did; columns that are not there any more are left out."""
    table = desk.options.table
    columns = tuple(dict.fromkeys(key for key in session.columns if key in BY_KEY))
    table.columns = columns if "unit" in columns else COLUMNS
    table.sorted_by = session.sorted_by if session.sorted_by in BY_KEY else "unit"
    table.is_descending, table.scope = session.is_descending, session.scope
