"""What a row of the list says of a run."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

from deepvis_app.ui.kit.plots.ticks import power

if TYPE_CHECKING:
    from deepvis_app.engine.process import TrainerStatus
    from deepvis_app.known.runs import Followed
    from deepvis_app.lab.log.run import Run
    from deepvis_app.state.learn import LearnOptions

# The columns after the name: heading, share of the room, and the width below which it goes.
COLUMNS = (
    ("Rate", 0.11, 0),
    ("Momentum", 0.12, 640),
    ("Batch", 0.09, 640),
    ("Step", 0.12, 0),
    ("Train loss", 0.14, 520),
    ("Val loss", 0.13, 0),
    ("Val accuracy", 0.16, 0),
)
EMPTY = ("",) * len(COLUMNS)
SHADES = {
    "running": "good",
    "failed": "bad",
    "interrupted": "warning",
    "diverged": "bad",
    "deleted": "warning",
}


@dataclass(frozen=True, slots=True)
class RunLine:
    """A row. `cells` stand under `COLUMNS`; `colour` is a number of the theme's runs."""

    key: str
    name: str
    colour: int
    cells: tuple[str, ...]
    state: str
    shade: str = "muted"  # of the state
    is_hidden: bool = False
    can_rename: bool = True
    tip: str = ""


def run_line(
    one: Followed, options: LearnOptions, name: str, *, is_own: bool,
    status: TrainerStatus | None = None,
) -> RunLine:  # fmt: skip
    """Return a run's row; `is_own`: its folder is one of the runs folder."""
    state = standing(one, status)
    return RunLine(
        key=one.path,
        name=name,
        colour=options.colour(one.path),
        cells=EMPTY if one.run is None else _cells(one.run),
        state=state,
        shade=SHADES.get(state, "muted"),
        is_hidden=one.path in options.hidden,
        can_rename=is_own and not one.is_gone and state not in ("running", "paused"),
        tip=_tip(one, state, "" if status is None else str(status.error or status.message)),
    )


def names_of(paths: tuple[str, ...]) -> dict[str, str]:
    """Return the runs' names: the folder's, with the one around it where two are alike."""
    names = [Path(path).name or path for path in paths]
    return {
        path: name if names.count(name) == 1 else f"{Path(path).parent.name}/{name}"
        for path, name in zip(paths, names, strict=True)
    }


def state_of(one: Followed) -> str:
    """Return how a run stands, in a word."""
    if one.is_gone:
        return "deleted"
    if one.run is None:
        return "not read" if one.fault else "…"
    loss = one.run.scalar("loss") or one.run.scalar("train_loss")
    if loss is not None and len(loss) and not isfinite(loss.last):
        return "diverged"
    return "" if one.run.state == "unknown" else one.run.state


def standing(one: Followed, status: TrainerStatus | None) -> str:
    """Return how a run stands, as its trainer says where this window has that."""
    if status is not None and (status.is_alive or status.state == "failed"):
        return status.state
    state = state_of(one)
    is_left = one.plan is not None and not one.is_held and state in ("running", "paused")
    return "interrupted" if is_left else state


def _cells(run: Run) -> tuple[str, ...]:
    return (
        _number(setting(run, "rate", "lr")),
        _number(setting(run, "momentum", "momentum")),
        _whole(run.about.batch if (batch := _last(run, "batch")) is None else batch),
        f"{run.step:,}".replace(",", "\u2009"),
        _measure(_last(run, "loss", "train_loss")),
        _measure(_last(run, "val_loss")),
        _measure(_last(run, "val_accuracy")),
    )


def setting(run: Run, scalar: str, key: str) -> float | None:
    """Return what an optimiser is set to now, else at the start; None: the log does not say."""
    now = _last(run, scalar)
    if now is not None:
        return now
    first = run.about.optimizers[0].settings if run.about.optimizers else {}
    found = first.get(key)
    return float(found) if isinstance(found, int | float) else None


def _last(run: Run, *names: str) -> float | None:
    for name in names:
        series = run.scalar(name)
        if series is not None and len(series):
            return series.last
    return None


def _number(value: float | None) -> str:
    return "–" if value is None else power(value)


def _whole(value: float) -> str:
    return f"{round(value):,}".replace(",", "\u2009") if value else "–"


def _measure(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.2f}" if 0.005 <= abs(value) < 1000 else power(value)


def _tip(one: Followed, state: str, message: str) -> str:
    lines = [one.path, *filter(None, (message,))]
    if state == "deleted":
        lines.append("Its folder was removed: this is what was read before")
    if one.fault is not None:
        lines.append(str(one.fault))
    if one.run is not None:
        lines += [one.run.message] if one.run.message else []
        lines += one.run.faults[:4]
    return "\n".join(lines)
