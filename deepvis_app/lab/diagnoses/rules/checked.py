"""What the pre-flight found, where it was made and written into the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.lab.diagnoses.finding import Finding, Rule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deepvis_app.lab.diagnoses.history import History

#: Checks of the pre-flight that no other rule makes.
ASKED = ("overfit", "blind")


def _checked(history: History) -> Iterator[Finding]:
    for event in history.run.events_of("preflight"):
        for check in event.data.get("checks", ()):
            if check.get("name") in ASKED and check.get("passed") is False:
                yield CHECKED.finding(
                    Severity.ALARM, event.step, str(check.get("evidence", "")),
                    remedy=str(check.get("remedy", "")), title=f"Not so: {check.get('title', '')}",
                )  # fmt: skip
                return


CHECKED = Rule(
    "preflight",
    "Failed the pre-flight",
    _checked,
    lambda history: "" if history.run.events_of("preflight") else "no pre-flight was made",
    "the pre-flight's answers: 16 examples learned by heart, a loss that is lower with the input",
    "loss > 0.05 of the first after 300 steps of Adam; > 0.8 of that with zeros as input",
    "it ran out of time",
    "Look for a cut graph, wrong targets, a wrong loss, or units that are dead",
    "Karpathy 2019: the best single test",
    explains=("not_learning", "one_class"),
)
