"""What the user wants shown now, as one frozen value for the device worker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deepvis_app.engine.readers.reader import Reader
    from deepvis_app.nets.preprocessing import Fit


@dataclass(frozen=True, slots=True)
class LiveRequest:
    """Everything the worker must know to answer one frame."""

    generation: int = 0
    readers: tuple[Reader[object], ...] = ()  # those that change the input do so in this order
    fit: Fit | None = None  # None: as the network's preprocessing says
    mirror: bool = False
