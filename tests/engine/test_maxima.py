"""All units' maxima of many layers: right, and not asked at every frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from deepvis_app.engine.live import LiveProcessor
from deepvis_app.engine.readers import GridReader, MaximaReader
from deepvis_app.engine.readers.maxima import INTERVAL_S
from deepvis_app.engine.request import LiveRequest

if TYPE_CHECKING:
    from deepvis_app.engine.device.device import Device
    from deepvis_app.nets import Network

MakeFrame = "Callable[..., Frame]"


def test_they_are_those_of_the_maps(tiny: Network, cpu: Device, make_frame: MakeFrame) -> None:
    live = LiveProcessor(tiny.replica("cpu"), cpu)
    frame, asked = make_frame(0), MaximaReader(("second", "third"))
    maps = tiny.activations(tiny.prepare(frame.image)[None], ["second", "third"])
    for beside in ((), (GridReader("third", (8, 8), 3),)):  # reduced, or of a whole layer
        found = live.process(frame, LiveRequest(0, (asked, *beside))).of(asked)
        assert found is not None
        for name in ("second", "third"):
            flat = maps[name][0].flatten(1).numpy()
            np.testing.assert_allclose(found.maxima[name], flat.max(1), rtol=1e-4, atol=1e-5)
            np.testing.assert_allclose(found.means[name], flat.mean(1), rtol=1e-3, atol=1e-5)
            with pytest.raises(ValueError, match="read-only"):
                found.maxima[name][0] = 1


def test_a_moving_picture_is_asked_now_and_then_one_at_rest_always(
    tiny: Network, cpu: Device, make_frame: MakeFrame
) -> None:
    now = [0.0]
    live = LiveProcessor(tiny.replica("cpu"), cpu, clock=lambda: now[0])
    asked = MaximaReader(("second",))
    told = []
    for number in range(4):
        told.append(live.process(make_frame(number), LiveRequest(0, (asked,))).of(asked))
        now[0] += 0.6 * INTERVAL_S
    assert [one is not None for one in told] == [True, False, True, False]
    rest = make_frame(9)
    live.process(rest, LiveRequest(0, (asked,)))
    assert live.process(rest, LiveRequest(0, (asked,))).of(asked) is not None
