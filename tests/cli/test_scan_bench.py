"""The bench of a scan: what it counts as what."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from deepvis_app.cli import bench
from deepvis_app.cli.main import run_command_line
from deepvis_app.cli.scan_bench import measure_scan
from tests.corpus.tiny import Pictures, whole_network

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    for number, image in enumerate(Pictures(30).images):
        Image.fromarray(image).save(tmp_path / f"{number}.png")
    (tmp_path / "broken.png").write_bytes(b"nothing")
    return tmp_path


def test_rates_and_shares_belong_together(pictures: Path) -> None:
    found = measure_scan(whole_network(), str(pictures), 2, "cpu")
    assert (found.layers, found.batch, found.device) == (7, 4, "cpu")
    assert found.pictures > 20
    assert found.ratio == pytest.approx(found.ours / found.bare_decoded)
    assert found.statistics_share == pytest.approx(1 - found.ratio)
    assert 0 < found.ours < found.bare_decoded < found.bare


def test_it_is_printed(
    pictures: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench, "loaded", lambda *_: whole_network())
    words = ["bench", "scan", "--source", str(pictures), "--rounds", "1", "--json"]
    assert run_command_line(lambda _: 0, [*words, "--device", "cpu"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["bench"] == "scan"
    assert {"ours", "bare", "ratio", "bare_decoded", "statistics_share"} <= told.keys()
