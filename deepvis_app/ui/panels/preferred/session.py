"""What of the preferred images comes back at the next start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from deepvis_app.session import Text  # noqa: TC001 - pydantic reads it
from deepvis_app.state.preferred import Colours

if TYPE_CHECKING:
    from deepvis_app.ui.desk import Desk


class PreferredSession(BaseModel):
    """The recipe in use and what is done by itself."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    recipe: Text = ""  # by name; "": the default
    makes_pictures: bool = True  # preferred images of a picked unit are begun by themselves
    colours: Colours = Colours.AUTO


def left_off(desk: Desk) -> PreferredSession:
    """Return what is in use now."""
    options = desk.options.preferred
    return PreferredSession(
        recipe=options.base.name, makes_pictures=options.by_itself, colours=options.colours
    )


def restore(desk: Desk, session: PreferredSession) -> None:
    """Use what was in use; a recipe that is gone changes nothing."""
    options = desk.options.preferred
    options.by_itself, options.colours = session.makes_pictures, session.colours
    if (recipe := desk.options.shelf.get(session.recipe)) is not None:
        options.choose(recipe)
