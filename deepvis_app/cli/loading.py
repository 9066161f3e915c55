"""A network as every command loads it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from deepvis_app.trusted import load_trusted

if TYPE_CHECKING:
    from deepvis_app.nets import Network


def loaded(net: str, weights: str | None, trust: bool) -> Network:
    """Load a network; code of its files runs with --trust, or where it was agreed to before.

    Raises `UserError`, which tells of other code what it is.
    """
    from deepvis_app.nets import load_network  # imports torch, which other commands must not

    if trust:
        return load_network(net, weights, trust=True)
    agreed, problems = load_trusted()
    for problem in problems:
        print(f"deepvis: {problem}", file=sys.stderr)
    return load_network(net, weights, trust=agreed.digests)
