"""From what a person writes, drops or pastes to a source."""

from __future__ import annotations

import difflib
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import url2pathname

from deepvis_app import paths
from deepvis_app.frames.address import is_address, kept, shown
from deepvis_app.frames.camera import CameraSource
from deepvis_app.frames.decode import moves
from deepvis_app.frames.demo import DemoSource
from deepvis_app.frames.kinds import kind_of
from deepvis_app.frames.listing import PICTURE_SUFFIXES, Entry, folder_entries, list_entries
from deepvis_app.frames.pictures import PictureSource
from deepvis_app.frames.plain import check_plain
from deepvis_app.frames.screen import ScreenSource
from deepvis_app.frames.source import Policy, SourceError
from deepvis_app.frames.stream import StreamSource
from deepvis_app.frames.values import page_count, pages_of
from deepvis_app.frames.video import VIDEO_SUFFIXES, VideoSource

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from deepvis_app.frames.source import FrameSource

_LIST_SUFFIXES = frozenset({".txt", ".lst", ".csv", ".tsv"})
_WORDS = ("camera", "screen", "demo", "list")
_LONGEST = 200  # characters of what is no source, in the message
_SPELLING = (
    "Give camera:0, a video, a picture, a folder, list:FILE.txt, http://…, rtsp://…, screen or demo"
)


def open_source(
    spec: str | Path | Sequence[str | Path],
    *,
    policy: Policy = Policy.NEWEST,
    clock: Callable[[], float] = time.monotonic,
) -> FrameSource:
    """Return the source that `spec` names, not yet opened: call its `open`.

    `camera`, `camera:0`, `camera:NAME@1280x720`; `demo`; `screen`, `screen:2`, `screen:x,y,w,h`;
    `list:FILE.txt`; `http(s)://…`, `rtsp://…`; else a path: a folder, a picture, a video. Several
    paths (a sequence, or one a line) are pictures in this order.

    Raises `SourceError` for what is none of these.
    """
    if not isinstance(spec, str | Path):
        spec = spec_of(spec)
    try:
        return _source_of(spec, policy, clock)
    except (OSError, ValueError, RuntimeError) as error:  # too long for a name, nobody's home
        raise _unknown(str(spec)) from error


def _source_of(spec: str | Path, policy: Policy, clock: Callable[[], float]) -> FrameSource:
    if _is_a_path(spec):  # a name may hold anything, line breaks too
        return _open_path(Path(spec), policy, clock)
    spec = str(spec).strip()
    word, _, rest = spec.partition(":")
    rest = rest.strip()
    if spec == "demo":
        return DemoSource(policy=policy, clock=clock)
    if word == "camera" or spec.isdecimal():
        return CameraSource(rest or (spec if spec.isdecimal() else "0"), policy=policy, clock=clock)
    if word == "screen":
        return ScreenSource(rest or "1", policy=policy, clock=clock)
    if is_address(spec):
        return StreamSource(spec, policy=policy, clock=clock)
    if word == "list":
        path = Path(rest)
        return PictureSource(
            spec, path.name, lambda: list_entries(path), policy=policy, clock=clock
        )
    paths = [_local_path(line) for line in spec.splitlines() if line.strip()]
    if len(paths) == 1:
        return _open_path(paths[0], policy, clock)
    if paths:
        return PictureSource(
            spec, f"{len(paths)} pictures", lambda: _files(paths), policy=policy, clock=clock
        )
    raise SourceError("No source is named", _SPELLING)


def spec_of(dropped: str | Path | Sequence[str | Path]) -> str:
    """Return the spec of a path, a URL, or several of them, dropped or pasted.

    Of several, pictures win (folders count as their pictures), then the first video. Raises
    `SourceError` if there is nothing that can be shown.
    """
    things = [dropped] if isinstance(dropped, str | Path) else list(dropped)
    try:
        if len(things) == 1:
            return _spec_of_one(str(things[0]).strip())
        return _spec_of_several(things)
    except (OSError, ValueError, RuntimeError) as error:
        raise _unknown("\n".join(map(str, things))) from error


def _spec_of_several(things: Sequence[str | Path]) -> str:
    paths = [_local_path(str(thing)) for thing in things]
    pictures = [entry.path for path in paths for entry in _pictures_at(path)]
    if pictures:
        return "\n".join(map(str, pictures))
    for path in paths:
        if path.is_file() and path.suffix.lower() in VIDEO_SUFFIXES:
            return str(path)
    raise SourceError("There is no picture and no video among these", _SPELLING)


def _spec_of_one(thing: str) -> str:
    if is_address(thing) or thing.partition(":")[0] in _WORDS:
        return kept(thing)
    path = _local_path(thing)
    if not path.exists():
        raise _unknown(thing)
    if path.is_file() and path.suffix.lower() in _LIST_SUFFIXES:
        return f"list:{path}"
    return str(path)


def _is_a_path(spec: str | Path) -> bool:
    try:
        return Path(spec).is_absolute() and Path(spec).exists()
    except (OSError, ValueError):  # too long for a name, or a zero in it
        return False


def _local_path(text: str) -> Path:
    text = text.strip()
    if text.lower().startswith("file:"):
        return Path(url2pathname(urlsplit(text).path))
    return paths.expanded(text)


def _pictures_at(path: Path) -> Sequence[Entry]:
    if path.is_dir():
        try:
            return folder_entries(path)
        except SourceError:
            return ()  # others of those dropped may have pictures
    is_one = path.is_file() and path.suffix.lower() in PICTURE_SUFFIXES
    return (Entry(path),) if is_one else ()


def _open_path(path: Path, policy: Policy, clock: Callable[[], float]) -> FrameSource:
    check_plain(path)
    suffix = path.suffix.lower()
    if path.is_dir():
        name = path.name or str(path)
        return PictureSource(
            str(path), name, lambda: folder_entries(path), policy=policy, clock=clock
        )
    if suffix in _LIST_SUFFIXES:
        return open_source(f"list:{path}", policy=policy, clock=clock)
    if suffix not in VIDEO_SUFFIXES | PICTURE_SUFFIXES and not path.exists():
        raise _unknown(str(path))
    if suffix in VIDEO_SUFFIXES - PICTURE_SUFFIXES:
        return VideoSource(path, policy=policy, clock=clock)
    moving = moves(path)  # a GIF or a file without a known suffix may be either
    known_still = (
        suffix in PICTURE_SUFFIXES - VIDEO_SUFFIXES | {".npy"}
        or not path.exists()
        or kind_of(path) is not None
        or bool(pages_of(path))
    )
    if moving is False or (moving is None and known_still):
        return PictureSource(
            str(path), path.name, lambda: _files([path]), policy=policy, clock=clock
        )
    return VideoSource(path, policy=policy, clock=clock)


def _files(paths: Sequence[Path]) -> tuple[Entry, ...]:
    """Return entries of `paths`; a single one must exist, of several some may be gone."""
    if not any(path.exists() for path in paths):
        raise SourceError(f"There is no picture {paths[0]}", "Check the path")
    if len(paths) == 1 and (pages := page_count(paths[0])) > 1:
        return tuple(Entry(paths[0], f"page {n + 1} of {pages}", n) for n in range(pages))
    return tuple(Entry(path) for path in paths)


def _unknown(thing: str) -> SourceError:
    near = difflib.get_close_matches(thing.partition(":")[0].lower(), _WORDS, 1)
    hint = f"Did you mean {near[0]}? " if near else ""
    text = " ".join(shown(thing).split())
    text = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    return SourceError(f"There is no source {text or '(empty)'}", hint + _SPELLING)
