"""What the user's files say at the start."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from deepvis_app.session import Session, load_session, session_path
from deepvis_app.settings import Settings, load_settings, settings_path
from deepvis_app.stored import keep_copy
from deepvis_app.ui.shell.engine_making import open_store

if TYPE_CHECKING:
    from deepvis_app.errors import UserError
    from deepvis_app.store import Store


@dataclass(frozen=True, slots=True)
class Kept:
    """Settings, session and store, with one line for each thing that is wrong with them."""

    settings: Settings = field(default_factory=Settings)
    session: Session = field(default_factory=Session)
    problems: tuple[str, ...] = ()
    store: Store | None = None
    store_problem: UserError | None = None


def read_kept(kind: type[Settings] = Settings) -> Kept:
    """Read what there is; never raises for what the files hold."""
    settings, problems = load_settings(kind)
    session, more = load_session()
    store, store_problem = open_store(settings)
    return Kept(settings, session, (*problems, *more), store, store_problem)


def left_behind(kind: type[Settings] = Settings) -> Kept:
    """Return what holds at the first start, and keep copies of files that nothing can be made of.

    For what nobody foresaw: they will be written anew.
    """
    for path in (settings_path(), session_path()):
        keep_copy(path)
    cause = (
        "What was left could not be brought back: settings and session are as at the first start"
    )
    return Kept(kind(), problems=(f"{cause}; copies are kept as .broken",))
