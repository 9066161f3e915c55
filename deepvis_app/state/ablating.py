"""Which unit is held at a value, if any."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, ClassVar

from psygnal import SignalGroupDescriptor

from deepvis_app.engine.readers import AblationReader

if TYPE_CHECKING:
    from deepvis_app.nets import Network, Unit


class HeldAt(Enum):
    """What a unit gives in place of its own."""

    ZERO = "zero"
    MEAN = "mean"  # what it gives on average over the corpus


@dataclass
class AblationOptions:
    """The unit that is held. Evented, main thread only.

    It stays while others are picked. `value` is None while a mean is looked for: then nothing is
    held yet.
    """

    events: ClassVar[SignalGroupDescriptor] = SignalGroupDescriptor()

    unit: Unit | None = None
    at: HeldAt = HeldAt.ZERO
    value: float | None = None

    def hold(self, unit: Unit, at: HeldAt = HeldAt.ZERO) -> None:
        """Hold a unit: at zero at once, at its mean once that is known."""
        self.value = 0.0 if at is HeldAt.ZERO else None
        self.at = at
        self.unit = unit

    def release(self) -> None:
        self.unit = self.value = None

    def toggle(self, unit: Unit, at: HeldAt) -> None:
        """Hold a unit, or let it go where it is held so."""
        if (self.unit, self.at) == (unit, at):
            self.release()
        else:
            self.hold(unit, at)

    def asked(self, network: Network) -> tuple[AblationReader, ...]:
        """Return what is asked of every frame; () where nothing is held."""
        unit, value = self.unit, self.value
        is_there = unit is not None and any(i.name == unit.layer for i in network.layers)
        if unit is None or value is None or not is_there:
            return ()
        return (AblationReader(unit, value),)
