"""What is marked on the frame is what the network got, for every fit, mirrored or not."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from deepvis_app.engine import Snapshot
from deepvis_app.nets import Fit, Preprocessing


@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize("fit", Fit)
@pytest.mark.parametrize("shape", [(120, 200), (200, 120), (70, 300)])
def test_a_spot_lies_where_the_network_sees_it(
    fit: Fit, mirror: bool, shape: tuple[int, int]
) -> None:
    """A white spot in the frame, found again in the network's picture by its centre of mass."""
    y, x = shape[0] * 0.6, shape[1] * 0.45
    frame = np.zeros((*shape, 3), np.uint8)
    frame[round(y) - 4 : round(y) + 5, round(x) - 4 : round(x) + 5] = 255
    preprocessing = Preprocessing(mean=(0.0,), std=(1.0,), resize=48)
    seen, placement = preprocessing.view(frame, (3, 40, 44), fit, mirror)
    level = seen[..., 0].astype(float)
    rows, columns = np.indices(level.shape) + 0.5
    found = (level * rows).sum() / level.sum(), (level * columns).sum() / level.sum()
    snapshot = SimpleNamespace(
        frame=SimpleNamespace(image=frame), picture=seen, placement=placement
    )
    top, left, bottom, right = Snapshot.frame_box.fget(snapshot)  # type: ignore[attr-defined]
    shown_x = shape[1] - (round(x) + 0.5) if mirror else round(x) + 0.5
    expected = (
        top + (round(y) + 0.5) / shape[0] * (bottom - top),
        left + shown_x / shape[1] * (right - left),
    )
    assert found == pytest.approx(expected, abs=0.35)
