"""All rules asked of a run, and their answers put in order."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from deepvis_app.lab.diagnoses.finding import Finding, Rule, Severity
from deepvis_app.lab.diagnoses.history import History
from deepvis_app.lab.diagnoses.rules.checked import CHECKED
from deepvis_app.lab.diagnoses.rules.facts import FACTS
from deepvis_app.lab.diagnoses.rules.fit import FIT
from deepvis_app.lab.diagnoses.rules.labels import LABEL
from deepvis_app.lab.diagnoses.rules.layers import LAYERS
from deepvis_app.lab.diagnoses.rules.numbers import NUMBERS
from deepvis_app.lab.diagnoses.rules.rate import RATE
from deepvis_app.lab.diagnoses.rules.steps import STEPS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deepvis_app.lab.log.run import Run

#: In the order of speech: what comes earlier may be the cause of what comes later.
RULES: tuple[Rule, ...] = (*STEPS, *FACTS, CHECKED, *RATE, *NUMBERS, *LAYERS, *FIT, *LABEL)
TITLES = {rule.name: rule.title for rule in RULES}

_RANKS = {Severity.ALARM: 0, Severity.WARNING: 1, Severity.HINT: 2}
_PLACES = {rule.name: place for place, rule in enumerate(RULES)}


@dataclass(frozen=True, slots=True)
class Judged:
    """All that can be said of a run: what is wrong, and what could not be asked."""

    findings: tuple[Finding, ...]  # worst first
    no_data: Mapping[str, str] = field(default_factory=dict)  # a rule's name -> what is missing

    @property
    def healthy(self) -> bool:
        """Whether no rule alarms or warns; hints are no illness."""
        return not any(each.severity is not Severity.HINT for each in self.findings)

    @property
    def asked(self) -> int:
        """How many rules had what they need."""
        return len(RULES) - len(self.no_data)

    def data(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "healthy": self.healthy,
            "findings": [each.data() for each in self.findings],
            "no_data": dict(self.no_data),
        }


def judged(run: Run) -> Judged:
    """Ask all rules of a run, live, finished or foreign. The same run gives the same answer."""
    history = History(run)
    lacks = {rule.name: rule.lacks(history) for rule in RULES}
    missing = {name: words for name, words in lacks.items() if words}
    with np.errstate(all="ignore"):  # what is not finite is among what they look for
        found = [
            finding
            for rule in RULES
            if rule.name not in missing
            for finding in list(rule.find(history))[:1]
        ]
    return Judged(_in_order(found), missing)


def diagnose(run: Run) -> tuple[Finding, ...]:
    """Return what is wrong with a run, worst first; () where nothing is found."""
    return judged(run).findings


def _in_order(found: list[Finding]) -> tuple[Finding, ...]:
    """Name causes, and put first causes before what follows from them, alarms before hints."""
    names = {each.name for each in found}
    explained: dict[str, str] = {}
    for rule in RULES:  # in the order of speech: the first that explains it is the cause
        for other in rule.explains:
            if rule.name not in names or other not in names or other in explained:
                continue
            if _first(rule.name, explained) != other:  # that one is said to follow from `other`
                explained[other] = rule.name
    causes = {name: _first(name, explained) for name in explained}
    said = [replace(each, cause=causes.get(each.name, "")) for each in found]
    return tuple(sorted(said, key=lambda f: (_RANKS[f.severity], bool(f.cause), _PLACES[f.name])))


def _first(name: str, explained: Mapping[str, str]) -> str:
    """Follow causes to the first, which has none."""
    while name in explained:
        name = explained[name]
    return name
