from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from PyQt6.QtCore import QSize
from PyQt6.QtGui import QColor, QFontMetrics, QIcon, QImage, QPalette

from deepvis_app.ui.kit import icons, theme

if TYPE_CHECKING:
    from PyQt6.QtWidgets import QApplication

THEMES = (theme.DARK, theme.LIGHT)
TEXTS = ("text", "muted", "accent", "pinned", "good", "warning", "bad")
SURFACES = ("background", "pane", "control", "control_hover")


def luminance(colour: str) -> float:
    """Relative luminance of sRGB, WCAG 2.2."""
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_the_one_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("look", THEMES, ids=lambda t: t.name)
@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("surface", SURFACES)
def test_text_can_be_read_on_every_surface(look: theme.Theme, text: str, surface: str) -> None:
    assert contrast(getattr(look, text), getattr(look, surface)) >= 4.5


@pytest.mark.parametrize("look", THEMES, ids=lambda t: t.name)
def test_text_on_accent_and_focus_ring(look: theme.Theme) -> None:
    assert contrast(look.accent_text, look.accent) >= 4.5
    assert contrast(look.accent, look.line) >= 3  # a ring beside the border it replaces


@pytest.mark.parametrize("look", THEMES, ids=lambda t: t.name)
@pytest.mark.parametrize("surface", ["background", "pane", "control"])
def test_the_chosen_of_several_is_plain_to_see(look: theme.Theme, surface: str) -> None:
    assert contrast(look.chosen, getattr(look, surface)) >= 3
    assert contrast(look.chosen_text, look.chosen) >= 4.5


@pytest.mark.parametrize("look", THEMES, ids=lambda t: t.name)
def test_apply_theme_sets_palette_sheet_and_font(qapp: QApplication, look: theme.Theme) -> None:
    theme.apply_theme(qapp, look)
    assert theme.active_theme() is look
    assert qapp.palette().color(QPalette.ColorRole.Window) == QColor(look.pane)
    assert look.accent in qapp.styleSheet()
    assert not re.search(r"\$\w", qapp.styleSheet())
    assert qapp.font().pixelSize() == 13


def test_every_file_the_style_sheet_names_exists(qapp: QApplication) -> None:
    from pathlib import Path

    for look in THEMES:
        theme.apply_theme(qapp, look)
        files = re.findall(r'url\("([^"]+)"\)', qapp.styleSheet())
        assert files
        assert all(Path(name).is_file() for name in files)


def test_figures_have_one_width(qapp: QApplication) -> None:
    metrics = QFontMetrics(theme.font(theme.Size.SMALL))
    assert metrics.horizontalAdvance("1111111111") == metrics.horizontalAdvance("0000000000")


def test_follower_obeys_the_choice(qapp: QApplication) -> None:
    follower = theme.ThemeFollower(qapp, theme.ThemeChoice.DARK)
    seen: list[str] = []
    follower.theme_changed.connect(lambda: seen.append(theme.active_theme().name))
    follower.set_choice(theme.ThemeChoice.LIGHT)
    follower.set_choice(theme.ThemeChoice.LIGHT)
    follower.set_choice(theme.ThemeChoice.DARK)
    assert seen == ["light", "dark"]
    follower.deleteLater()


@pytest.mark.parametrize("name", icons.icon_names())
@pytest.mark.parametrize("look", THEMES, ids=lambda t: t.name)
def test_icon_is_drawn_in_the_themes_colour(
    qapp: QApplication, name: str, look: theme.Theme
) -> None:
    theme.apply_theme(qapp, look)
    image = icons.icon(name).pixmap(QSize(16, 16), 4.0).toImage()
    assert (image.width(), image.height()) == (64, 64)
    assert strongest(image) == QColor(look.text)


def test_icon_states(qapp: QApplication) -> None:
    theme.apply_theme(qapp, theme.DARK)
    pin = icons.icon("pin")
    size = QSize(64, 64)
    on = pin.pixmap(size, QIcon.Mode.Normal, QIcon.State.On).toImage()
    off = pin.pixmap(size, QIcon.Mode.Disabled, QIcon.State.Off).toImage()
    assert strongest(on) == QColor(theme.DARK.accent)
    assert strongest(off) == QColor(theme.DARK.muted)


def test_unknown_icon_is_refused(qapp: QApplication) -> None:
    with pytest.raises(ValueError, match="no icon 'nothing'"):
        icons.icon("nothing")


def strongest(image: QImage) -> QColor:
    """Colour of the pixel with the highest alpha."""
    pixels = [image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height())]
    return max(pixels, key=lambda c: c.alpha())
