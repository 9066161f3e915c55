"""A unit on a picture beside the frame: the network's own numbers, and one pass for all frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from deepvis_app.engine.known_array import KnownArray
from deepvis_app.engine.live import LiveProcessor
from deepvis_app.engine.readers import AsideReader
from deepvis_app.engine.request import LiveRequest
from deepvis_app.nets import Unit

if TYPE_CHECKING:
    from torch import Tensor

    from deepvis_app.engine.device.device import Device
    from deepvis_app.nets import Network


def test_it_is_the_networks_own_and_taken_once(
    tiny: Network, cpu: Device, make_frame, monkeypatch
) -> None:
    replica = tiny.replica("cpu")
    live = LiveProcessor(replica, cpu)
    shape = tiny.input_shape[1:]
    picture = np.random.default_rng(77).integers(0, 256, (*shape, 3), np.uint8)
    asked = AsideReader(KnownArray.of(picture), Unit("second", 1))
    passed = tiny.activations(tiny.normalise(picture)[None], ["second"])["second"][0]
    passes, forward = [], replica.forward

    def heard(x: Tensor, *rest: object, **names: object) -> object:
        passes.append(x.clone())
        return forward(x, *rest, **names)

    monkeypatch.setattr(replica, "forward", heard)
    for number in range(3):
        found = live.process(make_frame(number), LiveRequest(0, (asked,))).of(asked)
        assert found is not None
        np.testing.assert_allclose(found.map, passed[1].numpy(), rtol=1e-4, atol=1e-5)
        assert found.maximum == found.map.max()
        assert found.rank == 1 + int((passed.amax((1, 2)) > passed[1].max()).sum())
    own = tiny.normalise(picture)[None]
    assert [torch.equal(x.cpu(), own) for x in passes].count(True) == 1
