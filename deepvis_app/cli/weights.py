"""What is said of the weights that a command took from a file."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deepvis_app.nets import Network


def tell_weights(network: Network) -> None:
    """Say on stderr which of a file's state dicts was taken, where that is not the obvious one."""
    said = network.taken.sentence() if network.taken else ""
    if said:
        print(f"deepvis: {said}", file=sys.stderr)
