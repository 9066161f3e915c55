"""The user's store, as the commands open it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deepvis_app.store import Store


@contextmanager
def user_store() -> Iterator[Store]:
    """Open the store that the window uses, with the size limit of the settings; then close it."""
    from deepvis_app.settings import load_settings
    from deepvis_app.store import Store, default_folder

    settings, _ = load_settings(look_only=True)
    store = Store(default_folder(), limit_bytes=round(settings.live.store_limit_gb * 1e9))
    try:
        if store.busy is not None:
            raise store.busy
        yield store
    finally:
        store.close()
