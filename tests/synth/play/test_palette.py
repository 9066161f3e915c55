"""Colours that are kept or brought near, by the formulas of JPEG and by moments."""

from __future__ import annotations

import numpy as np
import torch

from deepvis_app.synth.play.palette import matched, recoloured


def picture(seed: int, low: float = 0, high: float = 255) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).uniform(low, high, (3, 20, 30)))


def ycbcr(colours: torch.Tensor) -> np.ndarray:
    red, green, blue = colours.numpy()
    y = 0.299 * red + 0.587 * green + 0.114 * blue
    return np.stack([y, (blue - y) / 1.772, (red - y) / 1.402])


def test_chroma_is_kept_exactly_and_luma_where_it_can_be() -> None:
    made, content = picture(0), picture(1)
    found = recoloured(made, content)
    assert found.min() >= -1e-9
    assert found.max() <= 255 + 1e-9
    (y, *chroma), (y_made, *_), (_, *own) = (ycbcr(each) for each in (found, made, content))
    np.testing.assert_allclose(chroma, own, atol=1e-9)
    moved = np.abs(y - y_made) > 1e-9
    at_edge = ((found < 1e-9) | (found > 255 - 1e-9)).any(0).numpy()
    assert 0 < moved.mean() < 0.9
    assert at_edge[moved].all()  # only where the colour allows no such luma


def test_matched_colours_have_the_moments_of_the_others() -> None:
    style, content = picture(0, 60, 140), picture(1, 90, 170)
    content[0] = 0.5 * content[0] + 0.5 * content[1]  # colours that vary together
    found = matched(style, content)
    flat, wanted = (each.reshape(3, -1).numpy() for each in (found, content))
    np.testing.assert_allclose(flat.mean(1), wanted.mean(1), atol=1e-6)
    np.testing.assert_allclose(np.cov(flat), np.cov(wanted), rtol=1e-3, atol=0.1)


def test_a_flat_picture_can_be_matched() -> None:
    flat = torch.full((3, 8, 8), 90.0)
    found = matched(flat, picture(1))
    assert torch.isfinite(found).all()
    assert torch.isfinite(matched(picture(1), flat)).all()
