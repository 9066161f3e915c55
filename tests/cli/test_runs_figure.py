"""`deepvis runs figure`: logs become a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from deepvis_app.cli.main import run_command_line
from deepvis_app.cli.runs_drawn import lines_of
from deepvis_app.errors import UserError
from deepvis_app.lab.trainer import Training, TrainPlan

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    plan = TrainPlan(epochs=2, train_size=60, batch=10)
    with Training(plan, tmp_path / "small") as training:
        for _ in training.steps():
            pass
    return tmp_path / "small"


def test_a_run_is_drawn_as_it_was_evaluated(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "runs.png"
    words = ["runs", "figure", str(folder), str(folder), "--out", str(out), "--title", "Twice"]
    assert run_command_line(lambda _: 0, words) == 0
    assert capsys.readouterr().out == f"Written {out}\n"
    with Image.open(out) as picture:
        assert picture.width > 1000
    lines = lines_of(str(folder))
    assert lines.name == "small"
    assert lines.steps[-1] == 12
    assert set(lines.spreads) == {"weights", "gradients", "activations"}
    parameters = 64 * 30 + 30 + 30 * 10 + 10
    assert lines.spreads["weights"][1].sum() <= parameters  # without zeros
    assert lines.spreads["weights"][1].sum() > 0.9 * parameters
    assert np.isfinite(lines.accuracy[-1])


def test_what_cannot_be_drawn_is_told(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for words in (
        [str(folder), "--out", str(tmp_path / "a.txt")],
        [str(tmp_path / "none"), "--out", str(tmp_path / "a.png")],
    ):
        assert run_command_line(lambda _: 0, ["runs", "figure", *words]) == 2
        told = capsys.readouterr().err
        assert len(told.splitlines()) == 1, told
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError):
        lines_of(str(tmp_path / "empty"))
