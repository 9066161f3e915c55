"""What is said around the table: whose units, how many, and of the picked one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.errors import short_text
from deepvis_app.known.ablation_words import NOT_NOTICED, is_noticed, score_changes
from deepvis_app.state.unit_query import parse
from deepvis_app.state.unit_table import Few
from deepvis_app.ui.panels.grid.table.columns import COLUMNS
from deepvis_app.words.quantities import field_text, shape_text, units_text

if TYPE_CHECKING:
    from deepvis_app.engine.readers import AblationReading
    from deepvis_app.nets import Network
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panels.grid.table.standing import Standing
    from deepvis_app.ui.panels.grid.table.view import TableView


class TableTelling:
    """Puts what stands in the table into words. Knows no Qt."""

    def __init__(self, view: TableView, desk: Desk, standing: Standing) -> None:
        self._view, self._desk, self._standing = view, desk, standing
        self._options = desk.options.table

    def show_title(self, network: Network, layers: tuple[str, ...]) -> None:
        """Say whose units the table has."""
        if len(layers) == 1:
            info = network.layer(layers[0])
            detail = " · ".join(filter(None, (shape_text(info), field_text(info))))
            self._view.set_title(layers[0], detail)
            return
        title = f"{len(layers)} layers" if len(layers) > 2 else " and ".join(layers)
        self._view.set_title(title, units_text(len(self._standing.rows or ())))

    def show_unit(self, network: Network | None, reading: AblationReading | None) -> None:
        """Say how selective the picked unit is, and beside it what its absence changes."""
        row, held = self._standing.picked(), self._desk.options.ablation.unit
        unit = self._desk.selection.as_unit()
        if row is None or self._standing.rows is None or network is None:
            self._view.foot.set_unit("", "", is_held=False)
            return
        change, is_held = "", held is not None and held == unit
        if is_held and reading is not None and reading.unit == held:
            changes = score_changes(reading, network, 3)
            told = [f"{one.name} {one.text}" for one in changes]
            change = ", ".join(told) if is_noticed(changes) else NOT_NOTICED
        self._view.foot.set_unit(self._standing.rows.about(row), change, is_held=is_held)

    def show_heads(self) -> None:
        """Show how each column's figures are spread, and where the picked unit stands."""
        if (rows := self._standing.rows) is not None:
            row = self._standing.picked()
            shown = [c.key for c in self._standing.columns if c.word and c.key != "unit"]
            heads = {key: rows.histogram(key, row) for key in shown}
            self._view.set_histograms(heads)

    def show_counts(self) -> None:
        """Say how many units there are and each filter leaves, and of what the statistics are."""
        rows = self._standing.rows
        assert rows is not None
        self._view.set_counts(
            self._options.few, {few: int(rows.of_few(few).sum()) for few in Few}, self._why_not()
        )
        shown, total = len(self._standing.order), len(rows)
        parts = [f"{shown} of {total} units" if shown < total else units_text(total)]
        if pictures := rows.pictures:
            parts.append(f"statistics of {pictures} photographs")
        else:
            parts.append("statistics wait for a scan of photographs")
        self._view.foot.set_foot(" · ".join(parts), rows.few_classes)

    def _why_not(self) -> str:
        """Return why twins and dead units are not told, "" where they are."""
        rows = self._standing.rows
        return "" if rows is None or rows.pictures else "It is not known before a scan"

    def show_empty(self) -> None:
        """Say why no line is left, and what to do."""
        text, remedy = "", ""
        if not len(self._standing.order) and self._standing.rows:
            query = parse(self._options.search)
            words = [column.word for column in COLUMNS if column.word]
            text = "No unit is left by the filter"
            remedy = "Choose All"
            if query is not None:
                text = f"No unit matches “{short_text(self._options.search)}”"
                remedy = query.problem(words) or "Try 423, 0-31, zero > 95, or part of a name"
        self._view.set_empty(text, remedy)
