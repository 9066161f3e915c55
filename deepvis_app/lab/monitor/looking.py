"""What the probe tells of the training, written into the log."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from deepvis_app.lab.monitor.activations import QUANTITIES
from deepvis_app.lab.monitor.exponents import counts_of
from deepvis_app.lab.monitor.line import LENGTHS, along
from deepvis_app.lab.monitor.probe import right, scores_of
from deepvis_app.lab.untouched import quiet, untouched

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray
    from torch import Tensor, nn

    from deepvis_app.lab.monitor.line import Update
    from deepvis_app.lab.monitor.probe import Heard, Probe
    from deepvis_app.lab.monitor.shared import Shared

MOST_SCORES = 65_536  # numbers of the probe's scores that are kept


@dataclass(slots=True)
class _Found:
    """The numbers of one look, as they arrive."""

    statistics: NDArray[Any] | None = None
    raw: NDArray[Any] | None = None
    scores: NDArray[Any] | None = None
    loss: float | None = None
    accuracy: float | None = None


class Looking:
    """Looks at the probe now and then; `closure` gives the loss of the batch that is trained on."""

    def __init__(
        self,
        probe: Probe | None,
        modules: Callable[[], Iterable[nn.Module]],
        closure: Callable[[], Tensor] | None,
    ) -> None:
        self.probe = probe
        self.closure = closure
        self._is_closed = False  # runs at present
        self._modules = modules
        self.has_loss = probe is not None and probe.loss is not None and probe.labels is not None

    @property
    def is_probing(self) -> bool:
        """Whether the network runs at present to be looked at."""
        return self._is_closed or (self.probe is not None and self.probe.is_running)

    @property
    def has_line(self) -> bool:
        return self.has_loss or self.closure is not None

    def look(self, shared: Shared, step: int, heard: Heard | None = None) -> Heard:
        """Look at the probe, or take what was heard of it, and write it."""
        assert self.probe is not None
        heard = heard or self.probe.look()
        found = _Found()
        late = shared.late
        if heard.statistics:
            device = heard.statistics[0].device
            stack = torch.stack([each.to(device) for each in heard.statistics])
            late.read(stack, lambda values: setattr(found, "statistics", values))
            stack = torch.stack([each.to(device) for each in heard.raw])
            late.read(stack, lambda values: setattr(found, "raw", values))
        scores = scores_of(heard.output)
        if scores is not None and scores.is_floating_point() and scores.numel() <= MOST_SCORES:
            late.read(scores, lambda values: setattr(found, "scores", values))
        if scores is not None and (share := right(scores, self.probe.labels)) is not None:
            late.read(share, lambda value: setattr(found, "accuracy", float(value)))
        if self.has_loss:
            loss = self.probe.loss_of(heard.output)
            late.read(loss, lambda value: setattr(found, "loss", float(value)))
        late.then(partial(_write, shared, step, heard, found))
        return heard

    def switch(self, shared: Shared, step: int) -> None:
        """Log the probe's loss as it is evaluated and as it is trained."""
        assert self.probe is not None
        both = torch.stack([self.probe.value(evaluated=False), self.probe.value()])
        shared.late.read(both, lambda values: _write_switch(shared, step, values))

    def line(self, shared: Shared, update: Update) -> None:
        """Log the loss along an update: of the closure, else of the probe."""
        probe = self.probe
        losses = along(update, self._closed if self.closure or probe is None else probe.value)
        shared.late.read(losses, partial(_write_line, shared, update.step))

    def _closed(self) -> Tensor:
        assert self.closure is not None
        modules = list(self._modules())
        device = next((p.device for m in modules for p in m.parameters()), torch.device("cpu"))
        self._is_closed = True
        try:
            with untouched(modules), quiet(device):
                return self.closure()
        finally:
            self._is_closed = False


def _write_line(shared: Shared, step: int, losses: NDArray[Any]) -> None:
    shared.log.line(step, LENGTHS, losses.tolist())


def _write_switch(shared: Shared, step: int, values: NDArray[Any]) -> None:
    train, evaluated = values.tolist()
    shared.log.event(step, "switch", {"train": train, "eval": evaluated})


def _write(shared: Shared, step: int, heard: Heard, found: _Found) -> None:
    log = shared.log
    if found.statistics is not None and found.raw is not None:
        columns = found.statistics.astype(np.float32).T
        log.row("activations", step, heard.names, dict(zip(QUANTITIES, columns, strict=True)))
        log.counts("activations", heard.names, counts_of(step, found.raw))
        bad = found.statistics[:, QUANTITIES.index("bad")]
        first = heard.names[bad.nonzero()[0][0]] if bad.any() else None
        shared.judge(step, "activation", first, count=int(bad.sum()))
    scalars = {"probe_loss": found.loss, "probe_accuracy": found.accuracy}
    known = {name: value for name, value in scalars.items() if value is not None}
    if known:
        log.scalars(step, known)
    if found.scores is not None:
        log.array("probe/scores", step, found.scores.astype(np.float32))
