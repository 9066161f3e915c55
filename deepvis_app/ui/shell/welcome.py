"""What the welcome card offers, and what becomes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, QTimer

from deepvis_app.engine.cameras import look_for_cameras
from deepvis_app.nets.download import has_route
from deepvis_app.nets.zoo import kept_file
from deepvis_app.ui.shell.welcome_card import Step

if TYPE_CHECKING:
    from deepvis_app.ui.shell.sources import Sources
    from deepvis_app.ui.shell.welcome_card import WelcomeCard

SQUEEZENET = "torchvision:squeezenet1_0"
SQUEEZENET_FILE = "squeezenet1_0-b66bff10.pth"  # of its weights, as torchvision calls it
WELCOME = "Each tile is one unit; bright is where it fires"
HINTS = (
    "Click one and it opens on the right. Arrows go on to the next, <b>F</b> freezes the picture, "
    "<b>H</b> shows all keys."
)
ASKED_MS = 2000  # how often a connection is looked for: someone may plug it in
SOON_MS = 50  # while it is not known what cameras there are


class WelcomePresenter(QObject):
    """Looks what there is while the card is open, and opens what is chosen."""

    def __init__(self, card: WelcomeCard, sources: Sources) -> None:
        super().__init__(card)
        self._card = card
        self._sources = sources
        self._cameras = look_for_cameras()
        card.step_chosen.connect(self._take)
        card.dismissed.connect(self.stop)
        self._clock = QTimer(self)
        self._clock.setInterval(SOON_MS)
        self._clock.timeout.connect(self._refresh)
        self._clock.start()
        self._refresh()

    def stop(self) -> None:
        self._clock.stop()

    def _refresh(self) -> None:
        if self._is_known():
            self._clock.setInterval(ASKED_MS)
        self._card.set_steps((_squeezenet(), _OWN_NETWORK, *self._camera(), _FOLDER))

    def _is_known(self) -> bool:
        """Tell whether it is known what cameras there are and what is looked at first."""
        return self._cameras.done() and self._sources.has_opened

    def _camera(self) -> tuple[Step, ...]:
        """Offer the camera, or, where it is what is seen, the demo; nothing while it is open."""
        if not self._is_known():
            return ()
        if self._sources.source.startswith("camera"):
            return (Step("demo", "demo", "Demo", "Show what the bundled network knows"),)
        cameras = self._cameras.result()
        if not cameras:
            nothing = "Plug one in and start anew"
            return (Step("camera", "camera", "No camera found", nothing, False),)
        return (Step("camera", "camera", "Camera", f"Watch yourself: {cameras[0].name}"),)

    def _take(self, key: str) -> None:
        {
            "squeezenet": lambda: self._sources.load(SQUEEZENET),
            "network": self._sources.open_network,
            "camera": lambda: self._sources.open(self._cameras.result()[0].spec),
            "demo": lambda: self._sources.open("demo"),
            "folder": self._sources.open_folder,
        }[key]()


_OWN_NETWORK = Step(
    "network",
    "network",
    "Your network…",
    "A state dict with its profile, or a torch.export program",
)
_FOLDER = Step("folder", "folder", "Folder…", "Go through the pictures of a folder")


def _squeezenet() -> Step:
    """Offer SqueezeNet 1.0, by what is there; to ask torchvision would hold the first start up."""
    text = "SqueezeNet, 1000 classes"
    tip = "A network that knows all of ImageNet's classes"
    if kept_file(SQUEEZENET_FILE).is_file():
        return Step("squeezenet", "network", text, tip)
    if has_route():
        tip = f"{tip}: 5 MB from download.pytorch.org, kept for the next time"
        return Step("squeezenet", "download", f"{text}, 5 MB", tip)
    tip = f"{tip}: 5 MB to download, which needs a connection"
    return Step("squeezenet", "download", "SqueezeNet: no connection", tip, False)
