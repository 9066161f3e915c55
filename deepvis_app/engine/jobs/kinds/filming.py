"""A video is played with frame by frame, into an MP4 beside it."""

from __future__ import annotations

import hashlib
import json
from contextlib import closing, suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepvis_app.engine.film import Film, explained, given_up
from deepvis_app.engine.jobs.kind import RESULT, JobKind, Rank
from deepvis_app.engine.jobs.kinds.about_picture import GONE, loaded, luggage_of
from deepvis_app.engine.jobs.status import JobStatus
from deepvis_app.engine.known_array import KnownArray
from deepvis_app.errors import UserError, one_line
from deepvis_app.frames import Policy, open_source
from deepvis_app.frames.source import PictureError
from deepvis_app.frames.video import VideoSource
from deepvis_app.reading import MOST_SEED, parse_json, whole_number
from deepvis_app.synth.play import TECHNIQUES, FilmSpec, Spec, film_role, film_steps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import numpy as np
    from av.container import InputContainer
    from numpy.typing import NDArray
    from torch import Tensor

    from deepvis_app.engine.jobs.kind import Found, Steps
    from deepvis_app.engine.jobs.progress import State
    from deepvis_app.engine.jobs.status import NetworkName
    from deepvis_app.nets.network import Network
    from deepvis_app.synth.play import FilmProgress, Technique

_RATE_HZ = 25.0  # of a video that does not say


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
class FilmStatus(JobStatus):
    """`picture` is the newest one, `filmed` what came of it; None while there is none."""

    request: FilmRequest

    @property
    def picture(self) -> NDArray[np.uint8] | None:
        shown = self.previews.get(self.request)
        return None if isinstance(shown, Filmed) else shown

    @property
    def filmed(self) -> Filmed | None:
        shown = self.previews.get(self.request)
        return shown if isinstance(shown, Filmed) else None


class Filming(JobKind[FilmRequest, Filmed]):
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

    def manner(self, request: FilmRequest) -> str:
        return f"{self.name} {self.code} {request.how.code}"

    def steps(self, network: Network, request: FilmRequest, resume: State | None) -> Steps:  # noqa: ARG002
        request.check()
        others = {}
        for role, picture in request.pictures:
            if picture.values is None:
                raise GONE
            others[role] = picture.values
        with closing(_opened(request.video)) as video:
            facts = [network.last_fingerprint, self.manner(request), self.identity(request)]
            key = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
            reel = _Reel(request, video, key)
            notes = reel.notes
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
        return Filmed(str(request.out), frames, tuple(notes), stamp_of(request.out))

    def previews(self, step: FilmProgress) -> Sequence[object]:
        picture = step.picture()
        picture.setflags(write=False)
        return (picture,)

    # What is kept

    def identity(self, request: FilmRequest) -> Any:
        pictures = {role: picture.digest for role, picture in request.pictures}
        own = request.how.key_of(request.spec, pictures, request.seed)
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

    def luggage(self, request: FilmRequest) -> Mapping[str, Tensor]:
        return luggage_of(**dict(request.pictures))

    def unpacked(self, request: FilmRequest, luggage: Mapping[str, Tensor]) -> FilmRequest:
        pictures = ((r, loaded(picture, luggage.get(r))) for r, picture in request.pictures)
        return replace(request, pictures=tuple(pictures))

    def to_data(self, request: FilmRequest) -> dict[str, Any]:
        return {
            "technique": request.technique,
            "settings": request.spec.facts(),
            "film": request.film.facts(),
            "video": str(request.video),
            "stamp": request.stamp,
            "out": str(request.out),
            "pictures": [[role, picture.digest] for role, picture in request.pictures],
            "names": [list(pair) for pair in request.names],
            "seed": request.seed,
        }

    def from_data(self, data: Mapping[str, Any]) -> FilmRequest:
        how = TECHNIQUES[data["technique"]]
        pictures = tuple((str(role), KnownArray.named(digest)) for role, digest in data["pictures"])
        if {role for role, _ in pictures} - {role.key for role in how.roles}:
            raise ValueError("it takes no such picture")
        return FilmRequest(
            how.key,
            how.spec.model_validate(data["settings"]),
            FilmSpec.model_validate(data["film"]),
            Path(data["video"]),
            str(data["stamp"]),
            Path(data["out"]),
            pictures,
            whole_number(data["seed"], MOST_SEED),
            tuple((str(role), str(name)) for role, name in data["names"]),
        )


def stamp_of(file: Path) -> str:
    """Return size and time of a file, which tell it from another of that name; "" without one."""
    try:
        found = file.stat()
    except OSError:
        return ""
    return f"{found.st_size} {found.st_mtime_ns}"


class _Video:
    """A video that is read from its first frame to its last, each at its own time."""

    def __init__(self, source: VideoSource) -> None:
        self._source = source
        info = source.open()
        self.rate_hz = info.rate_hz or _RATE_HZ
        self.length = info.length or 0
        self.notes: list[str] = []

    def frames(self) -> Iterator[tuple[NDArray[np.uint8], float]]:
        while True:
            try:
                frame = self._source.read()
            except PictureError as error:  # told once; what is around it is sound
                self.notes.append(one_line(error))
                continue
            if frame is None:
                return
            yield frame.image, self._source.playback().time_s or 0.0

    def close(self) -> None:
        self._source.close()


def _opened(path: Path) -> _Video:
    source = open_source(path, policy=Policy.EVERY)
    if not isinstance(source, VideoSource):
        raise UserError(f"{path.name} is no video", "Give a video file, such as an MP4")
    return _Video(source)


class _Reel:
    """The film in the making, its frames at the times of the video's.

    Until it is whole, its file says by `key` of what it is; what there is of it lies beside it
    while it is made again up to there.
    """

    def __init__(self, request: FilmRequest, video: _Video, key: str) -> None:
        self._path, self._video = request.out, video
        self._beside = request.out.with_name(f"{request.out.stem}.before{request.out.suffix}")
        self._mark, self._time_s = f"unfinished {key}", 0.0
        facts = {**request.spec.facts(), **request.film.facts()}
        self._tags = {
            "title": f"{request.how.title}: {request.video.name}",
            "comment": f"deepvis {request.technique} {json.dumps(facts)}",
        }
        marked = {**self._tags, "comment": f"{self._tags['comment']} {self._mark}"}
        self._film = Film(request.out, video.rate_hz, marked, as_it_is=True)
        self.notes = video.notes
        if has_sound(request.video):
            self.notes.append("Its sound is left out")

    def made(self) -> Iterator[NDArray[np.uint8]]:
        """Yield the frames that were made before it was stopped, to be made part of it again."""
        if not _is_marked(self._beside, self._mark):
            if not _is_marked(self._path, self._mark):
                return
            self._path.replace(self._beside)
        with suppress(UserError), closing(_opened(self._beside)) as before:
            for picture, _ in before.frames():
                yield picture
        self._beside.unlink(missing_ok=True)

    def frames(self) -> Iterator[NDArray[np.uint8]]:
        for picture, time_s in self._video.frames():
            self._time_s = time_s
            yield picture

    def add(self, picture: NDArray[np.uint8]) -> None:
        self._do(lambda: self._film.add(picture, self._time_s))

    def finish(self) -> None:
        self._film.tags = self._tags
        self._do(self._film.finish)
        if self._film.note:
            self.notes.append(self._film.note)

    def stop(self) -> None:
        """Make a film of what there is; must not raise."""
        with suppress(Exception):
            if self._film.is_begun:
                self._film.finish()

    def given_up(self, error: UserError) -> UserError:
        """Return an error, with what is kept of the film."""
        return given_up(self._film, self._path, error) or error

    def _do(self, action: Callable[[], None]) -> None:
        failure = explained(action, self._path)
        if failure is not None:
            raise failure


def has_sound(video: Path) -> bool:
    """Tell whether a video has sound, False where it cannot be told."""
    return bool(_look(video, lambda file: file.streams.audio))


def _is_marked(film: Path, mark: str) -> bool:
    found = _look(film, lambda file: file.metadata.get("comment", "")) if film.exists() else ""
    return str(found).endswith(mark)


def _look(video: Path, see: Callable[[InputContainer], object]) -> object:
    """Return what is seen in a video file, None where it cannot be opened."""
    from deepvis_app.frames.ffmpeg import open_file  # FFmpeg takes a while to load

    try:
        with open_file(video) as file:
            return see(file)
    except (OSError, ValueError, UserError):  # FFmpeg's own errors are one of these
        return None
