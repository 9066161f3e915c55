"""Weights as they come from a training that goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from deepvis_app.nets.network import Network


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """What a network has learned by now: its whole state dict, and the fingerprint it gives.

    What is made from them is kept under that fingerprint, never under another one's.
    """

    network: Network  # whose they are; a replica of it takes them
    values: Mapping[str, NDArray[np.generic]]
    fingerprint: str
    note: str = ""  # "step 812"
