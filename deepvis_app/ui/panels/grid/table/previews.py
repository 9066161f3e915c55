"""Preferred images of the units in view, as small as a line, where they were made before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.known.layer_pictures import LayerPictures

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from deepvis_app.nets import Network, Unit
    from deepvis_app.tiles import PictureMosaic
    from deepvis_app.ui.desk import Desk

LOOK_S = 0.002  # for stored pictures, in every tick


class Previews:
    """Looks stored pictures up, those in view first; nothing is made for it."""

    def __init__(self, desk: Desk) -> None:
        self._gallery, self._options = desk.kept.pictures, desk.options.preferred
        self._network: Network | None = None
        self._layers: dict[str, LayerPictures] = {}
        self._shown: dict[str, object] = {}  # what was told last

    def set_network(self, network: Network | None) -> None:
        self._network = network
        self._layers.clear()
        self._shown.clear()

    def take(
        self, seen: Sequence[Unit], side: int
    ) -> Iterator[tuple[str, list[int], PictureMosaic]]:
        """Yield each layer with units in view of which something is new: its units, one a row."""
        units: dict[str, list[int]] = {}
        for unit in seen:
            units.setdefault(unit.layer, []).append(unit.index)
        for layer, wanted in units.items():
            pictures = self._pictures(layer)
            pictures.look_up(wanted, (side, side), LOOK_S)
            shown = pictures, pictures.version, tuple(wanted), side
            if self._shown.get(layer) != shown:
                self._shown[layer] = shown
                yield layer, wanted, pictures.mosaic(wanted, (side, side), 1)

    def _pictures(self, layer: str) -> LayerPictures:
        network, recipe = self._network, self._options.recipe
        assert network is not None
        found = self._layers.get(layer)
        if found is None or found.recipe.key != recipe.key:
            count, mean = network.layer(layer).unit_count, network.preprocessing.mean_colour()
            fingerprint = network.last_fingerprint
            found = LayerPictures(self._gallery, fingerprint, layer, count, recipe, mean)
            self._layers[layer] = found
        return found
