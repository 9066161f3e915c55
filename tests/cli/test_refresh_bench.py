"""The bench of a network that learns while it is looked at."""

from __future__ import annotations

import json

import pytest

from deepvis_app.cli.main import run_command_line


@pytest.mark.slow(seconds=30)
def test_new_weights_come_while_it_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["bench", "refresh", "--net", "fully-connected", "--seconds", "8", "--json"]
    assert run_command_line(lambda _: 0, words) == 0
    row = json.loads(capsys.readouterr().out)
    assert row["slices"] == 2
    assert min(row["ours"], row["bare"], row["ratio"]) > 0
    assert 0 < row["refreshes"] <= 5.5
