"""The bench of a live view beside a training."""

from __future__ import annotations

import json

import pytest

from deepvis_app.cli.main import run_command_line


@pytest.mark.slow(seconds=60)
def test_both_are_measured_beside_each_other_and_alone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["bench", "training", "--net", "pocket", "--seconds", "12", "--json"]
    assert run_command_line(lambda _: 0, words) == 0
    row = json.loads(capsys.readouterr().out)
    assert row["net"] == "Pocket"
    assert row["slices"] == 4
    assert min(row["ours"], row["bare"], row["ratio"], row["steps_alone"]) > 0
