"""A run's folder: what lies where in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deepvis_app.errors import UserError, in_short
from deepvis_app.files import write_whole
from deepvis_app.lab.trainer.costs import SCORES
from deepvis_app.nets import run_folders
from deepvis_app.nets.profile import LONGEST_LABEL, Profile
from deepvis_app.nets.profile_text import profile_text

if TYPE_CHECKING:
    from pathlib import Path

    from deepvis_app.lab.trainer.data import DataSet
    from deepvis_app.lab.trainer.network import Made
    from deepvis_app.lab.trainer.plan import TrainPlan
    from deepvis_app.nets.preprocessing import Preprocessing

#: What a profile calls the factors that bring 0..255 to a network's range, and what is added.
_RANGES = {1 / 255: ("0..1", 0.0), 2 / 255: ("-1..1", 1.0), 1.0: ("0..255", 0.0)}


@dataclass(frozen=True, slots=True)
class RunFolder:
    """Names within a run's folder."""

    path: Path

    @property
    def plan(self) -> Path:
        """The plan as it was at the start; what was changed since is in `last`."""
        return self.path / run_folders.PLAN

    @property
    def profile(self) -> Path:
        """The network for `load_network`, which takes any of the checkpoints as weights."""
        return self.path / run_folders.PROFILE

    @property
    def last(self) -> Path:
        """The whole state of the training as it was saved last."""
        return self.path / run_folders.LAST

    @property
    def now(self) -> Path:
        """The weights when somebody asked last to look at them."""
        return self.path / run_folders.NOW

    @property
    def summary(self) -> Path:
        """A few facts for lists of runs, so that no log has to be read for these."""
        return self.path / "summary.json"

    def checkpoint(self, step: int) -> Path:
        return self.path / run_folders.CHECKPOINTS / f"{step:08d}.safetensors"

    def kept(self) -> dict[int, Path]:
        """Return the checkpoints that are there, by step, rising."""
        return run_folders.checkpoints(self.path)

    def is_run(self) -> bool:
        return run_folders.is_run(self.path)

    def check_new(self) -> None:
        """Raise `UserError` where there is a run already."""
        if self.is_run():
            raise UserError(
                f"{self.path} holds a run already",
                "Go on with that one, or choose another folder",
                in_window="Go on with that one, or choose another name",
            )

    def begin(self, plan: TrainPlan, made: Made, data: DataSet) -> None:
        """Write what says what is trained. Raises `UserError`."""
        self.check_new()
        try:
            write_whole(self.profile, profile_text(profile_of(plan, made, data)))
            write_whole(self.plan, plan.to_json())
        except OSError as error:
            raise cannot_write(self.path, error) from error


def cannot_write(path: Path, error: OSError) -> UserError:
    return UserError(
        f"The run cannot be written to {path}: {in_short(error)}",
        "Make room, or choose a folder that you may write to",
    )


def profile_of(plan: TrainPlan, made: Made, data: DataSet) -> Profile:
    """Return the profile by which `load_network` makes a run's network."""
    channels, *size = data.shape
    return Profile.model_validate({
        "factory": made.factory,
        "title": f"{plan.network} on {plan.data}"[-200:],
        "arguments": made.arguments,
        "weights": run_folders.LAST,
        "labels": tuple(label[:LONGEST_LABEL] for label in data.labels),
        "scores": SCORES[plan.cost],
        "input": {"size": tuple(size), "channels": channels, **_section(data.preprocessing)},
    })  # fmt: skip


def _section(used: Preprocessing) -> dict[str, Any]:
    ranges = [each for scale, each in _RANGES.items() if abs(used.scale - scale) < 1e-9]
    if not ranges:
        raise UserError(
            f"A network whose inputs are {used.scale:g} times brightness cannot be trained here",
            "Use one that takes 0..1, -1..1 or 0..255",
        )
    name, shift = ranges[0]
    section: dict[str, Any] = {
        "range": name,
        "mean": tuple(value - shift for value in used.mean),
        "std": used.std,
        "order": used.channels.value,
        "interpolation": used.interpolation.value,
        "fit": used.fit.value,
    }
    if used.resize is not None:
        section["resize"] = used.resize
    if used.show is not None:
        section["show"] = used.show
    return section
