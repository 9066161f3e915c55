"""What is wrong with a training, from its log alone: named, with evidence and a remedy."""

from deepvis_app.lab.diagnoses.finding import Action, Finding, Kind, Rule, Severity
from deepvis_app.lab.diagnoses.judge import RULES, TITLES, Judged, diagnose, judged
from deepvis_app.lab.diagnoses.rules.labels import suspects

__all__ = [
    "RULES",
    "TITLES",
    "Action",
    "Finding",
    "Judged",
    "Kind",
    "Rule",
    "Severity",
    "diagnose",
    "judged",
    "suspects",
]
