"""Entries as rows of the index: the only SQL about them.

Each row has a digest of itself: one that is no longer what was written counts as damage of the
index (see `failures.damage`), so a wrong fact is never given.
"""

from __future__ import annotations

import hashlib
import json
from math import isnan
from typing import TYPE_CHECKING, Any

from deepvis_app.reading import parse_json
from deepvis_app.store.entry import entry_of, files_as_json, is_plain_name
from deepvis_app.store.failures import damage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from sqlite3 import Connection

    from deepvis_app.store.entry import About, Entry

ALL = "SELECT key, kind, place, about, files, created, size, digest FROM entries"
NEXT_USE = "(SELECT coalesce(max(used), 0) + 1 FROM entries)"


def add(connection: Connection, entry: Entry) -> tuple[Entry, ...]:
    """Add an entry as the one last used; return those it replaces."""
    replaced = removed(connection, entry.folder.parent, "key = ?", entry.key)
    row = (
        entry.key,
        entry.kind,
        entry.folder.name,
        json.dumps(dict(entry.about)),
        json.dumps(files_as_json(entry.files)),
        float(entry.created),  # as it comes back
        entry.size,
    )
    query = f"INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?, {NEXT_USE})"
    connection.execute(query, (*row, _digest(row)))
    facts = [(entry.key, name, value) for name, value in entry.about.items()]
    connection.executemany("INSERT INTO facts VALUES (?, ?, ?)", facts)
    return replaced


def removed(
    connection: Connection, files: Path, where: str, *values: str | int
) -> tuple[Entry, ...]:
    """Remove the rows that answer a condition and return what they were."""
    gone = matching(connection, files, where, *values)
    connection.execute(f"DELETE FROM entries WHERE {where}", values)
    return gone


def matching(
    connection: Connection, files: Path, where: str, *values: str | int
) -> tuple[Entry, ...]:
    """Return the entries that answer a condition."""
    return tuple(_entries(connection, files, f"{ALL} WHERE {where}", values))


def removed_beyond(connection: Connection, files: Path, limit_bytes: int) -> tuple[Entry, ...]:
    """Remove those longest not used until the rest fits the limit; the last used one stays."""
    excess = total_bytes(connection) - limit_bytes
    if excess <= 0:
        return ()
    for _ in _sound(connection, ALL):  # a wrong size must not cost what is kept
        pass
    last = 0
    uses = connection.execute("SELECT used, size FROM entries ORDER BY used").fetchall()
    for used, size in uses[:-1]:
        if excess <= 0:
            break
        last, excess = used, excess - size
    return removed(connection, files, "used <= ?", last) if last else ()


def total_bytes(connection: Connection) -> int:
    return int(connection.execute("SELECT coalesce(sum(size), 0) FROM entries").fetchone()[0])


def by_kind(connection: Connection) -> dict[str, tuple[int, int]]:
    """Return number and bytes of the entries of every kind."""
    kinds: dict[str, tuple[int, int]] = {}
    for _, kind, _, _, _, _, size in _sound(connection, f"{ALL} ORDER BY kind"):
        count, total = kinds.get(kind, (0, 0))
        kinds[kind] = count + 1, total + size
    return kinds


def with_key(connection: Connection, files: Path, key: str) -> Entry | None:
    return next(iter(matching(connection, files, "key = ?", key)), None)


def found(connection: Connection, files: Path, kind: str | None, about: About) -> tuple[Entry, ...]:
    """Return entries of a kind whose facts equal `about`, newest first."""
    conditions = ["kind = ?"] if kind is not None else []
    values: list[object] = [kind] if kind is not None else []
    for name, value in about.items():
        conditions.append("key IN (SELECT key FROM facts WHERE name = ? AND value IS ?)")
        values += [name, value]
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    query = f"{ALL}{where} ORDER BY created DESC, rowid DESC"
    entries = tuple(_entries(connection, files, query, values))
    if any(
        _as_fact(entry.about.get(n)) != _as_fact(v) for entry in entries for n, v in about.items()
    ):
        raise damage()  # the facts say otherwise than the entries
    return entries


def check_facts(connection: Connection, files: Path) -> None:
    """Raise damage unless the facts are those of the entries, and all of them."""
    facts: dict[str, dict[str, object]] = {}
    for key, name, value in connection.execute("SELECT key, name, value FROM facts"):
        facts.setdefault(key, {})[name] = value
    for entry in _entries(connection, files, ALL, ()):
        if facts.pop(entry.key, {}) != {n: _as_fact(v) for n, v in entry.about.items()}:
            raise damage()
    if facts:
        raise damage()


def touch(connection: Connection, key: str) -> None:
    """Make an entry the one last used."""
    connection.execute(f"UPDATE entries SET used = {NEXT_USE} WHERE key = ?", (key,))


def places(connection: Connection) -> set[str]:
    """Return the names of the folders that belong to entries."""
    return {place for _, _, place, *_ in _sound(connection, ALL)}


def _entries(
    connection: Connection, files: Path, query: str, values: Iterable[object]
) -> Iterable[Entry]:
    for key, kind, place, about, marks, created, _ in _sound(connection, query, values):
        try:
            facts, known = parse_json(about), parse_json(marks)
            yield entry_of(files / place, key, kind, facts, created, known)
        except (ValueError, TypeError) as error:
            raise damage() from error


def _sound(
    connection: Connection, query: str, values: Iterable[object] = ()
) -> Iterator[tuple[Any, ...]]:
    """Yield rows that are what was written, without their digests; damage for others."""
    for *row, digest in connection.execute(query, tuple(values)):
        _, _, place, *_, size = row
        if _digest(row) != digest or not is_plain_name(place):
            raise damage()  # not what was written, or it would lead out of the store
        if type(size) is not int or size < 0:
            raise damage()
        yield tuple(row)


def _digest(row: Iterable[object]) -> str:
    return hashlib.sha256(repr(tuple(row)).encode(errors="replace")).hexdigest()


def _as_fact(value: object) -> object:
    """Return a value as SQLite keeps it."""
    return None if isinstance(value, float) and isnan(value) else value
