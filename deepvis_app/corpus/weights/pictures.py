"""Weights that lie on the picture, as pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis_app.nets import Network

    Floats = NDArray[np.float32]

GREY = 0.3  # how far from the grey axis a colour of length 1 still looks grey


def filter_picture(
    network: Network, kernel: Floats, peak: float | None = None
) -> NDArray[np.uint8]:
    """Return weights (C, rows, columns) of the network's input as a picture (rows, columns, 3).

    Red, green and blue are in the picture's order, whatever the network's own is. Middle grey is
    zero; `peak` is the weight that is full (None: the kernel's own largest). The scale is the same
    on both sides and for all colours.
    """
    picture: NDArray[np.uint8] = filter_pictures(network, kernel[None], peak)[0]
    return picture


def filter_pictures(
    network: Network, kernels: Floats, peak: float | None = None
) -> NDArray[np.uint8]:
    """Return the same of many (U, C, rows, columns) at once: (U, rows, columns, 3)."""
    own = np.abs(kernels).max((1, 2, 3), initial=0) if peak is None else np.full(len(kernels), peak)
    shown = kernels[:, list(network.preprocessing.shown(kernels.shape[1]))]
    values = shown / np.where(own > 0, own, 1)[:, None, None, None]
    pictures = np.clip(np.round(127.5 + 127.5 * values), 0, 255).astype(np.uint8)
    return np.ascontiguousarray(pictures.transpose(0, 2, 3, 1))


def by_norm(kernels: Floats) -> NDArray[np.int64]:
    """Return the order of kernels (U, C, rows, columns) from the largest norm down."""
    norms = np.linalg.norm(kernels.reshape(len(kernels), -1), axis=1)
    return np.argsort(-norms, kind="stable")


def by_hue(network: Network, kernels: Floats) -> NDArray[np.int64]:
    """Return the order of kernels by hue, with those that are nearly grey at the end.

    The hue is that of the first principal axis of a kernel's pixels (3,), turned to where the
    colours are brighter: the angle around the grey axis, in the order blue, red, green.
    """
    shown = kernels[:, list(network.preprocessing.shown(kernels.shape[1]))]
    pixels = shown.reshape(len(kernels), 3, -1)
    axis = np.linalg.svd(pixels, full_matrices=False)[0][:, :, 0]
    axis = axis * np.where(axis.sum(1, keepdims=True) < 0, -1, 1)
    across = axis - axis.mean(1, keepdims=True)
    angle = np.arctan2(3**0.5 * (axis[:, 1] - axis[:, 2]), 2 * axis[:, 0] - axis[:, 1] - axis[:, 2])
    return np.lexsort((angle, np.linalg.norm(across, axis=1) < GREY))
