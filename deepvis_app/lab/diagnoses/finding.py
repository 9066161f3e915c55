"""What a diagnosis says, and what can be done about it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from deepvis_app.lab.diagnoses.history import History


class Severity(StrEnum):
    """How bad it is: alarms spoil a training, warnings hurt it, hints are worth a look."""

    ALARM = "alarm"
    WARNING = "warning"
    HINT = "hint"


class Kind(StrEnum):
    """What a finding's action does."""

    RESTART = "restart"  # data: what to change of the plan, such as {"rate": 0.02}
    GO_BACK = "go_back"  # data: {"step": the best one}
    SHOW_LAYER = "show_layer"  # data: {"layer": its name}
    SHOW_STEPS = "show_steps"  # data: {"first": step, "last": step}
    SHOW_LABELS = "show_labels"  # data: {}: the suspected examples
    COMPARE = "compare"  # data: {}: with another run
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Action:
    """What opens the picture that a finding speaks of, or mends its cause."""

    kind: Kind = Kind.NONE
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finding:
    """One diagnosis with its evidence."""

    name: str  # its rule's
    title: str
    severity: Severity
    step: int  # at which it began
    evidence: str  # numbers, one sentence
    threshold: str  # what healthy runs keep to
    remedy: str
    layer: str = ""  # its first layer, "" where it is of the whole network
    action: Action = field(default_factory=Action)
    cause: str = ""  # name of the earlier finding that explains it

    def data(self) -> dict[str, Any]:
        """Return it as plain data."""
        found = asdict(self)
        return found | {"severity": self.severity.value, "action": _plain(self.action)}


def _plain(action: Action) -> dict[str, Any]:
    return {"kind": action.kind.value, "data": dict(action.data)}


@dataclass(frozen=True, slots=True)
class Rule:
    """One diagnosis: when it is made, in words and as a function.

    `find` gives findings, the first being the worst; `lacks` what of the log is missing for it, ""
    where nothing is.
    """

    name: str
    title: str
    find: Callable[[History], Iterable[Finding]]
    lacks: Callable[[History], str]
    evidence: str
    threshold: str
    not_when: str
    remedy: str
    source: str
    explains: tuple[str, ...] = ()  # rules whose findings follow from this one's

    def finding(
        self,
        severity: Severity,
        step: int,
        evidence: str,
        *,
        remedy: str = "",
        layer: str = "",
        title: str = "",
        action: Action | None = None,
    ) -> Finding:
        """Return a finding of this rule."""
        return Finding(
            self.name,
            title or self.title,
            severity,
            int(step),
            evidence,
            self.threshold,
            remedy or self.remedy,
            layer,
            action or Action(),
        )
