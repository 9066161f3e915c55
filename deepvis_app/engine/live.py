"""From one frame and one request to one snapshot. Knows no thread, and no reader by name."""

from __future__ import annotations

import time
from itertools import pairwise
from typing import TYPE_CHECKING

import torch

from deepvis_app.engine.device.replica import renew
from deepvis_app.engine.facts import FactFinder
from deepvis_app.engine.passes import Passes
from deepvis_app.engine.readers.asking import Asking
from deepvis_app.engine.readers.memory import Memory
from deepvis_app.engine.readers.reader import Changing, Look
from deepvis_app.engine.snapshot import Snapshot
from deepvis_app.nets.outputs import probabilities as nets_probabilities

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from deepvis_app.engine.device.device import Device
    from deepvis_app.engine.request import LiveRequest
    from deepvis_app.engine.weights import Weights
    from deepvis_app.frames.source import Frame
    from deepvis_app.nets.network import Network
    from deepvis_app.nets.preprocessing import Fit, Placement

STAGES = ("prepare", "forward", "tiles")


class Prepared:
    """A frame as the network takes it; reused while frame, fit and mirror stay."""

    def __init__(
        self, network: Network, device: Device, frame: Frame, fit: Fit | None, mirror: bool
    ) -> None:
        self.frame, self._fit, self._mirror = frame, fit, mirror
        self.picture: NDArray[np.uint8]
        self.placement: Placement
        self.picture, self.placement = network.view(frame.image, fit, mirror)
        self.picture.setflags(write=False)
        x = network.normalise(self.picture, channels_last=device.channels_last)
        self.x = device.upload(x)
        self.memory = Memory()

    def answers(self, frame: Frame, request: LiveRequest) -> bool:
        return self.frame is frame and self._fit == request.fit and self._mirror == request.mirror


class LiveProcessor:
    """Runs one network on frames and lets readers answer. For one thread at a time.

    It taps only what they need, and keeps no activation from one frame to the next.
    """

    def __init__(
        self,
        network: Network,
        device: Device,
        fingerprint: str = "",
        *,
        identity: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.network, self.device = network, device
        self.fingerprint = fingerprint or network.fingerprint
        self._identity = identity or self.fingerprint
        self.note = ""  # of the weights: "step 812"
        self._clock = clock
        self._memory = Memory()
        self._passes = Passes(network, device)
        self._facts = FactFinder(self._passes, self.fingerprint)
        self._names = frozenset(info.name for info in network.layers)
        self._prepared: Prepared | None = None
        self._seen: Frame | None = None

    def prepare(self, frame: Frame, request: LiveRequest) -> Prepared:
        """Fit, resize, normalise and upload a frame, unless the last one will do."""
        if self._prepared is None or not self._prepared.answers(frame, request):
            self._prepared = Prepared(self.network, self.device, frame, request.fit, request.mirror)
        return self._prepared

    @torch.no_grad()
    def process(self, frame: Frame, request: LiveRequest) -> Snapshot:
        """Let the request's readers answer for `frame`; see `Snapshot` for those that cannot.

        The same frame again is a picture at rest: running ranges take their goal and every
        thumbnail is brought up to it. Raises whatever the network raises.
        """
        marks = [self.device.mark()]
        prepared = self.prepare(frame, request)
        look = self._look(prepared, request)
        asking = Asking(look, request.readers)
        x, picture = asking.change(prepared.x, prepared.picture)
        marks.append(self.device.mark())
        needs = [*asking.needs(), self._facts.needs(look)]
        seen = self._passes.see(look, x, needs, asking.around())
        marks.append(self.device.mark())
        readings = asking.read(seen)
        facts = self._facts.find(seen)
        self._seen = frame
        marks.append(self.device.mark())
        spans = (end.ms_since(start) for start, end in pairwise(marks))
        return Snapshot(
            request.generation, self._identity, frame, picture, prepared.placement,
            readings, asking.left_out, asking.failed,
            finished_at=time.monotonic(), stages_ms=dict(zip(STAGES, spans, strict=True)),
            goes_on=asking.goes_on(), weights=self.fingerprint, weights_note=self.note,
            **facts._asdict(),
        )  # fmt: skip

    def take_weights(self, weights: Weights) -> None:
        """Go on with what the network has learned; all that was found by other weights goes."""
        renew(self.network, weights.values)
        self.fingerprint, self.note = weights.fingerprint, weights.note
        self._facts = FactFinder(self._passes, self.fingerprint)
        self._memory.weights_moved()
        if self._prepared is not None:
            self._prepared.memory = Memory()

    @property
    def memory(self) -> Memory:
        """What readers remember of this network's frames."""
        return self._memory

    def _look(self, prepared: Prepared, request: LiveRequest) -> Look:
        return Look(
            network=self.network,
            names=self._names,
            device=self.device,
            frame=prepared.frame,
            picture=prepared.picture,
            now_s=self._clock(),
            still=prepared.frame is self._seen,
            changes=tuple(one for one in request.readers if isinstance(one, Changing)),
            memory=self._memory,
            here=prepared.memory,
        )

    @torch.no_grad()
    def activations(
        self, layers: Sequence[str] | None, dtype: type[np.floating]
    ) -> dict[str, NDArray[np.generic]]:
        """Return the last frame's activations (C, h, w) of `layers` (None: all), and its input."""
        if self._prepared is None:
            return {}
        names = [info.name for info in self.network.layers] if layers is None else list(layers)
        maps = self._passes.maps(self._prepared.x, names)
        arrays: dict[str, NDArray[np.generic]] = {
            name: values.float().cpu().numpy().astype(dtype) for name, values in maps.items()
        }
        inputs = self._prepared.x[0].float().cpu().numpy()
        return {"picture": self._prepared.picture, "input": inputs, **arrays}


def probabilities(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return what is shown of class scores (K,) whose kind is not known. Read-only."""
    scores: NDArray[np.float32] = nets_probabilities(torch.from_numpy(logits)[None])[0].numpy()
    scores.setflags(write=False)
    return scores
