"""Ways to spoil a file: all drawn from one `Random`, so that a seed gives the same file again."""

from __future__ import annotations

import io
import json
import re
import sqlite3
import struct
import zipfile
import zlib
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

Way = Callable[[bytes, Random, Sequence[bytes]], bytes]  # (data, chance, other seeds)

NUMBERS = (
    0, 1, 2, 3, 7, 8, 16, 32, 64, 100, 127, 128, 255, 256, 1000, 1024, 4096, 16384, 32767, 32768,
    65535, 65536, 100_000, 1 << 20, 1 << 24, (1 << 31) - 1, 1 << 31, (1 << 32) - 1, 1 << 32,
    (1 << 63) - 1, (1 << 64) - 1, -1, -2, -128, -32768, -(1 << 31), -(1 << 63),
)  # fmt: skip
LARGEST = 300_000  # bytes of an input

# What may stand for a value in JSON and in TOML.
VALUES = (
    "0", "-1", "1e308", "-1e999", "1e-320", "9" * 25, "9" * 4301, "1" * 5000, "0.1e", "true",
    '""', '"\\u0000"', '"x"', '"' + "a" * 3000 + '"', '"../../etc/hosts"', '"\\n\\t<b>&amp;</b>"',
    "[]", "{}", "[[1], {}]", "[" * 300 + "]" * 300, "[" * 3000 + "]" * 3000, "[" * 100_000,
    "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]",
)  # fmt: skip
JSON_VALUES = (
    *VALUES, "null", "NaN", "Infinity", "-Infinity", '"\\ud800"', '{"": {"": null}}',
    '{"a": ' * 2500 + "1" + "}" * 2500,
)  # fmt: skip
TOML_VALUES = (
    *VALUES, "nan", "inf", "-inf", "0x" + "f" * 40, "1979-05-27T07:32:00Z", "12:00:00", "'''",
    "{ a = { a = " * 900, '"""', "{ a.b = 1, a.c = 2 }", "0b1", "1_000_000",
)  # fmt: skip


# Any bytes


def flip_bits(data: bytes, chance: Random, _: Sequence[bytes]) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 4, 8, 30))):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def set_bytes(data: bytes, chance: Random, _: Sequence[bytes]) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 4))):
        changed[chance.randrange(len(changed))] = chance.choice((0, 1, 127, 128, 255, 10, 34, 91))
    return bytes(changed)


def set_number(data: bytes, chance: Random, _: Sequence[bytes]) -> bytes:
    size, order = chance.choice((2, 4, 4, 8)), chance.choice(("little", "big"))
    number = chance.choice(NUMBERS) % (1 << 8 * size)
    head = chance.random() < 0.5  # where most formats say how large they are
    place = chance.randrange(min(len(data), 200) if head else len(data))
    return data[:place] + number.to_bytes(size, order) + data[place + size :]


def set_digits(data: bytes, chance: Random, _: Sequence[bytes]) -> bytes:
    runs = list(re.finditer(rb"\d+", data))
    if not runs:
        return data
    run = chance.choice(runs)
    digits = chance.choice((*map(str, NUMBERS), "9" * 30, "1" * 4400)).encode()
    return data[: run.start()] + digits + data[run.end() :]


def cut_off(data: bytes, chance: Random, _: Sequence[bytes]) -> bytes:
    return data[: chance.randrange(len(data) + 1)]


def take_out(data: bytes, chance: Random, _: Sequence[bytes]) -> bytes:
    start, end = _span(data, chance)
    return data[:start] + data[end:]


def repeat(data: bytes, chance: Random, _: Sequence[bytes]) -> bytes:
    start, end = _span(data, chance)
    times = chance.choice((2, 2, 3, 10, 200, 3000))
    return (data[:end] + data[start:end] * times + data[end:])[:LARGEST]


def copy_over(data: bytes, chance: Random, _: Sequence[bytes]) -> bytes:
    start, end = _span(data, chance)
    place = chance.randrange(len(data) + 1)
    return data[:place] + data[start:end] + data[place + end - start :]


def put_in(data: bytes, chance: Random, _: Sequence[bytes]) -> bytes:
    place = chance.randrange(len(data) + 1)
    return data[:place] + chance.randbytes(chance.choice((1, 2, 4, 16, 300))) + data[place:]


def splice(data: bytes, chance: Random, others: Sequence[bytes]) -> bytes:
    other = chance.choice(others) if others else data
    return data[: chance.randrange(len(data) + 1)] + other[chance.randrange(len(other) + 1) :]


def _span(data: bytes, chance: Random) -> tuple[int, int]:
    length = min(len(data), chance.choice((1, 2, 4, 8, 30, 200, 2000)))
    start = chance.randrange(len(data) - length + 1)
    return start, start + length


PLAIN: tuple[Way, ...] = (
    flip_bits, flip_bits, set_bytes, set_number, set_number, set_digits, cut_off, take_out, repeat,
    copy_over, put_in, splice,
)  # fmt: skip


def any_bytes(data: bytes, chance: Random, others: Sequence[bytes]) -> bytes:
    """Spoil it in one to four of the ways above."""
    for _ in range(chance.choice((1, 1, 1, 2, 2, 4))):
        if data:
            data = chance.choice(PLAIN)(data, chance, others)
    return data


# Text


def json_value(data: bytes, chance: Random, others: Sequence[bytes]) -> bytes:
    """Put something else in the place of a value of the text, which need not stay JSON."""
    return _in_place(rb":\s*([^,\n\]}]+)", JSON_VALUES, data, chance, others)


def toml_value(data: bytes, chance: Random, others: Sequence[bytes]) -> bytes:
    """The same with TOML."""
    return _in_place(rb"=\s*([^\n]+)", TOML_VALUES, data, chance, others)


def _in_place(
    what: bytes, values: Sequence[str], data: bytes, chance: Random, others: Sequence[bytes]
) -> bytes:
    found = list(re.finditer(what, data))
    if not found:
        return any_bytes(data, chance, others)
    start, end = chance.choice(found).span(1)
    return data[:start] + chance.choice(values).encode() + data[end:]


def json_tree(data: bytes, chance: Random, others: Sequence[bytes]) -> bytes:
    """Change one node of a JSON text: another value, gone, doubled, or under another name."""
    try:
        root: Any = [json.loads(data)]
    except (ValueError, RecursionError):
        return any_bytes(data, chance, others)
    place, key = chance.choice(_places(root))
    what = chance.randrange(5)
    if what == 0 and isinstance(place, dict):
        place[chance.choice(("", "x", "a" * 300, "version"))] = place.pop(key)
    elif what == 1 and len(root) > 0 and place is not root:
        del place[key]
    elif what == 2 and isinstance(place, list):
        place.extend([place[key]] * chance.choice((1, 3, 1000)))
    elif what == 3 and isinstance(place[key], str) and place[key]:
        text = place[key].encode("utf-8", "surrogatepass")
        place[key] = any_bytes(text, chance, others).decode("latin-1")
    else:
        place[key] = chance.choice(
            (None, True, -1, 0, 1 << 40, 10**400, 1e300, -1e-300, float("nan"), float("inf"), "",
             "x", "\0", "\ud800", [], {}, [[]], {"a": 1}, ["x"])
        )  # fmt: skip
    return json.dumps(root[0]).encode()[:LARGEST]


def _places(root: Any) -> list[tuple[Any, Any]]:
    """Return all (container, key or index) of plain data, not deeper than they go."""
    found, waiting = [], [root]
    while waiting:
        here = waiting.pop()
        keys = list(here) if isinstance(here, dict) else range(len(here))
        for key in keys:
            found.append((here, key))
            if isinstance(here[key], dict | list):
                waiting.append(here[key])
    return found


# Containers


def _members(data: bytes) -> dict[str, bytes] | None:
    """Return what is in an archive by name; None where it is damaged."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return {name: archive.read(name) for name in archive.namelist()}
    except (zipfile.BadZipFile, OSError, zlib.error):
        return None


def zip_member(inner: Way) -> Way:
    """Spoil one member of an archive by `inner`, and put the archive together again."""

    def spoil(data: bytes, chance: Random, others: Sequence[bytes]) -> bytes:
        members = _members(data)
        if members is None:
            return any_bytes(data, chance, others)
        name = chance.choice(sorted(name for name in members if members[name]))
        way = json_tree if name.endswith(".json") and chance.random() < 0.8 else inner
        members[name] = way(members[name], chance, others)
        return _zipped(members)

    return spoil


def zip_names(data: bytes, chance: Random, others: Sequence[bytes]) -> bytes:
    """Take a member out, give it another's content or another name."""
    members = _members(data)
    if members is None:
        return any_bytes(data, chance, others)
    name = chance.choice(sorted(members))
    what = chance.randrange(3)
    if what == 0:
        del members[name]
    elif what == 1:
        members[name] = members[chance.choice(sorted(members))]
    else:
        wrong = chance.choice(("../x", "/etc/x", "a" * 300, "", "x/" + name, name + "/", "\0"))
        members[wrong] = members.pop(name)
    return _zipped(members)


def _zipped(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return file.getvalue()


def png_chunk(inner: Way) -> Way:
    """Spoil what is in one chunk of a PNG, its checksum right again."""

    def spoil(data: bytes, chance: Random, others: Sequence[bytes]) -> bytes:
        chunks = _chunks(data)
        if not chunks:
            return any_bytes(data, chance, others)
        place = chance.randrange(len(chunks))
        kind, content = chunks[place]
        what = chance.randrange(8)
        if what == 0:
            del chunks[place]
        elif what == 1:
            chunks[place:place] = [chunks[place]] * chance.choice((1, 2, 500))
        elif what == 2:
            chunks[place] = chance.choice(chunks)[0], content
        elif what == 3 and kind in (b"IDAT", b"zTXt") and content:
            chunks[place] = kind, zlib.compress(b"\0" * chance.choice((0, 10, 10**6, 10**8)))
        elif content:
            chunks[place] = kind, inner(content, chance, others)
        return data[:8] + b"".join(_chunk(*each) for each in chunks)[:LARGEST]

    return spoil


def _chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    chunks, place = [], 8
    while data[:4] == b"\x89PNG" and place + 8 <= len(data):
        length, kind = struct.unpack(">I4s", data[place : place + 8])
        chunks.append((kind, data[place + 8 : place + 8 + length]))
        place += length + 12
    return chunks


def _chunk(kind: bytes, content: bytes) -> bytes:
    check = zlib.crc32(kind + content)
    return struct.pack(">I4s", len(content), kind) + content + struct.pack(">I", check)


def sqlite_row(data: bytes, chance: Random, others: Sequence[bytes]) -> bytes:
    """Put something else into one field of a row: the file itself stays sound."""
    journal = data[18:20]
    connection = sqlite3.connect(":memory:")
    try:
        connection.deserialize(data[:18] + b"\1\1" + data[20:])  # in memory there is no log
        connection.execute("PRAGMA ignore_check_constraints = ON")
        table, column = chance.choice(_columns(connection))
        rows = [row for (row,) in connection.execute(f"SELECT {column} FROM {table}")]
        old = chance.choice(rows) if rows else None
        connection.execute(
            f"UPDATE OR IGNORE {table} SET {column} = ? WHERE {column} IS ?",
            (_value(old, chance, others), old),
        )
        connection.commit()
        spoiled = connection.serialize()
    except (sqlite3.Error, OverflowError, UnicodeError):
        return any_bytes(data, chance, others)
    finally:
        connection.close()
    return spoiled[:18] + journal + spoiled[20:]


def _columns(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    return [
        (table, f'"{name}"')
        for (table,) in tables
        for _, name, *_ in connection.execute(f"PRAGMA table_info({table})")
    ]


def _value(old: object, chance: Random, others: Sequence[bytes]) -> object:
    if isinstance(old, str) and chance.random() < 0.7:
        way = chance.choice((any_bytes, json_value, json_tree))
        return way(old.encode() or b" ", chance, others).decode("latin-1")
    return chance.choice(
        (None, 0, -1, (1 << 63) - 1, -(1 << 63), 1e300, float("inf"), "", "x", "../../x", "/etc",
         "a" * 5000, b"\xff\xfe", b"", "{}", "[]", "null", "[" * 5000)
    )  # fmt: skip
