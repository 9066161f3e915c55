"""The newest stored preferred image of the picked unit, if there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from deepvis_app.engine.kept.gallery import StoredPicture
    from deepvis_app.known.kept_pictures import Answer
    from deepvis_app.nets import Network, Unit
    from deepvis_app.ui.desk import Desk


class PreferredImage:
    """Looked up once a unit is shown. `picture` (H, W, 3) is None while there is none."""

    def __init__(self, desk: Desk) -> None:
        self._kept = desk.kept.pictures
        self._network: Network | None = None
        self._unit: Unit | None = None
        self._asked: Answer[tuple[StoredPicture, ...]] | None = None
        self.picture: NDArray[np.uint8] | None = None

    def set_network(self, network: Network | None) -> None:
        self._network = network
        self._unit = self._asked = self.picture = None

    def tick(self, unit: Unit | None) -> bool:
        """Turn to a unit and take what the store answers; tell whether something is new."""
        if self._network is not None and unit is not None and unit != self._unit:
            self._unit, self.picture = unit, None
            self._asked = self._kept.history(self._network.last_fingerprint, unit, 1)
        if self._asked is None or not self._asked.is_there:
            return False
        found, self._asked = self._asked.take(), None
        self.picture = found[0].image if found else None
        return bool(found)

    def look_again(self) -> None:
        """Ask anew: it may have been made meanwhile."""
        self._unit = None
