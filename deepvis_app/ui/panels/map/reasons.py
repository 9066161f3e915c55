"""Why there is no map, in words, and the ways out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deepvis_app.corpus.codes import LEAST
from deepvis_app.ui.panels.map.empty import Way
from deepvis_app.words.foreign import in_plain
from deepvis_app.words.quantities import pictures_text

if TYPE_CHECKING:
    from deepvis_app.engine.kept.corpora import CorpusInfo
    from deepvis_app.known.corpora import KnownCorpora
    from deepvis_app.known.maps import KnownMaps
    from deepvis_app.nets import Network

FOLDER, LAYER, SCAN = "folder", "layer", "scan"
OFFERED = 4  # layers, and corpora of other networks
CHOOSE = Way(FOLDER, "Choose a folder…", "Scan the pictures of a folder; one can be dropped here")


@dataclass(frozen=True, slots=True)
class Reason:
    """A sentence, a smaller one, and ways out."""

    text: str
    remedy: str = ""
    ways: tuple[Way, ...] = ()


def reason(network: Network | None, corpora: KnownCorpora, maps: KnownMaps, layer: str) -> Reason:
    """Return why there is no map of a layer of the present corpus."""
    present = corpora.present
    if network is None:
        return Reason("No network", "Open a network first")
    if present is None:
        return _nothing(network, corpora)
    if present.problem:
        return Reason(present.problem, "", (CHOOSE,))
    if layer not in present.layers:
        return _other_layers(present, layer)
    if (fault := maps.fault) is not None:
        return _fault(str(fault.cause), str(fault.remedy), present, corpora)
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


def _other_layers(present: CorpusInfo, layer: str) -> Reason:
    name = in_plain(present.name, 40)
    shown = present.layers[-OFFERED:]
    ways = tuple(Way(f"{LAYER}:{one}", one, f"Show the map of {one}") for one in shown[::-1])
    what = f"{layer} was not scanned" if layer else "No layer is picked"
    rest = len(present.layers) - len(shown)
    more = f" {rest} more are in the list of layers." if rest > 0 else ""
    return Reason(f"{what} of {name}", f"These layers were:{more}", ways)


def _fault(cause: str, remedy: str, present: CorpusInfo, corpora: KnownCorpora) -> Reason:
    scan = corpora.scan
    if scan is not None and present.scanned < LEAST:
        done = f"{scan.step} of {pictures_text(scan.total)}" if scan.total else "it begins"
        return Reason(
            f"Scanning {in_plain(present.name, 40)}: {done}",
            f"The map comes once a part of the scan is written; it needs {LEAST} pictures.",
        )
    again: tuple[Way, ...] = ()
    if present.source:
        again = (Way(f"{SCAN}:{present.source}", "Scan again", f"Scan {present.source} again"),)
    return Reason(cause, remedy, (*again, CHOOSE))
