"""Pictures unlike photographs are told by the bundled network's own units."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from deepvis_app import paths
from deepvis_app.engine.device.device import choose_device
from deepvis_app.engine.likeness import INTERVAL_S, LAYER, Likeness, is_unlike
from deepvis_app.engine.live import LiveProcessor
from deepvis_app.engine.request import LiveRequest
from deepvis_app.frames.demo import demo_picture, scenes
from deepvis_app.frames.source import Frame
from deepvis_app.nets import Network, load_network


@pytest.fixture(scope="module")
def pocket() -> Network:
    return load_network("pocket")


def frame(image: np.ndarray, number: int = 0) -> Frame:
    return Frame(image, number, 0.0, "test", number)


def likeness(network: Network, image: np.ndarray) -> float | None:
    processor = LiveProcessor(network, choose_device("cpu"))
    return processor.process(frame(image), LiveRequest()).likeness


def odd(kind: str) -> np.ndarray:
    rng = np.random.default_rng(0)
    if kind == "noise":
        return rng.integers(0, 256, (120, 160, 3), np.uint8)
    if kind == "blue":
        return np.full((120, 160, 3), (40, 80, 220), np.uint8)
    down = np.linspace(0, 255, 120)[:, None, None]
    return np.broadcast_to(down, (120, 160, 3)).astype(np.uint8)


@pytest.mark.parametrize("kind", ["noise", "blue", "gradient"])
def test_what_is_no_photograph_is_unlike_them(pocket: Network, kind: str) -> None:
    assert is_unlike(likeness(pocket, odd(kind)))


def test_the_demo_is_like_photographs(pocket: Network) -> None:
    shown = scenes()
    for time_s in range(2, 30, 6):
        assert not is_unlike(likeness(pocket, demo_picture(shown, float(time_s))))


NAMES = ("count", "total", "squares")


def test_it_is_the_mean_of_deviations(pocket: Network) -> None:
    """By hand, from the file of statistics and the layer's activations."""
    image = odd("noise")
    natural = load_file(paths.RESOURCES / "pocket" / "photographs.safetensors")
    with torch.no_grad():
        maps = pocket.activations(pocket.prepare(image)[None], [LAYER])[LAYER][0]
    count, total, squares = (natural[f"{LAYER}/{name}"] for name in NAMES)
    mean = total / count
    deviation = np.sqrt(squares / count - mean**2)
    excess = maps.amax((1, 2)).numpy() - mean
    expected = float((excess / deviation).mean())
    assert likeness(pocket, image) == pytest.approx(expected, abs=1e-3)


def test_it_looks_now_and_then_only(pocket: Network) -> None:
    found = Likeness(pocket.fingerprint)
    assert found.due(5.0, always=False) == {LAYER}
    assert not found.due(5.0 + 0.9 * INTERVAL_S, always=False)
    assert found.due(5.0 + 0.9 * INTERVAL_S, always=True)
    assert found.due(5.0 + 2 * INTERVAL_S, always=False)


def test_a_picture_at_rest_is_looked_at_itself(pocket: Network) -> None:
    """Two pictures in less than the interval: the second one's answer is its own in the end."""
    processor = LiveProcessor(pocket, choose_device("cpu"), clock=lambda: 1.0)
    processor.process(frame(demo_picture(scenes(), 2.0)), LiveRequest())
    second = frame(odd("noise"), 1)
    processor.process(second, LiveRequest())
    assert is_unlike(processor.process(second, LiveRequest()).likeness)


def test_of_other_networks_nothing_is_known(tiny: Network) -> None:
    assert likeness(tiny, odd("noise")) is None
    assert not is_unlike(None)
