"""The window's bench: its figures are those of the turns, and of the real window."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import pytest

from deepvis_app.cli import window_bench
from deepvis_app.cli.main import run_command_line
from deepvis_app.cli.window_bench import figures, measure_window
from deepvis_app.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

SLOW = """
import sys, time
from deepvis_app.__main__ import main
from deepvis_app.ui.panels.grid.mosaic_canvas import MosaicCanvas

paint = MosaicCanvas.paintEvent

def slow(self, event):
    until = time.thread_time() + 0.02
    while time.thread_time() < until:
        pass
    paint(self, event)

MosaicCanvas.paintEvent = slow
sys.exit(main())
"""


def turn(shown: float, loop: float, gui_ms: float) -> dict[str, float]:
    return {"shown": shown, "loop": loop, "gui_ms": gui_ms}


def pretend(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, program: str) -> None:
    (tmp_path / "window.py").write_text(program)
    monkeypatch.setattr(window_bench, "DEEPVIS", (sys.executable, str(tmp_path / "window.py")))


def test_each_turn_is_compared_with_itself() -> None:
    found = figures([turn(18, 20, 5), turn(9, 30, 7), turn(32, 40, 3)])
    assert (found.ours, found.bare, found.gui_ms, found.turns) == (18, 30, 5, 3)
    assert found.ratio == pytest.approx(0.8)  # of 0.9, 0.3 and 0.8


def test_a_window_that_shows_nothing_gives_no_figure() -> None:
    with pytest.raises(UserError, match="no picture"):
        figures([turn(0, 20, 900)])


def test_the_window_gets_what_the_bench_was_given(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = ["run", "--measure", "2.0", "--source", "demo", "--net", "x", "--device", "cpu"]
    line = '{"shown": 27.0, "loop": 30.0, "gui_ms": 4.0}'
    pretend(monkeypatch, tmp_path, f"import sys; assert sys.argv[1:] == {wanted}; print('{line}')")
    words = ["bench", "window", "--seconds", "2", "--net", "x", "--device", "cpu", "--json"]
    assert run_command_line(lambda _: 0, words) == 0
    assert '"ratio": 0.9' in capsys.readouterr().out


def test_a_window_that_fails_is_told_in_its_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pretend(monkeypatch, tmp_path, "import sys; sys.exit('it fell')")
    with pytest.raises(UserError, match="did not hold: it fell"):
        measure_window(1)


@pytest.mark.slow(seconds=10)
@pytest.mark.timeout(300)
def test_a_network_that_cannot_be_had_is_told() -> None:
    started = time.monotonic()
    with pytest.raises(UserError, match="nowhere"):
        measure_window(1, ["--net", "torchvision:nowhere"])
    assert time.monotonic() - started < window_bench.LATE_S / 2


@pytest.mark.slow(seconds=30)
@pytest.mark.timeout(300)
def test_a_paint_that_takes_long_is_seen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    options = ["--net", "pocket", "--device", "cpu"]
    quick = measure_window(2, options)
    pretend(monkeypatch, tmp_path, SLOW)
    slow = measure_window(2, options)
    assert slow.gui_ms > quick.gui_ms + 10
    assert slow.gui_ms > 20
