"""Maps of what a classifier says of every place."""

from __future__ import annotations

import numpy as np

from deepvis_app.tiles.regions import as_shares, region_picture, said_at

GROUND = (20, 20, 20)
COLOURS = np.array([[200, 0, 0], [0, 0, 200]], np.uint8)


def test_the_surer_the_fuller_and_chance_is_the_ground() -> None:
    sure = np.array([[[0.5, 0.5], [0.75, 0.25], [0.0, 1.0], [np.nan, 1.0]]])
    picture = region_picture(sure, COLOURS, GROUND)[0].astype(int)
    assert picture[0].tolist() == list(GROUND)
    assert picture[3].tolist() == list(GROUND)
    assert picture[1].tolist() == [65, 15, 15]  # a quarter of the colour: half of half
    assert picture[2].tolist() == [10, 10, 110]


def test_scores_become_shares() -> None:
    found = as_shares(np.array([[0.2, 0.6], [0.0, 0.0], [1.0, 1.0]]))
    assert np.allclose(found, [[0.25, 0.75], [0.5, 0.5], [0.5, 0.5]])
    assert np.isnan(as_shares(np.array([np.nan, 1.0]))).all()


def test_a_place_takes_what_is_said_where_it_lies() -> None:
    side, extent = 48, 6.0
    edge = extent * (1 - 1 / side)
    across = np.linspace(-edge, edge, side)
    x, y = np.meshgrid(across, -across)
    shares = np.stack([x + 2 * y > 0, x + 2 * y <= 0], -1).astype(np.float32)
    places = np.random.default_rng(0).uniform(-6, 6, (500, 2))
    clear = np.abs(places @ [1, 2]) > 1.5 * (12 / side)  # not in a cell that the border crosses
    true = np.where(places @ [1, 2] > 0, 0, 1)
    assert (said_at(shares, places, extent)[clear] == true[clear]).all()
    assert said_at(shares, np.array([[99.0, 99.0], [-99.0, -99.0]]), extent).tolist() == [0, 1]
