"""CONTRIBUTING's example of a page, in the window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PyQt6.QtWidgets import QApplication

from deepvis_app.options import RunOptions
from deepvis_app.session import Session, save_session
from deepvis_app.ui.app import App
from deepvis_app.ui.registry import PANELS
from tests.papers import examples
from tests.ui.looking import live

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


def test_the_example_of_a_page_shows_the_picked_unit_s_peak(
    qtbot: QtBot, private_folders: None
) -> None:
    scope: dict[str, Any] = {"__name__": "example"}
    exec(examples()["page"], scope)
    save_session(Session(hint_seen=True))
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    options = RunOptions(net="torchvision:mobilenet_v3_small@none", source="demo", device="cpu")
    deepvis = App(app, options, panels=(*PANELS, scope["PEAK"]))
    try:
        deepvis.open()
        live(qtbot, deepvis)
        deepvis.desk.selection.pick_unit(2, "features.0.0")
        deepvis.desk.sight.show_page("peak")
        view = deepvis.panels["peak"].view
        qtbot.waitUntil(lambda: view.text() != "Pick a unit.", timeout=60_000)
        float(view.text())
    finally:
        deepvis.window.close()
        deepvis.window.deleteLater()
        deepvis.deleteLater()
        qtbot.wait(0)
