"""What a unit likes is brought out in a photograph, in the real window."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from deepvis_app.corpus import Corpus, scan
from deepvis_app.engine.kept.corpora import Corpora, default_folder
from deepvis_app.known.best_photograph import best_photograph
from deepvis_app.nets import Unit, load_network
from deepvis_app.ui.panels.preferred.accentuation_view import AFTER, BEFORE, BEST_TIP, LIVE_TIP
from tests.drawn import draw

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from deepvis_app.ui.app import App

    Start = Callable[..., App]

UNIT = Unit("relu2a", 3)
WAIT_MS = 60_000


@pytest.fixture
def scanned(tmp_path: Path, private_folders: None) -> Corpus:
    folder, network = draw(tmp_path / "pictures", 2, 4), load_network("pocket")
    out = Corpora(default_folder()).path_for(network.fingerprint, folder)
    return scan(network, folder, out=out, layers=[UNIT.layer])


def begin(qtbot: QtBot, start: Start, source: Path) -> App:
    deepvis = start(net="pocket", device="cpu", source=str(source))
    qtbot.waitUntil(lambda: deepvis.rounds.snapshot is not None, timeout=WAIT_MS)
    deepvis.desk.options.preferred.by_itself = False
    deepvis.desk.selection.pick_unit(UNIT.index, UNIT.layer)
    deepvis.desk.sight.show_page("preferred")
    return deepvis


def test_in_the_best_photograph_and_in_the_live_frame(
    qtbot: QtBot, start: Start, scanned: Corpus, tmp_path: Path
) -> None:
    still = tmp_path / "still.png"
    Image.fromarray(np.random.default_rng(2).integers(0, 255, (90, 90, 3), np.uint8)).save(still)
    deepvis = begin(qtbot, start, still)
    panel = deepvis.panels["preferred"]
    view = panel.view.accentuation
    network = deepvis.panels["preferred"].accentuation._network
    assert network is not None
    qtbot.waitUntil(view.best.isEnabled, timeout=WAIT_MS)
    qtbot.waitUntil(view.live.isEnabled, timeout=WAIT_MS)
    assert (view.best.toolTip(), view.live.toolTip()) == (BEST_TIP, LIVE_TIP)

    shown: list[np.ndarray | None] = []
    real = view.set_picture

    def set_picture(picture: np.ndarray | None, side: str = AFTER) -> None:
        shown.append(picture)
        real(picture, side)

    view.set_picture = set_picture  # type: ignore[method-assign]
    view.best.click()
    qtbot.waitUntil(lambda: "now" in view._note.text(), timeout=WAIT_MS)
    found = best_photograph(UNIT, 88, scanned)
    assert found.picture is not None
    assert found.name in view._note.text()
    after = shown[-1]
    view.side_picked.emit(BEFORE)
    before = shown[-1]
    assert before is not None
    assert after is not None
    np.testing.assert_array_equal(before, network.view(found.picture)[0])
    assert not np.array_equal(before, after)
    view.side_picked.emit(AFTER)
    np.testing.assert_array_equal(shown[-1], after)
    jobs = len(deepvis.desk.engine.jobs.statuses())

    qtbot.waitUntil(view.live.isEnabled, timeout=WAIT_MS)  # what was made is kept by then
    view.live.click()
    assert not view.best.isEnabled() or "live frame" in view._note.text()
    qtbot.waitUntil(lambda: "In the live frame: mean" in view._note.text(), timeout=WAIT_MS)
    assert len(deepvis.desk.engine.jobs.statuses()) >= jobs
    deepvis.desk.selection.pick_unit(UNIT.index + 1)  # of another unit nothing is shown yet
    qtbot.waitUntil(lambda: view._note.text() == "", timeout=WAIT_MS)
    assert shown[-1] is None


def test_what_cannot_be_says_why(qtbot: QtBot, start: Start, tmp_path: Path) -> None:
    still = tmp_path / "still.png"
    Image.new("RGB", (64, 64), (200, 90, 30)).save(still)
    deepvis = begin(qtbot, start, still)
    view = deepvis.panels["preferred"].view.accentuation
    qtbot.waitUntil(view.live.isEnabled, timeout=WAIT_MS)
    assert not view.best.isEnabled()
    assert "Scan photographs" in view.best.toolTip()
    deepvis.desk.selection.layer = ""
    qtbot.waitUntil(lambda: not view.live.isEnabled(), timeout=WAIT_MS)
    assert view.best.toolTip() == view.live.toolTip() == "Pick a unit first"


def test_a_photograph_that_is_gone_is_said(scanned: Corpus) -> None:
    read = partial(best_photograph, UNIT, 88)
    assert read(scanned).problem == ""
    scanned.top(UNIT)[0].path.unlink()
    assert "gone" in read(scanned).problem
    assert "cannot be read" in best_photograph(Unit("conv1", 0), 88, scanned).problem
