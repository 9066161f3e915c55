"""A video made anew, frame by frame: what is read, and the film in the making."""

from __future__ import annotations

from contextlib import closing, suppress
from typing import TYPE_CHECKING

from deepvis_app.engine.film import Film, explained, given_up
from deepvis_app.errors import UserError, one_line
from deepvis_app.folders import folder_problem
from deepvis_app.frames import Policy, open_source
from deepvis_app.frames.source import PictureError
from deepvis_app.frames.video import VideoSource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import numpy as np
    from av.container import InputContainer
    from numpy.typing import NDArray

_RATE_HZ = 25.0  # of a video that does not say


class Video:
    """A video that is read from its first frame to its last, each at its own time."""

    def __init__(self, source: VideoSource) -> None:
        self._source = source
        info = source.open()
        self.rate_hz = info.rate_hz or _RATE_HZ
        self.length = info.length or 0  # frames; 0: not known
        self.notes: list[str] = []  # what is to be said of it

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


def opened_video(path: Path) -> Video:
    """Open a video; raises `UserError`."""
    source = open_source(path, policy=Policy.EVERY)
    if not isinstance(source, VideoSource):
        raise UserError(f"{path.name} is no video", "Give a video file, such as an MP4")
    video = Video(source)
    if _look(path, lambda file: file.streams.audio):
        video.notes.append("Its sound is left out")
    return video


class Reel:
    """The film in the making, its frames at the times of the video's.

    Until it is whole, its file says by `key` of what it is; what there is of it lies beside it
    while it is made again up to there.
    """

    def __init__(self, path: Path, video: Video, key: str, title: str, comment: str) -> None:
        self._path, self._video = path, video
        self._beside = path.with_name(f"{path.stem}.deepvis-before{path.suffix}")
        self._mark, self._time_s = f"unfinished {key}", 0.0
        self._tags = {"title": title, "comment": comment}
        marked = {**self._tags, "comment": f"{comment} {self._mark}"}
        self._film = Film(path, video.rate_hz, marked, as_it_is=True)
        self.notes = video.notes

    def check(self) -> None:
        """Raise `UserError` where nothing can be written: before the work, not after it."""
        folder = self._path.parent
        if (problem := folder_problem(folder)) is not None:
            raise UserError(
                f"The folder {folder} cannot be written to ({problem})",
                "Choose another folder or disk",
            )
        self._film.check_space()

    def made(self) -> Iterator[NDArray[np.uint8]]:
        """Yield the frames that were made before it was stopped, to be made part of it again."""
        if not _is_marked(self._beside, self._mark):
            if not _is_marked(self._path, self._mark):
                return
            self._path.replace(self._beside)
        with suppress(UserError), closing(opened_video(self._beside)) as before:
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
        self._beside.unlink(missing_ok=True)
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
