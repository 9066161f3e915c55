"""Every layer as a strip, and what is played with live, in the real window."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from deepvis_app.engine.readers import AttackReader, DreamReader
from deepvis_app.errors import UserError
from deepvis_app.state.play import PLAY
from deepvis_app.synth.play import AttackSpec, InvertSpec, Method, Spec, stages
from deepvis_app.ui.panels.play.live import amplification, live_readers
from tests.ui.small import WAIT_MS, at_rest, picture, small_network

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray
    from pytestqt.qtbot import QtBot

    from deepvis_app.ui.app import App
    from deepvis_app.ui.panels.play.panel import PlayPanel

    Start = Callable[..., App]

SMALL = small_network()


@pytest.fixture
def opened(qtbot: QtBot, start: Start, tmp_path: Path) -> App:
    """Play is open on a picture at rest before a small network."""
    deepvis = at_rest(qtbot, start, tmp_path, SMALL)
    deepvis.desk.sight.workspace = PLAY
    presenter = page(deepvis).presenter
    qtbot.waitUntil(
        lambda: presenter.network is SMALL and presenter._snapshot is not None, timeout=WAIT_MS
    )
    deepvis.desk.selection.pick_unit(3, "conv2")
    return deepvis


def page(deepvis: App) -> PlayPanel:
    panel: PlayPanel = deepvis.panels["play"]
    return panel


def best(image: NDArray[np.uint8]) -> int:
    with torch.no_grad():
        return int(SMALL.module(SMALL.normalise(image)[None]).argmax())


def test_the_same_picture_from_every_stage(qtbot: QtBot, opened: App) -> None:
    panel = page(opened)
    every = panel.view.result.run.every
    assert every.isVisible()
    every.click()
    presenter = panel.presenter
    assert [run.request.spec.layer for run in presenter.stages.runs] == list(stages(SMALL))  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: not presenter.stages.is_running, timeout=WAIT_MS)
    strip = panel.view.stages.strip
    qtbot.waitUntil(
        lambda: all(look.note.startswith("error") for look in strip.stages()), timeout=WAIT_MS
    )
    assert strip.isVisible()
    run = presenter.stages.runs[1]
    strip.picked.emit(1)
    assert strip.current() == 1
    assert run.played is not None
    assert np.array_equal(panel.view.result.pair.pictures()[1], run.played.image)
    layer = run.request.spec.layer  # type: ignore[attr-defined]
    assert panel.view.result.pair.captions().after == f"seen by {layer}"
    before = [one.played.image for one in presenter.stages.runs if one.played is not None]
    every.click()  # all of it is kept
    qtbot.waitUntil(lambda: not presenter.stages.is_running, timeout=WAIT_MS)
    for one, image in zip(presenter.stages.runs, before, strict=True):
        assert one.status is not None
        assert one.status.step == 0
        assert one.played is not None
        assert np.array_equal(one.played.image, image)
    panel.presenter.turn_to("caricature")
    assert not panel.view.stages.isVisible()


def test_the_stream_itself_is_attacked(qtbot: QtBot, opened: App) -> None:
    panel, options = page(opened), opened.desk.options.play
    panel.presenter.turn_to("adversary")
    options.change("epsilon", 16 / 255)
    panel.view.head.live.click()
    rounds = opened.rounds

    def attacked() -> bool:
        shown = rounds.snapshot
        return shown is not None and shown.first(AttackReader) is not None

    qtbot.waitUntil(attacked, timeout=WAIT_MS)
    snapshot = rounds.snapshot
    assert snapshot is not None
    reading = snapshot.first(AttackReader)
    assert reading is not None
    assert np.array_equal(reading.picture, picture())
    assert np.abs(snapshot.picture.astype(int) - picture()).max() <= 17
    assert not np.array_equal(snapshot.picture, picture())
    assert snapshot.scores is not None  # all that is asked answers to the changed picture
    assert np.allclose(snapshot.scores, reading.scores_after, atol=1e-3)
    assert int(reading.scores_before.argmax()) == best(picture())
    tiles = panel.view.attack.tiles
    qtbot.waitUntil(lambda: tiles[0]._title._whole == "Frame", timeout=WAIT_MS)
    assert not panel.view.attack.run.main.isEnabled()


def test_what_was_made_before_is_back_once_the_stream_is_left_alone(
    qtbot: QtBot, opened: App
) -> None:
    panel, options = page(opened), opened.desk.options.play
    presenter, attack = panel.presenter, panel.view.attack
    presenter.turn_to("adversary")
    presenter.press()
    qtbot.waitUntil(lambda: presenter.run is not None and presenter.run.is_over, timeout=WAIT_MS)
    assert presenter.run is not None
    assert presenter.run.played is not None, presenter.run.error
    before = attack.scores.scores(), attack.layers.moved(), attack.tiles[2]._detail._whole
    assert before[1]
    assert attack.plot.attempts() is not None
    options.is_live = True
    qtbot.waitUntil(lambda: attack.tiles[0]._title._whole == "Frame", timeout=WAIT_MS)
    options.is_live = False
    after = attack.scores.scores(), attack.layers.moved(), attack.tiles[2]._detail._whole
    assert after == before
    assert attack.plot.attempts() is not None


def test_what_is_not_seen_changes_no_frame(qtbot: QtBot, opened: App) -> None:
    panel, options = page(opened), opened.desk.options.play
    panel.presenter.turn_to("adversary")
    options.is_live = True
    rounds = opened.rounds
    qtbot.waitUntil(
        lambda: rounds.snapshot is not None and bool(rounds.snapshot.every(AttackReader)),
        timeout=WAIT_MS,
    )
    opened.shell.actions["workspace-watch"].trigger()
    assert not options.is_live
    qtbot.waitUntil(
        lambda: rounds.snapshot is not None and not rounds.snapshot.every(AttackReader),
        timeout=WAIT_MS,
    )
    assert rounds.snapshot is not None
    assert np.array_equal(rounds.snapshot.picture, picture())


def test_a_technique_without_a_live_form_has_no_button(opened: App) -> None:
    panel, options = page(opened), opened.desk.options.play
    panel.presenter.turn_to("adversary")
    assert panel.view.head.live.isVisible()
    options.is_live = True
    panel.presenter.turn_to("invert")
    assert not panel.view.head.live.isVisible()
    assert not options.is_live


class Dreams(Spec):
    """As those of the technique."""

    layer: str = ""
    unit: int = -1
    rate: float = 1.5


def test_live_forms_follow_the_settings() -> None:
    fgsm = AttackSpec(epsilon=4 / 255, method=Method.FGSM, target=3)
    (reader,) = live_readers("adversary", fgsm, SMALL)
    assert isinstance(reader, AttackReader)
    assert (reader.epsilon, reader.target, reader.steps, reader.warm) == (4 / 255, 3, 1, False)
    pgd = fgsm.model_copy(update={"method": Method.PGD})
    (reader,) = live_readers("adversary", pgd, SMALL)
    assert isinstance(reader, AttackReader)
    assert reader.warm
    (dream,) = live_readers("dream", Dreams(layer="conv1", unit=2, rate=3.0), SMALL)
    assert isinstance(dream, DreamReader)
    assert (dream.layer, dream.unit, dream.strength) == ("conv1", 2, 3.0)
    assert live_readers("dream", Dreams(), SMALL) == ()
    assert live_readers("invert", InvertSpec(layer="conv1"), SMALL) == ()
    assert live_readers("adversary", fgsm, None) == ()
    assert [amplification(levels / 255) for levels in (0.5, 2, 8, 200)] == [64, 32, 8, 1]


def test_a_slider_goes_on_from_the_present_picture(qtbot: QtBot, opened: App) -> None:
    presenter = page(opened).presenter
    opened.desk.options.play.change("steps", 30)
    presenter.press()
    qtbot.waitUntil(lambda: presenter.run is not None and presenter.run.is_over, timeout=WAIT_MS)
    first = presenter.run
    assert first is not None
    assert first.played is not None
    presenter.settings.change("smoothness", 0.07)
    qtbot.waitUntil(
        lambda: presenter.run is not first and presenter.run is not None and presenter.run.is_over,
        timeout=WAIT_MS,
    )
    second = presenter.run
    assert second is not None
    assert second.played is not None, second.error
    start = dict(second.request.pictures)["warm"].values
    assert np.array_equal(start, first.played.image)
    assert second.played.curve[0] < 0.5 * first.played.curve[0]  # it began where the first ended
    presenter.settings.change("layer", "conv1")  # of another layer nothing is to be kept
    qtbot.waitUntil(
        lambda: presenter.run is not second and presenter.run is not None, timeout=WAIT_MS
    )
    assert presenter.run is not None
    assert "warm" not in dict(presenter.run.request.pictures)


@pytest.mark.parametrize("spec", [AttackSpec(epsilon=0), AttackSpec(epsilon=0.1)])
def test_a_frame_that_stays_as_it_is_says_why(
    qtbot: QtBot, opened: App, spec: AttackSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = UserError("The network cuts gradients", "Take another one")

    def refuse(*_: object) -> None:
        raise fault

    monkeypatch.setattr(AttackReader, "_attacked", refuse)
    panel, options = page(opened), opened.desk.options.play
    panel.presenter.turn_to("adversary")
    options.specs = {**options.specs, "adversary": spec}
    options.is_live = True
    run, reason = panel.view.attack.run, str(fault) if spec.epsilon else "With ε = 0 nothing"
    qtbot.waitUntil(lambda: run.notice.text().startswith(reason), timeout=WAIT_MS)
    assert run.text._whole == "Live: frames stay as they are"
    assert panel.view.attack.tiles[0]._title._whole == "Frame"
