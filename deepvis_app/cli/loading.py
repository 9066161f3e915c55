"""A network as every command loads it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from deepvis_app.trusted import load_trusted

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from deepvis_app.nets import Network


def loaded(net: str, weights: str | None, trust: bool, directions: Iterable[Path] = ()) -> Network:
    """Load a network; code of its files runs with --trust, or where it was agreed to before.

    `directions` are files of directions that become layers of it. Raises `UserError`, which tells
    of other code what it is.
    """
    from deepvis_app.nets import load_network  # imports torch, which other commands must not

    if trust:
        return _with_directions(load_network(net, weights, trust=True), directions)
    agreed, problems = load_trusted()
    for problem in problems:
        print(f"deepvis: {problem}", file=sys.stderr)
    return _with_directions(load_network(net, weights, trust=agreed.digests), directions)


def _with_directions(network: Network, files: Iterable[Path]) -> Network:
    from deepvis_app.nets.directions_file import read_directions

    for path in files:
        directions, about = read_directions(path)
        if about.network not in ("", network.fingerprint):
            print(
                f"deepvis: {path.name} was made for another network, {about.network_name}",
                file=sys.stderr,
            )
        name = directions.by_content(about.name)
        network = network.with_directions(about.layer, directions, name)
    return network
