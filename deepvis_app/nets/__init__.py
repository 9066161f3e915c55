"""The network under study: loading, layers, taps, receptive fields, preprocessing.

Plain science: torch in, values out. No Qt, no threads, no settings.
"""

from deepvis_app.nets.activations import Activation
from deepvis_app.nets.catalogue import CatalogueEntry, available_networks
from deepvis_app.nets.directions import Directions
from deepvis_app.nets.layers import Box, LayerInfo, Layout, ReceptiveField, Unit
from deepvis_app.nets.load import load_network
from deepvis_app.nets.network import Forward, Network
from deepvis_app.nets.outputs import Scale
from deepvis_app.nets.preprocessing import (
    ChannelOrder,
    Fit,
    Interpolation,
    Placement,
    Preprocessing,
)

__all__ = [
    "Activation",
    "Box",
    "CatalogueEntry",
    "ChannelOrder",
    "Directions",
    "Fit",
    "Forward",
    "Interpolation",
    "LayerInfo",
    "Layout",
    "Network",
    "Placement",
    "Preprocessing",
    "ReceptiveField",
    "Scale",
    "Unit",
    "available_networks",
    "load_network",
]
