"""Features that were mixed are found again; the read-outs find their amounts."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from deepvis_app.corpus.dictionaries import DictionarySettings
from deepvis_app.corpus.dictionaries.making import directions_steps
from deepvis_app.corpus.dictionaries.planted import Planted, best_cosines, planted_codes
from deepvis_app.pieces import finished


def correlations(directions, planted: Planted) -> np.ndarray:
    """Return for each feature how its amounts follow the direction that is nearest to it."""
    atoms = directions.decoder.double().numpy()
    cosines = planted.features @ (atoms / np.linalg.norm(atoms, axis=1, keepdims=True)).T
    given = directions.on_codes(torch.from_numpy(planted.codes.values)).double().numpy()
    pairs = zip(cosines.argmax(1), planted.amounts.T, strict=True)
    return np.array([np.corrcoef(given[:, at], own)[0, 1] for at, own in pairs])


@pytest.mark.parametrize(
    ("seed", "active", "noise"),
    [
        (0, 5, 0.0),
        *[
            pytest.param(*each, marks=pytest.mark.slow(seconds=5))
            for each in ((1, 5, 0.0), (2, 5, 0.0), (3, 3, 0.0), (4, 8, 0.0), (5, 5, 0.05))
        ],
    ],
)
def test_96_features_in_64_channels(seed: int, active: float, noise: float) -> None:
    planted = planted_codes(seed, active=active, noise=noise)
    found = finished(directions_steps(planted.codes, DictionarySettings(count=96)))
    decoder = found.directions.decoder
    assert decoder is not None
    assert best_cosines(decoder.numpy(), planted.features).mean() > 0.95  # .9 is wanted
    assert correlations(found.directions, planted).mean() > 0.9
    components = finished(
        directions_steps(planted.codes, DictionarySettings(method="pca", count=64))
    )
    assert best_cosines(components.directions.weight.numpy(), planted.features).mean() < 0.5
    assert best_cosines(np.eye(64), planted.features).mean() < 0.5
    # As many active as were planted, more or less, and far better than as many channels.
    assert 0.5 * active < found.figures.active < 1.5 * active
    assert found.figures.missed < 0.3 < found.figures.units_missed
    assert found.figures.read > 0.95


def test_planted_codes_are_what_they_say() -> None:
    planted = planted_codes(3, count=4000, noise=0.0)
    np.testing.assert_allclose(
        planted.codes.values, planted.amounts @ planted.features, rtol=1e-5, atol=1e-5
    )
    np.testing.assert_allclose(np.linalg.norm(planted.features, axis=1), 1)
    assert (planted.amounts > 0).sum(1).mean() == pytest.approx(5, abs=0.2)
    assert planted.codes.values.shape == (4000, 64)
    assert planted.codes.picture_count == 100
    again = planted_codes(3, count=4000)
    assert (again.codes.values == planted.codes.values).all()


def test_the_nearest_row_is_looked_for() -> None:
    rows = np.array([[2.0, 0.0], [0.0, -3.0]])
    wanted = [1, 1, np.sqrt(0.5)]
    np.testing.assert_allclose(best_cosines(rows, np.array([[1, 0], [0, 1], [1.0, 1]])), wanted)
