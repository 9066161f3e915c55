"""Which layers keep the content and which give the manner."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deepvis_app.errors import UserError, in_brief
from deepvis_app.synth.play.trunk import at_depth, spaced, trunk

if TYPE_CHECKING:
    from deepvis_app.nets import Network

_CONTENT_AT = 0.6  # of the way through the trunk: relu4_2 in VGG-19, as Gatys et al. have it
_STYLE_TO = 0.75
_COUNT = 5
_MOST_UNITS = 512  # wider layers cost more than they give: their covariances are large


def content_layer(network: Network, name: str) -> str:
    """Return the layer of a name; "": the one that keeps things and lets strokes go."""
    return network.layer(name).name if name else at_depth(trunk(network), _CONTENT_AT).name


def style_layers(network: Network, text: str) -> tuple[tuple[str, float], ...]:
    """Read layers with weights, "conv1 conv2:0.5"; a weight left out is 1, their sum is made 1.

    "": up to five layers, evenly over the first three quarters. Raises `UserError`.
    """
    if text.strip():
        pairs = dict(_weighted(network, word) for word in re.split(r"[\s,;]+", text.strip()))
    else:
        found = trunk(network)
        narrow = [info for info in found if info.unit_count <= _MOST_UNITS] or found
        pairs = dict.fromkeys(spaced(narrow, _COUNT, _STYLE_TO), 1.0)
    total = sum(pairs.values())
    if not total:
        raise UserError("All style layers weigh nothing", "Give one a weight above 0")
    return tuple((name, weight / total) for name, weight in pairs.items() if weight)


def _weighted(network: Network, word: str) -> tuple[str, float]:
    name, colon, weight = word.rpartition(":")
    if colon and not _is_layer(network, word):
        try:
            number = float(weight)
        except ValueError:
            number = -1.0
        if not 0 <= number < float("inf"):
            raise UserError(f"{in_brief(weight)} is no weight", "Give 0 or more, such as conv1:0.5")
        return network.layer(name).name, number
    return network.layer(word).name, 1.0


def _is_layer(network: Network, name: str) -> bool:
    try:
        network.layer(name)
    except UserError:
        return False
    return True
