"""`deepvis bench directions`: features that were mixed are found again."""

from __future__ import annotations

import json

import pytest

from deepvis_app.cli.main import run_command_line


@pytest.mark.slow(seconds=10)
def test_a_sparse_dictionary_finds_what_components_do_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run_command_line(lambda _: 0, ["bench", "directions", "--seeds", "1", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["bench"], told["unit"], told["seed"]) == ("directions", "cosine", 0)
    assert told["ours"] > 0.95
    assert max(told["bare"], told["channels"], told["chance"]) < 0.5
    assert told["ratio"] == pytest.approx(told["ours"] / told["bare"], rel=0.01)
    assert told["read"] > 0.9
    assert told["missed"] < told["units_missed"]
