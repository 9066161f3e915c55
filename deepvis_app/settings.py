"""What the user set, typed: load, validate, migrate, save.

The file holds only what differs from the defaults; `configs/defaults.toml` shows them all.
A field's docstring is its tooltip, its title stands beside its control.
"""

from __future__ import annotations

import re
from enum import Enum
from pathlib import Path  # noqa: TC003 - pydantic reads annotations at run time
from typing import TYPE_CHECKING, Annotated, Any, Literal

import tomli_w
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from deepvis_app import paths
from deepvis_app.errors import UserError, one_line, short_text
from deepvis_app.fields import shown
from deepvis_app.files import write_whole
from deepvis_app.reading import Unreadable, parse_toml
from deepvis_app.stored import read_model, reason

if TYPE_CHECKING:
    from collections.abc import Callable

VERSION = 1
FILE_NAME = "settings.toml"
MOST_BAD_LINES = 20  # with more of them it is no settings file
MOST_LETTERS = 100_000  # of a file that is mended line by line

AUTOMATIC = {"auto": "Automatic"}

# From a file's version to the next one: {1: function(data of version 1) -> data of version 2}.
MIGRATIONS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}


class Theme(Enum):
    """Which surround the window has."""

    AUTO = "auto"  # as the desktop
    DARK = "dark"
    LIGHT = "light"


class Wheel(Enum):
    """What the mouse wheel does over a grid."""

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


class _Group(BaseModel):
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


class AppearanceSettings(_Group):
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
        title="Mouse wheel over a grid",
        json_schema_extra=shown(
            words={"zoom": "Zooms; with Ctrl it scrolls", "scroll": "Scrolls; with Ctrl it zooms"}
        ),
    )
    """Whether the wheel zooms the grid or scrolls it; Ctrl with the wheel does the other."""

    score_smoothing_s: float = Field(
        default=0.5,
        ge=0,
        le=5,
        title="Smoothing of class scores",
        json_schema_extra=shown("s", step=0.1, decimals=1, zero="Off"),
    )
    """Time over which the class bars are averaged; 0 shows each frame's own scores."""


class LiveSettings(_Group):
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


class CaptureSettings(_Group):
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


class FolderSettings(_Group):
    """Where files go."""

    pictures: Path | None = Field(default=None, title="Saved pictures")
    """Folder of screenshots, recordings and activations; empty is the system's pictures folder."""


class KeyboardSettings(_Group):
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


class Settings(_Group):
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

    @property
    def pictures_dir(self) -> Path:
        """Folder where screenshots, recordings and activations go."""
        return self.folders.pictures or paths.pictures_dir()

    def with_value(self, group: str, name: str, value: object) -> Settings:
        """Return settings with `group.name` set; raise `UserError` when it is not valid."""
        data = self.model_dump()
        data[group] = {**data[group], name: value}
        try:
            return Settings.model_validate(data)
        except ValidationError as error:
            raise UserError(
                "; ".join(map(reason, error.errors())), "The old value is kept"
            ) from None


def settings_path() -> Path:
    """Where the user's settings lie."""
    return paths.config_dir() / FILE_NAME


def load_settings(*, look_only: bool = False) -> tuple[Settings, tuple[str, ...]]:
    """Return the user's settings and one line for each thing that was wrong with them.

    Never raises: a broken file is set aside as `settings.toml.broken`, not so with `look_only`; a
    wrong value is replaced by its default.
    """
    return read_model(settings_path(), _parse, Settings, look_only=look_only, mend=_mend)


def check_settings() -> tuple[str, ...]:
    """Return what `load_settings` would say, without touching the file."""
    return load_settings(look_only=True)[1]


def save_settings(settings: Settings) -> None:
    """Write what differs from the defaults; raise `UserError` when that fails."""
    changed = settings.model_dump(mode="json", exclude_defaults=True, exclude_none=True)
    text = (
        "# Only what differs from the defaults; all settings and what they mean:\n"
        f"# {paths.CONFIGS / 'defaults.toml'}\n" + tomli_w.dumps({"version": VERSION, **changed})
    )
    try:
        write_whole(settings_path(), text, private=True)
    except OSError as error:
        raise UserError(
            f"The settings cannot be saved ({one_line(error)})",
            "Free space, or make the folder writable, or name another in DEEPVIS_CONFIG_DIR",
        ) from error


def save_changes(old: Settings, new: Settings) -> None:
    """Write what differs between `old` and `new` over what the file holds now.

    So another window's changes stay. Raises `UserError` when the file cannot be written.
    """
    there = load_settings(look_only=True)[0].model_dump()
    before, after = old.model_dump(), new.model_dump()
    for group in after.keys() - {"version"}:
        was, is_now = before[group], after[group]
        for name in was.keys() | is_now.keys():
            if name not in is_now:
                there[group].pop(name, None)
            elif name not in was or was[name] != is_now[name]:
                there[group][name] = is_now[name]
    save_settings(Settings.model_validate(there))


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
