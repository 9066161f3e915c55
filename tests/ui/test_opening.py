"""After an end without a word the network that was at work is not loaded unasked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PyQt6.QtWidgets import QApplication, QPushButton

from deepvis_app.engine.status import Phase
from deepvis_app.options import RunOptions
from deepvis_app.session import Session, save_session
from deepvis_app.ui.app import App
from deepvis_app.vitals import Death

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytestqt.qtbot import QtBot

    Begin = Callable[..., App]

WAIT_MS = 60_000
SPEC = "/nowhere/net.pt2"
DIED = Death(SPEC, "", reason="segmentation fault")


@pytest.fixture
def begin(qtbot: QtBot) -> Iterator[Begin]:
    started: list[App] = []

    def make(death: Death, *, last: str = SPEC, **options: object) -> App:
        save_session(Session(hint_seen=True, network=last))
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        deepvis = App(app, RunOptions(source="demo", device="cpu", **options), None, death)  # type: ignore[arg-type]
        started.append(deepvis)
        deepvis.open()
        return deepvis

    yield make
    for deepvis in started:
        qtbot.waitUntil(
            lambda one=deepvis: one.desk.engine.status().network.phase is not Phase.OPENING,  # type: ignore[misc]
            timeout=WAIT_MS,
        )
        deepvis.window.close()
        deepvis.window.deleteLater()
        deepvis.deleteLater()
    qtbot.wait(0)


def banner(deepvis: App) -> tuple[str, str, str] | None:
    for message in deepvis.window.banners.shown():
        if message.key == "died":
            return message.cause, message.remedy, message.action
    return None


def test_the_bundled_network_is_shown_and_the_other_offered(qtbot: QtBot, begin: Begin) -> None:
    deepvis = begin(DIED)
    assert deepvis.desk.engine.status().network.spec == "pocket"
    assert banner(deepvis) == (
        f"deepvis ended in the middle of a pass of {SPEC} (segmentation fault)",
        "The bundled network is shown",
        "Load it again",
    )
    buttons = deepvis.window.banners.findChildren(QPushButton)
    next(one for one in buttons if one.text() == "Load it again").click()
    assert deepvis.desk.engine.status().network.spec == SPEC
    assert banner(deepvis) is None


def test_a_network_that_is_asked_for_is_loaded_all_the_same(begin: Begin) -> None:
    deepvis = begin(DIED, net=SPEC)
    assert deepvis.desk.engine.status().network.spec == SPEC
    assert banner(deepvis) == (str(DIED), "", "")


def test_another_network_is_not_suspected(begin: Begin) -> None:
    deepvis = begin(DIED, last="pocket")
    assert deepvis.desk.engine.status().network.spec == "pocket"
    assert banner(deepvis) == (str(DIED), "", "")


def test_where_no_network_was_at_work_nothing_is_said(begin: Begin) -> None:
    deepvis = begin(Death())
    assert deepvis.desk.engine.status().network.spec == SPEC
    assert banner(deepvis) is None
