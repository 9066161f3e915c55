"""What is measured of a map of pictures: read off the window's lines, and of a code by itself."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

from deepvis_app.cli import map_bench
from deepvis_app.cli.main import run_command_line
from deepvis_app.cli.map_bench import figures, measure_map, placed, thumbnails
from deepvis_app.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path


def test_a_line_is_read_and_says_how_many_times_faster_it_is() -> None:
    line = {"what": "pan", "ours": 60.0, "bare": 15.0, "unit": "1/s", "wanted": ">= 30"}
    assert figures(json.dumps(line)).ratio == 4
    assert figures(json.dumps({**line, "unit": "ms"})).ratio == 0.25
    assert figures(json.dumps({**line, "bare": None})).ratio is None


def test_thumbnails_are_patterns_or_a_folder_s(tmp_path: Path) -> None:
    from PIL import Image

    patterns = thumbnails(None)
    assert patterns.shape[1:] == (64, 64, 3)
    assert len(np.unique(patterns.reshape(len(patterns), -1), axis=0)) == len(patterns)
    Image.new("RGB", (200, 90), (10, 200, 30)).save(tmp_path / "one.png")
    (tmp_path / "spoilt.png").write_bytes(b"no picture")
    found = thumbnails(str(tmp_path))
    assert found.shape == (1, 64, 64, 3)
    assert found[0, 5, 5].tolist() == [10, 200, 30]
    (tmp_path / "one.png").unlink()
    with pytest.raises(UserError, match="can be read"):
        thumbnails(str(tmp_path))


def test_placing_is_measured_beside_looking_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(map_bench, "CACHE_MB", 1)
    found = placed(4200)
    assert found.what == "placing a code, 4,200 x 384"
    assert found.ours > 0
    assert found.ratio == pytest.approx((found.bare or 0) / found.ours)


def pretend(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, program: str) -> None:
    (tmp_path / "meter.py").write_text(program)
    monkeypatch.setattr(map_bench, "METER", (sys.executable, str(tmp_path / "meter.py")))


def test_a_window_that_fails_is_told_in_its_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pretend(monkeypatch, tmp_path, "import sys; sys.exit('no screen here')")
    with pytest.raises(UserError, match="no screen here"):
        measure_map(2, None)
    pretend(monkeypatch, tmp_path, "import signal; signal.pause()")
    monkeypatch.setattr(map_bench, "LATE_S", -1.5)
    with pytest.raises(UserError, match="in time"):
        measure_map(2, None)


@pytest.mark.slow(seconds=25)
def test_the_bench_has_every_row(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(lambda _: 0, ["bench", "map", "--seconds", "2", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["bench"] == "map"
    rows = [told, *told["more"]]
    assert [row["unit"] for row in rows] == ["1/s", "ms", "1/s", "1/s", "1/s", "ms"]
    assert all(row["ours"] > 0 for row in rows)
    assert [bool(row["ratio"]) for row in rows] == [True, True, True, True, False, True]
