"""The real window with a real engine, on whatever screen the tests have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from deepvis_app.engine import loader
from deepvis_app.garbage import Collector
from deepvis_app.options import RunOptions
from deepvis_app.session import Session, save_session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from deepvis_app.ui.app import App
    from deepvis_app.ui.panel import PanelInfo


@pytest.fixture(autouse=True)
def garbage_waits() -> Iterator[None]:
    """Garbage goes between two tests, as in the window between two events."""
    collector = Collector()
    yield
    collector.step()
    collector.end()


@pytest.fixture(autouse=True)
def memory_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test waits for the thread that gives an exchanged network's memory back."""
    monkeypatch.setattr(loader, "give_back_after", lambda _: None)


@pytest.fixture
def start(qtbot: QtBot, private_folders: None) -> Iterator[Callable[..., App]]:
    """Return a function that starts deepvis with the given options; all are closed at the end."""
    from PyQt6.QtCore import QEvent
    from PyQt6.QtWidgets import QApplication

    from deepvis_app.ui.app import App
    from deepvis_app.ui.registry import PANELS

    app = QApplication.instance()
    assert isinstance(app, QApplication)
    started: list[App] = []

    def make(
        *,
        hint: bool = False,
        keep_session: bool = False,
        panels: Sequence[PanelInfo] = PANELS,
        **options: object,
    ) -> App:
        if not hint and not keep_session:
            save_session(Session(hint_seen=True))
        deepvis = App(app, RunOptions(**options), panels=panels)  # type: ignore[arg-type]
        started.append(deepvis)
        deepvis.open()
        return deepvis

    yield make
    for deepvis in started:
        deepvis.window.close()
        deepvis.window.deleteLater()
        deepvis.deleteLater()
    qtbot.wait(0)
    # Without this it is gone only within the next test, which first styles all of it anew.
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def real(shared_nets: Path) -> dict[str, str]:
    """Options for the real ImageNet network."""
    return {
        "net": "torchvision:squeezenet1_0",
        "weights": str(shared_nets / "squeezenet1_0-imagenet.pth"),
    }
