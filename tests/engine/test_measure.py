from __future__ import annotations

import math
from itertools import count

import pytest

from deepvis_app.engine import measure
from deepvis_app.engine.measure import full_request, measure_live
from deepvis_app.engine.readers import GridReader, StripReader, UnitReader
from deepvis_app.errors import UserError
from tests.asked import asked


def test_the_request_asks_for_every_thumbnail_and_one_whole_grid(tiny) -> None:
    request = full_request(tiny, tiny.layer("second"))
    assert set(asked(request, StripReader)[0].names) == {info.name for info in tiny.layers}
    (grid,) = asked(request, GridReader)
    assert (grid.layer, grid.first) == ("second", 0)
    assert grid.count >= 12
    assert asked(request, UnitReader)


@pytest.mark.slow
@pytest.mark.parametrize("source_fps", [None, 30])
def test_figures_are_sane(tiny, source_fps: float | None) -> None:
    figures = measure_live(tiny, 4.0, source_fps, device="cpu", size=(48, 64))
    assert figures.bare > 1
    assert figures.ours > 1
    assert figures.ratio > 0
    assert 0 < figures.age_ms_p50 <= figures.age_ms_p95
    assert math.isfinite(figures.age_ms_p95)
    assert figures.forward_ms == pytest.approx(1000 / figures.bare)
    if source_fps is None:
        assert figures.dropped == 0
    else:
        assert figures.ours <= 40


def test_a_network_that_fails_is_told(make_network, monkeypatch) -> None:
    monkeypatch.setattr(measure, "WARM_UP_S", 0.5)
    network = make_network()
    calls = count()

    def fails_later(*_: object) -> None:
        if next(calls) > 3:
            raise RuntimeError("no more")

    network.module.register_forward_pre_hook(fails_later)
    with pytest.raises((UserError, RuntimeError), match="no more"):
        measure_live(network, 1.0, device="cpu")
