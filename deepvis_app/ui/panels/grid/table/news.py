"""What rows are told besides live values: figures of the corpus, of the one beside, of weights."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from deepvis_app.corpus.beside import layer_change
from deepvis_app.corpus.corpus import Corpus
from deepvis_app.corpus.figures import layer_figures
from deepvis_app.known.layer_answers import LayerAnswers
from deepvis_app.known.weight_twins import WeightTwins
from deepvis_app.ui.panels.grid.table.columns import OF_WEIGHTS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from deepvis_app.corpus.beside import LayerChange
    from deepvis_app.corpus.figures import LayerFigures
    from deepvis_app.nets import Network
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panels.grid.table.columns import Column
    from deepvis_app.ui.panels.grid.table.rows import UnitRows


class RowNews:
    """Asks for what is not known, a layer at a time, and gives rows what came."""

    def __init__(self, desk: Desk) -> None:
        self._options = desk.options.pictures
        self.figures: LayerAnswers[LayerFigures] = LayerAnswers(desk.kept.corpora, layer_figures)
        self._changes: LayerAnswers[LayerChange] = LayerAnswers(desk.kept.corpora, self._change)
        self._weights = WeightTwins(desk.engine.ask_network)
        self._told = (-1, -1, -1)  # versions that the rows have

    def forget(self) -> None:
        """There is another network."""
        self.forget_changes()
        self.figures.forget()
        self._weights.forget()

    def forget_changes(self) -> None:
        """There is another corpus beside, or none."""
        self._changes.forget()

    def begin(self) -> None:
        """There are other rows, which were told nothing yet."""
        self._told = (-1, -1, -1)

    def take(
        self, rows: UnitRows, columns: Iterable[Column], network: Network, now_s: float
    ) -> bool:
        """Ask and tell; return whether rows have other figures now."""
        beside = self._options.beside
        self.figures.look_up(rows.layers, now_s)
        if beside:
            self._changes.look_up(rows.layers, now_s, beside)
        if any(column.key in OF_WEIGHTS for column in columns):
            self._weights.look_up(rows.layers)
        versions = self.figures.version, self._changes.version, self._weights.version
        if versions == self._told:
            return False
        self._tell(rows, network, versions)
        return True

    def _tell(self, rows: UnitRows, network: Network, versions: tuple[int, int, int]) -> None:
        before, self._told = self._told, versions
        for layer in rows.layers:
            if versions[0] != before[0] and (found := self.figures.of(layer)) is not None:
                rows.take_figures(found)
            if versions[1] != before[1] and (before[1] >= 0 or self._options.beside):
                change = self._changes.of(layer) if self._options.beside else None
                rows.take_change(change, layer, network.layer(layer).unit_count)
            if versions[2] != before[2] and (weights := self._weights.of(layer)) is not None:
                rows.take_weights(layer, *weights)

    def _change(self, corpus: Corpus, layer: str) -> LayerChange:
        return layer_change(corpus, Corpus(Path(self._options.beside)), layer)
