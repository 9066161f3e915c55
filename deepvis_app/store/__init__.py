"""What is kept: results by their content, an SQLite index with files beside it.

No Qt, no torch, no pickle. Several processes may share one folder.
"""

from deepvis_app.store.entry import About, Damaged, Entry, Value
from deepvis_app.store.failures import DiskFullError, StoreBusyError
from deepvis_app.store.room import make_room, noted_entries
from deepvis_app.store.store import LIMIT_BYTES, Store, StoreInfo, Verification, default_folder

__all__ = [
    "LIMIT_BYTES",
    "About",
    "Damaged",
    "DiskFullError",
    "Entry",
    "Store",
    "StoreBusyError",
    "StoreInfo",
    "Value",
    "Verification",
    "default_folder",
    "make_room",
    "noted_entries",
]
