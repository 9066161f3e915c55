"""Directions made in the window: what is asked for, what is said, and the layer that comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from PIL import Image

from deepvis_app.corpus import scan
from deepvis_app.corpus.dictionaries import DictionarySettings
from deepvis_app.engine import JobState
from deepvis_app.engine.jobs.kinds.dictionary import DictionaryStatus
from deepvis_app.engine.kept.corpora import Corpora, default_folder
from deepvis_app.engine.kept.directions import DirectionsShelf
from deepvis_app.known.direction_words import made_words, plan_words, seconds_of, too_many_words
from deepvis_app.nets import LayerInfo, Layout, ReceptiveField, load_network
from deepvis_app.nets.directions_file import AboutDirections, read_directions
from tests.drawn import draw, picture
from tests.ui.looking import WAIT_MS, banner

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from deepvis_app.ui.app import App
    from deepvis_app.ui.panels.layers.making.sheet import MakingContent

    Start = Callable[..., App]

LAYER, SIGNED = "relu3b", "conv3b"


@pytest.fixture
def drawn(tmp_path: Path) -> Path:
    return draw(tmp_path / "drawn", classes=4, each=5)


@pytest.fixture
def scanned(drawn: Path) -> Path:
    network = load_network("pocket")
    out = Corpora(default_folder()).path_for(network.fingerprint, str(drawn))
    scan(network, drawn, out=out)
    return drawn


def opened(qtbot: QtBot, start: Start, tmp_path: Path) -> App:
    Image.fromarray(picture(2, 50)).save(tmp_path / "photo.png")
    deepvis = start(net="pocket", source=str(tmp_path / "photo.png"))
    qtbot.waitUntil(lambda: deepvis.rounds.snapshot is not None, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: deepvis.desk.kept.corpora.is_listed, timeout=WAIT_MS)
    return deepvis


def card(deepvis: App, layer: str) -> MakingContent:
    deepvis.panels["layers"].view.strip.making_wanted.emit(layer)
    return deepvis.panels["layers"].presenter._making._view


def names(deepvis: App) -> list[str]:
    network = deepvis.rounds.network
    return [] if network is None else [info.name for info in network.layers if "~" in info.name]


def ended(deepvis: App) -> DictionaryStatus | None:
    own = [s for s in deepvis.desk.jobs.statuses() if isinstance(s, DictionaryStatus)]
    return next((one for one in own if one.state.is_final), None)


def test_directions_become_a_layer_that_is_picked_and_can_be_scanned(
    qtbot: QtBot, start: Start, scanned: Path, tmp_path: Path
) -> None:
    deepvis = opened(qtbot, start, tmp_path)
    strip = deepvis.panels["layers"].view.strip
    assert "Make directions…" in [action.text() for action in strip.menu_for(LAYER).actions()]
    said: list[str] = []
    notices = deepvis.desk.notices
    before = notices.say
    notices.say = lambda text, seconds=5.0: (said.append(text), before(text, seconds))  # type: ignore[method-assign]
    view = card(deepvis, LAYER)
    view.method_picked.emit("pca")
    view.changed.emit("count", 3)
    view.changed.emit("codes", 600)
    assert view.make.isEnabled()
    assert "3 directions" in view.words()
    assert "20 pictures" in view.words()
    view.make.click()
    assert not deepvis.panels["layers"].presenter._making._sheet.is_open()
    qtbot.waitUntil(lambda: ended(deepvis) is not None, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: bool(names(deepvis)), timeout=WAIT_MS)
    (name,) = names(deepvis)
    qtbot.waitUntil(lambda: deepvis.desk.selection.layer == name, timeout=WAIT_MS)
    (kept,) = DirectionsShelf().all()
    directions, about = read_directions(kept.path)
    assert name == f"{LAYER}~{directions.by_content('pca')}"
    assert any(text.startswith(f"{name} misses {about.figures['missed']:.0%}") for text in said)

    # Its pictures: what was scanned has no such layer, so that is offered.
    deepvis.desk.selection.pick_unit(0)
    deepvis.desk.sight.page = "pictures"
    pictures = deepvis.panels["pictures"].view
    qtbot.waitUntil(pictures._all_layers.isVisible, timeout=WAIT_MS)
    pictures._all_layers.click()

    def has_pictures() -> bool:
        found = deepvis.panels["pictures"].presenter.found
        return found is not None and found.wish.unit.layer == name and len(found.patches) > 0

    qtbot.waitUntil(has_pictures, timeout=WAIT_MS)
    assert not pictures._all_layers.isVisible()
    present = deepvis.desk.kept.corpora.present
    assert present is not None
    assert (present.name, name in present.layers) == ("drawn, with directions", True)
    best = deepvis.panels["pictures"].presenter.found.patches[0]
    network = deepvis.rounds.network
    seen = network.view(np.asarray(Image.open(best.path).convert("RGB")))[0]
    maps = network.activations(network.normalise(seen)[None], [name])[name]
    assert best.value == pytest.approx(float(maps[0, 0].max()), rel=1e-2)


def test_the_card_says_why_nothing_can_be_made(
    qtbot: QtBot, start: Start, scanned: Path, tmp_path: Path
) -> None:
    deepvis = opened(qtbot, start, tmp_path)
    view = card(deepvis, SIGNED)
    units = deepvis.rounds.network.layer(SIGNED).unit_count
    view.method_picked.emit("pca")
    view.changed.emit("count", units + 1)
    assert not view.make.isEnabled()
    assert f"at most {units} principal components" in view.notice.text()
    assert view.make.toolTip() == view.notice.text()
    assert not view.form.rows["sparsity"].isVisibleTo(view)
    view.method_picked.emit("sparse")
    assert view.make.isEnabled()
    assert view.form.rows["sparsity"].isVisibleTo(view)
    view.changed.emit("sparsity", 2.0)
    assert "sparsity = 2" in view.notice.text()
    view.changed.emit("sparsity", 0.2)
    assert view.make.isEnabled()

    def factors_are_refused() -> bool:
        option = next(o for o in view.methods._options if o.key == "nmf")
        return not option.enabled and "below zero" in option.tip

    qtbot.waitUntil(factors_are_refused, timeout=WAIT_MS)
    card(deepvis, LAYER)
    qtbot.waitUntil(lambda: not factors_are_refused(), timeout=WAIT_MS)
    view.shut.click()
    assert not deepvis.panels["layers"].presenter._making._sheet.is_open()


def test_without_scanned_pictures_a_folder_is_asked_for_and_scanned(
    qtbot: QtBot, start: Start, drawn: Path, tmp_path: Path
) -> None:
    deepvis = opened(qtbot, start, tmp_path)
    view = card(deepvis, LAYER)
    assert not view.make.isEnabled()
    assert view.notice.text() == "No pictures are scanned with this network"
    assert view.notice.action() == "Choose a folder…"
    view.folder_chosen.emit(str(drawn))
    qtbot.waitUntil(view.make.isEnabled, timeout=WAIT_MS)
    assert "20 pictures" in view.words()


def test_a_job_that_fails_is_told_in_a_banner(
    qtbot: QtBot, start: Start, scanned: Path, tmp_path: Path
) -> None:
    deepvis = opened(qtbot, start, tmp_path)
    view = card(deepvis, LAYER)
    for each in scanned.rglob("*.png"):
        each.unlink()
    view.make.click()
    qtbot.waitUntil(lambda: bool(banner(deepvis, "making-directions")), timeout=WAIT_MS)
    assert "0 of the 20 pictures" in banner(deepvis, "making-directions")
    status = ended(deepvis)
    assert status is not None
    assert status.state is JobState.FAILED
    assert names(deepvis) == []


# What is said


def layer(units: int, size: int) -> LayerInfo:
    return LayerInfo("deep", "Conv2d", (units, size, size), Layout.MAPS, ReceptiveField())


def test_what_will_be_made_is_said_in_numbers() -> None:
    settings = DictionarySettings(count=64, codes=5000)
    words = plan_words(layer(32, 10), settings, 200, (64, 64), pass_ms=90.0)
    assert words.startswith("Sparse dictionary: 64 directions, made of what deep gives at ")
    assert "5\u2009000 places of 200 pictures" in words
    least = 200 * 0.1 + seconds_of(settings, 32, 5000)
    assert f"{least:.0f} s" in words
    dense = plan_words(layer(32, 1), settings, 200, (64, 64))
    assert "gives on 200 pictures" in dense
    assert "places" not in dense


def test_too_many_are_too_many_for_units_and_for_codes() -> None:
    components = DictionarySettings(method="pca", count=40)
    assert "at most 32 principal" in too_many_words(layer(32, 10), components, 200, (64, 64))
    many = DictionarySettings(count=200)
    assert too_many_words(layer(32, 1), many, 100, (64, 64)).endswith("made of 80 codes")
    assert too_many_words(layer(32, 10), many, 100, (64, 64)) == ""
    few = DictionarySettings(count=10)
    assert too_many_words(layer(32, 1), few, 12, (64, 64)) == ""  # 2 of 12 are kept apart


def test_what_was_made_is_said_with_its_figures() -> None:
    figures = {"missed": 0.334, "active": 20.2, "units_missed": 0.41}
    about = AboutDirections("deep", "sparse", made="a dictionary", figures=figures)
    assert made_words("deep~a", about) == (
        "deep~a misses 33% of the variance with 20 active a place; as many units miss 41%"
    )
    plain = AboutDirections("deep", "own", made="by hand")
    assert made_words("deep~a", plain) == "deep~a is made: by hand"


def test_longer_work_takes_longer() -> None:
    few, many = DictionarySettings(count=32), DictionarySettings(count=512)
    assert seconds_of(few, 64, 20_000) < seconds_of(many, 64, 20_000)
    assert seconds_of(few, 64, 20_000) < seconds_of(few, 512, 20_000)
    torch.testing.assert_close(
        seconds_of(DictionarySettings(method="pca"), 64, 20_000), 1.0, rtol=0.2, atol=0.0
    )
