"""A video is played with frame by frame, into an MP4 beside it."""

from __future__ import annotations

import hashlib
import json
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepvis_app.engine.jobs.kind import RESULT, Rank
from deepvis_app.engine.jobs.kinds.by_technique import (
    ByTechniqueKind,
    digests_of,
    names_in,
    pictures_in,
    values_of,
)
from deepvis_app.engine.jobs.status import JobStatus
from deepvis_app.engine.reel import Reel, opened_video
from deepvis_app.errors import UserError
from deepvis_app.reading import MOST_SEED, parse_json, whole_number
from deepvis_app.synth.play import TECHNIQUES, FilmSpec, Spec, film_role, film_steps

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from deepvis_app.engine.jobs.kind import Found, Steps
    from deepvis_app.engine.jobs.progress import State
    from deepvis_app.engine.jobs.status import NetworkName
    from deepvis_app.engine.known_array import KnownArray
    from deepvis_app.engine.reel import Video
    from deepvis_app.nets.network import Network
    from deepvis_app.synth.play import FilmProgress, Technique


@dataclass(frozen=True, slots=True)
class FilmRequest:
    """A technique with its settings, a video, and where the MP4 goes.

    `stamp` tells the video from another one of that name (`stamp_of`); `pictures` are those of the
    technique's other roles, as in `PlayRequest`.
    """

    technique: str
    spec: Spec
    film: FilmSpec
    video: Path
    stamp: str
    out: Path
    pictures: tuple[tuple[str, KnownArray], ...] = ()
    seed: int = 0
    names: tuple[tuple[str, str], ...] = field(default=(), compare=False)

    @property
    def how(self) -> Technique[Any]:
        return TECHNIQUES[self.technique]

    def check(self) -> None:
        """Raise `UserError` where it cannot be done, whatever the network."""
        film_role(self.how)
        if self.out.exists() and self.video.exists() and self.out.samefile(self.video):
            raise UserError(f"{self.out} is the video itself", "Choose another name for the film")


@dataclass(frozen=True, slots=True)
class Filmed:
    """What came of it: an MP4, with what is to be said of it."""

    path: str
    frames: int
    notes: tuple[str, ...]
    stamp: str  # of the MP4


@dataclass(frozen=True, slots=True, eq=False)
class FilmFrame:
    """A frame of the video and what is made of it, uint8 (H, W, 3).

    `done` of `frames` are made; 0: it is not known how many there are.
    """

    before: NDArray[np.uint8]
    picture: NDArray[np.uint8]
    done: int
    frames: int


@dataclass(frozen=True, slots=True, eq=False)
class FilmStatus(JobStatus):
    """`frame` is the newest one, `filmed` what came of it; None while there is none."""

    request: FilmRequest

    @property
    def frame(self) -> FilmFrame | None:
        shown = self.previews.get(self.request)
        return shown if isinstance(shown, FilmFrame) else None

    @property
    def filmed(self) -> Filmed | None:
        shown = self.previews.get(self.request)
        return shown if isinstance(shown, Filmed) else None


class Filming(ByTechniqueKind[FilmRequest, Filmed]):
    """One video is one part.

    The MP4 plays at every moment of its making. What is cancelled, fails or is killed leaves what
    there is of it, from which the same request goes on.
    """

    name = "film"
    request = FilmRequest
    status = FilmStatus
    noun = "frame"
    failure = ("The video could not be made", "Choose other settings or another network")

    def title(self, request: FilmRequest) -> str:
        return f"{request.how.title} · {request.video.name}"

    def rank(self, request: FilmRequest) -> Rank:  # noqa: ARG002
        return Rank.USUAL

    def steps(self, network: Network, request: FilmRequest, resume: State | None) -> Steps:  # noqa: ARG002
        request.check()
        others = values_of(request)
        with closing(opened_video(request.video)) as video:
            reel = self._reel(network, request, video)
            reel.check()
            try:
                frames = yield from film_steps(
                    network, request.how, request.spec, request.film, reel.frames(), others,
                    count=video.length, seed=request.seed, add=reel.add, made=reel.made(),
                )  # fmt: skip
                reel.finish()
            except (GeneratorExit, KeyboardInterrupt):  # cancelled: what there is becomes a film
                reel.stop()
                raise
            except UserError as error:
                raise reel.given_up(error) from error
            except Exception:
                reel.stop()
                raise
        return Filmed(str(request.out), frames, tuple(video.notes), stamp_of(request.out))

    def _reel(self, network: Network, request: FilmRequest, video: Video) -> Reel:
        facts = [network.last_fingerprint, self.manner(request), self.identity(request)]
        key = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
        settings = json.dumps({**request.spec.facts(), **request.film.facts()})
        title = f"{request.how.title}: {request.video.name}"
        comment = f"deepvis {request.technique} {settings}"
        return Reel(request.out, video, key, title, comment)

    def previews(self, step: FilmProgress) -> Sequence[object]:
        picture = step.picture()
        for array in (step.before, picture):
            array.setflags(write=False)
        return (FilmFrame(step.before, picture, step.frame, step.frames),)

    # What is kept

    def identity(self, request: FilmRequest) -> Any:
        own = request.how.key_of(request.spec, digests_of(request), request.seed)
        where = str(request.video), request.stamp, str(request.out)
        return [own, request.film.facts(), *where]

    def find(self, network: NetworkName, request: FilmRequest, part: Any) -> Found | None:
        found = super().find(network, request, part)
        made = None if found is None else found.shown.preview
        is_there = isinstance(made, Filmed) and made.stamp == stamp_of(Path(made.path))
        return found if is_there else None

    def pack(self, value: Filmed) -> Mapping[str, bytes]:
        return {RESULT: json.dumps(asdict(value)).encode()}

    def unpack(self, read: Callable[[str], bytes]) -> Filmed:
        facts = parse_json(read(RESULT))
        notes = tuple(map(str, facts["notes"]))
        return Filmed(str(facts["path"]), whole_number(facts["frames"]), notes, str(facts["stamp"]))

    def to_data(self, request: FilmRequest) -> dict[str, Any]:
        return {
            **super().to_data(request),
            "film": request.film.facts(),
            "video": str(request.video),
            "stamp": request.stamp,
            "out": str(request.out),
        }

    def from_data(self, data: Mapping[str, Any]) -> FilmRequest:
        how = TECHNIQUES[data["technique"]]
        return FilmRequest(
            how.key,
            how.spec.model_validate(data["settings"]),
            FilmSpec.model_validate(data["film"]),
            Path(data["video"]),
            str(data["stamp"]),
            Path(data["out"]),
            pictures_in(how, data),
            whole_number(data["seed"], MOST_SEED),
            names_in(data),
        )


def stamp_of(file: Path) -> str:
    """Return size and time of a file, which tell it from another of that name; "" without one."""
    try:
        found = file.stat()
    except OSError:
        return ""
    return f"{found.st_size} {found.st_mtime_ns}"
