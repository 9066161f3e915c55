"""How numbers become pictures: mosaics, contrast, colour maps, hit-testing.

Plain science: torch and numpy in, bytes out. No Qt, no threads, no settings.
"""

from deepvis_app.tiles.contrast import Contrast, Scale, Scaling, Sign
from deepvis_app.tiles.geometry import Tiling
from deepvis_app.tiles.layout import layout
from deepvis_app.tiles.mosaic import Mosaic, mosaic, unit_at
from deepvis_app.tiles.overlay import coloured, numbers, only_active
from deepvis_app.tiles.palette import DIVERGING, SEQUENTIAL, palette
from deepvis_app.tiles.pictures import PictureMosaic, fit_picture, picture_mosaic
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
    "PictureMosaic",
    "Scale",
    "Scaling",
    "Sign",
    "Tiling",
    "UnitStats",
    "coloured",
    "fit_picture",
    "layout",
    "mosaic",
    "numbers",
    "only_active",
    "palette",
    "picture_mosaic",
    "unit_at",
    "unit_stats",
]
