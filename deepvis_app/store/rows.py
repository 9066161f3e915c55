"""Entries as rows of the index: the only SQL about them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from deepvis_app.store.entry import files_as_json, files_from_json, make_entry

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from sqlite3 import Connection

    from deepvis_app.store.entry import About, Entry

ALL = "SELECT key, kind, place, about, files, created FROM entries"
NEXT_USE = "(SELECT coalesce(max(used), 0) + 1 FROM entries)"


def add(connection: Connection, entry: Entry) -> tuple[Entry, ...]:
    """Add an entry as the one last used; return those it replaces."""
    replaced = removed(connection, entry.folder.parent, "key = ?", entry.key)
    connection.execute(
        f"INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, {NEXT_USE})",
        (
            entry.key,
            entry.kind,
            entry.folder.name,
            json.dumps(dict(entry.about)),
            json.dumps(files_as_json(entry.files)),
            entry.created,
            entry.size,
        ),
    )
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
    query = "SELECT kind, count(*), sum(size) FROM entries GROUP BY kind ORDER BY kind"
    return {kind: (count, size) for kind, count, size in connection.execute(query)}


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
    return tuple(_entries(connection, files, query, values))


def touch(connection: Connection, key: str) -> None:
    """Make an entry the one last used."""
    connection.execute(f"UPDATE entries SET used = {NEXT_USE} WHERE key = ?", (key,))


def places(connection: Connection) -> set[str]:
    """Return the names of the folders that belong to entries."""
    return {place for (place,) in connection.execute("SELECT place FROM entries")}


def _entries(
    connection: Connection, files: Path, query: str, values: Iterable[object]
) -> Iterable[Entry]:
    for key, kind, place, about, marks, created in connection.execute(query, tuple(values)):
        known = files_from_json(json.loads(marks))
        yield make_entry(files / place, key, kind, json.loads(about), created, known)
