"""A training as a generator of steps that knows no thread."""

from __future__ import annotations

import math
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from deepvis_app.errors import UserError, first_line
from deepvis_app.lab.trainer.data import load_data
from deepvis_app.lab.trainer.diary import Diary
from deepvis_app.lab.trainer.folder import RunFolder, cannot_write
from deepvis_app.lab.trainer.keeping import keep, kept_at
from deepvis_app.lab.trainer.learner import Learner, is_out_of_memory
from deepvis_app.lab.trainer.lock import Lock
from deepvis_app.lab.trainer.news import FAILED, FINISHED, PAUSED, RUNNING, STOPPED, News
from deepvis_app.lab.trainer.plan import LIVE, TrainPlan, check_live
from deepvis_app.lab.trainer.schedule import checkpoint_steps
from deepvis_app.lab.trainer.summary import write_summary
from deepvis_app.lab.trainer.watched import Watchers
from deepvis_app.lab.trainer.words import changes_in_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import TracebackType

    from deepvis_app.lab.trainer.data import DataSet
    from deepvis_app.lab.trainer.keeping import Kept
    from deepvis_app.lab.trainer.news import Evaluation

    Report = Callable[[str, int, int], None]


class Training:
    """A network that learns by a plan, in a run's folder that it has for itself.

    `steps` goes on from where it is, one batch each `next()`. What a step does depends on the
    plan and the step's number alone, so that a run which is stopped and resumed gives, bit for bit
    on the same number of threads, what one without a stop gives. `change` acts at the next step.
    Use it with `with`, or `close` it.
    """

    def __init__(
        self,
        plan: TrainPlan,
        folder: Path,
        *,
        data: DataSet | None = None,
        report: Report | None = None,
        kept: Kept | None = None,
    ) -> None:
        """Begin a run in a folder that holds none yet. Raises `UserError`.

        `data` is what the plan's `load_data` gave, where somebody has it already; else it is loaded
        here, and `report` called with (what, done, total). `kept` is what a run goes on from, see
        `resume`.
        """
        self.folder = RunFolder(folder)
        self._watchers = Watchers(folder)
        if kept is None:
            self.folder.check_new()
        self.learner = Learner(plan, load_data(plan, report) if data is None else data)
        self._lock = Lock(folder)
        try:
            if kept is None:
                self.folder.begin(plan, self.learner.made, self.learner.data)
            else:
                self.learner.take(kept)
            self._diary = Diary(self.learner, self.folder)
        except BaseException:
            self._lock.release()
            raise
        self.state, self.message = RUNNING, ""
        self.evaluation: Evaluation | None = None
        self._loss = self._accuracy = math.nan
        self._bad_since: int | None = None  # the first of steps in a row that were not finite
        self._note = ""
        self._went_back = kept is not None
        self._due = self._schedule()

    @classmethod
    def resume(
        cls,
        folder: Path,
        step: int | None = None,
        *,
        data: DataSet | None = None,
        report: Report | None = None,
        **changes: Any,
    ) -> Training:
        """Go on with a run as it was saved last, or from the checkpoint of a step.

        `changes` are those of `change`; more `epochs` make a finished run go on. Where what was
        saved last is damaged it is the newest sound checkpoint. Raises `UserError`.
        """
        run = RunFolder(folder)
        first = TrainPlan.read(run.plan)
        kept = _saved(run) if step is None else kept_at(run.checkpoint(step))
        training = cls(_plan_of(kept, first), folder, data=data, report=report, kept=kept)
        try:
            training.change(**changes)
        except BaseException:
            training.close()
            raise
        return training

    # What it is

    @property
    def plan(self) -> TrainPlan:
        """The plan as it is now."""
        return self.learner.plan

    @property
    def data(self) -> DataSet:
        return self.learner.data

    @property
    def step(self) -> int:
        """Steps done."""
        return self.learner.step

    def news(self) -> News:
        """Return where it is."""
        note, self._note = self._note, ""
        learner, plan = self.learner, self.plan
        return News(
            learner.step,
            learner.total,
            learner.order.epochs,
            self._loss,
            self._accuracy,
            plan.rate,
            plan.batch,
            self.evaluation,
            note,
        )

    # Steps

    def steps(self) -> Iterator[News]:
        """Run what is left of the plan. First it says where it is, then a batch each `next()`.

        It ends when the plan is done, or has failed: see `state` and `message`. Raises what goes
        wrong otherwise, after it is said in the log.
        """
        try:
            self._begin()
            yield self.news()
            while self.learner.order.epoch < self.plan.epochs and self.state == RUNNING:
                self._advance()
                yield self.news()
            if self.state == RUNNING:
                self.save()
                self._end(FINISHED)
        except (GeneratorExit, KeyboardInterrupt):
            raise
        except BaseException as error:
            self._end(FAILED, first_line(error))
            raise

    def _begin(self) -> None:
        self.state, self.message = RUNNING, ""
        self._diary.state(self.step, RUNNING)
        if self.evaluation is None:
            self._evaluate()
        if self.step == 0:
            self._checkpoint()

    def _advance(self) -> None:
        if self._went_back:
            self._drop_later()
        epoch = self.learner.order.epoch
        self._loss, self._accuracy = self._learnt()
        self._diary.step(self._numbers())
        self._watch_finite()
        if self.learner.order.epoch > epoch:
            self._evaluate()
        if self.step in self._due:
            self._checkpoint()
        if self._watchers.is_due():
            with suppress(UserError):  # who cannot write, loses nothing but their looks
                self.look()

    def _learnt(self) -> tuple[float, float]:
        """Make a step; where memory is short, with batches half as large."""
        while True:
            try:
                return self.learner.learn()
            except (MemoryError, RuntimeError) as error:
                if not is_out_of_memory(error):
                    raise
                if self.plan.batch == 1:
                    raise UserError(
                        "There is not enough memory for a single example",
                        "Use a smaller network, or smaller pictures",
                    ) from error
            self.learner.forget_step()
            self.change(batch=self.plan.batch // 2, why="Out of memory: ")

    def _numbers(self) -> dict[str, float]:
        plan = self.plan
        return {
            "loss": self._loss,
            "accuracy": self._accuracy,
            "rate": plan.rate,
            "momentum": plan.momentum,
            "l2": plan.l2,
            "batch": plan.batch,
        }

    def _watch_finite(self) -> None:
        """End a run that has not been finite for as long as its plan has patience."""
        if math.isfinite(self._loss):
            self._bad_since = None
            return
        if self._bad_since is None:
            self._bad_since = self.step
        if self.step - self._bad_since + 1 >= self.plan.patience:
            good = [step for step in self.folder.kept() if step < self._bad_since]
            back = f"; the last good checkpoint is of step {good[-1]}" if good else ""
            self._end(FAILED, f"The loss is not finite since step {self._bad_since}{back}")

    def _evaluate(self) -> None:
        self.evaluation = self.learner.evaluate()
        self._diary.evaluated(self.learner, self.evaluation)
        self._summarise()

    def _end(self, state: str, message: str = "") -> None:
        self.state, self.message = state, message
        self._diary.state(self.step, state, message)
        self._summarise()

    # What a person does meanwhile

    def change(self, *, why: str = "", **values: Any) -> None:
        """Change `LIVE` fields of the plan from the next step on; the log marks it.

        `why` stands before the mark's words. Raises `UserError` for other fields and wrong values.
        """
        check_live(values)
        old, new = self.plan, self.plan.changed(**values)
        pairs = {name: (getattr(old, name), getattr(new, name)) for name in values}
        changed = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
        if changed:
            self.learner.plan = new
            self._due = self._schedule()
            self._mark(why + changes_in_words(changed), changed)

    def keep(self) -> Path:
        """Keep a checkpoint of the present step, and return its file. Raises `UserError`."""
        path = self.folder.checkpoint(self.step)
        if self._went_back or not path.is_file():
            self._write(path)
            self._diary.checkpoint(self.step, path)
        return path

    def go_back(self, step: int) -> None:
        """Be where the checkpoint of a step was: its weights, optimiser, examples and settings.

        What the log says of later steps is void; later checkpoints go with the next step. Raises
        `UserError` where there is none.
        """
        kept = kept_at(self.folder.checkpoint(step))
        before = self.step
        self.learner.take(kept)
        self.learner.plan = _plan_of(kept, self.plan)
        self.evaluation, self._loss, self._accuracy = None, math.nan, math.nan
        self._bad_since, self._went_back, self._due = None, True, self._schedule()
        self.state, self.message = RUNNING, ""
        self._diary.back(self.learner)
        self._mark(f"Back from step {before} to {step}", {})
        self._evaluate()
        self.save()

    def save(self) -> None:
        """Write the whole state, so that `resume` goes on from here. Raises `UserError`.

        Where weights are not finite the last good state stays.
        """
        if self.learner.is_finite():
            self._write(self.folder.last, durable=True)

    def look(self) -> None:
        """Write the present weights to `folder.now`, for who watches. Raises `UserError`."""
        try:
            keep(self.folder.now, self.learner.module, {}, {"step": self.step})
        except OSError as error:
            raise cannot_write(self.folder.path, error) from error

    def pause(self, paused: bool) -> None:
        """Say in the log whether it is paused: nobody else would know."""
        self._diary.state(self.step, PAUSED if paused else RUNNING)

    def stop(self) -> None:
        """Save the state and say in the log that it was stopped. Raises `UserError`."""
        if self.state == RUNNING:
            self.save()
            self._end(STOPPED)

    def close(self) -> None:
        """Let go of the folder and the log. A second call does nothing."""
        left = self.state == RUNNING  # without a word
        self._diary.close(STOPPED if left else self.state, self.message)
        self._lock.release()

    def __enter__(self) -> Training:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.close()

    # How

    def _mark(self, text: str, changed: dict[str, tuple[float, float]]) -> None:
        self._note = text
        self._diary.mark(text, changed)

    def _schedule(self) -> frozenset[int]:
        plan = self.plan
        return frozenset(checkpoint_steps(self.learner.total, plan.checkpoints, plan.keep_at))

    def _checkpoint(self) -> None:
        if self.learner.is_finite():
            path = self.folder.checkpoint(self.step)
            self._write(path)
            self._diary.checkpoint(self.step, path)

    def _write(self, path: Path, *, durable: bool = False) -> None:
        others, facts = self.learner.state()
        try:
            keep(path, self.learner.module, others, facts, durable=durable)
        except OSError as error:
            raise cannot_write(self.folder.path, error) from error

    def _drop_later(self) -> None:
        """Remove the checkpoints of steps that this run has not made: it went back before them."""
        self._went_back = False
        for step, path in self.folder.kept().items():
            if step > self.step:
                path.unlink(missing_ok=True)

    def _summarise(self) -> None:
        with suppress(OSError):
            write_summary(self.folder, self)


def _saved(run: RunFolder) -> Kept:
    """Return the newest sound state of a run. Raises `UserError` where there is none."""
    for path in (run.last, *reversed(run.kept().values())):
        with suppress(UserError):
            return kept_at(path)
    raise UserError(f"{run.path} has no state to go on from", "Start the training again")


def _plan_of(kept: Kept, first: TrainPlan) -> TrainPlan:
    """Return a run's plan as it was when a state was kept; only what may change can differ."""
    plan = kept.facts.get("plan")
    values = plan if isinstance(plan, dict) else {}
    return first.changed(**{name: values[name] for name in LIVE if name in values})
