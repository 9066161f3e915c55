"""What happens once the window is open: a hint at the first start, an errand of a command."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from deepvis_app.engine.readers import GridReader
from deepvis_app.ui.shell.welcome import HINTS, WELCOME, WelcomePresenter
from deepvis_app.ui.shell.welcome_card import WelcomeCard

if TYPE_CHECKING:
    from collections.abc import Callable

    from deepvis_app.engine import Snapshot
    from deepvis_app.options import RunOptions
    from deepvis_app.state.selection import Selection
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.main_window import MainWindow
    from deepvis_app.ui.shell.shell import Shell


def greet(options: RunOptions, window: MainWindow, desk: Desk, shell: Shell) -> WelcomeCard | None:
    """Begin what the options ask for; else welcome who is here for the first time."""
    if options.exit_after_first_picture:
        shell.on_snapshot = _close_after(window)
        return None
    if options.soak_s:
        _begin_soak(options, window, desk, shell)
        return None
    if options.measure_s:
        _begin_measuring(options, window, desk, shell)
        return None
    return None if shell.keeping.hint_seen else _welcome(window, desk, shell)


def _welcome(window: MainWindow, desk: Desk, shell: Shell) -> WelcomeCard:
    shell.on_snapshot = FirstUnit(desk.selection)
    card = WelcomeCard(window, window.inspector, WELCOME, HINTS)
    WelcomePresenter(card, shell.sources)
    card.dismissed.connect(shell.keeping.see_hint)
    shell.put_away = card.dismiss
    card.open()
    return card


class FirstUnit:
    """Picks, once, the unit that is most active on the first picture: unit 0 is often a dull one.

    What was picked meanwhile stays.
    """

    def __init__(self, selection: Selection) -> None:
        self._selection = selection
        self._is_picked = False

    def __call__(self, snapshot: Snapshot) -> None:
        layer = self._selection.layer
        grids = snapshot.every(GridReader)
        maxima = next((grid.maxima for grid in grids if grid.layer == layer), None)
        if maxima is None or self._is_picked:
            return
        self._is_picked = True
        if not self._selection.remembered and self._selection.unit == 0:
            self._selection.pick_unit(int(maxima.argmax()))


def _close_after(window: MainWindow) -> Callable[[Snapshot], None]:
    """Return what tells when live activations were first painted, and closes."""
    told: list[Snapshot] = []

    def see(snapshot: Snapshot) -> None:
        if snapshot.every(GridReader) and not told:
            told.append(snapshot)
            window.repaint()
            _tell({"first_picture_at": time.time()})
            window.close()

    return see


def _begin_measuring(options: RunOptions, window: MainWindow, desk: Desk, shell: Shell) -> None:
    from deepvis_app.ui.shell.meter import Meter

    meter = Meter(window, desk.engine, window.visibility_changed.emit, options.measure_s)
    shell.on_snapshot = meter.see
    meter.measured.connect(_tell)
    meter.failed.connect(lambda why: _tell({"why": why}))
    meter.ended.connect(window.close)
    meter.start()


def _begin_soak(options: RunOptions, window: MainWindow, desk: Desk, shell: Shell) -> None:
    from deepvis_app.ui.shell.soak import Soak

    soak = Soak(window, desk, shell, seconds=options.soak_s, seed=options.soak_seed)
    soak.sampled.connect(_tell)
    soak.ended.connect(window.close)
    soak.start()


def _tell(facts: object) -> None:
    """Say something to the command that has started this window: a line on its own."""
    print(json.dumps(facts), flush=True)  # noqa: T201
