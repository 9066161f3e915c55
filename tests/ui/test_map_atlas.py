"""The atlas of the map in the real window with a small network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PyQt6.QtCore import QEvent, QPointF, Qt

from deepvis_app.corpus.codes import codes_of
from deepvis_app.corpus.map.atlas import AtlasSettings, atlas_of
from deepvis_app.corpus.map.compared import compared
from deepvis_app.corpus.map.embedding import embed_codes
from deepvis_app.corpus.map.said import class_scores
from deepvis_app.corpus.map.settings import MapSettings
from deepvis_app.engine.jobs import JobState
from deepvis_app.engine.jobs.kinds import atlas as atlas_kind
from deepvis_app.engine.kept.gallery import Gallery
from deepvis_app.errors import UserError
from deepvis_app.known import atlases
from deepvis_app.nets import Network
from deepvis_app.state.map import MapMethod, MapView
from deepvis_app.store import Store
from deepvis_app.store import default_folder as store_folder
from deepvis_app.synth import legible
from deepvis_app.synth.icons import icon_recipe
from deepvis_app.ui.panels.map.cell_card import LIKEST
from tests.ui.small import WAIT_MS, Small, at_rest
from tests.ui.test_map import COUNT, LAYER, corpus, folder, laid_out, opened  # noqa: F401
from tests.ui.widgets.conftest import Mouse

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from deepvis_app.corpus import Corpus
    from deepvis_app.synth import Recipe
    from deepvis_app.ui.app import App
    from deepvis_app.ui.panels.map.head import MapHead
    from deepvis_app.ui.panels.map.panel import MapPanel

    Start = Callable[..., App]

CELLS = 6


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    def recipe(size: tuple[int, int]) -> Recipe:
        return icon_recipe(size).with_value("stop.steps", 3)

    monkeypatch.setattr(atlases, "icon_recipe", recipe)


@pytest.fixture
def mouse() -> Mouse:
    return Mouse()


def atlas_shown(qtbot: QtBot, start: Start, tmp_path: Path) -> tuple[App, MapPanel]:
    """Open the atlas of the map by principal components, which is there at once."""
    deepvis, panel = opened(qtbot, start, tmp_path)
    options = deepvis.desk.options.map
    options.method, options.cells, options.view = MapMethod.PCA, CELLS, MapView.ATLAS
    laid_out(qtbot, deepvis)
    qtbot.waitUntil(lambda: panel.presenter.filling._atlas is not None, timeout=WAIT_MS)
    pictures = panel.presenter.filling._pictures
    qtbot.waitUntil(lambda: pictures.is_looked_up, timeout=WAIT_MS)
    return deepvis, panel


def filled(qtbot: QtBot, panel: MapPanel) -> None:
    head, pictures = panel.view.head, panel.presenter.filling._pictures
    qtbot.waitUntil(lambda: head.again.isVisible(), timeout=WAIT_MS)
    head.again.click()
    qtbot.waitUntil(lambda: not pictures.missing() and pictures.is_looked_up, timeout=WAIT_MS)


def offered(head: MapHead, which: int) -> list[int]:
    """Return the classes that can be chosen."""
    return [int(choice.key) for group in head.classes[which][1]._groups for choice in group.choices]


def truth_of(corpus: Corpus):  # noqa: F811
    embedding = embed_codes(codes_of(corpus, LAYER), MapSettings("pca"))
    return atlas_of(embedding, AtlasSettings(CELLS))


def test_cells_are_filled_kept_and_there_at_once_the_next_time(
    qtbot: QtBot,
    start: Start,
    tmp_path: Path,
    corpus: Corpus,  # noqa: F811
) -> None:
    deepvis, panel = atlas_shown(qtbot, start, tmp_path)
    head, tiles, truth = panel.view.head, panel.view.canvas._cells, truth_of(corpus)
    count = len(truth)
    np.testing.assert_allclose(tiles.cloud.points, [cell.middle for cell in truth.cells], 1e-6)
    assert head.words() == f"{count} cells, {truth.pictures} of {COUNT} pictures"
    qtbot.waitUntil(lambda: head.again.text() == f"Make {count} pictures", timeout=WAIT_MS)
    assert all(tiles.picture(number) is None for number in range(count))
    filled(qtbot, panel)
    qtbot.waitUntil(lambda: tiles.picture(count - 1) is not None, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: not head.again.isVisible(), timeout=WAIT_MS)
    store = Store(store_folder())
    mean = deepvis.rounds.network.preprocessing.mean_colour()
    images = [Gallery(store).get(entry.key).image for entry in store.find("picture")]
    kept = {legible(image, mean).tobytes() for image in images}
    assert {tiles.picture(number).tobytes() for number in range(count)} == kept
    assert len(images) == count
    options = deepvis.desk.options.map
    options.view = MapView.MAP
    qtbot.waitUntil(lambda: panel.view.canvas._scene.tiles is None, timeout=WAIT_MS)
    options.view = MapView.ATLAS
    qtbot.waitUntil(lambda: panel.view.canvas._cells is not None, timeout=WAIT_MS)
    again = panel.view.canvas._cells
    qtbot.waitUntil(lambda: again.picture(0) is not None, timeout=WAIT_MS)
    assert again.picture(0) is tiles.picture(0)  # nothing was read again


def test_it_can_be_stopped_and_goes_on_with_the_others(
    qtbot: QtBot,
    start: Start,
    tmp_path: Path,
    corpus: Corpus,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def recipe(size: tuple[int, int]) -> Recipe:
        return icon_recipe(size).with_value("stop.steps", 40)

    monkeypatch.setattr(atlases, "icon_recipe", recipe)
    deepvis, panel = atlas_shown(qtbot, start, tmp_path)
    head, filling = panel.view.head, panel.presenter.filling
    count, pictures = len(filling._atlas), filling._pictures
    qtbot.waitUntil(lambda: head.again.isVisible(), timeout=WAIT_MS)
    head.again.click()
    qtbot.waitUntil(lambda: pictures.made >= 2, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: head.stop.isVisible(), timeout=WAIT_MS)
    assert head.doing().endswith(f" of {count} pictures made")
    head.stop.click()
    qtbot.waitUntil(lambda: head.again.isVisible(), timeout=WAIT_MS)
    left = len(pictures.missing())
    assert 0 < left <= count - 2
    assert head.again.text() == f"Make the other {left} pictures"
    (status,) = deepvis.desk.jobs.statuses()
    assert status.state is JobState.CANCELLED
    filled(qtbot, panel)
    assert len(Store(store_folder()).find("picture")) == count  # none was made twice


def test_a_pause_is_said_with_why_and_the_same_job_goes_on(
    qtbot: QtBot,
    start: Start,
    tmp_path: Path,
    corpus: Corpus,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    deepvis, panel = atlas_shown(qtbot, start, tmp_path)
    head, filling = panel.view.head, panel.presenter.filling
    qtbot.waitUntil(lambda: head.again.isVisible(), timeout=WAIT_MS)

    def full(*_: object, **__: object) -> str:
        raise UserError("The disk is full", "Make room")

    with monkeypatch.context() as patch:
        patch.setattr(Gallery, "keep", full)
        head.again.click()
        qtbot.waitUntil(lambda: head.doing() == "Paused", timeout=WAIT_MS)
        assert head.again.isVisible()
        assert not head.stop.isVisible()
    (status,) = deepvis.desk.jobs.statuses()
    assert (status.state, status.rests) == (
        JobState.PAUSED,
        "Paused: The disk is full. Make room.",
    )
    filled(qtbot, panel)
    qtbot.waitUntil(lambda: head.doing() == "", timeout=WAIT_MS)
    assert [one.id for one in deepvis.desk.jobs.statuses()] == [status.id]
    assert filling._pictures.made == len(filling._atlas)


@pytest.mark.parametrize(("classes", "is_offered"), [(3, True), (1, False)])
def test_classes_without_names_are_compared_by_their_numbers_if_there_are_two(
    qtbot: QtBot,
    start: Start,
    tmp_path: Path,
    classes: int,
    is_offered: bool,
    private_folders: None,
) -> None:
    network = Network(Small(classes).eval(), (3, 48, 48), name="nameless")
    deepvis = at_rest(qtbot, start, tmp_path, network)
    deepvis.desk.options.map.view = MapView.ATLAS
    deepvis.shell.actions["workspace-map"].trigger()
    head = deepvis.panels["map"].view.head
    qtbot.waitUntil(lambda: bool(head.classes[0][1]._groups), timeout=WAIT_MS)
    assert head.classes[0][0].isVisible() is is_offered
    titles = [choice.title for group in head.classes[0][1]._groups for choice in group.choices]
    assert titles == ["none", *(f"class {number}" for number in range(classes))]


def test_a_cell_tells_of_its_photographs_and_a_click_chooses_them(
    qtbot: QtBot,
    start: Start,
    tmp_path: Path,
    corpus: Corpus,  # noqa: F811
    mouse: Mouse,
) -> None:
    deepvis, panel = atlas_shown(qtbot, start, tmp_path)
    canvas, options, filling = panel.view.canvas, deepvis.desk.options.map, panel.presenter.filling
    atlas, number = filling._atlas, 1
    qtbot.waitUntil(lambda: panel.view.foot.hint().startswith("Click a cell"), timeout=WAIT_MS)
    at = QPointF(*canvas.to_screen(canvas._cells.cloud.points[number][None])[0].tolist())
    mouse.hover(canvas, at)
    card = canvas.cell_card
    qtbot.waitUntil(lambda: card.isVisible(), timeout=WAIT_MS)
    told = atlas.told[number]
    title, classes, said, sure = card.words()
    assert title == f"{told.count} pictures"
    names = [f"{name}\u00a0{count}" for name, count in told.classes[:3]]  # cat, dog, fox
    assert classes == ", ".join(names)
    assert said.startswith(f"taken for {told.said[0][0]}:\u00a0{told.said[0][1]}")  # class 3
    assert sure == f"mean confidence {told.sure:.2f}"
    qtbot.waitUntil(
        lambda: (cells := card.strip.cells()) and all(cell.picture is not None for cell in cells),
        timeout=WAIT_MS,
    )
    assert len(card.strip.cells()) == min(LIKEST, told.count)
    mouse.click(canvas, at)
    own = set(atlas.of.ids(atlas.typical[number]))
    assert options.selection == own
    marked = np.arange(len(atlas)) == number
    qtbot.waitUntil(lambda: np.array_equal(canvas._cells._marked, marked), timeout=WAIT_MS)
    assert canvas._cells.picked == number
    other = canvas.to_screen(canvas._cells.cloud.points[0][None])[0].tolist()
    mouse.press(canvas, QPointF(*other))
    left, shift = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier
    mouse.send(canvas, QEvent.Type.MouseButtonRelease, QPointF(*other), left, shift)
    assert options.selection == own | set(atlas.of.ids(atlas.typical[0]))
    options.select(())
    qtbot.waitUntil(lambda: canvas._cells._marked is None, timeout=WAIT_MS)
    assert canvas._cells.picked is None


def test_two_classes_are_compared_where_one_is(
    qtbot: QtBot,
    start: Start,
    tmp_path: Path,
    corpus: Corpus,  # noqa: F811
) -> None:
    deepvis, panel = atlas_shown(qtbot, start, tmp_path)
    head, options, filling = panel.view.head, deepvis.desk.options.map, panel.presenter.filling
    assert head.cells.isVisible()
    assert offered(head, 0) == [-1, *range(12)]
    head.class_picked.emit(0, "4")
    qtbot.waitUntil(lambda: head.classes[1][0].isVisible(), timeout=WAIT_MS)
    assert not head.cells.isVisible()
    assert filling._atlas.comparison is None  # of one class alone there is nothing to compare
    assert offered(head, 1) == [-1, 0, 1, 2, 3, *range(5, 12)]  # not with itself
    head.class_picked.emit(1, "9")
    assert options.compared == (4, 9)
    qtbot.waitUntil(lambda: filling.points is not None, timeout=WAIT_MS)
    codes = codes_of(corpus, LAYER)
    scores = [class_scores(corpus, codes, "logits", number) for number in (4, 9)]
    truth = compared(codes, *scores, settings=MapSettings("pca"))
    np.testing.assert_array_equal(filling.points[truth.places], truth.points)
    qtbot.waitUntil(lambda: panel.presenter._points is filling.points, timeout=WAIT_MS)
    assert panel.view.canvas._cells.ends == ("more class 4", "more class 9")
    filled(qtbot, panel)
    assert len(filling._atlas) == len(truth.atlas)
    head.class_picked.emit(0, "-1")
    assert options.compared is None
    qtbot.waitUntil(lambda: filling.points is None, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: head.cells.isVisible(), timeout=WAIT_MS)


def test_what_goes_wrong_is_said_and_the_map_stays(
    qtbot: QtBot,
    start: Start,
    tmp_path: Path,
    corpus: Corpus,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    deepvis, panel = atlas_shown(qtbot, start, tmp_path)
    view, options = panel.view, deepvis.desk.options.map

    def broken(*_: object, **__: object) -> None:
        raise UserError("It cannot be driven", "Choose another layer")

    with monkeypatch.context() as patch:
        patch.setattr(atlas_kind, "synthesis_pieces", broken)
        qtbot.waitUntil(lambda: view.head.again.isVisible(), timeout=WAIT_MS)
        view.head.again.click()
        qtbot.waitUntil(lambda: "It cannot be driven" in view.notice.text(), timeout=WAIT_MS)
    filled(qtbot, panel)
    qtbot.waitUntil(lambda: not view.notice.text(), timeout=WAIT_MS)
    options.cells = 100  # no cell has three pictures
    qtbot.waitUntil(lambda: "No cell has 3 pictures" in view.notice.text(), timeout=WAIT_MS)
    assert view.canvas._scene.tiles is None
    assert not view.is_empty()
    assert view.head.words() == f"{COUNT} pictures, 12 numbers each · PCA"
    options.view = MapView.MAP
    qtbot.waitUntil(lambda: not view.notice.text(), timeout=WAIT_MS)


def test_the_atlas_waits_for_the_map(
    qtbot: QtBot,
    start: Start,
    tmp_path: Path,
    corpus: Corpus,  # noqa: F811
) -> None:
    deepvis, panel = opened(qtbot, start, tmp_path)
    deepvis.desk.options.map.view = MapView.ATLAS
    maps = deepvis.desk.kept.maps
    qtbot.waitUntil(lambda: maps.found is not None, timeout=WAIT_MS)
    if not maps.found.is_final:
        assert panel.presenter.filling._atlas is None
    laid_out(qtbot, deepvis)
    qtbot.waitUntil(lambda: panel.presenter.filling._atlas is not None, timeout=WAIT_MS)
    assert panel.presenter.filling._atlas.of is maps.found
