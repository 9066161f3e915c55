"""A picture that was played, as PNG that says how it was made."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from deepvis_app import __version__
from deepvis_app.engine.kept.picture_png import PREFIX

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class PlayNote:
    """How a picture was played: all it takes to make it again, with the pictures of that content.

    `pictures` are digests by role, `names` what they were called, where that is known.
    """

    technique: str
    settings: Mapping[str, Any]
    pictures: Mapping[str, str]
    names: Mapping[str, str]
    seed: int
    fingerprint: str  # of the network: SHA-256 (hex)
    network_name: str = ""
    network_spec: str = ""  # what `load_network` takes; "" where not known
    computed: str = ""
    version: str = __version__  # of deepvis


def play_png(image: NDArray[np.uint8], note: PlayNote) -> bytes:
    """Return a picture, uint8 (H, W, 3), as PNG with the note in its text chunks."""
    network = {
        "name": note.network_name,
        "spec": note.network_spec,
        "fingerprint": note.fingerprint,
    }
    texts = {
        "technique": note.technique,
        "settings": json.dumps(note.settings),
        "pictures": json.dumps(dict(note.pictures)),
        "names": json.dumps(dict(note.names)),
        "seed": str(note.seed),
        "network": json.dumps(network),
        "computed": note.computed,
        "version": note.version,
    }
    info = PngInfo()
    for name, text in texts.items():
        info.add_text(PREFIX + name, text)  # as iTXt where Latin-1 does not do
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG", pnginfo=info)
    return file.getvalue()
