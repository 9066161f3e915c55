"""The pictures of Learn: from a run that was trained to what a person is told."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest.mock import MagicMock

import numpy as np
import pytest
from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtWidgets import QVBoxLayout, QWidget

from deepvis_app.known.run_weights import RunWeights
from deepvis_app.known.runs import Followed
from deepvis_app.lab.examples import ExamplesOf
from deepvis_app.lab.kept_weights import weight_files, weights_at
from deepvis_app.lab.layer_steps import GRADIENT, UPDATE
from deepvis_app.lab.log.read import read_log
from deepvis_app.lab.log.run import LineProbe, Mark, Run
from deepvis_app.lab.trainer import Training, TrainPlan
from deepvis_app.state.learn import LearnOptions
from deepvis_app.state.selection import Selection
from deepvis_app.tiles.over_steps import BAD
from deepvis_app.tiles.signed import common_peak, signed_picture
from deepvis_app.ui.panels.learn.heat import available, detail, heat_look, row_of, ticks
from deepvis_app.ui.panels.learn.heat_section import HeatSection
from deepvis_app.ui.panels.learn.judgement import confusion_at, line_at, line_words
from deepvis_app.ui.panels.learn.judgement_section import JudgementSection
from deepvis_app.ui.panels.learn.plane import extent_of, plane_look, plane_words
from deepvis_app.ui.panels.learn.plane_section import PlaneSection
from deepvis_app.ui.panels.learn.ridges import Beside, Ridges, kinds_in, power_word
from deepvis_app.ui.panels.learn.ridges_section import LAYER, RidgesSection
from deepvis_app.ui.panels.learn.sections import SECTIONS
from deepvis_app.ui.panels.learn.then_now import ThenNow, picture_shape
from deepvis_app.ui.panels.learn.then_now_section import ThenNowSection
from deepvis_app.ui.panels.learn.wall import Suspects, pair_words, suspect_cells
from deepvis_app.ui.panels.learn.wall_section import WallSection
from tests.learned import convolving, learn

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def steady(folder: Path) -> Run:
    return read_log(learn(folder / "steady", steps=40, rate=2.5, keep=(0, 5, 20, 40)))


@pytest.fixture(scope="module")
def burst(folder: Path) -> Run:
    """A run whose weights and gradients stop being finite."""
    return read_log(learn(folder / "burst", convolving(), steps=30, rate=1e22, keep=(0, 1)))


class Runs:
    """Runs that are known at once."""

    def __init__(self, *runs: Run) -> None:
        self.shown = tuple(Followed(str(run.path), run) for run in runs)

    def get(self, path: str) -> Followed:
        return next((one for one in self.shown if one.path == path), Followed(path))


class Files(QObject):
    """Takes what would be saved."""

    saved = pyqtSignal(str)

    def save_data(self, key: str, _text: str) -> None:
        self.saved.emit(key)

    def choose_figure(self, key: str = "") -> None:
        self.saved.emit(key)


class Reading:
    """Answers a question once it is told to."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Callable[[], Any], Future[Any]]] = []

    def read(self, question: Callable[[], Any], *, is_order: bool = False) -> Future[Any]:
        self.waiting.append((question, Future()))
        return self.waiting[-1][1]

    def answer(self) -> None:
        for question, future in self.waiting:
            try:
                future.set_result(question())
            except Exception as error:  # noqa: BLE001 - as a thread hands it over
                future.set_exception(error)
        self.waiting = []


def desk(*runs: Run) -> Any:
    options = SimpleNamespace(learn=LearnOptions())
    kept = SimpleNamespace(runs=Runs(*runs))
    return SimpleNamespace(
        options=options, kept=kept, engine=Reading(), files=Files(), selection=Selection(),
        jobs=MagicMock(),
    )  # fmt: skip


# Every layer, every step


def test_the_picture_has_what_the_log_has(steady: Run) -> None:
    assert available(steady) == {"gradient", "update", "moved"}
    look = heat_look(steady, GRADIENT)
    assert look is not None
    assert look.rows == ("1", "3")
    assert look.low < look.high
    assert row_of(look, "3") == 1
    assert row_of(look, "9") is None
    assert heat_look(steady, "dead") is None
    assert heat_look(None, GRADIENT) is None
    assert detail(look, 20) == "a column: the largest of its steps"
    assert detail(look, 100) == ""


def test_what_is_not_finite_is_marked_and_counted(burst: Run) -> None:
    look = heat_look(burst, UPDATE)
    assert look is not None
    bad = int((look.kinds == BAD).sum())
    assert bad > 30
    assert detail(look, 100).startswith(f"not finite {bad} times")


def test_marks_and_findings_stand_on_top(steady: Run) -> None:
    run = Run(steady.path, marks=(Mark(20, "rate 1 → 0.1"),))
    finding = SimpleNamespace(step=5, title="Overfitting", severity=SimpleNamespace(value="alarm"))
    found = ticks(run, [finding])
    assert [(t.step, t.text, t.shade) for t in found] == [
        (5, "Overfitting", "bad"), (20, "rate 1 → 0.1", "text"),
    ]  # fmt: skip


def shown(qtbot: QtBot, section: Any, run: Run | None, step: int | None = None) -> QWidget:
    """Show a section at the size that the centre gives it."""
    page = QWidget()
    qtbot.addWidget(page)
    column = QVBoxLayout(page)
    column.addWidget(section)
    column.addStretch(1)
    page.resize(752, 700)
    page.show()
    section.show_run(run, step)
    section.refresh_now()
    return page


def test_a_click_in_the_picture_picks_layer_and_step(qtbot: QtBot, steady: Run) -> None:
    all_there = desk(steady)
    section = HeatSection(all_there)
    _page = shown(qtbot, section, steady, 20)
    section.heat.picked.emit(1, 20)
    looks = all_there.options.learn.looks
    assert (looks.layer, looks.at) == ("3", 20)
    heard: list[object] = []
    section.step_pointed.connect(heard.append)
    section.heat.pointed.emit(7)
    assert heard == [7]
    section.choice.picked.emit("moved")
    assert looks.heat == "moved"
    qtbot.waitUntil(lambda: section.choice.current() == "moved")
    assert section.savables()[0].content() is section.heat


def test_a_section_out_of_sight_costs_nothing(qtbot: QtBot, steady: Run) -> None:
    section, page = HeatSection(desk(steady)), QWidget()
    qtbot.addWidget(page)
    section.show_run(steady, None)
    assert section.heat.look() is None
    QVBoxLayout(page).addWidget(section)
    page.show()
    qtbot.waitUntil(lambda: section.heat.look() is not None)


# How values are spread


def test_one_axis_for_all_layers_and_both_runs(steady: Run, burst: Run) -> None:
    assert kinds_in(steady) == {"weights", "gradients", "updates"}
    alone = Ridges("weights", steady, "steady")
    assert [plate.title for plate in alone.plates] == ["1", "3"]
    assert power_word(-12) == "2⁻¹²"
    spread = alone.plates[0].spreads[0]
    assert spread.steps.tolist() == [0, 10, 20, 30, 40]
    whole = spread.heights.sum(1) + spread.zero + spread.small + spread.bad
    assert whole == pytest.approx(1)
    both = Ridges("weights", steady, "steady", Beside.run("burst", "run_2", burst, "weights"))
    assert [len(plate.spreads) for plate in both.plates] == [1, 1]  # no layer of the same name
    again = Ridges("weights", steady, "steady", Beside.run("other", "run_3", steady, "weights"))
    first, second = again.plates[0].spreads
    assert (first.heights == second.heights).all()
    assert (first.shade, second.shade) == ("accent", "run_3")


def test_one_layer_lies_over_all_others(steady: Run) -> None:
    beside = Beside.one_layer(steady, "weights", "3")
    assert beside is not None
    found = Ridges("weights", steady, "steady", beside)
    own = found.plates[1].spreads[0].heights
    assert (found.plates[0].spreads[1].heights == own).all()
    assert Beside.one_layer(steady, "weights", "nothing") is None


def test_nan_is_told_with_its_number(burst: Run) -> None:
    found = Ridges("weights", burst, "burst")
    plate = found.plates[-1]
    assert plate.spreads[0].bad[-1] == 1
    assert "not finite" in str(plate.lines)
    assert plate.lines[-1] == (("not finite", "1\u2009090"), ("", "100 %"))


def test_what_lies_beside_is_chosen(qtbot: QtBot, steady: Run, burst: Run) -> None:
    all_there = desk(steady, burst)
    section = RidgesSection(all_there)
    _page = shown(qtbot, section, steady)
    assert len(section.sheet.plates()) == 2
    section.popup.chosen.emit(LAYER + "1")
    qtbot.waitUntil(lambda: len(section.sheet.plates()[1].spreads) == 2)
    assert section.beside.text() == "and 1"
    section.kind.picked.emit("activations")
    qtbot.waitUntil(lambda: not section.sheet.plates())
    assert section.savables()[0].content() is None
    section.kind.picked.emit("gradients")
    qtbot.waitUntil(lambda: len(section.sheet.plates()) == 2)
    section.sheet.picked.emit(1)
    assert all_there.options.learn.looks.layer == "3"


# Weights then and now


def test_weights_are_asked_for_and_shown_once_they_are_there(steady: Run) -> None:
    reading = Reading()
    known = RunWeights(reading.read)
    finding = ThenNow(known)
    for _ in range(3):
        found = finding.find(steady, "", None)
        reading.answer()
        known.tick()
    found = finding.find(steady, "", None)
    assert found is not None
    assert found.layer == "1"
    assert found.steps == (0, 5, 20, 40)
    files = weight_files(steady)
    assert (found.now == weights_at(files[40], "1.weight")).all()
    look = found.look()
    assert look.titles == ("step 0", "step 40", "difference")
    assert (look.matrices[2] == found.now - found.then).all()
    assert look.place(3, 17) == "Unit 3, input 17"
    gone = np.linalg.norm(found.now - found.then, axis=1) / np.linalg.norm(found.then, axis=1)
    assert found.moved == pytest.approx(gone)
    pictures = found.pictures()
    assert pictures is not None
    peak = common_peak(found.weights)
    assert (pictures[-1][4] == signed_picture(found.now[4].reshape(8, 8), peak)).all()
    assert finding.layers == ("1", "3")
    finding.find(steady, "3", 5)
    reading.answer()
    known.tick()
    other = finding.find(steady, "3", 5)
    assert other is not None
    assert (other.layer, other.steps) == ("3", (0, 5))
    assert other.pictures() is None


def test_what_comes_in_is_a_picture_where_it_fills_a_square() -> None:
    assert picture_shape((30, 64)) == (1, 8, 8)
    assert picture_shape((30, 3 * 49)) == (3, 7, 7)
    assert picture_shape((24, 3, 7, 7)) == (3, 7, 7)
    assert picture_shape((10, 30)) is None
    assert picture_shape((12, 8, 3, 3)) is None
    assert picture_shape((10, 4)) is None


def test_why_there_are_no_weights_is_said(steady: Run, tmp_path: Path) -> None:
    reading = Reading()
    finding = ThenNow(RunWeights(reading.read))
    assert finding.find(Run(tmp_path), "", None) is None
    assert finding.why[0] == "No weights of this run were kept"
    one = read_log(learn(tmp_path / "one", steps=1, keep=(0,)))
    assert finding.find(one, "", None) is None
    assert "one step" in finding.why[0]


def test_a_checkpoint_that_is_gone_is_named(qtbot: QtBot, tmp_path: Path) -> None:
    run = read_log(learn(tmp_path / "gone", steps=2, keep=(0, 2)))
    for path in weight_files(run).values():
        path.unlink()
    reading = Reading()
    known = RunWeights(reading.read)
    finding = ThenNow(known)
    assert finding.find(run, "", None) is None
    assert finding.why[1] == "Reading the weights…"
    reading.answer()
    known.tick()
    assert finding.find(run, "", None) is None
    assert "not there any more" in finding.why[0]


def test_a_unit_is_picked_by_its_bar_or_its_picture(qtbot: QtBot, steady: Run) -> None:
    all_there = desk(steady)
    section = ThenNowSection(all_there)
    _page = shown(qtbot, section, steady)

    def there() -> bool:
        all_there.engine.answer()
        return section.found is not None

    qtbot.waitUntil(there)
    assert section.units.count() == 30
    assert section.history.count() == 4
    section.units.picked.emit(7)
    assert section.moved.order()[0] != 7 or section.moved.count() == 30
    found = section.found
    assert found is not None
    pictures = found.pictures()
    assert pictures is not None
    cells = section.history.cells()
    assert [cell.caption for cell in cells] == ["0", "5", "20", "40"]
    assert cells[2].picture is not None
    assert (cells[2].picture == pictures[2][7]).all()
    section.moved.picked.emit(3)
    again = section.history.cells()[-1].picture
    assert again is not None
    assert (again == pictures[-1][3]).all()
    assert all(each.content() is not None for each in section.savables())


# Answers and steps


def test_confusion_is_that_of_the_step(steady: Run) -> None:
    last = confusion_at(steady, None)
    assert last is not None
    assert last.step == 40
    assert last.counts.sum() == 297
    right = int(np.trace(last.counts))
    accuracy = steady.scalar("val_accuracy")
    assert accuracy is not None
    assert accuracy.last == pytest.approx(right / 297)
    assert last.words.startswith(f"{right} of 297 right")
    early = confusion_at(steady, 25)
    assert early is not None
    assert early.step == 20
    assert confusion_at(Run(steady.path), None) is None


LENGTHS = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0)


LARGER = ": the rate could be larger"


@pytest.mark.parametrize(
    ("losses", "words"),
    [
        ((2.0, 1.9, 1.8, 1.7, 1.6, 2.5), f"Least at 4 × the update, from 2.00 to 1.60{LARGER}"),
        (
            (2.0, 1.9, 1.8, 1.7, 1.6, 1.5),
            f"It falls as far as was looked, 8 ×, from 2.00 to 1.50{LARGER}",
        ),
        (
            (2.0, 1.9, 1.8, 2.7, 3.6, 9.5),
            "Least at the update itself, from 2.00 to 1.80: the rate fits",
        ),
        (
            (2.0, 1.9, 2.8, 2.7, 3.6, 9.5),
            "Least at 0.5 × the update, from 2.00 to 1.90: a smaller rate would go further",
        ),
        (
            (2.0, 2.1, 2.8, 2.7, 3.6, 9.5),
            "Any part of this update raises the loss here: the rate is too large, or these are "
            "examples that it does not learn from",
        ),
        ((2.0, 2.0, 2.0, 1.9999, 2.0, 2.0), "The loss hardly changes along this update"),
        ((float("nan"),) * 6, "The loss itself is not finite"),
        (
            (2.0, 1.9, 1.8, float("inf"), float("nan"), 1.7),
            f"It falls as far as was looked, 8 ×, from 2.00 to 1.70{LARGER}",
        ),
    ],
)
def test_a_line_says_what_it_means_for_the_rate(losses: tuple[float, ...], words: str) -> None:
    assert line_words(LineProbe(0, LENGTHS, losses)) == words


def test_the_section_follows_the_step(qtbot: QtBot, steady: Run) -> None:
    section = JudgementSection(desk(steady))
    _page = shown(qtbot, section, steady, None)
    newest = section.confusion.counts()
    section.show_run(steady, 0)
    assert (section.confusion.counts() != newest).any()
    line = line_at(steady, None)
    assert line is not None
    assert section.words.text() == f"{line_words(line)}."
    section.confusion.picked.emit(3, 8)
    section.show_run(None, None)
    section.refresh_now()
    assert section.confusion.count() == 0
    assert {each.key for each in section.savables()} == {"learn-confusion", "learn-line"}


def test_every_section_is_made_and_explains_itself(qtbot: QtBot, steady: Run, burst: Run) -> None:
    for info in SECTIONS:
        section: Any = info.make(desk(steady, burst))
        asked: list[str] = []
        section.explanation_requested.connect(asked.append)
        page = shown(qtbot, section, None)
        for run in (None, steady, burst, Run(steady.path / "empty")):
            section.show_run(run, None)
            section.refresh_now()
            page.grab()
        for header in section.findChildren(QWidget):
            if (signal := getattr(header, "explanation_requested", None)) is not None:
                signal.emit()
        assert set(asked) == set(info.topics)


# Examples: the plane, suspect labels, one cell of the confusion


@pytest.fixture(scope="module")
def trained(folder: Path) -> Callable[..., Run]:
    """Return what trains by a plan in a folder of its own, and reads its log."""

    def train(name: str, **plan: Any) -> Run:
        with Training(TrainPlan(**plan), folder / name) as training:
            for _ in training.steps():
                pass
        return read_log(folder / name)

    return train


@pytest.fixture(scope="module")
def circle(trained: Callable[..., Run]) -> Run:
    return trained("circle", data="circle", hidden=(4,), rate=0.3, batch=10, epochs=2)


@pytest.fixture(scope="module")
def mislabelled(trained: Callable[..., Run]) -> Run:
    return trained(
        "mislabelled", data="digits", rate=1.0, batch=50, epochs=8, label_noise=0.1,
        find_label_errors=True,
    )  # fmt: skip


def test_the_plane_is_what_the_network_says_there(circle: Run) -> None:
    assert extent_of(circle) == 6
    examples = ExamplesOf(circle.path)
    examples.at(circle.checkpoints[-1].path)
    learned, judged = examples.learned(np.arange(250)), examples.judged(np.arange(250))
    look = plane_look(circle, (learned, judged), (0, 0, 0))
    assert look is not None
    assert learned.places is not None
    radius = np.hypot(*learned.places.T)  # the cloud as it is defined: a disc within a ring
    assert ((radius < 3) == (learned.given == 1)).all()
    # The map is of the last epoch, as the last checkpoint is: they agree but at the border.
    for points, some in zip(look.points, (learned, judged), strict=True):
        agree = points.is_wrong == (some.said != some.given)
        assert agree.mean() > 0.95
    assert [points.is_hollow for points in look.points] == [False, True]
    assert plane_words(look).endswith("judged by right")


def test_suspects_are_those_whose_labels_were_made_wrong(mislabelled: Run) -> None:
    shown_ = Suspects(mislabelled)
    assert shown_.by_false_class
    assert (np.diff(shown_.margins) >= 0).all()
    examples = ExamplesOf(mislabelled.path)
    examples.at(mislabelled.checkpoints[-1].path)
    found = examples.learned(shown_.places)
    assert (found.true != found.given).mean() > 0.8
    data = examples.data
    assert found.pictures is not None
    assert (found.pictures[3] == data.picture(int(shown_.places[3]))).all()
    cells = suspect_cells(found, shown_, mislabelled.about.classes)
    wrong = int(np.flatnonzero(found.true != found.given)[0])
    assert cells[wrong].caption.startswith(str(found.given[wrong]))
    assert f"it is {found.true[wrong]}" in cells[wrong].tip


def test_a_cell_of_the_confusion_is_those_examples(mislabelled: Run) -> None:
    examples = ExamplesOf(mislabelled.path)
    examples.at(mislabelled.checkpoints[-1].path)
    table = mislabelled.matrices["confusion"][-1][1]
    assert mislabelled.matrices["confusion"][-1][0] == mislabelled.checkpoints[-1].step
    for is_class in range(3):
        for said in range(3):
            found = examples.taken_for(is_class, said, 100)
            assert len(found.given) == table[is_class, said]
            assert (found.given == is_class).all()
            assert (found.said == said).all()
    assert pair_words((3, 8), mislabelled.about.classes) == "Is 3, said 8"


def answered(qtbot: QtBot, there: Any, ready: Callable[[], bool]) -> None:
    def done() -> bool:
        there.engine.answer()
        return ready()

    qtbot.waitUntil(done, timeout=20_000)


def test_the_wall_turns_to_a_cell_and_back(qtbot: QtBot, mislabelled: Run, circle: Run) -> None:
    there = desk(mislabelled)
    section = WallSection(there)
    _page = shown(qtbot, section, mislabelled)
    answered(qtbot, there, lambda: section.grid.count() > 0)
    suspects_shown = section.grid.count()
    table = mislabelled.matrices["confusion"][-1][1]
    there.options.learn.looks.confused = (1, 1)
    answered(qtbot, there, lambda: section.grid.count() == min(table[1, 1], 24))
    assert section.back.isVisible()
    section.back.click()
    answered(qtbot, there, lambda: section.grid.count() == suspects_shown)
    section.show_run(circle, None)
    assert not section.isVisible()


def test_the_plane_is_there_for_points_only(qtbot: QtBot, circle: Run, steady: Run) -> None:
    there = desk(circle)
    section = PlaneSection(there)
    _page = shown(qtbot, section, circle)
    answered(qtbot, there, lambda: (look := section.plane.look()) is not None and bool(look.points))
    assert section.plane.accessibleDescription().endswith("of 500 points right")
    section.show_run(steady, None)
    assert not section.isVisible()


def test_data_that_is_gone_is_said(qtbot: QtBot, mislabelled: Run, tmp_path: Path) -> None:
    gone = replace(mislabelled, path=tmp_path)
    there = desk(gone)
    section = WallSection(there)
    _page = shown(qtbot, section, gone)
    answered(qtbot, there, lambda: section.notice.isVisible())
