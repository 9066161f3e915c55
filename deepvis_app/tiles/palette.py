"""Colour maps: shades 0..254 to colours, and one entry for the background.

The perceptual maps are those of matplotlib (van der Walt and Smith 2015; Nunez et al. 2018, CC0),
`coolwarm` is Moreland's (2009), each kept as the few points that give it within 2 levels by
linear interpolation. `blue-orange` is dark at zero, as the sequential maps are, and safe for
colour-blind eyes; `green-red` is the ancestor's.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.errors import UserError
from deepvis_app.tiles.shades import BACKGROUND, TOP

if TYPE_CHECKING:
    from numpy.typing import NDArray

_POINTS = {  # shade:colour
    "magma": (
        "0:000004 4:020109 13:07061c 29:19103f 47:341069 54:400f74 61:4c117a 81:6b1d81 "
        "107:942c80 126:b3367a 127:b73779 151:dc4869 163:eb5760 174:f4695c 183:f9795d 193:fc8c63 "
        "206:fea571 220:febf84 235:fdda9c 254:fcfdbf"
    ),
    "inferno": (
        "0:000004 4:02010a 11:060419 18:0d0829 29:1c0c43 37:290b55 43:340a5f 56:4a0c6b 73:65156e "
        "90:801f6c 107:9b2964 125:b73557 143:d24644 159:e45a31 172:ef6e21 191:f98e09 196:fb9706 "
        "200:fc9f07 205:fca80d 212:fbb61a 227:f7d340 235:f3e35a 243:f1f179 249:f5f992 254:fcffa4"
    ),
    "viridis": (
        "0:440154 14:481668 29:482979 44:443b84 57:3e4a89 90:2e6d8e 128:20928c 142:1f9f88 "
        "153:23a983 169:35b779 187:56c667 207:84d44b 230:c0df25 237:d2e21b 245:e7e419 254:fde725"
    ),
    "cividis": (
        "0:00224e 19:00306f 21:003170 23:013271 28:123570 34:1e3a6f 52:36466c 84:565c6d "
        "127:7d7c78 146:8f8a78 178:aea371 204:c9b965 218:d9c55c 231:e7d150 242:f3db42 250:fde334 "
        "254:fee838"
    ),
    "coolwarm": (
        "0:3b4cc0 16:4e68d8 32:6282ea 48:779af7 64:8db0fe 80:a3c2fe 96:b9d0f9 112:ccd9ed "
        "127:dddcdc 142:ebd3c6 158:f4c5ad 174:f7b194 190:f49a7b 199:f08b6e 214:e57058 238:cb3e38 "
        "246:c0282f 254:b40426"
    ),
    "gray": "0:000000 254:ffffff",
    "blue-orange": (
        "0:c5e8ff 30:7cc4f5 64:2b8fd6 96:14507f 118:0b1e2f 127:07090c "
        "136:2f1a08 158:7f430a 190:cf7a1c 224:f5b45f 254:ffe6bd"
    ),
    "green-red": "0:ff0000 127:000000 254:00ff00",
}

SEQUENTIAL = ("magma", "inferno", "viridis", "cividis", "gray")
DIVERGING = ("blue-orange", "coolwarm", "green-red")


@cache
def palette(name: str, background: tuple[int, int, int] = (0, 0, 0)) -> NDArray[np.uint8]:
    """Return the colours (256, 3) of a mosaic's indices: 255 shades, then `background` (RGB).

    Diverging maps have zero at shade 127. Read-only, and the same array each time. Raises
    `UserError` for an unknown name.
    """
    colours = np.empty((256, 3), np.uint8)
    colours[: TOP + 1] = _shades(name)
    colours[BACKGROUND] = background
    colours.setflags(write=False)
    return colours


def _shades(name: str) -> NDArray[np.uint8]:
    if name not in _POINTS:
        raise UserError(f"There is no colour map {name!r}", f"Choose one of {', '.join(_POINTS)}")
    points = [point.split(":") for point in _POINTS[name].split()]
    places = [int(place) for place, _ in points]
    colours = np.array([list(bytes.fromhex(colour)) for _, colour in points])
    shades = np.arange(TOP + 1)
    channels = [np.interp(shades, places, colours[:, channel]) for channel in range(3)]
    return np.round(np.stack(channels, axis=1)).astype(np.uint8)
