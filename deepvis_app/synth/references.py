"""The photographs that naturalness is measured by: any dozen will do."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from deepvis_app.errors import UserError
from deepvis_app.paths import RESOURCES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from deepvis_app.nets import Network

FOLDER = RESOURCES / "photographs"
LEAST = 2


@dataclass(frozen=True, slots=True, eq=False)
class References:
    """Photographs, uint8 RGB (H, W, 3), under a name that tells them from all others.

    `source` is such as "24 bundled photographs, 1a2b3c4d5e6f": the end is a digest of their pixels.
    Raises `UserError` where they are no pictures, or fewer than two.
    """

    pictures: tuple[NDArray[np.uint8], ...]
    source: str
    for_any: bool = True  # False: for networks of colour pictures only

    @classmethod
    def of(
        cls,
        pictures: Sequence[NDArray[np.uint8]],
        words: str = "photographs",
        *,
        for_any: bool = True,
    ) -> References:
        """Name photographs after how many there are, `words`, and their content."""
        if len(pictures) < LEAST:
            given = "One photograph" if len(pictures) else "No photograph"
            raise UserError(
                f"{given} cannot say what is natural", "Give several, best 40 mixed ones"
            )
        digest = hashlib.sha256()
        for picture in pictures:
            if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3:
                raise UserError(
                    f"A photograph of type {picture.dtype} and shape {picture.shape} is of no use",
                    "Pictures are uint8 RGB arrays of shape (height, width, 3)",
                )
            digest.update(repr(picture.shape).encode() + np.ascontiguousarray(picture).tobytes())
        source = f"{len(pictures)} {words}, {digest.hexdigest()[:12]}"
        return cls(tuple(pictures), source, for_any)

    def check(self, network: Network) -> None:
        """Raise `UserError` where a network's inputs are not of this kind."""
        channels = network.input_shape[0]
        if not self.for_any and channels not in (3, 4):
            raise UserError(
                f"{network.name} takes pictures of {channels} channel{'s' * (channels != 1)}, "
                "which the bundled photographs are not",
                "Use a recipe without naturalness, such as clear, or give photographs of its kind",
            )


@cache
def bundled_references() -> References:
    """Return the photographs that come along. Raises `UserError` where they are damaged."""
    try:
        files = sorted(FOLDER.glob("*.jpg"))
        pictures = [np.asarray(Image.open(file, formats=["JPEG"])) for file in files]
    except OSError as error:
        raise UserError("The bundled photographs are damaged", "Install deepvis again") from error
    return References.of(pictures, "bundled photographs", for_any=False)
