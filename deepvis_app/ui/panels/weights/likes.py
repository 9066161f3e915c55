"""What units like: their stored preferred images, looked up as they are needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.nets import Unit
from deepvis_app.synth import Sample, legible
from deepvis_app.tiles import fit_picture

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from deepvis_app.engine.kept.gallery import StoredPicture
    from deepvis_app.known.kept_pictures import Answer, KeptPictures
    from deepvis_app.nets import Network
    from deepvis_app.synth import Recipe

    Picture = NDArray[np.uint8]

SIDE_PX = 72  # twice as large as they are shown, for fine screens
MOST = 256  # that are remembered
AGAIN_S = 5.0  # after which one that was not there is looked for again


class Likes:
    """Of one network under one recipe."""

    def __init__(self, kept: KeptPictures, network: Network, recipe: Recipe) -> None:
        self.recipe = recipe
        self._kept, self._fingerprint = kept, network.last_fingerprint
        self._mean = network.preprocessing.mean_colour()
        self._known: dict[Unit, tuple[Picture | None, float]] = {}  # and when it was answered
        self._asked: dict[Unit, Answer[Picture | None]] = {}

    def picture(self, layer: str, index: int, now_s: float) -> Picture | None:
        """Return what a unit likes, (h, w, 3); None: not known, and then it is asked for."""
        unit = Unit(layer, index)
        picture, answered_s = self._known.get(unit, (None, -AGAIN_S))
        if picture is None and unit not in self._asked and now_s - answered_s >= AGAIN_S:
            sample = Sample(unit)
            self._asked[unit] = self._kept.find_shown(
                self._fingerprint, sample, self.recipe, self._small
            )
        return picture

    def take(self, now_s: float) -> bool:
        """Take what the store has answered; return whether there is a new picture."""
        news = False
        for unit in [unit for unit, answer in self._asked.items() if answer.is_there]:
            picture = self._asked.pop(unit).take()
            self._known.pop(unit, None)
            self._known[unit] = picture, now_s
            news = news or picture is not None
        while len(self._known) > MOST:
            del self._known[next(iter(self._known))]
        return news

    def _small(self, stored: StoredPicture) -> Picture:
        return fit_picture(legible(stored.image, self._mean), (SIDE_PX, SIDE_PX))
