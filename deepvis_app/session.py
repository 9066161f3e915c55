"""Where the user left off: window, network, source, layer, units. Apart from the settings."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from deepvis_app import paths
from deepvis_app.errors import UserError, one_line
from deepvis_app.stored import read_model, write_text

if TYPE_CHECKING:
    from pathlib import Path

FILE_NAME = "session.json"

Base64Text = Annotated[str, Field(pattern=r"^(?:[\w+/]{4})*(?:[\w+/]{2}==|[\w+/]{3}=)?$")]


class RecentNetwork(BaseModel):
    """A network as it was opened: with which weights, "" for its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    spec: str
    weights: str = ""  # a file's whole path, with #NAME where one of several in it was chosen


def _with_its_own_weights(value: object) -> object:
    """Read a session that kept specs alone."""
    return {"spec": value} if isinstance(value, str) else value


class Session(BaseModel):
    """What comes back at the next start; frozen: a change is a new value.

    Whether a network was trusted is not kept: the user says so each time.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = 1
    window_geometry: Base64Text = ""  # Qt's own bytes
    window_state: Base64Text = ""  # docks and toolbars
    network: str = ""  # spec
    weights: str = ""
    source: str = ""  # spec
    layer: str = ""
    panes: tuple[str, ...] = ()  # layers whose grids stand side by side
    unit: int = 0
    units: dict[str, int] = {}  # layer -> the unit that was last picked there
    pinned_classes: tuple[int, ...] = ()
    recent_networks: tuple[
        Annotated[RecentNetwork, BeforeValidator(_with_its_own_weights)], ...
    ] = ()  # newest first
    recent_sources: tuple[str, ...] = ()
    recipe: str = ""  # by name; "": the default
    makes_pictures: bool = True  # preferred images of a picked unit are begun by themselves
    colours: Literal["auto", "true", "stretched"] = "auto"  # how they are shown
    inspector_tab: str = ""
    hint_seen: bool = False  # the first start's overlay was shown


def session_path() -> Path:
    """Where the session is kept."""
    return paths.config_dir() / FILE_NAME


def load_session() -> tuple[Session, tuple[str, ...]]:
    """Return the last session and what was wrong with it; never raises (see `load_settings`)."""
    return read_model(session_path(), _parse, Session)


def save_session(session: Session) -> None:
    """Write the session; raise `UserError` when that fails."""
    kept = {"version": session.version, **session.model_dump(mode="json", exclude_defaults=True)}
    try:
        write_text(session_path(), json.dumps(kept, indent=1) + "\n")
    except OSError as error:
        raise UserError(
            f"The session cannot be saved ({one_line(error)})",
            "Free space, or make the folder writable, or name another in DEEPVIS_CONFIG_DIR",
        ) from error


def _parse(text: str) -> dict[str, Any]:
    data = json.loads(text)
    if not isinstance(data, dict):
        raise ValueError("it holds no table")
    return data
