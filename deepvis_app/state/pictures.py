"""Which scanned pictures the user looks at, and what is shown of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import ClassVar

from psygnal import SignalGroupDescriptor

TOP = 1.0  # as a band: the highest scores themselves


class PictureLook(Enum):
    """What is shown of a picture that excites a unit."""

    CROP = "crop"  # what the best place sees
    GUIDED = "guided"  # what of that counts: guided backprop from the place
    DECONV = "deconv"  # the same by deconvolution, as in the ancestor
    WHOLE = "whole"  # the picture, as the network sees it


@dataclass
class PictureOptions:
    """What of which corpus is looked at. Evented, main thread only.

    `chosen` are the folders of corpora that were chosen, by network; where none was, the newest of
    the network with the most layers is meant. `band` is where in a unit's range the nine stand: 1
    are the best, 0 the lowest scores.
    """

    events: ClassVar[SignalGroupDescriptor] = SignalGroupDescriptor()

    chosen: dict[str, str] = field(default_factory=dict)  # fingerprint -> folder
    beside: str = ""  # the folder of a corpus to compare with; "": none
    look: PictureLook = PictureLook.CROP
    band: float = TOP
    is_varied: bool = False  # near copies are left out
    wants_inner: bool = False  # only places that see nothing beyond the picture
    is_masked: bool = False  # crops are dark where the unit is silent
    is_lit_by_record: bool = True  # in the grid: as bright as what a unit gives now is near it

    def choose(self, fingerprint: str, folder: str) -> None:
        """Look at a corpus of a network."""
        self.chosen = {**self.chosen, fingerprint: folder}
