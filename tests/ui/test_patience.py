"""A network that does not answer is not called live, and can be left; so can a load."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from unittest.mock import Mock

import pytest
from PyQt6.QtWidgets import QPushButton

from deepvis_app.engine.status import EngineStatus, NetworkStatus, Phase, SourceStatus
from deepvis_app.known.stream_words import state_text
from deepvis_app.ui.shell import patience

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from deepvis_app.ui.app import App

    Start = Callable[..., App]

WAIT_MS = 60_000
NETWORK = """
import os, threading, torch
class Waits(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(3, 4, 3)
    def forward(self, x):
        while os.path.exists({flag!r}):
            threading.Event().wait(0.01)
        return self.conv(x).mean((2, 3))
def build():
    return Waits()
"""


@pytest.fixture
def flag(tmp_path: Path) -> Iterator[Path]:
    """While this file is there, the network does not come back."""
    path = tmp_path / "flag"
    yield path
    path.unlink(missing_ok=True)


@pytest.fixture
def waits(tmp_path: Path, flag: Path) -> str:
    """A profile of a network that may not come back."""
    (tmp_path / "waits.py").write_text(NETWORK.format(flag=str(flag)))
    profile = tmp_path / "waits.toml"
    profile.write_text('factory = "waits:build"\n[input]\nsize = 16\n')
    return str(profile)


def state(deepvis: App) -> str:
    return re.sub("<[^>]*>", "", deepvis.window.status._state.text())


def age_ms(deepvis: App) -> float:
    text = re.sub("<[^>]*>", "", deepvis.window.status._age.text()).replace("\u2007", "")
    number, unit = text.split()[1:]
    return float(number) * {"ms": 1, "s": 1000}[unit]


def press(deepvis: App, words: str) -> None:
    buttons = deepvis.window.banners.findChildren(QPushButton)
    next(one for one in buttons if one.text() == words).click()


def banners(deepvis: App) -> tuple[str, ...]:
    return deepvis.window.banners.keys()


def network_of(deepvis: App) -> str:
    return deepvis.rounds.network.name if deepvis.rounds.network else ""


def test_a_network_that_does_not_answer_is_said_so_and_left(
    qtbot: QtBot, start: Start, waits: str, flag: Path
) -> None:
    deepvis = start(net=waits, trust=True, source="demo", device="cpu")
    qtbot.waitUntil(lambda: state(deepvis).endswith("Live"), timeout=WAIT_MS)
    qtbot.waitUntil(lambda: deepvis.rounds.snapshot is not None, timeout=WAIT_MS)
    assert "at-work" not in banners(deepvis)
    flag.touch()
    qtbot.waitUntil(lambda: "at work for 3 s" in state(deepvis), timeout=WAIT_MS)
    assert age_ms(deepvis) > 2500
    message = next(m for m in deepvis.window.banners.shown() if m.key == "at-work")
    assert "leave it for pocket" in message.remedy
    press(deepvis, "Leave it")
    qtbot.waitUntil(lambda: network_of(deepvis) == "Pocket", timeout=WAIT_MS)
    qtbot.waitUntil(lambda: state(deepvis).endswith("Live"), timeout=WAIT_MS)
    qtbot.waitUntil(lambda: deepvis.rounds.snapshot is not None, timeout=WAIT_MS)
    assert "at-work" not in banners(deepvis)


def test_a_load_that_does_not_end_is_counted_and_given_up(
    qtbot: QtBot, start: Start, waits: str, flag: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "SILENT_S", 2.2)
    flag.touch()
    deepvis = start(net=waits, trust=True, source="demo", device="cpu")
    qtbot.waitUntil(lambda: "Loading waits.toml for 2 s" in state(deepvis), timeout=WAIT_MS)
    qtbot.waitUntil(lambda: "loading" in banners(deepvis), timeout=WAIT_MS)
    press(deepvis, "Give up")
    qtbot.waitUntil(lambda: network_of(deepvis) == "Pocket", timeout=WAIT_MS)
    assert "loading" not in banners(deepvis)
    flag.unlink()
    qtbot.waitUntil(
        lambda: deepvis.desk.engine.status().network.phase is Phase.READY, timeout=WAIT_MS
    )
    assert network_of(deepvis) == "Pocket"


@pytest.mark.parametrize(
    ("passed_s", "said"), [(1.0, "Opening source"), (4.9, "Opening source for 5 s")]
)
def test_a_source_that_does_not_answer_is_counted(passed_s: float, said: str) -> None:
    source = SourceStatus(Phase.OPENING, since_s=100.0)
    network = NetworkStatus(Phase.READY, network=Mock())
    status = EngineStatus(source=source, network=network)
    assert state_text(status, 100.0 + passed_s) == (said, "warning")
