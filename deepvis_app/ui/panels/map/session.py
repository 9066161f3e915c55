"""What of the map comes back at the next start."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from deepvis_app.corpus.map.atlas import MOST_CELLS
from deepvis_app.session import Base64Text, Text  # noqa: TC001 - pydantic reads it
from deepvis_app.state.map import (
    MOST_SAVED,
    MapColour,
    MapMethod,
    MapTool,
    MapView,
    SavedSelection,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from deepvis_app.ui.desk import Desk

Real = Annotated[float, Field(allow_inf_nan=False)]
MOST = 9000  # pictures of a selection; of more the table is for


class SavedPart(BaseModel):
    """Pictures' ids, eight bytes each, under a name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Text = ""
    ids: Base64Text = ""


class MapSession(BaseModel):
    """Whose map was looked at, and how; which pictures were chosen."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    layer: Text = ""
    method: MapMethod = MapMethod.TSNE
    colour: MapColour = MapColour.CLASS
    view: MapView = MapView.MAP
    tool: MapTool = MapTool.PAN
    looked: tuple[Real, Real, Real] | None = None
    cells: int = Field(default=0, ge=0, le=MOST_CELLS)
    selection: Base64Text = ""
    saved: tuple[SavedPart, ...] = ()


def left_off(desk: Desk) -> MapSession:
    """Return what is in use now; selections that are too large are left out."""
    options = desk.options.map
    return MapSession(
        layer=options.layer,
        method=options.method,
        colour=options.colour,
        view=options.view,
        tool=options.tool,
        looked=options.looked,
        cells=options.cells,
        selection=_packed(options.selection) if len(options.selection) <= MOST else "",
        saved=tuple(
            SavedPart(name=one.name, ids=_packed(one.ids))
            for one in options.saved
            if len(one.ids) <= MOST
        ),
    )


def restore(desk: Desk, session: MapSession) -> None:
    """Use what was in use; pictures that are gone are not missed."""
    options = desk.options.map
    options.layer, options.method = session.layer, session.method
    options.colour, options.view, options.tool = session.colour, session.view, session.tool
    options.cells, options.looked = session.cells, session.looked
    options.selection = _unpacked(session.selection)
    kept = (SavedSelection(one.name, _unpacked(one.ids)) for one in session.saved if one.name)
    options.saved = tuple(kept)[:MOST_SAVED]


def _packed(ids: Iterable[int]) -> str:
    return base64.b64encode(np.array(sorted(ids), np.uint64).tobytes()).decode()


def _unpacked(text: str) -> frozenset[int]:
    data = base64.b64decode(text)
    whole = data[: len(data) // 8 * 8]
    return frozenset(np.frombuffer(whole, np.uint64).tolist())
