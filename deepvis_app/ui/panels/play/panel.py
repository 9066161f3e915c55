"""The workspace Play as a panel."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from deepvis_app.synth.play import TECHNIQUES
from deepvis_app.ui.kit.pixels import rgb_image
from deepvis_app.ui.kit.segmented import Segment
from deepvis_app.ui.panel import Panel, Savable, offer_plot, painted
from deepvis_app.ui.panels.play.commands import PlayCommands
from deepvis_app.ui.panels.play.presenter import PlayPresenter
from deepvis_app.ui.panels.play.view import PlayView

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray
    from PyQt6.QtGui import QImage

    from deepvis_app.nets import Network
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panel import Asked, Tick

RESULT = "play-result"


class PlayPanel(Panel):
    """Pictures made of pictures by one of the techniques."""

    view: PlayView

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        segments = [Segment(each.key, each.title, each.sentence) for each in TECHNIQUES.values()]
        self.view = PlayView(segments)
        self.view.explanation_requested.connect(desk.notices.explain)
        self.presenter = PlayPresenter(self.view, desk)
        self.commands = PlayCommands(desk, self.presenter)
        self.view.head.save_requested.connect(self._save)
        offer_plot(desk.files, "play-curve", self.view.result.run.curve)
        offer_plot(desk.files, "play-attempts", self.view.attack.plot)
        desk.options.setting.follow(
            lambda s: s.appearance.wheel,
            lambda s: self.view.result.pair.set_wheel_zooms(s.appearance.wheel.value == "zoom"),
        )

    def set_network(self, network: Network | None) -> None:
        self.presenter.set_network(network)

    def ask(self) -> tuple[Asked, ...]:
        return self.presenter.ask()

    def tick(self, tick: Tick) -> None:
        self.presenter.tick(tick)

    def put_away(self) -> bool:
        """Leave the stream alone again."""
        was_live = self.presenter.is_live
        self._desk.options.play.is_live = False
        return was_live

    def savables(self) -> tuple[Savable, ...]:
        showing, how = self.presenter.showing, self.presenter.how.title.lower()
        pictures: tuple[tuple[str, str, str, Callable[[], NDArray[np.uint8] | None]], ...] = (
            (RESULT, "Play: result", f"{how}, result", lambda: showing.after),
            ("play-input", "Play: input", f"{how}, input", lambda: showing.before),
            (
                "play-difference", "Play: difference", f"{how}, difference about grey",
                lambda: showing.difference,
            ),
        )  # fmt: skip
        return (
            *(
                Savable(key, title, what, partial(_image, make))
                for key, title, what, make in pictures
            ),
            painted("play-shown", "Play: what is shown", self.view.result.pair),
            painted("play-curve", "Plot: curve of the run", self.view.result.run.curve),
            painted("play-attempts", "Plot: scores by size", self.view.attack.plot),
        )

    def _save(self, key: str) -> None:
        if key == RESULT:
            self.commands.save()
        else:
            self._desk.files.save_savable(key)


def _image(make: Callable[[], NDArray[np.uint8] | None]) -> QImage | None:
    picture = make()
    return None if picture is None else rgb_image(picture)
