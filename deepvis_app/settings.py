"""What the user set, typed: load, validate, migrate, save.

The file holds only what differs from the defaults; `configs/defaults.toml` shows them all.
A field's docstring is its tooltip, its title stands beside its control. Parts of deepvis bring
sections of their own along (`Section`); a table of the file that is nobody's here stays in it.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from enum import Enum
from functools import cache
from pathlib import Path  # noqa: TC003 - pydantic reads annotations at run time
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, TypeVar

import tomli_w
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    create_model,
)

from deepvis_app import paths
from deepvis_app.errors import UserError, short_text
from deepvis_app.fields import shown
from deepvis_app.reading import Odd, Unreadable, parse_toml, read_text
from deepvis_app.stored import read_model, reason, write_kept

if TYPE_CHECKING:
    from collections.abc import Callable

VERSION = 1
FILE_NAME = "settings.toml"
MOST_BAD_LINES = 20  # with more of them it is no settings file
MOST_LETTERS = 100_000  # of a file that is mended line by line
ALMOST = 0.8  # how alike two names are where one is a slip of the other

AUTOMATIC = {"auto": "Automatic"}

# From a file's version to the next one: {1: function(data of version 1) -> data of version 2}.
MIGRATIONS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}


G = TypeVar("G", bound=BaseModel)


class Theme(Enum):
    """Which surround the window has."""

    AUTO = "auto"  # as the desktop
    DARK = "dark"
    LIGHT = "light"


class Wheel(Enum):
    """What the mouse wheel does over a grid and the input."""

    ZOOM = "zoom"  # with Ctrl: scroll
    SCROLL = "scroll"  # with Ctrl: zoom


class FitChoice(Enum):
    """How a picture is brought to the network's input."""

    NETWORK = "network"  # as the network's preprocessing says
    CROP = "crop"
    LETTERBOX = "letterbox"
    STRETCH = "stretch"


class KeySet(Enum):
    """Which keys the actions have before the user gives them others."""

    DEEPVIS = "deepvis"
    TOOLBOX = "toolbox"  # of the Deep Visualization Toolbox, where they differ


class SettingsGroup(BaseModel):
    """Settings under one heading; frozen."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False
    )


def _device(name: str) -> str:
    if not re.fullmatch(r"auto|cpu|mps|cuda(:\d+)?", name):
        raise ValueError("must be auto, cpu, mps, cuda or cuda:1 and the like")
    return name


def _size(text: str) -> str:
    if not re.fullmatch(r"auto|\d{2,5}x\d{2,5}", text):
        raise ValueError("must be auto or a size such as 1280x720")
    return text


class AppearanceSettings(SettingsGroup):
    """How the window looks."""

    theme: Theme = Field(
        default=Theme.AUTO, title="Theme", json_schema_extra=shown(words=AUTOMATIC)
    )
    """Dark or light surround of the pictures; auto follows the desktop."""

    sequential_palette: Literal["magma", "inferno", "viridis", "cividis", "gray"] = Field(
        default="magma", title="Palette"
    )
    """Colours of activations from low to high in layers that give no negative values."""

    diverging_palette: Literal["blue-orange", "coolwarm", "green-red"] = Field(
        default="blue-orange", title="Signed palette"
    )
    """Colours of activations with negative values; zero is the middle of the palette."""

    wheel: Wheel = Field(
        default=Wheel.ZOOM,
        title="Mouse wheel over a grid or the input",
        json_schema_extra=shown(
            words={"zoom": "Zooms; with Ctrl it scrolls", "scroll": "Scrolls; with Ctrl it zooms"}
        ),
    )
    """Whether the wheel zooms the grid and the input, or scrolls; Ctrl with it does the other."""

    score_smoothing_s: float = Field(
        default=0.5,
        ge=0,
        le=5,
        title="Smoothing of class scores",
        json_schema_extra=shown("s", step=0.1, decimals=1, zero="Off"),
    )
    """Time over which the class bars are averaged; 0 shows each frame's own scores."""


class LiveSettings(SettingsGroup):
    """How the live view works."""

    strip_interval_s: float = Field(
        default=0.09,
        ge=0.01,
        le=0.1,
        title="Strip refresh",
        json_schema_extra=shown("ms", factor=1000, step=0.01, decimals=0),
    )
    """Time between two pictures of the layer strip; longer leaves more for the grid."""

    percentile: float = Field(
        default=99.5,
        ge=50,
        le=100,
        title="Contrast percentile",
        json_schema_extra=shown("%", step=0.5, decimals=1),
    )
    """Share of a layer's activations (%) drawn without clipping; lower brightens the grid."""

    threads: int = Field(
        default=0,
        ge=0,
        le=256,
        title="Processor threads",
        json_schema_extra=shown(zero="Automatic"),
    )
    """Threads that the network may use on the processor; 0 leaves the choice to PyTorch."""

    device: Annotated[str, AfterValidator(_device)] = Field(
        default="auto",
        title="Device at start",
        json_schema_extra=shown(words=AUTOMATIC | {"cpu": "CPU", "mps": "MPS (Apple)"}),
    )
    """Where the network runs: auto takes a CUDA device, then Apple's, then the processor."""

    job_share: float = Field(
        default=0.2,
        ge=0.05,
        le=0.9,
        title="Jobs' share of the device",
        json_schema_extra=shown("%", factor=100, step=0.05, decimals=0),
    )
    """Share of the time that jobs get while the live view could use all of it."""

    store_limit_gb: float = Field(
        default=2.0,
        ge=0.1,
        le=1000,
        title="Store's size limit",
        json_schema_extra=shown("GB", step=0.5, decimals=1),
    )
    """Space for preferred images and other results; beyond it the longest unused ones go."""


class CaptureSettings(SettingsGroup):
    """How pictures come in."""

    camera_size: Annotated[str, AfterValidator(_size)] = Field(
        default="auto", title="Camera size", json_schema_extra=shown(words=AUTOMATIC)
    )
    """Width x height asked of the camera, such as 1280x720; auto takes what it offers."""

    mirror_camera: bool = Field(default=True, title="Mirror the camera")
    """Flip the camera's picture left to right, as in a mirror; the network sees it flipped."""

    fit: FitChoice = Field(
        default=FitChoice.NETWORK,
        title="Fit to the network's input",
        json_schema_extra=shown(words={"network": "As the network was trained"}),
    )
    """Crop, pad or stretch a picture of another shape; network does as the network was trained."""


class FolderSettings(SettingsGroup):
    """Where files go."""

    pictures: Path | None = Field(default=None, title="Saved pictures")
    """Folder of screenshots, recordings and activations; empty is the system's pictures folder."""


class KeyboardSettings(SettingsGroup):
    """Which keys do what."""

    key_set: KeySet = Field(
        default=KeySet.DEEPVIS,
        title="Keys of",
        json_schema_extra=shown(
            words={"deepvis": "deepvis", "toolbox": "the Deep Visualization Toolbox"}
        ),
    )
    """Toolbox gives S, D, M, N and more what they did in the Deep Visualization Toolbox."""


def _as_list(sequences: object) -> object:
    return [sequences] if isinstance(sequences, str) else sequences


KeySequences = Annotated[tuple[str, ...], BeforeValidator(_as_list)]


class Settings(SettingsGroup):
    """Everything the user can set; frozen: a change is a new value."""

    version: int = Field(default=VERSION, ge=VERSION, le=VERSION)
    """Version of the file's layout."""

    appearance: AppearanceSettings = AppearanceSettings()
    """How the window looks."""

    live: LiveSettings = LiveSettings()
    """How the live view works."""

    capture: CaptureSettings = CaptureSettings()
    """How pictures come in."""

    folders: FolderSettings = FolderSettings()
    """Where files go."""

    keyboard: KeyboardSettings = KeyboardSettings()
    """Which keys do what."""

    keys: dict[str, KeySequences] = Field(default={}, title="Keys")
    """Key sequences of actions that differ from the defaults; an empty list: no key."""

    def section(self, model: type[G]) -> G:
        """Return the section of a model, its defaults where these settings have none of it."""
        values = (getattr(self, name) for name in type(self).model_fields)
        return next((value for value in values if type(value) is model), None) or model()

    @property
    def pictures_dir(self) -> Path:
        """Folder where screenshots, recordings and activations go."""
        return self.folders.pictures or paths.pictures_dir()

    def with_value(self, group: str, name: str, value: object) -> Self:
        """Return settings with `group.name` set; raise `UserError` when it is not valid."""
        data = self.model_dump()
        data[group] = {**data[group], name: value}
        try:
            return type(self).model_validate(data)
        except ValidationError as error:
            raise UserError(
                "; ".join(map(reason, error.errors())), "The old value is kept"
            ) from None


@dataclass(frozen=True, slots=True)
class Section:
    """Settings that a part of deepvis brings along: their table in the file, and their heading."""

    key: str
    title: str
    model: type[BaseModel]


@cache
def settings_with(sections: tuple[Section, ...]) -> type[Settings]:
    """Return the type of settings with these sections, each a field of its key's name."""
    if not sections:
        return Settings
    if taken := {section.key for section in sections} & {*Settings.model_fields, *dir(Settings)}:
        raise ValueError(f"settings have {', '.join(taken)} already")
    fields: dict[str, Any] = {
        section.key: (section.model, Field(default=section.model(), title=section.title))
        for section in sections
    }
    return create_model("Settings", __base__=Settings, **fields)


def settings_path() -> Path:
    """Where the user's settings lie."""
    return paths.config_dir() / FILE_NAME


def load_settings(
    kind: type[Settings] = Settings, *, look_only: bool = False
) -> tuple[Settings, tuple[str, ...]]:
    """Return the user's settings and one line for each thing that was wrong with them.

    Never raises: a broken file is set aside as `settings.toml.broken`, not so with `look_only`; a
    wrong value is replaced by its default.
    """

    def parse(text: str) -> dict[str, Any]:
        data = _parse(text)
        return {key: data[key] for key in data.keys() - _foreign(data, kind).keys()}

    return read_model(settings_path(), parse, kind, look_only=look_only, mend=_mend)


def check_settings() -> tuple[str, ...]:
    """Return what `load_settings` would say, without touching the file."""
    return load_settings(look_only=True)[1]


def save_settings(settings: Settings) -> None:
    """Write what differs from the defaults, beside the file's tables that are nobody's here.

    Raises `UserError` when that fails.
    """
    changed = settings.model_dump(mode="json", exclude_defaults=True, exclude_none=True)
    changed |= _kept_tables(type(settings))
    text = (
        "# Only what differs from the defaults; all settings and what they mean:\n"
        f"# {paths.CONFIGS / 'defaults.toml'}\n" + tomli_w.dumps({"version": VERSION, **changed})
    )
    write_kept(settings_path(), text, "The settings cannot be saved")


def save_changes(old: Settings, new: Settings) -> None:
    """Write what differs between `old` and `new` over what the file holds now.

    So another window's changes stay. Raises `UserError` when the file cannot be written.
    """
    kind = type(new)
    there = load_settings(kind, look_only=True)[0].model_dump()
    before, after = old.model_dump(), new.model_dump()
    for group in after.keys() - {"version"}:
        was, is_now = before[group], after[group]
        for name in was.keys() | is_now.keys():
            if name not in is_now:
                there[group].pop(name, None)
            elif name not in was or was[name] != is_now[name]:
                there[group][name] = is_now[name]
    save_settings(kind.model_validate(there))


def _foreign(data: dict[str, Any], kind: type[Settings]) -> dict[str, Any]:
    """Return the tables that are of no section here, such as a later version's.

    One that is named almost as one of ours is a slip, and not among them.
    """
    known = list(kind.model_fields)
    return {
        key: value
        for key, value in data.items()
        if isinstance(value, dict) and not difflib.get_close_matches(key, known, 1, ALMOST)
    }


def _kept_tables(kind: type[Settings]) -> dict[str, Any]:
    """Return the file's tables that are nobody's here; none of a file that cannot be read."""
    try:
        data = parse_toml(_mend(read_text(settings_path()))[0])
    except (OSError, ValueError):  # `Unreadable` is a ValueError
        return {}
    kept: dict[str, Any] = _without_odd(_foreign(data, kind))
    return kept


def _without_odd(value: Any) -> Any:
    """Return parsed values without those that nothing can hold."""
    if isinstance(value, dict):
        return {k: _without_odd(v) for k, v in value.items() if not isinstance(v, Odd)}
    if isinstance(value, list):
        return [_without_odd(one) for one in value if not isinstance(one, Odd)]
    return value


def _mend(text: str) -> tuple[str, tuple[str, ...]]:
    """Return a file's text without the lines that are no TOML, and one message for each of them.

    A text that is nothing but such lines, or broken in another way, comes back as it is.
    """
    lines = text.split("\n")
    problems: list[str] = []
    while len(problems) < MOST_BAD_LINES and len(text) < MOST_LETTERS:
        try:
            parse_toml("\n".join(lines))
        except Unreadable as error:
            row = error.line - 1
            if row < 0 or not lines[row].strip():
                return text, ()
            problems.append(f"line {row + 1} cannot be read: {short_text(lines[row])}")
            lines[row] = ""
        else:
            is_left = any(line.strip() and not line.lstrip().startswith("#") for line in lines)
            return ("\n".join(lines), tuple(problems)) if is_left else (text, ())
    return text, ()


def _parse(text: str) -> dict[str, Any]:
    data = parse_toml(text)
    while isinstance(version := data.get("version", VERSION), int) and version in MIGRATIONS:
        data = {**MIGRATIONS[version](data), "version": version + 1}
    return data
