from __future__ import annotations

from deepvis_app.engine.readers import UnitOrder
from deepvis_app.state.appearance import Appearance


def test_boosts_cycle_through_the_ancestors_choices() -> None:
    options = Appearance()
    gammas, boosts = [], []
    for _ in range(5):
        gammas.append(options.contrast.gamma)
        boosts.append(options.contrast.boost)
        options.cycle_gamma()
        options.cycle_boost()
    assert gammas == [1, 0.7, 0.5, 0.3, 1]
    assert boosts == [0, 0.3, 0.5, 0.8, 1]


def test_a_gamma_between_the_choices_cycles_to_the_first() -> None:
    options = Appearance()
    options.change_contrast(gamma=0.61)
    options.cycle_gamma()
    assert options.contrast.gamma == 1


def test_sorting_again_by_the_same_order_sorts_anew() -> None:
    options, serials = Appearance(), []
    options.events.order_serial.connect(serials.append)
    options.sort_by(UnitOrder.MAXIMUM)
    options.sort_by(UnitOrder.MAXIMUM)
    assert serials == [1, 2]


def test_pins_toggle_and_keep_their_order() -> None:
    options = Appearance()
    for index in (5, 2, 9, 2):
        options.toggle_pin(index)
    assert options.pinned_classes == (5, 9)


def test_the_low_end_of_the_range_stays_below_the_other() -> None:
    options = Appearance()
    options.change_contrast(low_percentile=90.0)
    options.change_contrast(percentile=60.0)
    assert (options.contrast.low_percentile, options.contrast.percentile) == (59.9, 60.0)
    options.change_contrast(percentile=99.0)
    assert options.contrast.low_percentile == 59.9
