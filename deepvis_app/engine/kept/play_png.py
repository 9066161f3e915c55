"""A picture that was played, as PNG that says how it was made."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deepvis_app import __version__
from deepvis_app.engine.kept.png_texts import network_text, noted, png_with
from deepvis_app.reading import MOST_SEED, parse_json, whole_number

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
    unfinished: str = ""  # how far it was when it was stopped; "": it is done
    version: str = __version__  # of deepvis


def play_png(image: NDArray[np.uint8], note: PlayNote) -> bytes:
    """Return a picture, uint8 (H, W, 3), as PNG with the note in its text chunks."""
    texts = {
        "technique": note.technique,
        "settings": json.dumps(note.settings),
        "pictures": json.dumps(dict(note.pictures)),
        "names": json.dumps(dict(note.names)),
        "seed": str(note.seed),
        "network": network_text(note.network_name, note.network_spec, note.fingerprint),
        "computed": note.computed,
        "unfinished": note.unfinished,
        "version": note.version,
    }
    return png_with(image, texts)


def read_play_note(data: bytes) -> PlayNote | None:
    """Return how a PNG was played; None for damaged ones, and those that others made.

    Its pixels are not looked at. What it says may be anybody's: nothing of it is checked.
    """
    return noted(data, _note)


def _note(ours: Mapping[str, str]) -> PlayNote:
    network, settings = parse_json(ours["network"]), parse_json(ours["settings"])
    if not isinstance(settings, dict):
        raise TypeError("settings have names")
    return PlayNote(
        technique=ours["technique"],
        settings=settings,
        pictures=_words(parse_json(ours["pictures"])),
        names=_words(parse_json(ours["names"])),
        seed=whole_number(int(ours["seed"]), MOST_SEED),
        fingerprint=str(network["fingerprint"]),
        network_name=str(network["name"]),
        network_spec=str(network["spec"]),
        computed=ours.get("computed", ""),
        unfinished=ours.get("unfinished", ""),
        version=ours["version"],
    )


def _words(values: Mapping[Any, Any]) -> dict[str, str]:
    return {str(name): str(value) for name, value in values.items()}
