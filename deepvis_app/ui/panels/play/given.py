"""The pictures that a technique is given, by role: a frame that was taken, or a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deepvis_app.engine.known_array import KnownArray

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from deepvis_app.frames import Frame
    from deepvis_app.nets import Fit, Network
    from deepvis_app.synth.play import Role


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """A whole picture (H, W, 3) and how the network looks at it; `name`: which frame, or file.

    `known` is the picture itself, where somebody had the time to look through all of it.
    """

    image: NDArray[np.uint8]
    name: str
    fit: Fit | None = None
    mirror: bool = False
    known: KnownArray | None = None


class GivenPictures:
    """Pictures by role. What a role takes of one is made once."""

    def __init__(self) -> None:
        self._given: dict[str, Given] = {}
        self._made: dict[tuple[str, bool], tuple[Given, Network, KnownArray]] = {}

    def give(self, role: str, picture: Given) -> None:
        self._given[role] = picture

    def take_away(self, role: str) -> None:
        self._given.pop(role, None)

    def get(self, role: str) -> Given | None:
        return self._given.get(role)

    def of(self, role: Role, network: Network) -> KnownArray | None:
        """Return what a role takes: all of the picture, or what the network sees of it."""
        given = self._given.get(role.key)
        if given is None:
            return None
        kept = self._made.get((role.key, role.whole))
        if kept is not None and kept[0] is given and kept[1] is network:
            return kept[2]
        known = _whole(given) if role.whole else KnownArray.of(seen_of(given, network))
        self._made[role.key, role.whole] = given, network, known
        return known


def seen_of(given: Given, network: Network) -> NDArray[np.uint8]:
    """Return a picture as the network sees it (H, W, 3)."""
    return network.view(given.image, given.fit, given.mirror)[0]


def _whole(given: Given) -> KnownArray:
    if given.known is not None and not given.mirror:
        return given.known
    return KnownArray.of(given.image[:, ::-1].copy() if given.mirror else given.image.copy())


def frame_name(frame: Frame) -> str:
    """Return which frame it is: "clip.mp4 0:12", "demo · frame 812"."""
    tells_which = "." in frame.title or any(c.isdigit() for c in frame.title)  # a file, a time
    return frame.title if tells_which else f"{frame.title} · frame {frame.number + 1}"
