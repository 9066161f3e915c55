"""Starting, holding and steering trainings, and what the head says of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deepvis_app.errors import UserError
from deepvis_app.lab.trainer.data.names import SETS
from deepvis_app.lab.trainer.plan import LEARNERS
from deepvis_app.ui.kit.choices import Choice, ChoiceGroup
from deepvis_app.ui.panels.learn.controls import Told, offer_of, told_of
from deepvis_app.ui.panels.learn.doing import Doing
from deepvis_app.ui.panels.learn.form import NETWORKS, data_title, network_title

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from deepvis_app.engine.process import TrainerStatus
    from deepvis_app.lab.trainer.plan import TrainPlan
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panels.learn.view import LearnView

STEERED = ("rate", "l2", "momentum", "batch")
REST_S = 0.25  # after the last move of a slider, before it acts: each change leaves a mark


class ControlsPresenter:
    """The run that is looked at is the one that is steered."""

    def __init__(self, view: LearnView, desk: Desk, watch: Callable[[str], None]) -> None:
        """`watch` makes a run's network the one that is watched."""
        self._view, self._desk, self._watch = view, desk, watch
        self._watched = ""  # the run that was: the user may turn to another network meanwhile
        self._options, self._runs = desk.options.learn, desk.kept.runs
        self._trainings = desk.kept.trainings
        self._pending: dict[str, float] = {}
        self._due_s: float | None = None
        self._now_s = 0.0
        self._told = Told()
        view.notice.acted.connect(self.mend)
        head = view.head
        head.chosen.connect(self.choose)
        head.pressed.connect(self.press)
        head.step_requested.connect(self.one_step)
        head.again_requested.connect(lambda: self.start_again(self._path(), {}))
        head.changed.connect(self.steer)
        head.watch_toggled.connect(self._set_watches)
        self._options.events.watches.connect(head.set_watches)
        head.set_watches(self._options.watches)
        self._options.events.plan.connect(self.show_plan)
        self.show_plan()

    # In every round

    def tick(self, now_s: float) -> None:
        """Let what was moved act once it rests; say how far the training is."""
        self._now_s = now_s
        if self._due_s is not None and now_s >= self._due_s:
            self._act()
        self.show()
        self._watch_what_learns()

    def _watch_what_learns(self) -> None:
        """Have the run that is looked at watched, once, when its first weights are there."""
        one = self._runs.chosen
        if not self._options.watches or one is None or one.run is None:
            return
        is_due = one.path != self._watched and self._trainings.is_alive(one.path)
        if is_due and one.run.checkpoints:
            self._watched = one.path
            self._watch(one.path)

    def _set_watches(self, watches: bool) -> None:
        self._options.watches = watches
        self._watched = ""  # who presses it again wants to see it again

    def show(self) -> None:
        one = self._runs.chosen
        status = self._status()
        offer = offer_of(one, status)
        can_again = one is not None and one.plan is not None
        self._view.head.set_state(
            offer.doing, offer.words, offer.share, is_ours=offer.is_ours, can_again=can_again
        )
        self._view.head.set_steerable(
            "" if offer.doing is not Doing.WATCHING else Doing.WATCHING.value[2]
        )
        if not self._pending:
            self._view.head.set_values(self._values(status))
        self._tell(told_of(one, status))

    def _tell(self, told: Told) -> None:
        """Say what went wrong; else what was under way when the window closed."""
        left = [path for path in self._options.going if not self._trainings.is_alive(path)]
        if not told.text and left and self._runs.is_listed:
            left = [path for path in left if path in self._runs.own]
            names = ", ".join(self._runs.get(path).name for path in left)
            was = "was" if len(left) == 1 else "were"
            told = Told(f"{names} {was} under way when the window closed", "Go on", "left")
            told = told if left else Told()
        self._told = told
        self._view.set_notice(told.text, told.action, is_bad=told.key != "left")

    def mend(self) -> None:
        """Do what the notice offers."""
        told, path = self._told, self._path()
        if told.key == "left":
            for left in self._options.going:
                if left in self._runs.own:
                    self.go_back(left, None)
        elif told.key == "stop":
            self.stop(path)
        elif told.key:
            self.go_back(path, told.step)

    def _values(self, status: TrainerStatus | None) -> dict[str, float]:
        """Return what is in force: of the training that goes on, else of the next one."""
        plan, found = self._options.plan, {}
        is_alive = status is not None and status.is_alive
        for name in STEERED:
            now = getattr(status, name) if is_alive else None
            found[name] = getattr(plan, name) if now is None else now
        return found

    def show_plan(self, *_: object) -> None:
        """Show from what the next run learns, and what it trains."""
        plan, head = self._options.plan, self._view.head
        sets = tuple(Choice(name, name, what) for name, what in SETS.items())
        nets = tuple(Choice(name, NETWORKS[name]) for name in LEARNERS)
        own = () if plan.data in SETS else (Choice(plan.data, data_title(plan), "folder"),)
        head.set_data(data_title(plan), (ChoiceGroup("", (*own, *sets)),), plan.data)
        head.set_network(network_title(plan), (ChoiceGroup("", nets),), plan.network)

    # Wishes

    def choose(self, field: str, value: str) -> None:
        """Take other data or another network for the next run."""
        try:
            self._options.plan = self._options.plan.changed(**{field: value})
        except UserError as error:
            self._desk.notices.say(str(error))

    def press(self) -> None:
        """Start, pause or go on: what the first button says."""
        offer, path = offer_of(self._runs.chosen, self._status()), self._path()
        trainer = self._trainings.get(path)
        if offer.doing is Doing.PAUSE and trainer is not None:
            trainer.pause()
        elif offer.doing is Doing.GO_ON and offer.is_ours and trainer is not None:
            trainer.go_on()
        elif offer.doing is Doing.GO_ON:
            self.go_back(path, None)
        elif offer.doing is Doing.START:
            self.start(self._options.plan, self.usual_name())
        self.show()

    def one_step(self) -> None:
        """Let the training make one step, and rest."""
        if (trainer := self._trainings.get(self._path())) is not None:
            trainer.pause()
            trainer.one_step()

    def stop(self, path: str) -> None:
        """End a run where it is; it can go on later."""
        if (trainer := self._trainings.get(path)) is not None:
            trainer.stop()

    def steer(self, name: str, value: float) -> None:
        """Take another rate, L2, momentum or batch, soon."""
        self._pending[name] = value
        self._due_s = self._now_s + REST_S

    def _act(self) -> None:
        changes, self._pending, self._due_s = self._pending, {}, None
        trainer = self._trainings.get(self._path())
        try:
            if trainer is not None and trainer.status().is_alive:
                trainer.change(**changes)
            else:
                self._options.plan = self._options.plan.changed(**changes)
        except UserError as error:
            self._desk.notices.say(str(error))

    # Runs

    def start(self, plan: TrainPlan, name: str) -> None:
        """Begin a run, and look at it."""
        path = str(self.free_place(name))
        try:
            self._trainings.start(path, plan)
        except UserError as error:
            self._desk.notices.say(str(error))
            return
        self._runs.take_in(path)
        self._options.chosen = path

    def start_again(self, path: str, changes: Mapping[str, Any]) -> None:
        """Begin another run with a run's settings, some of them changed."""
        one = self._runs.get(path)
        if one.plan is None:
            return
        try:
            plan = one.plan.changed(**changes)
        except UserError as error:
            self._desk.notices.say(str(error))
            return
        self._options.plan = plan
        self.start(plan, self.usual_name())

    def go_back(self, path: str, step: int | None) -> None:
        """Go on with a run from a checkpoint; None: from where it was saved last."""
        self._options.chosen = path
        self._options.going = tuple(each for each in self._options.going if each != path)
        try:
            self._trainings.go_on(path, step)
        except UserError as error:
            self._desk.notices.say(str(error))

    def can_train(self, path: str) -> bool:
        return self._runs.get(path).plan is not None

    def usual_name(self) -> str:
        """Return a name that says what is special of the next run, and is not taken."""
        plan = self._options.plan
        return self.free_place(f"{plan.data.rstrip('/').rpartition('/')[2]} {plan.rate:g}").name

    def free_place(self, name: str) -> Path:
        """Return a folder of that name, with a number where there is one already."""
        home = self._runs.home
        taken = {*self._runs.own}
        number, place = 1, home / name
        while str(place) in taken:
            number += 1
            place = home / f"{name} · {number}"
        return place

    def _path(self) -> str:
        one = self._runs.chosen
        return "" if one is None else one.path

    def _status(self) -> TrainerStatus | None:
        return self._trainings.status(self._path())
