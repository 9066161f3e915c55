"""Widgets are tested in the dark theme, as the window opens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from deepvis_app.ui.theme import DARK, apply_theme

if TYPE_CHECKING:
    from PyQt6.QtWidgets import QApplication


@pytest.fixture(autouse=True)
def dark_theme(qapp: QApplication) -> None:
    apply_theme(qapp, DARK)
