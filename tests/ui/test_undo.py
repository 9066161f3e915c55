"""Removals are hidden at first; they come back, or go for good."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PyQt6.QtWidgets import QPushButton, QWidget

from deepvis_app.ui.kit.toast import Toast
from deepvis_app.ui.kit.undo import Undo

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


@pytest.fixture
def toast(qtbot: QtBot) -> Toast:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(600, 400)
    window.show()
    return Toast(window)


def test_the_last_removal_comes_back_first_and_the_rest_goes(toast: Toast) -> None:
    undo, done = Undo(toast, toast), []
    for name in ("a", "b", "c"):
        undo.offer(
            f"{name} removed",
            restore=lambda name=name: done.append(f"{name} back"),
            commit=lambda name=name: done.append(f"{name} gone"),
        )
    undo.undo()
    undo.undo()
    undo.settle()
    undo.undo()  # nothing is left
    undo.settle()
    assert done == ["c back", "b back", "a gone"]


def test_the_toast_takes_back_what_it_names(toast: Toast) -> None:
    undo, done = Undo(toast, toast), []
    undo.offer("x removed", restore=lambda: done.append("back"), commit=lambda: done.append("gone"))
    button = toast.findChild(QPushButton)
    assert button is not None
    assert button.text() == "Undo"
    button.click()
    undo.settle()
    assert done == ["back"]


def test_a_removal_goes_by_itself_when_its_time_is_over(
    toast: Toast, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deepvis_app.ui.kit.undo.WAIT_S", 0.02)
    undo, done = Undo(toast, toast), []
    undo.offer("x removed", restore=lambda: done.append("back"), commit=lambda: done.append("gone"))
    qtbot.waitUntil(lambda: done == ["gone"])
    undo.undo()
    assert done == ["gone"]
