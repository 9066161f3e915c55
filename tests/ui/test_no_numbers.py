"""A network that begins to give NaN: the window says where, marks it everywhere, and forgets it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PyQt6.QtCore import QRect, QRectF

from deepvis_app.ui.kit.pictures.marks import enlarged, hatched
from deepvis_app.ui.panels.input.presenter import InputPresenter
from tests.ui.looking import WAIT_MS, banner, live

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest
    from pytestqt.qtbot import QtBot

    from deepvis_app.ui.app import App

    Start = Callable[..., App]

MODULE = """
import os
from torch import nn
class Spoilt(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b, self.h = nn.Conv2d(3, 8, 3), nn.Conv2d(8, 6, 3), nn.Linear(6, 4)
    def forward(self, x):
        x = self.b(self.a(x))
        kept = x * float("nan") if os.path.exists(os.environ["SPOILT_FLAG"]) else x
        return self.h(kept.mean((2, 3)))
def build():
    return Spoilt()
"""


def test_the_window_says_where_numbers_end_and_when_they_are_back(
    qtbot: QtBot, start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flag = tmp_path / "flag"
    monkeypatch.setenv("SPOILT_FLAG", str(flag))
    (tmp_path / "spoilt_net.py").write_text(MODULE)
    profile = tmp_path / "spoilt.toml"
    profile.write_text('factory = "spoilt_net:build"\n[input]\nsize = 32\nchannels = 3\n')
    deepvis = start(net=str(profile), source="demo", device="cpu", trust=True)
    live(qtbot, deepvis)
    assert not banner(deepvis, "nan")
    flag.touch()
    qtbot.waitUntil(
        lambda: "from layer h on (all 4 values" in banner(deepvis, "nan"), timeout=WAIT_MS
    )
    assert "NaN" in banner(deepvis, "nan")
    deepvis.window.banners.action_requested.emit("nan")  # as its button does
    assert (deepvis.desk.selection.layer, deepvis.desk.selection.unit) == ("h", 0)
    pane = deepvis.panels["grid"].view.panes[0]
    qtbot.waitUntil(lambda: "hatched: only NaN" in pane._count.text(), timeout=WAIT_MS)
    assert pane.colours.isHidden()  # there is no range
    tip = pane.canvas._tip_source(0)
    assert (("max", "NaN"), ("mean", "NaN")) in tip.lines
    flag.unlink()
    qtbot.waitUntil(lambda: not banner(deepvis, "nan"), timeout=WAIT_MS)
    qtbot.waitUntil(lambda: not pane.colours.isHidden(), timeout=WAIT_MS)


def test_a_hatching_covers_what_is_marked_and_tells_the_kinds_apart() -> None:
    marks = np.zeros((12, 48), np.uint8)
    for kind in (1, 2, 3):
        marks[:, kind * 12 : kind * 12 + 12] = kind
    image = hatched(marks)
    opaque = [image.pixelColor(x, 5).alpha() for x in range(48)]
    assert opaque == [0] * 12 + [255] * 36
    nan, rising, falling = (
        [[image.pixel(12 * kind + x, y) for x in range(12)] for y in range(12)]
        for kind in (1, 2, 3)
    )
    assert rising == [row[::-1] for row in _turned(falling)]
    assert nan not in (rising, falling)


def _turned(rows: list[list[int]]) -> list[list[int]]:
    """Shift a falling pattern so that, mirrored, it lies where the rising one does."""
    return [[row[(x + 1) % len(row)] for x in range(len(row))] for row in rows]


def test_marks_are_enlarged_to_the_nearest() -> None:
    marks = np.array([[0, 1], [2, 3]], np.uint8)
    whole, expected = QRect(0, 0, 4, 6), marks.repeat(3, 0).repeat(2, 1)
    np.testing.assert_array_equal(enlarged(marks, QRectF(whole), whole), expected)
    part = enlarged(marks, QRectF(-1, -2, 4, 6), QRect(0, 0, 3, 4))  # looked at more closely
    np.testing.assert_array_equal(part, expected[2:, 1:])


def test_an_average_of_scores_forgets_nan() -> None:
    presenter = InputPresenter.__new__(InputPresenter)
    presenter.smoothing_s, presenter._is_moving, presenter._scored_at = 0.5, True, 0.0
    presenter._scores = np.array([np.nan, 0.5, np.inf], np.float32)
    found = presenter._smoothed(np.array([0.25, np.nan, 1.0], np.float32))
    np.testing.assert_array_equal(found, np.array([0.25, np.nan, 1.0], np.float32))
