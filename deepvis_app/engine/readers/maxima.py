"""Every unit's maximum in many layers, now and then."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

import torch

from deepvis_app.engine.readers.reader import Needs, Reader

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from deepvis_app.engine.readers.reader import Look
    from deepvis_app.engine.readers.seen import Seen

INTERVAL_S = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class MaximaReading:
    """By layer, what each unit gives at most, and on average (C,); read-only."""

    maxima: Mapping[str, NDArray[np.float32]]
    means: Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True, slots=True, eq=False)
class Highest:
    """Maxima and means (2, C) of the maps of one picture."""

    values: Tensor


def highest(maps: Tensor) -> Highest:
    """Reduce maps (1, C, h, w)."""
    flat = maps[0].flatten(1).float()
    return Highest(torch.stack([flat.amax(1), flat.mean(1)]))


@dataclass(frozen=True, slots=True)
class MaximaReader(Reader[MaximaReading]):
    """All units of some layers; a moving picture is asked every `INTERVAL_S`, one at rest always.

    Whoever asks for all layers pays for looking at each: a thumbnail costs as much.
    """

    title: ClassVar[str] = "The units' maxima"

    names: tuple[str, ...]

    def needs(self, look: Look) -> Needs:
        due = look.memory.of(_Due)
        is_due = look.still or look.device.recorded or look.now_s - due.last_s >= INTERVAL_S
        due.is_now = is_due
        if not is_due:
            return Needs()
        due.last_s = look.now_s
        return Needs(reduced=dict.fromkeys(self.names, highest))

    def read(self, seen: Seen) -> MaximaReading | None:
        if not seen.look.memory.of(_Due).is_now:
            return None
        found = {name: seen.reduced(name, highest).values.cpu().numpy() for name in self.names}
        for values in found.values():
            values.setflags(write=False)
        return MaximaReading(
            MappingProxyType({name: values[0] for name, values in found.items()}),
            MappingProxyType({name: values[1] for name, values in found.items()}),
        )


class _Due:
    """When it was asked last."""

    def __init__(self) -> None:
        self.last_s = float("-inf")
        self.is_now = False

    def weights_moved(self) -> None:
        """Go on in the same time."""
