"""Which method is defined for which network, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.explain.catalogue import CATALOGUE
from deepvis_app.explain.gradcam import map_layers
from deepvis_app.explain.methods import Method, has_rule
from deepvis_app.explain.structure import RELU, structure

if TYPE_CHECKING:
    from deepvis_app.nets import Network


def defined(network: Network, method: Method | str) -> str:
    """Return "", or why the method is not defined for this network, in one sentence.

    Knows the live methods and the catalogue's. The first question about a network costs one pass.
    """
    if isinstance(method, str) and method in CATALOGUE:
        return CATALOGUE[method].why_not(network)
    method = Method.parse(method)
    if method is Method.GRADCAM and not map_layers(network):
        return f"{network.name} has no layer with maps for Grad-CAM to weigh"
    if not has_rule(method) or structure(network).activations[RELU]:
        return ""
    others = structure(network).other_activations()
    instead = f"its activation is {others}" if others else "it has no activation that is known"
    return f"{method.title} is a rule for ReLUs, and {network.name} has none: {instead}"


def caveat(network: Network, method: Method | str) -> str:
    """Return "", or what to keep in mind where a method is defined only in part.

    A network that mixes ReLUs with other activations takes the rule at its ReLUs alone.
    """
    if isinstance(method, str) and method in CATALOGUE:
        return ""
    method = Method.parse(method)
    others = structure(network).other_activations() if has_rule(method) else ""
    if not others or defined(network, method):
        return ""
    return f"{network.name} also has {others}: the rule of {method.title} holds at its ReLUs alone"
