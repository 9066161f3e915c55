"""The transport's buttons as wishes to the source."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deepvis_app.engine import Engine
    from deepvis_app.ui.panels.input.transport import Transport


class TransportPresenter:
    """What comes of a wish is in the engine's next status."""

    def __init__(self, transport: Transport, engine: Engine) -> None:
        control = engine.control
        transport.play_toggled.connect(lambda playing: control(lambda source: source.play(playing)))
        transport.step_requested.connect(lambda delta: control(lambda source: source.step(delta)))
        transport.seek_requested.connect(lambda index: control(lambda source: source.seek(index)))
        transport.speed_picked.connect(
            lambda speed: control(lambda source: source.set_speed(speed))
        )
        transport.loop_toggled.connect(lambda loop: control(lambda source: source.set_loop(loop)))
