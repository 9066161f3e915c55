"""Kept files outside the store, under names for people."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from deepvis_app.errors import UserError, in_short
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
                (target / names[name]).write_bytes(data)
            listed.append(_line(entry, names))
        (target / "index.json").write_text(json.dumps(listed, indent=1), "utf-8")
    except OSError as error:
        raise UserError(f"{target} cannot be written: {in_short(error)}") from error
    return len(listed)


def _readable(entry: Entry) -> str:
    title = re.sub(r"[^A-Za-z0-9._-]+", "-", str(entry.about.get(TITLE) or "")).strip("-.")
    key = re.sub(r"[^A-Za-z0-9]+", "-", entry.key)[:12]
    return f"{title[:100]}_{key}" if title else f"{entry.kind}_{key}"


def _line(entry: Entry, names: dict[str, str]) -> dict[str, object]:
    return {
        "key": entry.key,
        "kind": entry.kind,
        "created": entry.created,
        "about": dict(entry.about),
        "files": names,
    }
