"""The table of units: numbers in its cells, its order, its search, and what it asks."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from PIL import Image
from PyQt6.QtCore import QPoint, Qt

from deepvis_app.corpus import scan
from deepvis_app.corpus.figures import layer_figures
from deepvis_app.engine import GridReader
from deepvis_app.engine.kept.corpora import default_folder
from deepvis_app.nets import Unit, load_network
from deepvis_app.state.appearance import GridShows
from deepvis_app.state.selection import Focus
from deepvis_app.state.unit_table import Few, Scope
from deepvis_app.ui.panels.grid.table.rows import UnitRows, number_text, percent_text
from deepvis_app.words.figures import figure
from tests.drawn import draw, picture
from tests.ui.looking import WAIT_MS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from deepvis_app.corpus import Corpus
    from deepvis_app.nets import Network
    from deepvis_app.ui.app import App
    from deepvis_app.ui.panels.grid.table.view import TableView

    Start = Callable[..., App]

LAYER = "relu3b"


@pytest.fixture(scope="module")
def network() -> Network:
    return load_network("pocket")


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw(tmp_path_factory.mktemp("drawn"))


@pytest.fixture
def corpus(network: Network, drawn: Path, private_folders: None) -> Corpus:
    return scan(network, drawn, out=default_folder() / "drawn", name="drawn")


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    Image.fromarray(picture(1, 99)).save(path)
    return path


@pytest.fixture
def shown(qtbot: QtBot, start: Start, corpus: Corpus, photo: Path) -> App:
    """The window with the table of a scanned layer."""
    deepvis = start(net="pocket", source=str(photo))
    deepvis.window.resize(1440, 900)
    desk = deepvis.desk
    qtbot.waitUntil(lambda: deepvis.rounds.network is not None, timeout=WAIT_MS)
    desk.selection.pick_layer(LAYER)
    desk.options.view.grid_shows = GridShows.TABLE
    qtbot.waitUntil(lambda: rows(deepvis).pictures == 36, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: bool(np.isfinite(rows(deepvis).values["live"]).all()), timeout=WAIT_MS)
    return deepvis


def view(deepvis: App) -> TableView:
    found: TableView = deepvis.panels["grid"].view.table
    return found


def rows(deepvis: App) -> UnitRows:
    found = view(deepvis).table.units.rows
    return found if found is not None else UnitRows(load_network("pocket"), ())


def units(deepvis: App) -> list[int]:
    order = view(deepvis).table.units.order
    return rows(deepvis).unit[order].tolist()


def cell(deepvis: App, line: int, key: str) -> str:
    model = view(deepvis).table.units
    keys = [column.key for column in model.columns]
    return str(model.data(model.index(line, keys.index(key))))


def truth(network: Network, photo: Path) -> np.ndarray:
    x = network.prepare(np.asarray(Image.open(photo)))[None]
    with torch.no_grad():
        return network.activations(x, [LAYER])[LAYER][0].flatten(1).amax(1).numpy()


def test_cells_say_what_was_counted(
    qtbot: QtBot, shown: App, corpus: Corpus, network: Network, photo: Path
) -> None:
    live, found = truth(network, photo), layer_figures(corpus, LAYER)
    for line in (0, 7, 200):
        unit = units(shown)[line]
        assert cell(shown, line, "unit") == str(unit)
        assert float(rows(shown).values["live"][unit]) == pytest.approx(live[unit], rel=1e-3)
        assert cell(shown, line, "live") == figure(float(rows(shown).values["live"][unit]))
        assert cell(shown, line, "mean") == figure(float(found.mean[unit]))
        assert cell(shown, line, "silent") == percent_text(100 * float(found.silent[unit]))
        assert cell(shown, line, "best").startswith(found.best_class[unit] or "shape")


def test_a_click_on_a_head_sorts_and_again_turns_it_round(
    qtbot: QtBot, shown: App, network: Network, photo: Path
) -> None:
    live = truth(network, photo)
    head = view(shown).table.head
    section = [c.key for c in view(shown).table.units.columns].index("live")
    where = QPoint(head.sectionViewportPosition(section) + 8, 10)
    for best in (live.max(), live.min()):
        qtbot.mouseClick(head.viewport(), Qt.MouseButton.LeftButton, pos=where)
        qtbot.waitUntil(
            lambda best=best: live[units(shown)[0]] == pytest.approx(best, rel=1e-3),
            timeout=WAIT_MS,
        )
    descending = list(live[units(shown)][::-1])
    assert descending == sorted(descending, reverse=True)


def test_up_and_down_pick_in_the_order_shown(qtbot: QtBot, shown: App) -> None:
    table, selection = shown.desk.options.table, shown.desk.selection
    table.sorted_by, table.is_descending = "mean", True
    qtbot.waitUntil(lambda: units(shown) != sorted(units(shown)), timeout=WAIT_MS)
    selection.pick_unit(units(shown)[0])
    shown.shell.actions["down"].trigger()
    assert selection.unit == units(shown)[1]
    shown.shell.actions["fast-down"].trigger()
    assert selection.unit == units(shown)[4]
    shown.shell.actions["up"].trigger()
    assert selection.unit == units(shown)[3]
    selection.pick_unit(units(shown)[0])
    shown.shell.actions["up"].trigger()
    assert selection.focus is Focus.LAYERS


def test_enter_opens_the_inspector(qtbot: QtBot, shown: App) -> None:
    shown.desk.sight.is_inspecting = False
    table = view(shown).table
    table.setFocus()
    qtbot.keyClick(table, Qt.Key.Key_Return)
    assert shown.desk.sight.is_inspecting


def test_the_search_leaves_what_it_means(qtbot: QtBot, shown: App, corpus: Corpus) -> None:
    found = layer_figures(corpus, LAYER)
    search = shown.panels["grid"].view.search
    search.setText("7, or zero > 95")
    expected = sorted({7, *np.flatnonzero(found.zero > 0.95).tolist()})
    qtbot.waitUntil(lambda: units(shown) == expected, timeout=WAIT_MS)
    search.setText("kind_2")
    expected = [u for u, name in enumerate(found.best_class) if name == "kind_2"]
    assert expected
    qtbot.waitUntil(
        lambda: set(expected) <= set(units(shown)) and len(units(shown)) < 256, timeout=WAIT_MS
    )
    search.setText("frobs > 3")
    qtbot.waitUntil(lambda: units(shown) == [], timeout=WAIT_MS)
    assert "“frobs”" in view(shown).table.empty[1]


def test_filters_leave_firing_and_dead_units(
    qtbot: QtBot, shown: App, corpus: Corpus, network: Network, photo: Path
) -> None:
    found, live = layer_figures(corpus, LAYER), truth(network, photo)
    shown.desk.options.table.few = Few.DEAD
    expected = np.flatnonzero(found.dead).tolist()
    qtbot.waitUntil(lambda: units(shown) == expected, timeout=WAIT_MS)
    shown.desk.options.table.few = Few.FIRING
    qtbot.waitUntil(lambda: units(shown) == np.flatnonzero(live > 0).tolist(), timeout=WAIT_MS)


def test_all_layers_stand_in_one_table(qtbot: QtBot, shown: App, network: Network) -> None:
    shown.desk.options.table.scope = Scope.ALL
    total = sum(info.unit_count for info in network.layers)
    qtbot.waitUntil(lambda: len(rows(shown)) == total, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: bool(np.isfinite(rows(shown).values["mean"]).all()), timeout=WAIT_MS)
    row = rows(shown).row_of("logits", 3)
    assert row is not None
    assert rows(shown).at(row) == Unit("logits", 3)
    assert rows(shown).text(row, "class") == network.unit_label(Unit("logits", 3))
    view(shown).row_picked.emit(row)
    assert (shown.desk.selection.layer, shown.desk.selection.unit) == ("logits", 3)


def test_only_maps_in_view_are_asked_and_none_once_it_is_shut(qtbot: QtBot, shown: App) -> None:
    def asked() -> list[GridReader]:
        snapshot = shown.rounds.snapshot
        return (
            []
            if snapshot is None
            else [one for one in snapshot.readings if isinstance(one, GridReader)]
        )

    qtbot.waitUntil(lambda: bool(asked()) and asked()[0].units is not None, timeout=WAIT_MS)
    (grid,) = asked()
    first, count = view(shown).seen()
    assert grid.units == tuple(units(shown)[first : first + count])
    assert count < 30
    shown.desk.options.view.grid_shows = GridShows.ACTIVITY
    qtbot.waitUntil(lambda: bool(asked()) and asked()[0].units is None, timeout=WAIT_MS)
    before = shown.panels["grid"].table.news.figures._asked
    shown.desk.options.pictures.look = shown.desk.options.pictures.look
    shown.rounds.go()
    assert shown.panels["grid"].table.news.figures._asked is before


def test_crops_show_what_the_best_place_sees(qtbot: QtBot, shown: App, corpus: Corpus) -> None:
    crops = shown.panels["grid"].table._crops
    unit = next(u for u in range(12) if corpus.top(Unit(LAYER, u)))
    qtbot.waitUntil(lambda: crops.of(Unit(LAYER, unit)) is not None, timeout=WAIT_MS)
    crop, best = crops.of(Unit(LAYER, unit)), corpus.top(Unit(LAYER, unit))[0]
    seen, _ = corpus_view(best.path)
    top, left, bottom, right = best.box
    expected = seen[top:bottom, left:right].mean((0, 1))
    assert crop is not None
    np.testing.assert_allclose(crop.mean((0, 1)), expected, atol=8)


def corpus_view(path: Path) -> tuple[np.ndarray, object]:
    return load_network("pocket").view(np.asarray(Image.open(path)))


def test_the_table_as_text_has_plain_numbers(qtbot: QtBot, shown: App, corpus: Corpus) -> None:
    text = shown.panels["grid"].table.text(",")
    lines = list(csv.DictReader(io.StringIO(text)))
    found = layer_figures(corpus, LAYER)
    assert len(lines) == 256
    assert lines[5]["Layer"] == LAYER
    assert float(lines[5]["Mean"]) == pytest.approx(found.mean[5], rel=1e-4)
    assert float(lines[5]["Zero (%)"]) == pytest.approx(100 * found.zero[5], rel=1e-4)


def test_rows_do_not_move_under_the_pointer(
    qtbot: QtBot, shown: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    presenter = shown.panels["grid"].table
    now = [1000.0]
    monkeypatch.setattr(presenter, "_clock", lambda: now[0])
    table = shown.desk.options.table
    table.sorted_by, table.is_descending = "live", True
    presenter.ask()
    before = units(shown)
    monkeypatch.setattr(view(shown), "is_pointed", lambda: True)
    flipped = -rows(shown).values["live"].astype(np.float32)
    rows(shown).take_live(LAYER, flipped)
    presenter._is_behind, now[0] = True, now[0] + 5
    presenter.tick()
    assert units(shown) == before
    monkeypatch.setattr(view(shown), "is_pointed", lambda: False)
    presenter._is_behind = True
    presenter.tick()
    assert units(shown) == before  # a second has not passed
    rows(shown).take_live(LAYER, flipped)
    presenter._is_behind, now[0] = True, now[0] + 1.5
    presenter.tick()
    assert units(shown)[-1] == before[0]


def test_columns_and_order_come_back(qtbot: QtBot, shown: App) -> None:
    from deepvis_app.ui.panels.grid.session import left_off, restore

    table = shown.desk.options.table
    table.toggle_column("auc")
    table.toggle_column("mean")
    table.sort_by("auc")
    kept = left_off(shown.desk)
    table.columns, table.sorted_by = ("unit",), "unit"
    restore(shown.desk, kept)
    assert "auc" in table.columns
    assert "mean" not in table.columns
    assert (table.sorted_by, table.is_descending) == ("auc", True)


def test_narrow_leaves_out_what_can_be_missed(qtbot: QtBot, shown: App) -> None:
    shown.window.resize(1000, 700)
    model = view(shown).table.units
    qtbot.waitUntil(
        lambda: not {"mean", "zero", "silent"} & {c.key for c in model.columns}, timeout=WAIT_MS
    )
    bar = view(shown).table.horizontalScrollBar()
    assert bar is not None
    assert bar.maximum() == 0


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0%"), (0.4, "0.4%"), (0.01, "0.1%"), (90.2, "90%"), (99.96, "99.9%"), (100, "100%")],
)
def test_what_is_not_all_is_not_called_all(value: float, text: str) -> None:
    assert percent_text(value) == text


def test_what_is_not_known_is_a_dash() -> None:
    assert number_text(float("nan"), "mean") == "–"


def test_weights_are_looked_up_only_where_a_column_is_of_them(
    qtbot: QtBot, shown: App, network: Network
) -> None:
    assert np.isnan(rows(shown).values["norm"]).all()
    shown.desk.options.table.toggle_column("norm")
    shown.desk.options.table.toggle_column("weight-twin")
    weight = dict(network.module.named_modules())["conv3b"].weight.detach().flatten(1).numpy()
    qtbot.waitUntil(lambda: bool(np.isfinite(rows(shown).values["norm"]).all()), timeout=WAIT_MS)
    norms = np.linalg.norm(weight, axis=1)
    np.testing.assert_allclose(rows(shown).values["norm"], norms, rtol=1e-4)
    cosine = weight @ weight[4] / norms / norms[4]
    cosine[4] = -2
    assert cell(shown, 4, "weight-twin") == f"{cosine.argmax()} cos {cosine.max():.2f}"


def test_preferred_images_that_were_made_stand_in_a_column(qtbot: QtBot, shown: App) -> None:
    from deepvis_app.engine.jobs.kinds.synthesis import Purpose, SynthesisRequest
    from deepvis_app.synth import Sample
    from deepvis_app.ui.panels.grid.table.columns import Kind

    recipe = shown.desk.options.preferred.recipe
    recipe = recipe.model_copy(update={"stop": recipe.stop.model_copy(update={"steps": 3})})
    shown.desk.options.preferred.recipe = recipe
    shown.desk.jobs.submit(SynthesisRequest((Sample(Unit(LAYER, 2), 0),), recipe, Purpose.LAYER))
    qtbot.waitUntil(
        lambda: all(job.state.is_final for job in shown.desk.jobs.statuses()), timeout=WAIT_MS
    )
    table = view(shown)
    assert table._image(2, Kind.PREFERRED) is None
    shown.desk.options.table.toggle_column("preferred")

    def pixels() -> set[int]:
        found = table._image(2, Kind.PREFERRED)
        if found is None:
            return set()
        image, where = found
        part = image.copy(where)
        return {part.pixel(x, y) for x in range(part.width()) for y in range(part.height())}

    qtbot.waitUntil(lambda: len(pixels()) > 20, timeout=WAIT_MS)


def test_the_keyboard_stays_with_the_units_where_the_table_takes_their_place(
    qtbot: QtBot, shown: App
) -> None:
    grid = shown.panels["grid"].view
    shown.window.activateWindow()
    grid.focus_canvas()
    qtbot.waitUntil(grid.table.table.hasFocus, timeout=WAIT_MS)
    shown.desk.options.view.grid_shows = GridShows.ACTIVITY
    qtbot.waitUntil(grid.panes[0].canvas.hasFocus, timeout=WAIT_MS)
    shown.desk.options.view.grid_shows = GridShows.TABLE
    qtbot.waitUntil(grid.table.table.hasFocus, timeout=WAIT_MS)


def test_no_figures_title_is_cut_when_it_is_sorted_by(shown: App) -> None:
    table = view(shown).table
    for number, column in enumerate(table.units.columns):
        assert table.columnWidth(number) >= table.head.needs(column), column.title


def test_the_last_numbers_of_a_picture_at_rest_are_shown(
    shown: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    presenter = shown.panels["grid"].table
    now, told = [presenter._clock() + 1000], []
    monkeypatch.setattr(presenter, "_clock", lambda: now[0])
    monkeypatch.setattr(presenter._view, "show_live", lambda: told.append(now[0]))
    snapshot = shown.rounds.snapshot
    assert snapshot is not None
    presenter.tick()  # puts what it has into words
    told.clear()
    now[0] += 0.01
    presenter.show_snapshot(snapshot)  # the last one: too soon to be read
    presenter.tick()
    assert told == []
    now[0] += 0.3
    presenter.tick()
    presenter.tick()
    assert told == [now[0]]
    now[0] += 0.3
    presenter.tick()
    assert len(told) == 1  # nothing new
