"""The bars of a lesson's layers: what is said below them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtGui import QFontMetricsF

from deepvis_app.ui.kit.theme import Size, font
from deepvis_app.ui.panels.teach.layer_bars import LayerBars

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

NAME = "features.10.expand3x3_activation"


def test_of_the_best_layers_name_as_much_is_left_out_as_has_no_room(qtbot: QtBot) -> None:
    bars = LayerBars()
    qtbot.addWidget(bars)
    assert bars.caption() == ""
    bars.set_shares([NAME, "conv1"], {NAME: 0.96, "conv1": 0.6}, "conv1")
    bars.resize(600, 42)
    assert bars.caption() == f"By layer, from 50%; best {NAME} 96%"
    bars.resize(250, 42)
    said = bars.caption()
    assert said.startswith("By layer, from 50%; best fea")
    assert "…" in said
    assert said.endswith("n 96%")
    assert QFontMetricsF(font(Size.CAPTION)).horizontalAdvance(said) <= 250
