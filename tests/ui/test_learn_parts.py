"""What Learn knows and says of runs, decided without a window."""

from __future__ import annotations

import csv
import io
import os
import shutil
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from deepvis_app.errors import UserError
from deepvis_app.known.lines import POINTS, line_of, running_mean
from deepvis_app.known.runs import RESTING_S, Followed, KnownRuns
from deepvis_app.lab.log.read import follow_log, read_log
from deepvis_app.lab.log.run import Series
from deepvis_app.state.learn import COLOURS, Axis, LearnOptions
from deepvis_app.ui.kit.plots.ticks import log_ticks, power, ticks
from deepvis_app.ui.panels.learn.controls import Told, told_of
from deepvis_app.ui.panels.learn.curves import (
    Look,
    Shown,
    drawing_of,
    place_of,
    place_word,
    smoothing_words,
    step_at,
    table_of,
)
from deepvis_app.ui.panels.learn.rows import COLUMNS, names_of, run_line
from tests.ui.runs_written import BEGAN_S, write_run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from deepvis_app.lab.log.run import Run

NAMES = [name for name, _, _ in COLUMNS]


class Clock:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


class Thread:
    """A reading thread that does what it was asked when a test says so."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Future[Any], Callable[[], Any]]] = []
        self.done = 0

    def __call__(self, question: Callable[[], Any], *, is_order: bool = False) -> Future[Any]:
        del is_order
        future: Future[Any] = Future()
        self.waiting.append((future, question))
        return future

    def work(self) -> None:
        waiting, self.waiting = self.waiting, []
        for future, question in waiting:
            self.done += 1
            try:
                future.set_result(question())
            except UserError as error:
                future.set_exception(error)


class Bench:
    """Known runs of a folder."""

    def __init__(self, home: Path, judge: Callable[[Run], Any] | None = None) -> None:
        self.home, self.clock, self.thread = home, Clock(), Thread()
        self.options = LearnOptions()
        self.runs = KnownRuns(home, self.thread, self.options, follow_log, judge, clock=self.clock)

    def rounds(self, count: int = 12, by_s: float = 0.3) -> int:
        """Go some rounds; return how many brought news."""
        news = 0
        for _ in range(count):
            self.clock.now_s += by_s
            news += self.runs.tick(True)
            self.thread.work()
        return news + self.runs.tick(False)


def one(path: Path) -> Followed:
    run = read_log(path)
    return Followed(str(path), run, {name: line_of(s) for name, s in run.scalars.items()})


def shown(path: Path, colour: int = 1) -> Shown:
    followed = one(path)
    assert followed.run is not None
    return Shown(
        path.name, colour, followed.run, followed.lines.get("loss"), followed.lines.get("val_loss")
    )


def series(values: list[float]) -> Series:
    steps = np.arange(1, len(values) + 1)
    return Series(steps, np.array(values, float), BEGAN_S + steps / 10.0)


# Following


def test_runs_are_listed_read_and_followed(tmp_path: Path) -> None:
    write_run(tmp_path / "old", {"loss": [3.0, 2.0]}).close()
    os.utime(tmp_path / "old" / "run-000001.dvlog", (1, 1))
    growing = write_run(tmp_path / "new", {"loss": [1.0]}, state="running")
    (tmp_path / "notes").mkdir()
    bench = Bench(tmp_path)
    assert bench.rounds() > 0
    assert [one.name for one in bench.runs.shown] == ["new", "old"]
    new, old = bench.runs.shown
    assert old.run is not None
    assert old.lines["loss"].series.values.tolist() == [3.0, 2.0]
    assert new.run is not None
    assert new.run.state == "running"
    growing.scalars(2, {"loss": 0.5})
    growing.flush()
    bench.rounds()
    newer = bench.runs.get(new.path)
    assert newer is not new
    assert newer.lines["loss"].series.values.tolist() == [1.0, 0.5]
    assert bench.runs.get(old.path) is old  # nothing was new of it
    growing.close()


def test_nothing_is_read_while_the_page_is_shut(tmp_path: Path) -> None:
    write_run(tmp_path / "a", {"loss": [1.0]}).close()
    bench = Bench(tmp_path)
    for _ in range(50):
        bench.clock.now_s += 1
        assert not bench.runs.tick(False)
    assert bench.thread.waiting == []
    bench.rounds()
    done = bench.thread.done
    bench.clock.now_s += 100
    bench.runs.tick(False)
    assert bench.thread.waiting == []
    assert bench.thread.done == done


def test_a_log_at_rest_is_looked_at_seldom(tmp_path: Path) -> None:
    write_run(tmp_path / "a", {"loss": [1.0]}).close()
    bench = Bench(tmp_path)
    bench.rounds()
    reads = bench.thread.done
    bench.rounds(10, RESTING_S / 10)  # the folder is looked at as well, once a second
    assert bench.thread.done - reads <= 4


def test_a_run_that_is_deleted_while_it_is_shown_keeps_its_picture(tmp_path: Path) -> None:
    write_run(tmp_path / "a", {"loss": [1.0, 0.5]}, state="running").close()
    bench = Bench(tmp_path)
    bench.rounds()
    shutil.rmtree(tmp_path / "a")
    bench.rounds()
    (left,) = bench.runs.shown
    assert left.is_gone
    assert left.lines["loss"].series.values.tolist() == [1.0, 0.5]
    line = run_line(left, bench.options, "a", is_own=False)
    assert line.state == "deleted"
    assert "removed" in line.tip
    bench.runs.close_log(left.path)
    assert bench.runs.shown == ()


def test_a_run_is_removed_with_its_folder(tmp_path: Path) -> None:
    write_run(tmp_path / "a", {"loss": [1.0]}).close()
    bench = Bench(tmp_path)
    bench.rounds()
    path = str(tmp_path / "a")
    bench.runs.hide(path)
    assert bench.runs.shown == ()
    bench.runs.show(path)
    assert len(bench.runs.shown) == 1
    bench.runs.hide(path)
    bench.runs.remove(path)
    bench.rounds()
    assert not (tmp_path / "a").exists()
    assert bench.runs.shown == ()


def test_a_run_has_another_name_and_keeps_its_colour(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_run(tmp_path / name, {"loss": [1.0]}).close()
    bench = Bench(tmp_path)
    bench.rounds()
    path = str(tmp_path / "a")
    bench.options.colour(str(tmp_path / "b"))
    colour, bench.options.chosen = bench.options.colour(path), path
    with pytest.raises(UserError, match="cannot be the name"):
        bench.runs.rename(path, "../a")
    bench.runs.rename(path, "b")
    bench.rounds()
    assert bench.runs.fault is not None
    assert "There is a run called b already" in str(bench.runs.fault)
    bench.runs.rename(path, "steady")
    bench.rounds()
    new = str(tmp_path / "steady")
    assert bench.options.chosen == new
    assert bench.options.colour(new) == colour
    assert {one.name for one in bench.runs.shown} == {"steady", "b"}


def test_what_is_no_log_is_said(tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    (tmp_path / "empty").mkdir()
    bench = Bench(tmp_path / "runs")
    bench.runs.open_log(str(tmp_path / "empty"))
    bench.rounds()
    (found,) = bench.runs.shown
    assert found.fault is not None
    assert "holds no log" in str(found.fault)
    assert run_line(found, bench.options, "empty", is_own=False).state == "not read"
    assert told_of(found, None) == Told(str(found.fault))


def test_a_run_is_judged_at_most_once_a_second_and_at_its_end(tmp_path: Path) -> None:
    judged: list[int] = []

    def judge(run: Run) -> int:
        judged.append(run.step)
        return run.step

    growing = write_run(tmp_path / "a", {"loss": [1.0]}, state="running")
    bench = Bench(tmp_path, judge)
    bench.rounds(3)
    for step in range(2, 14):
        growing.scalars(step, {"loss": 1.0})
        growing.flush()
        bench.rounds(1, 0.3)
    assert 3 <= len(judged) <= 6
    growing.scalars(14, {"loss": 1.0})
    growing.state(14, "finished")
    growing.close()
    bench.rounds()
    assert judged[-1] == 14
    assert bench.runs.shown[0].judged == 14
    count = len(judged)
    bench.rounds()
    assert len(judged) == count


# Lines


def test_a_running_mean_is_that_of_the_last_values(subtests: Any) -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=500)
    values[[7, 8, 300]] = np.nan, np.inf, np.nan
    for window in (1, 2, 5, 64, 65, 200):
        with subtests.test(window=window):
            means = running_mean(values, window)
            for k in range(len(values)):
                last = values[max(k - window + 1, 0) : k + 1]
                known = last[np.isfinite(last)]
                if np.isfinite(values[k]):
                    assert means[k] == pytest.approx(known.mean())
                else:
                    assert np.isnan(means[k])


def test_a_long_line_keeps_its_extremes() -> None:
    values = np.sin(np.arange(200_000) / 500.0)
    values[123_457], values[77] = 9.0, -9.0
    line = line_of(Series(np.arange(200_000), values, np.arange(200_000.0)), smooth=1)
    assert len(line.raw_kept) < 1.1 * POINTS
    assert {123_457, 77} <= set(line.raw_kept.tolist())


# Curves


def test_the_curves_of_two_runs_lie_over_one_another(tmp_path: Path) -> None:
    write_run(
        tmp_path / "a", {"loss": [2.0] * 99 + [1.0], "val_loss": [2.5, 1.5]},
        every={"val_loss": 50},
    ).close()  # fmt: skip
    write_run(tmp_path / "b", {"loss": [3.0] * 40}).close()
    a, b = shown(tmp_path / "a", 1), shown(tmp_path / "b", 2)
    drawing = drawing_of([a, b], Look(), a.run, is_whole=True)
    assert drawing is not None
    found = {(c.name, c.is_told): c for c in drawing.curves}
    assert found["a train", False].alpha < 0.5  # every step's own, faint
    assert found["a train", True].y[-1] == 1.5  # the mean of the last two: a fiftieth of 100
    assert found["a val", True].is_dashed
    assert found["a val", True].x.tolist() == [50.0, 100.0]
    assert found["b train", True].shade == "run_2"
    assert drawing.x == (0.0, 100.0)
    told = drawing.told_at(50.0)
    assert told is not None
    assert told[0] == "step 50"
    assert (("a val", "2.50"),) in told[1]


def test_what_is_off_the_scale_is_named_at_the_edge(tmp_path: Path) -> None:
    calm = [2.0 - k / 200 for k in range(200)]
    wild = [2.1] * 30 + [5.0e6] * 4 + [2.0] * 166
    write_run(tmp_path / "calm", {"loss": calm}).close()
    write_run(tmp_path / "wild", {"loss": wild}).close()
    runs = [shown(tmp_path / "calm"), shown(tmp_path / "wild", 2)]
    drawing = drawing_of(runs, Look(), None, is_whole=True)
    assert drawing is not None
    assert 2.0 < drawing.y[1] < 5.0
    (edge,) = drawing.edges
    assert (edge.at, edge.text, edge.shade) == (31.0, "↑ 5·10⁶", "run_2")
    log = drawing_of(runs, Look(is_log=True), None, is_whole=True)
    assert log is not None
    assert log.edges == ()
    assert log.y[1] == pytest.approx(np.log10(5e6))
    assert log.told_word(2.0) == "100"


def test_from_when_on_there_are_no_numbers_is_said(tmp_path: Path) -> None:
    write_run(tmp_path / "a", {"loss": [2.0, 3.0, float("nan"), float("nan")]}).close()
    drawing = drawing_of([shown(tmp_path / "a")], Look(), None, is_whole=True)
    assert drawing is not None
    assert [edge.text for edge in drawing.edges] == ["NaN from step 3"]
    line = run_line(one(tmp_path / "a"), LearnOptions(), "a", is_own=True)
    assert (line.state, line.shade) == ("diverged", "bad")


def test_steps_stand_over_epochs_and_time(tmp_path: Path) -> None:
    write_run(tmp_path / "a", {"loss": [1.0] * 20}).close()
    a = shown(tmp_path / "a")
    for axis, place, word in (
        (Axis.STEPS, 10.0, "step 10"), (Axis.EPOCHS, 2.0, "epoch 2.00"),
        (Axis.TIME, 0.9, "after 0:00"),
    ):  # fmt: skip
        assert place_of(10, a.run, axis, a.train) == pytest.approx(place)
        assert step_at(place, a.run, axis, a.train) == 10
        assert place_word(place, axis) == word
        drawing = drawing_of([a], Look(axis), a.run, is_whole=True)
        assert drawing is not None
        assert drawing.curves[0].x[9] == pytest.approx(place)


def test_marks_stand_where_something_was_changed(tmp_path: Path) -> None:
    writer = write_run(tmp_path / "a", {"loss": [1.0] * 20}, state="")
    writer.mark(12, "rate 0.1 → 0.01", {"rate": (0.1, 0.01)})
    writer.close()
    a = shown(tmp_path / "a")
    drawing = drawing_of([a], Look(), a.run, is_whole=True)
    assert drawing is not None
    assert [(rule.at, rule.text) for rule in drawing.rules] == [(12.0, "rate 0.1 → 0.01")]


def test_the_table_has_every_value_of_every_run(tmp_path: Path) -> None:
    write_run(tmp_path / "a", {"loss": [2.0, 1.0, 0.5], "val_loss": [9.0]}).close()
    rows = list(csv.DictReader(io.StringIO(table_of([shown(tmp_path / "a")], "loss"))))
    assert [(r["curve"], r["step"], r["loss"]) for r in rows] == [
        ("train", "1", "2.0"), ("train", "2", "1.0"), ("train", "3", "0.5"), ("val", "1", "9.0"),
    ]  # fmt: skip
    assert float(rows[2]["seconds"]) == pytest.approx(0.2)


def test_the_mean_is_said() -> None:
    assert smoothing_words([line_of(series([1.0] * 10))]) == ""
    assert smoothing_words([line_of(series([1.0] * 500))]) == "mean of 10"
    both = [line_of(series([1.0] * 500)), line_of(series([1.0] * 1000))]
    assert smoothing_words(both) == "mean of 10 to 20"


# Rows


def test_a_row_says_how_a_run_was_set_and_how_it_does(tmp_path: Path) -> None:
    write_run(
        tmp_path / "a",
        {"loss": [2.0, 0.3123], "val_loss": [4.2], "val_accuracy": [0.24], "rate": [0.1, 0.05]},
        state="running",
    ).close()
    line = run_line(one(tmp_path / "a"), LearnOptions(), "a", is_own=True)
    assert dict(zip(NAMES, line.cells, strict=True)) == {
        "Rate": "0.05", "Momentum": "0.9", "Batch": "32", "Step": "2", "Train loss": "0.31",
        "Val loss": "4.20", "Val accuracy": "0.24",
    }  # fmt: skip
    assert (line.state, line.shade, line.can_rename) == ("running", "good", False)


def test_names_that_are_alike_say_where_they_lie() -> None:
    paths = ("/runs/a", "/logs/one/b", "/logs/two/b")
    assert [*names_of(paths).values()] == ["a", "one/b", "two/b"]


def test_a_colour_stays_with_its_run() -> None:
    options = LearnOptions()
    first = {name: options.colour(name) for name in "abcdefg"}
    assert sorted(first.values())[:COLOURS] == [1, 1, 2, 3, 4, 5]
    options.forget("b")
    assert options.colour("a") == first["a"]
    assert options.colour("new") == first["b"]


# Axes


def test_ticks_are_round_and_few() -> None:
    assert ticks((0.0, 4.4), 5) == ((0.0, "0"), (1.0, "1"), (2.0, "2"), (3.0, "3"), (4.0, "4"))
    assert [word for _, word in ticks((0.0, 1.0), 4)] == ["0.0", "0.5", "1.0"]
    assert [word for _, word in ticks((0.0, 0.2), 5)] == ["0.00", "0.05", "0.10", "0.15", "0.20"]
    assert [word for _, word in ticks((0.0, 12_000.0), 4)] == ["0", "5\u2009000", "10\u2009000"]
    rng = np.random.default_rng(0)
    for _ in range(500):
        low = float(rng.normal() * 10.0 ** rng.integers(-6, 7))
        high = low + float(10.0 ** rng.uniform(-6, 7))
        most = int(rng.integers(2, 9))
        found = ticks((low, high), most)
        assert len(found) <= most
        room = 1e-6 * (high - low)
        assert all(low - room <= value <= high + room for value, _ in found)


def test_ticks_of_a_logarithmic_axis_are_powers() -> None:
    assert [word for _, word in log_ticks((-3.0, 1.0), 5)] == ["0.001", "0.01", "0.1", "1", "10"]
    assert log_ticks((0.0, 0.8), 5)[0] == (0.0, "1")


def test_long_numbers_have_a_power_of_ten() -> None:
    told = {5e6: "5·10⁶", 1e-5: "10⁻⁵", 3.2e-4: "3.2·10⁻⁴", 0.02: "0.02", -1.5: "−1.5", 0: "0",
            1000.0: "1000", 1234.5: "1234"}  # fmt: skip
    for value, word in told.items():
        assert power(value) == word
