"""PNGs that say in text chunks of deepvis's own how they were made."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any, TypeVar

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from deepvis_app.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np
    from numpy.typing import NDArray

    Note = TypeVar("Note")

PREFIX = "deepvis:"  # of the names of the text chunks

# What reading a PNG and its texts may raise.
WRONG = (
    OSError,  # also a damaged picture
    SyntaxError,  # what PIL raises for a broken PNG
    ValueError,
    KeyError,  # a text is missing
    TypeError,
    AttributeError,
    EOFError,
    UserError,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)


def png_with(image: NDArray[np.uint8], texts: Mapping[str, str]) -> bytes:
    """Return a picture, uint8 (H, W, 3), as PNG with texts by their names."""
    info = PngInfo()
    for name, text in texts.items():
        info.add_text(PREFIX + name, text)  # as iTXt where Latin-1 does not do
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG", pnginfo=info)
    return file.getvalue()


def network_text(name: str, spec: str, fingerprint: str) -> str:
    """Return the text that names a network."""
    return json.dumps({"name": name, "spec": spec, "fingerprint": fingerprint})


def texts_of(chunks: Mapping[Any, Any]) -> dict[str, str]:
    """Return the text chunks of a PNG by the names that `png_with` was given."""
    return {str(name).removeprefix(PREFIX): str(text) for name, text in chunks.items()}


def noted(data: bytes, note_in: Callable[[dict[str, str]], Note]) -> Note | None:
    """Return what `note_in` makes of a PNG's texts; None for damaged ones, and those of others.

    Its pixels are not looked at: that takes ten times as long.
    """
    try:
        with Image.open(io.BytesIO(data), formats=["PNG"]) as file:
            return note_in(texts_of(file.info))
    except WRONG:
        return None
