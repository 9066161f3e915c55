from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.lab.diagnoses import diagnose, suspects
from deepvis_app.lab.faults.changes import wrong_labels
from deepvis_app.lab.faults.loop import learn
from deepvis_app.lab.faults.parts import parts_of
from deepvis_app.lab.log.read import read_log

if TYPE_CHECKING:
    from pathlib import Path


def test_suspected_labels_are_the_wrong_ones(tmp_path: Path) -> None:
    parts = parts_of("relu", 1, optimizer="adam")
    true = parts.data.y.clone()
    wrong_labels(0.16)(parts)
    wrong = (parts.data.y != true).numpy()
    learn(parts, tmp_path / "run")
    run = read_log(tmp_path / "run")
    found = suspects(run.arrays["labels/margins"])
    assert [each.name for each in diagnose(run)] == ["labels"]
    assert wrong[found].mean() > 0.9
    assert wrong[found].sum() > 0.9 * wrong.sum()
