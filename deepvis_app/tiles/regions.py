"""What a classifier of two numbers says of every place: probabilities as colours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Picture = NDArray[np.uint8]

#: Colours of classes that any eye tells apart (Okabe and Ito 2008, without black; the first two as
#: signed weights have them).
CLASS_COLOURS = (
    "#f59331", "#4a9df0", "#2fb38a", "#cc79a7", "#f0e442", "#56b4e9", "#d55e00", "#9aa0a8",
)  # fmt: skip
STRENGTH = 0.5  # how much of a class's colour there is where it is certain


def as_shares(scores: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return scores (…, K) of 0..1 each as shares that add up to 1, as sigmoids do not.

    Where all are zero each has the same share.
    """
    plain = np.asarray(scores, np.float64)
    total = plain.sum(-1, keepdims=True)
    even = np.full_like(plain, 1 / plain.shape[-1])
    found = np.divide(plain, total, out=even, where=(total > 0) | ~np.isfinite(total))
    return np.asarray(found, np.float32)


def region_picture(
    probabilities: NDArray[np.floating], colours: NDArray[np.uint8], ground: tuple[int, int, int]
) -> Picture:
    """Return probabilities (h, w, K) as colours (h, w, 3) for a dark or a light `ground`.

    Each place has its likeliest class's colour of `colours` (K, 3), laid on the ground as strongly
    as the class is surer than chance: where the network cannot tell, the ground is seen. What is
    not finite is ground, too.
    """
    count = probabilities.shape[-1]
    known = np.isfinite(probabilities).all(-1)
    plain = np.where(known[..., None], probabilities, 1 / count)
    best = plain.argmax(-1)
    sure = (plain.max(-1) - 1 / count) / (1 - 1 / count) if count > 1 else np.ones(best.shape)
    alpha = (np.clip(sure, 0, 1) * STRENGTH)[..., None]
    inks = colours[best % len(colours)].astype(np.float64)
    mixed: Picture = np.rint(np.asarray(ground) * (1 - alpha) + inks * alpha).astype(np.uint8)
    return mixed


def said_at(
    shares: NDArray[np.floating], places: NDArray[np.floating], extent: float
) -> NDArray[np.int64]:
    """Return the class that a map (h, w, K) from −extent to extent gives places (n, 2), (n,).

    Its first row is the highest y; places beside the map take what is at its edge.
    """
    height, width, _ = shares.shape
    across = np.floor((places[:, 0] + extent) / (2 * extent) * width).astype(int)
    down = np.floor((extent - places[:, 1]) / (2 * extent) * height).astype(int)
    found: NDArray[np.int64] = shares[down.clip(0, height - 1), across.clip(0, width - 1)].argmax(
        -1
    )
    return found
