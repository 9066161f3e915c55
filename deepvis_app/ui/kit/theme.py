"""Colours, type and the style sheet: one dark and one light look for everything."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import Enum, IntEnum
from functools import cache
from string import Template
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QFont, QFontDatabase, QPalette

from deepvis_app.paths import RESOURCES

if TYPE_CHECKING:
    from PyQt6.QtWidgets import QApplication, QWidget

STYLES = RESOURCES / "styles"
FAMILY = "Inter"  # taken when it is installed; else the system's own sans


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours as "#rrggbb". Every text colour stands >= 4.5 : 1 against every surface."""

    name: str
    is_dark: bool
    background: str  # surround of the pictures
    pane: str
    control: str  # buttons, fields, bar troughs
    control_hover: str
    line: str
    text: str
    muted: str
    accent: str
    accent_text: str  # on accent
    chosen: str  # ground of the chosen one of several: >= 3 : 1 against where it lies
    chosen_text: str
    pinned: str
    good: str
    warning: str
    bad: str
    plus: str  # bars and curves above zero, as those of signed weights
    minus: str
    run_1: str  # curves of several runs, told apart by who is colour-blind too
    run_2: str
    run_3: str
    run_4: str
    run_5: str
    run_6: str
    mark: str = "#4cc2ff"  # outlines over pictures, which do not change with the theme
    mark_pinned: str = "#ffb454"
    halo: str = "#000000"  # around marks and captions over pictures


DARK = Theme(
    name="dark",
    is_dark=True,
    background="#17181b",
    pane="#1f2125",
    control="#26292e",
    control_hover="#2f333a",
    line="#31353b",
    text="#e6e7e9",
    muted="#9aa0a8",
    accent="#4cc2ff",
    accent_text="#0b1720",
    chosen="#6e7681",
    chosen_text="#ffffff",
    pinned="#ffb454",
    good="#7bd88f",
    warning="#f0c95c",
    bad="#ff8a80",
    plus="#4a9df0",
    minus="#f59331",
    run_1="#4cc2ff",
    run_2="#ff8a73",
    run_3="#f2cd5c",
    run_4="#c7a2ff",
    run_5="#6fd6a8",
    run_6="#c9cdd3",
)
LIGHT = Theme(
    name="light",
    is_dark=False,
    background="#e3e5e8",
    pane="#f5f6f7",
    control="#ffffff",
    control_hover="#e8eaed",
    line="#cbcfd5",
    text="#1b1d20",
    muted="#555b63",
    accent="#0063ad",
    accent_text="#ffffff",
    chosen="#555b63",
    chosen_text="#ffffff",
    pinned="#8f4a00",
    good="#156b35",
    warning="#7a5000",
    bad="#b3201a",
    plus="#1767c0",
    minus="#b35900",
    run_1="#0063ad",
    run_2="#b3361a",
    run_3="#7a5000",
    run_4="#6a3fb5",
    run_5="#00695c",
    run_6="#3f454d",
)


class ThemeChoice(Enum):
    """Which look the user wants."""

    AUTO = "auto"  # as the system
    DARK = "dark"
    LIGHT = "light"


class Size(IntEnum):
    """The sizes of type, in logical pixels."""

    CAPTION = 11
    SMALL = 12
    BODY = 13
    TITLE = 15


_active = DARK
_colours: dict[tuple[str, float], QColor] = {}  # of the active theme, as they were asked for


def active_theme() -> Theme:
    """Return the theme that `apply_theme` set last."""
    return _active


def colour(name: str, alpha: float = 1.0) -> QColor:
    """Return a colour of the active theme by its field name, or of "#rrggbb".

    It is shared, for painting asks often: take a `QColor` of it before you change it.
    """
    found = _colours.get((name, alpha))
    if found is None:
        found = QColor(name if name.startswith("#") else getattr(_active, name))
        found.setAlphaF(alpha)
        _colours[name, alpha] = found
    return found


def font(size: Size = Size.BODY, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """Return the type of the window in a size, with tabular figures."""
    return QFont(_font(size, weight))  # a copy: fonts can be changed, and painting asks often


@cache
def _font(size: Size, weight: QFont.Weight) -> QFont:
    if FAMILY in QFontDatabase.families():
        result = QFont(FAMILY)
    else:
        result = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
    result.setPixelSize(int(size))
    result.setWeight(weight)
    if hasattr(result, "setFeature"):  # Qt >= 6.7
        result.setFeature(QFont.Tag("tnum"), 1)
    return result


def set_look(widget: QWidget, name: str, value: str) -> None:
    """Give a widget a property that the style sheet looks at, and have it look again."""
    if widget.property(name) == value:
        return
    widget.setProperty(name, value)
    if (style := widget.style()) is not None:
        style.polish(widget)


def apply_theme(app: QApplication, theme: Theme) -> None:
    """Give the whole application a theme; may be called again at any time."""
    global _active
    _active = theme
    _colours.clear()
    style = app.style()
    if style is None or style.name() != "fusion":
        app.setStyle("Fusion")  # the one style that a style sheet changes alike everywhere
    app.setFont(font())
    app.setPalette(_palette(theme))
    app.setStyleSheet(_style_sheet(theme))


def _style_sheet(theme: Theme) -> str:
    values = {key: str(value) for key, value in asdict(theme).items()}
    values |= {size.name.lower(): f"{int(size)}px" for size in Size}
    values["styles"] = STYLES.as_posix()
    parts = sorted(STYLES.glob("*.qss"))
    return "\n".join(Template(p.read_text("utf-8")).substitute(values) for p in parts)


def _palette(theme: Theme) -> QPalette:
    role = QPalette.ColorRole
    palette = QPalette()
    for key, name in {
        role.Window: theme.pane,
        role.Base: theme.control,
        role.AlternateBase: theme.pane,
        role.Button: theme.control,
        role.Light: theme.control_hover,
        role.Midlight: theme.control_hover,
        role.Mid: theme.line,
        role.Dark: theme.background,
        role.Shadow: theme.background,
        role.WindowText: theme.text,
        role.Text: theme.text,
        role.ButtonText: theme.text,
        role.BrightText: theme.bad,
        role.PlaceholderText: theme.muted,
        role.ToolTipBase: theme.control,
        role.ToolTipText: theme.text,
        role.Highlight: theme.accent,
        role.HighlightedText: theme.accent_text,
        role.Link: theme.accent,
        role.LinkVisited: theme.accent,
        role.Accent: theme.accent,
    }.items():
        palette.setColor(key, QColor(name))
    for key in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, key, QColor(theme.muted))
    return palette


class ThemeFollower(QObject):
    """Keeps the application in the chosen theme, and in the system's while that is the choice."""

    theme_changed = pyqtSignal()

    def __init__(self, app: QApplication, choice: ThemeChoice = ThemeChoice.AUTO) -> None:
        super().__init__(app)
        self._app = app
        self._choice = choice
        hints = app.styleHints()
        if hints is not None:
            hints.colorSchemeChanged.connect(self._on_system_changed)
        self._follow()

    def set_choice(self, choice: ThemeChoice) -> None:
        """Change the user's choice."""
        self._choice = choice
        self._follow()

    def _on_system_changed(self) -> None:
        if self._choice is ThemeChoice.AUTO:
            self._follow()

    def _follow(self) -> None:
        theme = self._wanted()
        if theme is active_theme() and self._app.styleSheet():
            return
        apply_theme(self._app, theme)
        self.theme_changed.emit()

    def _wanted(self) -> Theme:
        if self._choice is not ThemeChoice.AUTO:
            return LIGHT if self._choice is ThemeChoice.LIGHT else DARK
        hints = self._app.styleHints()
        is_light = hints is not None and hints.colorScheme() == Qt.ColorScheme.Light
        return LIGHT if is_light else DARK  # dark where the system does not say
