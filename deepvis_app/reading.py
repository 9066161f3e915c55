"""Text files that anybody may have written: read within bounds, parsed without surprises.

Every settings, session, recipe, profile, note and list comes through here. What cannot be used is
`Unreadable`, one line; a single value that no program can take becomes `Odd`, which is valid
nowhere, so that the rest of its file stays in force.
"""

from __future__ import annotations

import codecs
import json
import os
import re
import tomllib
from collections import Counter
from typing import TYPE_CHECKING, Any

from deepvis_app.files import kind_of

if TYPE_CHECKING:
    from pathlib import Path

MOST_BYTES = 1_000_000  # of a file, unless its reader says otherwise
DEEPEST = 40  # tables and lists within each other
MOST_INTEGER = 2**63 - 1  # what the store, tensors and Qt's own numbers can hold
MOST_COUNT = 2**31 - 1  # of units, classes and places
MOST_SEED = 2**53 - 1  # exact in every program that reads JSON

_DEEP = f"values lie more than {DEEPEST} deep within each other"
_LONG_DIGITS = re.compile(r"[0-9][0-9_]{999}")  # Python itself reads no number of 4301
# Keys with very many dots, which the parser takes quadratic time for.
_KEY = r"""(?:[\w-]+|"[^"\n]*"|'[^'\n]*')"""
_LONG_KEY = re.compile(rf"""(?<![\w"'.-])(?>{_KEY}[ \t]*\.[ \t]*){{{DEEPEST}}}""")
_LINE = re.compile(r" *\(at line (\d+), column \d+\)")
_BRACKET = re.compile(r"[\[\]{}]")
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Unreadable(ValueError):  # noqa: N818 - says what a file is
    """Why a file or text cannot be used, in a few words; `line` is the one to blame, 0: none."""

    def __init__(self, why: str, line: int = 0) -> None:
        super().__init__(f"{why}, line {line}" if line else why)
        self.line = line


class Odd:
    """Stands for a value that cannot be taken, and says in words what it is."""

    def __init__(self, what: str) -> None:
        self.what = what

    def __repr__(self) -> str:
        return self.what


TOO_LONG = Odd("a number with too many digits")


def read_text(path: Path, most_bytes: int = MOST_BYTES) -> str:
    """Return the text of a plain file in UTF-8, with or without a byte order mark.

    Raises `OSError`, and `Unreadable` for a pipe, a device or a file beyond `most_bytes`, which are
    not waited for and not taken into memory, and for what is no text.
    """
    return as_text(read_bytes(path, most_bytes))


def read_bytes(path: Path, most_bytes: int) -> bytes:
    """Return a plain file's content; raises as `read_text` does."""
    if "\0" in str(path):  # a name from a file; the system itself would call it a ValueError
        raise Unreadable("its name has a zero in it")
    if not _is_plain(path.stat()):  # before it is opened, which at a pipe somebody would notice
        raise Unreadable("it is no plain file")
    with open(path, "rb", opener=_without_waiting) as file:
        if not _is_plain(os.fstat(file.fileno())):
            raise Unreadable("it is no plain file")
        data = file.read(most_bytes + 1)
    if len(data) > most_bytes:
        raise Unreadable(f"it is larger than {_size(most_bytes)}")
    return data


def as_text(data: bytes) -> str:
    """Return bytes as text with plain line ends. Raises `Unreadable`."""
    if data.startswith(_UTF_16):
        raise Unreadable("it is UTF-16, not UTF-8")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable("it is not UTF-8", data.count(b"\n", 0, error.start) + 1) from error
    if "\0" in text:
        raise Unreadable("it is no text")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def parse_toml(text: str) -> dict[str, Any]:
    """Return what a text says as TOML. Raises `Unreadable`, with the line where that is known."""
    if found := _LONG_KEY.search(text):
        raise Unreadable(f"a key has more than {DEEPEST} parts", _line_of(text, found.start()))
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = _LINE.search(str(error))
        raise Unreadable(
            f"not valid TOML: {_LINE.sub('', str(error))}", int(place[1]) if place else 0
        ) from error
    except RecursionError:
        raise Unreadable(_DEEP, _deep_line(text)) from None
    except ValueError as error:  # a number that Python does not read
        found = _LONG_DIGITS.search(text)
        raise Unreadable(
            "a number has too many digits", _line_of(text, found.start()) if found else 0
        ) from error
    try:
        tamed: dict[str, Any] = _tamed(values)
    except Unreadable:
        raise Unreadable(_DEEP, _deep_line(text)) from None
    return tamed


def parse_json(text: str | bytes) -> Any:
    """Return what a text says as JSON. Raises `Unreadable`."""
    try:
        values = _JSON.decode(text if isinstance(text, str) else text.decode())
    except RecursionError:
        raise Unreadable(_DEEP) from None
    except json.JSONDecodeError as error:
        raise Unreadable(f"not valid JSON: {error.msg}", error.lineno) from error
    except ValueError as error:
        raise Unreadable("not valid JSON") from error
    return _tamed(values)


def whole_number(value: object, most: int = MOST_COUNT) -> int:
    """Return a value that is a whole number from 0 to `most`; raises `ValueError` for others."""
    if type(value) is not int or not 0 <= value <= most:
        raise ValueError(f"not a whole number from 0 to {most}")
    return value


def _without_waiting(name: str, flags: int) -> int:
    return os.open(name, flags | getattr(os, "O_NONBLOCK", 0))


def _is_plain(found: os.stat_result) -> bool:
    kind = kind_of(found)
    if kind == "a folder":
        raise IsADirectoryError("It is a folder")
    return not kind


def _size(count: int) -> str:
    return f"{count / 1e6:g} MB" if count >= 1_000_000 else f"{count / 1e3:g} kB"


def _line_of(text: str, place: int) -> int:
    return text.count("\n", 0, place) + 1


def _deep_line(text: str) -> int:
    """Return the line where brackets go deepest first; 0 where it cannot be told."""
    depth = 0
    for bracket in _BRACKET.finditer(text):
        depth += 1 if bracket[0] in "[{" else -1
        if depth >= DEEPEST:
            return _line_of(text, bracket.start())
    return 0


def _integer(digits: str) -> int | Odd:
    return int(digits) if len(digits) <= 20 else TOO_LONG


def _table(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) < len(pairs):
        twice = (key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        table |= dict.fromkeys(twice, Odd("two values"))
    return table


_JSON = json.JSONDecoder(parse_int=_integer, object_pairs_hook=_table)


def _tamed(value: Any, depth: int = 0) -> Any:
    """Return parsed values with `Odd` for what nothing can hold; `Unreadable` where too deep."""
    if depth >= DEEPEST and isinstance(value, dict | list):
        raise Unreadable(_DEEP)
    if isinstance(value, dict):
        return {_sayable(key): _tamed(one, depth + 1) for key, one in value.items()}
    if isinstance(value, list):
        return [_tamed(one, depth + 1) for one in value]
    if type(value) is int and abs(value) > MOST_INTEGER:
        return TOO_LONG
    return Odd("broken text") if isinstance(value, str) and _sayable(value) != value else value


def _sayable(text: str) -> str:
    return text if text.isascii() else text.encode(errors="replace").decode()
