"""A picture that was stopped, as a file that says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.engine.kept.play_png import PlayNote, play_png

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from deepvis_app.engine.jobs.kinds.playing import PlayRequest
    from deepvis_app.engine.jobs.status import NetworkName


def unfinished_png(
    picture: NDArray[np.uint8], network: NetworkName, request: PlayRequest, how_far: str
) -> bytes:
    """Return a picture (H, W, 3) as far as it came, as PNG with its recipe."""
    note = PlayNote(
        technique=request.technique,
        settings=request.spec.facts(),
        pictures={role: known.digest for role, known in request.pictures},
        names=dict(request.names),
        seed=request.seed,
        fingerprint=network.fingerprint,
        network_name=network.name,
        network_spec=network.spec,
        unfinished=how_far,
    )
    return play_png(picture, note)
