"""A recording on the disk: H.264 in MP4, playable at every moment of its making."""

from __future__ import annotations

import errno
import logging
import shutil
from contextlib import suppress
from fractions import Fraction
from typing import TYPE_CHECKING, BinaryIO, cast

import numpy as np

from deepvis_app.errors import UserError
from deepvis_app.files import whole

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import av
    from av.container import OutputContainer
    from numpy.typing import NDArray

logger = logging.getLogger(__name__)

LEAST_SPACE = 32 << 20  # bytes that stay free
LONGEST_GAP_S = 10.0  # a longer pause between pictures is cut
# The first that PyAV was built with; all but the last are H.264.
CODECS = ("libx264", "libopenh264", "h264_videotoolbox", "h264_mf", "mpeg4")
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)
_NOT_ALLOWED = (errno.EACCES, errno.EPERM, errno.EROFS)
_TICK = Fraction(1, 1000)
_BT709 = 1  # the number of these colours in H.264 (ITU-T H.273)
# What is in a fragment is on the disk when the next begins, so a recording that is broken off plays
# up to its last second, although encoding takes some of it, too.
_FRAGMENTS = {
    "movflags": "frag_keyframe+empty_moov+default_base_moof",
    "frag_duration": "250000",  # microseconds
    "flush_packets": "1",
}
# No looking ahead: what was given is in the file, and pictures lie there in order.
_X264 = {"preset": "veryfast", "crf": "18", "tune": "zerolatency"}
_OTHERS = {"b": "12M"}


class Film:
    """A video file whose pictures are shown from their own times on, at most `rate_hz` a second.

    It is written at its place in fragments and, once whole, put in the order that browsers play
    while they load it. `tags` are the file's metadata (title, comment, date). All pictures get
    the first one's size, cut or padded at the right and bottom; odd sizes lose a row or column.

    `as_it_is`: it is of a video, whose pictures all stay, however fast or slow they come.
    """

    def __init__(
        self,
        path: Path,
        rate_hz: float,
        tags: Mapping[str, str] | None = None,
        *,
        as_it_is: bool = False,
    ) -> None:
        self._path, self._rate_hz = path, rate_hz
        self.tags = dict(tags or {})  # may be changed until it is finished
        self._as_it_is = as_it_is
        self._file: BinaryIO | None = None
        self._container: OutputContainer | None = None
        self._stream: av.VideoStream | None = None
        self._size = (0, 0)
        self._last_s = 0.0  # when the last picture came
        self._last_tick = 0
        self._count = 0
        self.kept_s = 0.0  # what a player can show already
        self.note = ""  # what is not as it should be

    @property
    def is_begun(self) -> bool:
        """Whether there is a picture in it."""
        return self._stream is not None

    def add(self, picture: NDArray[np.uint8], time_s: float) -> None:
        """Show `picture`, uint8 RGB (H, W, 3), from `time_s` on."""
        import av

        if self._stream is None:
            self._open(picture)
            self._last_s = time_s
        elif not self._as_it_is and time_s - self._last_s < 0.75 / self._rate_hz:
            return  # faster than it was asked for
        else:
            gap_s = time_s - self._last_s
            is_cut = gap_s > LONGEST_GAP_S and not self._as_it_is
            self._last_s = time_s
            self._last_tick += max(round((1 / self._rate_hz if is_cut else gap_s) / _TICK), 1)
        if self._count % 32 == 0:
            self.check_space()
        frame = av.VideoFrame.from_ndarray(self._fitted(picture), format="rgb24").reformat(
            format="yuv420p",
            dst_colorspace=_BT709,
            dst_color_range=av.video.reformatter.ColorRange.MPEG,
        )
        frame.pts, frame.time_base = self._last_tick, _TICK
        self._count += 1
        self._mux(frame)

    def _mux(self, frame: av.VideoFrame | None) -> None:
        if self._stream is None or self._container is None or self._file is None:
            return
        for packet in self._stream.encode(frame):
            packet.duration = round(1 / self._rate_hz / _TICK)  # the last one's; others have a next
            self._container.mux(packet)
            self._file.flush()
            if packet.is_keyframe:
                self.kept_s = float((packet.pts or 0) * _TICK)

    def check_space(self) -> None:
        """Stop before other programs feel it. Raises `UserError`."""
        try:
            free = shutil.disk_usage(self._path.parent).free
        except FileNotFoundError:
            return  # the folder was removed; the open file goes on
        if free < LEAST_SPACE:
            raise UserError(
                f"There is no space left on the disk of {self._path}",
                "Make room or choose another disk",
            )

    def _open(self, picture: NDArray[np.uint8]) -> None:
        import av

        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._path.open("w+b")  # says at once, and why, when it cannot be written
        codec = next((name for name in CODECS if name in av.codecs_available), None)
        if codec is None:
            raise UserError(
                "No MP4 encoder is here", "Reinstall PyAV: pip install --force-reinstall av"
            )
        if codec == "mpeg4":
            self.note = "MPEG-4: this PyAV has no H.264, so browsers may not play it"
        height, width = (max(n // 2 * 2, 2) for n in picture.shape[:2])  # codecs want even sizes
        self._size = (width, height)
        self._container = av.open(self._file, "w", format="mp4", options=_FRAGMENTS)
        self._container.metadata.update(self.tags)
        options = _X264 if codec == "libx264" else _OTHERS
        rate = max(round(self._rate_hz), 1)
        stream = cast(
            "av.VideoStream", self._container.add_stream(codec, rate=rate, options=options)
        )
        self._stream = stream
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        context = stream.codec_context
        context.time_base, context.gop_size = _TICK, rate
        context.color_primaries = context.color_trc = context.colorspace = _BT709
        context.color_range = int(av.video.reformatter.ColorRange.MPEG)

    def _fitted(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        width, height = self._size
        cut = picture[:height, :width]
        rest = ((0, height - cut.shape[0]), (0, width - cut.shape[1]), (0, 0))
        return np.ascontiguousarray(np.pad(cut, rest))

    def finish(self) -> None:
        """Close the file and put it in order."""
        if self._stream is None or self._container is None or self._file is None:
            raise UserError("Nothing was recorded", "Record for longer")
        self._mux(None)
        self._container.close()
        self._bring_back()
        self._file.close()
        self._put_in_order()

    def _bring_back(self) -> None:
        """Write the file anew where somebody has removed it meanwhile: what is open is not lost."""
        if self._file is None or self._path.exists():
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file.seek(0)
        with self._path.open("wb") as file:
            shutil.copyfileobj(self._file, file)

    def _put_in_order(self) -> None:
        """Exchange the fragments for a whole; where that fails they stay: they play, too."""
        try:
            with whole(self._path) as draft:
                _copy_in_order(self._path, draft, self.tags)
        except Exception:  # such as no room for a second copy; FFmpeg's own are no OSErrors
            logger.info("the recording stays in fragments", exc_info=True)

    def give_up(self) -> None:
        """Close the file; it stays where a player can show some of it."""
        with suppress(Exception):
            if self._container is not None:
                self._container.close()
        with suppress(OSError):
            self._bring_back()
        with suppress(Exception):
            if self._file is not None:
                self._file.close()
        if self._file is not None and not self.kept_s:
            self._path.unlink(missing_ok=True)


def given_up(film: Film, path: Path, error: UserError | None) -> UserError | None:
    """End a film that has failed and say what there is of it."""
    if error is None:
        return None
    film.give_up()
    if not film.kept_s or not path.exists():
        return error
    return UserError(
        f"{error.cause}; the first {film.kept_s:.0f} s are kept in {path.name}", error.remedy
    )


def explained(action: Callable[[], None], path: Path) -> UserError | None:
    """Run `action` and return its failure as a line for people."""
    try:
        action()
    except UserError as error:
        return error
    except OSError as error:
        if error.errno in _NO_SPACE:
            return UserError(
                f"There is no space left on the disk of {path}", "Make room or choose another disk"
            )
        if error.errno in _NOT_ALLOWED:
            return UserError(
                f"The folder {path.parent} may not be written to", "Choose another folder or disk"
            )
        reason = error.strerror or str(error)
        return UserError(f"The recording failed: {reason}", "Choose another folder or disk")
    except Exception as error:
        logger.info("the recording failed", exc_info=True)
        return UserError(f"The recording failed: {error}", "Record again")
    return None


def _copy_in_order(source: Path, target: Path, tags: Mapping[str, str]) -> None:
    """Copy a video without decoding it, its table of contents first."""
    import av

    with (
        av.open(str(source.absolute())) as old,
        av.open(
            str(target.absolute()), "w", format="mp4", options={"movflags": "faststart"}
        ) as new,
    ):
        new.metadata.update(tags)
        stream = old.streams.video[0]
        copy = new.add_stream_from_template(stream)
        for packet in old.demux(stream):
            if packet.size:
                packet.stream = copy
                new.mux(packet)
