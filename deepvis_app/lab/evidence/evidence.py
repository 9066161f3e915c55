"""All evidence of one training, as scalars and events that a log takes."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from deepvis_app.lab.evidence.agreement import Agreement
from deepvis_app.lab.evidence.modes import Modes
from deepvis_app.lab.evidence.structure import examine
from deepvis_app.lab.evidence.twins import twins
from deepvis_app.lab.evidence.unused import Unused
from deepvis_app.lab.evidence.witness import EVERY, Witness

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor
    from torch.nn import Module
    from torch.optim import Optimizer

    from deepvis_app.lab.evidence.guarded import Gathering


@dataclass(frozen=True, slots=True)
class News:
    """What is new since the last call."""

    scalars: dict[str, float] = field(default_factory=dict)  # finite: `descent` `kept` `agreement`
    events: tuple[tuple[str, dict[str, Any]], ...] = ()  # kind, data


class Evidence:
    """Gathers evidence through hooks of its own until it is closed.

    Events: `structure` at once (see `Structure`), `modes` whenever a count of `Modes` has
    doubled, `twins` {layers: {name: share}} at some steps while there are any, `unused`
    {parameters, steps} where a parameter never got a gradient. Scalars: those of `Witness` and
    `Agreement`.
    """

    def __init__(
        self,
        model: Module,
        optimizers: Sequence[Optimizer],
        probe: Tensor | None = None,
        labels: Tensor | None = None,
        loss: Callable[[Tensor, Tensor], Tensor] | None = None,
        is_own: Callable[[], bool] = lambda: False,
    ) -> None:
        """Look at the network; passes while `is_own()` are not the user's and do not count."""
        self._model = model
        structure = examine(model, probe, labels, loss, optimizers)
        self._events: list[tuple[str, dict[str, Any]]] = [("structure", structure.data())]
        self._had_twins = bool(structure.twins)
        self._look_at = 20  # the step at which twins are looked for next
        self._witness = Witness(optimizers)
        self._unused = Unused(model, optimizers)
        self._agreement = agreement = Agreement(model, optimizers, probe, labels, loss)
        self._modes = Modes(model, lambda: agreement.is_asking or is_own())
        self._told = dict(self._modes.counts)  # as they were last
        self._all: tuple[Gathering, ...] = (
            self._witness, self._unused, self._agreement, self._modes,
        )  # fmt: skip

    def take(self, step: int) -> News:
        """Return what is new at a step; waits for the device, so at sampled steps only."""
        self._look(step)
        descent, kept = self._witness.take()
        found = {"descent": descent, "kept": kept, "agreement": self._agreement.take()}
        events, self._events = tuple(self._events), []
        return News({k: v for k, v in found.items() if math.isfinite(v)}, events)

    def look_every(self, steps: int) -> None:
        """Look at single steps as rarely as that, if that is rarer than usual."""
        self._witness.every = max(EVERY, steps)

    def took(self) -> float:
        """Return the seconds that the hooks took since the last call."""
        found = sum([each.seconds for each in self._all])
        for each in self._all:
            each.seconds = 0.0
        return found

    def _look(self, step: int) -> None:
        if self._had_twins and step >= self._look_at:
            self._look_at = 2 * step
            layers = twins(self._model)
            self._had_twins = bool(layers)
            self._events.append(("twins", {"layers": layers}))
        unused = self._unused.take()
        if unused is not None:
            self._events.append(("unused", unused))
        told = self._told
        if any(count >= 2 * told[key] + 1 for key, count in self._modes.counts.items()):
            self._note_modes()

    def _note_modes(self) -> None:
        self._told = dict(self._modes.counts)
        self._events.append(("modes", {**self._modes.counts, "layers": self._modes.layers}))

    def close(self) -> News:
        """Take all hooks off and return what is left to tell."""
        if self._modes.layers:
            self._note_modes()
        news = self.take(0)
        for each in self._all:
            each.close()
        return news
