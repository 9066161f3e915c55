"""What Learn offers, starts and says, decided without a window or a process."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast
from unittest.mock import MagicMock, call

import pytest

from deepvis_app.engine.jobs import JobState
from deepvis_app.engine.jobs.kinds.checking import CheckRequest, CheckStatus
from deepvis_app.engine.process import TrainerStatus
from deepvis_app.errors import UserError
from deepvis_app.known.kept_pictures import at_once
from deepvis_app.known.runs import Followed, KnownRuns
from deepvis_app.known.trainings import Trainings
from deepvis_app.lab.diagnoses import RULES, Action, Finding, Judged, Kind, Severity
from deepvis_app.lab.log.read import follow_log, read_log
from deepvis_app.lab.log.run import Checkpoint
from deepvis_app.lab.preflight import Check
from deepvis_app.lab.trainer.plan import TrainPlan
from deepvis_app.state.learn import LearnOptions
from deepvis_app.state.sight import Sight
from deepvis_app.ui.panels.learn.controls import left_words, offer_of, told_of
from deepvis_app.ui.panels.learn.controls_presenter import REST_S, ControlsPresenter
from deepvis_app.ui.panels.learn.curves_presenter import CurvesPresenter
from deepvis_app.ui.panels.learn.doing import Doing
from deepvis_app.ui.panels.learn.findings import found_in, offer_words, said_of
from deepvis_app.ui.panels.learn.findings_presenter import FindingsPresenter
from deepvis_app.ui.panels.learn.form import PRESETS, asked_for, groups
from deepvis_app.ui.panels.learn.form_presenter import FormPresenter
from deepvis_app.ui.panels.learn.run_menu import MOST_STEPS, Entry, entries, thinned
from deepvis_app.ui.panels.learn.session import LearnSession, left_off, restore
from tests.ui.runs_written import write_run

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from deepvis_app.engine.process import TrainerProcess
    from deepvis_app.ui.desk import Desk

ALIVE = TrainerStatus(
    state="running", step=800, total=2000, steps_per_s=41.3, seconds_left=29.2, rate=0.02,
    momentum=0.9, l2=0.0, batch=32,
)  # fmt: skip


@dataclass
class FakeTrainer:
    """Notes what it is told."""

    folder: Path
    told: list[Any] = field(default_factory=list)
    now: TrainerStatus = field(default_factory=TrainerStatus)

    def __getattr__(self, name: str) -> Any:
        if name not in ("start", "resume", "pause", "go_on", "one_step", "change", "go_back",
                        "watch", "stop", "close"):  # fmt: skip
            raise AttributeError(name)

        def tell(*values: Any, **named: Any) -> None:
            self.told.append((name, *values, *named.items()))
            if name in ("start", "resume", "go_back"):
                self.now = ALIVE

        return tell

    def status(self) -> TrainerStatus:
        return self.now


class Bench:
    """The page's presenters over a folder of runs."""

    def __init__(self, home: Path) -> None:
        self.made: list[FakeTrainer] = []
        self.options, self.sight = LearnOptions(), Sight()
        self.trainings = Trainings(self._make)
        self.runs = KnownRuns(
            home, at_once, self.options, follow_log, is_ours=self.trainings.is_alive
        )
        self.view, self.jobs, self.notices = MagicMock(), MagicMock(), MagicMock()
        self.desk = cast(
            "Desk",
            SimpleNamespace(
                options=SimpleNamespace(learn=self.options), sight=self.sight, jobs=self.jobs,
                kept=SimpleNamespace(runs=self.runs, trainings=self.trainings),
                notices=self.notices,
            ),
        )  # fmt: skip
        self.watched: list[str] = []
        self.controls = ControlsPresenter(self.view, self.desk, self.watched.append)

    def _make(self, folder: Path) -> TrainerProcess:
        self.made.append(FakeTrainer(folder))
        return cast("TrainerProcess", self.made[-1])

    def read(self) -> None:
        for _ in range(6):
            self.runs._listed_s, self.runs._read_s = -1e9, {}
            self.runs.tick(True)

    def shown(self) -> Any:
        """Return what the head was told last: doing, words, share, and what else."""
        return self.view.head.set_state.call_args


def own_run(home: Path, name: str = "a", **changes: Any) -> Path:
    """Write a run with a plan, as the trainer leaves it."""
    write_run(home / name, {"loss": [2.0, 1.0]}, state=changes.pop("state", "stopped")).close()
    (home / name / "plan.json").write_text(TrainPlan(**changes).to_json())
    (home / name / "last.safetensors").write_bytes(b"")
    return home / name


def followed(folder: Path, **news: Any) -> Followed:
    return Followed(str(folder), read_log(folder), plan=TrainPlan(), can_go_on=True, **news)


# The first button


def test_the_first_button_says_what_can_be_done(tmp_path: Path) -> None:
    stopped = followed(own_run(tmp_path))
    finished = followed(own_run(tmp_path, "b", state="finished"))
    foreign = replace(stopped, plan=None)
    assert stopped.run is not None
    cases = (
        (None, None, Doing.START),
        (foreign, None, Doing.START),
        (finished, None, Doing.START),
        (stopped, None, Doing.GO_ON),
        (replace(stopped, can_go_on=False), None, Doing.START),
        (replace(stopped, is_held=True), None, Doing.WATCHING),
        (stopped, ALIVE, Doing.PAUSE),
        (stopped, replace(ALIVE, state="paused"), Doing.GO_ON),
        (stopped, TrainerStatus(state="starting"), Doing.STARTING),
        (stopped, TrainerStatus(state="failed"), Doing.GO_ON),
    )
    for one, status, doing in cases:
        assert offer_of(one, status).doing is doing, (one, status)
    running = offer_of(stopped, ALIVE)
    assert running.words == "step 800 of 2\u2009000 · 41/s · 29 s left"
    assert running.share == pytest.approx(0.4)
    assert running.is_ours


def test_time_left_is_said_as_one_reads_it() -> None:
    told = {0.2: "1 s", 29.2: "29 s", 240.0: "4 min", 9000.0: "2.5 h"}
    assert {seconds: left_words(seconds) for seconds in told} == told


def test_start_begins_a_run_and_looks_at_it(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.read()
    bench.controls.press()
    (trainer,) = bench.made
    assert trainer.folder == tmp_path / "digits 0.3"
    assert trainer.told == [("start", bench.options.plan)]
    assert bench.options.chosen == str(trainer.folder)
    bench.read()  # its folder is not there yet: it stays listed
    assert [one.name for one in bench.runs.shown] == ["digits 0.3"]
    assert not bench.runs.shown[0].is_gone
    bench.controls.press()
    assert trainer.told[-1] == ("pause",)
    trainer.now = replace(ALIVE, state="paused")
    bench.controls.press()
    assert trainer.told[-1] == ("go_on",)
    bench.controls.one_step()
    assert trainer.told[-2:] == [("pause",), ("one_step",)]


def test_a_name_that_is_taken_gets_a_number(tmp_path: Path) -> None:
    own_run(tmp_path, "digits 0.3")
    bench = Bench(tmp_path)
    bench.read()
    assert bench.controls.usual_name() == "digits 0.3 · 2"
    bench.controls.start(TrainPlan(rate=0.1), "digits 0.3")
    assert bench.made[0].folder.name == "digits 0.3 · 2"


def test_a_slider_acts_once_it_rests(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.controls.tick(10.0)
    for rate in (0.1, 0.2, 0.5):
        bench.controls.steer("rate", rate)
    bench.controls.tick(10.0 + REST_S / 2)
    assert bench.options.plan.rate == 0.3
    bench.controls.tick(10.1 + REST_S)
    assert bench.options.plan.rate == 0.5  # nothing runs: it is for the next one
    bench.controls.press()
    bench.controls.steer("rate", 0.02)
    bench.controls.steer("batch", 16)
    bench.controls.tick(20.0)
    assert bench.made[0].told[-1] == ("change", ("rate", 0.02), ("batch", 16))
    assert bench.options.plan.rate == 0.5
    values = bench.view.head.set_values.call_args[0][0]
    assert values == {"rate": 0.02, "l2": 0.0, "momentum": 0.9, "batch": 32}


def test_a_stopped_run_goes_on_and_from_a_checkpoint(tmp_path: Path) -> None:
    path = own_run(tmp_path)
    bench = Bench(tmp_path)
    bench.read()
    bench.controls.press()
    assert bench.made[0].told == [("resume",)]
    bench.controls.go_back(str(path), 400)
    assert bench.made[0].told[-1] == ("go_back", 400)


def test_another_run_with_the_same_settings_but_one(tmp_path: Path) -> None:
    path = own_run(tmp_path, rate=3.0, hidden=(7,))
    bench = Bench(tmp_path)
    bench.read()
    bench.controls.start_again(str(path), {"rate": 0.02})
    assert bench.made[0].told == [("start", TrainPlan(rate=0.02, hidden=(7,)))]
    bench.controls.start_again(str(path), {"rate": -1})
    assert len(bench.made) == 1
    assert "rate" in bench.notices.say.call_args[0][0]


def test_what_was_under_way_at_the_end_is_offered_again(tmp_path: Path) -> None:
    path = own_run(tmp_path)
    bench = Bench(tmp_path)
    bench.options.going = (str(path), str(tmp_path / "gone"))
    bench.read()
    bench.controls.tick(1.0)
    text, action = bench.view.set_notice.call_args[0]
    assert (text, action) == ("a was under way when the window closed", "Go on")
    bench.controls.mend()
    assert bench.made[0].told == [("resume",)]
    bench.controls.tick(2.0)
    assert bench.view.set_notice.call_args[0][0] == ""


def test_why_a_run_failed_is_said_with_what_helps(tmp_path: Path) -> None:
    one = followed(own_run(tmp_path, state="failed"))
    assert one.run is not None
    killed = TrainerStatus(state="failed", error=UserError("It was killed", "Go on"))
    told = told_of(replace(one, run=replace(one.run, state="running")), killed)
    assert (told.text, told.key) == ("It was killed. Go on.", "go on")
    kept = (Checkpoint(20, tmp_path), Checkpoint(40, tmp_path))
    diverged = replace(one, run=replace(one.run, message="Not finite", checkpoints=kept))
    told = told_of(diverged, None)
    assert (told.text, told.action, told.step) == ("Not finite", "Go back to 40", 40)
    refused = replace(ALIVE, refused=UserError("batch = 0 is wrong", "at least 1"))
    assert told_of(one, refused).text == "batch = 0 is wrong. at least 1."
    assert told_of(one, ALIVE).text == ""


# The form


def form(bench: Bench) -> tuple[FormPresenter, MagicMock, list[tuple[TrainPlan, str]]]:
    sheet, started = MagicMock(), cast("list[tuple[TrainPlan, str]]", [])
    presenter = FormPresenter(
        sheet, bench.desk, lambda plan, name: started.append((plan, name)), lambda: "usual"
    )
    presenter.open()
    return presenter, sheet.content, started


def test_the_form_has_every_field_of_the_plan_once() -> None:
    paths = [field.path for group in groups() for field in group.fields]
    assert len(paths) == len(set(paths))
    assert set(paths) == set(TrainPlan.model_fields)


def test_fields_that_mean_nothing_are_not_asked_for() -> None:
    plain = set(asked_for(TrainPlan()))
    assert "hidden" in plain
    assert not plain & {"channels", "side", "nesterov", "weights"}
    convnet = set(asked_for(TrainPlan(network="convnet", momentum=0.9)))
    assert {"channels", "nesterov"} <= convnet
    assert "hidden" not in convnet
    assert "side" in asked_for(TrainPlan(data="pictures"))


def test_a_wrong_value_is_said_at_its_field_and_keeps_the_start(tmp_path: Path) -> None:
    presenter, view, started = form(Bench(tmp_path))
    presenter.change("batch", 0)
    path, words = view.set_error.call_args[0]
    assert path == "batch"
    assert "greater than or equal to 1" in words
    presenter.change("hidden", "30, x")
    assert view.set_error.call_args[0] == (
        "hidden", "30, x is wrong. Whole numbers, such as 30, 20."
    )  # fmt: skip
    presenter.start()
    assert started == []
    presenter.change("batch", 20)
    presenter.change("hidden", (30, 20))
    presenter.start()
    assert started == [(TrainPlan(batch=20, hidden=(30, 20)), "usual")]


def test_every_preset_is_a_plan_that_is_known_again(tmp_path: Path) -> None:
    presenter, view, _ = form(Bench(tmp_path))
    for key, preset in PRESETS.items():
        presenter.begin_with(key)
        assert view.set_presets.call_args[0][1:] == (key, preset.title)
    presenter.change("rate", 0.123)
    assert view.set_presets.call_args[0][1:] == ("", "Own settings")


def test_the_check_says_line_by_line_what_it_found(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    presenter, view, _ = form(bench)
    bench.jobs.submit.return_value = 7
    presenter.check.press()
    request = CheckRequest(bench.options.plan, 1)
    assert bench.jobs.submit.call_args[0] == (request,)
    made = (
        Check("start_loss", "Loss at the start", True, "2.31; chance is 2.3."),
        Check("blind", "Its input matters", False, "1 with, 1 without.", "Look for a cut"),
    )
    status = CheckStatus(
        7, "check", request, JobState.RUNNING, step=30, total=600, previews={request: made}
    )
    presenter.check.take((status,))
    lines = view.checks.set_lines.call_args[0][0]
    assert [(line.title, line.passed) for line in lines] == [
        ("Loss at the start", True), ("Its input matters", False), ("Learns a few by heart", None),
    ]  # fmt: skip
    assert lines[1].words == "1 with, 1 without. Look for a cut"
    presenter.check.take((replace(status, state=JobState.DONE),))
    assert len(view.checks.set_lines.call_args[0][0]) == 2
    assert view.set_checking.call_args[0] == (False,)
    presenter.check.press()
    presenter.check.press()
    assert bench.jobs.cancel.call_args[0] == (7,)


def test_a_run_whose_folder_is_deleted_while_it_trains_is_said(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.read()
    bench.controls.press()
    (trainer,) = bench.made
    bench.read()
    assert not bench.runs.shown[0].is_gone  # its folder is made soon
    write_run(trainer.folder, {"loss": [2.0, 1.0]}, state="running").close()
    bench.read()
    shutil.rmtree(trainer.folder)
    bench.read()
    assert bench.runs.shown[0].is_gone
    bench.controls.tick(1.0)
    text, action = bench.view.set_notice.call_args[0]
    assert text.startswith("The folder of this run was deleted")
    assert action == "Stop"
    bench.controls.mend()
    assert trainer.told[-1] == ("stop",)


# Watching what learns


def test_what_learns_is_watched_once_when_that_is_wanted(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.read()
    toggle = bench.view.head.watch_toggled.connect.call_args[0][0]
    bench.controls.press()
    path = bench.options.chosen
    writer = write_run(tmp_path / "digits 0.3", {"loss": [2.0, 1.0]}, state="running")
    bench.read()
    toggle(True)
    assert bench.options.watches
    bench.controls.tick(1.0)
    assert bench.watched == []  # there are no weights yet
    writer.checkpoint(2, "2.safetensors")
    writer.close()
    bench.read()
    for now_s in (2.0, 3.0):
        bench.controls.tick(now_s)
    assert bench.watched == [path]
    toggle(False)
    toggle(True)
    bench.controls.tick(4.0)
    assert bench.watched == [path, path]
    bench.made[0].now = replace(ALIVE, state="finished")
    toggle(False)
    toggle(True)
    bench.controls.tick(5.0)
    assert bench.watched == [path, path]  # it does not learn any more


def test_how_a_run_was_looked_at_comes_back(tmp_path: Path) -> None:
    left, bench = Bench(tmp_path), Bench(tmp_path)
    looks = left.options.looks
    looks.heat, looks.ridges, looks.as_bands, looks.beside = "moved", "updates", True, "layer:fc1"
    looks.layer, looks.at, left.options.watches = "fc2", 12, True
    kept = LearnSession.model_validate_json(left_off(left.desk).model_dump_json())
    restore(bench.desk, kept)
    assert bench.options.looks == replace(looks, at=None)  # the newest step
    assert bench.options.watches
    other = {"heat": "nothing", "ridges": "nothing"}
    restore(bench.desk, LearnSession.model_validate({"looks": other}))
    assert (bench.options.looks.heat, bench.options.looks.ridges) == ("moved", "updates")


# Curves


def test_empty_curves_say_what_they_wait_for(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    plots = {"loss": MagicMock(), "accuracy": MagicMock()}
    curves = CurvesPresenter(MagicMock(plots=plots), [], bench.desk)

    def said(key: str = "loss") -> str:
        curves.show()
        return str(plots[key].set_empty_text.call_args[0][1])

    bench.read()
    bench.controls.press()
    assert said() == "The curves begin with the first step"
    bench.options.toggle_hidden(bench.options.chosen)
    assert said() == "The curves of every run are hidden: its eye shows them"
    bench.options.toggle_hidden(bench.options.chosen)
    write_run(tmp_path / "digits 0.3", {"loss": [2.0, 1.0]}).close()
    bench.read()
    assert said("accuracy") == "No run that is shown has this scalar"


# Findings


def finding(name: str, severity: Severity, **news: Any) -> Finding:
    return Finding(
        name, name.capitalize(), severity, 5, f"{name} was seen.", "less", "Do less", **news
    )


def judged_run(
    folder: Path, *findings: Finding, missing: Mapping[str, str] | None = None
) -> Followed:
    write_run(folder, {"loss": [1.0]}).close()
    return Followed(str(folder), read_log(folder), judged=Judged(findings, missing or {}))


def test_the_worst_findings_come_first_and_three_are_said(tmp_path: Path) -> None:
    a = judged_run(
        tmp_path / "a",
        finding("slow", Severity.HINT), finding("overfitting", Severity.WARNING),
        finding("dead", Severity.ALARM, cause="rate"),
    )  # fmt: skip
    b = judged_run(tmp_path / "b", finding("rate", Severity.ALARM), finding("bias", Severity.HINT))
    names = {a.path: "a", b.path: "b"}
    said = said_of((a, b), a, names, {}, is_open=False)
    assert [(line.title, line.run) for line in said.lines] == [
        ("Rate", "b"), ("Overfitting", "a"), ("Slow", "a"),
    ]  # fmt: skip
    assert (said.detail, said.more) == ("4 findings", "1 more")
    opened = said_of((a, b), a, names, {}, is_open=True)
    assert len(opened.lines) == 4
    assert opened.more == "Only the worst"
    assert len(found_in((a, b), a)) == 4  # what follows from another is not said again


def test_healthy_is_said_and_what_was_not_looked_at(tmp_path: Path) -> None:
    rule = RULES[0]
    well = judged_run(tmp_path / "a", missing={rule.name: "no activations"})
    said = said_of((well,), well, {well.path: "a"}, {}, is_open=False)
    (line,) = said.lines
    assert (line.title, line.severity, line.run) == ("Healthy", "good", "a")
    assert f"{len(RULES) - 1} of {len(RULES)} rules" in line.evidence
    assert f"{rule.title}: no activations" in said.tip
    ill = judged_run(tmp_path / "b", finding("rate", Severity.ALARM))
    assert all(line.title != "Healthy" for line in said_of((ill,), ill, {}, {}, is_open=True).lines)


def test_actions_are_offered_where_they_can_be_done() -> None:
    restart = Action(Kind.RESTART, {"rate": 0.02})
    back, steps = (
        Action(Kind.GO_BACK, {"step": 100}),
        Action(Kind.SHOW_STEPS, {"first": 1, "last": 9}),
    )
    told = {
        "Start again at 0.02": offer_words(restart, trains=True, has_step=False),
        "Start again with L2 10⁻⁵": offer_words(
            Action(Kind.RESTART, {"l2": 1e-5}), trains=True, has_step=False
        ),
        "Go back to 100": offer_words(back, trains=True, has_step=True),
        "Show steps 1–9": offer_words(steps, trains=False, has_step=False),
        "Compare": offer_words(Action(Kind.COMPARE), trains=False, has_step=False),
    }
    assert [*told] == [*told.values()]
    assert offer_words(restart, trains=False, has_step=False) == ""
    assert offer_words(back, trains=True, has_step=False) == ""


def test_a_finding_s_action_does_what_it_says(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    restart = finding("rate", Severity.ALARM, action=Action(Kind.RESTART, {"rate": 0.02}))
    dead = finding("dead_units", Severity.ALARM, action=Action(Kind.SHOW_LAYER, {"layer": "relu1"}))
    full = finding("saturated", Severity.ALARM, action=Action(Kind.SHOW_LAYER, {"layer": "tanh"}))
    steps = finding("nan", Severity.ALARM, action=Action(Kind.SHOW_STEPS, {"first": 1, "last": 9}))
    compare = finding("slow", Severity.HINT, action=Action(Kind.COMPARE))
    found = {"a": restart, "b": steps, "c": compare, "d": dead, "e": full}
    for name, one in found.items():
        bench.runs._followed[str(tmp_path / name)] = judged_run(tmp_path / name, one)
    bench.runs.own = tuple(str(tmp_path / name) for name in found)
    doers, view = MagicMock(), MagicMock()
    presenter = FindingsPresenter(view, bench.desk, doers)
    presenter.show()
    presenter._toggle()
    keys = {line.title: line.key for line in view.set_findings.call_args[0][0]}
    presenter.act(keys["Rate"])
    assert doers.start_again.call_args[0] == (str(tmp_path / "a"), {"rate": 0.02})
    presenter.act(keys["Nan"])
    assert doers.show_steps.call_args[0] == (1, 9)
    assert bench.options.chosen == str(tmp_path / "b")
    presenter.act(keys["Dead_units"])
    assert doers.show_dead.call_args[0] == (str(tmp_path / "d"), "relu1")
    presenter.act(keys["Saturated"])
    assert doers.show_layer.call_args_list == [call(str(tmp_path / "e"), "tanh")]
    presenter.act(keys["Slow"])
    assert len(bench.options.hidden) == 3  # it and the best of the others stay


# The menu


def by_key(groups: tuple[tuple[Entry, ...], ...]) -> dict[str, Entry]:
    return {entry.key: entry for group in groups for entry in group}


def test_the_menu_offers_what_can_be_done_with_a_run(tmp_path: Path) -> None:
    one = followed(own_run(tmp_path))
    keys = {
        entry.key: entry for group in entries(one, is_alive=False, is_own=True) for entry in group
    }
    assert not keys["stop"].enabled
    assert all(keys[key].enabled for key in ("watch", "keep", "rename", "remove", "folder"))
    alive = by_key(entries(one, is_alive=True, is_own=True))
    assert alive["stop"].enabled
    assert not alive["remove"].enabled  # never what is running
    foreign = replace(one, plan=None)
    found = {
        e.key: e.text for group in entries(foreign, is_alive=False, is_own=False) for e in group
    }
    assert found["remove"] == "Close"
    assert not {"watch", "back", "stop"} & found.keys()


def test_of_many_checkpoints_some_are_offered() -> None:
    steps = [*range(0, 4001, 100)]
    assert thinned(steps[:3]) == [200, 100, 0]
    assert len(thinned(steps)) == MOST_STEPS
    assert thinned(steps)[0] == 4000
    assert thinned(steps)[-1] == 0
