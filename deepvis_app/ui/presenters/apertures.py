"""From what a snapshot says of the network's crop to what a view shows of the frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.ui.widgets.aperture import Aperture

if TYPE_CHECKING:
    from deepvis_app.engine.snapshot import Snapshot


def aperture_of(snapshot: Snapshot, *, whole: bool = True) -> Aperture:
    """Return where a snapshot's frame lies in the pixels of what the network sees of it."""
    place = snapshot.placement
    frame_height, frame_width = snapshot.frame.image.shape[:2]
    height, width = snapshot.picture.shape[:2]
    down, across = height / place.height, width / place.width
    left = place.left
    if place.mirrored:
        left = frame_width - place.left - place.width
    box = (
        -place.top * down, -left * across,
        (frame_height - place.top) * down, (frame_width - left) * across,
    )  # fmt: skip
    return Aperture((height, width), box, whole, place.mirrored)
