"""Weights of a file for the network that is shown: given, said which, chosen among several."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from deepvis_app.engine.status import Phase
from deepvis_app.session import RecentNetwork

if TYPE_CHECKING:
    from collections.abc import Callable

    from deepvis_app.engine.status import NetworkStatus
    from deepvis_app.nets import Network
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.shell.sources import Sources

BANNER = "weights"


class WeightsPresenter:
    """Takes weights files for the shown network, and tells what of them it got."""

    def __init__(self, desk: Desk, sources: Sources, open_networks: Callable[[], None]) -> None:
        self._engine, self._notices = desk.engine, desk.notices
        self._sources = sources
        self._open_networks = open_networks  # the list of them
        self._given = ""  # the file that was dropped or picked, until it is there
        sources.take_weights = self.take

    def take(self, file: Path) -> bool:
        """Load a weights file into the shown network; False where there is none to take it."""
        network = self._engine.status().network.network
        if network is None or not network.spec:
            return False
        self._given = str(file.absolute())
        self._notices.say(f"Loading {file.name} into {network.name}…")
        self._sources.load(network.spec, self._given)
        return True

    def show_status(self, old: NetworkStatus, new: NetworkStatus) -> None:
        """Tell which weights a new network has, where they are of a file."""
        if new.phase is Phase.FAILED:
            if self._given:
                self._notices.hush()  # it says that they are being loaded
            self._given = ""
        if new.network is None or new.network is old.network:
            return
        self._sources.weights[new.network.spec] = new.network.weights_file
        self._tell(new.network)
        self._given = ""

    def _tell(self, network: Network) -> None:
        taken = network.taken
        cause = taken.cause if taken else ""
        if taken is not None and cause and len(taken.choices) > 1:
            rest = ", ".join(each.name for each in taken.choices if each != taken.taken)
            self._notices.warn(
                BANNER,
                cause,
                f"What else fits: {rest}",
                action="Choose other weights…",
                do=self._open_networks,
            )
            cause = ""
        else:
            self._notices.clear(BANNER)
        if not cause and self._given and self._given == network.weights_file:
            cause = f"{network.name} has the weights of {Path(self._given).name} now"
        if cause:
            self._notices.say(cause)


def stored_weights(network: Network) -> list[tuple[RecentNetwork, str, int]]:
    """Return what of the network's weights file fits it, where that is several.

    Each as what `load` takes, its name for people, and how many tensors it has. The one in use is
    called as the network itself was loaded.
    """
    taken = network.taken
    if taken is None or len(taken.choices) < 2:
        return []
    found = []
    for each in taken.choices:
        file = f"{taken.file.absolute()}#{each.name}"
        weights = network.weights_file if each == taken.taken else file
        found.append((RecentNetwork(spec=network.spec, weights=weights), each.title, each.count))
    return found
