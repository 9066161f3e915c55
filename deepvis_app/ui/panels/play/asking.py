"""What a technique needs before it can be run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deepvis_app.engine.jobs.kinds.filming import FilmRequest, stamp_of
from deepvis_app.engine.jobs.kinds.playing import PlayRequest
from deepvis_app.errors import UserError
from deepvis_app.synth.play import film_role
from deepvis_app.synth.play.technique import WARM

if TYPE_CHECKING:
    from pathlib import Path

    from deepvis_app.engine.known_array import KnownArray
    from deepvis_app.nets import Network
    from deepvis_app.synth.play import FilmSpec, Role, Spec, Technique
    from deepvis_app.ui.panels.play.given import GivenPictures

GROWS = ("dream",)  # techniques whose pictures would change ever more if they went on from them


def roles_of(how: Technique[Any]) -> tuple[Role, ...]:
    """Return the roles of the pictures that a person gives."""
    return tuple(role for role in how.roles if role.key != WARM.key)


def goes_on(how: Technique[Any]) -> bool:
    """Tell whether a run can start from the picture of the one before."""
    return how.key not in GROWS and any(role.key == WARM.key for role in how.roles)


def films(how: Technique[Any]) -> bool:
    """Tell whether it can be done to the frames of a video."""
    try:
        return bool(film_role(how))
    except UserError:
        return False


def frame_role(how: Technique[Any], spec: Spec) -> str:
    """Return the role that the live frame is taken for; "" where no picture is needed.

    One that a technique may do without is needed where it is to say which class is meant, or is
    what the picture starts as.
    """
    needed = [role.key for role in roles_of(how) if not role.optional]
    if needed:
        return needed[0]
    start = getattr(getattr(spec, "start", None), "value", "")
    asks = getattr(spec, "target", 0) == -1 or start == "input"
    own = [role.key for role in roles_of(how)]
    return own[0] if asks and own else ""


def barred(
    how: Technique[Any],
    spec: Spec,
    network: Network | None,
    given: GivenPictures,
    *,
    has_frame: bool,
) -> str:
    """Return in a sentence why it cannot be run; "" where it can.

    `has_frame`: a live frame can be taken for what the frame is taken for.
    """
    if network is None:
        return "No network: choose one at the top"
    if "target" in how.spec.model_fields and network.scale is None:
        return f"{network.name} tells no classes apart: there is none to aim at"
    frame = frame_role(how, spec)
    for role in roles_of(how):
        is_needed = not role.optional or role.key == frame
        if not is_needed or given.get(role.key) is not None:
            continue
        if role.key == frame:
            if not has_frame:
                return "No frame yet: open a camera, a video or a picture"
        else:
            return f"{how.title} needs another picture: {role.title.lower()}"
    return ""


def request_of(
    how: Technique[Any],
    spec: Spec,
    network: Network,
    given: GivenPictures,
    seed: int,
    start: KnownArray | None = None,
) -> PlayRequest:
    """Return what is asked of the jobs; `start`: the picture that it goes on from."""
    # One that is not wanted would change nothing but the name of what is kept.
    without = "" if frame_role(how, spec) == "input" else "input"
    pictures, names = _pictures(how, network, given, without)
    if start is not None:
        pictures += ((WARM.key, start),)
    return PlayRequest(how.key, spec, pictures, seed, names)


def film_request(
    how: Technique[Any],
    spec: Spec,
    film: FilmSpec,
    video: Path,
    out: Path,
    network: Network,
    given: GivenPictures,
    seed: int,
) -> FilmRequest:
    """Return what is asked of the jobs for a video; `given` has the other pictures."""
    pictures, names = _pictures(how, network, given, film_role(how))
    return FilmRequest(how.key, spec, film, video, stamp_of(video), out, pictures, seed, names)


def _pictures(
    how: Technique[Any], network: Network, given: GivenPictures, without: str
) -> tuple[tuple[tuple[str, KnownArray], ...], tuple[tuple[str, str], ...]]:
    """Return the pictures that are given, and what they are called, by role; `without` one role."""
    pictures, names = [], []
    for role in roles_of(how):
        picture = None if role.key == without else given.get(role.key)
        known = None if picture is None else given.of(role, network)
        if picture is not None and known is not None:
            pictures.append((role.key, known))
            names.append((role.key, picture.name))
    return tuple(pictures), tuple(names)
