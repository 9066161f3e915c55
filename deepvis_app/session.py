"""Where the user left off: window, network, source, layer, units. Apart from the settings."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, JsonValue

from deepvis_app import paths
from deepvis_app.reading import MOST_COUNT, parse_json
from deepvis_app.stored import read_model, write_kept

if TYPE_CHECKING:
    from pathlib import Path

FILE_NAME = "session.json"
OF_PREFERRED = ("recipe", "makes_pictures", "colours")  # lay beside the others up to 0.5
MOST_RECENT = 50  # in a file; the window itself keeps fewer

CONTROL = re.compile(r"[\0-\x08\x0b-\x1f\x7f]")


def _plain(text: str) -> str:
    if CONTROL.search(text):
        raise ValueError("must be plain text")
    return text


Base64Text = Annotated[
    str,
    Field(
        pattern=r"^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$",
        max_length=100_000,
    ),
]
Text = Annotated[str, Field(max_length=4096), AfterValidator(_plain)]
Paths = Annotated[str, Field(max_length=100_000), AfterValidator(_plain)]  # one a line
Count = Annotated[int, Field(ge=0, le=MOST_COUNT)]


class RecentNetwork(BaseModel):
    """A network as it was opened: with which weights, "" for its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    spec: Text
    weights: Text = ""  # a file's whole path, with #NAME where one of several in it was chosen


def _with_its_own_weights(value: object) -> object:
    """Read a session that kept specs alone."""
    return {"spec": value} if isinstance(value, str) else value


class Session(BaseModel):
    """What comes back at the next start; frozen: a change is a new value.

    It trusts nothing: what code may run is kept apart, by its content (`deepvis_app.trusted`).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = 1
    window_geometry: Base64Text = ""  # Qt's own bytes
    network: Text = ""  # spec
    weights: Text = ""
    source: Paths = ""  # spec
    layer: Text = ""
    panes: tuple[Text, ...] = ()  # layers whose grids stand side by side
    unit: Count = 0
    units: dict[str, Count] = {}  # layer -> the unit that was last picked there
    pinned_classes: tuple[Count, ...] = ()
    recent_networks: Annotated[
        tuple[Annotated[RecentNetwork, BeforeValidator(_with_its_own_weights)], ...],
        Field(max_length=MOST_RECENT),
    ] = ()  # newest first
    recent_sources: Annotated[tuple[Paths, ...], Field(max_length=MOST_RECENT)] = ()
    workspace: Text = ""
    inspector_tab: Text = ""
    panels: dict[Text, dict[Text, JsonValue]] = {}  # key -> what the panel's own model says
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
    text = json.dumps(kept, indent=1) + "\n"
    write_kept(session_path(), text, "The session cannot be saved")


def _parse(text: str) -> dict[str, Any]:
    data = parse_json(text)
    if not isinstance(data, dict):
        raise ValueError("it holds no table")
    moved = {key: data.pop(key) for key in OF_PREFERRED if key in data}
    if moved and isinstance(data.setdefault("panels", {}), dict):
        data["panels"].setdefault("preferred", moved)
    return data
