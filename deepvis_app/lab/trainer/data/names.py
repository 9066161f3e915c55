"""The sets that are known by name."""

from __future__ import annotations

DIGITS = "digits"
DOWNLOADED = ("mnist", "fashion-mnist", "cifar10")
CLOUDS = ("circle", "exclusive-or", "gaussians", "spiral")
#: What each set is, in a few words.
SETS = {
    DIGITS: "1,797 handwritten digits, 8 × 8",
    "mnist": "70,000 handwritten digits, 28 × 28",
    "fashion-mnist": "70,000 pieces of clothing, 28 × 28",
    "cifar10": "60,000 small photographs, 32 × 32",
    "circle": "points: a disc within a ring",
    "exclusive-or": "points: opposite quarters of a square",
    "gaussians": "points: two round clouds",
    "spiral": "points: two arms around each other",
}


def set_names() -> tuple[str, ...]:
    return tuple(SETS)
