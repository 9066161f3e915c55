"""What a monitor does at each step of the loop, and what of it is due."""

from __future__ import annotations

import math
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from torch import Tensor

from deepvis_app.lab.monitor.watch import GRADIENTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch.optim import Optimizer

    from deepvis_app.lab.evidence import Evidence
    from deepvis_app.lab.monitor.line import Update
    from deepvis_app.lab.monitor.looking import Looking
    from deepvis_app.lab.monitor.sample import Sample
    from deepvis_app.lab.monitor.scaler import ScalerWatch
    from deepvis_app.lab.monitor.shared import Shared
    from deepvis_app.lab.monitor.watch import Watch

JUDGED = 16  # steps after which the share is judged in any case
PROBE, LINE, MODES = "probe", "line", "modes"  # the parts that look at the probe
EVIDENCE = "evidence"


class Steps:
    """Ends the loop's steps: writes what was measured, looks where it is due, keeps the share."""

    def __init__(self, shared: Shared, looking: Looking) -> None:
        self._shared, self._looking = shared, looking
        self.watches: Sequence[Watch] = ()
        self.scaler: ScalerWatch | None = None
        self.evidence: Evidence | None = None
        self._skips = 0
        self._had_weights = False  # in the step that was made last
        self._settings: dict[str, float] = {}
        self._refused: set[str] = set()

    # The numbers of a step

    def end(self, scalars: Mapping[str, Any], seconds: float | None) -> None:
        """End a step that took so long without the monitor; None where that is not known."""
        shared = self._shared
        sample = shared.renew()
        self._had_weights = sample.whole
        values: dict[str, float] = {}
        for name, value in scalars.items():
            self._take(name, value, values)
        number = 0
        for watch in self.watches:
            for group in watch.optimizer.param_groups:
                self._take(f"rate/{number}" if number else "rate", group.get("lr"), values)
                number += 1
        if seconds is not None:
            values["step_seconds"] = seconds
        shared.late.then(partial(self._write, time.time(), values, sample))
        shared.late.poll()

    def _take(self, name: str, value: Any, into: dict[str, float]) -> None:
        """Put a number into a table, now or once it is read; what is none is told of once."""
        try:
            if isinstance(value, Tensor) and not self._shared.late.is_there(value):
                read = value.detach().reshape(())
                self._shared.late.read(read, lambda found: into.__setitem__(name, float(found)))
            elif isinstance(value, Tensor):
                into[name] = float(value.item())
            elif value is not None:
                into[name] = float(value)
        except (TypeError, ValueError, RuntimeError) as error:
            if name not in self._refused:
                self._refused.add(name)
                self._shared.own.tell(f"scalar {name!r}", error)

    def _write(self, at: float, values: dict[str, float], sample: Sample) -> None:
        shared, step = self._shared, sample.step
        shared.log.scalars(step, values, at)
        if "loss" in values:
            is_bad = not math.isfinite(values["loss"])
            shared.judge(step, "loss", "loss" if is_bad else None)
            if is_bad:
                self._hurry()
        norm = sample.norm("gradient")
        if norm is not None:
            shared.log.scalars(step, {"gradient_norm": norm}, at)
            self._judge(sample, "gradient")
        if shared.alpha is not None:
            shared.log.scalars(step, {"alpha": shared.alpha}, at)
            shared.alpha = None
        if sample.whole:
            sample.write(shared.log, shared.parameters)
            self._judge(sample, "weight")
            self._write_settings(step, at)

    def _judge(self, sample: Sample, of: str) -> None:
        bad = sample.not_finite(of)
        name = self._shared.parameters.names[bad[0]] if bad else None
        self._shared.judge(sample.step, of, name, tensors=len(bad))
        if bad and of == "gradient":
            self._hurry()

    def _hurry(self) -> None:
        """Look at everything at the next step, once until things are well again."""
        if "hurried" not in self._shared.bad:
            self._shared.bad.add("hurried")
            for watch in self.watches:
                self._shared.governor.hurry(watch.part, self._shared.step + 1)
            self._shared.governor.hurry(PROBE, self._shared.step + 1)

    def _write_settings(self, step: int, at: float) -> None:
        """Write what changes rarely, and the monitor's share."""
        shared = self._shared
        now = _settings(self.watches[0].optimizer)
        changed = {name: v for name, v in now.items() if self._settings.get(name) != v}
        self._settings = now
        if changed:
            shared.log.scalars(step, changed, at)
        if (share := shared.governor.measured) > 0:
            shared.log.scalars(step, {"monitor_share": share}, at)
        scale = self.scaler.scale if self.scaler else None
        if scale is not None:
            shared.late.read(scale, lambda v: shared.log.scalars(step, {"scale": float(v)}, at))

    def log(self, scalars: Mapping[str, Any]) -> None:
        """Write numbers of the step that was made last."""
        values: dict[str, float] = {}
        for name, value in scalars.items():
            self._take(name, value, values)
        shared, step, at = self._shared, self._shared.step, time.time()
        shared.late.then(lambda: shared.log.scalars(step, values, at) if values else None)

    def skip(self, scale: float) -> None:
        """Note that the step that is being made is not taken: its gradients are not finite."""
        self._skips += 1
        step = self._shared.step + 1
        self._shared.log.event(step, "skipped", {"scale": scale})
        self._shared.log.scalars(step, {"skipped": self._skips})

    def skip_unread(self, scale: Tensor | None) -> None:
        """As `skip`, of a scaler whose scale is still to be read."""
        if scale is None:
            self.skip(math.nan)
        else:
            self._shared.late.read(scale, lambda value: self.skip(float(value)))

    # What is due

    def look(self) -> None:
        """Look at the probe where it is due, and take the evidence where weights were."""
        shared, step = self._shared, self._shared.step
        if self._had_weights:
            self._had_weights = False
            shared.own.run(EVIDENCE, self.gather)
        if shared.governor.is_due(PROBE, step):
            shared.governor.done(PROBE, step)
            shared.own.run(PROBE, self._look)
        if shared.governor.is_due(MODES, step):
            shared.governor.done(MODES, step)
            shared.own.run(MODES, self._looking.switch, shared, step)

    def _look(self) -> None:
        self._looking.look(self._shared, self._shared.step)

    def gather(self, *, is_last: bool = False) -> None:
        """Log what the evidence has to tell by now."""
        if self.evidence is None:
            return
        shared, step = self._shared, self._shared.step
        news = self.evidence.close() if is_last else self.evidence.take(step)

        def write() -> None:
            if news.scalars:
                shared.log.scalars(step, news.scalars)
            for what, data in news.events:
                shared.log.event(step, what, data)

        shared.late.then(write)

    def count_evidence(self) -> None:
        """Count what the evidence's own hooks took."""
        if self.evidence is not None:
            self._shared.own.add(EVIDENCE, self.evidence.took())

    def line(self, update: Update) -> None:
        """Take the loss along an update where it is due."""
        shared = self._shared
        if self._looking.has_line and shared.governor.is_due(LINE, update.step):
            shared.governor.done(LINE, update.step)
            shared.own.run(LINE, self._looking.line, shared, update)

    def govern(self, seconds: float | None) -> None:
        """Note what the step took, and change intervals where the monitor took too much of it."""
        shared, step = self._shared, self._shared.step
        governor = shared.governor
        if governor.is_due(GRADIENTS, step):
            governor.done(GRADIENTS, step)
        own, parts = shared.own.taken()
        looks = False
        always = own
        for name, took in parts.items():
            if governor.knows(name):
                governor.spent(name, took)
                always -= took
                looks = looks or name != GRADIENTS
        if seconds is not None:
            governor.stepped(seconds, own, always)
        if looks or step % JUDGED == 0:
            if self.evidence is not None:
                self.evidence.look_every(governor.every(self.watches[0].part))
            share = governor.expected()
            for name, (before, now) in governor.judge(step).items():
                about = {"part": name, "before": before, "every": now, "share": share}
                shared.log.event(step, "overhead", {**about, "limit": governor.limit})


def _settings(optimizer: Optimizer) -> dict[str, float]:
    """Return momentum and weight decay of an optimiser's first group, where it has them."""
    group = optimizer.param_groups[0]
    momentum = group.get("momentum", (group.get("betas") or (None,))[0])
    found = {"momentum": momentum, "l2": group.get("weight_decay")}
    return {k: float(v) for k, v in found.items() if isinstance(v, int | float)}
