"""Why there is no map, in words, and the ways out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deepvis_app.corpus.codes import LEAST
from deepvis_app.ui.panels.map.empty import Way
from deepvis_app.words.foreign import in_plain
from deepvis_app.words.quantities import pictures_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deepvis_app.engine.kept.corpora import CorpusInfo
    from deepvis_app.known.corpora import KnownCorpora
    from deepvis_app.known.maps import KnownMaps
    from deepvis_app.nets import Network

FOLDER, LAYER, SCAN, AGAIN = "folder", "layer", "scan", "again"
OFFERED = 3  # layers, and corpora of other networks
CHOOSE = Way(FOLDER, "Choose a folder…", "Scan the pictures of a folder; one can be dropped here")


@dataclass(frozen=True, slots=True)
class Reason:
    """A sentence, a smaller one, and ways out."""

    text: str
    remedy: str = ""
    ways: tuple[Way, ...] = ()


def reason(
    network: Network | None,
    corpora: KnownCorpora,
    maps: KnownMaps,
    layer: str,
    few: Sequence[str] = (),
) -> Reason:
    """Return why there is no map of a layer of the present corpus.

    `few` are the names of its pictures, where these are too few for a map.
    """
    present = corpora.present
    if network is None:
        return Reason("No network", "Open a network first")
    if present is None:
        return _nothing(network, corpora)
    if present.problem:
        return Reason(present.problem, "", (CHOOSE,))
    if layer not in present.layers:
        return _other_layers(network, present, layer)
    if (fault := maps.fault) is not None:
        return _fault(fault.cause, fault.in_window, present, corpora, few)
    return Reason(f"Reading what {layer} gave on {in_plain(present.name, 40)}…")


def _nothing(network: Network, corpora: KnownCorpora) -> Reason:
    if not corpora.is_listed:
        if corpora.fault is not None:
            return Reason(corpora.fault.cause, corpora.fault.remedy)
        return Reason("Looking for scanned pictures…")
    others = [one for one in corpora.infos if not one.problem and one.source][:OFFERED]
    if others:
        told = ", ".join(
            dict.fromkeys(f"{in_plain(one.name, 40)} ({one.network})" for one in others)
        )
        sources = {one.source: one for one in others}
        ways = tuple(
            Way(f"{SCAN}:{source}", f"Scan {in_plain(one.name, 30)}", f"Scan {source} again")
            for source, one in sources.items()
        )
        return Reason(
            f"What is scanned is of other networks, not of {in_plain(network.name, 40)}",
            f"There are {told}. The same pictures can be scanned with this network.",
            (*ways, CHOOSE),
        )
    return Reason(
        "No pictures scanned for this network",
        "Choose a folder, or drop one here: every picture in it passes once through the network. "
        "The map then shows which of them a layer finds alike, and where the camera is among them.",
        (CHOOSE,),
    )


def _other_layers(network: Network, present: CorpusInfo, layer: str) -> Reason:
    """Offer the scanned layers that are nearest to one that was not."""
    order = {info.name: place for place, info in enumerate(network.layers)}
    here = order.get(layer, 0)
    near = sorted(present.layers, key=lambda name: abs(order.get(name, len(order)) - here))
    ways = [Way(f"{LAYER}:{name}", name, f"Show the map of {name}") for name in near[:OFFERED]]
    if present.source:
        tip = "Scan the same pictures with all of the network’s layers"
        ways.append(Way(f"{SCAN}:{present.source}", "Scan all layers", tip))
    name = in_plain(present.name, 40)
    what = f"{layer} was not scanned with {name}" if layer else "No layer is picked"
    count = len(present.layers)
    layers = "one layer was" if count == 1 else f"{count} layers were"
    return Reason(what, f"Of its pictures {layers} scanned: choose one of these.", tuple(ways))


def _fault(
    cause: str, remedy: str, present: CorpusInfo, corpora: KnownCorpora, few: Sequence[str]
) -> Reason:
    scan = corpora.scan
    if scan is not None and present.scanned < LEAST:
        done = f"{scan.step} of {pictures_text(scan.total)}" if scan.total else "it begins"
        return Reason(
            f"Scanning {in_plain(present.name, 40)}: {done}",
            f"The map comes once a part of the scan is written; it needs {LEAST} pictures.",
        )
    again = (Way(AGAIN, "Scan again", f"Scan {present.source} again"),) if present.source else ()
    if present.scanned < LEAST and not present.is_complete:
        rest = (Way(AGAIN, "Scan the rest", "Go on where the scan stopped"),) if again else ()
        total = pictures_text(present.total)
        return Reason(
            f"{present.scanned} of {total} of {in_plain(present.name, 40)} are scanned",
            f"A map needs {LEAST}.",
            (*rest, CHOOSE),
        )
    if few:
        remedy = f"{remedy}. It has {', '.join(in_plain(name, 40) for name in few)}."
    return Reason(cause, remedy, (*again, CHOOSE))
