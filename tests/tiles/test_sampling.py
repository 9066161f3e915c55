from __future__ import annotations

from math import gcd

import pytest

from deepvis_app.tiles.sampling import even_step


@pytest.mark.parametrize(
    ("count", "wanted", "period"), [(5184, 640, 64), (100, 640, 10), (7, 2, 1)]
)
def test_every_place_of_a_period_is_met(count: int, wanted: int, period: int) -> None:
    step = even_step(count, wanted, period)
    assert gcd(step, period) == 1
    assert step >= max(count // wanted, 1)
    assert {place * step % period for place in range(period)} == set(range(period))
