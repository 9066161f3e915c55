"""The soak tells growth from none, and sees a leak in the real window."""

from __future__ import annotations

import sys

import pytest
from scipy.stats import linregress

from deepvis_app.cli import soak_bench
from deepvis_app.cli.soak_bench import Sample, figures, measure_soak
from deepvis_app.errors import UserError

LEAKING = """
import sys
from deepvis_app.__main__ import main
from deepvis_app.ui.shell.soak import Soak

kept, start = [], Soak.start

def leak(self):
    self.sampled.connect(lambda _: kept.append(b"x" * 30_000_000))
    start(self)

Soak.start = leak
sys.exit(main())
"""


def samples(*memory_mb: float) -> list[Sample]:
    rest = dict.fromkeys(("threads", "files", "qt", "python"), 7)
    return [
        {"at_s": 36.0 * n, "own_mb": mb, "rss_mb": 500 + mb, **rest}
        for n, mb in enumerate(memory_mb, 1)
    ]


def test_growth_is_that_after_the_warm_up() -> None:
    flat = figures(samples(100, 900, 900, 900, 900, 900, 900, 900))
    assert flat.ours == pytest.approx(0, abs=1e-6)
    assert flat.samples == 7
    growing = figures(samples(100, *(900 + 0.3 * n for n in range(7))))
    assert growing.ours == pytest.approx(30)  # 0.3 MB in 36 s
    assert growing.own_mb == (900, 901.8)
    assert growing.rss_mb == (1400, 1401.8)
    assert growing.threads == (7, 7)


def test_the_error_says_what_a_soak_can_tell() -> None:
    """As SciPy has it; nothing where the readings lie on a line."""
    memory = [900, 903, 899, 904, 902, 907]
    found = figures(samples(100, *memory))
    hours = [0.01 * n for n in range(len(memory))]
    line = linregress(hours, memory)
    assert found.ours == pytest.approx(line.slope)
    assert found.error == pytest.approx(line.stderr)
    assert figures(samples(100, *range(900, 907))).error == pytest.approx(0, abs=1e-6)


def test_too_short_a_soak_gives_no_figure() -> None:
    with pytest.raises(UserError, match="too few"):
        figures(samples(100, 200))


def test_a_window_that_does_not_hold_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    words = "import sys; sys.exit('it fell')"
    monkeypatch.setattr(soak_bench, "DEEPVIS", (sys.executable, "-c", words))
    with pytest.raises(UserError, match="did not hold: it fell"):
        measure_soak(0.01, seed=3)


@pytest.mark.slow(seconds=75)
@pytest.mark.timeout(400)
def test_a_leak_in_the_window_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soak_bench, "DEEPVIS", (sys.executable, "-c", LEAKING))
    found = measure_soak(1, seed=0)
    lost_mb = 30 * (found.samples - 1)
    assert found.own_mb[1] - found.own_mb[0] > 0.7 * lost_mb
    assert found.ours > 50 * soak_bench.TARGET_MB_H
