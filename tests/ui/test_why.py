"""Why a unit fires, in the real window with a small network."""

from __future__ import annotations

from itertools import cycle, islice, pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from PIL import Image
from PyQt6.QtCore import QPoint, Qt
from torch import nn

from deepvis_app.engine import ExplanationReader, UnitReader
from deepvis_app.explain import CATALOGUE, Fill, Method, Rendering, SeedKind, attribute, render_map
from deepvis_app.nets import Box, Network, Unit
from deepvis_app.state.appearance import GridShows
from deepvis_app.tiles import ZERO
from deepvis_app.ui.panels.why.closer_view import LIVE, RESULT
from deepvis_app.ui.panels.why.questions import age_text
from tests.asked import asked
from tests.ui.looking import live
from tests.ui.small import Small, picture

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from deepvis_app.engine import LiveRequest, Why
    from deepvis_app.engine.snapshot import Snapshot
    from deepvis_app.ui.app import App

    Start = Callable[..., App]

POCKET = {"net": "pocket", "device": "cpu"}
WAIT_MS = 90_000


class Smooth(nn.Module):
    """No ReLU anywhere, and a unit that does not depend on the picture."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.tanh = nn.Tanh()
        with torch.no_grad():
            self.conv.weight[0] = 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        values: torch.Tensor = self.tanh(self.conv(x)).mean((2, 3))
        return values


LABELS = [f"class {index}" for index in range(5)]
SMALL = Network(Small(5).eval(), (3, 48, 48), labels=LABELS, name="small")
LAYER = "relu2"
with torch.no_grad():  # units that fire, the strongest first
    _maps = SMALL.activations(SMALL.prepare(picture())[None], [LAYER])[LAYER][0]
ORDER = _maps.mean((1, 2)).argsort(descending=True).tolist()
UNIT, OTHER, THIRD = (Unit(LAYER, index) for index in ORDER[:3])


@pytest.fixture
def begin(qtbot: QtBot, start: Start) -> Start:
    """Return a function that opens the page for the strongest unit of the small network."""

    def make(source: str) -> App:
        deepvis = start(**POCKET, source=source)
        qtbot.waitUntil(lambda: deepvis.rounds.snapshot is not None, timeout=WAIT_MS)
        deepvis.desk.engine.set_network(SMALL)
        qtbot.waitUntil(lambda: deepvis.rounds.network is SMALL, timeout=WAIT_MS)
        deepvis.desk.selection.pick_unit(UNIT.index, UNIT.layer)
        deepvis.desk.sight.show_page("why")
        qtbot.waitUntil(lambda: deepvis.rounds.snapshot is not None, timeout=WAIT_MS)
        return deepvis

    return make


@pytest.fixture
def asking(qtbot: QtBot, begin: Start, tmp_path: Path) -> App:
    """The page is open on a picture at rest, and has been shown it."""
    Image.fromarray(picture()).save(tmp_path / "still.png")
    deepvis: App = begin(str(tmp_path / "still.png"))
    closer = deepvis.panels["why"].closer
    qtbot.waitUntil(lambda: closer._snapshot is not None, timeout=WAIT_MS)
    return deepvis


def snapshot_of(deepvis: App) -> Snapshot:
    assert deepvis.rounds.snapshot is not None
    return deepvis.rounds.snapshot


def shows(deepvis: App, method: Method, unit: Unit = UNIT) -> bool:
    request = deepvis.panels["why"].presenter.shown_request
    return request is not None and (request.method, request.unit) == (method, unit)


def until_shown(qtbot: QtBot, deepvis: App, method: Method, unit: Unit = UNIT) -> None:
    qtbot.waitUntil(lambda: shows(deepvis, method, unit), timeout=WAIT_MS)


def until_answered(qtbot: QtBot, deepvis: App) -> None:
    closer = deepvis.panels["why"].closer
    qtbot.waitUntil(lambda: not closer._is_busy(), timeout=WAIT_MS)
    closer.take(deepvis.desk.jobs.statuses())


def truth(deepvis: App, request: Why) -> np.ndarray:
    """The explanation of the shown picture, as a notebook would get it."""
    network = deepvis.rounds.network
    assert network is not None
    x = network.prepare(snapshot_of(deepvis).frame.image)
    found = attribute(network, x, request.unit, request.method, request.seed)
    values: np.ndarray = found.numpy()
    return values


def test_every_method_is_shown_as_it_is(qtbot: QtBot, asking: App) -> None:
    for method in Method:
        asking.desk.options.why.method = method
        until_shown(qtbot, asking, method)
        reading = snapshot_of(asking).first(ExplanationReader)
        assert reading is not None
        picture, seen = asking.panels["why"].presenter.picture, snapshot_of(asking).picture
        want = render_map(
            truth(asking, reading.why), asking.desk.options.why.shown_view, picture=seen
        )
        assert picture is not None
        assert np.abs(picture.astype(int) - want).max() <= 2  # the page shows this very map


def test_modes_that_switch_at_every_frame_leave_no_wrong_picture(
    qtbot: QtBot, begin: Start
) -> None:
    """The shown map is always the newest answer to the request that it is shown for."""
    deepvis = begin("demo")
    seen: set[Method] = set()
    wrong: list[str] = []

    def check(snapshot: Snapshot) -> None:
        why, reading = deepvis.panels["why"].presenter, snapshot.first(ExplanationReader)
        request = why.shown_request
        if request is None or reading is None or reading.map is None:
            return
        values = why._shown.values
        colours = 1 if request.method is Method.GRADCAM else 3
        if values is None or len(values) != colours:
            wrong.append(f"{request.method}: a map of another method")
        if request == reading.why and reading is why._shown.reading:
            seen.add(request.method)

    deepvis.shell.on_snapshot = check
    for method, unit in islice(zip(cycle(Method), cycle(ORDER[:3]), strict=False), 30):
        deepvis.desk.options.why.method = method
        deepvis.desk.selection.pick_unit(unit)
        before = snapshot_of(deepvis)
        qtbot.waitUntil(lambda old=before: snapshot_of(deepvis) is not old, timeout=WAIT_MS)
    assert not wrong
    deepvis.desk.options.why.method = Method.GUIDED
    until_shown(qtbot, deepvis, Method.GUIDED, Unit(UNIT.layer, deepvis.desk.selection.unit))
    assert seen


def test_nothing_is_explained_while_the_page_is_closed(
    qtbot: QtBot, asking: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    until_shown(qtbot, asking, Method.GUIDED)
    sent: list[LiveRequest] = []
    real = asking.desk.engine.request
    monkeypatch.setattr(asking.desk.engine, "request", lambda r: (sent.append(r), real(r)))
    asking.desk.sight.show_page("now")
    qtbot.waitUntil(lambda: bool(sent) and not asked(sent[-1], ExplanationReader), timeout=WAIT_MS)
    qtbot.waitUntil(lambda: snapshot_of(asking).first(ExplanationReader) is None, timeout=WAIT_MS)
    asking.desk.options.view.grid_shows = GridShows.BACKWARD
    qtbot.waitUntil(lambda: bool(asked(sent[-1], ExplanationReader)), timeout=WAIT_MS)
    asking.desk.options.view.grid_shows = GridShows.ACTIVITY
    asking.desk.sight.show_page("why")
    qtbot.waitUntil(lambda: bool(asked(sent[-1], ExplanationReader)), timeout=WAIT_MS)
    asking.desk.sight.is_inspecting = False
    qtbot.waitUntil(lambda: not asked(sent[-1], ExplanationReader), timeout=WAIT_MS)


def test_a_pinned_unit_stays_while_others_are_looked_at(qtbot: QtBot, asking: App) -> None:
    until_shown(qtbot, asking, Method.GUIDED)
    asking.shell.actions["pin"].trigger()
    asking.desk.selection.pick_unit(3, "relu1")
    there = UnitReader(Unit("relu1", 3))
    qtbot.waitUntil(lambda: snapshot_of(asking).of(there) is not None, timeout=WAIT_MS)
    until_shown(qtbot, asking, Method.GUIDED)
    line = asking.panels["why"].view.origin
    assert line.text() == f"pinned · relu2 · {UNIT.index}"
    line.jump_requested.emit()
    assert asking.desk.selection.as_unit() == UNIT
    asking.desk.selection.pick_unit(OTHER.index)
    asking.panels["grid"].view.panes[0].canvas.tile_pin_requested.emit(THIRD.index)
    until_shown(qtbot, asking, Method.GUIDED, THIRD)
    asking.shell.actions["pin"].trigger()
    until_shown(qtbot, asking, Method.GUIDED, OTHER)


def test_a_grid_goes_backward_below_the_origin_and_says_why_not_above(
    qtbot: QtBot, asking: App
) -> None:
    asking.desk.options.why.toggle_origin(UNIT)
    asking.desk.selection.pick_layer("relu1")
    grids = asking.panels["grid"].presenter
    qtbot.waitUntil(lambda: grids.reading("relu1") is not None, timeout=WAIT_MS)
    asking.shell.actions["show-backward"].trigger()
    asking.rounds._ask()  # what is still on the canvas says that it is late
    assert asking.panels["grid"].view.panes[0].canvas._stale == "waiting for gradients"

    def backward(layer: str) -> bool:
        reading = grids.reading(layer)
        return reading is not None and reading.backward

    qtbot.waitUntil(lambda: backward("relu1"), timeout=WAIT_MS)
    reading = grids.reading("relu1")
    assert reading is not None
    assert reading.signed
    assert (reading.mosaic.pixels != ZERO).any()
    canvas = asking.panels["grid"].view.panes[0].canvas
    assert not canvas._empty[0]
    assert canvas._stale is None
    asking.desk.selection.pick_layer("logits")
    qtbot.waitUntil(lambda: bool(canvas._empty[0]), timeout=WAIT_MS)
    assert "comes after relu2" in canvas._empty[0]
    asking.desk.selection.pick_layer("relu1")
    qtbot.waitUntil(lambda: not canvas._empty[0], timeout=WAIT_MS)
    asking.shell.actions["show-backward"].trigger()
    qtbot.waitUntil(lambda: not backward("relu1"), timeout=WAIT_MS)
    assert asking.desk.options.view.grid_shows is GridShows.ACTIVITY


def test_a_click_on_the_map_starts_from_that_place(qtbot: QtBot, asking: App) -> None:
    until_shown(qtbot, asking, Method.GUIDED)
    asking.panels["why"].view.map.clicked.emit(7.6, 2.2)
    qtbot.waitUntil(
        lambda: asking.panels["why"].presenter.shown_request.seed.place == (7, 2),  # type: ignore[union-attr]
        timeout=WAIT_MS,
    )
    assert asking.desk.options.why.seed is SeedKind.PLACE
    asking.desk.selection.pick_unit(3, "relu1")  # its place belongs to the old layer
    qtbot.waitUntil(
        lambda: asking.panels["why"].presenter.shown_request.seed.kind is SeedKind.MAXIMUM,  # type: ignore[union-attr]
        timeout=WAIT_MS,
    )


def test_a_network_that_has_not_the_method_or_the_unit_is_told_in_words(
    qtbot: QtBot, asking: App
) -> None:
    until_shown(qtbot, asking, Method.GUIDED)
    asking.shell.actions["pin"].trigger()
    asking.desk.engine.set_network(Network(Smooth().eval(), (3, 24, 24), name="smooth"))
    qtbot.waitUntil(lambda: asking.rounds.network.name == "smooth", timeout=WAIT_MS)  # type: ignore[union-attr]
    assert asking.desk.options.why.origin is None
    assert "pinned" in asking.window.banners.keys()  # noqa: SIM118 - a method of the stack
    asking.desk.selection.pick_unit(0, "conv")
    until_shown(qtbot, asking, Method.GUIDED, Unit("conv", 0))
    assert asking.panels["why"].presenter.picture is None
    assert "ReLU" in asking.panels["why"].view.picture._empty[0]
    asking.desk.options.why.method = Method.GRADIENT
    until_shown(qtbot, asking, Method.GRADIENT, Unit("conv", 0))
    assert asking.panels["why"].view.picture._empty[0] == "Nothing comes back"
    asking.desk.selection.pick_unit(1)
    qtbot.waitUntil(lambda: asking.panels["why"].presenter.picture is not None, timeout=WAIT_MS)


def test_how_a_network_behaves_is_said_once_and_on_the_page(qtbot: QtBot, asking: App) -> None:
    class Odd(Smooth):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return super().forward(x + torch.randn_like(x))

    banners = asking.window.banners
    assert "behaviour" not in banners.keys()  # noqa: SIM118 - a method of the stack
    network = Network(Odd().eval(), (3, 24, 24), name="odd")
    asking.desk.engine.set_network(network)
    qtbot.waitUntil(lambda: asking.rounds.network is network, timeout=WAIT_MS)
    assert "behaviour" in banners.keys()  # noqa: SIM118
    view = asking.panels["why"].view
    assert view._caveat.text().startswith("odd is random even in evaluation mode")
    assert not view._caveat.isHidden()
    asking.desk.engine.set_network(SMALL)
    qtbot.waitUntil(lambda: asking.rounds.network is SMALL, timeout=WAIT_MS)
    assert "behaviour" not in banners.keys()  # noqa: SIM118
    assert view._caveat.isHidden()


def test_occlusion_is_answered_with_falls_and_rises(qtbot: QtBot, asking: App) -> None:
    asking.desk.selection.pick_unit(3, "logits")
    asking.desk.options.why.patch_px, asking.desk.options.why.stride_px = 16, 16
    asking.panels["why"].closer_view._cover.click()
    until_answered(qtbot, asking)
    view, result = asking.panels["why"].closer_view, asking.panels["why"].closer.result
    assert result is not None
    assert result.error is None
    drop = result.found.drop  # type: ignore[attr-defined]
    assert drop.shape == (48, 48)
    rows = view.rows.rows()
    assert rows[0].label.endswith("falls")
    assert len(rows) == 1 + len(result.found.rises)  # type: ignore[attr-defined]
    first = view.result.grab().toImage()
    view.rows.pick(1)
    assert view.result.grab().toImage() != first  # where that class rises
    view.view_picked.emit(Rendering.SIGNED)
    assert asking.desk.options.why.flat_view is Rendering.SIGNED
    assert view.result._stale is None


def test_a_result_of_another_picture_says_so(qtbot: QtBot, asking: App, tmp_path: Path) -> None:
    asking.desk.options.why.patch_px, asking.desk.options.why.stride_px = 24, 24
    asking.panels["why"].closer.ask_occlusion()
    until_answered(qtbot, asking)
    Image.new("RGB", (90, 90), (10, 200, 90)).save(tmp_path / "other.png")
    asking.shell.sources.open(str(tmp_path / "other.png"))
    stale = asking.panels["why"].closer_view.result
    qtbot.waitUntil(lambda: stale._stale is not None, timeout=WAIT_MS)
    frame = asking.panels["why"].closer.result.frame  # type: ignore[union-attr]
    assert frame is not None
    assert age_text(frame, frame, 0.0) is None
    assert age_text(frame, snapshot_of(asking).frame, frame.captured_at + 12) == (
        "of a frame 12 s ago"
    )


def test_a_question_can_be_stopped_and_another_asked(qtbot: QtBot, asking: App) -> None:
    asking.desk.options.why.patch_px, asking.desk.options.why.stride_px = 8, 1
    closer, view = asking.panels["why"].closer, asking.panels["why"].closer_view
    closer.ask_occlusion()
    qtbot.waitUntil(lambda: not view.progress.isHidden(), timeout=WAIT_MS)
    assert not view._cover.isEnabled()
    view.progress.cancel_requested.emit()
    until_answered(qtbot, asking)
    qtbot.waitUntil(lambda: view._cover.isEnabled(), timeout=WAIT_MS)
    assert view.progress.isHidden()


@pytest.mark.parametrize("name", ["guided-gradcam", "lrp", "ablation"])
def test_a_method_of_the_catalogue_answers_or_says_why_not(
    qtbot: QtBot, asking: App, name: str
) -> None:
    view = asking.panels["why"].closer_view
    view.method_picked.emit(name)
    assert CATALOGUE[name].title == view._chip._title
    asking.desk.options.why.seed = SeedKind.MAP
    view._run.click()
    until_answered(qtbot, asking)
    result = asking.panels["why"].closer.result
    assert result is not None
    if name == "lrp":  # shares out one number, not a map
        assert result.error is not None
        assert view.result._empty[0] == result.error.cause
        assert not view._tests[RESULT].isEnabled()
    else:
        assert result.map() is not None
        assert view.result._content is not None


def test_a_map_is_tested_at_one_click(qtbot: QtBot, asking: App) -> None:
    asking.desk.selection.pick_unit(3, "logits")
    asking.desk.options.why.method = Method.GRADCAM
    view = asking.panels["why"].closer_view
    view._tests[LIVE].click()
    until_answered(qtbot, asking)
    qtbot.waitUntil(lambda: "area" in view._reading.text(), timeout=WAIT_MS)
    deletion, insertion = view.plot.curves()
    assert len(deletion) == len(insertion) == 33
    assert deletion[0] == pytest.approx(insertion[-1], rel=1e-3)  # both are the whole picture
    assert not view._tests[RESULT].isEnabled()  # there is none yet


def test_the_page_shows_a_brush_that_was_in_the_hand_before_it_was_made(
    qtbot: QtBot, start: Callable[..., App]
) -> None:
    deepvis = start(net="pocket", source="demo", device="cpu")
    live(qtbot, deepvis)
    deepvis.window.resize(1000, 700)
    qtbot.waitUntil(lambda: deepvis.desk.sight.is_narrow, timeout=WAIT_MS)
    deepvis.desk.sight.page = "why"  # in the drawer, which is shut
    deepvis.shell.actions["brush"].trigger()
    assert deepvis.desk.options.why.is_brushing
    assert deepvis.panels["why"].closer_view._brush.isChecked()


def test_strokes_of_the_brush_stay_until_they_are_cleared(qtbot: QtBot, asking: App) -> None:
    until_shown(qtbot, asking, Method.GUIDED)
    before = snapshot_of(asking).picture
    asking.shell.actions["brush"].trigger()
    asking.desk.options.why.patch_px, asking.desk.options.why.fill = 20, Fill.BLACK
    picture = asking.panels["input"].view.picture
    middle = picture.picture_rect().center().toPoint()
    qtbot.mousePress(picture, Qt.MouseButton.LeftButton, pos=middle)
    ((box,),) = asking.desk.options.why.strokes
    assert (box.bottom - box.top, box.right - box.left) == (20, 20)
    qtbot.waitUntil(lambda: not snapshot_of(asking).picture[24, 24].any(), timeout=WAIT_MS)
    corner = picture.picture_rect().topLeft().toPoint() + QPoint(1, 1)
    qtbot.mouseMove(picture, corner)
    qtbot.waitUntil(
        lambda: asking.desk.options.why.strokes[0][-1] == Box(0, 0, 20, 20), timeout=WAIT_MS
    )
    qtbot.mouseRelease(picture, Qt.MouseButton.LeftButton, pos=corner)
    (stroke,) = asking.desk.options.why.strokes
    for one, other in pairwise(stroke):  # no gaps however fast the pointer was
        assert max(abs(one.top - other.top), abs(one.left - other.left)) <= 6
    mask = np.zeros(before.shape[:2], bool)
    for top, left, bottom, right in stroke:
        mask[top:bottom, left:right] = True
    wanted = np.where(mask[..., None], 0, before)
    qtbot.waitUntil(lambda: (snapshot_of(asking).picture == wanted).all(), timeout=WAIT_MS)

    asking.desk.sight.show_page("now")  # they stay while other pages are looked at
    qtbot.waitUntil(lambda: not asking.desk.options.why.is_brushing, timeout=WAIT_MS)
    assert asking.desk.options.why.strokes == (stroke,)
    assert asking.panels["input"].view._strokes_row.isVisible()
    asking.shell.actions["brush"].trigger()
    qtbot.mousePress(picture, Qt.MouseButton.LeftButton, pos=middle)
    qtbot.mouseRelease(picture, Qt.MouseButton.LeftButton, pos=middle)
    assert len(asking.desk.options.why.strokes) == 2
    asking.shell.actions["undo"].trigger()
    assert asking.desk.options.why.strokes == (stroke,)
    asking.panels["input"].view.strokes_cleared.emit()
    assert asking.desk.options.why.strokes == ()
    assert not asking.panels["input"].view._strokes_row.isVisible()
    qtbot.waitUntil(lambda: (snapshot_of(asking).picture == before).all(), timeout=WAIT_MS)
    asking.shell.actions["reset"].trigger()
    assert not asking.desk.options.why.is_brushing
    qtbot.mousePress(picture, Qt.MouseButton.LeftButton, pos=middle)
    assert asking.desk.options.why.strokes == ()
    qtbot.mouseRelease(picture, Qt.MouseButton.LeftButton, pos=middle)


def test_the_shown_explanation_is_saved_as_it_is(qtbot: QtBot, asking: App, tmp_path: Path) -> None:
    until_shown(qtbot, asking, Method.GUIDED)
    asking.shell.actions["save-explanation"].trigger()
    (path,) = asking.setting.settings.pictures_dir.glob("*guided*.png")
    assert "relu2-" in path.name
    saved = np.asarray(Image.open(path).convert("RGB"))
    assert (saved == asking.panels["why"].presenter.picture).all()


def test_keys_go_through_methods_and_views(qtbot: QtBot, asking: App) -> None:
    asking.desk.sight.show_page("now")
    asking.shell.actions["why-method"].trigger()
    assert asking.window.inspector.tab() == "why"
    until_shown(qtbot, asking, Method.GRADCAM)
    assert asking.desk.options.why.shown_view is Rendering.OVERLAY
    asking.shell.actions["why-view"].trigger()
    assert asking.desk.options.why.flat_view is Rendering.RAW
