"""Kept files outside the store, under names for people."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from deepvis_app.errors import UserError, in_short
from deepvis_app.files import plain_name, write_whole
from deepvis_app.store.entry import Damaged

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from deepvis_app.store.entry import Entry

TITLE = "title"  # the fact that names an entry's files


def export_entries(entries: Iterable[Entry], target: Path) -> int:
    """Copy entries' files into `target` and list them in its `index.json`; skip damaged ones.

    A file is named after its entry's fact "title", the beginning of its key, and its name.
    """
    listed: list[dict[str, object]] = []
    try:
        target.mkdir(parents=True, exist_ok=True)
        for entry in entries:
            try:
                contents = {name: entry.read(name) for name in entry.files}
            except Damaged:
                continue
            names = {name: f"{_readable(entry)}_{name}" for name in contents}
            for name, data in contents.items():
                write_whole(target / names[name], data, durable=False)
            listed.append(_line(entry, names))
        write_whole(target / "index.json", json.dumps(listed, indent=1))
    except OSError as error:
        raise UserError(f"{target} cannot be written: {in_short(error)}") from error
    return len(listed)


def _readable(entry: Entry) -> str:
    title = plain_name(str(entry.about.get(TITLE) or ""), entry.kind)
    return f"{title}_{plain_name(entry.key)[:12]}"


def _line(entry: Entry, names: dict[str, str]) -> dict[str, object]:
    return {
        "key": entry.key,
        "kind": entry.kind,
        "created": entry.created,
        "about": dict(entry.about),
        "files": names,
    }
