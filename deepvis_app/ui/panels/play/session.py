"""What of Play comes back at the next start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, JsonValue

from deepvis_app.session import Text  # noqa: TC001 - pydantic reads it
from deepvis_app.state.play import PlayShows
from deepvis_app.stored import validate_forgivingly
from deepvis_app.synth.play import TECHNIQUES, FilmSpec

if TYPE_CHECKING:
    from deepvis_app.ui.desk import Desk


class PlaySession(BaseModel):
    """The technique in use, the settings of all, and how results are looked at."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    technique: Text = next(iter(TECHNIQUES))
    specs: dict[Text, dict[Text, JsonValue]] = {}
    film: dict[Text, JsonValue] = {}
    shows: PlayShows = PlayShows.SPLIT


def left_off(desk: Desk) -> PlaySession:
    """Return what is in use now."""
    options = desk.options.play
    specs = {
        technique: spec.model_dump(mode="json", exclude_defaults=True)
        for technique, spec in options.specs.items()
    }
    used = {technique: facts for technique, facts in specs.items() if facts}
    film = options.film.model_dump(mode="json", exclude_defaults=True)
    return PlaySession(technique=options.technique, specs=used, film=film, shows=options.shows)


def restore(desk: Desk, session: PlaySession) -> None:
    """Use what was in use; what a technique does not know any more is left out."""
    options = desk.options.play
    options.shows = session.shows
    options.film = validate_forgivingly(FilmSpec, dict(session.film))[0]
    options.specs = {
        technique: validate_forgivingly(TECHNIQUES[technique].spec, dict(facts))[0]
        for technique, facts in session.specs.items()
        if technique in TECHNIQUES
    }
    if session.technique in TECHNIQUES:
        options.technique = session.technique
