"""What the parts of one monitor have in common."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from deepvis_app.lab.monitor.sample import Sample

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import Tensor, nn

    from deepvis_app.lab.log.writer import LogWriter
    from deepvis_app.lab.monitor.governor import Governor
    from deepvis_app.lab.monitor.late import Late
    from deepvis_app.lab.monitor.own import Own
    from deepvis_app.lab.monitor.parameters import Parameters


@dataclass(slots=True)
class Shared:
    """One monitor's log, clock and what is known of the step that is being made."""

    log: LogWriter
    late: Late
    own: Own
    governor: Governor
    parameters: Parameters
    modules: Callable[[], Mapping[str, nn.Module]]
    step: int  # the last one that is over
    sample: Sample = field(init=False)
    alpha: float | None = None  # of an update whose next gradient came in this step
    bad: set[str] = field(default_factory=set)  # kinds that are not finite at present

    def __post_init__(self) -> None:
        self.sample = Sample(self.step + 1, self.late)

    def renew(self) -> Sample:
        """End the step that is being made; return what was measured of it."""
        done, self.step = self.sample, self.step + 1
        self.sample = Sample(self.step + 1, self.late)
        return done

    def number(self, parameter: Tensor) -> int:
        return self.parameters.number(parameter, self.modules)

    def judge(self, step: int, kind: str, name: str | None, **more: Any) -> None:
        """Tell once that something is no finite number any more; `name` None: all is well."""
        if name is None:
            self.bad.discard(kind)
        elif kind not in self.bad:
            self.bad.add(kind)
            self.log.event(step, "nonfinite", {"kind": kind, "name": name, **more})
