from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PyQt6.QtCore import QPointF
from PyQt6.QtWidgets import QToolButton

from deepvis_app.ui.kit.jump_slider import JumpSlider
from deepvis_app.ui.panels.input.transport import Transport

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from tests.ui.widgets.conftest import Mouse

ALL = frozenset({"play", "step", "seek", "speed", "loop"})


@pytest.fixture
def transport(qtbot: QtBot) -> Transport:
    widget = Transport()
    qtbot.addWidget(widget)
    widget.resize(280, 64)
    widget.show()
    widget.set_controls(ALL)
    widget.set_length(901)
    return widget


def button(transport: Transport, words: str) -> QToolButton:
    found = [b for b in transport.findChildren(QToolButton) if words in b.toolTip()]
    assert len(found) == 1
    return found[0]


def test_only_what_the_source_can_do_is_shown(transport: Transport) -> None:
    transport.set_controls(frozenset({"step"}))
    shown = [b.toolTip() for b in transport.findChildren(QToolButton) if b.isVisible()]
    assert shown == ["Go one picture back", "Go one picture on"]
    assert not transport.findChild(JumpSlider).isVisible()


def test_setting_emits_nothing(transport: Transport, qtbot: QtBot) -> None:
    signals = (
        transport.play_toggled,
        transport.seek_requested,
        transport.loop_toggled,
        transport.speed_picked,
    )
    blockers = [qtbot.assertNotEmitted(s) for s in signals]
    for blocker in blockers:
        with blocker:
            transport.set_playback(450, True, 2.0, True, 15.0, 30.0)
            transport.set_playback(3, False, 1.0, False, 0.1, 30.0)
            transport.set_length(12)


def test_place_in_time_and_in_pictures(transport: Transport) -> None:
    transport.set_playback(450, True, 1.0, True, 75.2, 150.0)
    assert transport.place_text() == "1:15 / 2:30"
    transport.set_length(48)
    transport.set_playback(11, False, 0.5, True)
    assert transport.place_text() == "12 / 48"
    assert button(transport, "pictures a second").text() == "0.5/s"


def test_buttons_ask(transport: Transport, qtbot: QtBot) -> None:
    transport.set_playback(0, True, 1.0, False, 0.0, 30.0)
    with qtbot.waitSignal(transport.play_toggled) as played:
        button(transport, "Play or pause").click()
    assert played.args == [False]
    with qtbot.waitSignal(transport.step_requested) as stepped:
        button(transport, "picture back").click()
    assert stepped.args == [-1]
    with qtbot.waitSignal(transport.loop_toggled) as looped:
        button(transport, "Begin again").click()
    assert looped.args == [True]
    transport._speeds.aboutToShow.emit()
    with qtbot.waitSignal(transport.speed_picked) as sped:
        transport._speeds.actions()[-1].trigger()
    assert sped.args == [4.0]


def test_scrubbing_stays_with_the_mouse(transport: Transport, qtbot: QtBot, mouse: Mouse) -> None:
    slider = transport.findChild(JumpSlider)
    middle = QPointF(slider.width() / 2, slider.height() / 2)
    with qtbot.waitSignal(transport.seek_requested) as sought:
        mouse.press(slider, middle)
    assert sought.args == [pytest.approx(450, abs=25)]
    place = slider.value()
    transport.set_playback(7, True, 1.0, True, 0.2, 30.0)  # the stream is not there yet
    assert slider.value() == place
    mouse.release(slider, middle)
    transport.set_playback(451, True, 1.0, True, 15.0, 30.0)
    assert slider.value() == 451
