"""Importing OpenCV leaves Qt alone and says nothing."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

from deepvis_app.frames.cv import rgb_of_bgr

QT = ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR")


def run(code: str, **environment: str) -> str:
    clean = {name: value for name, value in os.environ.items() if name not in QT}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=clean | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout.strip()


SHOW = f"import os; print([os.environ.get(name) for name in {QT}])"


@pytest.mark.parametrize("first", ["", "import cv2; "])
def test_qt_variables_are_unset_again(first: str) -> None:
    assert run(f"{first}import deepvis_app.frames.cv; {SHOW}") == "[None, None]"


def test_qt_variables_of_the_user_are_kept() -> None:
    shown = run(f"import deepvis_app.frames; {SHOW}", QT_QPA_FONTDIR="/mine")
    assert shown == "[None, '/mine']"


def test_a_missing_camera_says_nothing_on_stderr() -> None:
    code = "from deepvis_app.frames.cv import cv2; print(cv2.VideoCapture(77).isOpened())"
    assert run(code) == "False"


def test_rgb_of_bgr() -> None:
    bgr = np.array([[[1, 2, 3]]], np.uint8)
    np.testing.assert_array_equal(rgb_of_bgr(bgr), [[[3, 2, 1]]])
    np.testing.assert_array_equal(rgb_of_bgr(bgr[..., 0]), [[[1, 1, 1]]])
