"""A unit set to zero in the window: it is said as long as it is on, and it goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from PIL import Image

from deepvis_app.corpus import scan
from deepvis_app.engine.kept.corpora import default_folder
from deepvis_app.engine.readers import AblationReader, AblationReading
from deepvis_app.known.ablation_words import held_words, is_noticed, score_changes
from deepvis_app.nets import Network, Unit, load_network
from deepvis_app.state.ablating import AblationOptions, HeldAt
from tests.drawn import draw, picture
from tests.ui.looking import WAIT_MS, banner

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from deepvis_app.ui.app import App

    Start = Callable[..., App]

LAYER = "relu5"


@pytest.fixture(scope="module")
def network() -> Network:
    return load_network("pocket")


@pytest.fixture
def shown(qtbot: QtBot, start: Start, tmp_path: Path) -> App:
    path = tmp_path / "photo.png"
    Image.fromarray(picture(0, 5)).save(path)
    deepvis = start(net="pocket", source=str(path))
    qtbot.waitUntil(lambda: deepvis.rounds.snapshot is not None, timeout=WAIT_MS)
    deepvis.desk.selection.pick_layer(LAYER)
    deepvis.desk.selection.pick_unit(7)
    return deepvis


def without(network: Network, unit: int, value: float = 0.0) -> np.ndarray:
    """Return the scores with a channel overwritten by hand."""
    part = dict(network.module.named_modules())[LAYER]

    def hook(_module: object, _args: object, output: torch.Tensor) -> torch.Tensor:
        output = output.clone()
        output[:, unit] = value
        return output

    handle = part.register_forward_hook(hook)
    try:
        with torch.no_grad():
            logits = network.module(network.prepare(picture(0, 5))[None])
    finally:
        handle.remove()
    return torch.softmax(logits, 1)[0].numpy()


def reading(deepvis: App) -> AblationReading | None:
    snapshot = deepvis.rounds.snapshot
    return None if snapshot is None else snapshot.first(AblationReader)


def scores(deepvis: App) -> np.ndarray:
    snapshot = deepvis.rounds.snapshot
    assert snapshot is not None
    assert snapshot.scores is not None
    return snapshot.scores


def test_a_key_sets_the_unit_to_zero_and_lets_it_go(
    qtbot: QtBot, shown: App, network: Network
) -> None:
    before = scores(shown)
    shown.shell.actions["ablate"].trigger()
    qtbot.waitUntil(lambda: reading(shown) is not None, timeout=WAIT_MS)
    assert f"Unit 7 of {LAYER} is set to zero" in banner(shown, "ablation")
    np.testing.assert_allclose(scores(shown), without(network, 7), rtol=2e-3, atol=1e-5)
    assert shown.panels["ablation"].view.isVisible()
    shown.shell.actions["ablate"].trigger()
    qtbot.waitUntil(lambda: reading(shown) is None, timeout=WAIT_MS)
    np.testing.assert_allclose(scores(shown), before, rtol=1e-4, atol=1e-6)
    assert banner(shown, "ablation") == ""
    assert not shown.panels["ablation"].view.isVisible()


def test_it_stays_while_others_are_picked_and_that_is_said(qtbot: QtBot, shown: App) -> None:
    shown.shell.actions["ablate"].trigger()
    qtbot.waitUntil(lambda: reading(shown) is not None, timeout=WAIT_MS)
    shown.desk.selection.pick_unit(8)
    qtbot.waitUntil(
        lambda: f"You look at unit 8 of {LAYER}" in banner(shown, "ablation"), timeout=WAIT_MS
    )
    assert "Unit 7" in banner(shown, "ablation")
    shown.window.banners.dismissed.emit("ablation")
    assert shown.panels["ablation"].view.isVisible()
    shown.desk.sight.page = "why"
    shown.rounds.mark_dirty()
    shown.rounds.go()
    found = reading(shown)
    assert found is not None
    assert found.unit == Unit(LAYER, 7)


def test_the_banner_takes_it_back(qtbot: QtBot, shown: App) -> None:
    shown.shell.actions["ablate"].trigger()
    qtbot.waitUntil(lambda: reading(shown) is not None, timeout=WAIT_MS)
    shown.window.banners.action_requested.emit("ablation")
    qtbot.waitUntil(lambda: reading(shown) is None, timeout=WAIT_MS)


def test_another_network_has_none_of_it(qtbot: QtBot, shown: App) -> None:
    shown.shell.actions["ablate"].trigger()
    qtbot.waitUntil(lambda: reading(shown) is not None, timeout=WAIT_MS)
    shown.desk.engine.load("torchvision:mobilenet_v3_small@none")
    network = shown.rounds.network
    qtbot.waitUntil(lambda: shown.rounds.network is not network, timeout=WAIT_MS)
    assert shown.desk.options.ablation.unit is None
    assert banner(shown, "ablation") == ""


def test_the_head_does_not_call_it_silent(qtbot: QtBot, shown: App) -> None:
    shown.shell.actions["ablate"].trigger()
    head = shown.window.inspector
    qtbot.waitUntil(lambda: "set to zero" in head._details[0].text(), timeout=WAIT_MS)


def test_without_photographs_there_is_no_mean(qtbot: QtBot, shown: App) -> None:
    shown.shell.actions["ablate-mean"].trigger()
    assert shown.desk.options.ablation.unit is None


def test_the_mean_is_that_of_all_places_of_all_photographs(
    qtbot: QtBot, start: Start, network: Network, tmp_path: Path
) -> None:
    folder = draw(tmp_path / "drawn")
    corpus = scan(network, folder, out=default_folder() / "drawn", layers=[LAYER])
    values = []
    for name in corpus.plan.names:
        x = network.prepare(np.asarray(Image.open(folder / name)))[None]
        values.append(network.activations(x, [LAYER])[LAYER][0, 7].numpy())
    path = tmp_path / "photo.png"
    Image.fromarray(picture(0, 5)).save(path)
    deepvis = start(net="pocket", source=str(path))
    desk = deepvis.desk
    qtbot.waitUntil(lambda: deepvis.rounds.snapshot is not None, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: desk.kept.corpora.present is not None, timeout=WAIT_MS)
    desk.selection.pick_layer(LAYER)
    desk.selection.pick_unit(7)
    deepvis.shell.actions["ablate-mean"].trigger()
    qtbot.waitUntil(lambda: reading(deepvis) is not None, timeout=WAIT_MS)
    mean = float(np.mean(values))
    assert desk.options.ablation.value == pytest.approx(mean, rel=1e-4)
    np.testing.assert_allclose(scores(deepvis), without(network, 7, mean), rtol=2e-3, atol=1e-5)


# In words


def test_the_largest_changes_stand_first(network: Network) -> None:
    before = np.zeros(200, np.float32)
    after = before.copy()
    before[3], after[3], after[9] = 0.9, 0.2, 0.5
    found = score_changes(AblationReading(Unit(LAYER, 0), 0.0, 1.0, before, after), network, 2)
    assert [one.name for one in found] == [network.labels[3], network.labels[9]]
    assert found[0].text == "0.900 → 0.200"
    assert found[0].difference == "−0.700"
    assert found[1].difference == "+0.500"
    assert is_noticed(found)
    same = AblationReading(Unit(LAYER, 0), 0.0, 1.0, before, before + np.float32(1e-4))
    assert not is_noticed(score_changes(same, network, 2))
    assert score_changes(AblationReading(Unit(LAYER, 0), 0.0, 1.0, None, None), network, 2) == ()


def test_it_is_said_what_is_done() -> None:
    assert held_words(Unit("fire9", 423), 0.0) == "unit 423 of fire9 is set to zero"
    assert held_words(Unit("fire9", 4), 8.2) == "unit 4 of fire9 is set to its mean, 8.20"


def test_wishes() -> None:
    options = AblationOptions()
    options.toggle(Unit("a", 1), HeldAt.ZERO)
    assert (options.unit, options.value) == (Unit("a", 1), 0.0)
    options.toggle(Unit("a", 1), HeldAt.MEAN)
    assert (options.unit, options.value) == (Unit("a", 1), None)  # not known yet: nothing held
    options.toggle(Unit("a", 2), HeldAt.MEAN)
    assert options.unit == Unit("a", 2)
    options.toggle(Unit("a", 2), HeldAt.MEAN)
    assert options.unit is None
