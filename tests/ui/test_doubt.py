"""When the window says that nothing fits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from deepvis_app.frames.demo import demo_picture, scenes
from deepvis_app.ui.panels.input.doubt import UNLIKE, Doubt

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from deepvis_app.ui.app import App

    Start = Callable[..., App]

FLAT = np.full(10, 0.1, np.float32)
SURE = np.array([0.9, *[0.1 / 9] * 9], np.float32)


def test_a_doubt_is_said_once_it_lasts_and_dropped_at_once() -> None:
    doubt = Doubt()
    assert doubt.words(FLAT, None, 10.0, moving=True) == ""
    assert doubt.words(FLAT, None, 10.3, moving=True) == ""
    said = doubt.words(FLAT, None, 10.5, moving=True)
    assert said == "Nothing fits well: none of the 10 classes reaches 0.33"
    assert doubt.words(SURE, 0.0, 10.6, moving=True) == ""
    assert doubt.words(FLAT, None, 10.7, moving=True) == ""


def test_of_a_still_picture_it_is_said_at_once() -> None:
    assert Doubt().words(FLAT, None, 10.0, moving=False)


def test_sure_of_what_is_no_photograph() -> None:
    assert Doubt().words(SURE, -1.2, 0.0, moving=False) == UNLIKE
    assert Doubt().words(SURE, -0.4, 0.0, moving=False) == ""


@pytest.mark.parametrize("known", [False, True])
def test_the_window_says_it_and_mutes_the_classes(
    qtbot: QtBot, start: Start, tmp_path: Path, known: bool
) -> None:
    file = tmp_path / "picture.png"
    if known:
        Image.fromarray(demo_picture(scenes(), 2.0)).save(file)
    else:
        Image.new("RGB", (120, 120)).save(file)
    deepvis = start(source=str(file))
    view = deepvis.panels["input"].view
    qtbot.waitUntil(lambda: bool(view.scores._scores), timeout=20_000)
    words = "" if known else "Nothing fits well: none of the 200 classes reaches 0.25"
    qtbot.waitUntil(lambda: view._doubt.text() == words, timeout=5000)
    assert view.scores._is_muted is not known
