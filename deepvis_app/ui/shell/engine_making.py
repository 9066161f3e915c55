"""The engine and the store it keeps results in, as the options and settings want them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.engine import Engine
from deepvis_app.engine.kept.directions import DirectionsShelf
from deepvis_app.errors import UserError
from deepvis_app.store import Store, default_folder

if TYPE_CHECKING:
    from deepvis_app.options import RunOptions
    from deepvis_app.settings import Settings
    from deepvis_app.vitals import Vitals

PATIENCE_S = 0.5  # how long the window waits for other programs that use the store


def open_store(settings: Settings) -> tuple[Store | None, UserError | None]:
    """Open the usual store; None and why where it cannot be: nothing is kept then.

    One that another program keeps busy comes with that, and is used once it answers.
    """
    try:
        store = Store(default_folder(), limit_bytes=store_limit(settings), patience_s=PATIENCE_S)
    except UserError as error:
        return None, error
    return store, store.busy


def store_limit(settings: Settings) -> int:
    """Return the store's size limit in bytes."""
    return round(settings.live.store_limit_gb * 1e9)


def make_engine(
    options: RunOptions, settings: Settings, store: Store | None, vitals: Vitals | None = None
) -> Engine:
    """Make the engine on the device asked for; one of the settings that is gone is no error."""

    def on(device: str) -> Engine:
        return Engine(
            device, threads=settings.live.threads or None, store=store, alone=True, vitals=vitals,
            directions=DirectionsShelf(),
        )  # fmt: skip

    if options.device is not None:
        return on(options.device)
    try:
        return on(settings.live.device)
    except UserError:
        return on("auto")
