"""A factory of one's own: what code it brings, and running exactly that."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import os
import sys
from contextlib import contextmanager, suppress
from importlib.abc import MetaPathFinder
from importlib.machinery import PathFinder, SourceFileLoader, all_suffixes
from pathlib import Path
from typing import TYPE_CHECKING

from deepvis_app.errors import UserError, in_short, short_text
from deepvis_app.nets.own_code import LIBRARIES
from deepvis_app.nets.trust import ForeignCode, digest_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from importlib.machinery import ModuleSpec

    Files = Mapping[str, bytes]  # by whole path

MOST_FILES = 5000
MOST_BYTES = 32_000_000
LONGEST_SOURCE = 1_000_000  # bytes; to find its imports takes a hundred times as much memory
SHOWN_LINES, SHOWN_LETTERS = 40, 160
_BEFOREHAND = "Keep the factory's code apart, in a folder of its own, or give --trust"


class OwnFactory:
    """The factory "module:name" of a profile, whose text is `text`; found, not imported.

    `code` is the profile and the module's file. Where that lies beside the profile it is also every
    file there that is imported, directly or by another: a package as a whole. Raises `UserError`.
    """

    def __init__(self, factory: str, profile: Path, text: bytes, arguments: str) -> None:
        module = factory.partition(":")[0]
        top = module.partition(".")[0]
        self._folder = profile.parent.resolve()
        self._files = _reached(self._folder, top)
        if self._files:
            place = _place_among(self._files, self._folder, module)
            parts = [part for path in sorted(self._files) for part in self._named(path)]
        else:
            place = _installed_place(module)
            parts = [module.encode(), _content(Path(place)) if place else b""]
        self.code = ForeignCode(
            profile,
            factory,
            digest_of([text, *parts]),
            lies_in=place or f"{top}, a part of Python",
            arguments=arguments,
            beginning=_beginning(self._files.get(place, b"")),
        )

    def _named(self, path: str) -> tuple[bytes, bytes]:
        return os.fsencode(os.path.relpath(path, self._folder)), self._files[path]

    @contextmanager
    def importable(self) -> Iterator[None]:
        """Let its files be imported as they were read, and nothing else beside the profile."""
        finder = _AsRead(self._folder, self._files)
        with _passing(self._folder, finder.tops):
            # Those of factories that never came back: nobody waits for these any more.
            sys.meta_path[:] = [one for one in sys.meta_path if not isinstance(one, _AsRead)]
            sys.meta_path.insert(0, finder)
            try:
                yield
            finally:
                with suppress(ValueError):
                    sys.meta_path.remove(finder)


@contextmanager
def folder_importable(folder: Path) -> Iterator[None]:
    """Let imports look into a folder first, whatever lies there."""
    folder = folder.resolve()
    tops = {name for name in list(sys.modules) if "." not in name and _lies_in(folder, name)}
    with _passing(folder, tops - LIBRARIES):
        sys.path.insert(0, str(folder))
        try:
            yield
        finally:
            with suppress(ValueError):
                sys.path.remove(str(folder))


@contextmanager
def _passing(folder: Path, tops: set[str]) -> Iterator[None]:
    """Forget afterwards what came from a folder; `tops` are modules that it may have its own of.

    So two profiles may each have a `model.py`, and an edited one is read again.
    """
    there = list(sys.modules.items())  # at once: other threads may import meanwhile
    hidden = {name: module for name, module in there if name.partition(".")[0] in tops}
    for name in hidden:
        del sys.modules[name]
    before = set(sys.modules)
    importlib.invalidate_caches()
    try:
        yield
    finally:
        for name in set(sys.modules) - before:
            if name.partition(".")[0] in tops or _is_from(folder, sys.modules.get(name)):
                del sys.modules[name]
        sys.modules.update(hidden)


def _is_from(folder: Path, module: object) -> bool:
    file = getattr(module, "__file__", None)
    return bool(file) and folder in Path(str(file)).resolve().parents


def _lies_in(folder: Path, name: str) -> bool:
    return _is_file(folder / f"{name}.py") or _is_file(folder / name / "__init__.py")


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # such as a name that is too long
        return False


class _AsRead(MetaPathFinder):
    """Finds the files of a folder that were read; sources are run as they were then.

    Neither what a file holds by now is run nor compiled code that lies beside it.
    """

    def __init__(self, folder: Path, files: Files) -> None:
        self._folder, self._files = folder, files
        self.tops = {Path(path).relative_to(folder).parts[0].partition(".")[0] for path in files}

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, _target: object = None
    ) -> ModuleSpec | None:
        if name.partition(".")[0] not in self.tops:
            return None
        spec = PathFinder.find_spec(name, [str(self._folder)] if path is None else list(path))
        if spec is None:
            return None
        if spec.origin is None:  # a folder without __init__.py, which has no code of its own
            spec.submodule_search_locations = list(spec.submodule_search_locations or ())
            return spec
        source = self._files.get(spec.origin)
        if source is None:
            return None
        if isinstance(spec.loader, SourceFileLoader):
            spec.loader = _SourceAsRead(name, spec.origin, source)
            spec.cached = None
        return spec


class _SourceAsRead(SourceFileLoader):
    def __init__(self, name: str, path: str, source: bytes) -> None:
        super().__init__(name, path)
        self._source = source

    def get_data(self, path: str) -> bytes:
        return self._source if path == self.path else super().get_data(path)

    def path_stats(self, _path: str) -> Mapping[str, object]:
        raise OSError  # without the time of the source no compiled code is looked for or kept


def _reached(folder: Path, top: str) -> dict[str, bytes]:
    """Read all files in `folder` that importing its module `top` may run, none where it has none.

    Modules of Python and of the libraries for networks are never taken from there.
    """
    files: dict[str, bytes] = {}
    wanted, seen, total = [top], set(LIBRARIES), 0
    if top in LIBRARIES and _lies_in(folder, top):
        raise UserError(
            f"{folder / top} has the name of a module of Python or of a library, which comes first",
            "Give it another name, and the factory too",
        )
    while wanted:
        name = wanted.pop()
        if name in seen:
            continue
        seen.add(name)
        for path in _importable(folder, name):
            files[str(path)] = content = _content(path)
            total += len(content)
            if len(files) > MOST_FILES or total > MOST_BYTES:
                raise UserError(f"There is too much code beside {folder / top}", _BEFOREHAND)
            if path.suffix == ".py":
                wanted += _imported(path, content)
    return files


def _importable(folder: Path, name: str) -> Iterator[Path]:
    """Yield all files that a module or package of that name has in `folder`."""
    suffixes = tuple(all_suffixes())
    yield from (path for end in suffixes if _is_file(path := folder / f"{name}{end}"))
    for root, folders, names in os.walk(folder / name):
        folders[:] = [each for each in folders if each != "__pycache__"]
        paths = (Path(root, each) for each in names if each.endswith(suffixes))
        yield from filter(_is_file, paths)


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise UserError(f"Cannot read {path}: {in_short(error)}", "Check the file") from error
    if len(content) > MOST_BYTES:
        raise UserError(f"{path} is too large to be looked through", _BEFOREHAND)
    return content


def _imported(path: Path, source: bytes) -> Iterator[str]:
    """Yield the top names of all that a source imports anywhere in it."""
    if len(source) > LONGEST_SOURCE:
        raise UserError(f"{path} is too long to be looked through", _BEFOREHAND)
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return  # it cannot be run either, which is said then
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def _place_among(files: Files, folder: Path, module: str) -> str:
    """Return which of the files is the module; the first of them where none is just that."""
    way = folder.joinpath(*module.split("."))
    likely = (str(way / "__init__.py"), f"{way}.py")
    return next((path for path in likely if path in files), min(files))


def _installed_place(module: str) -> str:
    """Return the file of a module that lies where Python looks, "" for one of Python's own.

    No code of it is run to find out. Raises `UserError` where there is none.
    """
    top, *rest = module.split(".")
    try:
        spec = importlib.util.find_spec(top)
    except (ValueError, ImportError):  # a module that was put together by hand
        spec = None
    if spec is None and top not in sys.builtin_module_names:
        raise UserError(
            f"There is no module {short_text(top)!r}", "Write the module beside the profile"
        )
    name = top
    for part in rest:
        inside = spec.submodule_search_locations if spec else None
        found = PathFinder.find_spec(f"{name}.{part}", inside) if inside else None
        if found is None:
            break
        spec, name = found, f"{name}.{part}"
    return spec.origin if spec and spec.origin and spec.has_location else ""


def _beginning(source: bytes) -> str:
    """Return the first lines of a source, for a person to read."""
    lines = source[: SHOWN_LINES * SHOWN_LETTERS * 4].decode("utf-8", "replace").splitlines()
    return "\n".join(line[:SHOWN_LETTERS] for line in lines[:SHOWN_LINES])
