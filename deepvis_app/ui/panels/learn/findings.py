"""Which findings are said, in which order and words, and what each offers to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deepvis_app.lab.diagnoses import RULES, TITLES, Kind, Severity
from deepvis_app.ui.kit.plots.ticks import power

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deepvis_app.known.runs import Followed
    from deepvis_app.lab.diagnoses import Action, Finding

MOST = 3  # that are said at first
FIELDS = {"rate": "", "l2": "L2 ", "momentum": "momentum ", "batch": "batch "}
RANKS = {Severity.ALARM: 0, Severity.WARNING: 1, Severity.HINT: 2}


@dataclass(frozen=True, slots=True)
class FindingLine:
    """A row; `key` tells the owner which finding its action belongs to, `action` "" has none."""

    key: str
    title: str
    run: str
    evidence: str
    remedy: str
    severity: str
    action: str = ""
    tip: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """What stands in the list: rows, words at the right, the button for more, what was asked."""

    lines: tuple[FindingLine, ...]
    detail: str
    more: str
    tip: str


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A finding of a run."""

    one: Followed
    finding: Finding

    @property
    def key(self) -> str:
        return f"{self.finding.name}\n{self.one.path}"


def found_in(shown: Sequence[Followed], chosen: Followed | None) -> tuple[Found, ...]:
    """Return the findings of runs, worst first, those of the one that is looked at before others.

    What follows from another finding of the same run is left out.
    """
    found = [
        Found(one, finding)
        for one in shown
        if one.judged is not None
        for finding in one.judged.findings
        if not finding.cause
    ]
    return tuple(sorted(found, key=lambda f: (RANKS[f.finding.severity], f.one is not chosen)))


def said_of(
    shown: Sequence[Followed],
    chosen: Followed | None,
    names: Mapping[str, str],
    offers: Mapping[str, str],
    *,
    is_open: bool,
) -> Said:
    """Return what is said of runs; `offers` are the words of actions by key, `is_open`: all."""
    found = found_in(shown, chosen)
    lines = [_line(each, names, offers.get(each.key, "")) for each in found]
    count = len(lines)
    if chosen is not None and (healthy := _healthy(chosen, names)) is not None:
        lines.append(healthy)
    left = count - MOST
    more = "" if left <= 0 else "Only the worst" if is_open else f"{left} more"
    detail = "" if not count else "1 finding" if count == 1 else f"{count} findings"
    kept = lines if is_open else lines[:MOST]
    return Said(tuple(kept), detail, more, _asked(chosen))


def offer_words(action: Action, *, trains: bool, has_step: bool) -> str:
    """Return what a finding's action says, "" where it cannot be done here.

    `trains`: the run is one of ours; `has_step`: the checkpoint that is meant is there.
    """
    data = action.data
    if action.kind is Kind.RESTART and trains and data:
        name, value = next(iter(data.items()))
        said = power(value) if isinstance(value, int | float) else str(value)
        if name == "rate":
            return f"Start again at {said}"
        return f"Start again with {FIELDS.get(name, f'{name} ')}{said}"
    if action.kind is Kind.GO_BACK and trains and has_step:
        return f"Go back to {data['step']}"
    if action.kind is Kind.SHOW_STEPS:
        return f"Show steps {data['first']}–{data['last']}"
    if action.kind is Kind.SHOW_LAYER and trains:
        return f"Show {data['layer']}"
    if action.kind is Kind.SHOW_LABELS and trains:
        return "Show them"
    return "Compare" if action.kind is Kind.COMPARE else ""


def _line(each: Found, names: Mapping[str, str], action: str) -> FindingLine:
    finding = each.finding
    assert each.one.judged is not None
    follows = [other.title for other in each.one.judged.findings if other.cause == finding.name]
    told = [finding.evidence, finding.remedy, f"Healthy runs: {finding.threshold}"]
    if follows:
        told.append(f"From it follows: {', '.join(follows)}")
    where = f" · {finding.layer}" if finding.layer else ""
    return FindingLine(
        key=each.key,
        title=finding.title,
        run=f"{names.get(each.one.path, each.one.name)}{where}",
        evidence=finding.evidence,
        remedy=finding.remedy,
        severity=finding.severity.value,
        action=action,
        tip="\n".join(told),
    )


def _healthy(one: Followed, names: Mapping[str, str]) -> FindingLine | None:
    """Return the row that says that nothing is wrong, where that is so."""
    judged = one.judged
    if judged is None or judged.findings or not judged.asked:
        return None
    asked = f"{judged.asked} of {len(RULES)} rules looked at it and found nothing."
    return FindingLine(
        key="", title="Healthy", run=names.get(one.path, one.name), evidence=asked,
        remedy=f"{len(judged.no_data)} had too little to go by." if judged.no_data else "",
        severity="good", tip=_asked(one),
    )  # fmt: skip


def _asked(one: Followed | None) -> str:
    """Say which rules could not be asked of a run, and why."""
    if one is None or one.judged is None or not one.judged.no_data:
        return ""
    missing = (f"{TITLES.get(name, name)}: {why}" for name, why in one.judged.no_data.items())
    return "\n".join(("Not looked at, for want of data:", *missing))
