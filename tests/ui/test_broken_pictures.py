"""A picture that cannot be read is said to be that; nothing else stands in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from deepvis_app.ui.app import App

    Start = Callable[..., App]


def test_a_broken_picture_in_a_folder(qtbot: QtBot, start: Start, tmp_path: Path) -> None:
    folder = tmp_path / "trip"
    folder.mkdir()
    for number, level in ((0, 40), (2, 200)):
        Image.new("RGB", (64, 64), (level, level, level)).save(folder / f"{number}.png")
    (folder / "1.png").write_bytes(b"\x89PNG garbage")
    deepvis = start(net="pocket", source=str(folder))
    live, view = deepvis.rounds, deepvis.panels["input"].view
    qtbot.waitUntil(lambda: live.snapshot is not None, timeout=20000)
    first = live.snapshot.frame.number
    deepvis.desk.engine.control(lambda source: source.step(1))
    qtbot.waitUntil(lambda: "1.png" in view.picture._message[0], timeout=5000)
    assert view.picture._message[0] == "1.png is not a picture that can be read"
    pane = deepvis.panels["grid"].view.panes[0].canvas
    assert pane._stale == "not this picture"
    live.mark_dirty()  # the old picture is answered anew, and still does not take the place
    before = live.snapshot
    qtbot.waitUntil(lambda: live.snapshot is not before, timeout=5000)
    assert live.snapshot.frame.number == first
    assert view.picture._message[0]
    deepvis.desk.engine.control(lambda source: source.step(1))
    qtbot.waitUntil(lambda: live.snapshot.frame.title == "2.png", timeout=5000)
    assert view.picture._message[0] == ""
    qtbot.waitUntil(lambda: pane._stale is None, timeout=5000)


def test_the_rule_of_a_scientific_picture_is_said(
    qtbot: QtBot, start: Start, tmp_path: Path
) -> None:
    np.save(tmp_path / "ct.npy", np.linspace(-1000, 3000, 64 * 64).reshape(64, 64))
    deepvis = start(net="pocket", source=str(tmp_path / "ct.npy"))
    note = deepvis.panels["input"].view._note
    qtbot.waitUntil(note.isVisible, timeout=20000)
    assert note.text() == "float −1000 … 3000 shown as black … white"
