"""Pictures from memory."""

from __future__ import annotations

import numpy as np
import pytest

from deepvis_app.frames import Policy, SourceError, StillSource


def test_given_once() -> None:
    image = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    source = StillSource(image, "Pasted")
    info = source.open()
    assert (info.title, info.width, info.height, info.length) == ("Pasted", 4, 2, 1)
    assert source.due_in_s() == 0
    frame = source.read()
    assert frame is not None
    np.testing.assert_array_equal(frame.image, image)
    assert not frame.image.flags.writeable
    assert source.due_in_s() is None
    image[:] = 0  # the caller's array stays the caller's
    assert frame.image.any()
    source.open()
    assert source.read() is not None
    assert source.spec == ""


def test_batch_ends() -> None:
    source = StillSource(np.zeros((1, 1, 3), np.uint8), policy=Policy.EVERY)
    source.open()
    assert source.read() is not None
    assert source.due_in_s() == 0
    assert source.read() is None
    assert source.due_in_s() is None


def test_grey_and_transparent() -> None:
    grey = StillSource(np.array([[7]], np.uint8))
    grey.open()
    np.testing.assert_array_equal(grey.read().image, [[[7, 7, 7]]])
    rgba = StillSource(np.array([[[10, 20, 30, 255], [10, 20, 30, 0], [0, 0, 0, 51]]], np.uint8))
    rgba.open()
    np.testing.assert_array_equal(rgba.read().image[0], [[10, 20, 30], [255] * 3, [204] * 3])


@pytest.mark.parametrize(
    "image",
    [np.zeros((2, 2, 3)), np.zeros((2, 2, 5), np.uint8), np.zeros((0, 2, 3), np.uint8)],
)
def test_what_is_no_picture(image: np.ndarray) -> None:
    with pytest.raises(SourceError, match="is not a picture"):
        StillSource(image)
