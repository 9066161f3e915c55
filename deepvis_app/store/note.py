"""The note beside an entry's files: from it a lost index is made again."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from deepvis_app.reading import MOST_BYTES, parse_json, read_bytes
from deepvis_app.store.entry import (
    NOTE,
    entry_of,
    files_as_json,
    is_own_file,
    is_own_folder,
    is_plain_name,
)

if TYPE_CHECKING:
    from pathlib import Path

    from deepvis_app.store.entry import Entry, Mark

FACTS = ("key", "kind", "about", "created", "files")


def note_of(entry: Entry) -> bytes:
    """Return all of an entry but its folder: a line of SHA-256, a line of JSON."""
    facts = {
        "key": entry.key,
        "kind": entry.kind,
        "about": dict(entry.about),
        "created": entry.created,
        "files": files_as_json(entry.files),
    }
    text = json.dumps(facts).encode()
    return hashlib.sha256(text).hexdigest().encode() + b"\n" + text


def entry_in(folder: Path) -> Entry | None:
    """Return the entry of a folder by its note; None where it is not whole.

    The note is checked, of the files only the sizes. Links are not followed.
    """
    try:
        if not is_plain_name(folder.name) or not is_own_folder(folder):
            return None
        if not is_own_file(folder / NOTE):
            return None
        digest, _, text = read_bytes(folder / NOTE, MOST_BYTES).partition(b"\n")
        if hashlib.sha256(text).hexdigest().encode() != digest:
            return None
        note = parse_json(text)
        entry = entry_of(folder, *(note[name] for name in FACTS))
        whole = all(_has(folder / name, mark) for name, mark in entry.files.items())
    except (OSError, ValueError, LookupError, TypeError):
        return None
    return entry if whole else None


def _has(file: Path, mark: Mark) -> bool:
    return is_own_file(file) and file.lstat().st_size == mark.size
