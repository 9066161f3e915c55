"""What was opened last: by whole paths, so that it is found again, and told apart by their ends."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from deepvis_app import paths
from deepvis_app.engine.run_specs import PREFIX as RUN
from deepvis_app.engine.run_specs import folder_in, source_of
from deepvis_app.frames.address import is_address, kept
from deepvis_app.nets.hugging_face import PREFIX, is_folder
from deepvis_app.nets.run_folders import run_network
from deepvis_app.nets.weights import SUFFIXES

if TYPE_CHECKING:
    from collections.abc import Sequence

NETWORK_SUFFIXES = frozenset({".pt2", ".toml", *SUFFIXES})
_WORDS = ("demo", "camera", "screen")  # sources that are no paths, whatever lies in the folder


def whole_network(spec: str) -> str:
    """Return the spec of a network; of a file or folder with its whole path."""
    if spec.startswith(PREFIX):
        return f"{PREFIX}{paths.expanded(spec.removeprefix(PREFIX)).absolute()}"
    if (run := run_network(spec)) is not None:
        return run.spec
    if is_folder(Path(spec)):
        return str(Path(spec).absolute())
    is_file = Path(spec).suffix.lower() in NETWORK_SUFFIXES and ":" not in spec
    return str(paths.expanded(spec).absolute()) if is_file else spec


def whole_source(spec: str) -> str:
    """Return the spec of a source, every path that is there (one a line) with all its folders.

    An address is returned as it may be kept, without its passwords.
    """
    if is_address(spec):
        return kept(spec)
    if spec.startswith(RUN):
        folder, is_train = folder_in(spec)
        return source_of(folder, train=is_train)
    if spec.partition(":")[0].strip() in _WORDS or spec.strip().isdecimal():
        return spec
    if _is_one_path(spec):
        return str(Path(spec))
    return "\n".join(map(_whole_path, spec.splitlines()))


def _is_one_path(spec: str) -> bool:
    """Tell whether a spec is a whole path: a name may hold anything, line breaks too."""
    path = Path(spec)
    try:
        return path.is_absolute() and (len(spec.splitlines()) == 1 or path.exists())
    except (OSError, ValueError):  # too long for a name, or a zero in it: several paths
        return False


def _whole_path(line: str) -> str:
    word, colon, rest = line.strip().partition(":")
    if word == "list" and colon:
        return f"list:{paths.expanded(rest.strip()).absolute()}"
    path = paths.expanded(line.strip())
    if path.is_absolute():  # not looked for: its drive may not answer
        return str(path)
    return str(path.absolute()) if line.strip() and path.exists() else line


def told_apart(paths: Sequence[str]) -> list[str]:
    """Return of each path the shortest end that no other of them has."""
    return [_end(path, [other for other in paths if other != path]) for path in paths]


def _end(path: str, others: Sequence[str]) -> str:
    parts = Path(path).parts
    for count in range(1, len(parts)):
        end = parts[-count:]
        if not any(Path(other).parts[-count:] == end for other in others):
            return str(Path(*end))
    return path
