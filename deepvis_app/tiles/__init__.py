"""How numbers become pictures: mosaics, contrast, colour maps, hit-testing.

Plain science: torch and numpy in, bytes out. No Qt, no threads, no settings.
"""

from deepvis_app.tiles.contrast import Contrast, Scale, Scaling, Sign
from deepvis_app.tiles.geometry import Tiling
from deepvis_app.tiles.layout import layout
from deepvis_app.tiles.mosaic import Mosaic, mosaic, unit_at
from deepvis_app.tiles.overlay import coloured, only_active
from deepvis_app.tiles.palette import DIVERGING, SEQUENTIAL, palette
from deepvis_app.tiles.shades import BACKGROUND, TOP, ZERO
from deepvis_app.tiles.stats import UnitStats, unit_stats

__all__ = [
    "BACKGROUND",
    "DIVERGING",
    "SEQUENTIAL",
    "TOP",
    "ZERO",
    "Contrast",
    "Mosaic",
    "Scale",
    "Scaling",
    "Sign",
    "Tiling",
    "UnitStats",
    "coloured",
    "layout",
    "mosaic",
    "only_active",
    "palette",
    "unit_at",
    "unit_stats",
]
