"""What the choosers of the map offer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.state.map import MapColour, MapMethod
from deepvis_app.ui.kit.choices import Choice, ChoiceGroup, Offer
from deepvis_app.words.foreign import in_plain
from deepvis_app.words.quantities import pictures_text, units_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deepvis_app.engine.kept.corpora import CorpusInfo
    from deepvis_app.known.atlases import AtlasFacts
    from deepvis_app.nets import Network, Unit
    from deepvis_app.state.map import MapOptions

FOLLOW = ":picked"  # no layer is called so
METHOD = ":method:"
METHODS = {
    MapMethod.TSNE: ("t-SNE", "Near ones stay near; far distances and sizes mean nothing"),
    MapMethod.PCA: ("PCA", "The two directions in which codes differ most, there at once"),
}
CELLS = (6, 8, 10, 14, 20, 30)
COLOURS = {
    MapColour.CLASS: ("class", "By the pictures’ own classes"),
    MapColour.PREDICTION: ("prediction", "By the class that the network says"),
    MapColour.UNIT: ("picked unit", "By what the picked unit gives on each"),
}


def layer_offer(
    options: MapOptions, picked: str, present: CorpusInfo | None, network: Network | None
) -> Offer:
    """Offer the picked unit's layer, and all that were scanned; and how they are laid out."""
    scanned = () if present is None else present.layers
    kinds = {} if network is None else {info.name: info for info in network.layers}
    follow = Choice(FOLLOW, "The picked unit’s", picked, "The map follows the unit that is picked")
    own = tuple(
        Choice(name, name, units_text(kinds[name].unit_count) if name in kinds else "")
        for name in scanned
    )
    methods = tuple(
        Choice(f"{METHOD}{each.value}", title, "in use" if each is options.method else "", tip)
        for each, (title, tip) in METHODS.items()
    )
    groups = [ChoiceGroup("Laid out by", methods), ChoiceGroup("Codes of", (follow, *own))]
    shown = options.shown_layer(picked)
    return Offer(tuple(groups), options.layer or FOLLOW, in_plain(shown, 40) or "none")


def corpus_offer(infos: Sequence[CorpusInfo], present: CorpusInfo | None) -> Offer:
    """Offer the corpora of the network."""
    choices = tuple(
        Choice(str(one.path), in_plain(one.name, 40), pictures_text(one.total), one.source)
        for one in infos
    )
    groups = (ChoiceGroup("Scanned with this network", choices),) if choices else ()
    current, title = (str(present.path), in_plain(present.name, 40)) if present else ("", "none")
    return Offer(groups, current, title)


def colour_offer(options: MapOptions, unit: Unit | None, why_not: dict[MapColour, str]) -> Offer:
    """Offer what points may be coloured by; `why_not` says what cannot be."""
    choices = []
    for each, (title, tip) in COLOURS.items():
        detail = f"{unit.layer} · {unit.index}" if each is MapColour.UNIT and unit else ""
        fault = why_not.get(each, "")
        choices.append(Choice(each.value, title, detail, fault or tip, enabled=not fault))
    groups = (ChoiceGroup("", tuple(choices)),)
    title = COLOURS[options.colour][0]
    if options.colour is MapColour.UNIT and unit is not None:
        title = f"unit {unit.index}"
    return Offer(groups, options.colour.value, title)


def cells_offer(options: MapOptions, atlas: AtlasFacts | None) -> Offer:
    """Offer into how many cells the map is cut."""
    usual = Choice("0", "As many as suit it", "", "So that most cells have a few pictures")
    choices = tuple(
        Choice(str(count), f"{count} cells", "", f"The longer side of the map is {count} cells")
        for count in sorted({*CELLS, options.cells} - {0})
    )
    title = str(options.cells) if options.cells else "usual"
    if atlas is not None and atlas.comparison is None:
        title = f"{atlas.atlas.grid.columns} × {atlas.atlas.grid.rows}"
    groups = (ChoiceGroup("", (usual,)), ChoiceGroup("Along the longer side", choices))
    return Offer(groups, str(options.cells), title)


def classes_offer(
    names: Sequence[str], chosen: int, nothing: str, tip: str, *, without: int = -1
) -> Offer:
    """Offer the classes of a network but for one, and none of them."""
    none = Choice("-1", nothing, "", tip)
    others = (number for number in range(len(names)) if number != without)
    own = tuple(Choice(str(number), names[number]) for number in others)
    groups = (ChoiceGroup("", (none,)), ChoiceGroup("Classes", own))
    return Offer(groups, str(chosen), names[chosen] if 0 <= chosen < len(names) else nothing)
