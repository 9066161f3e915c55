"""Where a saved picture or array comes from: what it takes to know it again."""

from __future__ import annotations

import io
import json
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import torch
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from deepvis_app import __version__

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from deepvis_app.frames import Frame
    from deepvis_app.nets import Network

KEY = "deepvis:provenance"  # of the text chunk; its value is JSON
NPZ_NAME = "provenance"  # of the array, a string of that JSON


@dataclass(frozen=True, slots=True)
class Provenance:
    """What is saved, of which network and frame, made by what; "" and None: not known."""

    what: str = ""  # "units of a layer", "explanation by guided backprop"
    network: str = ""
    network_spec: str = ""  # what `load_network` takes
    weights: str = ""  # the file they are from; "" for the spec's own
    fingerprint: str = ""  # of the network, SHA-256 (hex), see `nets.fingerprint`
    source: str = ""
    frame: str = ""  # what a person calls it: file name, "clip.mp4 0:12"
    frame_index: int | None = None  # place in the file or folder
    layer: str = ""
    unit: int | None = None
    label: str = ""  # of the unit, where it stands for a class
    deepvis: str = __version__
    torch: str = str(torch.__version__)
    date: str = ""  # ISO 8601 with its zone

    def of_network(self, network: Network | None, fingerprint: str = "") -> Provenance:
        """Return it for a network, or for a replica of the one with that fingerprint.

        Takes no pass of the network: whoever shows a picture must not wait for one.
        """
        if network is None:
            return self
        return replace(
            self,
            network=network.name,
            network_spec=network.spec,
            weights=network.weights_file,
            fingerprint=fingerprint or network.last_fingerprint,
        )

    def of_frame(self, frame: Frame | None) -> Provenance:
        return self if frame is None else replace(self, frame=frame.title, frame_index=frame.index)

    def dated(self) -> Provenance:
        """Return it with the present time."""
        return replace(self, date=datetime.now(UTC).astimezone().isoformat(timespec="seconds"))

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)

    @property
    def title(self) -> str:
        """What is shown, on one line."""
        unit = "" if self.unit is None else f"unit {self.unit}"
        return " · ".join(filter(None, (self.network, self.layer, unit, self.label)))

    @property
    def caption(self) -> str:
        """What it is and where it comes from, on one line."""
        weights = f"weights {self.fingerprint[:12]}" if self.fingerprint else ""
        parts = (self.what, self.frame or self.source, weights, f"deepvis {self.deepvis}")
        return " · ".join(filter(None, parts))


def png_with(picture: NDArray[np.uint8], provenance: Provenance) -> bytes:
    """Return a picture, uint8 (H, W, 3), as PNG that says where it comes from."""
    info = PngInfo()
    for name, text in {
        "Title": provenance.title,
        "Description": provenance.caption,
        "Software": f"deepvis {provenance.deepvis}",
        "Creation Time": provenance.date,
        KEY: provenance.to_json(),
    }.items():
        info.add_text(name, text)  # as iTXt where Latin-1 does not do
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG", pnginfo=info)
    return file.getvalue()
