"""What of the page “Pictures” comes back at the next start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from deepvis_app.session import Text  # noqa: TC001 - pydantic reads it
from deepvis_app.state.pictures import PictureLook

if TYPE_CHECKING:
    from deepvis_app.ui.desk import Desk

MOST = 32  # networks whose chosen corpus is remembered


class PicturesSession(BaseModel):
    """How pictures are looked at, and which corpus was chosen for a network."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    look: PictureLook = PictureLook.CROP
    is_varied: bool = False
    wants_inner: bool = False
    is_masked: bool = False
    is_lit_by_record: bool = True
    chosen: dict[Text, Text] = Field(default_factory=dict)  # fingerprint -> folder


def left_off(desk: Desk) -> PicturesSession:
    """Return what is in use now."""
    options = desk.options.pictures
    return PicturesSession(
        look=options.look,
        is_varied=options.is_varied,
        wants_inner=options.wants_inner,
        is_masked=options.is_masked,
        is_lit_by_record=options.is_lit_by_record,
        chosen=dict(list(options.chosen.items())[-MOST:]),
    )


def restore(desk: Desk, session: PicturesSession) -> None:
    """Use what was in use; a corpus that is gone is not missed."""
    options = desk.options.pictures
    options.look, options.is_masked = session.look, session.is_masked
    options.is_varied, options.wants_inner = session.is_varied, session.wants_inner
    options.is_lit_by_record = session.is_lit_by_record
    options.chosen = dict(session.chosen)
