"""What of a map stands still, as it is given: where points lie and how they look."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.ui.kit.scatter.cloud import Cloud
from deepvis_app.ui.kit.scatter.lens import Box
from deepvis_app.ui.kit.scatter.stamps import packed, rgb_of, unpacked

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis_app.ui.kit.scatter.cloud import Places
    from deepvis_app.ui.kit.scatter.sprites import Sprites
    from deepvis_app.ui.kit.scatter.stamps import Pixels
    from deepvis_app.ui.kit.scatter.tiles import Tiles


class Scene:
    """`version` rises with every change, so that what was drawn is known to be old."""

    def __init__(self) -> None:
        self.cloud = Cloud(np.zeros((0, 2), np.float32))
        self.colours: Pixels | None = None
        self.selected: NDArray[np.bool_] | None = None
        self.sprites: Sprites | None = None
        self.tiles: Tiles | None = None  # over the points, which are then faint dots
        self.rank: Places | None = None  # of each point, the lowest keeps its thumbnail
        self.version = 0

    def __len__(self) -> int:
        return len(self.cloud)

    def set_cloud(self, cloud: Cloud) -> None:
        """Take other points. What was said of as many others before stays."""
        if len(cloud) != len(self.cloud):
            self.colours = self.selected = self.sprites = self.rank = None
        self.cloud = cloud
        self.version += 1

    def set_colours(self, rgb: NDArray[np.uint8] | None) -> None:
        if rgb is not None and (rgb.shape != (len(self), 3) or rgb.dtype != np.uint8):
            raise ValueError(f"colours must be uint8 ({len(self)}, 3), not {rgb.dtype} {rgb.shape}")
        self.colours = None if rgb is None else packed(rgb)
        self.version += 1

    def set_selected(self, mask: NDArray[np.bool_] | None) -> None:
        if mask is not None and (mask.shape != (len(self),) or mask.dtype != bool):
            raise ValueError(f"the selection must be bool ({len(self)},), not {mask.shape}")
        self.selected = mask
        self.version += 1

    def set_preferred(self, order: Places | None) -> None:
        """`order`: places, those first that keep their thumbnails; all others come after them."""
        if order is None:
            self.rank = None
        else:
            self.rank = np.full(len(self), len(self), np.int64)
            self.rank[order] = np.arange(len(order))
        self.version += 1

    def set_sprites(self, sprites: Sprites | None) -> None:
        if sprites is not None and sprites.count != len(self):
            raise ValueError(f"there are {len(self)} points and thumbnails of {sprites.count}")
        self.sprites = sprites
        self.version += 1

    def set_tiles(self, tiles: Tiles | None) -> None:
        self.tiles = tiles
        self.version += 1

    @property
    def box(self) -> Box:
        """What all of it covers."""
        own = self.cloud.box
        if self.tiles is None or not len(self.tiles):
            return own
        other = self.tiles.box
        return Box(*map(min, own[:2], other[:2]), *map(max, own[2:], other[2:]))

    def rgb(self, places: Places) -> NDArray[np.uint8]:
        """Return the colours of points (k,), uint8 (k, 3)."""
        if self.colours is not None:
            return unpacked(self.colours[places])
        return np.broadcast_to(np.array(rgb_of("muted"), np.uint8), (len(places), 3))

    def is_dimmed(self, places: Places) -> NDArray[np.bool_]:
        """Return which points (k,) are not selected, while some are."""
        if self.selected is None:
            return np.full(len(places), self.tiles is not None)
        return ~self.selected[places]

    def in_order(self, places: Places, before: NDArray[np.bool_] | None = None) -> Places:
        """Return places with those first that are to keep their thumbnails.

        The selected ones come first, then those who had one `before` (N,), then the preferred.
        """
        keys: list[NDArray[np.generic]] = [places if self.rank is None else self.rank[places]]
        if before is not None:
            keys.append(~before[places])
        if self.selected is not None:
            keys.append(~self.selected[places])
        order: Places = places[np.lexsort([places, *keys])]
        return order
