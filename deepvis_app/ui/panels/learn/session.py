"""What of Learn comes back at the next start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, JsonValue

from deepvis_app.errors import UserError
from deepvis_app.lab.trainer.plan import TrainPlan
from deepvis_app.session import Text  # noqa: TC001 - pydantic reads it
from deepvis_app.state.learn import COLOURS, Axis
from deepvis_app.state.run_looks import HEATS, RIDGES

if TYPE_CHECKING:
    from deepvis_app.state.run_looks import RunLooks
    from deepvis_app.ui.desk import Desk

MOST = 64  # runs whose colour or eye is remembered


class LooksSession(BaseModel):
    """What was seen of the run that was looked at, but for the step and what was confused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    layer: Text = ""
    heat: Text = "gradient"
    ridges: Text = "weights"
    as_bands: bool = False
    beside: Text = ""


class LearnSession(BaseModel):
    """The run that was looked at, and how."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    chosen: Text = ""
    hidden: tuple[Text, ...] = ()
    opened: tuple[Text, ...] = ()
    colours: dict[Text, int] = {}
    axis: Axis = Axis.STEPS
    is_log: bool = False
    smooth: int = 0
    tags: dict[Text, Text] = {}
    curve: Text = "loss"
    plan: dict[Text, JsonValue] = {}
    going: tuple[Text, ...] = ()
    watches: bool = False
    looks: LooksSession = LooksSession()


def left_off(desk: Desk) -> LearnSession:
    """Return what is in use now."""
    options = desk.options.learn
    return LearnSession(
        chosen=options.chosen,
        hidden=tuple(sorted(options.hidden))[-MOST:],
        opened=options.opened[:MOST],
        colours=dict(list(options.colours.items())[-MOST:]),
        axis=options.axis,
        is_log=options.is_log,
        smooth=options.smooth,
        tags=options.tags,
        curve=options.curve,
        plan=options.plan.model_dump(mode="json", exclude_defaults=True),
        going=desk.kept.trainings.under_way or options.going,
        watches=options.watches,
        looks=LooksSession(
            **{name: getattr(options.looks, name) for name in LooksSession.model_fields}
        ),
    )


def restore(desk: Desk, session: LearnSession) -> None:
    """Use what was in use."""
    options = desk.options.learn
    options.hidden = frozenset(session.hidden)
    options.opened = session.opened
    options.colours = {
        run: number for run, number in session.colours.items() if 1 <= number <= COLOURS
    }
    options.axis, options.is_log = session.axis, session.is_log
    options.smooth = max(session.smooth, 0)
    options.tags = dict(session.tags)
    options.curve = session.curve if session.curve in ("loss", "accuracy") else "loss"
    options.watches = session.watches
    _restore_looks(options.looks, session.looks)
    options.chosen, options.going = session.chosen, session.going
    try:
        options.plan = TrainPlan.model_validate(session.plan)
    except UserError:  # of another version: the usual settings
        options.plan = TrainPlan()


def _restore_looks(looks: RunLooks, session: LooksSession) -> None:
    """Look at what was looked at; what no picture offers any more is left as it is."""
    looks.layer, looks.as_bands, looks.beside = session.layer, session.as_bands, session.beside
    if session.heat in HEATS:
        looks.heat = session.heat
    if session.ridges in RIDGES:
        looks.ridges = session.ridges
