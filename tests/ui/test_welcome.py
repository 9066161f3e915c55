"""The first start's card: it says what is seen, offers a step, and is in nobody's way."""

from __future__ import annotations

import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PyQt6.QtCore import QPoint, QPointF, Qt
from PyQt6.QtGui import QGuiApplication
from PyQt6.QtWidgets import QLabel, QPushButton

from deepvis_app.engine import GridReader
from deepvis_app.nets import download
from deepvis_app.nets.zoo import cached_file, kept_file
from deepvis_app.session import load_session
from deepvis_app.ui.shell import welcome
from deepvis_app.ui.shell.welcome import HINTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from deepvis_app.engine import Snapshot
    from deepvis_app.ui.app import App

    Start = Callable[..., App]

TINY = {"net": "torchvision:mobilenet_v3_small@none", "device": "cpu", "source": "demo"}
WAIT_MS = 60_000


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, bool]:
    """What the computer has; nothing is asked of the real one."""
    has = {"route": True, "file": False}
    monkeypatch.setattr(welcome, "has_route", lambda: has["route"])
    files = {True: Path(__file__), False: tmp_path / "absent"}
    monkeypatch.setattr(welcome, "kept_file", lambda _: files[has["file"]])
    monkeypatch.setattr("deepvis_app.engine.cameras.list_cameras", lambda: ())
    return has


def offers(deepvis: App) -> dict[str, bool]:
    return {
        button.text().strip(): button.isEnabled()
        for button in deepvis.welcome.findChildren(QPushButton)
        if button.text()
    }


def presenter(deepvis: App) -> welcome.WelcomePresenter:
    found = deepvis.welcome.findChild(welcome.WelcomePresenter)
    assert found is not None
    return found


def refresh(deepvis: App) -> None:
    presenter(deepvis)._refresh()


def test_it_takes_no_key_and_no_click_but_on_itself(
    qtbot: QtBot, start: Start, machine: dict[str, bool]
) -> None:
    deepvis = start(hint=True, **TINY)
    qtbot.waitUntil(lambda: deepvis.rounds.snapshot is not None, timeout=WAIT_MS)
    window, card = deepvis.window, deepvis.welcome
    assert card.isVisible()
    (hints,) = [label for label in card.findChildren(QLabel) if label.text() == HINTS]
    assert hints.textFormat() is Qt.TextFormat.RichText  # its keys are bold
    assert window.rect().contains(card.geometry())
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    focus = QGuiApplication.focusObject()
    assert focus is None or focus not in card.findChildren(QPushButton)
    canvas = deepvis.panels["grid"].view.panes[0].canvas
    qtbot.keyClick(window, Qt.Key.Key_F)
    qtbot.waitUntil(lambda: deepvis.desk.engine.status().frozen, timeout=WAIT_MS)
    corner = canvas.mapTo(window, QPoint(0, 0))
    for point in (corner, corner + QPoint(canvas.width() - 1, canvas.height() - 1)):
        assert not card.geometry().contains(point)  # the tiles are free
    assert card.isVisible()
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert not card.isVisible()
    window.close()
    assert load_session()[0].hint_seen


@pytest.mark.parametrize("size", [(1000, 700), (1440, 900)])
def test_it_stays_within_the_window(
    qtbot: QtBot, start: Start, machine: dict[str, bool], size: tuple[int, int]
) -> None:
    machine["route"] = False
    deepvis = start(hint=True, **TINY)
    deepvis.window.resize(*size)
    inspector = deepvis.window.inspector
    qtbot.waitUntil(lambda: deepvis.window.width() == size[0], timeout=WAIT_MS)

    def is_in_place() -> bool:
        corner = inspector.mapTo(deepvis.window, QPoint(0, 0))
        return inspector.rect().translated(corner).contains(deepvis.welcome.geometry())

    qtbot.waitUntil(is_in_place, timeout=5000)
    for button in deepvis.welcome.findChildren(QPushButton):
        assert deepvis.welcome.rect().contains(button.geometry())
        assert button.width() >= button.minimumSizeHint().width()


def test_what_is_offered_depends_on_the_computer(
    qtbot: QtBot, start: Start, machine: dict[str, bool]
) -> None:
    deepvis = start(hint=True, **TINY)
    qtbot.waitUntil(lambda: presenter(deepvis)._is_known(), timeout=WAIT_MS)
    refresh(deepvis)
    others = {"Your network…": True, "No camera found": False, "Folder…": True}
    assert offers(deepvis) == {"SqueezeNet, 1000 classes, 5 MB": True, **others}
    machine["route"] = False
    refresh(deepvis)
    assert offers(deepvis) == {"SqueezeNet: no connection": False, **others}
    machine["file"] = True
    refresh(deepvis)
    assert offers(deepvis) == {"SqueezeNet, 1000 classes": True, **others}


def test_a_step_is_taken_and_the_card_goes(
    qtbot: QtBot, start: Start, machine: dict[str, bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    deepvis = start(hint=True, **TINY)
    loaded: list[str] = []
    monkeypatch.setattr(deepvis.shell.sources, "load", loaded.append)
    (button,) = (
        one for one in deepvis.welcome.findChildren(QPushButton) if "SqueezeNet" in one.text()
    )
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton, pos=QPointF(9, 9).toPoint())
    assert loaded == ["torchvision:squeezenet1_0"]
    assert deepvis.welcome.isHidden()
    assert not presenter(deepvis)._clock.isActive()


def test_what_the_card_says_of_squeezenet_is_so() -> None:
    from torchvision.models import SqueezeNet1_0_Weights

    meta = SqueezeNet1_0_Weights.DEFAULT.meta
    assert len(meta["categories"]) == 1000
    assert round(meta["_file_size"]) == 5
    assert "//download.pytorch.org/" in SqueezeNet1_0_Weights.DEFAULT.url
    assert cached_file(SqueezeNet1_0_Weights.DEFAULT) == kept_file(welcome.SQUEEZENET_FILE)


def test_the_card_does_not_wait_for_torchvision(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setitem(sys.modules, "torchvision", None)  # who imports it fails
    monkeypatch.setattr(welcome, "has_route", lambda: True)
    assert welcome._squeezenet().icon == "download"
    file = tmp_path / "hub" / "checkpoints" / "squeezenet1_0-b66bff10.pth"
    file.parent.mkdir(parents=True)
    file.touch()
    assert welcome._squeezenet().icon == "network"


class NoWay(socket.socket):
    def connect(self, address: object) -> None:
        raise OSError(101, "Network is unreachable")


class AWay(NoWay):
    def connect(self, address: object) -> None:
        if self.family == socket.AF_INET6:
            return
        super().connect(address)


@pytest.mark.parametrize(("kind", "expected"), [(NoWay, False), (AWay, True)])
def test_a_route_of_either_kind_counts(
    monkeypatch: pytest.MonkeyPatch, kind: type[socket.socket], expected: bool
) -> None:
    monkeypatch.setattr(download.socket, "socket", kind)
    assert download.has_route() is expected


def test_the_first_unit_is_the_most_active_one_unless_one_was_picked(
    qtbot: QtBot, start: Start, machine: dict[str, bool]
) -> None:
    deepvis = start(hint=True, **TINY)
    answers: list[Snapshot] = []
    first_unit = deepvis.shell.on_snapshot
    deepvis.shell.on_snapshot = lambda snapshot: (answers.append(snapshot), first_unit(snapshot))
    qtbot.waitUntil(lambda: any(answer.every(GridReader) for answer in answers), timeout=WAIT_MS)
    (grid,) = next(filter(None, (answer.every(GridReader) for answer in answers)))
    assert deepvis.desk.selection.unit == int(grid.maxima.argmax())
    deepvis.desk.selection.pick_unit(3)
    count = len(answers)
    qtbot.waitUntil(lambda: len(answers) > count + 1, timeout=WAIT_MS)
    assert deepvis.desk.selection.unit == 3
    deepvis.window.close()
    again = start(hint=False, **TINY)
    qtbot.waitUntil(lambda: again.rounds.snapshot is not None, timeout=WAIT_MS)
    assert again.desk.selection.unit == 0  # only at the first start
