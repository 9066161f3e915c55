"""A training in a process of its own, beside the window."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from deepvis_app.engine.process.child import Child, ChildState
from deepvis_app.engine.process.training_work import make_training
from deepvis_app.errors import UserError
from deepvis_app.lab.trainer.folder import RunFolder
from deepvis_app.lab.trainer.lock import holder_of, taken
from deepvis_app.lab.trainer.plan import check_live

if TYPE_CHECKING:
    from pathlib import Path

    from deepvis_app.engine.process.child import ChildStatus
    from deepvis_app.lab.trainer.plan import TrainPlan


@dataclass(frozen=True, slots=True)
class TrainerStatus:
    """A training at one moment; nothing in it is ever written again.

    `state` is none (nobody trains it here), starting, running, paused, finished, stopped or
    failed. `error` says why it failed, `refused` why the last command was not obeyed; `asked` is a
    command that is on its way. Losses are None where they are not finite or not known yet.
    """

    state: str = "none"
    message: str = ""
    error: UserError | None = None
    refused: UserError | None = None
    asked: str = ""
    pid: int | None = None
    step: int = 0
    total: int = 0
    epoch: float = 0.0
    loss: float | None = None  # of the last batch
    accuracy: float | None = None  # of the last batch, 0..1
    val_loss: float | None = None
    val_accuracy: float | None = None
    rate: float | None = None
    momentum: float | None = None
    l2: float | None = None
    batch: int | None = None
    epochs: int | None = None
    steps_per_s: float = 0.0
    seconds_left: float | None = None
    note: str = ""  # what happened last

    @property
    def is_alive(self) -> bool:
        return self.state in ("starting", "running", "paused")


_FACTS = {field.name for field in fields(TrainerStatus)} - {"state", "error", "refused"}


class TrainerProcess:
    """Trains a run in its folder. No call waits for the trainer; `status` is at hand at once.

    A training lives no longer than the window that started it, however that ends: between two
    steps it saves its whole state, so that `resume` goes on to the bit. It is for one to steer: a
    second window may follow its log, and learns from `start` and `resume` who trains it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._child = Child("The trainer", make_training)

    def start(self, plan: TrainPlan) -> TrainerProcess:
        """Begin a run. Raises `UserError` where the folder holds one."""
        RunFolder(self.folder).check_new()
        self._child.start({"folder": str(self.folder), "plan": plan.to_json()})
        return self

    def resume(self, step: int | None = None, **changes: Any) -> TrainerProcess:
        """Go on where it was saved last, or at the checkpoint of a step; `changes`: see `change`.

        Raises `UserError` where somebody else trains it, or there is no such run.
        """
        if self.status().is_alive:
            return self
        if not RunFolder(self.folder).is_run():
            raise UserError(f"{self.folder} holds no run", "Start it anew")
        if (holder := holder_of(self.folder)) is not None:
            raise taken(self.folder, holder)
        check_live(changes)
        self._child.start({"folder": str(self.folder), "step": step, "changes": changes})
        return self

    # Between two steps

    def pause(self) -> None:
        self._child.pause()

    def go_on(self) -> None:
        """End a pause."""
        self._child.go_on()

    def one_step(self) -> None:
        """Make one step during a pause."""
        self._child.one_step()

    def change(self, **changes: Any) -> None:
        """Change rate, momentum, l2, batch or epochs from the next step on.

        Raises `UserError` for another field; a value that is refused stands in the status.
        """
        check_live(changes)
        self._child.send("change", **changes)

    def keep(self) -> None:
        """Keep a checkpoint of the present step."""
        self._child.send("keep")

    def go_back(self, step: int) -> None:
        """Go on from the checkpoint of a step, alive or not. Raises as `resume` does."""
        if self.status().is_alive:
            self._child.send("go back", step=step)
        else:
            self.resume(step)

    def stop(self) -> None:
        """Let it save its state and end."""
        self._child.stop()

    def join(self, timeout_s: float) -> bool:
        """Wait for its end; return whether it is over."""
        return self._child.join(timeout_s)

    def close(self, timeout_s: float = 5.0) -> None:
        """Stop it, and end it where it does not within so many seconds. Waits."""
        self._child.close(timeout_s)

    def status(self) -> TrainerStatus:
        """Return how far it is, without a wait."""
        return _status(self._child.status)


def _status(child: ChildStatus) -> TrainerStatus:
    facts = {name: value for name, value in child.facts.items() if name in _FACTS}
    state = child.state.value
    error = child.error
    if child.state is ChildState.ENDED:  # a training says itself how it ended
        state = child.facts.get("training", "stopped")
        state = "stopped" if state == "running" else state
        if state == "failed":
            error = UserError(facts.get("message", ""), "Go back to a checkpoint with a lower rate")
    facts |= {"asked": child.asked, "pid": child.pid}
    return TrainerStatus(**facts | {"state": state, "error": error, "refused": child.refused})
