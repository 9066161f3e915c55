"""What tests of the real window wait for and read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.engine import GridReader

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from deepvis_app.ui.app import App

WAIT_MS = 60_000


def live(qtbot: QtBot, deepvis: App) -> None:
    """Wait for the first grid."""
    qtbot.waitUntil(
        lambda: (
            deepvis.rounds.snapshot is not None and bool(deepvis.rounds.snapshot.every(GridReader))
        ),
        timeout=WAIT_MS,
    )


def banner(deepvis: App, key: str) -> str:
    """Return what a banner says, "" for none."""
    found = [m for m in deepvis.window.banners.shown() if m.key == key]
    return f"{found[0].cause}. {found[0].remedy}" if found else ""
