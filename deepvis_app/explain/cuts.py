"""Where a network stops gradients itself, and what to use there instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.errors import UserError

if TYPE_CHECKING:
    from deepvis_app.nets import Network

INSTEAD = "Use occlusion, tile ablation or Shapley values, which need no gradients"


def cut_reason(network: Network, layer: str) -> str:
    """Return why no gradient leads from a layer back to the picture, "" where one does."""
    found = network.behaviour.cut(network.layer(layer).name)
    return f"{network.name} {found}" if found else ""


def require_way_back(network: Network, layer: str) -> None:
    """Raise `UserError` where no gradient leads from a layer back to the picture."""
    if reason := cut_reason(network, layer):
        raise UserError(reason, INSTEAD)
