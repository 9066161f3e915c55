"""The network under study: loading, layers, taps, receptive fields, preprocessing.

Plain science: torch in, values out. No Qt, no threads, no settings.
"""

from deepvis_app.nets.layers import Box, LayerInfo, Layout, ReceptiveField, Unit
from deepvis_app.nets.network import Forward, Network
from deepvis_app.nets.preprocessing import (
    ChannelOrder,
    Fit,
    Interpolation,
    Placement,
    Preprocessing,
)

__all__ = [
    "Box",
    "ChannelOrder",
    "Fit",
    "Forward",
    "Interpolation",
    "LayerInfo",
    "Layout",
    "Network",
    "Placement",
    "Preprocessing",
    "ReceptiveField",
    "Unit",
]
