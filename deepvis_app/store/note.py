"""The note beside an entry's files: from it a lost index is made again."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from deepvis_app.store.entry import (
    NOTE,
    files_as_json,
    files_from_json,
    is_plain_name,
    make_entry,
)

if TYPE_CHECKING:
    from pathlib import Path

    from deepvis_app.store.entry import Entry


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

    The note is checked, of the files only the sizes.
    """
    try:
        digest, _, text = (folder / NOTE).read_bytes().partition(b"\n")
        if hashlib.sha256(text).hexdigest().encode() != digest:
            return None
        note = json.loads(text)
        files = files_from_json(note["files"])
        whole = all(
            is_plain_name(name) and (folder / name).stat().st_size == mark.size
            for name, mark in files.items()
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    if not whole:
        return None
    return make_entry(folder, note["key"], note["kind"], note["about"], note["created"], files)
